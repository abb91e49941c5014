// What runs changed: rows that were inserted, updated, deleted, as a function of the seed and of how far each client
// came.
//
// A client owns rows that no other client of its run owns: those whose number modulo all clients is its own. It
// inserts rows beyond those of the schema, updates a row to its next version (dataset/generator.h), deletes rows of
// tables that nothing refers to. Its changes follow from the run's seed, its number, and the rows that were there
// when the run began, so that how many it made says which rows there are. Clients of one run may use one Contents
// from several threads, each its own rows; else it is not thread-safe.
#pragma once

#include "base/random.h"
#include "core/driver.h"
#include "core/shard.h"
#include "workloads/populate/population.h"

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace assay::populate {

/// A client of a run, and how many changes it made.
struct Doer {
  std::uint32_t run = 1;  // runs are numbered
  Shard shard;
  std::uint64_t client = 0, clients = 1;  // of the shard
  std::uint64_t seed = 1;
  ChangeMix mix;
  std::uint64_t done = 0;
  /// The change behind those may have been made as well: its note is written behind it, and may be missing. Not where
  /// changes and notes are one transaction.
  bool open = false;

  std::uint64_t number() const noexcept { return client * shard.count + shard.index; }
  std::uint64_t all() const noexcept { return clients * shard.count; }
  /// Of its entry in the record, and what stands there.
  std::string name() const;
  std::string value() const;
};
/// In order of runs. Throws Error.
std::vector<Doer> read_doers(Session&, std::string_view owner = kWorkload);
/// The number of a run that begins: one that shards of the same job have begun, or the next.
std::uint32_t next_run(const std::vector<Doer>&, Shard);
/// Those of runs before this one.
std::vector<Doer> runs_before(std::vector<Doer>, std::uint32_t run);

/// Rows of a table: those of the schema, then those that were inserted. A place is an index among them.
class TableState {
 public:
  static constexpr std::uint32_t kGone = std::numeric_limits<std::uint32_t>::max();
  explicit TableState(std::uint64_t rows) : rows_(rows) {}

  std::uint64_t places() const noexcept { return rows_ + inserted_.size(); }
  std::uint64_t rows() const noexcept { return rows_; }
  std::uint64_t row(std::uint64_t place) const noexcept { return place < rows_ ? place : inserted_[place - rows_].row; }
  std::optional<std::uint64_t> place(std::uint64_t row) const noexcept;
  std::uint32_t version(std::uint64_t place) const noexcept {
    return place < rows_ ? (versions_.empty() ? 0 : versions_[place]) : inserted_[place - rows_].version;
  }
  bool gone(std::uint64_t place) const noexcept { return version(place) == kGone; }
  void set_version(std::uint64_t place, std::uint32_t version) noexcept;
  /// Memory for the versions of all rows: from then on rows are changed.
  void make_changeable() { versions_.resize(rows_); }
  bool changeable() const noexcept { return versions_.size() == rows_; }
  std::uint64_t present() const noexcept;
  std::uint64_t first_free_row() const noexcept { return inserted_.empty() ? rows_ : inserted_.back().row + 1; }

  struct Inserted {
    std::uint64_t row;
    std::uint32_t version;
  };
  /// Rows beyond all that are there.
  void add(std::vector<Inserted>);

 private:
  std::uint64_t rows_;
  std::vector<std::uint32_t> versions_;  // empty: nothing was changed
  std::vector<Inserted> inserted_;       // ascending
};

/// Which tables can be changed how.
struct Changeable {
  std::vector<std::size_t> insert, update, remove;
};
Changeable changeable(const Population&);
/// Throws Error when no table can be changed as asked.
void require_changeable(const Population&, const ChangeMix&);

struct Change {
  enum class What : std::uint8_t { insert, update, remove } what = What::insert;
  std::size_t table = 0;
  std::uint64_t row = 0;
  std::uint32_t version = 0;  // that it has then
  std::uint64_t place = 0;    // of TableState, or among the client's own
  bool own = false;           // inserted by the client in this run
  bool instead = false;       // of another kind, of which nothing could be changed any more
};

/// What a target holds when it holds what it should.
class Contents {
 public:
  /// A change that was perhaps made.
  struct Doubt {
    Doer doer;
    Change change;
  };

  /// As populated, and then changed by these. The population must outlive it.
  Contents(const Population&, const std::vector<Doer>&);

  const Population& population() const noexcept { return population_; }
  TableState& table(std::size_t t) noexcept { return tables_[t]; }
  const TableState& table(std::size_t t) const noexcept { return tables_[t]; }
  /// Memory for changes of these kinds, before clients begin.
  void make_changeable();
  /// The next changes of those who are open; what tables say is without them.
  const std::vector<Doubt>& doubts() const noexcept { return doubts_; }
  /// The version that the row has as well, or kGone, when its last change is in doubt.
  std::optional<std::uint32_t> other_version(std::size_t table, std::uint64_t place) const noexcept;

 private:
  const Population& population_;
  std::vector<TableState> tables_;
  std::vector<Doubt> doubts_;
  std::map<std::pair<std::size_t, std::uint64_t>, std::uint32_t> others_;  // by table and place
};

/// The changes of one client, one after the other.
class ChangeSequence {
 public:
  /// The state is that of the beginning of the run, and outlives it.
  ChangeSequence(Contents&, const Doer&);

  /// nullopt: it can change nothing any more.
  std::optional<Change> next();
  /// The change was made.
  void made(const Change&);
  /// Rows that it inserted and that are there, for the state behind the run: with all, those that it deleted too.
  const std::vector<TableState::Inserted>& inserted(std::size_t table) const noexcept {
    return tables_[table].inserted;
  }

 private:
  struct Own {
    std::uint64_t first_free = 0;  // of rows that it may insert
    std::vector<TableState::Inserted> inserted;
    std::uint64_t inserts = 0;
  };
  bool draw(Change::What, Change&);
  bool draw_row(Change&);
  std::size_t draw_table(const std::vector<std::size_t>&);
  std::uint64_t owned(std::size_t table) const noexcept;

  Contents& state_;
  const Doer doer_;
  const Changeable changeable_;
  Random random_;
  std::vector<Own> tables_;
};

}  // namespace assay::populate
