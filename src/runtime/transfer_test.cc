// Transfers over io_uring. Where the kernel has none for us they are skipped, but for those of what happens then.
#include "runtime/loop.h"
#include "runtime/loop_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace assay::runtime {
namespace {

using namespace std::chrono_literals;
constexpr TimePoint kNever = TimePoint::max();

class Transfer : public testing::Test {
 protected:
  void SetUp() override {
    if (!Loop().can_transfer()) GTEST_SKIP() << "no io_uring for this process";
  }

  std::array<char, 64> room_{};
  std::string_view got(const Received& received) const {
    EXPECT_EQ(received.ready, Ready::ready);
    EXPECT_GE(received.size, 0);
    return {room_.data(), static_cast<std::size_t>(std::max(received.size, 0))};
  }
};

TEST_F(Transfer, sends_and_receives_what_comes_next) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair;
  loop.spawn([&] {
    for (const std::string_view said : {"one", "two", "three"})
      EXPECT_EQ(got(transfer(pair.fds[0], said, room_, kNever)), said);
    EXPECT_EQ(got(transfer(pair.fds[0], "", room_, kNever)), "more");
    forget(pair.fds[0]);
  });
  loop.spawn([&] {  // answers what it hears, waiting as others do
    for (int i = 0; i < 3; i++) {
      char heard[16];
      EXPECT_EQ(wait(pair.fds[1], Interest::read, kNever), Ready::ready);
      const ssize_t n = read(pair.fds[1], heard, sizeof heard);
      EXPECT_EQ(write(pair.fds[1], heard, static_cast<std::size_t>(n)), n);
    }
    EXPECT_EQ(sleep_until(real_clock().now() + 2ms), Ready::timed_out);
    EXPECT_EQ(write(pair.fds[1], "more", 4), 4);
    forget(pair.fds[1]);
  });
  loop.run();
}

TEST_F(Transfer, what_does_not_fit_is_there_for_the_next_one) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair;
  loop.spawn([&] {
    EXPECT_EQ(write(pair.fds[1], "abcd", 4), 4);
    EXPECT_EQ(got(transfer(pair.fds[0], "", {room_.data(), 3}, kNever)), "abc");
    EXPECT_EQ(got(transfer(pair.fds[0], "", room_, kNever)), "d");
    forget(pair.fds[0]);
  });
  loop.run();
}

TEST_F(Transfer, hundreds_of_fibers_at_once_are_more_than_the_ring_has_places) {
  constexpr int kFibers = 700;
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  std::vector<std::unique_ptr<Pair>> pairs;
  for (int i = 0; i < kFibers; i++) pairs.push_back(std::make_unique<Pair>());
  int done = 0;
  for (int i = 0; i < kFibers; i++)
    loop.spawn([&, i] {
      const int fd = pairs[static_cast<std::size_t>(i)]->fds[0];
      std::array<char, 16> room;
      for (int turn = 0; turn < 3; turn++) {
        const std::string said = std::to_string(i * 10 + turn);
        const Received received = transfer(fd, said, room, kNever);
        if (received.ready == Ready::ready &&
            std::string_view(room.data(), static_cast<std::size_t>(received.size)) == said)
          done++;
      }
      forget(fd);
    });
  std::thread echo([&] {
    std::vector<pollfd> all;
    for (const auto& pair : pairs) all.push_back({.fd = pair->fds[1], .events = POLLIN, .revents = 0});
    for (int answered = 0; answered < 3 * kFibers;) {
      if (poll(all.data(), all.size(), 20'000) <= 0) return;
      for (const pollfd& one : all) {
        char heard[16];
        if ((one.revents & POLLIN) == 0) continue;
        const ssize_t n = read(one.fd, heard, sizeof heard);
        if (n > 0 && write(one.fd, heard, static_cast<std::size_t>(n)) == n) answered++;
      }
    }
  });
  loop.run();
  echo.join();
  EXPECT_EQ(done, 3 * kFibers);
}

TEST_F(Transfer, ends_at_its_deadline_and_then_leaves_the_memory_alone) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair;
  loop.spawn([&] {
    const TimePoint start = real_clock().now();
    EXPECT_EQ(transfer(pair.fds[0], "x", room_, start + 50ms).ready, Ready::timed_out);
    EXPECT_GE(real_clock().now() - start, 50ms);
    EXPECT_EQ(write(pair.fds[1], "late", 4), 4);
    EXPECT_EQ(sleep_until(real_clock().now() + 5ms), Ready::timed_out);
    EXPECT_EQ(room_[0], 0);
    EXPECT_EQ(got(transfer(pair.fds[0], "", room_, kNever)), "late");
    forget(pair.fds[0]);
  });
  loop.run();
}

TEST_F(Transfer, ends_when_the_loop_is_cancelled) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair silent, other;
  int cancelled = 0;
  loop.spawn([&] {
    cancelled += transfer(silent.fds[0], "x", room_, kNever).ready == Ready::cancelled;
    cancelled += transfer(silent.fds[0], "x", room_, kNever).ready == Ready::cancelled;  // at once
  });
  loop.spawn([&] { cancelled += wait(other.fds[0], Interest::read, kNever) == Ready::cancelled; });
  loop.spawn([&] { cancelled += sleep_until(real_clock().now() + 1h) == Ready::cancelled; });
  std::thread asks([&] {
    std::this_thread::sleep_for(20ms);
    loop.cancel();
  });
  loop.run();
  asks.join();
  EXPECT_EQ(cancelled, 4);
}

TEST_F(Transfer, tells_of_what_the_peer_said_before_it_ended_and_of_the_end) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
  loop.spawn([&] {
    EXPECT_EQ(write(fds[1], "bye", 3), 3);
    close(fds[1]);
    EXPECT_EQ(got(transfer(fds[0], "what cannot be sent", room_, kNever)), "bye");
    EXPECT_EQ(got(transfer(fds[0], "", room_, kNever)), "");
    EXPECT_EQ(got(transfer(fds[0], "nor this", room_, kNever)), "");
    forget(fds[0]);
  });
  loop.run();
  close(fds[0]);
}

TEST_F(Transfer, a_send_that_fails_while_the_peer_is_there_is_an_error) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair(SOCK_SEQPACKET);
  const std::string larger_than_any_packet(8 << 20, 'x');
  loop.spawn([&] {
    const Received received = transfer(pair.fds[0], larger_than_any_packet, room_, kNever);
    EXPECT_EQ(received.ready, Ready::ready);
    EXPECT_EQ(received.size, -EMSGSIZE);
    forget(pair.fds[0]);
  });
  loop.run();
}

TEST_F(Transfer, sends_all_of_it_while_answers_come) {
  // The peer takes a piece at a time and answers each with one byte, so both sides are under way at once.
  const std::string much(3 << 20, 'x');
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair;
  std::size_t heard = 0;
  std::thread peer([&] {
    std::vector<char> piece(10'000);
    while (heard < much.size()) {
      pollfd one{.fd = pair.fds[1], .events = POLLIN, .revents = 0};
      if (poll(&one, 1, 20'000) <= 0) return;
      const ssize_t n = read(pair.fds[1], piece.data(), piece.size());
      if (n > 0) heard += static_cast<std::size_t>(n);
      EXPECT_EQ(write(pair.fds[1], heard < much.size() ? "." : "!", 1), 1);
    }
  });
  loop.spawn([&] {
    std::string_view unsent = much;
    for (char last = '.'; last != '!';) {
      const std::string_view answer =
          got(transfer(pair.fds[0], std::exchange(unsent, {}), room_, real_clock().now() + 20s));
      if (answer.empty()) break;
      last = answer.back();
    }
    forget(pair.fds[0]);
  });
  loop.run();
  peer.join();
  EXPECT_EQ(heard, much.size());
}

TEST_F(Transfer, forget_ends_a_send_that_is_still_under_way) {
  // Answered before all of it was taken: the memory is ours again only then.
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair;
  loop.spawn([&] {
    auto much = std::make_unique<std::string>(8 << 20, 'x');
    EXPECT_EQ(write(pair.fds[1], "no", 2), 2);
    EXPECT_EQ(got(transfer(pair.fds[0], *much, room_, kNever)), "no");
    forget(pair.fds[0]);
    much->assign(much->size(), 'y');
    std::string heard(1 << 16, 0);
    for (;;) {
      const ssize_t n = read(pair.fds[1], heard.data(), heard.size());
      if (n <= 0) break;
      EXPECT_EQ(std::string_view(heard.data(), static_cast<std::size_t>(n)).find('y'), std::string_view::npos);
      sleep_until(real_clock().now() + 1ms);
    }
  });
  loop.run();
}

TEST_F(Transfer, a_descriptor_that_epoll_knows_is_told_of_once) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair;
  loop.spawn([&] {
    EXPECT_EQ(wait(pair.fds[0], Interest::read, real_clock().now() + 1ms), Ready::timed_out);  // stays registered
    for (int i = 0; i < 3; i++) {
      EXPECT_EQ(write(pair.fds[1], "x", 1), 1);
      EXPECT_EQ(got(transfer(pair.fds[0], "", room_, kNever)), "x");
    }
    EXPECT_EQ(write(pair.fds[1], "y", 1), 1);
    EXPECT_EQ(wait(pair.fds[0], Interest::read, kNever), Ready::ready);
    forget(pair.fds[0]);
  });
  loop.run();
}

TEST_F(Transfer, posted_actions_and_alarms_run_while_only_transfers_are_waited_for) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair;
  bool rang = false;
  Alarm alarm;
  alarm.at = real_clock().now() + 2ms;
  alarm.fire = [&] {
    rang = true;
    alarm.at = TimePoint::max();
  };
  loop.add_alarm(alarm);
  loop.spawn([&] {
    EXPECT_EQ(got(transfer(pair.fds[0], "", room_, kNever)), "posted");
    forget(pair.fds[0]);
  });
  std::thread posts([&] {
    std::this_thread::sleep_for(20ms);
    loop.post([&] { EXPECT_EQ(write(pair.fds[1], "posted", 6), 6); });
  });
  loop.run();
  posts.join();
  EXPECT_TRUE(rang);
}

TEST(NoTransfer, on_a_thread_and_where_the_loop_or_the_environment_does_without) {
  EXPECT_FALSE(can_transfer());
  Loop without(real_clock(), Loop::Transfers::none);
  without.spawn([] { EXPECT_FALSE(can_transfer()); });
  without.run();
  setenv("ASSAY_IO_URING", "off", 1);
  Loop asked;
  unsetenv("ASSAY_IO_URING");
  asked.spawn([] { EXPECT_FALSE(can_transfer()); });
  asked.run();
}

TEST(NoTransfer, where_the_kernel_or_a_sandbox_has_no_io_uring) {
  EXPECT_EXIT(
      {
        take_system_call_away(SYS_io_uring_setup);
        Loop loop;
        bool can = true;
        loop.spawn([&] { can = can_transfer() || can_transfer(); });
        loop.run();
        _exit(can ? 1 : 0);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace assay::runtime
