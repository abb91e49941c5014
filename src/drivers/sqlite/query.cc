#include "base/error.h"
#include "drivers/sqlite/session.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::sqlite {

// A writer runs alone and a reader sees one snapshot: every transaction is serializable, and nothing less is to be had
// (read_uncommitted exists between connections of one shared cache only, which sessions do not use).
const Dialect kDialect{.name = "sqlite",
                       .isolations = {Isolation::default_level, Isolation::serializable},
                       .returning = true,
                       .for_update = false,
                       .partitions = false,
                       .foreign_keys = true,
                       .foreign_keys_with_partitions = false,
                       .exact_decimals = false};

void Query::declare(const StatementTable& statements) {
  declared_ = &statements;
  prepared_.clear();
  prepared_.resize(statements.size());
}

Result<> Query::control(Prepared& prepared, const char* text) {
  if (!prepared) {
    Result<Prepared> made = connection_.prepare(text, true);
    if (!made) return tl::unexpected(std::move(made.error()));
    prepared = std::move(*made);
  }
  ResultSet none;
  return connection_.execute(prepared, {}, none);
}

Result<> Query::begin(const Transaction& transaction) {
  const auto& known = kDialect.isolations;
  if (std::find(known.begin(), known.end(), transaction.isolation) == known.end())
    return fail(FailureKind::rejected,
                fmt::format("SQLite has no isolation level {}; its transactions are serializable",
                            to_string(transaction.isolation)));
  if (open_) return fail(FailureKind::rejected, "a transaction is open already");
  Result<> begun =
      transaction.read_only ? control(begin_read_, "begin deferred") : control(begin_write_, "begin immediate");
  if (!begun) return begun;
  open_ = true;
  read_only_ = transaction.read_only;
  return {};
}

Result<> Query::commit() {
  if (!open_) return fail(FailureKind::rejected, "no transaction is open");
  if (!connection_.in_transaction())
    return fail(FailureKind::rejected, "SQLite has rolled the transaction back; roll back and try again");
  Result<> committed = control(commit_, "commit");
  if (committed)
    open_ = false;
  else  // an error of the device: the log may or may not hold the commit
    committed.error().in_doubt = committed.error().kind == FailureKind::disconnected;
  return committed;
}

Result<> Query::rollback() {
  flushed_ = true;
  enqueued_ = 0;
  failed_.reset();
  open_ = false;
  if (!connection_.in_transaction()) return {};  // never begun, or rolled back by SQLite after an error
  Result<> done = control(rollback_, "rollback");
  if (!done && connection_.in_transaction()) {
    done.error().kind = FailureKind::disconnected;
    return done;
  }
  return {};
}

Result<> Query::carry_out(Prepared& prepared, std::span<const Value> arguments, ResultSet& answer) {
  if (open_ && !connection_.in_transaction()) {
    answer.reset(0);
    return fail(FailureKind::rejected, "SQLite has rolled the transaction back; roll back and try again");
  }
  const bool writes = prepared.writes();
  if (open_ && read_only_ && writes) {
    answer.reset(0);
    return fail(FailureKind::rejected, "a read-only transaction cannot write");
  }
  Result<> done = connection_.execute(prepared, arguments, answer);
  if (!done && !open_ && writes) done.error().in_doubt = done.error().kind == FailureKind::disconnected;
  return done;
}

Result<> Query::carry_out(StatementId id, std::span<const Value> arguments, ResultSet& answer) {
  const auto i = static_cast<std::size_t>(id);
  ASSAY_ASSERT(declared_ != nullptr && i < declared_->size());
  if (!prepared_[i]) {
    answer.reset(0);
    Result<Prepared> made = connection_.prepare((*declared_)[i].text, true);
    if (!made) {
      made.error().message = fmt::format("{} (statement {})", made.error().message, (*declared_)[i].name);
      return tl::unexpected(std::move(made.error()));
    }
    prepared_[i] = std::move(*made);
  }
  return carry_out(prepared_[i], arguments, answer);
}

Result<const ResultSet*> Query::execute(StatementId id, std::span<const Value> arguments) {
  if (Result<> done = carry_out(id, arguments, answer_); !done) return tl::unexpected(std::move(done.error()));
  return &answer_;
}

Result<const ResultSet*> Query::run(std::string_view text, std::span<const Value> arguments) {
  Result<Prepared> prepared = connection_.prepare(text, false);
  if (!prepared) return tl::unexpected(std::move(prepared.error()));
  if (Result<> done = carry_out(*prepared, arguments, answer_); !done) return tl::unexpected(std::move(done.error()));
  return &answer_;
}

void Query::start_batch() {
  if (!flushed_) return;
  flushed_ = false;
  enqueued_ = 0;
  failed_.reset();
}

void Query::note(Result<> result) {
  if (!result) failed_ = std::move(result.error());
}

std::size_t Query::enqueue(StatementId id, std::span<const Value> arguments) {
  start_batch();
  if (enqueued_ == results_.size()) results_.emplace_back();
  ResultSet& answer = results_[enqueued_];
  answer.reset(0);
  if (!failed_) note(carry_out(id, arguments, answer));
  return enqueued_++;
}

void Query::enqueue_begin(const Transaction& transaction) {
  start_batch();
  if (!failed_) note(begin(transaction));
}

void Query::enqueue_commit() {
  start_batch();
  if (!failed_) note(commit());
}

Result<> Query::flush() {
  start_batch();  // nothing was enqueued: an empty batch
  flushed_ = true;
  if (!failed_) return {};
  Result<> result = tl::unexpected(std::move(*failed_));
  failed_.reset();
  return result;
}

const ResultSet& Query::result(std::size_t i) const {
  ASSAY_ASSERT(i < enqueued_);
  return results_[i];
}

}  // namespace assay::sqlite
