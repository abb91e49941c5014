#include "core/url.h"

#include "base/error.h"
#include "core/driver.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Url, it_is_taken_apart_and_its_query_decoded) {
  const Url url = parse_url("Postgres://u@h:1/db?sslmode=require&application%2Dname=a%20b");
  EXPECT_EQ(url.scheme, "postgres");
  EXPECT_EQ(url.rest, "//u@h:1/db");
  ASSERT_EQ(url.query.size(), 2u);
  EXPECT_EQ(url.query[1], (std::pair<std::string, std::string>{"application-name", "a b"}));
}

TEST(Url, mistakes_are_errors_that_show_no_password) {
  for (const char* bad : {"", "nothing", ":x", "a b:c", "x:?a", "x:?a=1&a=2", "x:?a=%4", "x:?a=%zz"})
    EXPECT_THROW(parse_url(bad), Error) << bad;
  try {
    parse_url("pg://me:secret@h/db?x");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
  }
}

TEST(Url, secrets_are_taken_out_wherever_they_stand) {
  EXPECT_EQ(without_secrets("postgres://me:s3cret@host:5432/db"), "postgres://me@host:5432/db");
  EXPECT_EQ(without_secrets("postgres://me:a@b:c@host/db"), "postgres://me@host/db");
  EXPECT_EQ(without_secrets("postgres://host/db?user=me&password=x&sslmode=require"),
            "postgres://host/db?user=me&password=***&sslmode=require");
  EXPECT_EQ(without_secrets("sqlite:a.db"), "sqlite:a.db");
}

}  // namespace
}  // namespace assay
