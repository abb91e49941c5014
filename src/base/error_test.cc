#include "base/error.h"

#include <gtest/gtest.h>

#include <string>

namespace assay {
namespace {

using namespace std::string_literals;

TEST(Error, says_what_it_was_given) {
  EXPECT_STREQ(Error("one:\n\ttwo – trois ✗").what(), "one:\n\ttwo – trois ✗");
  EXPECT_EQ(Error("x", ExitCode::unreachable).code(), ExitCode::unreachable);
}

TEST(Error, shows_control_characters_instead_of_obeying_them) {
  EXPECT_STREQ(Error("'\0:' is no URL"s).what(), "'\\x00:' is no URL");
  EXPECT_STREQ(Error("server: \x1b[2Jgone\r\x7f").what(), "server: \\x1b[2Jgone\\x0d\\x7f");
}

}  // namespace
}  // namespace assay
