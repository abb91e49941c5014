#include "plan/build_context.h"

#include "base/error.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

namespace assay::plan {

Options options_from(std::span<const OptionSpec> table, const Value* record) {
  Options out(table);
  if (record != nullptr)
    for (const auto& [name, value] : record->members)
      if (out.find(name) != nullptr) out.set(name, value.text);
  return out;
}

void BuildContext::fill_in(Value& record, std::string_view name, const std::string& text) {
  if (record.find(name) != nullptr || text.empty() || record.record == nullptr) return;
  Value value;
  value.spec = record.record->find(name);
  value.mark = record.mark;
  value.text = value.written = text;
  const auto place = std::find_if(record.members.begin(), record.members.end(), [&](const auto& member) {
    const FieldSpec* spec = record.record->find(member.name);
    return spec != nullptr && spec > value.spec;
  });
  record.members.emplace(place, std::string(name), std::move(value));
}

std::string BuildContext::name_of(const std::string& key, const Value& value) {
  const std::string name = value.text_of("name");
  return name.empty() ? key : name;
}

void BuildContext::refuse(const Value& record, std::string_view name, const std::string& text) {
  const Value* value = record.find(name);
  refuse(value == nullptr ? record : *value, text);
}

std::optional<std::size_t> BuildContext::resolve(const Value* reference, const Names& names, std::string_view what) {
  if (reference == nullptr) return std::nullopt;
  const std::string name = reference->text.empty() ? reference->text_of("name") : reference->text;
  if (name.empty()) return std::nullopt;  // is told already
  if (const auto found = names.find(name); found != names.end()) return found->second;
  std::vector<std::string_view> known;
  for (const auto& [known_name, index] : names) known.push_back(known_name);
  const std::string_view nearest = nearest_name(known, name);
  refuse(*reference, fmt::format("there is no {} '{}'; {}", what, name,
                                 !nearest.empty() ? fmt::format("did you mean '{}'?", nearest)
                                 : known.empty()  ? fmt::format("the plan has none; expected it under {}s", what)
                                                  : fmt::format("expected {}", fmt::join(known, ", "))));
  return std::nullopt;
}

void BuildContext::require_kind(const Value& reference, const System& system) {
  std::string kind = reference.text_of("kind");
  std::transform(kind.begin(), kind.end(), kind.begin(), [](unsigned char c) { return std::tolower(c); });
  const std::string_view is = system.kind == System::Kind::cnpg ? "cnpg" : "static";
  if (!kind.empty() && kind != is)
    refuse(reference, "kind", fmt::format("kind is {}, and the system {} is {}", kind, system.name, is));
}

}  // namespace assay::plan
