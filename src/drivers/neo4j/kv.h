// Collections of byte strings as nodes: the kv facet over one connection, and what the record (core/meta.h) is kept in.
//
// A collection is a label, a pair a node of it with the properties key and value. Keys are text in which each octet is the
// character of its number, so that they stand in the order of octets and plain ones read as themselves; their uniqueness is a
// constraint, <label>_pkey. Values are text where they are UTF-8, and else byte arrays.
#pragma once

#include "core/facets.h"
#include "drivers/neo4j/connection.h"

#include <string>
#include <string_view>
#include <vector>

namespace assay::neo4j {

std::string stored_key(std::string_view key);
/// The inverse; octets of characters beyond U+00FF, which no key of ours has, are lost.
std::string key_of(std::string_view stored);
void pack_stored_value(std::string_view value, Packer&);

/// Removes constraints and indexes of the label. Throws Error.
void drop_schema(Connection&, std::string_view label);

class Neo4jKv final : public KvFacet {
 public:
  /// The connection must outlive it.
  explicit Neo4jKv(Connection& connection) : connection_(connection) {}

  void create(std::string_view collection) override;
  bool exists(std::string_view collection) override;
  void drop(std::string_view collection) override;
  void use(std::string_view collection) override;
  Result<bool> get(std::string_view key, std::string& value) override;
  Result<> put(std::string_view key, std::string_view value) override;
  Result<bool> update(std::string_view key, std::string_view value) override;
  Result<bool> remove(std::string_view key) override;
  Result<> scan(std::string_view first, std::size_t limit,
                std::vector<std::pair<std::string, std::string>>& out) override;
  Result<> get_batch(std::span<const std::string_view> keys, std::vector<std::optional<std::string>>& values) override;
  Result<> put_batch(std::span<const KvPair>) override;

 private:
  Result<bool> is_there(std::string_view collection);
  /// Rejected when the collection in use is not there.
  Result<> look_for_it();
  Result<bool> counted(const std::string& text, std::string_view key, const std::string_view* value);

  Connection& connection_;
  bool known_ = false;  // that the collection in use is there
  std::string collection_, get_, put_, update_, remove_, scan_, get_batch_, put_batch_;
};

}  // namespace assay::neo4j
