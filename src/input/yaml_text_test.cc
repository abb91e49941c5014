#include "input/node.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::input {
namespace {

using testing::HasSubstr;

constexpr Subject kPlan{.name = "plan", .has = "systems, runners, benchmarks", .more = "'include'"};

std::string complaint(std::string_view text) {
  std::string said;
  const NodePtr root = parse_yaml(text, 0, kPlan, [&](Mark mark, const std::string& what) {
    said = fmt::format("{}:{} {}", mark.line, mark.column, what);
  });
  EXPECT_EQ(root == nullptr, !said.empty());
  return said;
}

NodePtr parsed(std::string_view text) {
  return parse_yaml(text, 0, kPlan, [](Mark, const std::string& what) { ADD_FAILURE() << what; });
}

TEST(YamlText, EveryPartKnowsItsPlace) {
  const NodePtr root = parsed("a:\n  - 1\n  - {b: \"x y\"}\n");
  const Node& list = *root->find("a");
  EXPECT_EQ(root->members[0].mark.line, 1);
  EXPECT_EQ(list.items[0]->mark.line, 2);
  EXPECT_EQ(list.items[0]->mark.column, 5);
  const Node& text = *list.items[1]->find("b");
  EXPECT_EQ(text.mark.line, 3);
  EXPECT_EQ(text.mark.column, 9);
  EXPECT_EQ(text.text, "x y");
  EXPECT_TRUE(text.quoted);
}

TEST(YamlText, JsonIsReadWithItsEscapes) {
  const NodePtr root = parsed("{\"a\": [1, true, null, \"\\u00e4\\n\\/\"],\n\t\"b\": {}}");
  ASSERT_NE(root, nullptr);
  EXPECT_EQ(root->find("a")->items[3]->text, "ä\n/");
  EXPECT_EQ(root->find("a")->items[2]->kind, Node::Kind::null);
  EXPECT_EQ(root->find("b")->kind, Node::Kind::map);
  EXPECT_EQ(parsed(R"({"a": "x\ud83d\ude00y"})")->find("a")->text, "x😀y");
  EXPECT_EQ(parsed(R"({"a": "\\ud83d\\ude00"})")->find("a")->text, R"(\ud83d\ude00)");
  EXPECT_THAT(complaint(R"({"a": "\ud83d"})"), HasSubstr("no YAML"));
}

TEST(YamlText, AnchorsAreSharedAndMergedWithoutReplacingWhatIsThere) {
  const NodePtr root = parsed("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a\nd: {y: 4, <<: [*a, {z: 5, x: 6}]}\n");
  EXPECT_EQ(root->find("b")->find("x")->text, "1");
  EXPECT_EQ(root->find("b")->find("y")->text, "3");
  EXPECT_EQ(root->find("c"), root->find("a"));
  EXPECT_EQ(root->find("d")->find("x")->text, "1");  // the first of several maps counts
  EXPECT_EQ(root->find("d")->find("z")->text, "5");
  EXPECT_THAT(complaint("a: {<<: 1}"), HasSubstr("<< is '1'; expected a map"));
}

TEST(YamlText, NamesThatStandTwiceAreAllToldAndTheRestIsRead) {
  std::vector<std::string> said;
  const NodePtr root =
      parse_yaml("a: 1\nb: {c: 1, c: 2}\na: 3\nd: 4\n", 0, kPlan, [&](Mark mark, const std::string& what) {
        said.push_back(fmt::format("{}:{} {}", mark.line, mark.column, what));
      });
  EXPECT_THAT(said, testing::ElementsAre("2:11 'c' stands here twice; the first is in line 2",
                                         "3:1 'a' stands here twice; the first is in line 1"));
  ASSERT_NE(root, nullptr);
  EXPECT_EQ(root->members.size(), 3u);
  EXPECT_EQ(root->find("a")->text, "1");
  EXPECT_EQ(root->again.at(0).value->text, "3");
  EXPECT_EQ(root->find("d")->text, "4");
}

TEST(YamlText, SaysWhereWhatIsWrong) {
  EXPECT_THAT(complaint(""), HasSubstr("1:1 there is nothing in it"));
  EXPECT_THAT(complaint("# only words\n"), HasSubstr("there is nothing in it"));
  EXPECT_EQ(complaint("a: 1\n---\nb: 2\n"),
            "3:1 a second document; expected one plan in a file, and 'include' for more");
  EXPECT_THAT(complaint("a: [1, 2\nb: 3\n"), HasSubstr("no YAML"));
  EXPECT_THAT(complaint("a: 1\n b: 2\n"), HasSubstr("2:"));
  EXPECT_EQ(complaint("a: !thing 1"), "1:4 the tag !thing has no meaning in a plan");
  EXPECT_THAT(complaint("? [1]\n: 2\n"), HasSubstr("a name is a list; expected text"));
  EXPECT_THAT(complaint("a: *b\n"), HasSubstr("1:4 no YAML"));
  EXPECT_THAT(complaint("a: &a [*a]\n"), HasSubstr("inside of what it names"));
}

TEST(YamlText, RefusesWhatIsNoText) {
  EXPECT_EQ(complaint(std::string_view("a: 1\nb\0", 7)),
            "2:2 the byte 0x00 is no text; expected a plan in YAML or JSON");
  EXPECT_THAT(complaint("a: \xff"), HasSubstr("1:4 the byte 0xff begins no character of UTF-8"));
  EXPECT_THAT(complaint("\x7f"
                        "ELF\x02\x01"),
              HasSubstr("is no text"));
  EXPECT_EQ(parsed("\xef\xbb\xbf"
                   "a: ä€𝄞\n")
                ->find("a")
                ->text,
            "ä€𝄞");
}

TEST(YamlText, IsBounded) {
  EXPECT_THAT(complaint("a: " + std::string(100'000, '[')), HasSubstr("nested deeper than 64 levels"));
  EXPECT_THAT(complaint("a: " + std::string(5 << 20, 'x')),
              HasSubstr("5242883 bytes; expected a plan of at most 4194304"));
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; i++)
    bomb +=
        fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i, i - 1);
  EXPECT_THAT(complaint(bomb), HasSubstr("more than 1000000 values, with what aliases repeat"));
  std::string large = "systems:\n";
  while (large.size() < 1'000'000)
    large += fmt::format("  s{}: {{kind: static, url: 'sqlite:{}.db'}}\n", large.size(), large.size());
  EXPECT_GT(parsed(large)->find("systems")->members.size(), 10'000u);
}

TEST(YamlText, IsWrittenSoThatItReadsTheSame) {
  const std::string_view text =
      "a: [x, 'null', \"1\", 1, '', 'a: b', ' x', 'x #y', '- z', '-', \"q\\\"\\\\\\n\\t\", '[', 'tail:', '~', '#', "
      "'é', '{', 'k,']\n"
      "b: {}\nc: []\n'd e': {f: [[1, [2]], {g: {h: 1}}]}\n? 'x: y'\n: null\n";
  const NodePtr first = parsed(text);
  const std::string written = emit_yaml(*first);
  const NodePtr second = parsed(written);
  EXPECT_EQ(emit_yaml(*second), written);
  const auto& was = first->find("a")->items;
  const auto& is = second->find("a")->items;
  ASSERT_EQ(was.size(), is.size());
  for (std::size_t i = 0; i < was.size(); i++) {
    EXPECT_EQ(was[i]->text, is[i]->text);
    EXPECT_EQ(was[i]->kind, is[i]->kind);
  }
  EXPECT_EQ(second->find("d e")->find("f")->items[0]->items[1]->items[0]->text, "2");
  EXPECT_EQ(second->find("x: y")->kind, Node::Kind::null);
}

}  // namespace
}  // namespace assay::input
