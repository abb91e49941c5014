#include "workloads/populate/json_form.h"

#include "dataset/json_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>

namespace assay::populate {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool document(std::string& out) {
    blanks();
    if (!value(out, 0)) return false;
    blanks();
    return rest_.empty();
  }

 private:
  static constexpr int kDepth = 200;

  void blanks() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n' || rest_[0] == '\t' || rest_[0] == '\r'))
      rest_.remove_prefix(1);
  }
  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool word(std::string_view text, std::string& out) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    out += text;
    return true;
  }

  bool value(std::string& out, int depth) {
    if (rest_.empty() || depth > kDepth) return false;
    switch (rest_[0]) {
      case '{':
        return object(out, depth);
      case '[':
        return array(out, depth);
      case '"': {
        std::string text;
        if (!string(text)) return false;
        dataset::append_json_string(text, out);
        return true;
      }
      case 't':
        return word("true", out);
      case 'f':
        return word("false", out);
      case 'n':
        return word("null", out);
      default:
        return number(out);
    }
  }

  bool array(std::string& out, int depth) {
    take('[');
    out += '[';
    blanks();
    if (take(']')) {
      out += ']';
      return true;
    }
    for (bool first = true;; first = false) {
      if (!first) out += ',';
      blanks();
      if (!value(out, depth + 1)) return false;
      blanks();
      if (take(']')) break;
      if (!take(',')) return false;
    }
    out += ']';
    return true;
  }

  bool object(std::string& out, int depth) {
    take('{');
    std::map<std::string, std::string> members;
    blanks();
    if (!take('}'))
      for (;;) {
        std::string name, text;
        blanks();
        if (!string(name)) return false;
        blanks();
        if (!take(':')) return false;
        blanks();
        if (!value(text, depth + 1)) return false;
        members[name] = std::move(text);
        blanks();
        if (take('}')) break;
        if (!take(',')) return false;
      }
    out += '{';
    bool first = true;
    for (const auto& [name, text] : members) {
      if (!first) out += ',';
      first = false;
      dataset::append_json_string(name, out);
      out += ':';
      out += text;
    }
    out += '}';
    return true;
  }

  bool four_digits(unsigned& code) {
    if (rest_.size() < 4) return false;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + 4, code, 16);
    if (error != std::errc{} || end != rest_.data() + 4) return false;
    rest_.remove_prefix(4);
    return true;
  }
  bool escaped_character(std::string& out) {
    unsigned code = 0;
    if (!four_digits(code)) return false;
    if (code >= 0xd800 && code < 0xdc00) {  // the first of two halves
      unsigned low = 0;
      if (!take('\\') || !take('u') || !four_digits(low) || low < 0xdc00 || low > 0xdfff) return false;
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    const auto put = [&](unsigned byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xc0 | code >> 6);
      put(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
      put(0xe0 | code >> 12);
      put(0x80 | (code >> 6 & 0x3f));
      put(0x80 | (code & 0x3f));
    } else {
      put(0xf0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3f));
      put(0x80 | (code >> 6 & 0x3f));
      put(0x80 | (code & 0x3f));
    }
    return true;
  }
  bool string(std::string& out) {
    if (!take('"')) return false;
    while (!rest_.empty()) {
      const char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c != '\\') {
        out += c;
        continue;
      }
      if (rest_.empty()) return false;
      const char escape = rest_[0];
      rest_.remove_prefix(1);
      constexpr std::string_view kFrom = "\"\\/bfnrt", kTo = "\"\\/\b\f\n\r\t";
      if (const std::size_t at = kFrom.find(escape); at != std::string_view::npos)
        out += kTo[at];
      else if (escape != 'u' || !escaped_character(out))
        return false;
    }
    return false;
  }

  bool number(std::string& out) {
    std::size_t size = 0;
    bool whole = true;
    while (size < rest_.size() && std::string_view("+-.eE0123456789").find(rest_[size]) != std::string_view::npos)
      whole = std::string_view(".eE").find(rest_[size++]) == std::string_view::npos && whole;
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    std::int64_t integer = 0;
    if (whole) {
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
      if (error == std::errc{} && end == text.data() + text.size() && !text.empty()) {
        fmt::format_to(std::back_inserter(out), "{}", integer);
        return true;
      }
    }
    double real = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), real);
    if (text.empty() || end != text.data() + text.size() || error != std::errc{}) return false;
    if (std::trunc(real) == real && std::abs(real) < 9007199254740992.0)
      fmt::format_to(std::back_inserter(out), "{}", static_cast<std::int64_t>(real));
    else
      fmt::format_to(std::back_inserter(out), "{}", real);
    return true;
  }

  std::string_view rest_;
};

}  // namespace

bool append_json_form(std::string_view text, std::string& out) {
  const std::size_t before = out.size();
  if (Reader(text).document(out)) return true;
  out.resize(before);
  return false;
}

}  // namespace assay::populate
