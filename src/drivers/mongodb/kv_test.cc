#include "drivers/mongodb/kv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace assay::mongodb {
namespace {

TEST(MongodbKv, KeysAreTextsInTheOrderOfTheirBytes) {
  std::vector<std::string> keys = {"", "a", "B", "\x7f", "\x80", "\xff", "\xff\xff", "Gr\xc3\xbc\xc3\x9f"};
  for (int a = 0; a < 256; a++)
    for (const int b : {0, 1, 2, 65, 127, 128, 191, 192, 255}) {
      keys.push_back({static_cast<char>(a)});
      keys.push_back({static_cast<char>(a), static_cast<char>(b)});
      keys.push_back({'x', static_cast<char>(b), static_cast<char>(a)});
    }
  std::sort(keys.begin(), keys.end(), [](const std::string& a, const std::string& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
      return static_cast<unsigned char>(x) < static_cast<unsigned char>(y);
    });
  });
  for (std::size_t i = 0; i < keys.size(); i++) {
    EXPECT_EQ(from_key(to_key(keys[i])), keys[i]);
    EXPECT_EQ(to_key(keys[i]).find('\0'), std::string::npos);
    if (i > 0 && keys[i - 1] != keys[i]) {
      EXPECT_LT(to_key(keys[i - 1]), to_key(keys[i]));
    }
  }
  EXPECT_EQ(to_key("user:0017"), "user:0017");
}

}  // namespace
}  // namespace assay::mongodb
