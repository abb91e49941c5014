#include "core/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

using testing::ElementsAre;

/// The pieces with each parameter as <n>.
std::string marked(std::string_view text, Quoting quoting = {}) {
  const StatementPieces pieces = split_at_parameters(text, quoting);
  EXPECT_EQ(pieces.text.size(), pieces.numbers.size() + 1);
  std::string out = pieces.text[0];
  for (std::size_t i = 0; i < pieces.numbers.size(); i++)
    out += "<" + std::to_string(pieces.numbers[i]) + ">" + pieces.text[i + 1];
  return out;
}

TEST(Parameters, are_found_by_number_in_any_order_and_as_often_as_they_stand) {
  const StatementPieces pieces = split_at_parameters("select $1, $2 where a=$12 and b in ($3,$1)", {});
  EXPECT_THAT(pieces.numbers, ElementsAre(1u, 2u, 12u, 3u, 1u));
  EXPECT_THAT(pieces.text, ElementsAre("select ", ", ", " where a=", " and b in (", ",", ")"));
  EXPECT_EQ(marked("$1"), "<1>");
  EXPECT_EQ(marked(""), "");
}

TEST(Parameters, are_none_in_literals_names_comments_and_after_a_letter) {
  for (const char* same : {"select '$1'", "select 'it''s $1'", "select \"$1\" from t", "select `$2`", "-- $1\nselect 1",
                           "/* $1 '*/ select 1", "select 'not closed $1", "select 1 -- $1", "select a$1 from t",
                           "select $a", "select $", "select $0", "select \xc3\xa4$1"})
    EXPECT_EQ(marked(same), same);
  EXPECT_EQ(marked("'a' || $1 || '$2' -- it's $3\n|| $4"), "'a' || <1> || '$2' -- it's $3\n|| <4>");
}

TEST(Parameters, brackets_quote_and_hashes_comment_only_where_the_dialect_says_so) {
  EXPECT_EQ(marked("select [$1]", {.brackets = true}), "select [$1]");
  EXPECT_EQ(marked("select a[$1]"), "select a[<1>]");
  EXPECT_EQ(marked("select 1 # it's $1\n+ $2", {.hash_comments = true}), "select 1 # it's $1\n+ <2>");
  EXPECT_EQ(marked("select a #> $1"), "select a #> <1>");
}

}  // namespace
}  // namespace assay
