#include "drivers/postgres/kv.h"

#include "base/error.h"
#include "drivers/postgres/ddl.h"
#include "drivers/postgres/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace assay::postgres {

void PostgresKv::create(std::string_view collection) {
  const std::string text =
      fmt::format("create table if not exists {} (k bytea primary key, v bytea not null)", quoted_name(collection));
  // "if not exists" is no lock: of two sessions in the same moment one is told that the name is taken, when the other has
  // committed.
  if (auto done = connection_.command(text.c_str(), false); !done)
    if (const Failure failure = done.error(); !exists(collection)) throw_failure(failure, text);
}

bool PostgresKv::exists(std::string_view collection) {
  const std::string relation = quoted_name(collection);
  const Value arguments[] = {std::string_view(relation)};
  if (auto done = run(connection_, "select to_regclass($1) is not null", arguments, true, arguments_, slot_); !done)
    throw_failure(done.error(), "looking for a collection");
  const bool* answer = std::get_if<bool>(&slot_.rows.at(0, 0));
  return answer != nullptr && *answer;
}

void PostgresKv::drop(std::string_view collection) {
  const std::string text = fmt::format("drop table if exists {}", quoted_name(collection));
  if (auto done = connection_.command(text.c_str(), false); !done) throw_failure(done.error(), text);
}

void PostgresKv::use(std::string_view collection) {
  if (collection == collection_) return;
  collection_ = collection;
  const std::string table = quoted_name(collection);
  const auto set = [&](Operation operation, const char* label, const std::string& text, bool read_only = false) {
    statements_[operation] = Prepared{.label = label, .text = text, .read_only = read_only};
  };
  const std::string replace = " on conflict (k) do update set v = excluded.v";
  set(kGet, "get", fmt::format("select v from {} where k = $1", table), true);
  set(kPut, "put", fmt::format("insert into {} (k, v) values ($1, $2){}", table, replace));
  set(kUpdate, "update", fmt::format("update {} set v = $2 where k = $1", table));
  set(kRemove, "remove", fmt::format("delete from {} where k = $1", table));
  set(kScan, "scan", fmt::format("select k, v from {} where k >= $1 order by k limit $2", table), true);
  set(kGetBatch, "get_batch", fmt::format("select k, v from {} where k = any($1)", table), true);
  set(kPutBatch, "put_batch",
      fmt::format("insert into {} (k, v) select * from unnest($1::bytea[], $2::bytea[]){}", table, replace));
}

Result<> PostgresKv::execute(Operation operation, std::span<const Value> values) {
  ASSAY_ASSERT(!collection_.empty());
  return postgres::execute(connection_, statements_[operation], values, arguments_, slot_);
}

[[gnu::hot]] Result<bool> PostgresKv::get(std::string_view key, std::string& value) {
  ASSAY_ASSERT(!collection_.empty());
  const Value arguments[] = {key};
  const auto found = execute_for_bytes(connection_, statements_[kGet], arguments, arguments_, slot_);
  if (!found) return tl::unexpected(found.error());
  if (!found->has_value()) return false;
  value.resize((*found)->size());  // most values are as long as the last one
  std::copy((*found)->begin(), (*found)->end(), value.begin());
  return true;
}

Result<> PostgresKv::put(std::string_view key, std::string_view value) {
  const Value arguments[] = {key, value};
  return execute(kPut, arguments);
}

Result<bool> PostgresKv::update(std::string_view key, std::string_view value) {
  const Value arguments[] = {key, value};
  if (auto done = execute(kUpdate, arguments); !done) return tl::unexpected(std::move(done.error()));
  return slot_.rows.affected() > 0;
}

Result<bool> PostgresKv::remove(std::string_view key) {
  const Value arguments[] = {key};
  if (auto done = execute(kRemove, arguments); !done) return tl::unexpected(std::move(done.error()));
  return slot_.rows.affected() > 0;
}

Result<> PostgresKv::scan(std::string_view first, std::size_t limit,
                          std::vector<std::pair<std::string, std::string>>& out) {
  const Value arguments[] = {first, static_cast<std::int64_t>(limit)};
  if (auto done = execute(kScan, arguments); !done) return done;
  for (std::size_t r = 0; r < slot_.rows.size(); r++)
    out.emplace_back(bytes_of(slot_.rows.at(r, 0)), bytes_of(slot_.rows.at(r, 1)));
  return {};
}

Result<> PostgresKv::get_batch(std::span<const std::string_view> keys,
                               std::vector<std::optional<std::string>>& values) {
  values.assign(keys.size(), std::nullopt);
  if (keys.empty()) return {};
  keys_.assign(keys.begin(), keys.end());
  const Value arguments[] = {Array{keys_.data(), keys_.size()}};
  if (auto done = execute(kGetBatch, arguments); !done) return done;
  order_.resize(keys.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
  for (std::size_t r = 0; r < slot_.rows.size(); r++) {
    const std::string_view key = bytes_of(slot_.rows.at(r, 0));
    auto at = std::lower_bound(order_.begin(), order_.end(), key,
                               [&](std::size_t i, std::string_view wanted) { return keys[i] < wanted; });
    for (; at != order_.end() && keys[*at] == key; ++at) values[*at] = bytes_of(slot_.rows.at(r, 1));
  }
  return {};
}

Result<> PostgresKv::put_batch(std::span<const KvPair> pairs) {
  if (pairs.empty()) return {};
  // In the order of keys, so that two batches cannot deadlock; of equal keys the last, as one insert takes a key once.
  order_.resize(pairs.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
    return pairs[a].key != pairs[b].key ? pairs[a].key < pairs[b].key : a < b;
  });
  keys_.clear();
  values_.clear();
  for (std::size_t i = 0; i < order_.size(); i++) {
    const KvPair& pair = pairs[order_[i]];
    if (i + 1 < order_.size() && pairs[order_[i + 1]].key == pair.key) continue;
    keys_.emplace_back(pair.key);
    values_.emplace_back(pair.value);
  }
  const Value arguments[] = {Array{keys_.data(), keys_.size()}, Array{values_.data(), values_.size()}};
  return execute(kPutBatch, arguments);
}

}  // namespace assay::postgres
