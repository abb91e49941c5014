#include "net/http_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using Parts = std::vector<std::string>;

TEST(HttpRoutes, CleansPaths) {
  EXPECT_EQ(path_parts("/"), Parts{});
  EXPECT_EQ(path_parts("/work/stop/"), (Parts{"work", "stop"}));
  EXPECT_EQ(path_parts("//work///stop"), (Parts{"work", "stop"}));
  EXPECT_EQ(path_parts("/a/./b/../c"), (Parts{"a", "c"}));
  EXPECT_EQ(path_parts("/../../etc"), Parts{"etc"});
  EXPECT_EQ(path_parts("/a/%2e%2E/b"), Parts{"b"});
}

TEST(HttpRoutes, DecodesEachPartOfAPathByItself) {
  EXPECT_EQ(path_parts("/a%2Fb/c%20d+e"), (Parts{"a/b", "c d+e"}));
  EXPECT_EQ(path_parts("/a%2"), std::nullopt);
  EXPECT_EQ(path_parts("/a%zz"), std::nullopt);
  EXPECT_EQ(path_parts("/a%00b"), std::nullopt);
  EXPECT_EQ(path_parts("a/b"), std::nullopt);
  EXPECT_EQ(path_parts("*"), std::nullopt);
}

TEST(HttpRoutes, CutsATargetIntoPathAndQuery) {
  EXPECT_EQ(split_target("/a?b=c?d"), (std::pair<std::string_view, std::string_view>("/a", "b=c?d")));
  EXPECT_EQ(split_target("http://host:1/a?b"), (std::pair<std::string_view, std::string_view>("/a", "b")));
  EXPECT_EQ(split_target("http://host").first, "/");
}

TEST(HttpRoutes, ReadsQueries) {
  EXPECT_THAT(*query_values("wait=30s&name=a%26b+c&flag&&wait=1s"),
              ElementsAre(Pair("flag", ""), Pair("name", "a&b c"), Pair("wait", "30s")));
  EXPECT_THAT(*query_values(""), IsEmpty());
  EXPECT_EQ(query_values("a=%"), std::nullopt);
}

TEST(HttpRoutes, FindsThePatternWithTheFewestNames) {
  Routes routes;
  const Handler none;
  routes.add("GET", "/tasks/{id}", none);
  routes.add("GET", "/tasks/new", none);
  routes.add("POST", "/tasks/{id}/stop", none);
  const auto named = routes.find("GET", {"tasks", "42"});
  ASSERT_NE(named.route, nullptr);
  EXPECT_EQ(named.route->pattern, "/tasks/{id}");
  EXPECT_THAT(named.parameters, ElementsAre(Pair("id", "42")));
  EXPECT_EQ(routes.find("GET", {"tasks", "new"}).route->pattern, "/tasks/new");
  EXPECT_THAT(routes.find("POST", {"tasks", "7", "stop"}).parameters, ElementsAre(Pair("id", "7")));
}

TEST(HttpRoutes, TellsAWrongMethodFromAnUnknownPath) {
  Routes routes;
  routes.add("GET", "/tasks", {});
  routes.add("POST", "/tasks", {});
  routes.add("POST", "/stop", {});
  EXPECT_EQ(routes.find("HEAD", {"tasks"}).route->method, "GET");
  EXPECT_EQ(routes.find("DELETE", {"tasks"}).route, nullptr);
  EXPECT_THAT(routes.find("DELETE", {"tasks"}).allowed, ElementsAre("GET", "HEAD", "POST"));
  EXPECT_THAT(routes.find("GET", {"stop"}).allowed, ElementsAre("POST"));
  EXPECT_EQ(routes.find("HEAD", {"stop"}).route, nullptr);
  EXPECT_THAT(routes.find("GET", {"nothing"}).allowed, IsEmpty());
}

}  // namespace
}  // namespace assay::net
