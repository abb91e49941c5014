// What peers do that are slow, gone, too big or too many.
#include "net/http_client.h"
#include "net/http_peer_fixture.h"
#include "net/http_server.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <latch>
#include <mutex>
#include <thread>

namespace assay::net {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kLoopback = "127.0.0.1:0";
constexpr const char* kGet = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr auto kLong = 20s;  // what is waited for when it is to happen at all

Response hello(const Request&) { return {.body = "hello"}; }

/// Becomes true once, seen from any thread.
class Flag {
 public:
  void set() {
    const std::lock_guard lock(mutex_);
    is_ = true;
    changed_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLong, [&] { return is_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_ = false;
};

/// Sets a flag when the last copy of it goes.
std::shared_ptr<void> at_end(Flag& flag) {
  return {nullptr, [&flag](void*) { flag.set(); }};
}

TEST(HttpServerFaults, RefusesWhatIsTooBig) {
  HttpServer server({.listen = kLoopback, .most_header = 1024, .most_body = 100});
  server.route("POST", "/", hello);
  server.start();
  const std::string begin = "POST / HTTP/1.1\r\nHost: localhost\r\n";
  EXPECT_THAT(Peer(server.address()).ask(begin + "Content-Length: 100\r\n\r\n" + std::string(100, 'x')),
              EndsWith("hello"));
  EXPECT_THAT(Peer(server.address()).ask(begin + "Content-Length: 101\r\n\r\n" + std::string(101, 'x')),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Peer(server.address()).ask(begin + "Content-Length: 99999999999\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(
      Peer(server.address()).ask(begin + "Transfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'x') + "\r\n"),
      StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Peer(server.address()).ask(begin + "X-Long: " + std::string(1024, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Peer(server.address()).ask("GET /" + std::string(2000, 'x')), StartsWith("HTTP/1.1 431 "));
  std::string many;
  for (int i = 0; i < 200; ++i) many += fmt::format("X-{}: 1\r\n", i);
  EXPECT_THAT(Peer(server.address()).ask(begin + many), StartsWith("HTTP/1.1 431 "));
}

TEST(HttpServerFaults, CutsAHeaderThatTricklesIn) {
  HttpServer server({.listen = kLoopback, .header_timeout = 300ms});
  server.start();
  Peer peer(server.address());
  // Each byte comes well before any time-out of a single read; only the time of the whole can end this.
  const std::string header = "GET / HTTP/1.1\r\nX: " + std::string(2000, 'x');
  std::size_t sent = 0;
  while (sent < header.size() && !peer.closes(20) && peer.send(header.substr(sent, 1))) ++sent;
  EXPECT_LT(sent, header.size());
  EXPECT_THAT(peer.read_to_end(), StartsWith("HTTP/1.1 408 "));
}

TEST(HttpServerFaults, CutsABodyThatTricklesIn) {
  HttpServer server({.listen = kLoopback, .body_timeout = 300ms});
  server.route("POST", "/", hello);
  server.start();
  Peer peer(server.address());
  ASSERT_TRUE(peer.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000\r\n\r\n"));
  int sent = 0;
  while (sent < 2000 && !peer.closes(20) && peer.send("x")) ++sent;
  EXPECT_LT(sent, 2000);
  EXPECT_THAT(peer.read_to_end(), StartsWith("HTTP/1.1 408 "));
}

TEST(HttpServerFaults, ClosesWhatSaysNothing) {
  HttpServer server({.listen = kLoopback, .header_timeout = 200ms, .idle_timeout = 200ms});
  server.route("GET", "/", hello);
  server.start();
  Peer silent(server.address()), idle(server.address());
  EXPECT_THAT(idle.ask(kGet), EndsWith("hello"));
  EXPECT_TRUE(silent.closes(20'000));
  EXPECT_TRUE(idle.closes(20'000));
}

TEST(HttpServerFaults, CutsAReaderThatStallsAndAsksItsStreamForNoMore) {
  HttpServer server({.listen = kLoopback, .write_timeout = 200ms});
  Flag gone;
  std::atomic<int> asked = 0;
  server.route("GET", "/events", [&](const Request&) {
    return Response{.events = [&asked, end = at_end(gone)](const std::stop_token&) -> std::optional<std::string> {
      ++asked;
      return std::string(1 << 20, 'x');
    }};
  });
  server.route("GET", "/", hello);
  server.start();
  Peer stalled(server.address(), 4096);
  ASSERT_TRUE(stalled.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_THAT(Peer(server.address()).ask(kGet), EndsWith("hello"));
  EXPECT_TRUE(gone.wait());
  EXPECT_LT(asked, 100);  // what the system buffers, and no more
}

TEST(HttpServerFaults, CutsAReaderOfALongAnswerThatStalls) {
  Flag answered;
  HttpServer server(
      {.listen = kLoopback, .write_timeout = 200ms, .observe = [&](auto, auto, int, Nanos) { answered.set(); }});
  server.route("GET", "/", [](const Request&) { return Response{.body = std::string(64 << 20, 'x')}; });
  server.start();
  Peer stalled(server.address(), 4096);
  ASSERT_TRUE(stalled.send(kGet));
  EXPECT_TRUE(answered.wait());
}

TEST(HttpServerFaults, DestroysAStreamWhoseReaderIsGone) {
  HttpServer server({.listen = kLoopback});
  Flag gone;
  server.route("GET", "/", [&](const Request&) {
    return Response{
        .events = [end = at_end(gone), first = true](const std::stop_token&) mutable -> std::optional<std::string> {
          std::this_thread::yield();
          return std::exchange(first, false) ? "data: 1\n\n" : "";
        }};
  });
  server.start();
  {
    Peer reader(server.address());
    ASSERT_TRUE(reader.send(kGet));
    EXPECT_THAT(reader.read_until("data: 1\n\n"), HasSubstr("data: 1"));
  }
  EXPECT_TRUE(gone.wait());
}

TEST(HttpServerFaults, AStreamThatThrowsEndsAlone) {
  HttpServer server({.listen = kLoopback});
  server.route("GET", "/events", [](const Request&) {
    return Response{.events = [](const std::stop_token&) -> std::optional<std::string> { throw 7; }};
  });
  server.route("GET", "/", hello);
  server.start();
  Peer reader(server.address());
  ASSERT_TRUE(reader.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_THAT(reader.read_to_end(), EndsWith("\r\n\r\n"));
  EXPECT_THAT(Peer(server.address()).ask(kGet), EndsWith("hello"));
}

TEST(HttpServerFaults, MakesRoomByClosingWhoIdlesLongest) {
  HttpServer server({.listen = kLoopback, .most_connections = 20});
  server.route("GET", "/", hello);
  server.start();
  std::deque<Peer> peers;
  for (int i = 0; i < 20; ++i) EXPECT_THAT(peers.emplace_back(server.address()).ask(kGet), EndsWith("hello"));
  EXPECT_THAT(Peer(server.address()).ask(kGet), EndsWith("hello"));
  // That an answer has come does not say yet that its connection idles again, so it need not be the very first. But that
  // all of the first half are still busy when the second half has been served would be no accident.
  std::size_t closed = 0;
  while (closed < 10 && !peers[closed].closes(0)) ++closed;
  EXPECT_LT(closed, 10U);
}

TEST(HttpServerFaults, TurnsAwayWhoComesWhenAllAreBusy) {
  HttpServer server({.listen = kLoopback, .most_connections = 1});
  Flag entered, leave;
  server.route("GET", "/", [&](const Request& request) {
    entered.set();
    leave.wait();
    return hello(request);
  });
  server.start();
  Peer busy(server.address());
  ASSERT_TRUE(busy.send(kGet));
  ASSERT_TRUE(entered.wait());
  EXPECT_THAT(Peer(server.address()).read_to_end(), StartsWith("HTTP/1.1 503 "));
  leave.set();
  EXPECT_THAT(busy.read_answer(), EndsWith("hello"));
}

TEST(HttpServerFaults, AHundredThatIdleAndWaitTakeNothingFromOthers) {
  HttpServer server({.listen = kLoopback});
  std::latch waiting(50);
  Flag leave;
  server.route("GET", "/wait", [&](const Request& request) {
    waiting.count_down();
    leave.wait();
    return hello(request);
  });
  server.route("GET", "/", hello);
  server.start();
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 100; ++i) {
    peers.push_back(std::make_unique<Peer>(server.address()));
    if (i % 2 == 0)
      ASSERT_TRUE(peers.back()->send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    else
      EXPECT_THAT(peers.back()->ask(kGet), EndsWith("hello"));
  }
  waiting.wait();
  EXPECT_THAT(Peer(server.address()).ask(kGet), EndsWith("hello"));
  leave.set();
  for (int i = 0; i < 100; i += 2) EXPECT_THAT(peers[static_cast<std::size_t>(i)]->read_answer(), EndsWith("hello"));
}

TEST(HttpServerFaults, StopsWithStreamsIdleConnectionsAndHalfARequestOpen) {
  // Every time-out is far beyond the wait of the test: only the stop can end these.
  HttpServer server({.listen = kLoopback, .header_timeout = 1h, .body_timeout = 1h, .idle_timeout = 1h});
  server.route("GET", "/", hello);
  server.route("POST", "/", hello);
  server.route("GET", "/events", [](const Request&) {
    return Response{.events = [first = true](const std::stop_token& stop) mutable -> std::optional<std::string> {
      if (std::exchange(first, false)) return "data: 1\n\n";
      std::mutex mutex;
      std::condition_variable_any never;
      std::unique_lock lock(mutex);
      never.wait_for(lock, stop, 1h, [] { return false; });
      return "";
    }};
  });
  server.route("GET", "/wait", [](const Request& request) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, request.stop, 1h, [] { return false; });
    return Response{.body = "stopped"};
  });
  server.start();
  Peer idle(server.address()), half(server.address()), body(server.address()), stream(server.address()),
      wait(server.address());
  EXPECT_THAT(idle.ask(kGet), EndsWith("hello"));
  ASSERT_TRUE(half.send("GET / HT"));
  ASSERT_TRUE(body.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nab"));
  ASSERT_TRUE(stream.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_THAT(stream.read_until("data: 1\n\n"), HasSubstr("data: 1"));
  ASSERT_TRUE(wait.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  std::promise<void> stopped;
  std::thread stopping([&] {
    server.stop();
    server.stop();
    stopped.set_value();
  });
  EXPECT_EQ(stopped.get_future().wait_for(kLong), std::future_status::ready);
  stopping.join();
  for (Peer* peer : {&idle, &half, &body, &stream}) EXPECT_TRUE(peer->closes(20'000));
  // Its handler may not have begun when the stop came.
  EXPECT_THAT(wait.read_to_end(), AnyOf("", EndsWith("stopped")));
  EXPECT_FALSE(Peer(server.address()).connected());
}

TEST(HttpServerFaults, ManyAskAtOnceWhileItStops) {
  HttpServer server({.listen = kLoopback, .most_connections = 8});
  server.route("GET", "/", hello);
  server.start();
  const std::string address = server.address();
  std::atomic<int> answers = 0;
  std::vector<std::thread> askers;
  for (int i = 0; i < 8; ++i)
    askers.emplace_back([&] {
      for (int n = 0; n < 10'000; ++n) {
        Peer peer(address);
        if (!peer.connected()) return;
        if (peer.ask(kGet).ends_with("hello")) ++answers;
      }
    });
  while (answers < 20) std::this_thread::yield();
  server.stop();
  for (std::thread& asker : askers) asker.join();
  EXPECT_GE(answers, 20);
}

}  // namespace
}  // namespace assay::net
