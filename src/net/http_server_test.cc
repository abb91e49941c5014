#include "net/http_server.h"

#include "base/error.h"
#include "net/http_client.h"
#include "net/http_peer_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace assay::net {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kLoopback = "127.0.0.1:0";

/// What the tests call "GET /path": a request with the header that HTTP/1.1 asks for.
std::string get(const std::string& path, const std::string& more = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
}

Response text(std::string body) { return {.body = std::move(body), .content_type = "text/plain"}; }

TEST(HttpServer, GivesTheHandlerWhatWasAsked) {
  HttpServer server({.listen = kLoopback});
  Request seen;
  server.route("POST", "/tasks/{id}/stop", [&](const Request& request) {
    seen = request;
    return Response{.status = 201, .body = "{}", .headers = {{"Location", "/tasks/7"}}};
  });
  server.start();
  Peer peer(server.address());
  const std::string answer = peer.ask(
      "POST //tasks/a%20b/stop/?wait=3s&x=%26 HTTP/1.1\r\nHost: localhost\r\nContent-Type: Application/JSON; "
      "charset=utf-8\r\n"
      "X-Two: a\r\nX-Two: b\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 201 Created\r\n"), HasSubstr("Location: /tasks/7\r\n"),
                            HasSubstr("Content-Type: application/json\r\n"), HasSubstr("Cache-Control: no-store\r\n"),
                            EndsWith("\r\n\r\n{}")));
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.path, "/tasks/a b/stop");
  EXPECT_EQ(seen.parameters["id"], "a b");
  EXPECT_EQ(seen.in_query("wait"), "3s");
  EXPECT_EQ(seen.in_query("x"), "&");
  EXPECT_EQ(seen.header("x-two"), "a, b");
  EXPECT_EQ(seen.media_type(), "application/json");
  EXPECT_EQ(seen.body, "body");
  EXPECT_THAT(seen.peer, StartsWith("127.0.0.1:"));
  EXPECT_THAT(server.routes(), ElementsAre(testing::Pair("POST", "/tasks/{id}/stop")));
}

TEST(HttpServer, RefusesInJson) {
  HttpServer server({.listen = kLoopback});
  server.route("GET", "/usage", [](const Request&) -> Response { throw Error("no such \"flag\""); });
  server.route("GET", "/broken", [](const Request&) -> Response { throw std::runtime_error("oh"); });
  server.route("GET", "/odd", [](const Request&) -> Response { throw 7; });
  server.route("GET", "/unreachable", [](const Request&) -> Response { throw Error("gone", ExitCode::unreachable); });
  server.route("POST", "/busy", [](const Request&) -> Response { throw HttpError{409, "busy"}; });
  server.start();
  Peer peer(server.address());
  EXPECT_THAT(peer.ask(get("/usage")),
              AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr(R"({"error":"no such \"flag\""})")));
  EXPECT_THAT(peer.ask(get("/broken")), AllOf(StartsWith("HTTP/1.1 500 "), HasSubstr(R"({"error":)")));
  EXPECT_THAT(peer.ask(get("/odd")), AllOf(StartsWith("HTTP/1.1 500 "), HasSubstr(R"({"error":)")));
  EXPECT_THAT(peer.ask(get("/unreachable")), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(peer.ask(get("/nothing")), AllOf(StartsWith("HTTP/1.1 404 "), HasSubstr(R"({"error":)")));
  EXPECT_THAT(peer.ask(get("/busy")),
              AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: POST\r\n"), HasSubstr(R"({"error":)")));
  EXPECT_THAT(peer.ask("POST /busy HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 409 "), HasSubstr(R"({"error":"busy"})")));
  EXPECT_THAT(peer.ask(get("/%zz")), StartsWith("HTTP/1.1 400 "));  // all on one connection
  EXPECT_THAT(peer.ask("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_TRUE(peer.closes(20'000));
}

TEST(HttpServer, AnswersHeadWithoutABody) {
  HttpServer server({.listen = kLoopback});
  server.route("GET", "/text", [](const Request&) { return text("12345"); });
  server.start();
  Peer peer(server.address());
  ASSERT_TRUE(peer.send("HEAD /text HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_THAT(peer.read_until("\r\n\r\n"), HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(peer.ask(get("/text")), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), EndsWith("\r\n\r\n12345")));
}

TEST(HttpServer, AnswersRequestsThatWereSentTogetherInTheirOrder) {
  HttpServer server({.listen = kLoopback});
  server.route("GET", "/{n}", [](const Request& request) { return text(request.parameters.at("n")); });
  server.start();
  Peer peer(server.address());
  ASSERT_TRUE(peer.send(get("/a") + get("/b")));
  EXPECT_THAT(peer.read_answer(), EndsWith("\r\n\r\na"));
  EXPECT_THAT(peer.read_answer(), EndsWith("\r\n\r\nb"));
}

TEST(HttpServer, TakesBodiesInChunksAndAfterAContinue) {
  HttpServer server({.listen = kLoopback});
  server.route("POST", "/echo", [](const Request& request) { return text(request.body); });
  server.start();
  Peer peer(server.address());
  EXPECT_THAT(peer.ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
                       "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
              EndsWith("\r\n\r\nabcde"));
  ASSERT_TRUE(peer.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
  EXPECT_EQ(peer.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(peer.ask("hi"), EndsWith("\r\n\r\nhi"));
  EXPECT_THAT(peer.ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
              StartsWith("HTTP/1.1 501 "));
}

TEST(HttpServer, LetsNoHandlerAddHeaderLinesByLineBreaks) {
  HttpServer server({.listen = kLoopback});
  server.route("GET", "/", [](const Request& request) {
    return Response{.headers = {{"X-Said", std::string(request.in_query("say"))}}};
  });
  server.start();
  EXPECT_THAT(Peer(server.address()).ask(get("/?say=a%0d%0aX-Evil:%20b")), HasSubstr("\r\nX-Said: aX-Evil: b\r\n"));
}

TEST(HttpServer, RefusesForeignHostsPagesAndStrangers) {
  HttpServer server({.listen = kLoopback, .token = "s3cret", .open_paths = {"/ping"}});
  std::atomic<int> called = 0;
  for (const char* path : {"/ping", "/tasks"})
    server.route("POST", path, [&](const Request&) {
      ++called;
      return Response{};
    });
  server.start();
  Peer peer(server.address());
  const auto post = [&](const std::string& path, const std::string& headers) {
    return peer.ask("POST " + path + " HTTP/1.1\r\n" + headers + "Content-Length: 0\r\n\r\n");
  };
  EXPECT_THAT(post("/tasks", "Host: evil.example\r\nAuthorization: Bearer s3cret\r\n"), StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(post("/ping", "Host: localhost\r\nOrigin: http://evil.example\r\n"), StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(post("/tasks", "Host: localhost\r\n"),
              AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("WWW-Authenticate: Bearer")));
  EXPECT_THAT(post("/nothing", "Host: localhost\r\n"), StartsWith("HTTP/1.1 401 "));  // tells strangers of no paths
  EXPECT_EQ(called, 0);
  EXPECT_THAT(post("/ping", "Host: localhost\r\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(post("/tasks", "Host: localhost\r\nAuthorization: Bearer s3cret\r\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(called, 2);
  EXPECT_THAT(post("/ping", ""), StartsWith("HTTP/1.1 400 "));  // HTTP/1.1 without a Host
}

TEST(HttpServer, ListensOnBothAddressesOfThisMachine) {
  HttpServer v6({.listen = "[::1]:0"});
  v6.route("GET", "/", [](const Request& request) { return text(request.peer); });
  try {
    v6.start();
  } catch (const Error& e) {
    GTEST_SKIP() << "no IPv6 here: " << e.what();
  }
  EXPECT_TRUE(v6.loopback());
  EXPECT_THAT(v6.url(), StartsWith("http://[::1]:"));
  EXPECT_THAT(send({.url = v6.url()}).body, StartsWith("[::1]:"));

  HttpServer all({.listen = ":0"});
  all.route("GET", "/", [](const Request&) { return text("hi"); });
  all.start();
  EXPECT_FALSE(all.loopback());
  const std::string port = all.address().substr(all.address().rfind(':'));
  EXPECT_EQ(send({.url = "http://127.0.0.1" + port}).body, "hi");
  EXPECT_EQ(send({.url = "http://[::1]" + port}).body, "hi");
}

TEST(HttpServer, SaysWhereItCannotListen) {
  HttpServer first({.listen = kLoopback});
  first.start();
  HttpServer second({.listen = first.address()});
  const auto message = [](HttpServer& server) {
    try {
      server.start();
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_THAT(message(second), AllOf(HasSubstr(first.address()), HasSubstr("in use")));
  for (const char* wrong : {"localhost", "localhost:", "localhost:http", "localhost:65536", "::1:80"}) {
    HttpServer server({.listen = wrong});
    EXPECT_THAT(message(server), AllOf(HasSubstr(wrong), HasSubstr("HOST:PORT"))) << wrong;
  }
  HttpServer half({.listen = kLoopback, .certificate = "cert.pem"});
  EXPECT_THAT(message(half), HasSubstr("key"));
  HttpServer missing({.listen = kLoopback, .certificate = "/nowhere/cert.pem", .key = "/nowhere/key.pem"});
  EXPECT_THAT(message(missing), AllOf(HasSubstr("/nowhere/cert.pem"), Not(HasSubstr("key.pem"))));
}

TEST(HttpServer, TellsWhoObservesOfEveryAnswer) {
  std::mutex mutex;
  std::vector<std::string> told;
  HttpServer server(
      {.listen = kLoopback, .observe = [&](std::string_view method, std::string_view pattern, int status, Nanos took) {
         const std::lock_guard lock(mutex);
         told.push_back(fmt::format("{} {} {}", method, pattern, status));
         EXPECT_GE(took, 0ns);
       }});
  server.route("GET", "/tasks/{id}", [](const Request&) { return Response{}; });
  server.start();
  {
    Peer peer(server.address());
    peer.ask(get("/tasks/7"));
    peer.ask(get("/nothing"));
    peer.ask("\x01\r\n\r\n");
  }
  server.stop();
  EXPECT_THAT(told, ElementsAre("GET /tasks/{id} 200", "GET  404", "  400"));
}

TEST(HttpServer, StreamsEventsUntilTheirEnd) {
  HttpServer server({.listen = kLoopback});
  server.route("GET", "/events", [](const Request&) {
    return Response{.events = [n = 0](const std::stop_token&) mutable -> std::optional<std::string> {
      if (++n > 3) return std::nullopt;
      return n == 2 ? "" : fmt::format("data: {}\n\n", n);
    }};
  });
  server.start();
  Peer peer(server.address());
  ASSERT_TRUE(peer.send(get("/events")));
  EXPECT_THAT(peer.read_until("\r\n\r\n"), HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_EQ(peer.read_to_end(), "data: 1\n\ndata: 3\n\n");
}

}  // namespace
}  // namespace assay::net
