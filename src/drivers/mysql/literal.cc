#include "drivers/mysql/literal.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace assay::mysql {
namespace {

struct Literal {
  std::string& out;

  bool operator()(std::monostate) const { return plain("null"); }
  bool operator()(bool v) const { return plain(v ? "true" : "false"); }
  // The blank: behind a minus of the statement, "--5" would begin a comment for some readers.
  bool operator()(std::int64_t v) const { return plain((v < 0 ? " " : "") + std::to_string(v)); }
  bool operator()(Decimal v) const { return plain((v.unscaled < 0 ? " " : "") + format_decimal(v)); }
  bool operator()(double v) const {
    if (!std::isfinite(v)) return false;
    const std::string text = fmt::format("{}", v);  // the shortest that reads back as the same
    // Without an exponent it would be an exact decimal.
    return plain((v < 0 ? " " : "") + text + (text.find('e') == std::string::npos ? "e0" : ""));
  }
  bool operator()(std::string_view v) const {
    append_text(v, out);
    return true;
  }
  bool operator()(Json v) const { return (*this)(v.text); }
  bool operator()(Bytes v) const {
    constexpr char kDigits[] = "0123456789abcdef";
    out.reserve(out.size() + 2 * v.data.size() + 3);
    out += "x'";
    for (const char c : v.data) {
      const auto byte = static_cast<unsigned char>(c);
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
    out += '\'';
    return true;
  }
  bool operator()(const Uuid& v) const { return quoted_text("", v); }
  bool operator()(Date v) const { return quoted_text("date", v); }
  bool operator()(TimeOfDay v) const { return quoted_text("time", v); }
  bool operator()(Timestamp v) const { return quoted_text("timestamp", v); }
  bool operator()(Array) const { return false; }

 private:
  bool plain(std::string_view text) const {
    out += text;
    return true;
  }
  bool quoted_text(std::string_view type, const Value& v) const {
    fmt::format_to(std::back_inserter(out), "{}'{}'", type, to_text(v));
    return true;
  }
};

}  // namespace

bool append_literal(const Value& value, std::string& out) { return std::visit(Literal{out}, value); }

void append_text(std::string_view text, std::string& out) {
  out.reserve(out.size() + text.size() + 2);
  out += '\'';
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  out += '\'';
}

std::string quoted_name(std::string_view identifier) {
  std::string out = "`";
  for (const char c : identifier) {
    if (c == '`') out += '`';
    out += c;
  }
  return out + '`';
}

}  // namespace assay::mysql
