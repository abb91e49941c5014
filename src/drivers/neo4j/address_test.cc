#include "drivers/neo4j/address.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace assay::neo4j {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Address parsed(const std::string& url) { return parse_address({.url = url, .options = Options(kOptions)}); }

std::string problem(const std::string& url) {
  try {
    parsed(url);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

class Neo4jAddress : public ::testing::Test {
 protected:
  Neo4jAddress() { unsetenv("NEO4J_PASSWORD"); }
};

TEST_F(Neo4jAddress, IsTheUrlTakenApart) {
  const Address address = parsed("neo4j://someone:secret@db.example:7777/movies?unwind-rows=50");
  EXPECT_EQ(address.host, "db.example");
  EXPECT_EQ(address.port, 7777u);
  EXPECT_EQ(address.database, "movies");
  EXPECT_EQ(address.user, "someone");
  EXPECT_EQ(address.password, "secret");
  EXPECT_EQ(address.options.count("unwind-rows"), 50);
  EXPECT_EQ(address.place, "db.example:7777, database 'movies', user 'someone'");
}

TEST_F(Neo4jAddress, HasDefaults) {
  const Address address = parsed("bolt://");
  EXPECT_EQ(address.host, "localhost");
  EXPECT_EQ(address.port, 7687u);
  EXPECT_EQ(address.database, "");
  EXPECT_FALSE(address.user);
  EXPECT_EQ(parsed("bolt://[::1]:1/d").place, "[::1]:1, database 'd'");
}

TEST_F(Neo4jAddress, SaysByItsSchemeWhetherThereIsTls) {
  EXPECT_EQ(parsed("bolt://h").tls, Tls::off);
  EXPECT_EQ(parsed("neo4j://h").tls, Tls::off);
  EXPECT_EQ(parsed("bolt+s://h").tls, Tls::verified);
  EXPECT_EQ(parsed("neo4j+s://h").tls, Tls::verified);
  EXPECT_EQ(parsed("bolt+ssc://h").tls, Tls::any_certificate);
  EXPECT_EQ(parsed("neo4j+ssc://h").tls, Tls::any_certificate);
}

TEST_F(Neo4jAddress, TakesThePasswordFromUrlFileOrEnvironment) {
  setenv("NEO4J_PASSWORD", "of the environment", 1);
  EXPECT_EQ(parsed("bolt://u:of%20the%20url@h").password, "of the url");
  EXPECT_EQ(parsed("bolt://u@h").password, "of the environment");
  EXPECT_EQ(parsed("bolt://h").user, "neo4j") << "a password without a user is the user's that every server has";
  unsetenv("NEO4J_PASSWORD");
  const std::string path = ::testing::TempDir() + "neo4j-password";
  std::ofstream(path) << "of the file\r\nmore\n";
  EXPECT_EQ(parsed("bolt://u@h?password-file=" + path).password, "of the file");
  EXPECT_THAT(problem("bolt://u:p@h?password-file=" + path), HasSubstr("given twice"));
  unlink(path.c_str());
  EXPECT_THAT(problem("bolt://u@h?password-file=" + path), HasSubstr(path));
}

TEST_F(Neo4jAddress, OfAMistakeSaysWhatWasFound) {
  EXPECT_THAT(problem("bolt://h/a/b"), HasSubstr("'a/b' is no database"));
  EXPECT_THAT(problem("bolt://u:secret@h/a/b"), Not(HasSubstr("secret")));
  EXPECT_THAT(problem("bolt://h?wombat=1"), HasSubstr("wombat"));
  EXPECT_THAT(problem("bolt://h?unwind-rows=0"), HasSubstr("unwind-rows"));
  EXPECT_THAT(problem("bolt://h:port"), HasSubstr("port"));
  EXPECT_THAT(problem("bolt://h?ssl-ca=/etc/hostname"), HasSubstr("bolt+s"));
  EXPECT_THAT(problem("bolt+s://h?ssl-ca=/nowhere/at/all"), HasSubstr("/nowhere/at/all"));
}

}  // namespace
}  // namespace assay::neo4j
