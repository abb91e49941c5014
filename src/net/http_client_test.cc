#include "net/http_client.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::net {
namespace {

TEST(HttpClient, KnowsThePathOfAUrl) {
  EXPECT_EQ(path_of("http://host:9091"), "");
  EXPECT_EQ(path_of("http://host:9091/"), "");
  EXPECT_EQ(path_of("http://host:9091/metrics/job/x"), "/metrics/job/x");
  EXPECT_EQ(path_of("http://host?x=1"), "?x=1");
}

TEST(HttpClient, NamesNoPasswordInItsMessages) {
  EXPECT_EQ(without_user("https://me:secret@host/a@b"), "https://host/a@b");
  EXPECT_EQ(without_user("https://host/a@b"), "https://host/a@b");
}

TEST(HttpClient, TellsAServerThatIsNotThereFromAUrlThatIsNone) {
  const auto code = [](const std::string& url) {
    try {
      send({.url = url});
    } catch (const Error& e) {
      return e.code();
    }
    return ExitCode::ok;
  };
  EXPECT_EQ(code("http://127.0.0.1:1/"), ExitCode::unreachable);  // port 1 is tcpmux, which nobody runs
  EXPECT_EQ(code("ftp://127.0.0.1/"), ExitCode::usage);
  EXPECT_EQ(code("file:///etc/passwd"), ExitCode::usage);
}

}  // namespace
}  // namespace assay::net
