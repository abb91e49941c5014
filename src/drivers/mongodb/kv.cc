#include "drivers/mongodb/kv.h"

#include "base/error.h"
#include "core/meta.h"
#include "drivers/mongodb/collections.h"
#include "drivers/mongodb/document.h"

#include <bson/bson.h>
#include <fmt/format.h>

#include <algorithm>

namespace assay::mongodb {
namespace {

constexpr const char* kValue = "v";
constexpr std::size_t kKeysAtOnce = 10'000;  // of one query, far below the limit of a document

std::string key_filter(std::string_view key) { return DocumentWriter().text("_id", to_key(key)).take(); }

std::string pair_document(std::string_view key, std::string_view value) {
  return DocumentWriter().text("_id", to_key(key)).binary(kValue, 0, value).take();
}

/// Key and value of a document; what is not ours is skipped.
bool pair_of(std::string_view document, std::string& key, std::string& value) {
  bson_t raw;
  bson_iter_t at;
  if (!bson_init_static(&raw, reinterpret_cast<const std::uint8_t*>(document.data()), document.size()) ||
      !bson_iter_init_find(&at, &raw, "_id") || !BSON_ITER_HOLDS_UTF8(&at))
    return false;
  std::uint32_t size = 0;
  const char* text = bson_iter_utf8(&at, &size);
  key = from_key({text, size});
  if (!bson_iter_init_find(&at, &raw, kValue) || !BSON_ITER_HOLDS_BINARY(&at)) return false;
  const std::uint8_t* data = nullptr;
  bson_iter_binary(&at, nullptr, &size, &data);
  value.assign(reinterpret_cast<const char*>(data), size);
  return true;
}

}  // namespace

std::string to_key(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 2) {
      out += '\1';
      out += static_cast<char>(byte + 1);
    } else if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xc0 | byte >> 6);
      out += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return out;
}

std::string from_key(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); i++) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool more = i + 1 < text.size();
    if (byte == 1 && more)
      out += static_cast<char>(text[++i] - 1);
    else if ((byte & 0xfe) == 0xc2 && more)
      out += static_cast<char>((byte & 3) << 6 | (text[++i] & 0x3f));
    else
      out += text[i];
  }
  return out;
}

Write put_of(std::string_view key, std::string_view value) {
  return {.kind = Write::Kind::upsert, .filter = key_filter(key), .document = pair_document(key, value)};
}

void MongoKv::create(std::string_view collection) { create_collection(connection_, collection, false); }

bool MongoKv::exists(std::string_view collection) { return collection_exists(connection_, collection); }

void MongoKv::drop(std::string_view collection) {
  drop_collection(connection_, collection);
  if (collection == collection_) is_there_ = false;
}

void MongoKv::use(std::string_view collection) {
  if (collection == collection_) return;
  collection_ = collection;
  is_there_ = false;
}

Result<> MongoKv::require_collection() {
  ASSAY_ASSERT(!collection_.empty());
  if (is_there_) return {};
  auto found = find_collection(connection_, collection_);
  if (!found) return tl::unexpected(std::move(found.error()));
  is_there_ = *found;
  if (is_there_) return {};
  return fail(FailureKind::rejected,
              fmt::format("{}: there is no collection '{}' in the database '{}'", connection_.address().place,
                          collection_, connection_.address().database),
              "26");
}

Result<bool> MongoKv::get(std::string_view key, std::string& value) {
  if (auto there = require_collection(); !there) return tl::unexpected(std::move(there.error()));
  static const std::string kOne = DocumentWriter().int64("limit", 1).boolean("singleBatch", true).take();
  Cursor cursor(connection_, collection_, key_filter(key), kOne);
  auto found = cursor.next(true);
  if (!found) return tl::unexpected(std::move(found.error()));
  std::string got;
  return found->has_value() && pair_of(**found, got, value);
}

Result<Written> MongoKv::write_one(Write::Kind kind, std::string_view key, std::string_view value) {
  if (auto there = require_collection(); !there) return tl::unexpected(std::move(there.error()));
  const Write write[] = {{.kind = kind,
                          .filter = key_filter(key),
                          .document = kind == Write::Kind::remove ? std::string() : pair_document(key, value)}};
  // What the record says must outlive a server that dies, as the rows of which it speaks do.
  return connection_.write(collection_, write,
                           collection_ == meta_table().name ? Durability::journaled : Durability::as_given);
}

Result<> MongoKv::put(std::string_view key, std::string_view value) {
  auto done = write_one(Write::Kind::upsert, key, value);
  // Two sessions that insert one key at once: the second one's upsert is told of the first one's.
  if (!done && done.error().native_code == "11000") done = write_one(Write::Kind::upsert, key, value);
  if (!done) return tl::unexpected(std::move(done.error()));
  return {};
}

Result<bool> MongoKv::update(std::string_view key, std::string_view value) {
  auto done = write_one(Write::Kind::replace, key, value);
  if (!done) return tl::unexpected(std::move(done.error()));
  return done->matched > 0;
}

Result<bool> MongoKv::remove(std::string_view key) {
  auto done = write_one(Write::Kind::remove, key, {});
  if (!done) return tl::unexpected(std::move(done.error()));
  return done->removed > 0;
}

Result<> MongoKv::scan(std::string_view first, std::size_t limit,
                       std::vector<std::pair<std::string, std::string>>& out) {
  if (auto there = require_collection(); !there) return there;
  if (limit == 0) return {};
  const std::string filter = DocumentWriter().begin_document("_id").text("$gte", to_key(first)).end().take();
  const std::string how = DocumentWriter()
                              .begin_document("sort")
                              .int32("_id", 1)
                              .end()
                              .int64("limit", static_cast<std::int64_t>(limit))
                              .int32("batchSize", static_cast<std::int32_t>(std::min<std::size_t>(limit, 1 << 20)))
                              .take();
  Cursor cursor(connection_, collection_, filter, how);
  for (bool fresh = true; out.size() < out.max_size(); fresh = false) {
    auto found = cursor.next(fresh);
    if (!found) return tl::unexpected(std::move(found.error()));
    if (!found->has_value()) break;
    auto& [key, value] = out.emplace_back();
    if (!pair_of(**found, key, value)) out.pop_back();
  }
  return {};
}

Result<> MongoKv::get_batch(std::span<const std::string_view> keys, std::vector<std::optional<std::string>>& values) {
  values.assign(keys.size(), std::nullopt);
  if (keys.empty()) return {};
  if (auto there = require_collection(); !there) return there;
  std::vector<std::size_t> order(keys.size());
  for (std::size_t i = 0; i < order.size(); i++) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
  for (std::size_t begin = 0; begin < keys.size(); begin += kKeysAtOnce) {
    const std::size_t end = std::min(begin + kKeysAtOnce, keys.size());
    DocumentWriter wanted;
    wanted.begin_document("_id").begin_array("$in");
    for (std::size_t i = begin; i < end; i++)
      if (i == begin || keys[order[i]] != keys[order[i - 1]]) wanted.text("", to_key(keys[order[i]]));
    const std::string filter = wanted.end().end().take();
    const std::string how = DocumentWriter().int32("batchSize", static_cast<std::int32_t>(end - begin) + 1).take();
    Cursor cursor(connection_, collection_, filter, how);
    for (bool fresh = true;; fresh = false) {
      auto found = cursor.next(fresh);
      if (!found) return tl::unexpected(std::move(found.error()));
      if (!found->has_value()) break;
      std::string key, value;
      if (!pair_of(**found, key, value)) continue;
      auto at = std::lower_bound(order.begin(), order.end(), key,
                                 [&](std::size_t i, const std::string& wanted_key) { return keys[i] < wanted_key; });
      for (; at != order.end() && keys[*at] == key; ++at) values[*at] = value;
    }
  }
  return {};
}

Result<> MongoKv::put_batch(std::span<const KvPair> pairs) {
  if (pairs.empty()) return {};
  if (auto there = require_collection(); !there) return there;
  // Of equal keys the last one counts, and the writes go in any order.
  std::vector<std::size_t> order(pairs.size());
  for (std::size_t i = 0; i < order.size(); i++) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return pairs[a].key < pairs[b].key; });
  std::vector<Write> writes;
  writes.reserve(pairs.size());
  for (std::size_t i = 0; i < order.size(); i++)
    if (i + 1 == order.size() || pairs[order[i]].key != pairs[order[i + 1]].key)
      writes.push_back(put_of(pairs[order[i]].key, pairs[order[i]].value));
  auto done = connection_.write(collection_, writes);
  if (!done && done.error().native_code == "11000") done = connection_.write(collection_, writes);  // as in put()
  if (!done) return tl::unexpected(std::move(done.error()));
  return {};
}

}  // namespace assay::mongodb
