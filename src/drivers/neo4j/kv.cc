#include "drivers/neo4j/kv.h"

#include "base/error.h"
#include "core/parallel.h"
#include "drivers/neo4j/cypher.h"
#include "drivers/neo4j/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace assay::neo4j {
namespace {

constexpr std::size_t kPart = 4 << 20;  // of a batch, in one statement

}  // namespace

std::string stored_key(std::string_view key) {
  std::string out;
  out.reserve(key.size());
  for (const char c : key) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet >= 0x80) out += static_cast<char>(0xC0 | octet >> 6);
    out += octet >= 0x80 ? static_cast<char>(0x80 | (octet & 0x3F)) : c;
  }
  return out;
}

std::string key_of(std::string_view stored) {
  std::string out;
  out.reserve(stored.size());
  for (std::size_t i = 0; i < stored.size(); i++) {
    const auto octet = static_cast<unsigned char>(stored[i]);
    if (octet < 0x80 || i + 1 == stored.size())
      out += stored[i];
    else
      out += static_cast<char>((octet & 0x03) << 6 | (static_cast<unsigned char>(stored[++i]) & 0x3F));
  }
  return out;
}

void pack_stored_value(std::string_view value, Packer& packer) {
  if (is_utf8(value))
    packer.text(value);
  else
    packer.bytes(value);
}

void drop_schema(Connection& connection, std::string_view label) {
  const auto names = [&](std::string_view kinds, std::string_view condition) {
    std::vector<std::string> out;
    Parameters parameters;
    parameters.add("label").text(label);
    const std::string text = fmt::format(
        "SHOW {} YIELD * WHERE entityType = 'NODE' AND labelsOrTypes = [$label]{} RETURN name", kinds, condition);
    value_or_throw(
        connection.run(text, parameters, Effect::read, [&](const Item& row) { out.emplace_back(text_of(&row + 1)); }),
        text);
    return out;
  };
  const auto drop_all = [&](std::string_view kind, std::string_view kinds, std::string_view condition) {
    for (const std::string& name : names(kinds, condition)) {
      const std::string text = fmt::format("DROP {} {} IF EXISTS", kind, quoted_name(name));
      value_or_throw(connection.run_again(text, {}, Effect::write), text);
    }
  };
  drop_all("CONSTRAINT", "CONSTRAINTS", "");
  drop_all("INDEX", "INDEXES", " AND owningConstraint IS NULL");
}

void Neo4jKv::create(std::string_view collection) {
  const std::string text = fmt::format("CREATE CONSTRAINT {} IF NOT EXISTS FOR (n:{}) REQUIRE (n.key) IS UNIQUE",
                                       quoted_name(key_name(collection)), quoted_name(collection));
  auto done = connection_.run_again(text, {}, Effect::write);
  // Another session may make it at the same time, and be first.
  if (!done && done.error().native_code.ends_with("AlreadyExists")) return;
  value_or_throw(std::move(done), text);
}

Result<bool> Neo4jKv::is_there(std::string_view collection) {
  bool there = false;
  Parameters parameters;
  parameters.add("name").text(key_name(collection));
  parameters.add("label").text(collection);
  const auto asked = connection_.run(
      "SHOW CONSTRAINTS YIELD name, labelsOrTypes WHERE name = $name AND labelsOrTypes = [$label] RETURN name",
      parameters, Effect::read, [&](const Item&) { there = true; });
  if (!asked) return tl::unexpected(asked.error());
  return there;
}

bool Neo4jKv::exists(std::string_view collection) {
  return value_or_throw(is_there(collection), "looking for a collection");
}

/// Cypher would make the label, without its constraint. Looked at once.
Result<> Neo4jKv::look_for_it() {
  ASSAY_ASSERT(!collection_.empty());
  if (known_) return {};
  const auto there = is_there(collection_);
  if (!there) return tl::unexpected(there.error());
  if (!*there)
    return fail(FailureKind::rejected, fmt::format("there is no collection {}: no constraint {} of a label of its name",
                                                   collection_, key_name(collection_)));
  known_ = true;
  return {};
}

void Neo4jKv::drop(std::string_view collection) {
  const std::string text = delete_some_text(collection);
  for (std::int64_t removed = 1; removed > 0;) {
    Parameters limit;
    limit.add("limit").integer(10'000);
    value_or_throw(connection_.run_again(text, limit, Effect::write,
                                         [&](const Item& row) { removed = integer_of(&row + 1).value_or(0); }),
                   text);
  }
  drop_schema(connection_, collection);
  if (collection == collection_) known_ = false;
}

void Neo4jKv::use(std::string_view collection) {
  if (collection == collection_) return;
  collection_ = collection;
  known_ = false;
  const std::string label = quoted_name(collection), node = fmt::format("(n:{} {{key: $key}})", label);
  get_ = fmt::format("MATCH {} RETURN n.value", node);
  put_ = fmt::format("MERGE {} SET n.value = $value", node);
  update_ = fmt::format("MATCH {} SET n.value = $value RETURN count(*)", node);
  remove_ = fmt::format("MATCH {} DETACH DELETE n RETURN count(*)", node);
  scan_ = fmt::format("MATCH (n:{}) WHERE n.key >= $key RETURN n.key, n.value ORDER BY n.key LIMIT $limit", label);
  get_batch_ = fmt::format("UNWIND $rows AS r MATCH (n:{} {{key: r}}) RETURN n.key, n.value", label);
  put_batch_ = fmt::format("UNWIND $rows AS r MERGE (n:{} {{key: r[0]}}) SET n.value = r[1]", label);
}

Result<bool> Neo4jKv::counted(const std::string& text, std::string_view key, const std::string_view* value) {
  if (auto there = look_for_it(); !there) return tl::unexpected(there.error());
  bool some = false;
  Parameters parameters;
  parameters.add("key").text(stored_key(key));
  if (value != nullptr) pack_stored_value(*value, parameters.add("value"));
  const auto done = connection_.run(text, parameters, Effect::write,
                                    [&](const Item& row) { some = integer_of(&row + 1).value_or(0) > 0; });
  if (!done) return tl::unexpected(done.error());
  return some;
}

Result<bool> Neo4jKv::get(std::string_view key, std::string& value) {
  if (auto there = look_for_it(); !there) return tl::unexpected(there.error());
  bool found = false;
  Parameters parameters;
  parameters.add("key").text(stored_key(key));
  const auto done = connection_.run(get_, parameters, Effect::read, [&](const Item& row) {
    found = true;
    value = (&row + 1)->data;
  });
  if (!done) return tl::unexpected(done.error());
  return found;
}

Result<> Neo4jKv::put(std::string_view key, std::string_view value) {
  if (auto there = look_for_it(); !there) return there;
  Parameters parameters;
  parameters.add("key").text(stored_key(key));
  pack_stored_value(value, parameters.add("value"));
  return connection_.run(put_, parameters, Effect::write);
}

Result<bool> Neo4jKv::update(std::string_view key, std::string_view value) { return counted(update_, key, &value); }
Result<bool> Neo4jKv::remove(std::string_view key) { return counted(remove_, key, nullptr); }

Result<> Neo4jKv::scan(std::string_view first, std::size_t limit,
                       std::vector<std::pair<std::string, std::string>>& out) {
  if (auto there = look_for_it(); !there) return there;
  Parameters parameters;
  parameters.add("key").text(stored_key(first));
  parameters.add("limit").integer(static_cast<std::int64_t>(limit));
  return connection_.run(scan_, parameters, Effect::read,
                         [&](const Item& row) { out.emplace_back(key_of((&row + 1)->data), (&row + 2)->data); });
}

Result<> Neo4jKv::get_batch(std::span<const std::string_view> keys, std::vector<std::optional<std::string>>& values) {
  if (auto there = look_for_it(); !there) return there;
  values.assign(keys.size(), std::nullopt);
  if (keys.empty()) return {};
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
  Parameters parameters;
  Packer& packer = parameters.add("rows");
  packer.list(keys.size());
  for (const std::string_view key : keys) packer.text(stored_key(key));
  return connection_.run(get_batch_, parameters, Effect::read, [&](const Item& row) {
    const std::string key = key_of((&row + 1)->data);
    auto at = std::lower_bound(order.begin(), order.end(), key,
                               [&](std::size_t i, const std::string& wanted) { return keys[i] < wanted; });
    for (; at != order.end() && keys[*at] == key; ++at) values[*at] = (&row + 2)->data;
  });
}

Result<> Neo4jKv::put_batch(std::span<const KvPair> pairs) {
  if (auto there = look_for_it(); !there) return there;
  if (pairs.empty()) return {};
  // In the order of keys, so that two batches do not deadlock so often; of equal keys the last one counts.
  std::vector<std::size_t> order(pairs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return pairs[a].key < pairs[b].key; });
  std::vector<Statement> statements;
  for (std::size_t next = 0; next < order.size();) {
    std::size_t end = next;
    for (std::size_t bytes = 0; end < order.size() && (end == next || bytes < kPart); end++)
      bytes += pairs[order[end]].key.size() + pairs[order[end]].value.size();
    Statement& statement = statements.emplace_back();
    statement.text = put_batch_;
    Packer& packer = statement.parameters.add("rows");
    packer.list(end - next);
    for (; next < end; next++) {
      packer.list(2);
      packer.text(stored_key(pairs[order[next]].key));
      pack_stored_value(pairs[order[next]].value, packer);
    }
  }
  if (statements.size() == 1) return connection_.run(put_batch_, statements[0].parameters, Effect::write);
  return connection_.transaction(statements);
}

}  // namespace assay::neo4j
