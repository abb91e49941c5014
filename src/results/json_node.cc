#include "results/json_node.h"

#include "base/error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <set>

namespace assay {
namespace {

std::string shown(const OrderedJson& value) {
  if (value.is_object()) return fmt::format("an object with {} members", value.size());
  if (value.is_array()) return fmt::format("an array with {} items", value.size());
  if (value.is_null()) return "null";
  std::string text = value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  constexpr std::size_t kMost = 60;
  if (text.size() > kMost) text = text.substr(0, kMost) + "…";
  return text;
}

}  // namespace

std::string JsonNode::path() const {
  if (parent_ == nullptr) return {};
  const std::string above = parent_->path();
  if (key_.data() == nullptr) return fmt::format("{}[{}]", above, index_);
  return above.empty() ? std::string(key_) : fmt::format("{}.{}", above, key_);
}

void JsonNode::fail(std::string_view expected) const {
  const std::string at = path();
  throw Error(
      fmt::format("result: {}: found {}, expected {}", at.empty() ? "the document" : at, shown(value_), expected));
}

void JsonNode::fail_missing(std::string_view member) const {
  const std::string at = path();
  throw Error(fmt::format("result: {}{}{}: found nothing, expected this member", at, at.empty() ? "" : ".", member));
}

void JsonNode::fail_unknown(std::string_view member, const std::vector<std::string_view>& known) const {
  const std::string at = path();
  throw Error(fmt::format("result: {}{}{}: found a member that is not known here, expected only {}", at,
                          at.empty() ? "" : ".", member, fmt::join(known, ", ")));
}

std::string_view JsonNode::text() const {
  if (!value_.is_string()) fail("text");
  return value_.get_ref<const std::string&>();
}

bool JsonNode::boolean() const {
  if (!value_.is_boolean()) fail("true or false");
  return value_.get<bool>();
}

std::uint64_t JsonNode::whole() const {
  if (!value_.is_number_unsigned()) fail("a whole number, 0 or more");
  return value_.get<std::uint64_t>();
}

std::int64_t JsonNode::whole_or_below() const {
  const bool fits = value_.is_number_unsigned()
                        ? value_.get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max()
                        : value_.is_number_integer();
  if (!fits) fail("a whole number from -2^63 to 2^63 - 1");
  return value_.get<std::int64_t>();
}

double JsonNode::number() const {
  if (!value_.is_number()) fail("a number");
  return value_.get<double>();
}

void JsonNode::expect_object() const {
  if (!value_.is_object()) fail("an object");
}

const OrderedJson::object_t& JsonNode::members() const {
  expect_object();
  return value_.get_ref<const OrderedJson::object_t&>();
}

std::optional<JsonNode> JsonNode::member(std::string_view name) const {
  for (const auto& [key, value] : members())
    if (key == name) return JsonNode(value, this, key);
  return std::nullopt;
}

std::size_t JsonNode::size() const {
  if (!value_.is_array()) fail("an array");
  return value_.size();
}

JsonTree::JsonTree(std::string_view text) {
  if (text.empty()) throw Error("result: the file is empty");
  std::vector<std::set<std::string>> objects;  // the names seen in each object that is open
  const auto no_name_twice = [&](int, OrderedJson::parse_event_t event, OrderedJson& parsed) {
    if (event == OrderedJson::parse_event_t::object_start) objects.emplace_back();
    if (event == OrderedJson::parse_event_t::object_end) objects.pop_back();
    if (event == OrderedJson::parse_event_t::key && !objects.back().insert(parsed.get<std::string>()).second)
      throw Error(fmt::format("result: the member {} is there twice in one object", shown(parsed)));
    return true;
  };
  try {
    value_ = OrderedJson::parse(text, no_name_twice);
  } catch (const OrderedJson::parse_error& e) {
    if (e.byte > text.size())
      throw Error(fmt::format("result: the file is cut off: it ends after {} bytes", text.size()));
    throw Error(fmt::format("result: the file is no JSON: mistake at byte {} of {}", e.byte, text.size()));
  } catch (const OrderedJson::exception& e) {
    throw Error(fmt::format("result: the file is no JSON: {}", e.what()));
  }
}

}  // namespace assay
