// The texts of values, and the keys of messages.
#include "base/base64.h"
#include "base/error.h"
#include "drivers/kafka/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace assay::kafka {
namespace {

/// Of so many digits, nothing else; -1 when it is not.
int digits(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty() && text[0] != '-' ? value : -1;
}

template <class T, class Parse>
std::optional<T> parsed(const Parse& parse) {
  try {
    return parse();
  } catch (const Error&) {
    return std::nullopt;
  }
}

struct JsonText {
  std::string& out;
  void operator()(std::monostate) const { out += "null"; }
  void operator()(bool v) const { out += v ? "true" : "false"; }
  void operator()(std::int64_t v) const { fmt::format_to(std::back_inserter(out), FMT_STRING("{}"), v); }
  void operator()(double v) const {
    // What JSON has no numbers for, as the JSON form of protobuf has it.
    if (std::isnan(v))
      out += "\"NaN\"";
    else if (std::isinf(v))
      out += v > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    else
      fmt::format_to(std::back_inserter(out), FMT_STRING("{}"), v);
  }
  void operator()(Decimal v) const { quoted(format_decimal(v)); }
  void operator()(std::string_view v) const { append_quoted(v, out); }
  void operator()(Bytes v) const { quoted(to_base64(v.data)); }
  void operator()(Json v) const { out += v.text; }
  void operator()(const Uuid& v) const { quoted(uuid_text(v)); }
  void operator()(Date v) const { quoted(format_date(v)); }
  void operator()(TimeOfDay v) const { quoted(time_text(v)); }
  void operator()(Timestamp v) const { quoted(instant_text(v)); }
  void operator()(Array v) const {
    out += '[';
    for (std::size_t i = 0; i < v.size; i++) {
      if (i > 0) out += ',';
      append_value(v.data[i], out);
    }
    out += ']';
  }
  void quoted(std::string_view plain) const {
    out += '"';
    out += plain;
    out += '"';
  }
};

}  // namespace

void append_quoted(std::string_view text, std::string& json) {
  json += '"';
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    json += text.substr(done, i - done);
    done = i + 1;
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else {
      fmt::format_to(std::back_inserter(json), FMT_STRING("\\u{:04x}"), static_cast<unsigned>(c));
    }
  }
  json += text.substr(done);
  json += '"';
}

void append_value(const Value& value, std::string& json) { std::visit(JsonText{json}, value); }

std::string uuid_text(const Uuid& uuid) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < uuid.octets.size(); i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += kHex[uuid.octets[i] >> 4];
    out += kHex[uuid.octets[i] & 15];
  }
  return out;
}

std::optional<Uuid> uuid_of(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid out;
  std::size_t at = 0;
  for (std::size_t i = 0; i < out.octets.size(); i++, at += 2) {
    if ((i == 4 || i == 6 || i == 8 || i == 10) && text[at++] != '-') return std::nullopt;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 2, out.octets[i], 16);
    if (error != std::errc{} || end != text.data() + at + 2) return std::nullopt;
  }
  return out;
}

std::string time_text(TimeOfDay time) {
  const std::int64_t s = time.microseconds / 1'000'000;
  return fmt::format("{:02}:{:02}:{:02}.{:06}", s / 3600, s / 60 % 60, s % 60, time.microseconds % 1'000'000);
}

std::optional<TimeOfDay> time_of(std::string_view text) {
  if (text.size() != 15 || text[2] != ':' || text[5] != ':' || text[8] != '.') return std::nullopt;
  const int h = digits(text.substr(0, 2)), m = digits(text.substr(3, 2)), s = digits(text.substr(6, 2)),
            us = digits(text.substr(9));
  if (h < 0 || m < 0 || m > 59 || s < 0 || s > 59 || us < 0) return std::nullopt;
  return TimeOfDay{((h * 60 + m) * 60LL + s) * 1'000'000 + us};
}

std::string instant_text(Timestamp instant) {
  std::string out = format_timestamp(instant);
  out[out.find(' ')] = 'T';
  return out + 'Z';
}

std::optional<Timestamp> instant_of(std::string_view text) {
  if (!text.ends_with('Z')) return std::nullopt;
  return parsed<Timestamp>([&] { return parse_timestamp(text.substr(0, text.size() - 1)); });
}

std::optional<Date> date_of(std::string_view text) {
  if (text.size() != 10) return std::nullopt;
  return parsed<Date>([&] {
    return Date{
        static_cast<std::int32_t>(parse_timestamp(std::string(text) + " 00:00:00").microseconds / 86'400'000'000)};
  });
}

std::optional<Decimal> decimal_of(std::string_view text) {
  return parsed<Decimal>([&] { return parse_decimal(text); });
}

std::optional<std::string> bytes_of(std::string_view base64) {
  return parsed<std::string>([&] { return from_base64(base64, ""); });
}

RowKey::RowKey(const Table& table) {
  for (const std::string& name : table.primary_key)
    for (std::size_t c = 0; c < table.columns.size(); c++)
      if (table.columns[c].name == name) columns_.push_back(c);
}

std::optional<std::string_view> RowKey::of(const Value* row) {
  if (columns_.empty()) return std::nullopt;
  text_.clear();
  if (columns_.size() > 1) {
    for (const std::size_t c : columns_) {
      text_ += text_.empty() ? '[' : ',';
      append_value(row[c], text_);
    }
    text_ += ']';
    return text_;
  }
  const Value& only = row[columns_[0]];
  if (const auto* text = std::get_if<std::string_view>(&only)) return *text;
  append_value(only, text_);
  if (text_.size() < 2 || text_.front() != '"') return text_;
  return std::string_view(text_).substr(1, text_.size() - 2);  // none of these texts has anything quoted
}

}  // namespace assay::kafka
