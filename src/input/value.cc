// Values that were checked, and the variables in their texts.
#include "base/error.h"
#include "core/url.h"
#include "input/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace assay::input {

Value::Member::Member(std::string member_name, Value member_value)
    : name(std::move(member_name)), value(std::move(member_value)) {}

const Value* Value::find(std::string_view name) const {
  for (const auto& [field, value] : members)
    if (field == name) return &value;
  return nullptr;
}

Value* Value::find(std::string_view name) { return const_cast<Value*>(std::as_const(*this).find(name)); }

std::string Value::text_or_default(std::string_view name) const {
  if (const Value* given = find(name)) return given->text;
  const FieldSpec* field = record == nullptr ? nullptr : record->find(name);
  return field == nullptr ? "" : std::string(field->value.default_value);
}

std::string Value::text_of(std::string_view name) const {
  const Value* value = find(name);
  return value == nullptr ? "" : value->text;
}

namespace {

/// Where one ended up.
struct Variable {
  std::size_t begin = 0, end = 0;  // of what it stands for, in the text
  std::size_t from = 0, to = 0;    // of ":-INSTEAD", in what was written
};

std::string without_secret_defaults(std::string_view written, std::string_view text,
                                    const std::vector<Variable>& variables) {
  const auto secrets = secrets_in(text);
  std::string out(written);
  for (auto v = variables.rbegin(); v != variables.rend(); ++v) {
    const std::string_view instead = written.substr(v->from, v->to - v->from);
    const bool part_of_one = std::any_of(secrets.begin(), secrets.end(), [&](const auto& secret) {
      return v->begin <= secret.second && secret.first <= v->end;
    });
    if (part_of_one || !secrets_in(instead).empty()) out.erase(v->from, v->to - v->from);
  }
  return out;
}

}  // namespace

Expanded expand(std::string_view written, const Environment& environment) {
  std::string out;
  std::vector<Variable> variables;
  for (std::size_t i = 0; i < written.size();) {
    if (written.substr(i, 3) == "$${") {
      out += "${";
      i += 3;
      continue;
    }
    if (written.substr(i, 2) != "${") {
      out += written[i++];
      continue;
    }
    const std::size_t end = written.find('}', i);
    if (end == std::string_view::npos)
      throw Error("'${' is not closed; expected ${NAME} or ${NAME:-INSTEAD}, and $${ for itself");
    const std::string_view inside = written.substr(i + 2, end - i - 2);
    const std::size_t colon = inside.find(":-");
    const std::string name(inside.substr(0, colon));
    const bool good =
        !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
        std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
    if (!good)
      throw Error(fmt::format("'{}' names no variable; expected ${{NAME}} or ${{NAME:-INSTEAD}}",
                              without_defaults(written.substr(i, end + 1 - i))));
    std::optional<std::string> value = environment(name);
    if (colon != std::string_view::npos && (!value || value->empty())) value = std::string(inside.substr(colon + 2));
    if (!value)
      throw Error(
          fmt::format("the variable {} is not set in the environment; expected it, or ${{{}:-INSTEAD}}", name, name));
    variables.push_back(
        {out.size(), out.size() + value->size(), colon == std::string_view::npos ? end : i + 2 + colon, end});
    out += *value;
    i = end + 1;
  }
  std::string shown = without_secret_defaults(written, out, variables);
  return {std::move(out), std::move(shown)};
}

}  // namespace assay::input
