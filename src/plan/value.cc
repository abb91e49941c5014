// Values that were checked, and the variables in their texts.
#include "base/error.h"
#include "plan/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace assay::plan {

Value::Member::Member(std::string member_name, Value member_value)
    : name(std::move(member_name)), value(std::move(member_value)) {}

const Value* Value::find(std::string_view name) const {
  for (const auto& [field, value] : members)
    if (field == name) return &value;
  return nullptr;
}

Value* Value::find(std::string_view name) { return const_cast<Value*>(std::as_const(*this).find(name)); }

std::string Value::text_of(std::string_view name) const {
  const Value* value = find(name);
  return value == nullptr ? "" : value->text;
}

std::string expand(std::string_view text, const Environment& environment) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text.substr(i, 3) == "$${") {
      out += "${";
      i += 3;
      continue;
    }
    if (text.substr(i, 2) != "${") {
      out += text[i++];
      continue;
    }
    const std::size_t end = text.find('}', i);
    if (end == std::string_view::npos)
      throw Error("'${' is not closed; expected ${NAME} or ${NAME:-INSTEAD}, and $${ for itself");
    const std::string_view inside = text.substr(i + 2, end - i - 2);
    const std::size_t colon = inside.find(":-");
    const std::string name(inside.substr(0, colon));
    const bool good =
        !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
        std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
    if (!good)
      throw Error(fmt::format("'${{{}}}' names no variable; expected ${{NAME}} or ${{NAME:-INSTEAD}}", inside));
    std::optional<std::string> value = environment(name);
    if (colon != std::string_view::npos && (!value || value->empty())) value = std::string(inside.substr(colon + 2));
    if (!value)
      throw Error(
          fmt::format("the variable {} is not set in the environment; expected it, or ${{{}:-INSTEAD}}", name, name));
    out += *value;
    i = end + 1;
  }
  return out;
}

}  // namespace assay::plan
