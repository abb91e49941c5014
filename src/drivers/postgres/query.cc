#include "drivers/postgres/query.h"

#include "base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <libpq-fe.h>

namespace assay::postgres {
namespace {

/// nullptr when the level is none of PostgreSQL's.
const char* begin_text(const Transaction& transaction) {
  const bool ro = transaction.read_only;
  switch (transaction.isolation) {
    case Isolation::default_level:
      return ro ? "begin read only" : "begin";
    case Isolation::read_uncommitted:
      return ro ? "begin isolation level read uncommitted read only" : "begin isolation level read uncommitted";
    case Isolation::read_committed:
      return ro ? "begin isolation level read committed read only" : "begin isolation level read committed";
    case Isolation::repeatable_read:
      return ro ? "begin isolation level repeatable read read only" : "begin isolation level repeatable read";
    case Isolation::serializable:
      return ro ? "begin isolation level serializable read only" : "begin isolation level serializable";
    case Isolation::snapshot:
    case Isolation::linearizable:
      break;
  }
  return nullptr;
}

tl::unexpected<Failure> no_such_level(Isolation level) {
  return fail(FailureKind::rejected,
              fmt::format("PostgreSQL has no isolation level {}; expected read_uncommitted, read_committed, "
                          "repeatable_read or serializable",
                          to_string(level)));
}

tl::unexpected<Failure> rolled_back_instead() {
  return fail(FailureKind::rejected, "the transaction was aborted by an earlier failure; commit rolled it back",
              "25P02");
}

bool really_committed(PGresult* result) { return std::string_view(PQcmdStatus(result)) == "COMMIT"; }

Result<> without_value(Result<ResultPtr> result) {
  if (!result) return tl::unexpected(std::move(result.error()));
  return {};
}

}  // namespace

const Dialect& dialect() {
  static const Dialect kDialect{
      .name = "postgres",
      .isolations = {Isolation::default_level, Isolation::read_uncommitted, Isolation::read_committed,
                     Isolation::repeatable_read, Isolation::serializable},
      .default_isolation = "show default_transaction_isolation",
      .returning = true,
      .for_update = true,
      .partitions = true,
      .foreign_keys = true,
      .foreign_keys_with_partitions = true,
      .pads_characters = true};
  return kDialect;
}

void PostgresQuery::declare(const StatementTable& table) {
  prepared_.clear();
  for (const Statement& statement : table)
    prepared_.push_back({.label = statement.name, .text = statement.text, .read_only = statement.read_only});
}

Prepared& PostgresQuery::prepared(StatementId id) {
  const auto index = static_cast<std::size_t>(id);
  ASSAY_ASSERT(index < prepared_.size());
  return prepared_[index];
}

Result<> PostgresQuery::begin(const Transaction& transaction) {
  const char* text = begin_text(transaction);
  if (text == nullptr) return no_such_level(transaction.isolation);
  if (connection_.in_transaction()) return fail(FailureKind::rejected, "a transaction is open already", "25001");
  return without_value(connection_.command(text, false));
}

Result<> PostgresQuery::commit() {
  if (!connection_.lost() && !connection_.in_transaction())
    return fail(FailureKind::rejected, "no transaction is open", "25P01");
  auto result = connection_.command("commit", true);
  if (!result) return tl::unexpected(std::move(result.error()));
  if (!really_committed(result->get())) return rolled_back_instead();
  return {};
}

[[gnu::hot]] Result<> PostgresQuery::rollback() {
  drop_batch();
  if (!connection_.lost() && !connection_.in_transaction()) return {};
  return without_value(connection_.command("rollback", false));
}

Result<const ResultSet*> PostgresQuery::execute(StatementId id, std::span<const Value> values) {
  if (auto done = postgres::execute(connection_, prepared(id), values, arguments_, single_); !done)
    return tl::unexpected(std::move(done.error()));
  return &single_.rows;
}

Result<const ResultSet*> PostgresQuery::run(std::string_view text, std::span<const Value> values) {
  if (auto done = postgres::run(connection_, std::string(text), values, false, arguments_, single_); !done)
    return tl::unexpected(std::move(done.error()));
  return &single_.rows;
}

// ---------------------------------------------------------------------------------------------------------------------
// Batches

Value PostgresQuery::taken_over(const Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return values_.keep(*text);
  if (const auto* bytes = std::get_if<Bytes>(&value)) return Bytes{values_.keep(bytes->data)};
  if (const auto* json = std::get_if<Json>(&value)) return Json{values_.keep(json->text)};
  const auto* array = std::get_if<Array>(&value);
  if (array == nullptr) return value;
  std::vector<Value>& elements = arrays_.add();
  for (std::size_t i = 0; i < array->size; i++) elements.push_back(taken_over(array->data[i]));
  return Array{elements.data(), elements.size()};
}

std::size_t PostgresQuery::enqueue(StatementId id, std::span<const Value> values) {
  if (items_.empty()) used_slots_ = 0;
  Item item{.kind = Kind::statement, .statement = &prepared(id), .first = values_.size(), .count = values.size()};
  for (const Value& value : values) values_.add(taken_over(value));
  if (used_slots_ == slots_.size()) slots_.emplace_back();
  slots_[used_slots_].clear();
  item.slot = used_slots_++;
  items_.push_back(item);
  return item.slot;
}

void PostgresQuery::enqueue_begin(const Transaction& transaction) {
  if (items_.empty()) used_slots_ = 0;
  items_.push_back({.kind = Kind::begin, .transaction = transaction});
}

void PostgresQuery::enqueue_commit() {
  if (items_.empty()) used_slots_ = 0;
  items_.push_back({.kind = Kind::commit});
}

const ResultSet& PostgresQuery::result(std::size_t i) const {
  ASSAY_ASSERT(i < used_slots_);
  return slots_[i].rows;
}

[[gnu::hot]] void PostgresQuery::drop_batch() noexcept {
  if (items_.empty()) return;
  items_.clear();
  values_.clear();
  arrays_.clear();
}

Result<> PostgresQuery::flush() {
  if (items_.empty()) return {};
  auto done = pipeline_ ? flush_pipelined() : flush_one_by_one();
  drop_batch();
  return done;
}

Result<> PostgresQuery::flush_one_by_one() {
  for (const Item& item : items_) {
    Result<> done;
    if (item.kind == Kind::begin)
      done = begin(item.transaction);
    else if (item.kind == Kind::commit)
      done = commit();
    else
      done = postgres::execute(connection_, *item.statement, {values_.row(item.first), item.count}, arguments_,
                               slots_[item.slot]);
    if (!done) return done;
    if (item.kind == Kind::statement && connection_.direct() != nullptr)
      slots_[item.slot].received = connection_.direct()->release();
  }
  return {};
}

Result<> PostgresQuery::prepare_missing() {
  missing_.clear();
  for (const Item& item : items_)
    if (item.statement != nullptr && !item.statement->ready &&
        std::find(missing_.begin(), missing_.end(), item.statement) == missing_.end())
      missing_.push_back(item.statement);
  if (missing_.empty()) return {};
  return prepare(connection_, missing_);
}

Result<> PostgresQuery::check_items() {
  bool open = connection_.in_transaction();
  for (Item& item : items_) {
    item.in_transaction = open;
    if (item.kind == Kind::begin) {
      if (begin_text(item.transaction) == nullptr) return no_such_level(item.transaction.isolation);
      if (open) return fail(FailureKind::rejected, "a transaction is open already", "25001");
      open = true;
    } else if (item.kind == Kind::commit) {
      if (!open) return fail(FailureKind::rejected, "no transaction is open", "25P01");
      open = false;
    }
  }
  return {};
}

Result<> PostgresQuery::encode_items() {
  arguments_.clear();
  for (Item& item : items_) {
    if (item.kind != Kind::statement) continue;
    auto at = arguments_.add(*item.statement, {values_.row(item.first), item.count});
    if (!at) return tl::unexpected(std::move(at.error()));
    item.encoded = *at;
  }
  arguments_.seal();
  return {};
}

Result<> PostgresQuery::append_items() {
  messages_.clear();
  for (Item& item : items_) {
    item.encoded = messages_.size();
    if (item.kind != Kind::statement) {
      append_text(messages_, item.kind == Kind::begin ? begin_text(item.transaction) : "commit");
    } else if (auto done = append_statement(messages_, *item.statement, {values_.row(item.first), item.count}); !done) {
      return done;
    }
  }
  return {};
}

Result<> PostgresQuery::flush_pipelined() {
  if (auto ready = prepare_missing(); !ready) return ready;
  if (auto checked = check_items(); !checked) return checked;
  if (auto encoded = connection_.direct() != nullptr ? append_items() : encode_items(); !encoded) return encoded;
  std::size_t first = 0;
  for (std::size_t i = 1; i <= items_.size(); i++) {
    const bool cut = i < items_.size() && items_[i].kind == Kind::begin && items_[i - 1].kind == Kind::statement &&
                     !items_[i - 1].in_transaction;
    if (!cut && i < items_.size()) continue;
    if (auto done = flush_part(first, i); !done) return done;
    first = i;
  }
  return {};
}

Result<> PostgresQuery::flush_part(std::size_t first, std::size_t last) {
  if (connection_.direct() != nullptr) return flush_part_directly(first, last);
  if (auto ready = connection_.prepare_exchange(false); !ready) return ready;
  if (auto left = send_part(first, last); !left) return left;
  return read_part(first, last);
}

Result<> PostgresQuery::send_part(std::size_t first, std::size_t last) {
  PGconn* const conn = connection_.raw();
  int ok = PQenterPipelineMode(conn);
  bool doubtful = false;
  for (std::size_t i = first; i < last && ok != 0; i++) {
    const Item& item = items_[i];
    if (item.kind == Kind::statement) {
      ok = PQsendQueryPrepared(conn, item.statement->name.c_str(), static_cast<int>(item.count),
                               arguments_.pointers(item.encoded), arguments_.lengths(item.encoded),
                               arguments_.formats(item.encoded), 1);
      doubtful = doubtful || is_bare_write(item);
    } else {
      const char* text = item.kind == Kind::begin ? begin_text(item.transaction) : "commit";
      ok = PQsendQueryParams(conn, text, 0, nullptr, nullptr, nullptr, nullptr, 1);
      doubtful = doubtful || item.kind == Kind::commit;
    }
  }
  connection_.in_doubt_when_lost(doubtful);
  return connection_.sent(ok != 0 && PQpipelineSync(conn) != 0);
}

Result<> PostgresQuery::accept(const Item& item, ResultPtr result) {
  PGresult* const r = result.get();
  const ExecStatusType status = PQresultStatus(r);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
    Failure failure = connection_.failure(r);
    if (item.statement != nullptr) {
      note_failure(*item.statement, failure);
      failure.message = fmt::format("statement '{}': {}", item.statement->label, failure.message);
    }
    return tl::unexpected(std::move(failure));
  }
  if (item.kind == Kind::commit && !really_committed(r)) return rolled_back_instead();
  if (item.kind == Kind::statement) return decode_rows(std::move(result), slots_[item.slot]);
  return {};
}

Result<> PostgresQuery::read_part(std::size_t first, std::size_t last) {
  std::size_t commits_before = first;  // one behind the last commit
  bool bare_write = false;             // takes effect with the sync
  for (std::size_t i = first; i < last; i++) {
    if (items_[i].kind == Kind::commit) commits_before = i + 1;
    bare_write = bare_write || is_bare_write(items_[i]);
  }
  Result<> outcome;
  for (std::size_t i = first; i < last; i++) {
    auto result = connection_.next();
    if (!result) return tl::unexpected(std::move(result.error()));
    if (outcome && *result != nullptr) {
      outcome = accept(items_[i], std::move(*result));
      if (connection_.lost()) return outcome;
      // What stands behind a failure is not carried out, so nothing of it can be in doubt.
      connection_.in_doubt_when_lost(outcome.has_value() && (bare_write || commits_before > i + 1));
    }
    if (auto end = connection_.next(); !end) return tl::unexpected(std::move(end.error()));
  }
  if (auto sync = connection_.next(); !sync) return tl::unexpected(std::move(sync.error()));
  connection_.in_doubt_when_lost(false);
  PQexitPipelineMode(connection_.raw());
  return outcome;
}

Result<> PostgresQuery::accept_directly(const Item& item, const AnswerReader::Answer& answer) {
  if (item.kind == Kind::statement) return decode_answer(connection_, *item.statement, answer, slots_[item.slot]);
  if (item.kind == Kind::commit && connection_.direct()->tag(answer) != "COMMIT") return rolled_back_instead();
  return {};
}

Result<> PostgresQuery::flush_part_directly(std::size_t first, std::size_t last) {
  DirectExchange& direct = *connection_.direct();
  std::size_t in_doubt_until = DirectExchange::kNever;
  bool bare_write = false;  // takes effect with the sync
  for (std::size_t i = first; i < last; i++) {
    if (items_[i].kind == Kind::commit) in_doubt_until = i + 1 - first;
    bare_write = bare_write || is_bare_write(items_[i]);
  }
  const std::size_t end = last < items_.size() ? items_[last].encoded : messages_.size();
  direct.statements().append(messages_, items_[first].encoded, end - items_[first].encoded);
  auto exchanged = direct.exchange(last - first, bare_write ? DirectExchange::kAll : in_doubt_until);
  const auto answers = direct.answers();
  for (std::size_t i = 0; i < answers.size(); i++)
    if (auto accepted = accept_directly(items_[first + i], answers[i]); !accepted)
      return !exchanged && connection_.lost() ? exchanged : accepted;
  // Another part follows behind a statement (flush_pipelined).
  if (exchanged && last < items_.size()) slots_[items_[last - 1].slot].received = direct.release();
  if (exchanged || answers.size() == last - first) return exchanged;
  Failure& failure = exchanged.error();
  Prepared* const statement = items_[first + answers.size()].statement;
  if (statement != nullptr && !failure.native_code.empty()) {
    note_failure(*statement, failure);
    failure.message = fmt::format("statement '{}': {}", statement->label, failure.message);
  }
  return exchanged;
}

}  // namespace assay::postgres
