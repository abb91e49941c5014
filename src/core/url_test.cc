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
  EXPECT_EQ(without_secrets("postgres://me:a?b@host/db"), "postgres://me@host/db");
  EXPECT_EQ(without_secrets("postgres://me:a?b=c@d@host/db"), "postgres://me@host/db");
  EXPECT_EQ(without_secrets("postgres://me:12/34@host/db?x=1"), "postgres://me@host/db?x=1");
  EXPECT_EQ(without_secrets("postgres://me@host:5432/db?name=a@b"), "postgres://me@host:5432/db?name=a@b");
  EXPECT_EQ(without_secrets("postgres://host:5432/db?name=a@b"), "postgres://host:5432/db?name=a@b");
  EXPECT_EQ(without_secrets("host=h password=geheim user=u"), "host=h password=*** user=u");
  EXPECT_EQ(without_secrets("host=h password = 'ge heim' user=u"), "host=h password = *** user=u");
  EXPECT_EQ(without_secrets("pg://h/d?sslpassword=x&password-file=/run/p"),
            "pg://h/d?sslpassword=***&password-file=/run/p");
}

TEST(Url, a_password_that_was_not_encoded_is_refused_without_showing_it) {
  for (const char* bad : {"postgres://me:a/b@host/db", "postgres://me:a?b@host/db", "postgres://me:a@b@host/db",
                          "postgres://me:a#b@host/db", "postgres://me:12/b@host/db"}) {
    try {
      parse_url(bad);
      ADD_FAILURE() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).rfind("postgres://me@host/db: the password holds", 0), 0u) << error.what();
    }
  }
  parse_url("postgres://me:a%2Fb@host/db?x=a@b");
  parse_url("postgres://me@host:5432/db");
}

TEST(Url, a_message_loses_the_secrets_of_the_words_that_it_quotes) {
  const auto told = [](const char* word, const char* message) {
    const std::string words[] = {"report", word};
    return without_secrets_of(words, message);
  };
  EXPECT_EQ(told("mysql://u:secret@h/x", "cannot read mysql://u:secret@h/x"), "cannot read mysql://u:***@h/x");
  EXPECT_EQ(told("mysql://u:secret@h/x", "no folder /tmp/mysql:/u:secret@h"), "no folder /tmp/mysql:/u:***@h");
  EXPECT_EQ(told("u:secret@h/x", "cannot read u:secret@h/x"), "cannot read u:***@h/x");
  EXPECT_EQ(told("--output=pg://h/d?password=secret", "pg:/h/d?password=secret: no"), "pg:/h/d?password=***: no");
  EXPECT_EQ(told("host=h password=secret", "'host=h password=secret' is none"), "'host=h password=***' is none");
  EXPECT_EQ(told("mysql://u:a@h/x", "cannot read mysql://u:a@h/x at all"), "cannot read mysql://u:***@h/x at all");
  EXPECT_EQ(told("results/a.json", "results/a.json is none"), "results/a.json is none");
}

TEST(Authority, its_parts_are_taken_apart_and_decoded) {
  const auto of = [](const char* url) { return parse_authority(parse_url(url)); };
  const Authority all = of("mysql://me:p%40ss%2Fword@db.example:3307/be%20nch?x=1");
  EXPECT_EQ(all.user, "me");
  EXPECT_EQ(all.password, "p@ss/word");
  EXPECT_EQ(all.host, "db.example");
  EXPECT_EQ(all.port, 3307u);
  EXPECT_EQ(all.path, "be nch");
  const Authority none = of("mysql://");
  EXPECT_EQ(none.user, std::nullopt);
  EXPECT_EQ(none.password, std::nullopt);
  EXPECT_EQ(none.host, "");
  EXPECT_EQ(none.port, std::nullopt);
  EXPECT_EQ(none.path, "");
  EXPECT_EQ(of("mysql://me@h/").password, std::nullopt);
  EXPECT_EQ(of("mysql://me:@h/").password, "");
  EXPECT_EQ(of("mysql://[::1]:3306/d").host, "::1");
  EXPECT_EQ(of("mysql://[::1]:3306/d").port, 3306u);
  EXPECT_EQ(of("s3://host:9000/bucket/key").path, "bucket/key");
  EXPECT_EQ(of("s3://host/key@home").path, "key@home");
  EXPECT_THROW(of("mysql://me:p@ss@h/d"), Error) << "which @ ends the password?";
}

TEST(Authority, a_port_that_is_none_is_told_unless_it_may_be_a_password) {
  const auto refusal = [](const char* url) -> std::string {
    try {
      parse_authority(parse_url(url));
    } catch (const Error& error) {
      return error.what();
    }
    return "it was taken";
  };
  EXPECT_EQ(refusal("mysql://u@h:99999/d"), "the port is 99999; expected 1 to 65535");
  EXPECT_EQ(refusal("mysql://u@h:0/d"), "the port is 0; expected 1 to 65535");
  EXPECT_EQ(refusal("mysql://u@h:20261121/d"), "the port is a number of 8 digits; expected 1 to 65535");
  EXPECT_EQ(refusal("mysql://u@h:/d"), "there is no port behind the ':'; expected 1 to 65535");
  EXPECT_EQ(refusal("mysql://u@[::1]3306/d"),
            "an address in brackets is followed by something else than ':' and a port");
  for (const char* url : {"mysql://u@h:port/d", "mysql://u@h:0/d", "mysql://u@h:65536/d", "mysql://u@h:/d",
                          "mysql://u@h:33o6/d", "mysql://u:hunter2/d", "mysql://u:hunter2/3@h:1/d", "mysql:d"})
    try {
      parse_authority(parse_url(url));
      FAIL() << url;
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find("hunter2"), std::string::npos) << error.what();
    }
}

TEST(Url, what_is_percent_encoded_is_decoded_to_the_same) {
  EXPECT_EQ(percent_encoded("p%4@ss:w/d é-._~"), "p%254%40ss%3Aw%2Fd%20%C3%A9-._~");
  EXPECT_EQ(percent_decoded(percent_encoded("p%4@ss:w/d é-._~")), "p%4@ss:w/d é-._~");
}

}  // namespace
}  // namespace assay
