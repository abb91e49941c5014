#include "dataset/json_text.h"

#include "base/base64.h"
#include "dataset/constant.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>

namespace assay::dataset {

bool json_name_before(std::string_view a, std::string_view b) noexcept {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

void append_json_string(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (byte < 0x20)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    else
      out += c;
  }
  out += '"';
}

namespace {

struct Appender {
  std::string& out;
  void operator()(std::monostate) const { out += "null"; }
  void operator()(bool v) const { out += v ? "true" : "false"; }
  void operator()(std::int64_t v) const { fmt::format_to(std::back_inserter(out), "{}", v); }
  void operator()(double v) const { fmt::format_to(std::back_inserter(out), "{}", v); }
  void operator()(Decimal v) const { out += format_decimal(v); }
  void operator()(std::string_view v) const { append_json_string(v, out); }
  void operator()(Bytes v) const { append_json_string(to_base64(v.data), out); }
  void operator()(Json v) const { out += v.text; }
  void operator()(const Uuid& v) const { append_json_string(uuid_text(v), out); }
  void operator()(Date v) const { append_json_string(format_date(v), out); }
  void operator()(TimeOfDay v) const { append_json_string(time_text(v), out); }
  void operator()(Timestamp v) const { append_json_string(instant_text(v), out); }
  void operator()(Array v) const {
    out += '[';
    for (std::size_t i = 0; i < v.size; i++) {
      if (i > 0) out += ", ";
      append_json(v.data[i], out);
    }
    out += ']';
  }
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// As JSON's grammar has it: no plus, no zero in front, digits on both sides of the point.
bool is_json_number(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t begin = i;
    while (i < text.size() && is_digit(text[i])) i++;
    return i - begin;
  };
  if (i < text.size() && text[i] == '-') i++;
  const bool zero = i < text.size() && text[i] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (i < text.size() && text[i] == '.') {
    i++;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    i++;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) i++;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

}  // namespace

void append_json(const Value& value, std::string& out) { std::visit(Appender{out}, value); }

void append_json(const input::Node& node, std::string& out) {
  using input::Node;
  switch (node.kind) {
    case Node::Kind::null:
      out += "null";
      return;
    case Node::Kind::scalar:
      if (!node.quoted && (node.text == "true" || node.text == "false" || is_json_number(node.text)))
        out += node.text;
      else
        append_json_string(node.text, out);
      return;
    case Node::Kind::list:
      out += '[';
      for (std::size_t i = 0; i < node.items.size(); i++) {
        if (i > 0) out += ", ";
        append_json(*node.items[i], out);
      }
      out += ']';
      return;
    case Node::Kind::map:
      break;
  }
  std::vector<const Node::Member*> members;
  for (const Node::Member& member : node.members) members.push_back(&member);
  std::sort(members.begin(), members.end(), [](auto* a, auto* b) { return json_name_before(a->name, b->name); });
  out += '{';
  for (std::size_t i = 0; i < members.size(); i++) {
    if (i > 0) out += ", ";
    append_json_string(members[i]->name, out);
    out += ": ";
    append_json(*members[i]->value, out);
  }
  out += '}';
}

}  // namespace assay::dataset
