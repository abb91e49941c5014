#include "net/http_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::net {
namespace {

int status(const Guard& guard, const std::map<std::string, std::string>& headers, const std::string& path = "/tasks") {
  Request request;
  request.path = path;
  request.headers = headers;
  const auto refused = refusal(guard, request);
  return refused ? refused->status : 200;
}

TEST(HttpGuard, OnLoopbackRefusesForeignHosts) {
  const Guard guard;
  for (const char* host : {"localhost", "localhost:8080", "LOCALHOST:1", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080",
                           "[::1]", "a.localhost:80"})
    EXPECT_EQ(status(guard, {{"host", host}}), 200) << host;
  for (const char* host : {"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example",
                           "10.0.0.1", "[::2]:80", "127.evil"})
    EXPECT_EQ(status(guard, {{"host", host}}), 403) << host;
}

TEST(HttpGuard, TakesAnyHostWhereOthersCanReachItUnlessNamesAreGiven) {
  EXPECT_EQ(status({.loopback = false, .hosts = {}, .token = {}, .open_paths = {}}, {{"host", "bench-1:80"}}), 200);
  const Guard named{.loopback = false, .hosts = {"bench-1"}, .token = {}, .open_paths = {}};
  EXPECT_EQ(status(named, {{"host", "Bench-1:80"}}), 200);
  EXPECT_EQ(status(named, {{"host", "bench-2:80"}}), 403);
}

TEST(HttpGuard, RefusesPagesOfOthers) {
  const Guard guard;
  EXPECT_EQ(status(guard, {{"host", "localhost:80"}, {"origin", "http://localhost:80"}}), 200);
  EXPECT_EQ(status(guard, {{"host", "localhost:80"}, {"origin", "http://localhost:81"}}), 403);
  EXPECT_EQ(status(guard, {{"host", "localhost:80"}, {"origin", "https://evil.example"}}), 403);
  EXPECT_EQ(status(guard, {{"host", "localhost:80"}, {"origin", "null"}}), 403);
  EXPECT_EQ(status(guard, {{"host", "localhost:80"}, {"origin", "http://"}}), 403);
}

TEST(HttpGuard, AsksForTheTokenButOnOpenPaths) {
  const Guard guard{.loopback = true, .hosts = {}, .token = "s3cret", .open_paths = {"/ping"}};
  EXPECT_EQ(status(guard, {{"authorization", "Bearer s3cret"}}), 200);
  EXPECT_EQ(status(guard, {{"authorization", "bearer  s3cret"}}), 200);  // RFC 9110 §11.1: any case, one or more spaces
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3crets", "Basic s3cret", "s3cret"})
    EXPECT_EQ(status(guard, {{"authorization", wrong}}), 401) << wrong;
  EXPECT_EQ(status(guard, {}, "/ping"), 200);
  EXPECT_EQ(status(guard, {}, "/ping/more"), 401);
}

}  // namespace
}  // namespace assay::net
