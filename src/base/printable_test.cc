#include "base/printable.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Printable, what_commands_a_terminal_is_shown_as_its_bytes) {
  EXPECT_EQ(printable("\x1b[2J\x07 \x7f\r"), "\\x1b[2J\\x07 \\x7f\\x0d");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\u009b2J \u0080 \u009f"), "\\xc2\\x9b2J \\xc2\\x80 \\xc2\\x9f");  // U+009B begins a command too
  EXPECT_EQ(printable("a\n\tb"), "a\n\tb");
  EXPECT_EQ(printable_line("a\n\tb\x1b"), "a\\n\\tb\\x1b");
}

TEST(Printable, other_characters_stand_as_they_are) {
  for (const char* text : {"", "plain \\ text", "\u00a0\u00ff", "\u07ff\u0800\uffff", "\U00010000\U0010ffff"})
    EXPECT_EQ(printable_line(text), text);
}

TEST(Printable, what_is_no_utf8_is_shown_as_its_bytes) {
  EXPECT_EQ(printable("\x9b"
                      "2J"),
            "\\x9b2J");
  EXPECT_EQ(printable("\xc3(\xe2\x82"), "\\xc3(\\xe2\\x82");                  // cut off
  EXPECT_EQ(printable("\xc1\x9b\xe0\x82\x9b"), "\\xc1\\x9b\\xe0\\x82\\x9b");  // in more bytes than it needs
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");                    // half of a pair of UTF-16
  EXPECT_EQ(printable("\xf4\x90\x80\x80\xff"), "\\xf4\\x90\\x80\\x80\\xff");
}

}  // namespace
}  // namespace assay
