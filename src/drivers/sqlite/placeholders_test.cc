#include "drivers/sqlite/placeholders.h"

#include "base/error.h"
#include "drivers/sqlite/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::sqlite {
namespace {

using testing::HasSubstr;

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
  const auto path = [](const char* url) { return file_path(parse_url(url)); };
  EXPECT_EQ(path("sqlite:bench.db"), "bench.db");
  EXPECT_EQ(path("sqlite:a/b.db?cache-size=1MB"), "a/b.db");
  EXPECT_EQ(path("sqlite:/data/x.db"), "/data/x.db");
  EXPECT_EQ(path("sqlite:///data/x.db"), "/data/x.db");
  EXPECT_EQ(path("sqlite:what%3F 100%25.db"), "what? 100%.db");
}

TEST(SqliteUrl, a_mistake_is_told_with_what_is_expected) {
  const auto message = [](const char* url) -> std::string {
    try {
      return file_path(parse_url(url));
    } catch (const Error& error) {
      return error.what();
    }
  };
  EXPECT_THAT(message("sqlite:"), HasSubstr("sqlite:bench.db"));
  EXPECT_THAT(message("sqlite://bench.db"), HasSubstr("sqlite:/bench.db"));
  EXPECT_THAT(message("sqlite::memory:"), HasSubstr("/dev/shm"));
  EXPECT_THAT(message("sqlite:50%.db"), HasSubstr("%25"));
  EXPECT_THAT(message("sqlite:x%00.db"), HasSubstr("%00"));
  EXPECT_THAT(message("other:x.db"), HasSubstr("no URL of SQLite"));
}

}  // namespace
}  // namespace assay::sqlite
