#include "input/check.h"

#include "base/error.h"
#include "core/url.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

namespace assay::input {
namespace {

/// The record that a value stands in, and those around it: where a selector is looked up.
struct Scope {
  const Value& record;
  const Node& node;
  const Scope* outer = nullptr;
};

std::string join(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

class Checker {
 public:
  Checker(const Subject& subject, const Environment& environment, Mistakes& mistakes)
      : subject_(subject), environment_(environment), mistakes_(mistakes) {}

  Value record(NodePtr node, const RecordSpec& spec, const std::string& path, const Scope* outer) {
    if (node->kind == Node::Kind::scalar && !spec.alone.empty()) node = map_of(spec.alone, node);
    Value out;
    out.record = &spec;
    out.mark = node->mark;
    out.path = path;
    out.node = node;
    if (node->kind == Node::Kind::null) {
      require_fields(*node, spec, out);
      return out;
    }
    if (node->kind != Node::Kind::map) {
      mistakes_.add(
          node->mark, path,
          fmt::format("{} is {}; expected a map with {}", path.empty() ? fmt::format("the {}", subject_.name) : path,
                      describe(*node), names_of(spec)));
      return out;
    }
    for (const Node::Member& member : node->members)
      if (spec.find(member.name) == nullptr && (spec.extensions.empty() || !member.name.starts_with(spec.extensions)))
        unknown(member, spec, path);
    // What chooses the fields of another comes first, and all in the order of the schema.
    for (const bool chosen : {false, true})
      for (const FieldSpec& field : spec.fields) {
        if (field.selector.empty() == chosen) continue;
        const Node::Member* member = member_of(*node, field);
        if (member == nullptr) continue;
        const Scope scope{out, *node, outer};
        if (std::optional<Value> value = any_field(*member, field, join(path, member->name), scope))
          out.members.emplace_back(std::string(field.value.name), *std::move(value));
      }
    for (const Node::Member& member : node->again) {
      const FieldSpec* field = spec.find(member.name);
      if (field == nullptr) continue;  // is told already
      // Its own mistakes are told too, and what it names is no mistake of others.
      std::optional<Value> more = any_field(member, *field, join(path, member.name), {out, *node, outer});
      Value* first = out.find(field->value.name);
      if (!more || first == nullptr || field->shape != Shape::named) continue;
      std::move(more->members.begin(), more->members.end(), std::back_inserter(first->members));
    }
    require_fields(*node, spec, out);
    std::stable_sort(out.members.begin(), out.members.end(),
                     [&](const auto& a, const auto& b) { return spec.find(a.name) < spec.find(b.name); });
    return out;
  }

 private:
  static NodePtr map_of(std::string_view name, const NodePtr& value) {
    Node map;
    map.kind = Node::Kind::map;
    map.mark = value->mark;
    map.members.push_back({std::string(name), value->mark, value});
    return std::make_shared<const Node>(std::move(map));
  }

  /// By the field's name or its other one; one in both is a mistake.
  const Node::Member* member_of(const Node& node, const FieldSpec& field) {
    const Node::Member* found = nullptr;
    for (const Node::Member& member : node.members) {
      if (member.name != field.value.name && (field.also.empty() || member.name != field.also)) continue;
      if (found != nullptr)
        mistakes_.add(member.mark, member.name,
                      fmt::format("'{}' and '{}' are two names of the same; expected one", found->name, member.name));
      else
        found = &member;
    }
    return found;
  }

  static bool has(const Node& node, const FieldSpec& field) {
    return node.find(field.value.name) != nullptr || (!field.also.empty() && node.find(field.also) != nullptr);
  }

  static std::string names_of(const RecordSpec& spec) {
    std::vector<std::string_view> names;
    for (const FieldSpec& field : spec.fields) names.push_back(field.value.name);
    return fmt::format("{}", fmt::join(names, ", "));
  }

  void unknown(const Node::Member& member, const RecordSpec& spec, const std::string& path) {
    std::vector<std::string_view> names;
    for (const FieldSpec& field : spec.fields) names.push_back(field.value.name);
    const std::string_view nearest = nearest_name(names, member.name);
    mistakes_.add(
        member.mark, join(path, member.name),
        fmt::format("unknown name '{}'; {}", member.name,
                    nearest.empty() ? "expected " + names_of(spec) : fmt::format("did you mean '{}'?", nearest)));
  }

  void require_fields(const Node& node, const RecordSpec& spec, const Value& value) {
    for (const FieldSpec& field : spec.fields)
      if (field.required && !has(node, field))
        mistakes_.add(node.mark, value.path,
                      fmt::format("{} is missing; expected {}: {}, {}", join(value.path, field.value.name),
                                  field.value.name, placeholder(field), field.value.help));
  }

  /// Tells of a value that is not what the field takes; does not show what may be a secret.
  void wrong(const Value& value, const FieldSpec& field) {
    mistakes_.add(value.mark, value.path,
                  fmt::format("{} is {}; expected {}", field.value.name, describe(*value.node), placeholder(field)));
  }

  std::optional<Value> any_field(const Node::Member& member, const FieldSpec& field, const std::string& path,
                                 const Scope& scope) {
    Value value;
    value.spec = &field;
    value.mark = member.value->mark;
    value.path = path;
    value.node = member.value;
    if (!field.selector.empty()) return variant(std::move(value), member, scope);
    if (!field.tag.empty()) return tagged(std::move(value), scope);
    const Node& node = *value.node;
    switch (field.shape) {
      case Shape::value:
        return scalar(std::move(value));
      case Shape::list:
        return list(std::move(value));
      case Shape::secret:
        return secret(std::move(value));
      case Shape::reference:
        return reference(std::move(value), scope);
      case Shape::record: {
        Value inner = record(value.node, *field.record, path, &scope);
        inner.spec = &field;
        return inner;
      }
      case Shape::records:
        return records(std::move(value), scope);
      case Shape::named:
        return named(std::move(value), scope);
      case Shape::any:
        if (node.kind == Node::Kind::map || node.kind == Node::Kind::null) return value;
        wrong(value, field);
        return std::nullopt;
      case Shape::tree:
        return value;
    }
    return std::nullopt;
  }

  /// The text of a scalar with its variables replaced; nullopt when that is not possible.
  bool take_text(Value& value, const FieldSpec& field) {
    if (value.node->kind != Node::Kind::scalar) {
      FieldSpec one = field;
      one.shape = Shape::value;
      wrong(value, one);
      return false;
    }
    try {
      Expanded expanded =
          environment_ ? expand(value.node->text, environment_) : Expanded{value.node->text, value.node->text};
      value.text = std::move(expanded.text);
      value.written = std::move(expanded.shown);
      return true;
    } catch (const Error& error) {
      mistakes_.add(value.mark, value.path, fmt::format("{}: {}", field.value.name, error.what()));
      return false;
    }
  }

  std::optional<Value> scalar(Value value) {
    const FieldSpec& field = *value.spec;
    if (!take_text(value, field)) return std::nullopt;
    if (field.any_case)
      std::transform(value.text.begin(), value.text.end(), value.text.begin(),
                     [](unsigned char c) { return std::tolower(c); });
    const std::string_view name = field.value.name;
    try {
      Options one(std::span(&field.value, 1));
      one.set(name, value.text);
      if (field.form != nullptr && field.form->check != nullptr) field.form->check(field, value.text);
    } catch (const Error& error) {
      std::string_view what = error.what();
      if (what.starts_with("--")) what.remove_prefix(2);
      if (field.form != nullptr && field.form->caret && value.text == value.written) {
        wrong_inside(value, what);
        return std::nullopt;
      }
      const bool replaced = value.text != value.written && !field.any_case;
      // What a variable holds may be a secret, and is not shown.
      mistakes_.add(value.mark, value.path,
                    replaced                 ? fmt::format("{} is what '{}' stands for, which is no {}", name,
                                                           without_defaults(value.written), placeholder(field))
                    : what.starts_with(name) ? without_secrets(what)
                                             : fmt::format("{}: {}", name, without_secrets(what)));
      return std::nullopt;
    }
    return value;
  }

  /// What the form's check marks with a ^ under the character: its place in the file.
  void wrong_inside(const Value& value, std::string_view what) {
    const std::size_t line = what.rfind('\n'), caret = what.find('^', line == std::string_view::npos ? 0 : line);
    Mark mark = value.mark;
    if (line == std::string_view::npos || caret == std::string_view::npos) {
      mistakes_.add(mark, value.path, fmt::format("{}: {}", value.spec->value.name, what));
      return;
    }
    if (mark.line > 0) mark.column += static_cast<int>(caret - line - 1) + (value.node->quoted ? 1 : 0);
    mistakes_.add(mark, value.path,
                  fmt::format("{}: '{}': {}", value.spec->value.name, value.written,
                              what.substr(std::min(caret + 2, what.size()))));
  }

  /// Items of a list, or the one that stands alone.
  std::optional<Value> list(Value value) {
    const bool alone = value.node->kind == Node::Kind::scalar;
    if (!alone && value.node->kind != Node::Kind::list) {
      wrong(value, *value.spec);
      return std::nullopt;
    }
    const std::vector<NodePtr> items = alone ? std::vector<NodePtr>{value.node} : value.node->items;
    for (std::size_t i = 0; i < items.size(); i++) {
      Value item;
      item.spec = value.spec;
      item.mark = items[i]->mark;
      item.path = alone ? value.path : fmt::format("{}[{}]", value.path, i);
      item.node = items[i];
      if (std::optional<Value> good = scalar(std::move(item))) value.members.emplace_back("", *std::move(good));
    }
    return value;
  }

  std::optional<Value> secret(Value value) {
    const Node& node = *value.node;
    const std::string name(value.spec->value.name);
    const char* const expected = "expected {env: NAME} or {file: PATH}";
    if (node.kind == Node::Kind::scalar && value.spec->inline_secret) {
      mistakes_.note(
          value.mark, value.path,
          fmt::format("{} stands in the {}; better is {{env: NAME}} or {{file: PATH}}", name, subject_.name));
      if (!take_text(value, *value.spec)) return std::nullopt;
      return value;
    }
    if (node.kind != Node::Kind::map) {
      mistakes_.add(value.mark, value.path,
                    fmt::format("{} is {}; {}", name,
                                node.kind == Node::Kind::scalar ? "a text (not shown)" : describe(node), expected));
      return std::nullopt;
    }
    for (const Node::Member& member : node.members)
      if (member.name != "env" && member.name != "file")
        mistakes_.add(member.mark, join(value.path, member.name),
                      fmt::format("unknown name '{}'; {}", member.name, expected));
    if (node.members.size() != 1 || (node.find("env") == nullptr && node.find("file") == nullptr)) {
      if (node.members.size() != 1)
        mistakes_.add(value.mark, value.path, fmt::format("{} has {} names; {}", name, node.members.size(), expected));
      return std::nullopt;
    }
    Value source = value;
    source.node = node.members.front().value;
    source.mark = source.node->mark;
    source.path = join(value.path, node.members.front().name);
    if (!take_text(source, *value.spec)) return std::nullopt;
    if (source.text.empty()) {
      mistakes_.add(source.mark, source.path, fmt::format("{} is empty; {}", source.path, expected));
      return std::nullopt;
    }
    value.members.emplace_back(node.members.front().name, std::move(source));
    return value;
  }

  std::optional<Value> reference(Value value, const Scope& scope) {
    if (value.node->kind == Node::Kind::scalar) {
      if (!take_text(value, *value.spec)) return std::nullopt;
      return value;
    }
    Value inner = record(value.node, *value.spec->record, value.path, &scope);
    const Value* name = inner.find("name");
    if (name == nullptr) return std::nullopt;
    value.text = name->text;
    value.written = name->written;
    value.members = std::move(inner.members);
    return value;
  }

  std::optional<Value> records(Value value, const Scope& scope) {
    const Node& node = *value.node;
    if (node.kind != Node::Kind::list && node.kind != Node::Kind::null) {
      wrong(value, *value.spec);
      return std::nullopt;
    }
    for (std::size_t i = 0; i < node.items.size(); i++) {
      const std::string path = fmt::format("{}[{}]", value.path, i);
      value.members.emplace_back("", record(node.items[i], *value.spec->record, path, &scope));
    }
    return value;
  }

  std::optional<Value> named(Value value, const Scope& scope) {
    const Node& node = *value.node;
    if (node.kind != Node::Kind::map && node.kind != Node::Kind::null) {
      wrong(value, *value.spec);
      return std::nullopt;
    }
    for (const Node::Member& member : node.members)
      value.members.emplace_back(member.name,
                                 record(member.value, *value.spec->record, join(value.path, member.name), &scope));
    for (const Node::Member& member : node.again) {
      Value more = record(member.value, *value.spec->record, join(value.path, member.name), &scope);
      more.again = true;
      value.members.emplace_back(member.name, std::move(more));
    }
    return value;
  }

  /// What chooses a variant: the value of the selector here or further out. first: whether it was given, and was wrong.
  std::pair<bool, std::string> selected(const FieldSpec& field, const Scope& scope) {
    for (const Scope* at = &scope; at != nullptr; at = at->outer) {
      if (const Value* value = at->record.find(field.selector)) {
        try {
          return {false, field.chosen_by ? field.chosen_by(value->text) : value->text};
        } catch (const Error&) {
          return {true, ""};  // is told of the selector
        }
      }
      if (at->node.find(field.selector) != nullptr) return {true, ""};
    }
    return {false, ""};
  }

  std::optional<Value> variant(Value value, const Node::Member& member, const Scope& scope) {
    const FieldSpec& field = *value.spec;
    const auto [wrong_selector, chosen] = selected(field, scope);
    if (wrong_selector) return std::nullopt;
    for (const FieldSpec::Variant& variant : field.variants)
      if (variant.when == chosen) {
        Value inner = record(value.node, *variant.record, value.path, &scope);
        inner.spec = value.spec;
        return inner;
      }
    if (field.strict) {
      mistakes_.add(member.mark, value.path,
                    fmt::format("{} has no meaning without {}", field.value.name, field.selector));
      return std::nullopt;
    }
    if (value.node->kind != Node::Kind::map && value.node->kind != Node::Kind::null) {
      mistakes_.add(value.mark, value.path,
                    fmt::format("{} is {}; expected a map", field.value.name, describe(*value.node)));
      return std::nullopt;
    }
    return value;
  }

  /// The record by a field of its own.
  std::optional<Value> tagged(Value value, const Scope& scope) {
    const FieldSpec& field = *value.spec;
    if (value.node->kind == Node::Kind::scalar) value.node = map_of(field.tag, value.node);
    if (value.node->kind != Node::Kind::map) {
      wrong(value, field);
      return std::nullopt;
    }
    const Node* tag = value.node->find(field.tag);
    std::vector<std::string_view> names;
    for (const FieldSpec::Variant& variant : field.variants) names.push_back(variant.when);
    if (tag == nullptr || tag->kind != Node::Kind::scalar) {
      const bool means_null = tag != nullptr && tag->kind == Node::Kind::null &&
                              std::find(names.begin(), names.end(), "null") != names.end();
      mistakes_.add(
          tag == nullptr ? value.mark : tag->mark, value.path,
          fmt::format("{} has {} {}; expected {}: one of {}{}", value.path, tag == nullptr ? "no" : "as its",
                      tag == nullptr ? std::string(field.tag) : fmt::format("{} {}", field.tag, describe(*tag)),
                      field.tag, fmt::join(names, ", "), means_null ? "; in quotes, \"null\" is such a name" : ""));
      return std::nullopt;
    }
    for (const FieldSpec::Variant& variant : field.variants)
      if (variant.when == tag->text) {
        Value inner = record(value.node, *variant.record, value.path, &scope);
        inner.spec = value.spec;
        inner.text = tag->text;
        return inner;
      }
    const std::string_view nearest = nearest_name(names, tag->text);
    mistakes_.add(tag->mark, value.path,
                  fmt::format("{}: unknown {} {}; {}", field.value.name, field.tag, describe(*tag),
                              nearest.empty() ? fmt::format("expected one of {}", fmt::join(names, ", "))
                                              : fmt::format("did you mean '{}'?", nearest)));
    return std::nullopt;
  }

  const Subject& subject_;
  const Environment& environment_;
  Mistakes& mistakes_;
};

}  // namespace

Value check(const NodePtr& root, const RecordSpec& spec, const Subject& subject, const Environment& environment,
            Mistakes& mistakes) {
  return Checker(subject, environment, mistakes).record(root, spec, "", nullptr);
}

}  // namespace assay::input
