// The query facet: declared statements, transactions, and batches, by a direct exchange (direct.h) or in libpq's pipeline
// mode.
//
// A batch is one pipeline with one sync: outside a transaction its statements are therefore one implicit transaction,
// all or none. A batch in which a begin follows statements that belong to no transaction is sent in two parts, since
// they would else become part of that transaction. All arguments are encoded before anything is sent: a value that
// does not fit its column fails the batch with nothing carried out.
#pragma once

#include "core/facets.h"
#include "drivers/postgres/statement.h"

#include <deque>

namespace assay::postgres {

const Dialect& dialect();

class PostgresQuery final : public QueryFacet {
 public:
  /// The connection must outlive it.
  PostgresQuery(Connection& connection, bool pipeline) : connection_(connection), pipeline_(pipeline) {}

  const Dialect& dialect() const noexcept override { return postgres::dialect(); }
  void declare(const StatementTable&) override;
  Result<> begin(const Transaction&) override;
  Result<> commit() override;
  Result<> rollback() override;
  bool in_transaction() const noexcept override { return connection_.in_transaction(); }
  Result<const ResultSet*> execute(StatementId, std::span<const Value> arguments) override;
  Result<const ResultSet*> run(std::string_view text, std::span<const Value> arguments) override;
  std::size_t enqueue(StatementId, std::span<const Value> arguments) override;
  void enqueue_begin(const Transaction&) override;
  void enqueue_commit() override;
  Result<> flush() override;
  const ResultSet& result(std::size_t i) const override;

 private:
  enum class Kind { statement, begin, commit };
  struct Item {
    Kind kind;
    Prepared* statement = nullptr;
    std::size_t first = 0, count = 0;  // its values in values_
    std::size_t encoded = 0;           // where its arguments begin in arguments_, or it itself in messages_
    std::size_t slot = 0;
    Transaction transaction = {};
    bool in_transaction = false;  // a transaction is open when its turn comes
  };

  /// A statement that commits by itself.
  static bool is_bare_write(const Item& item) noexcept {
    return item.kind == Kind::statement && !item.in_transaction && !item.statement->read_only;
  }
  Prepared& prepared(StatementId);
  Value taken_over(const Value&);
  Result<> prepare_missing();
  Result<> check_items();
  Result<> encode_items();
  Result<> flush_pipelined();
  Result<> flush_part(std::size_t first, std::size_t last);
  Result<> send_part(std::size_t first, std::size_t last);
  Result<> read_part(std::size_t first, std::size_t last);
  Result<> accept(const Item&, ResultPtr);
  Result<> append_items();
  Result<> flush_part_directly(std::size_t first, std::size_t last);
  Result<> accept_directly(const Item&, const AnswerReader::Answer&);
  Result<> flush_one_by_one();
  void drop_batch() noexcept;

  Connection& connection_;
  bool pipeline_;
  std::deque<Prepared> prepared_;
  Arguments arguments_;
  std::string messages_;  // of a batch, for direct exchanges
  Slot single_;

  std::vector<Item> items_;
  RowBatch values_{1};
  ArrayMemory arrays_;
  std::vector<Prepared*> missing_;
  std::deque<Slot> slots_;
  std::size_t used_slots_ = 0;
};

}  // namespace assay::postgres
