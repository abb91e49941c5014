// What the live tests of a driver share: sessions on the server whose URL an environment variable names.
//
// Not a part of the conformance suite, but of the tests that a driver has besides: of what only its server does. A test without
// the server is skipped, and says so.
#pragma once

#include "core/driver.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace assay {

class LiveServer : public ::testing::Test {
 protected:
  /// The variable holds the URL.
  LiveServer(const Driver& driver, const char* variable) : driver_(driver), variable_(variable) {}

  void SetUp() override {
    const char* url = std::getenv(variable_);
    if (url == nullptr) {
      // Whoever started the servers may know why this one is not there.
      const std::string why = environment((std::string(variable_) + "_MISSING").c_str());
      GTEST_SKIP() << (why.empty() ? variable_ + std::string(" is not set") : why);
    }
    url_ = url;
  }

  TargetSpec spec(std::string url) const { return {.url = std::move(url), .options = Options(driver_.info().options)}; }
  /// The server's URL with more in its query.
  std::string with(const std::string& query) const {
    return url_ + (url_.find('?') == std::string::npos ? "?" : "&") + query;
  }
  std::unique_ptr<Target> target(const std::string& query = "") const {
    return driver_.open(spec(query.empty() ? url_ : with(query)));
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
  /// "" when it is not set.
  static std::string environment(const char* name) { return std::getenv(name) == nullptr ? "" : std::getenv(name); }
  /// Why the URL cannot be connected to; empty when it can.
  std::string problem_of(const std::string& url) const {
    const auto session = driver_.open(spec(url))->connect();
    return session ? "" : session.error().message;
  }

  const Driver& driver_;
  std::string url_;

 private:
  const char* variable_;
};

}  // namespace assay
