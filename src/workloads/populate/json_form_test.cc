#include "workloads/populate/json_form.h"

#include <gtest/gtest.h>

namespace assay::populate {
namespace {

std::string form(std::string_view text) {
  std::string out = "before ";
  return append_json_form(text, out) ? out.substr(7) : out == "before " ? "no JSON" : "something is left";
}

TEST(JsonForm, is_the_same_for_what_stores_write_differently) {
  EXPECT_EQ(form(R"( {"b" : 1 , "a":[ true,null ] } )"), R"({"a":[true,null],"b":1})");
  EXPECT_EQ(form(R"("\u00e4\/\t\ud83d\ude00")"), "\"ä/\\t😀\"");
  EXPECT_EQ(form("2.50"), form("2.5"));
  EXPECT_EQ(form("1.0"), form("1"));
  EXPECT_EQ(form("-0"), form("0"));
  EXPECT_EQ(form("1e3"), "1000");
  EXPECT_EQ(form("9007199254740993"), "9007199254740993");  // no double holds it
  EXPECT_EQ(form(R"({"a":1,"a":2})"), R"({"a":2})");
  EXPECT_EQ(form("{}"), "{}");
  EXPECT_EQ(form(" [ ] "), "[]");
  EXPECT_NE(form(R"({"a":1})"), form(R"({"a":"1"})"));
}

TEST(JsonForm, what_is_no_json_is_left_as_it_is) {
  for (const char* text :
       {"", "{", "[1,]", "{\"a\" 1}", "'a'", "nul", "1 2", "\"\\x\"", "\"\\ud800x\"", "\"abc", "+", "{1:2}"})
    EXPECT_EQ(form(text), "no JSON") << text;
  EXPECT_EQ(form(std::string(100'000, '[')), "no JSON");
}

}  // namespace
}  // namespace assay::populate
