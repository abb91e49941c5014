// What the live tests share: sessions on the server named by ASSAY_TEST_POSTGRES_URL.
#pragma once

#include "drivers/postgres/postgres.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

namespace assay {

class PostgresLive : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* url = std::getenv("ASSAY_TEST_POSTGRES_URL");
    if (url == nullptr) GTEST_SKIP() << "ASSAY_TEST_POSTGRES_URL is not set";
    url_ = url;
  }

  static TargetSpec spec(std::string url) {
    return {.url = std::move(url), .options = Options(postgres_driver().info().options)};
  }
  /// The server's URL with more in its query.
  std::string with(const std::string& query) const {
    return url_ + (url_.find('?') == std::string::npos ? "?" : "&") + query;
  }
  std::unique_ptr<Target> target(const std::string& query = "") const {
    return postgres_driver().open(spec(query.empty() ? url_ : with(query)));
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
  static std::int64_t count(Session& session, const std::string& table) {
    const auto rows = session.query()->run("select count(*) from " + table);
    if (!rows) throw std::runtime_error(rows.error().message);
    return (*rows)->integer(0, 0).value_or(-1);
  }

  std::string url_;
};

}  // namespace assay
