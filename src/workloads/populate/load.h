// Prepare and cleanup of populate: tables, rows in parallel chunks with a ledger, then indexes and foreign keys.
//
// A chunk and its note in assay_meta are written as one (RowsFacet::write_noted), so a load that was killed goes on
// where it stopped and ends with the same rows. Shard 0 makes tables, indexes and foreign keys; each shard writes its
// range of each table's rows. Throws Error.
#pragma once

#include "core/workload.h"
#include "workloads/populate/record.h"

#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

namespace assay::populate {

/// What comes before the rows and behind them, over a session of its own. Used by one thread.
class Stage {
 public:
  /// `seed`: as the user gave it. What is referred to must outlive it.
  Stage(Target&, Shard, Progress&, std::stop_token, const Settings&, std::optional<std::uint64_t> seed);

  /// Finds out what is to be loaded, and compares it with what is there. Changes nothing.
  void look();
  /// After look(). Makes the tables, or waits until shard 0 has.
  void make_tables();
  /// After make_tables(), or look() when there is a record. What this process is to write, in order.
  std::vector<Stretch> todo();
  /// Until the first rows of a table, up to `end`, are there: of all shards.
  void wait_for_rows(std::size_t table, std::uint64_t end);
  /// The session of what came before may be lost: the target may have been away. Waits up to half a minute for it.
  void reopen();
  /// Makes indexes and foreign keys once all rows are there: shard 0 waits for the others. With --rows, when these
  /// were the last.
  void finish();

  const std::shared_ptr<const Population>& population() const noexcept { return population_; }
  const std::optional<Record>& record() const noexcept { return record_; }
  bool complete() const noexcept { return record_ && record_->state == State::complete && !empties_; }
  /// Rows may be there of a process that was killed.
  bool going_on() const noexcept { return going_on_; }

 private:
  void require_tables();
  void compare(const std::optional<dataset::Schema>& asked) const;
  void begin();
  void refuse_other_columns(const std::vector<std::string>& there);
  void empty();
  void create_tables();
  void make_keys();
  void wait_for_tables();
  void wait_until_covered();
  bool covered(std::size_t table, std::uint64_t end, const std::map<std::size_t, std::vector<RowRange>>& ledger) const;
  std::vector<std::string> existing(const std::vector<std::string>& names);
  bool is_made(const std::string& table) const;
  void pause(Nanos) const;

  Target& target_;
  const Shard shard_;
  Progress& progress_;
  const std::stop_token stop_;
  const Settings& settings_;
  const std::optional<std::uint64_t> seed_;
  std::unique_ptr<Session> session_;
  std::optional<Meta> meta_;
  std::optional<Record> record_;
  std::shared_ptr<const Population> population_;
  bool empties_ = false, going_on_ = false;
};

void load(Job&, const Settings&);
/// Drops the tables that assay_meta says are ours, and the record.
void remove_all(Job&, std::string_view owner);

/// A failure to write these rows, as people read it.
Failure telling(Failure, const Population&, const Stretch&, bool into_others_rows);
/// Throws Error when --rows begins behind the last row of the largest table; notes when it ends there.
void look_at_range(const std::optional<RowRange>&, const Population&, Progress&);

}  // namespace assay::populate
