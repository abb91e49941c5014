#include "results/json_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <iterator>

namespace assay {
namespace {

bool is_plain(std::string_view text) {
  for (const char c : text)
    if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') return false;
  return true;
}

std::string quoted(std::string_view text) {
  if (is_plain(text)) return fmt::format("\"{}\"", text);
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void JsonText::line() {
  if (compact_from_ >= 0 && depth_ >= compact_from_) {
    if (!first_) text_ += ' ';
    return;
  }
  text_ += '\n';
  text_.append(static_cast<std::size_t>(depth_), ' ');
}

void JsonText::before_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (depth_ == 0) return;
  if (!first_) text_ += ',';
  line();
  first_ = false;
}

JsonText& JsonText::open(char bracket) {
  before_value();
  text_ += bracket;
  depth_++;
  first_ = true;
  return *this;
}

JsonText& JsonText::close(char bracket) {
  const bool was_compact = compact_from_ >= 0 && depth_ >= compact_from_;
  depth_--;
  if (!first_ && !was_compact) line();
  if (compact_from_ > depth_) compact_from_ = -1;
  text_ += bracket;
  first_ = false;
  if (depth_ == 0) text_ += '\n';
  return *this;
}

JsonText& JsonText::key(std::string_view name) {
  before_value();
  text_ += quoted(name);
  text_ += ": ";
  after_key_ = true;
  return *this;
}

JsonText& JsonText::value(std::string_view text) {
  before_value();
  text_ += quoted(text);
  return *this;
}

JsonText& JsonText::value(bool v) {
  before_value();
  text_ += v ? "true" : "false";
  return *this;
}

JsonText& JsonText::value(std::int64_t v) {
  before_value();
  fmt::format_to(std::back_inserter(text_), "{}", v);
  return *this;
}

JsonText& JsonText::value(std::uint64_t v) {
  before_value();
  fmt::format_to(std::back_inserter(text_), "{}", v);
  return *this;
}

JsonText& JsonText::value(double v) {
  if (!std::isfinite(v)) return null();
  before_value();
  fmt::format_to(std::back_inserter(text_), "{}", v);
  return *this;
}

JsonText& JsonText::null() {
  before_value();
  text_ += "null";
  return *this;
}

}  // namespace assay
