#include "input/node.h"

#include "core/url.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::input {
namespace {

constexpr std::size_t kShown = 40;  // characters of a value in a message

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + '"';
}

/// Whether it stands as it is, and is read as the same text: letters, digits and what has no meaning in YAML.
bool is_plain(std::string_view text) {
  if (text.empty() || text == "~" || text == "<<" || text == "=" || text.front() == '-' || text.front() == ' ' ||
      text.back() == ' ' || text.back() == ':')
    return text.size() > 1 && text.front() == '-' && text[1] != ' ' && text[1] != '-' && is_plain(text.substr(1));
  constexpr std::string_view kOnlyInside = "?!%@`&*|>\"'#";
  if (kOnlyInside.find(text.front()) != std::string_view::npos) return false;
  for (std::size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '{' || c == '}' || c == '[' || c == ']' || c == ',')
      return false;
    if (c == ':' && text[i + 1] == ' ') return false;  // not the last: see above
    if (c == '#' && text[i - 1] == ' ') return false;
  }
  return true;
}

std::string scalar_text(const Node& node) {
  return node.quoted || !is_plain(node.text) ? in_quotes(node.text) : node.text;
}

void emit(const Node& node, std::size_t level, bool behind_dash, std::string& out);

void emit_comment(const Node& node, const std::string& indent, std::string& out) {
  for (std::string_view rest = node.comment; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    out += fmt::format("{}# {}\n", indent, rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

/// Behind "name:" or "-".
void emit_value(const Node& node, std::size_t level, bool in_list, std::string& out) {
  switch (node.kind) {
    case Node::Kind::null:
      out += " null\n";
      return;
    case Node::Kind::scalar:
      out += fmt::format(" {}\n", scalar_text(node));
      return;
    case Node::Kind::list:
    case Node::Kind::map:
      break;
  }
  if (node.items.empty() && node.members.empty()) {
    out += node.kind == Node::Kind::list ? " []\n" : " {}\n";
    if (!node.comment.empty()) emit_comment(node, std::string(2 * level + 2, ' '), out);
    return;
  }
  if (in_list && node.kind == Node::Kind::map && node.comment.empty()) {
    out += ' ';
    emit(node, level + 1, true, out);
  } else {
    out += '\n';
    emit(node, level + 1, false, out);
  }
}

void emit(const Node& node, std::size_t level, bool behind_dash, std::string& out) {
  const std::string indent(2 * level, ' ');
  if (!behind_dash) emit_comment(node, indent, out);
  bool first = behind_dash;
  for (const NodePtr& item : node.items) {
    out += indent + "-";
    emit_value(*item, level, true, out);
  }
  for (const Node::Member& member : node.members) {
    if (!first) out += indent;
    first = false;
    out += (is_plain(member.name) ? member.name : in_quotes(member.name)) + ":";
    emit_value(*member.value, level, false, out);
  }
}

}  // namespace

const Node* Node::find(std::string_view name) const {
  for (const Member& member : members)
    if (member.name == name) return member.value.get();
  return nullptr;
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "empty";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
    case Node::Kind::scalar:
      break;
  }
  const std::string text = without_possible_secrets(without_defaults(node.text));
  return fmt::format("'{}{}'", text.substr(0, kShown), text.size() > kShown ? "…" : "");
}

std::string without_defaults(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t begin = text.find("${");
    if (begin == std::string_view::npos) return out += text;
    const std::size_t end = std::min(text.find('}', begin), text.size()), colon = text.find(":-", begin);
    out += colon < end ? fmt::format("{}:-…", text.substr(0, colon)) : std::string(text.substr(0, end));
    text.remove_prefix(end);
  }
}

bool looks_like_another_type(std::string_view text) {
  constexpr std::string_view kFirst = "0123456789.+-~";
  for (const std::string_view word : {"", "null", "true", "false", "yes", "no", "on", "off"})
    if (text == word) return true;
  return kFirst.find(text.front()) != std::string_view::npos;
}

NodePtr scalar_node(std::string text, bool quoted, Mark mark) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = std::move(text);
  node.quoted = quoted;
  node.mark = mark;
  return std::make_shared<const Node>(std::move(node));
}

std::string emit_yaml(const Node& node) {
  std::string out;
  if (node.kind == Node::Kind::scalar || node.kind == Node::Kind::null ||
      (node.items.empty() && node.members.empty())) {
    emit_value(node, 0, false, out);
    return out.substr(1);
  }
  emit(node, 0, false, out);
  return out;
}

}  // namespace assay::input
