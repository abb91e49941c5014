#include "drivers/mysql/kv.h"

#include "base/error.h"
#include "drivers/mysql/literal.h"
#include "drivers/mysql/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace assay::mysql {
namespace {

constexpr std::size_t kPartOfBatch = 1 << 20;  // of a batch's text in one request: well under max_allowed_packet

/// A cell of a column of bytes; of a text column too, should the table be somebody else's.
std::string_view bytes_of(const Value& value) {
  if (const auto* bytes = std::get_if<Bytes>(&value)) return bytes->data;
  const auto* text = std::get_if<std::string_view>(&value);
  return text ? *text : std::string_view();
}

}  // namespace

void MysqlKv::create(std::string_view collection) {
  const std::string text =
      fmt::format("create table if not exists {} (k varbinary(1024) primary key, v longblob not null) engine = innodb",
                  quoted_name(collection));
  if (auto done = connection_.command(text, false); !done) throw_failure(done.error(), text);
}

bool MysqlKv::exists(std::string_view collection) {
  const Value arguments[] = {collection};
  constexpr std::string_view kText =
      "select count(*) from information_schema.tables where table_schema = database() and table_name = $1";
  if (auto done = executor_.run(kText, arguments, false, slot_); !done)
    throw_failure(done.error(), "looking for a collection");
  return slot_.rows.integer(0, 0).value_or(0) > 0;
}

void MysqlKv::drop(std::string_view collection) {
  const std::string text = fmt::format("drop table if exists {}", quoted_name(collection));
  if (auto done = connection_.command(text, false); !done) throw_failure(done.error(), text);
}

void MysqlKv::use(std::string_view collection) {
  if (collection == collection_) return;
  collection_ = collection;
  table_ = quoted_name(collection);
  const auto set = [&](Operation operation, const char* label, const std::string& text, bool read_only = false) {
    executor_.retire(statements_[operation]);
    statements_[operation] = Prepared(label, text, read_only);
  };
  set(kGet, "get", fmt::format("select v from {} where k = $1", table_), true);
  set(kPut, "put", fmt::format("insert into {} (k, v) values ($1, $2) on duplicate key update v = values(v)", table_));
  set(kUpdate, "update", fmt::format("update {} set v = $2 where k = $1", table_));
  set(kRemove, "remove", fmt::format("delete from {} where k = $1", table_));
  set(kScan, "scan", fmt::format("select k, v from {} where k >= $1 order by k limit $2", table_), true);
}

Result<> MysqlKv::execute(Operation operation, std::span<const Value> values) {
  ASSAY_ASSERT(!collection_.empty());
  if (auto allowed = query_.may_run(); !allowed) return allowed;
  Prepared& statement = statements_[operation];
  auto done = executor_.execute(statement, values, query_.writes_bare() && !statement.read_only, slot_);
  if (!done) query_.note(done.error());
  return done;
}

Result<bool> MysqlKv::get(std::string_view key, std::string& value) {
  const Value arguments[] = {Bytes{key}};
  if (auto done = execute(kGet, arguments); !done) return tl::unexpected(std::move(done.error()));
  if (slot_.rows.empty()) return false;
  value = bytes_of(slot_.rows.at(0, 0));
  return true;
}

Result<> MysqlKv::put(std::string_view key, std::string_view value) {
  const Value arguments[] = {Bytes{key}, Bytes{value}};
  return execute(kPut, arguments);
}

Result<bool> MysqlKv::update(std::string_view key, std::string_view value) {
  const Value arguments[] = {Bytes{key}, Bytes{value}};
  if (auto done = execute(kUpdate, arguments); !done) return tl::unexpected(std::move(done.error()));
  return slot_.rows.affected() > 0;
}

Result<bool> MysqlKv::remove(std::string_view key) {
  const Value arguments[] = {Bytes{key}};
  if (auto done = execute(kRemove, arguments); !done) return tl::unexpected(std::move(done.error()));
  return slot_.rows.affected() > 0;
}

Result<> MysqlKv::scan(std::string_view first, std::size_t limit,
                       std::vector<std::pair<std::string, std::string>>& out) {
  const Value arguments[] = {Bytes{first}, static_cast<std::int64_t>(limit)};
  if (auto done = execute(kScan, arguments); !done) return done;
  for (std::size_t r = 0; r < slot_.rows.size(); r++)
    out.emplace_back(bytes_of(slot_.rows.at(r, 0)), bytes_of(slot_.rows.at(r, 1)));
  return {};
}

Result<> MysqlKv::get_batch(std::span<const std::string_view> keys, std::vector<std::optional<std::string>>& values) {
  values.assign(keys.size(), std::nullopt);
  if (auto allowed = query_.may_run(); !allowed) return allowed;
  order_.resize(keys.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
  for (std::size_t next = 0; next < keys.size();)
    if (auto done = get_some(keys, values, next); !done) return done;
  return {};
}

Result<> MysqlKv::get_some(std::span<const std::string_view> keys, std::vector<std::optional<std::string>>& values,
                           std::size_t& next) {
  text_ = fmt::format("select k, v from {} where k in (", table_);
  for (const std::size_t first = next; next < keys.size() && (next == first || text_.size() < kPartOfBatch); next++) {
    if (next > first) text_ += ", ";
    append_literal(Bytes{keys[next]}, text_);
  }
  text_ += ')';
  if (auto sent = connection_.send(text_, false); !sent) return sent;
  auto answer = connection_.next();
  if (!answer) return tl::unexpected(std::move(answer.error()));
  if (auto decoded = decode_rows(std::move(*answer), slot_); !decoded) return decoded;
  for (std::size_t r = 0; r < slot_.rows.size(); r++) {
    const std::string_view key = bytes_of(slot_.rows.at(r, 0));
    auto at = std::lower_bound(order_.begin(), order_.end(), key,
                               [&](std::size_t i, std::string_view wanted) { return keys[i] < wanted; });
    for (; at != order_.end() && keys[*at] == key; ++at) values[*at] = bytes_of(slot_.rows.at(r, 1));
  }
  return {};
}

Result<> MysqlKv::put_batch(std::span<const KvPair> pairs) {
  if (pairs.empty()) return {};
  if (auto allowed = query_.may_run(); !allowed) return allowed;
  // In the order of keys, so that two batches do not deadlock so often; of equal keys the last one counts.
  order_.resize(pairs.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
    return pairs[a].key != pairs[b].key ? pairs[a].key < pairs[b].key : a < b;
  });
  std::size_t bytes = 0;
  for (const KvPair& pair : pairs) bytes += 2 * (pair.key.size() + pair.value.size()) + 16;
  const bool own = bytes > kPartOfBatch && !query_.in_transaction();  // may take several statements
  if (own)
    if (auto begun = query_.begin({}); !begun) return begun;
  for (std::size_t next = 0; next < pairs.size();) {
    auto done = put_some(pairs, next);
    if (done) continue;
    query_.note(done.error());
    if (own && !connection_.lost()) query_.rollback();
    return done;
  }
  return own ? query_.commit() : Result<>();
}

Result<> MysqlKv::put_some(std::span<const KvPair> pairs, std::size_t& next) {
  text_ = fmt::format("insert into {} (k, v) values ", table_);
  for (const std::size_t first = next; next < pairs.size() && (next == first || text_.size() < kPartOfBatch); next++) {
    const KvPair& pair = pairs[order_[next]];
    text_ += next > first ? ", (" : "(";
    append_literal(Bytes{pair.key}, text_);
    text_ += ", ";
    append_literal(Bytes{pair.value}, text_);
    text_ += ')';
  }
  text_ += " on duplicate key update v = values(v)";
  return connection_.command(text_, query_.writes_bare());
}

}  // namespace assay::mysql
