// What a direct exchange makes of a server that answers in pieces, ends in the middle, or says what cannot be understood: a
// scripted peer, since no real server can be made to. What a real one does is in direct_livetest.cc and the conformance
// suite.
#include "drivers/postgres/direct.h"

#include "drivers/postgres/postgres.h"
#include "drivers/postgres/scripted_peer_fixture.h"
#include "runtime/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>

namespace assay::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using End = Reply::End;

enum { kGet, kAdd };
constexpr StatementId id(int i) { return static_cast<StatementId>(i); }
const StatementTable kStatements = {{.name = "get", .text = "select v from t where k = $1", .read_only = true},
                                    {.name = "add", .text = "update t set v = $1"}};
const Value kKey[] = {std::int64_t{1}};

const std::string kReady = server_message('Z', "I"), kBound = server_message('2');
/// One parameter and one column, both of type int4.
const std::string kPrepared =
    server_message('1') + server_message('t', std::string_view("\0\1\0\0\0\x17", 6)) +
    server_message('T', std::string_view("\0\1v\0\0\0\0\0\0\0\0\0\0\x17\0\4\xff\xff\xff\xff\0\0", 22)) + kReady;
const std::string kSeven = server_message('D', std::string_view("\0\1\0\0\0\4\0\0\0\7", 10));
const std::string kOneRow = server_message('C', std::string_view("SELECT 1\0", 9));
const std::string kAnswer = kBound + kSeven + kOneRow + kReady;
/// To libpq, which has it parsed and described.
const std::string kDescribedAnswer =
    server_message('1') + kBound +
    server_message('T', std::string_view("\0\1v\0\0\0\0\0\0\0\0\0\0\x17\0\4\xff\xff\xff\xff\0\1", 22)) +
    kAnswer.substr(kBound.size());
const std::string kTerminated = server_message('E', std::string_view("SFATAL\0VFATAL\0C57P01\0Mterminating\0\0", 35));
const std::string kNotice = server_message('N', std::string_view("SNOTICE\0C00000\0Mhello\0\0", 23));

/// A session with its peer.
struct Talk {
  explicit Talk(std::vector<Reply> script, std::string_view more = "", Nanos timeout = std::chrono::seconds(20))
      : peer(std::move(script)),
        target(postgres_driver().open({.url = peer.url(more),
                                       .options = Options(postgres_driver().info().options),
                                       .operation_timeout = timeout})) {
    auto connected = target->connect();
    if (!connected) throw std::runtime_error(connected.error().message);
    session = std::move(*connected);
    session->query()->declare(kStatements);
  }
  QueryFacet& query() { return *session->query(); }
  Result<const ResultSet*> get() { return query().execute(id(kGet), kKey); }
  Result<const ResultSet*> add() { return query().execute(id(kAdd), kKey); }
  const std::vector<std::string>& requests() {
    session.reset();
    return peer.requests();
  }

  ScriptedPeer peer;
  std::unique_ptr<Target> target;
  std::unique_ptr<Session> session;
};

/// A thread asks whether something is there, a fiber is told when something comes, by epoll or with the bytes: three ways to
/// miss the end of a peer.
void on_a_thread_and_on_fibers(const std::function<void()>& test) {
  test();
  for (const auto transfers : {runtime::Loop::Transfers::none, runtime::Loop::Transfers::automatic}) {
    if (testing::Test::HasFailure()) return;
    runtime::Loop loop(real_clock(), transfers);
    loop.spawn(test);
    loop.run();
  }
}

TEST(DirectExchange, AsksForNoDescriptionAndLibpqDoes) {
  Talk direct({{kPrepared}, {kAnswer}});
  ASSERT_TRUE(direct.get());
  EXPECT_THAT(direct.requests(), ElementsAre("PDS", "BES"));
  const std::string described =
      kBound + server_message('T', std::string_view("\0\1v\0\0\0\0\0\0\0\0\0\0\x17\0\4\xff\xff\xff\xff\0\1", 22)) +
      kAnswer.substr(kBound.size());
  Talk libpq({{kPrepared}, {described}}, "&exchange=libpq");
  const auto seven = libpq.get();
  ASSERT_TRUE(seven) << seven.error().message;
  EXPECT_EQ((*seven)->integer(0, 0), 7);
  EXPECT_THAT(libpq.requests(), ElementsAre("PDS", "BDES"));
}

TEST(DirectExchange, AnAnswerMayComeByteAfterByte) {
  on_a_thread_and_on_fibers([] {
    Talk talk({{kPrepared}, {.bytes = kNotice + kAnswer, .bytewise = true}, {kAnswer}});
    for (int i = 0; i < 2; i++) {
      const auto seven = talk.get();
      ASSERT_TRUE(seven) << seven.error().message;
      ASSERT_EQ((*seven)->size(), 1u);
      EXPECT_EQ((*seven)->integer(0, 0), 7);
    }
  });
}

TEST(DirectExchange, AnAnswerMayFillTheBufferOrBeMuchLarger) {
  on_a_thread_and_on_fibers([] {
    for (const std::size_t size : {8190, 8191, 8192, 8193, 8194, 16384, 100'000}) {
      std::string bytes;
      while (bytes.size() + 2 * kNotice.size() + kAnswer.size() <= size) bytes += kNotice;
      // The last notice has as many bytes more as are missing.
      std::string last = "SNOTICE" + std::string(1, 0) + "C00000" + std::string(1, 0) + "M";
      last += std::string(size - bytes.size() - kAnswer.size() - last.size() - 7, 'x') + std::string(2, 0);
      bytes += server_message('N', last) + kAnswer;
      ASSERT_EQ(bytes.size(), size);
      Talk talk({{kPrepared}, {bytes}, {.bytes = bytes, .end = End::close}});
      for (int i = 0; i < 2; i++) {
        const auto seven = talk.get();
        ASSERT_TRUE(seven) << size << ": " << seven.error().message;
        EXPECT_EQ((*seven)->integer(0, 0), 7);
      }
      // Whether the end was seen with the answer or comes now: what cannot have reached the server is not in doubt when that
      // is known.
      const auto gone = talk.add();
      ASSERT_FALSE(gone);
      EXPECT_EQ(gone.error().kind, FailureKind::disconnected);
    }
  });
}

/// From now on the kernel keeps as little as it can of what the program sends to this port.
void shrink_send_buffer(int port) {
  for (int fd = 3; fd < 1000; fd++) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0 || ntohs(peer.sin_port) != port) continue;
    const int least = 1;
    EXPECT_EQ(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof least), 0);
  }
}

TEST(DirectExchange, WhatTheSocketHasNoRoomForIsSentWhenItHas) {
  on_a_thread_and_on_fibers([] {
    const std::string long_text(12'000, 'x');
    const Value parameter[] = {std::string_view(long_text)};
    const std::string prepared =
        server_message('1') + server_message('t', std::string_view("\0\1\0\0\0\x19", 6)) + server_message('n') + kReady;
    const std::string done = kBound + server_message('C', std::string_view("UPDATE 1\0", 9)) + kReady;
    Talk talk({{prepared}, {done}, {.bytes = done, .before = true}, {.bytes = done, .before = true}, {done}, {done}});
    ASSERT_TRUE(talk.query().execute(id(kAdd), parameter));
    shrink_send_buffer(talk.peer.port());
    for (int i = 0; i < 4; i++) {
      const auto well = talk.query().execute(id(kAdd), parameter);
      ASSERT_TRUE(well) << well.error().message;
    }
    EXPECT_THAT(talk.requests(), ElementsAre("PDS", "BES", "BES", "BES", "BES", "BES"));
  });
}

TEST(DirectExchange, AServerThatEndsWithinAnAnswerLosesTheSessionAndLeavesAWriteInDoubt) {
  on_a_thread_and_on_fibers([] {
    for (std::size_t cut = 0; cut < kAnswer.size(); cut += 3)
      for (const End end : {End::close, End::reset}) {
        Talk reading({{kPrepared}, {.bytes = kAnswer.substr(0, cut), .end = end}});
        const auto read = reading.get();
        ASSERT_FALSE(read) << cut;
        EXPECT_EQ(read.error().kind, FailureKind::disconnected);
        EXPECT_THAT(read.error().message, HasSubstr("lost the connection to PostgreSQL at 127.0.0.1"));
        EXPECT_FALSE(read.error().in_doubt);
        EXPECT_FALSE(reading.get());  // and stays lost

        Talk writing({{kPrepared}, {.bytes = kAnswer.substr(0, cut), .end = end}});
        const auto wrote = writing.add();
        ASSERT_FALSE(wrote) << cut;
        EXPECT_EQ(wrote.error().kind, FailureKind::disconnected);
        EXPECT_TRUE(wrote.error().in_doubt);
      }
  });
}

TEST(DirectExchange, WhatTheServerSaysLastIsTheReason) {
  on_a_thread_and_on_fibers([] {
    Talk talk({{kPrepared}, {.bytes = kBound + kTerminated, .end = End::close}});
    const auto added = talk.add();
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().kind, FailureKind::disconnected);
    EXPECT_EQ(added.error().native_code, "57P01");
    EXPECT_EQ(added.error().message, "terminating");
    EXPECT_TRUE(added.error().in_doubt);
  });
}

TEST(DirectExchange, AnEndBehindAnAnswerIsFoundByTheNextExchangeWhoeverReadIt) {
  on_a_thread_and_on_fibers([] {
    // Read by libpq; it is found when the direct exchange that follows fails.
    Talk before({{.bytes = kPrepared + kTerminated, .end = End::close}});
    const auto first = before.add();
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().native_code, "57P01") << first.error().message;
    EXPECT_FALSE(first.error().in_doubt);
    // Read by a direct exchange, before another one and before libpq.
    for (const bool by_libpq : {false, true}) {
      Talk behind({{kPrepared}, {.bytes = kAnswer + kTerminated, .end = End::close}});
      ASSERT_TRUE(behind.add());
      const auto next = by_libpq ? behind.query().run("update t set v = 1") : behind.add();
      ASSERT_FALSE(next);
      EXPECT_EQ(next.error().kind, FailureKind::disconnected);
      EXPECT_EQ(next.error().native_code, "57P01") << next.error().message;
      EXPECT_FALSE(next.error().in_doubt);
    }
  });
}

/// What comes while nobody asks is known before something is sent, where the loop receives it.
TEST(DirectExchange, WhatAServerSaidWhileNobodyAskedIsFoundBeforeAnythingIsSent) {
  runtime::Loop loop;
  if (!loop.can_transfer()) GTEST_SKIP() << "no io_uring for this process";
  loop.spawn([] {
    const auto idle = [] { runtime::sleep_until(real_clock().now() + std::chrono::milliseconds(60)); };
    for (const bool by_libpq : {false, true}) {
      Talk told({{kPrepared}, {.bytes = kAnswer, .end = End::close, .later = kNotice + kTerminated}});
      ASSERT_TRUE(told.add());
      idle();
      const auto next = by_libpq ? told.query().run("update t set v = 1") : told.add();
      ASSERT_FALSE(next);
      EXPECT_EQ(next.error().kind, FailureKind::disconnected);
      EXPECT_EQ(next.error().native_code, "57P01") << next.error().message;
      EXPECT_FALSE(next.error().in_doubt);
      EXPECT_THAT(told.requests(), ElementsAre("PDS", "BES"));

      Talk noted({{kPrepared},
                  {.bytes = kAnswer, .later = kNotice + kNotice},
                  {by_libpq ? kDescribedAnswer : kAnswer},
                  {kAnswer}});
      ASSERT_TRUE(noted.get());
      idle();
      const auto seven = by_libpq ? noted.query().run("select 7") : noted.get();
      ASSERT_TRUE(seven) << seven.error().message;
      EXPECT_EQ((*seven)->integer(0, 0), 7);
      EXPECT_EQ((*noted.get())->integer(0, 0), 7);
    }
    std::string many;  // more than the buffer holds
    for (int i = 0; i < 1000; i++) many += kNotice;
    for (const std::string& later : {std::string(), kNotice.substr(0, 9), many + kTerminated.substr(0, 9)})
      for (const bool by_libpq : {false, true})
        for (const End end : {End::close, End::reset}) {
          Talk gone({{kPrepared}, {.bytes = kAnswer, .end = end, .later = later}});
          ASSERT_TRUE(gone.add());
          idle();
          const auto next = by_libpq ? gone.query().run("update t set v = 1") : gone.add();
          ASSERT_FALSE(next);
          EXPECT_EQ(next.error().kind, FailureKind::disconnected);
          EXPECT_THAT(next.error().message, HasSubstr("lost the connection to PostgreSQL at 127.0.0.1"));
          EXPECT_FALSE(next.error().in_doubt) << later.size() << by_libpq;
          EXPECT_THAT(gone.requests(), ElementsAre("PDS", "BES"));
        }
    Talk told_much({{kPrepared}, {.bytes = kAnswer, .end = End::close, .later = many + kTerminated}});
    ASSERT_TRUE(told_much.add());
    idle();
    EXPECT_EQ(told_much.add().error().native_code, "57P01");
  });
  loop.run();
}

TEST(DirectExchange, MessagesBehindAnAnswerDoNotDisturbWhatFollows) {
  on_a_thread_and_on_fibers([] {
    for (const bool by_libpq : {false, true}) {
      Talk talk({{kPrepared}, {kAnswer + kNotice}, {by_libpq ? kDescribedAnswer : kAnswer}, {kAnswer}});
      ASSERT_TRUE(talk.get());
      const auto next = by_libpq ? talk.query().run("select 7") : talk.get();
      ASSERT_TRUE(next) << next.error().message;
      EXPECT_EQ((*next)->integer(0, 0), 7);
      EXPECT_EQ((*talk.get())->integer(0, 0), 7);
    }
  });
}

TEST(DirectExchange, AMessageThatIsHalfThereBehindAnAnswerIsWaitedForBeforeLibpqReads) {
  on_a_thread_and_on_fibers([] {
    // Its other half never comes: the operation's time-out ends the wait, and nothing was sent.
    Talk talk({{kPrepared}, {kAnswer + kNotice.substr(0, 9)}}, "", std::chrono::milliseconds(200));
    ASSERT_TRUE(talk.get());
    const auto next = talk.query().run("update t set v = 1");
    ASSERT_FALSE(next);
    EXPECT_EQ(next.error().kind, FailureKind::timeout);
    EXPECT_FALSE(next.error().in_doubt);
    EXPECT_THAT(talk.requests(), ElementsAre("PDS", "BES"));
  });
}

TEST(DirectExchange, AnAnswerThatCannotBeUnderstoodLosesTheSessionAndSaysWhatWasFound) {
  const std::string two_cells = server_message('D', std::string_view("\0\2\0\0\0\4\0\0\0\7\xff\xff\xff\xff", 14));
  const std::string long_cell = server_message('D', std::string_view("\0\1\0\0\0\5\0\0\0\7", 10));
  const std::string trailing = server_message('D', std::string_view("\0\1\0\0\0\4\0\0\0\7more", 14));
  const std::pair<std::string, const char*> cases[] = {
      {"HTTP/1.1 400 Bad Request", "cannot understand what PostgreSQL at 127.0.0.1"},
      {kSeven + kOneRow + kReady, "behind 0 of 1 answers"},
      {kReady, "behind 0 of 1 statements"},
      {kBound + two_cells + kOneRow + kReady, "found 2 cells in 14 bytes, expected 1 cells"},
      {kBound + long_cell + kOneRow + kReady, "cannot be understood"},
      {kBound + trailing + kOneRow + kReady, "cannot be understood"},
  };
  for (const auto& [bytes, expected] : cases) {
    Talk talk({{kPrepared}, {bytes}});
    const auto got = talk.get();
    ASSERT_FALSE(got) << expected;
    EXPECT_EQ(got.error().kind, FailureKind::disconnected);
    EXPECT_THAT(got.error().message, HasSubstr(expected));
    EXPECT_FALSE(talk.get());
  }
  Talk behind({{kPrepared}, {kAnswer + kReady}});
  ASSERT_TRUE(behind.get());
  const auto next = behind.get();
  ASSERT_FALSE(next);
  EXPECT_THAT(next.error().message, HasSubstr("what nothing was asked for"));
}

TEST(DirectExchange, InABatchACommitIsInDoubtUntilItsAnswerAndNotBehindAFailure) {
  on_a_thread_and_on_fibers([] {
    const std::string parsed = server_message('1');
    const auto done = [](std::string_view tag) { return server_message('C', std::string(tag) + '\0'); };
    const std::string begun = parsed + kBound + done("BEGIN"), added = kBound + done("UPDATE 1"),
                      committed = parsed + kBound + done("COMMIT");
    const std::string refused = server_message('E', std::string_view("SERROR\0VERROR\0C40001\0Mno\0\0", 26));
    const struct {
      std::string bytes;
      bool in_doubt;
    } cases[] = {{begun, true}, {begun + added, true}, {begun + added + committed, false}, {begun + refused, false}};
    for (const auto& one : cases) {
      Talk talk({{kPrepared}, {.bytes = one.bytes, .end = End::close}});
      talk.query().enqueue_begin({});
      talk.query().enqueue(id(kAdd), kKey);
      talk.query().enqueue_commit();
      const auto flushed = talk.query().flush();
      ASSERT_FALSE(flushed);
      EXPECT_EQ(flushed.error().kind, FailureKind::disconnected) << flushed.error().message;
      EXPECT_EQ(flushed.error().in_doubt, one.in_doubt) << ::testing::PrintToString(one.bytes);
      EXPECT_THAT(talk.requests(), ElementsAre("PDS", "PBEBEPBES"));
    }
  });
}

TEST(DirectExchange, WhatAStoppedRunDoesNotSendIsNotInDoubt) {
  runtime::Loop loop;
  if (!loop.can_transfer()) GTEST_SKIP() << "no io_uring for this process";
  loop.spawn([&] {
    Talk talk({{kPrepared}, {kAnswer}, {kAnswer}});
    ASSERT_TRUE(talk.add());
    loop.cancel();
    while (!loop.cancelled()) runtime::yield();
    const auto never = talk.add();
    ASSERT_FALSE(never);
    EXPECT_EQ(never.error().kind, FailureKind::cancelled);
    EXPECT_FALSE(never.error().in_doubt);
    EXPECT_THAT(talk.requests(), ElementsAre("PDS", "BES"));
  });
  loop.run();
}

TEST(DirectExchange, ASilentServerTimesOut) {
  on_a_thread_and_on_fibers([] {
    Talk talk({{kPrepared}, {kBound + kSeven}}, "", std::chrono::milliseconds(200));
    const auto got = talk.add();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, FailureKind::timeout);
    EXPECT_TRUE(got.error().in_doubt);
  });
}

}  // namespace
}  // namespace assay::postgres
