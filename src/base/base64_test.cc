#include "base/base64.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

// The vectors of RFC 4648, section 10.
constexpr std::pair<const char*, const char*> kVectors[] = {{"", ""},
                                                            {"f", "Zg=="},
                                                            {"fo", "Zm8="},
                                                            {"foo", "Zm9v"},
                                                            {"foob", "Zm9vYg=="},
                                                            {"fooba", "Zm9vYmE="},
                                                            {"foobar", "Zm9vYmFy"}};

TEST(Base64, WritesAndReadsTheVectorsOfTheRfc) {
  for (const auto& [bytes, text] : kVectors) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text, "test"), bytes);
  }
}

TEST(Base64, RefusesWhatIsCutOffOrHasOtherCharacters) {
  const auto message = [](std::string_view text) -> std::string {
    try {
      from_base64(text, "the thing");
    } catch (const Error& e) {
      return e.what();
    }
    return "nothing";
  };
  EXPECT_EQ(message("Zm9"), "the thing: the text is cut off: its length is not a multiple of 4");
  EXPECT_EQ(message("Zm9-"), "the thing: character 4 of the text is not base64");
  EXPECT_EQ(message("Zg==Zg=="), "the thing: character 3 of the text is not base64");
}

}  // namespace
}  // namespace assay
