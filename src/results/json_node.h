// Strict reading of JSON: a value with its place in the document, so that every mistake is named with where it is, what
// was found and what is expected. Includes nlohmann-json; only .cc files include it.
//
// A JsonNode points into its JsonTree and to its parent node: both must outlive it.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

using OrderedJson = nlohmann::ordered_json;

class JsonNode {
 public:
  explicit JsonNode(const OrderedJson& value) : value_(value) {}
  JsonNode(const OrderedJson& value, const JsonNode* parent, std::string_view key)
      : value_(value), parent_(parent), key_(key) {}
  JsonNode(const OrderedJson& value, const JsonNode* parent, std::size_t index)
      : value_(value), parent_(parent), index_(index) {}

  bool is_null() const noexcept { return value_.is_null(); }
  bool is_text() const noexcept { return value_.is_string(); }
  std::string_view text() const;
  bool boolean() const;
  std::uint64_t whole() const;          // a whole number ≥ 0
  std::int64_t whole_or_below() const;  // a whole number, below 0 too
  double number() const;

  void expect_object() const;
  const OrderedJson::object_t& members() const;
  std::optional<JsonNode> member(std::string_view name) const;
  std::size_t size() const;  // of an array
  JsonNode at(std::size_t index) const { return JsonNode(value_[index], this, index); }
  template <class F>
  void for_each(F f) const {
    for (std::size_t i = 0, n = size(); i < n; i++) f(at(i));
  }

  /// "groups[0].operations[2].name"
  std::string path() const;
  [[noreturn]] void fail(std::string_view expected) const;
  [[noreturn]] void fail_missing(std::string_view member) const;
  [[noreturn]] void fail_unknown(std::string_view member, const std::vector<std::string_view>& known) const;

 private:
  const OrderedJson& value_;
  const JsonNode* parent_ = nullptr;
  std::string_view key_;
  std::size_t index_ = 0;
};

/// A parsed text. Throws Error when it is no JSON, is cut off, or names a member of an object twice.
class JsonTree {
 public:
  explicit JsonTree(std::string_view text);
  JsonNode root() const { return JsonNode(value_); }

 private:
  OrderedJson value_;
};

}  // namespace assay
