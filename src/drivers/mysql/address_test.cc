#include "drivers/mysql/address.h"

#include "base/error.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace assay::mysql {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class MysqlAddress : public ::testing::Test {
 protected:
  void SetUp() override {  // what the caller has set up is not for the test
    setenv("HOME", "/nonexistent", 1);
    unsetenv("MYSQL_PWD");
    unsetenv("MYSQL_HOME");
  }
  static Address parsed(const std::string& url) { return parse_address({.url = url, .options = Options(kOptions)}); }
  static std::string refusal(const std::string& url) {
    try {
      parsed(url);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }
  /// A file in a folder of its own.
  static std::string file(const std::string& name, const std::string& text) {
    const std::string path = fmt::format("{}{}.{}", ::testing::TempDir(), name, getpid());
    std::ofstream(path) << text;
    return path;
  }
};

TEST_F(MysqlAddress, TheUrlNamesUserHostPortAndDatabaseAndItsQueryTheOptions) {
  const Address a = parsed("mysql://me:s%40cret@db.example:3307/bench?load=insert&insert-rows=10&pipeline=false");
  EXPECT_EQ(a.user, "me");
  EXPECT_EQ(a.password, "s@cret");
  EXPECT_EQ(a.host, "db.example");
  EXPECT_EQ(a.port, 3307u);
  EXPECT_EQ(a.database, "bench");
  EXPECT_EQ(a.options.text("load"), "insert");
  EXPECT_EQ(a.options.count("insert-rows"), 10);
  EXPECT_FALSE(a.options.flag("pipeline"));
  EXPECT_EQ(a.place, "db.example:3307, database 'bench', user 'me'");
  EXPECT_EQ(parsed("mariadb://me@[::1]/bench").place, "[::1]:3306, database 'bench', user 'me'");
  EXPECT_EQ(parsed("mysql://me@/bench").host, "localhost");
}

TEST_F(MysqlAddress, ASocketTakesThePlaceOfHostAndPort) {
  const Address a = parsed("mysql://me@localhost/bench?socket=/run/mysqld/mysqld.sock");
  EXPECT_EQ(a.socket, "/run/mysqld/mysqld.sock");
  EXPECT_EQ(a.host, "");
  EXPECT_EQ(a.place, "/run/mysqld/mysqld.sock, database 'bench', user 'me'");
  EXPECT_THAT(refusal("mysql://me@db.example/bench?socket=/s"), HasSubstr("socket"));
}

TEST_F(MysqlAddress, ThePasswordComesFromUrlFileEnvironmentOrTheClientsFileInThatOrder) {
  const std::string clients = file("my.cnf",
                                   "# the user's\n[mysqldump]\npassword=wrong\n[client]\nuser = theirs\n"
                                   "password = \"from # the file\"\n[mysql]\npassword=wrong\n");
  const std::string folder = fmt::format("{}home.{}", ::testing::TempDir(), getpid());
  std::filesystem::create_directory(folder);
  std::filesystem::rename(clients, folder + "/my.cnf");
  setenv("MYSQL_HOME", folder.c_str(), 1);
  EXPECT_EQ(parsed("mysql://h/d").user, "theirs");
  EXPECT_EQ(parsed("mysql://h/d").password, "from # the file");
  setenv("MYSQL_PWD", "from the environment", 1);
  EXPECT_EQ(parsed("mysql://me@h/d").password, "from the environment");
  EXPECT_EQ(parsed("mysql://me@h/d").user, "me");
  const std::string secret = file("password", "from a file\nnot this\n");
  EXPECT_EQ(parsed("mysql://me@h/d?password-file=" + secret).password, "from a file");
  EXPECT_EQ(parsed("mysql://me:given@h/d").password, "given");
  EXPECT_EQ(parsed("mysql://me:@h/d").password, "");
  EXPECT_THAT(refusal("mysql://me:given@h/d?password-file=" + secret), HasSubstr("twice"));
  unlink(secret.c_str());
  EXPECT_THAT(refusal("mysql://me@h/d?password-file=" + secret), HasSubstr(secret));
  std::filesystem::remove_all(folder);
}

TEST_F(MysqlAddress, TheClientsFileIsReadAsTheClientsReadIt) {
  const std::string path = file("settings",
                                "[client]\nuser=a\nssl_mode = X\nskip-name\n[other]\nuser=b\n[client-mariadb]\n"
                                "; comment\npassword='q'\n!include x\n");
  EXPECT_THAT(client_settings(path), UnorderedElementsAre(Pair("user", "a"), Pair("ssl-mode", "X"),
                                                          Pair("skip-name", ""), Pair("password", "q")));
  unlink(path.c_str());
  EXPECT_TRUE(client_settings("/nowhere/at/all").empty());
}

TEST_F(MysqlAddress, WhatMakesNoSenseIsRefusedWithoutThePassword) {
  for (const char* url :
       {"mysql://u:hunter2@h/d?wombat=1", "mysql://u:hunter2@h:port/d", "mysql://u:hunter2@h", "mysql://u:hunter2@h/",
        "mysql://u:hunter2@h/a/b", "mysql://u:hunter2@h/d?load=fast", "mysql://u:hunter2@h/d?insert-rows=5",
        "mysql://u:hunter2@h/d?ssl-mode=maybe", "mysql://u:hunter2@h/d?ssl-mode=disabled&ssl-ca=/etc/hostname",
        "mysql://u:hunter2@h/d?ssl-ca=/etc/hostname", "mysql://u:hunter2@h/d?ssl-mode=verify-ca&ssl-ca=/nowhere",
        "mysql://u:hunter2@h/d?ssl-cert=/etc/hostname", "mysql://u:hunter2@h/d?load=bulk&load=insert"}) {
    EXPECT_NE(refusal(url), "accepted") << url;
    EXPECT_THAT(refusal(url), Not(HasSubstr("hunter2"))) << url;
  }
  EXPECT_THAT(refusal("mysql://u@h/d?wombat=1"), HasSubstr("wombat"));
  EXPECT_EQ(refusal("mysql://u@h:99999/d"), "the port is 99999; expected 1 to 65535");
}

}  // namespace
}  // namespace assay::mysql
