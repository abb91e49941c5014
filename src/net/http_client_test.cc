#include "net/http_client.h"

#include "base/error.h"
#include "net/http_peer_fixture.h"
#include "net/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>

namespace assay::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::SizeIs;

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

Response text(std::string body) { return {.body = std::move(body), .content_type = "text/plain"}; }

TEST(HttpClient, KeepsItsConnection) {
  HttpServer server({.listen = "127.0.0.1:0", .token = "s3cret"});
  server.route("GET", "/", [](const Request& request) { return text(request.peer); });
  server.start();
  HttpClient client({.token = "s3cret"});
  const HttpResponse first = client.send({.url = server.url()});
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(client.send({.url = server.url()}).body, first.body);  // the same port of ours
  EXPECT_EQ(send({.url = server.url()}).status, 401);              // no token
}

TEST(HttpClient, SendsWhatItIsTold) {
  HttpServer server({.listen = "127.0.0.1:0"});
  const auto echo = [](const Request& request) {
    return text(request.method + " " + std::string(request.header("x-key")) + " " + request.body);
  };
  for (const char* method : {"POST", "PUT", "DELETE"}) server.route(method, "/x", echo);
  server.route("GET", "/x", echo);
  server.start();
  HttpClient client;
  const std::string url = server.url() + "/x";
  EXPECT_EQ(client.send({.method = "POST", .url = url, .headers = {{"X-Key", "k"}}, .body = "b"}).body, "POST k b");
  EXPECT_EQ(client.send({.method = "POST", .url = url}).body, "POST  ");
  EXPECT_EQ(client.send({.method = "PUT", .url = url, .body = "b"}).body, "PUT  b");
  EXPECT_EQ(client.send({.method = "DELETE", .url = url}).body, "DELETE  ");
  const HttpResponse head = client.send({.method = "HEAD", .url = url});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
}

TEST(HttpClient, TakesAsMuchOfAnAnswerAsItIsTold) {
  HttpServer server({.listen = "127.0.0.1:0"});
  const std::string large(3'000'000, 'x');
  server.route("GET", "/", [&](const Request&) { return text(large); });
  server.start();
  HttpClient client;
  const HttpResponse small = client.send({.url = server.url()});
  EXPECT_THAT(small.body, SizeIs(1 << 20));
  EXPECT_TRUE(small.cut);
  const HttpResponse whole = client.send({.url = server.url(), .most_answer = large.size()});
  EXPECT_TRUE(whole.body == large);
  EXPECT_FALSE(whole.cut);
}

TEST(HttpClient, UnpacksWhatComesPacked) {
  HttpServer server({.listen = "127.0.0.1:0"});
  // gzip (RFC 1952): header, one stored block (RFC 1951 §3.2.4) of "hi", CRC-32 0xD8932AAC of it, its length.
  const std::string packed("\x1f\x8b\x08\0\0\0\0\0\0\xff\x01\x02\0\xfd\xffhi\xac\x2a\x93\xd8\x02\0\0\0", 25);
  server.route("GET", "/", [&](const Request& request) {
    EXPECT_THAT(std::string(request.header("accept-encoding")), HasSubstr("gzip"));
    return Response{.body = packed, .headers = {{"Content-Encoding", "gzip"}}};
  });
  server.start();
  EXPECT_EQ(HttpClient().send({.url = server.url()}).body, "hi");
}

TEST(HttpClient, AsksManyAtOnceAndTellsOfEach) {
  HttpServer server({.listen = "127.0.0.1:0"});
  // Nobody is answered before all have asked: one after another would never end.
  std::latch all(64);
  server.route("GET", "/{n}", [&](const Request& request) {
    all.arrive_and_wait();
    return text(request.parameters.at("n"));
  });
  server.start();
  // Listens and never accepts: the system takes the connection, and no answer comes.
  const int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof at;
  ASSERT_EQ(bind(silent, reinterpret_cast<sockaddr*>(&at), length), 0);
  ASSERT_EQ(listen(silent, 1), 0);
  getsockname(silent, reinterpret_cast<sockaddr*>(&at), &length);

  std::vector<HttpRequest> requests;
  for (int n = 0; n < 64; ++n) requests.push_back({.url = fmt::format("{}/{}", server.url(), n)});
  requests.push_back({.url = "http://me:secret@127.0.0.1:1/"});
  requests.push_back({.url = "ftp://127.0.0.1/"});
  requests.push_back({.url = fmt::format("http://127.0.0.1:{}/", ntohs(at.sin_port)), .timeout = 100ms});
  const std::vector<Outcome> outcomes = HttpClient().send_all(requests);
  close(silent);

  ASSERT_THAT(outcomes, SizeIs(67));
  for (std::size_t n = 0; n < 64; ++n) EXPECT_EQ(outcomes[n].response.body, std::to_string(n));
  ASSERT_TRUE(outcomes[64].error && outcomes[65].error && outcomes[66].error);
  EXPECT_EQ(outcomes[64].error->code(), ExitCode::unreachable);
  EXPECT_THAT(outcomes[64].error->what(), HasSubstr("http://127.0.0.1:1/: "));
  EXPECT_EQ(outcomes[65].error->code(), ExitCode::usage);
  EXPECT_EQ(outcomes[66].error->code(), ExitCode::unreachable);
  EXPECT_THAT(outcomes[66].error->what(), HasSubstr("timed out"));
  EXPECT_THAT(HttpClient().send_all({}), SizeIs(0));
}

}  // namespace
}  // namespace assay::net
