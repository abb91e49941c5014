#include "base/error.h"
#include "drivers/sqlite/session.h"

#include <fmt/format.h>

#include <sqlite3.h>

namespace assay::sqlite {

void Kv::create(std::string_view collection) {
  const Result<> made = connection_.execute(
      fmt::format("CREATE TABLE IF NOT EXISTS {} (k BLOB NOT NULL PRIMARY KEY, v BLOB NOT NULL){}",
                  quoted_name(collection), connection_.settings().clustered ? " WITHOUT ROWID" : ""));
  if (!made) throw_sqlite(fmt::format("creating collection {}", collection), made.error());
}

bool Kv::exists(std::string_view collection) { return rows_.exists(collection); }

void Kv::drop(std::string_view collection) {
  for (Prepared* statement : {&get_, &put_, &update_, &remove_, &scan_}) *statement = Prepared();
  rows_.drop(collection);
}

void Kv::use(std::string_view collection) {
  collection_ = quoted_name(collection);
  for (Prepared* statement : {&get_, &put_, &update_, &remove_, &scan_}) *statement = Prepared();
}

Result<> Kv::ready(Prepared& prepared, const char* before, const char* behind) {
  connection_.start_clock();
  if (prepared) return {};
  ASSAY_ASSERT(!collection_.empty());
  Result<Prepared> made = connection_.prepare(before + collection_ + behind, true);
  if (!made) return tl::unexpected(std::move(made.error()));
  prepared = std::move(*made);
  return {};
}

/// Binds, carries out and answers whether a row was changed.
Result<bool> Kv::changed(Prepared& prepared, std::span<const std::string_view> blobs) {
  int code = SQLITE_OK;
  for (std::size_t i = 0; i < blobs.size() && code == SQLITE_OK; i++)
    code = connection_.bind_blob(prepared, static_cast<int>(i + 1), blobs[i]);
  if (code == SQLITE_OK) code = connection_.step(prepared);
  const bool any = code == SQLITE_DONE && connection_.changes() > 0;
  Result<> done = connection_.done(prepared, code);
  if (done) return any;
  // Alone, each write is its own transaction.
  if (!connection_.in_transaction()) done.error().in_doubt = done.error().kind == FailureKind::disconnected;
  return tl::unexpected(std::move(done.error()));
}

Result<bool> Kv::get(std::string_view key, std::string& value) {
  if (Result<> made = ready(get_, "select v from ", " where k = ?1"); !made) return tl::unexpected(made.error());
  int code = connection_.bind_blob(get_, 1, key);
  if (code == SQLITE_OK) code = connection_.step(get_);
  const bool found = code == SQLITE_ROW;
  if (found) value.assign(connection_.blob(get_, 0));
  if (Result<> done = connection_.done(get_, code); !done) return tl::unexpected(std::move(done.error()));
  return found;
}

Result<> Kv::put(std::string_view key, std::string_view value) {
  const char* const kUpsert = " (k, v) values (?1, ?2) on conflict (k) do update set v = excluded.v";
  if (Result<> made = ready(put_, "insert into ", kUpsert); !made) return made;
  const std::string_view blobs[] = {key, value};
  Result<bool> put = changed(put_, blobs);
  if (!put) return tl::unexpected(std::move(put.error()));
  return {};
}

Result<bool> Kv::update(std::string_view key, std::string_view value) {
  if (Result<> made = ready(update_, "update ", " set v = ?2 where k = ?1"); !made) return tl::unexpected(made.error());
  const std::string_view blobs[] = {key, value};
  return changed(update_, blobs);
}

Result<bool> Kv::remove(std::string_view key) {
  if (Result<> made = ready(remove_, "delete from ", " where k = ?1"); !made) return tl::unexpected(made.error());
  const std::string_view blobs[] = {key};
  return changed(remove_, blobs);
}

Result<> Kv::scan(std::string_view first, std::size_t limit, std::vector<std::pair<std::string, std::string>>& out) {
  if (Result<> made = ready(scan_, "select k, v from ", " where k >= ?1 order by k limit ?2"); !made) return made;
  int code = connection_.bind_blob(scan_, 1, first);
  if (code == SQLITE_OK) code = connection_.bind(scan_, 2, static_cast<std::int64_t>(limit));
  if (code == SQLITE_OK) code = connection_.step(scan_);
  for (; code == SQLITE_ROW; code = connection_.step(scan_))
    out.emplace_back(connection_.blob(scan_, 0), connection_.blob(scan_, 1));
  return connection_.done(scan_, code);
}

Result<> Kv::get_batch(std::span<const std::string_view> keys, std::vector<std::optional<std::string>>& values) {
  if (connection_.in_transaction()) return get_all(keys, values);
  // One snapshot for all of them, and one lock instead of one a key.
  if (Result<> begun = connection_.execute("begin deferred"); !begun) return begun;
  Result<> got = get_all(keys, values);
  const Result<> ended = connection_.execute("commit");
  if (!ended && connection_.in_transaction()) static_cast<void>(connection_.execute("rollback"));
  return got ? ended : got;
}

Result<> Kv::get_all(std::span<const std::string_view> keys, std::vector<std::optional<std::string>>& values) {
  values.assign(keys.size(), std::nullopt);
  std::string value;
  for (std::size_t i = 0; i < keys.size(); i++) {
    Result<bool> found = get(keys[i], value);
    if (!found) return tl::unexpected(std::move(found.error()));
    if (*found) values[i] = value;
  }
  return {};
}

Result<> Kv::put_batch(std::span<const KvPair> pairs) {
  Unit unit(connection_);
  if (Result<> begun = unit.begin(); !begun) return begun;
  return unit.end(put_all(pairs));
}

Result<> Kv::put_all(std::span<const KvPair> pairs) {
  for (const KvPair& pair : pairs)
    if (Result<> put_one = put(pair.key, pair.value); !put_one) return put_one;
  return {};
}

}  // namespace assay::sqlite
