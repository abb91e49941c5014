// The query facet: declared statements, transactions, and batches.
//
// A batch is one request with several statements in text: the server carries them out one after the other, stops at the
// first that fails, and answers each. (Prepared statements sent one behind the other would not stop there: behind a
// deadlock, which ends the transaction, the rest of it would commit by itself.) Unlike elsewhere, statements of a batch
// outside a transaction commit one by one. With `pipeline` off a statement is carried out when it is enqueued, prepared,
// and flush() tells the first failure.
//
// A transaction that met a conflict is over, whatever the server has left of it: until rollback() nothing more is carried
// out.
#pragma once

#include "core/facets.h"
#include "drivers/mysql/statement.h"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace assay::mysql {

const Dialect& dialect();

class MysqlQuery final : public QueryFacet {
 public:
  /// The connection must outlive it.
  MysqlQuery(Connection& connection, bool pipeline)
      : connection_(connection), executor_(connection), pipeline_(pipeline) {}

  const Dialect& dialect() const noexcept override { return mysql::dialect(); }
  void declare(const StatementTable&) override;
  Result<> begin(const Transaction&) override;
  Result<> commit() override;
  Result<> rollback() override;
  bool in_transaction() const noexcept override { return open_ && !connection_.lost(); }
  Result<const ResultSet*> execute(StatementId, std::span<const Value> arguments) override;
  Result<const ResultSet*> run(std::string_view text, std::span<const Value> arguments) override;
  std::size_t enqueue(StatementId, std::span<const Value> arguments) override;
  void enqueue_begin(const Transaction&) override;
  void enqueue_commit() override;
  Result<> flush() override;
  const ResultSet& result(std::size_t i) const override;

  /// For the other facets of the session, which join its transactions. A failure before the statement is sent, when none
  /// may be.
  Result<> may_run() const;
  /// Whether a write that is sent now, and lost, may have taken effect.
  bool writes_bare() const noexcept { return !open_; }
  /// To be told of what went wrong with a statement of theirs.
  void note(const Failure&) noexcept;

 private:
  enum class Kind { statement, begin, commit };
  struct Item {
    Kind kind;
    Prepared* statement = nullptr;
    std::size_t slot = 0;
    std::size_t end = 0;      // of its text in text_
    std::size_t answers = 1;  // how many statements it is for the server
    bool doubtful = false;    // takes effect by itself
  };

  Prepared& prepared(StatementId);
  void start_batch();
  bool enqueued_in_transaction() const noexcept;
  void add(Item, std::string_view text);
  Result<> flush_pipelined();
  Result<> send_part(std::size_t first, std::size_t last);
  Result<> accept(const Item&);
  void fail_batch(Failure);
  void drop_batch() noexcept;

  Connection& connection_;
  Executor executor_;
  const bool pipeline_;
  std::deque<Prepared> prepared_;
  Slot single_;
  bool open_ = false;                // a transaction, as far as the caller knows
  std::string doomed_because_ = {};  // not empty: it met a conflict

  std::string text_;
  std::vector<Item> items_;
  std::optional<Failure> failed_;  // of the batch that is being enqueued
  bool flushed_ = true;
  std::deque<Slot> slots_;
  std::size_t used_slots_ = 0;
};

}  // namespace assay::mysql
