#include "deploy/yaml.h"

#include "base/error.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>

namespace assay::deploy {
namespace {

/// Words that cannot be mistaken: they begin like a name or a path, hold nothing that YAML gives a meaning, and are no word for a
/// truth value or for nothing in either version of YAML.
bool plain(const std::string& text) {
  constexpr std::array kWords = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"};
  const auto letter = [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; };
  if (text.empty() || !(letter(text[0]) || text[0] == '/')) return false;
  if (!std::all_of(text.begin(), text.end(), [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || std::string_view("-_./").find(c) != std::string_view::npos;
      }))
    return false;
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [&](char c) { return letter(c) ? static_cast<char>(c | 0x20) : c; });
  return std::none_of(kWords.begin(), kWords.end(), [&](std::string_view word) { return lower == word; });
}

void emit(YAML::Emitter& out, const nlohmann::ordered_json& value) {
  if (value.is_object()) {
    if (value.empty()) out << YAML::Flow;
    out << YAML::BeginMap;
    for (const auto& [name, item] : value.items()) {
      out << YAML::Key;
      if (!plain(name)) out << YAML::DoubleQuoted;
      out << name << YAML::Value;
      emit(out, item);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    // A list of words stands in one line, as a command does.
    if (std::all_of(value.begin(), value.end(), [](const auto& item) { return item.is_primitive(); }))
      out << YAML::Flow;
    out << YAML::BeginSeq;
    for (const auto& item : value) emit(out, item);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    // The block form of yaml-cpp says nothing of how a text begins and ends: only one that it cannot change is written so.
    const bool block =
        text.ends_with('\n') && !text.ends_with("\n\n") && text[0] != ' ' && text[0] != '\n' &&
        std::all_of(text.begin(), text.end(), [](char c) {
          return c == '\n' || (static_cast<unsigned char>(c) >= ' ' && static_cast<unsigned char>(c) < 0x7f);
        });
    if (block)
      out << YAML::Literal;
    else if (!plain(text))
      out << YAML::DoubleQuoted;
    out << text;
  } else if (value.is_boolean()) {
    out << (value.get<bool>() ? "true" : "false");
  } else {
    ASSAY_ASSERT(value.is_number_integer());
    out << value.get<std::int64_t>();
  }
}

}  // namespace

std::string to_yaml(const nlohmann::ordered_json& value, std::string_view comment) {
  return to_yaml_documents(std::span(&value, 1), comment);
}

std::string to_yaml_documents(std::span<const nlohmann::ordered_json> documents, std::string_view comment) {
  std::string text;
  for (std::string_view rest = comment; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    text += fmt::format("# {}\n", rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  for (const auto& document : documents) {
    YAML::Emitter out;
    out.SetIndent(2);
    emit(out, document);
    ASSAY_ASSERT(out.good());
    if (documents.size() > 1) text += "---\n";
    text += out.c_str();
    text += '\n';
  }
  return text;
}

}  // namespace assay::deploy
