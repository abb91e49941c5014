#include "drivers/sqlite/json.h"

#include <fmt/format.h>

namespace assay::sqlite {
namespace {

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  return out += '"';
}

std::string json_value(const Value& v) {
  if (is_null(v)) return "null";
  if (const auto* text = std::get_if<std::string_view>(&v)) return json_text(*text);
  if (const auto* json = std::get_if<Json>(&v)) return std::string(json->text);
  if (const auto* array = std::get_if<Array>(&v)) return to_json(*array);
  const bool bare = std::holds_alternative<bool>(v) || std::holds_alternative<std::int64_t>(v) ||
                    std::holds_alternative<double>(v) || std::holds_alternative<Decimal>(v);
  return bare ? to_text(v) : json_text(to_text(v));
}

}  // namespace

std::string to_json(Array array) {
  std::string out = "[";
  for (std::size_t i = 0; i < array.size; i++) out += (i > 0 ? ", " : "") + json_value(array.data[i]);
  return out += ']';
}

}  // namespace assay::sqlite
