#include "drivers/mysql/query.h"

#include "base/error.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::mysql {
namespace {

constexpr std::string_view kBehind = "\n;";  // a statement of a batch; the line ends a comment at its end
constexpr std::size_t kPart = 1 << 20;  // of a batch's text, at most, in one request: well under max_allowed_packet

std::string_view level_name(Isolation level) noexcept {
  switch (level) {
    case Isolation::read_uncommitted:
      return "read uncommitted";
    case Isolation::read_committed:
      return "read committed";
    case Isolation::repeatable_read:
      return "repeatable read";
    case Isolation::serializable:
      return "serializable";
    case Isolation::default_level:
    case Isolation::snapshot:
    case Isolation::linearizable:
      break;
  }
  return {};
}

bool is_known(Isolation level) noexcept { return level == Isolation::default_level || !level_name(level).empty(); }

std::string begin_text(const Transaction& transaction) {
  std::string text;
  if (transaction.isolation != Isolation::default_level)
    text = fmt::format("set transaction isolation level {}; ", level_name(transaction.isolation));
  return text + (transaction.read_only ? "start transaction read only" : "start transaction");
}

std::size_t begin_answers(const Transaction& transaction) {
  return transaction.isolation == Isolation::default_level ? 1 : 2;
}

Failure no_such_level(Isolation level) {
  return fail(FailureKind::rejected, fmt::format("InnoDB has no isolation level {}; expected read_uncommitted, "
                                                 "read_committed, repeatable_read or serializable",
                                                 to_string(level)))
      .value();
}

Failure already_open() { return fail(FailureKind::rejected, "a transaction is open already", "25001").value(); }
Failure none_open() { return fail(FailureKind::rejected, "no transaction is open", "25P01").value(); }

}  // namespace

const Dialect& dialect() {
  static const Dialect kDialect{
      .name = "mysql",
      .isolations = {Isolation::default_level, Isolation::read_uncommitted, Isolation::read_committed,
                     Isolation::repeatable_read, Isolation::serializable},
      // Comments that are statements, each to one of the two servers.
      .default_isolation = "select /*M!100000 @@tx_isolation */ /*!80000 @@transaction_isolation */",
      .returning = false,
      .for_update = true,
      .partitions = true,
      .foreign_keys = true,
      .foreign_keys_with_partitions = false,
      .infinite_reals = false,
      .analyze = "analyze table",
      .quote = '`',
      .rows_by_index = false};
  return kDialect;
}

void MysqlQuery::declare(const StatementTable& table) {
  for (Prepared& statement : prepared_) executor_.retire(statement);
  prepared_.clear();
  for (const Statement& statement : table) prepared_.emplace_back(statement.name, statement.text, statement.read_only);
}

Prepared& MysqlQuery::prepared(StatementId id) {
  const auto index = static_cast<std::size_t>(id);
  ASSAY_ASSERT(index < prepared_.size());
  return prepared_[index];
}

Result<> MysqlQuery::may_run() const {
  if (doomed_because_.empty()) return {};
  return fail(FailureKind::rejected,
              fmt::format("the transaction met a conflict before ({}); roll it back and try again", doomed_because_),
              "25P02");
}

void MysqlQuery::note(const Failure& failure) noexcept {
  if (open_ && failure.kind == FailureKind::conflict) doomed_because_ = failure.message;
}

Result<> MysqlQuery::begin(const Transaction& transaction) {
  if (!is_known(transaction.isolation)) return tl::unexpected(no_such_level(transaction.isolation));
  if (open_ && !connection_.lost()) return tl::unexpected(already_open());
  auto done = connection_.command(begin_text(transaction), false);
  open_ = done.has_value();
  return done;
}

Result<> MysqlQuery::commit() {
  if (!open_ && !connection_.lost()) return tl::unexpected(none_open());
  if (auto allowed = may_run(); !allowed) return allowed;
  auto done = connection_.command("commit", true);
  if (done)
    open_ = false;
  else
    note(done.error());
  return done;
}

Result<> MysqlQuery::rollback() {
  drop_batch();
  flushed_ = true;
  used_slots_ = 0;
  doomed_because_.clear();
  const bool open = std::exchange(open_, false) || connection_.in_transaction_at_server();
  if (!connection_.lost() && !open) return {};
  auto done = connection_.command("rollback", false);
  if (!done && !connection_.lost())
    return tl::unexpected(connection_.lose(FailureKind::disconnected, done.error().message, done.error().native_code));
  return done;
}

Result<const ResultSet*> MysqlQuery::execute(StatementId id, std::span<const Value> values) {
  Prepared& statement = prepared(id);
  if (auto allowed = may_run(); !allowed) return tl::unexpected(std::move(allowed.error()));
  if (auto done = executor_.execute(statement, values, !open_ && !statement.read_only, single_); !done) {
    note(done.error());
    return tl::unexpected(std::move(done.error()));
  }
  return &single_.rows;
}

Result<const ResultSet*> MysqlQuery::run(std::string_view text, std::span<const Value> values) {
  if (auto allowed = may_run(); !allowed) return tl::unexpected(std::move(allowed.error()));
  if (auto done = executor_.run(text, values, !open_, single_); !done) {
    note(done.error());
    return tl::unexpected(std::move(done.error()));
  }
  return &single_.rows;
}

// ---------------------------------------------------------------------------------------------------------------------
// Batches

void MysqlQuery::drop_batch() noexcept {
  items_.clear();
  text_.clear();
  failed_.reset();
}

void MysqlQuery::start_batch() {
  if (!flushed_) return;
  flushed_ = false;
  used_slots_ = 0;
  drop_batch();
}

void MysqlQuery::fail_batch(Failure failure) {
  if (!failed_) failed_ = std::move(failure);
}

/// When the turn comes to what is enqueued next.
bool MysqlQuery::enqueued_in_transaction() const noexcept {
  for (auto item = items_.rbegin(); item != items_.rend(); ++item)
    if (item->kind != Kind::statement) return item->kind == Kind::begin;
  return open_;
}

void MysqlQuery::add(Item item, std::string_view text) {
  if (!items_.empty()) text_ += kBehind;
  text_ += text;
  item.end = text_.size();
  items_.push_back(item);
}

std::size_t MysqlQuery::enqueue(StatementId id, std::span<const Value> values) {
  start_batch();
  if (used_slots_ == slots_.size()) slots_.emplace_back();
  Slot& slot = slots_[used_slots_];
  slot.clear();
  const std::size_t index = used_slots_++;
  Prepared& statement = prepared(id);
  if (failed_) return index;
  if (pipeline_) {
    Item item{.kind = Kind::statement, .statement = &statement, .slot = index};
    item.doubtful = !statement.read_only && !enqueued_in_transaction();
    if (!items_.empty()) text_ += kBehind;
    if (auto rendered = append_statement(statement, values, text_); !rendered)
      fail_batch(std::move(rendered.error()));
    else
      item.end = text_.size(), items_.push_back(item);
    return index;
  }
  Result<> done = may_run();
  if (done) done = executor_.execute(statement, values, !open_ && !statement.read_only, slot);
  if (!done) {
    note(done.error());
    fail_batch(std::move(done.error()));
  }
  return index;
}

void MysqlQuery::enqueue_begin(const Transaction& transaction) {
  start_batch();
  if (failed_) return;
  if (!pipeline_) {
    if (auto done = begin(transaction); !done) fail_batch(std::move(done.error()));
  } else if (!is_known(transaction.isolation)) {
    fail_batch(no_such_level(transaction.isolation));
  } else if (enqueued_in_transaction()) {
    fail_batch(already_open());
  } else {
    add({.kind = Kind::begin, .answers = begin_answers(transaction)}, begin_text(transaction));
  }
}

void MysqlQuery::enqueue_commit() {
  start_batch();
  if (failed_) return;
  if (!pipeline_) {
    if (auto done = commit(); !done) fail_batch(std::move(done.error()));
  } else if (!enqueued_in_transaction()) {
    fail_batch(none_open());
  } else {
    add({.kind = Kind::commit, .doubtful = true}, "commit");
  }
}

const ResultSet& MysqlQuery::result(std::size_t i) const {
  ASSAY_ASSERT(i < used_slots_);
  return slots_[i].rows;
}

Result<> MysqlQuery::flush() {
  start_batch();  // nothing was enqueued: an empty batch
  flushed_ = true;
  Result<> done;
  if (failed_)
    done = tl::unexpected(std::move(*failed_));
  else if (pipeline_ && !items_.empty())
    done = flush_pipelined();
  drop_batch();
  return done;
}

Result<> MysqlQuery::flush_pipelined() {
  if (auto allowed = may_run(); !allowed) return allowed;
  for (std::size_t first = 0, last = 0; first < items_.size(); first = last) {
    const std::size_t begin = first == 0 ? 0 : items_[first - 1].end;
    for (last = first + 1; last < items_.size() && items_[last].end - begin <= kPart; last++) {
    }
    if (auto done = send_part(first, last); !done) return done;
  }
  return {};
}

Result<> MysqlQuery::send_part(std::size_t first, std::size_t last) {
  const std::size_t begin = first == 0 ? 0 : items_[first - 1].end + kBehind.size();
  std::size_t doubtful_before = first;  // one behind the last that takes effect by itself
  for (std::size_t i = first; i < last; i++)
    if (items_[i].doubtful) doubtful_before = i + 1;
  const std::string_view text = std::string_view(text_).substr(begin, items_[last - 1].end - begin);
  if (auto sent = connection_.send(text, doubtful_before > first); !sent) return sent;
  for (std::size_t i = first; i < last; i++) {
    if (auto accepted = accept(items_[i]); !accepted) {
      Failure failure = std::move(accepted.error());
      note(failure);
      // The server went on behind an answer that cannot be read here, and its other answers would be taken for the next's.
      if (!connection_.lost() && connection_.more())
        failure = connection_.lose(failure.kind, std::move(failure.message), std::move(failure.native_code));
      return tl::unexpected(std::move(failure));
    }
    connection_.in_doubt_when_lost(doubtful_before > i + 1);
  }
  if (connection_.more())
    return tl::unexpected(
        connection_.lose(FailureKind::rejected, "a statement of the batch holds several; expected one"));
  return {};
}

Result<> MysqlQuery::accept(const Item& item) {
  for (std::size_t n = 0; n < item.answers; n++) {
    auto answer = connection_.next();
    if (!answer) {
      if (item.statement != nullptr)
        answer.error().message = fmt::format("statement '{}': {}", item.statement->label, answer.error().message);
      return tl::unexpected(std::move(answer.error()));
    }
    if (item.kind == Kind::statement) return decode_rows(std::move(*answer), slots_[item.slot]);
  }
  open_ = item.kind == Kind::begin;
  return {};
}

}  // namespace assay::mysql
