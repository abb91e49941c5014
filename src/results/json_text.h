// Writes JSON as text, piece by piece, for documents too large to be built as a tree first.
//
// The caller opens and closes objects and arrays; commas, line breaks and indentation come by themselves. Inside
// compact() everything stays on one line. Text that is not UTF-8 is written with U+FFFD in place of the bad bytes. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace assay {

class JsonText {
 public:
  JsonText& open(char bracket);   // '{' or '['
  JsonText& close(char bracket);  // '}' or ']'
  JsonText& key(std::string_view);
  JsonText& value(std::string_view);
  JsonText& value(const char* text) { return value(std::string_view(text)); }
  JsonText& value(bool);
  JsonText& value(std::int64_t);
  JsonText& value(std::uint64_t);
  JsonText& value(double);  // shortest form that reads back the same; NaN and infinity are written as null
  JsonText& null();
  /// Puts all that is opened until the matching close() on one line.
  JsonText& compact() {
    compact_from_ = compact_from_ < 0 ? depth_ + 1 : compact_from_;
    return *this;
  }
  template <class T>
  JsonText& member(std::string_view name, const T& v) {
    return key(name).value(v);
  }

  const std::string& text() const noexcept { return text_; }
  /// What was written since the last time; the text goes on behind it.
  std::string flush() { return std::exchange(text_, {}); }
  std::string take() noexcept { return std::move(text_); }

 private:
  void before_value();
  void line();
  std::string text_;
  int depth_ = 0;
  int compact_from_ = -1;
  bool first_ = true, after_key_ = false;
};

}  // namespace assay
