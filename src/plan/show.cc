#include "core/url.h"
#include "plan/plan.h"

#include <fmt/format.h>

namespace assay::plan {
namespace {

/// As it may be shown: a secret that a variable holds stays that variable.
NodePtr shown(const Value& value, const FieldSpec& field) {
  const bool secret = !secrets_in(value.text).empty();
  const std::string text = secret ? value.written : value.text;
  // What was written as $${ is no variable, and must not become one.
  std::string safe;
  for (std::size_t i = 0; i < text.size(); i++) {
    if (!secret && text.compare(i, 2, "${") == 0) safe += '$';
    safe += text[i];
  }
  const bool words = field.value.type == OptionType::text || field.value.type == OptionType::choice;
  const bool bare =
      value.node != nullptr && !value.node->quoted && value.text == value.written;  // it stood so in the plan
  return scalar_node(safe, words && !bare && looks_like_another_type(safe));
}

NodePtr tree(const Value& value);

NodePtr one(const Value& value) {
  const FieldSpec& field = *value.spec;
  Node node;
  switch (field.shape) {
    case Shape::value:
      return shown(value, field);
    case Shape::list:
      node.kind = Node::Kind::list;
      for (const auto& [name, item] : value.members) node.items.push_back(shown(item, field));
      break;
    case Shape::secret: {
      if (value.members.empty()) return scalar_node("***", true);
      node.kind = Node::Kind::map;
      const auto& [source, where] = value.members.front();
      node.members.push_back({source, {}, scalar_node(where.written, looks_like_another_type(where.written))});
      break;
    }
    case Shape::reference:
      return scalar_node(value.text, false);
    case Shape::records:
      node.kind = Node::Kind::list;
      for (const auto& [name, item] : value.members) node.items.push_back(tree(item));
      break;
    case Shape::named:
      node.kind = Node::Kind::map;
      for (const auto& [name, item] : value.members) node.members.push_back({name, {}, tree(item)});
      break;
    case Shape::record:
      return value.record == nullptr ? value.node : tree(value);
    case Shape::any:
    case Shape::tree:
      return value.node;
  }
  return std::make_shared<const Node>(std::move(node));
}

/// A record with its defaults. Those of tables of options, which may depend on other options, are told and not set.
NodePtr tree(const Value& value) {
  Node node;
  node.kind = Node::Kind::map;
  for (const FieldSpec& field : value.record->fields) {
    const std::string_view name = field.value.name, fallback = field.value.default_value;
    if (name == "include") continue;  // what it names is here
    if (const Value* given = value.find(name))
      node.members.push_back({std::string(name), {}, one(*given)});
    else if (field.shape == Shape::value && !fallback.empty() && field.options)
      node.comment += fmt::format("{}{}: {}", node.comment.empty() ? "by default " : ", ", name, fallback);
    else if (field.shape == Shape::value && !fallback.empty())
      node.members.push_back({std::string(name), {}, scalar_node(std::string(fallback), false)});
  }
  return std::make_shared<const Node>(std::move(node));
}

}  // namespace

std::string show_plan(const Value& checked) { return emit_yaml(*tree(checked)); }

}  // namespace assay::plan
