// What the live tests share: sessions on the server named by ASSAY_TEST_MARIADB_URL.
#pragma once

#include "drivers/mysql/mysql.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace assay {

class MysqlLive : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* url = std::getenv("ASSAY_TEST_MARIADB_URL");
    if (url == nullptr) GTEST_SKIP() << "ASSAY_TEST_MARIADB_URL is not set";
    url_ = url;
  }

  static TargetSpec spec(std::string url) {
    return {.url = std::move(url), .options = Options(mysql_driver().info().options)};
  }
  /// The server's URL with more in its query.
  std::string with(const std::string& query) const {
    return url_ + (url_.find('?') == std::string::npos ? "?" : "&") + query;
  }
  std::unique_ptr<Target> target(const std::string& query = "") const {
    return mysql_driver().open(spec(query.empty() ? url_ : with(query)));
  }
  /// The test fails when there is none.
  static std::unique_ptr<Session> connect(Target& target) {
    auto session = target.connect();
    if (!session) throw std::runtime_error(session.error().message);
    return std::move(*session);
  }
  static void run(Session& session, const std::string& text) {
    const auto done = session.query()->run(text);
    if (!done) throw std::runtime_error(text + ": " + done.error().message);
  }
  static std::int64_t number(Session& session, const std::string& text) {
    const auto rows = session.query()->run(text);
    if (!rows) throw std::runtime_error(rows.error().message);
    return (*rows)->integer(0, 0).value_or(-1);
  }
  static std::int64_t count(Session& session, const std::string& table) {
    return number(session, "select count(*) from " + table);
  }
  static std::string environment(const char* name) { return std::getenv(name) == nullptr ? "" : std::getenv(name); }
  /// The server's URL with another user (and password), database and options, and host.
  static std::string at(const std::string& user, const std::string& rest, const std::string& host = "127.0.0.1") {
    return "mysql://" + user + "@" + host + ":" + environment("ASSAY_TEST_MARIADB_PORT") + rest;
  }
  /// Why it cannot be connected to; empty when it can.
  static std::string problem_of(const std::string& url) {
    const auto session = mysql_driver().open(spec(url))->connect();
    return session ? "" : session.error().message;
  }
  /// A counter of the session.
  static std::int64_t status(Session& session, const std::string& name) {
    return number(
        session,
        "select cast(variable_value as signed) from information_schema.session_status where variable_name = '" + name +
            "'");
  }

  std::string url_;
};

}  // namespace assay
