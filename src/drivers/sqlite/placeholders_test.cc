#include "drivers/sqlite/placeholders.h"

#include "base/error.h"
#include "drivers/sqlite/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace assay::sqlite {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(Placeholders, numbered_dollars_become_numbered_question_marks) {
  EXPECT_EQ(with_own_placeholders("select $1, $2 where a=$12 and b in ($3,$1)"),
            "select ?1, ?2 where a=?12 and b in (?3,?1)");
  EXPECT_EQ(with_own_placeholders("$1"), "?1");
  EXPECT_EQ(with_own_placeholders(""), "");
}

TEST(Placeholders, what_is_quoted_or_commented_stays) {
  for (const char* same : {"select '$1'", "select 'it''s $1'", "select \"$1\" from t", "select [$1], `$2`",
                           "-- $1\nselect 1", "/* $1 '*/ select 1", "select 'not closed $1", "select 1 -- $1"})
    EXPECT_EQ(with_own_placeholders(same), same);
  EXPECT_EQ(with_own_placeholders("'a' || $1 || '$2' -- it's $3\n|| $4"), "'a' || ?1 || '$2' -- it's $3\n|| ?4");
}

TEST(Placeholders, a_dollar_that_is_part_of_a_name_or_alone_stays) {
  for (const char* same : {"select a$1 from t", "select $a", "select $", "select $0", "select \xc3\xa4$1"})
    EXPECT_EQ(with_own_placeholders(same), same);
}

TEST(SqliteUrl, names_a_relative_or_an_absolute_path) {
  EXPECT_EQ(parse_url("sqlite:bench.db").path, "bench.db");
  EXPECT_EQ(parse_url("sqlite:a/b.db").path, "a/b.db");
  EXPECT_EQ(parse_url("sqlite:/data/x.db").path, "/data/x.db");
  EXPECT_EQ(parse_url("sqlite:///data/x.db").path, "/data/x.db");
  EXPECT_EQ(parse_url("sqlite:what%3F 100%25.db").path, "what? 100%.db");
}

TEST(SqliteUrl, takes_options_in_its_query) {
  EXPECT_THAT(parse_url("sqlite:x.db?cache-size=1MB&synchronous=off").options,
              ElementsAre(Pair("cache-size", "1MB"), Pair("synchronous", "off")));
  EXPECT_TRUE(parse_url("sqlite:x.db?").options.empty());
}

TEST(SqliteUrl, a_mistake_is_told_with_what_is_expected) {
  const auto message = [](const char* url) -> std::string {
    try {
      parse_url(url);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(message("sqlite:"), HasSubstr("sqlite:bench.db"));
  EXPECT_THAT(message("sqlite://bench.db"), HasSubstr("sqlite:/bench.db"));
  EXPECT_THAT(message("sqlite::memory:"), HasSubstr("/dev/shm"));
  EXPECT_THAT(message("sqlite:50%.db"), HasSubstr("%25"));
  EXPECT_THAT(message("sqlite:x.db?fast"), HasSubstr("NAME=VALUE"));
  EXPECT_THAT(message("sqlite:x.db?a=1&a=2"), HasSubstr("twice"));
}

}  // namespace
}  // namespace assay::sqlite
