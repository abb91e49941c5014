// Collections of byte strings: documents {_id: key, v: value}.
//
// A key is a string, so that the order of _ids is that of the bytes (binary keys would be ordered by their length first): each
// byte is the character of its number (ISO 8859-1), but for 0 and 1, which are written \1\1 and \1\2, since not every server
// takes a zero character. Plain ASCII stands as it is. A value is binary.
#pragma once

#include "core/facets.h"
#include "drivers/mongodb/connection.h"

#include <string>
#include <vector>

namespace assay::mongodb {

std::string to_key(std::string_view bytes);
std::string from_key(std::string_view text);  // the inverse; of other texts, what it may be

class MongoKv final : public KvFacet {
 public:
  explicit MongoKv(Connection& connection) : connection_(connection) {}

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
  Result<> require_collection();
  Result<Written> write_one(Write::Kind, std::string_view key, std::string_view value);

  Connection& connection_;
  std::string collection_;
  bool is_there_ = false;  // the collection in use; the server would make one that is not
};

/// One upsert of a pair.
Write put_of(std::string_view key, std::string_view value);

}  // namespace assay::mongodb
