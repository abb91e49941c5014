// Transfers over io_uring. Where the kernel has none for us they are skipped, but for those of what happens then.
#include "runtime/loop.h"
#include "runtime/loop_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <sys/syscall.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
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

/// Whether some epoll of this process watches the descriptor: proc(5), /proc/PID/fdinfo.
bool watched_by_epoll(int fd) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
    std::ifstream about(entry.path());
    for (std::string word; about >> word;)
      if (int watched = -1; word == "tfd:" && about >> watched && watched == fd) return true;
  }
  return false;
}

/// Else each piece that the ring takes makes the epoll ready, for nothing: a wake-up and two system calls.
TEST_F(Transfer, what_was_waited_for_before_is_the_rings_alone) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair;
  loop.spawn([&] {
    EXPECT_EQ(write(pair.fds[1], "1", 1), 1);
    EXPECT_EQ(wait(pair.fds[0], Interest::news, kNever), Ready::ready);
    EXPECT_TRUE(watched_by_epoll(pair.fds[0]));
    EXPECT_EQ(got(transfer(pair.fds[0], "", room_, kNever)), "1");
    EXPECT_FALSE(watched_by_epoll(pair.fds[0]));
    EXPECT_EQ(wait(pair.fds[0], Interest::write, kNever), Ready::ready);  // to send what is long
    EXPECT_TRUE(watched_by_epoll(pair.fds[0]));
    EXPECT_EQ(write(pair.fds[1], "2", 1), 1);
    EXPECT_EQ(got(transfer(pair.fds[0], "", room_, kNever)), "2");
    EXPECT_FALSE(watched_by_epoll(pair.fds[0]));
    forget(pair.fds[0]);
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

/// The answer of a transfer that suspends is awaited by the ring, which receives what else comes in the same turn.
TEST_F(Transfer, what_comes_between_two_is_answered_by_the_next_before_it_sends) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair;
  loop.spawn([&] {
    char heard[16];
    EXPECT_FALSE(has_come(pair.fds[0]));
    EXPECT_EQ(write(pair.fds[1], "1", 1), 1);
    EXPECT_EQ(got(transfer(pair.fds[0], "", room_, kNever)), "1");
    EXPECT_FALSE(has_come(pair.fds[0]));
    for (const std::string_view said : {"two", "three"}) {
      EXPECT_EQ(write(pair.fds[1], said.data(), said.size()), static_cast<ssize_t>(said.size()));
      EXPECT_EQ(sleep_until(real_clock().now() + 2ms), Ready::timed_out);
    }
    EXPECT_TRUE(has_come(pair.fds[0]));
    const Received first = transfer(pair.fds[0], "question", {room_.data(), 5}, kNever);
    EXPECT_EQ(got(first), "twoth");
    EXPECT_EQ(first.unsent, 8u);
    EXPECT_TRUE(has_come(pair.fds[0]));
    EXPECT_EQ(got(transfer(pair.fds[0], "", room_, kNever)), "ree");
    EXPECT_FALSE(has_come(pair.fds[0]));
    EXPECT_EQ(read(pair.fds[1], heard, sizeof heard), -1);
    EXPECT_EQ(write(pair.fds[1], "bye", 3), 3);
    shutdown(pair.fds[1], SHUT_WR);
    EXPECT_EQ(sleep_until(real_clock().now() + 2ms), Ready::timed_out);
    EXPECT_EQ(got(transfer(pair.fds[0], "", room_, kNever)), "bye");
    EXPECT_TRUE(has_come(pair.fds[0]));
    EXPECT_EQ(got(transfer(pair.fds[0], "", room_, kNever)), "");
    EXPECT_FALSE(has_come(pair.fds[0]));
    EXPECT_EQ(got(transfer(pair.fds[0], "", room_, kNever)), "");  // and again
    forget(pair.fds[0]);
  });
  loop.run();
}

TEST_F(Transfer, what_nobody_takes_makes_the_peer_wait_and_is_all_there_later) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair;
  std::size_t sent = 0;
  const auto letter = [](std::size_t i) { return static_cast<char>('a' + (i / 7) % 26); };
  loop.spawn([&] {
    EXPECT_EQ(transfer(pair.fds[0], "", room_, real_clock().now() + 1ms).ready, Ready::timed_out);
    for (int idle = 0; idle < 20;) {
      char some[5000];
      for (std::size_t i = 0; i < sizeof some; i++) some[i] = letter(sent + i);
      const ssize_t n = write(pair.fds[1], some, sizeof some);
      sent += static_cast<std::size_t>(std::max<ssize_t>(n, 0));
      ASSERT_LT(sent, std::size_t{8} << 20);
      idle = n > 0 ? 0 : idle + 1;
      if (n <= 0) sleep_until(real_clock().now() + 2ms);
    }
    EXPECT_GT(sent, std::size_t{1} << 20);
    std::vector<char> room(100'000);
    for (std::size_t got = 0; got < sent;) {
      const Received received = transfer(pair.fds[0], "", room, real_clock().now() + 10s);
      ASSERT_EQ(received.ready, Ready::ready);
      ASSERT_GT(received.size, 0);
      for (int i = 0; i < received.size; i++) ASSERT_EQ(room[static_cast<std::size_t>(i)], letter(got++));
    }
    EXPECT_EQ(transfer(pair.fds[0], "", room_, real_clock().now() + 1ms).ready, Ready::timed_out);
    forget(pair.fds[0]);
  });
  loop.run();
}

TEST_F(Transfer, more_may_come_at_once_than_the_ring_has_memory_for) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  std::vector<std::unique_ptr<Pair>> pairs;
  std::vector<std::size_t> sent(40), heard(40);
  for (std::size_t i = 0; i < sent.size(); i++) {
    pairs.push_back(std::make_unique<Pair>());
    const std::string letters(5000, static_cast<char>('A' + i));
    for (ssize_t n = 0; (n = write(pairs[i]->fds[1], letters.data(), letters.size())) > 0;)
      sent[i] += static_cast<std::size_t>(n);
    ASSERT_GT(sent[i], 100'000u);
    loop.spawn([&, i] {
      std::vector<char> room(10'000);
      while (heard[i] < sent[i]) {
        const Received received = transfer(pairs[i]->fds[0], "", room, real_clock().now() + 20s);
        ASSERT_EQ(received.ready, Ready::ready);
        ASSERT_GT(received.size, 0);
        for (int at = 0; at < received.size; at++)
          ASSERT_EQ(room[static_cast<std::size_t>(at)], 'A' + static_cast<int>(i));
        heard[i] += static_cast<std::size_t>(received.size);
        yield();
      }
      forget(pairs[i]->fds[0]);
    });
  }
  loop.run();
  EXPECT_EQ(heard, sent);
}

TEST_F(Transfer, what_a_forgotten_descriptor_left_is_nothing_to_the_next_of_its_number) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  int first = -1;
  for (int run = 0; run < 2; run++) {
    loop.spawn([&] {
      for (int i = 0; i < 4; i++) {
        Pair pair;
        if (first < 0) first = pair.fds[0];
        ASSERT_EQ(pair.fds[0], first);
        EXPECT_FALSE(has_come(first));
        EXPECT_EQ(write(pair.fds[1], "new", 3), 3);
        EXPECT_EQ(got(transfer(first, "", room_, real_clock().now() + 20s)), "new");
        EXPECT_EQ(write(pair.fds[1], "old", 3), 3);
        if (i % 2 == 0) shutdown(pair.fds[1], SHUT_WR);
        EXPECT_EQ(sleep_until(real_clock().now() + 2ms), Ready::timed_out);
        EXPECT_TRUE(has_come(first));
        if (i < 3) forget(first);  // the last one leaves it to the end of the loop
      }
    });
    loop.run();
  }
}

TEST_F(Transfer, an_end_that_comes_before_others_read_is_told) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair;
  loop.spawn([&] {
    EXPECT_EQ(write(pair.fds[1], "one", 3), 3);
    EXPECT_EQ(got(transfer(pair.fds[0], "", room_, kNever)), "one");
    EXPECT_EQ(write(pair.fds[1], "two", 3), 3);
    shutdown(pair.fds[1], SHUT_WR);
    EXPECT_EQ(sleep_until(real_clock().now() + 2ms), Ready::timed_out);
    EXPECT_EQ(end_transfers(pair.fds[0]), "two");
    EXPECT_TRUE(has_come(pair.fds[0]));
    EXPECT_EQ(got(transfer(pair.fds[0], "", room_, kNever)), "");
    EXPECT_FALSE(has_come(pair.fds[0]));
    forget(pair.fds[0]);
  });
  loop.run();
}

TEST_F(Transfer, after_the_end_of_transfers_others_read) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair;
  loop.spawn([&] {
    char heard[16];
    EXPECT_EQ(end_transfers(pair.fds[0]), "");  // there were none
    for (int i = 0; i < 3; i++) {
      EXPECT_EQ(write(pair.fds[1], "one", 3), 3);
      EXPECT_EQ(got(transfer(pair.fds[0], "", room_, kNever)), "one");
      EXPECT_EQ(write(pair.fds[1], "two", 3), 3);
      if (i == 2) sleep_until(real_clock().now() + 2ms);
      std::string all = end_transfers(pair.fds[0]);
      EXPECT_EQ(write(pair.fds[1], "three", 5), 5);
      EXPECT_EQ(wait(pair.fds[0], Interest::read, real_clock().now() + 10s), Ready::ready);
      for (ssize_t n = 0; (n = read(pair.fds[0], heard, sizeof heard)) > 0;)
        all.append(heard, static_cast<std::size_t>(n));
      EXPECT_EQ(all, "twothree");
      EXPECT_EQ(end_transfers(pair.fds[0]), "");
    }
    forget(pair.fds[0]);
  });
  loop.run();
  EXPECT_EQ(end_transfers(pair.fds[0]), "");  // on a thread
}

TEST_F(Transfer, a_forgotten_descriptor_that_is_closed_is_closed_for_its_peer) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair;
  loop.spawn([&] {
    int fds[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    EXPECT_EQ(transfer(fds[0], "", room_, real_clock().now() + 1ms).ready, Ready::timed_out);
    forget(fds[0]);
    close(fds[0]);
    EXPECT_EQ(wait(fds[1], Interest::read, real_clock().now() + 10s), Ready::ready);
    char heard = 0;
    EXPECT_EQ(read(fds[1], &heard, 1), 0);
    forget(fds[1]);
    close(fds[1]);
    EXPECT_EQ(transfer(pair.fds[0], "", room_, real_clock().now() + 1ms).ready, Ready::timed_out);
  });
  loop.run();
  // Nothing is received behind the last fiber.
  EXPECT_EQ(write(pair.fds[1], "late", 4), 4);
  EXPECT_EQ(read(pair.fds[0], room_.data(), room_.size()), 4);
  // The kernel has let go of it, although the loop is there.
  close(std::exchange(pair.fds[0], -1));
  EXPECT_EQ(send(pair.fds[1], "x", 1, MSG_NOSIGNAL), -1);
}

TEST_F(Transfer, hundreds_of_fibers_at_once_are_more_than_the_ring_has_places) {
  constexpr int kFibers = 700;
  let_open_many_files();
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
    EXPECT_EQ(got(transfer(pair.fds[0], "", room_, real_clock().now() + 10s)), "late");
    forget(pair.fds[0]);
  });
  Pair silent;
  loop.spawn([&] {  // so that the ring is looked at all the time
    char room = 0;
    EXPECT_EQ(transfer(silent.fds[0], "", {&room, 1}, real_clock().now() + 400ms).ready, Ready::timed_out);
    forget(silent.fds[0]);
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
    const std::string_view lost = "what cannot be sent";
    std::string heard;
    Received received{Ready::ready, -EAGAIN, 0};
    for (int i = 0; i < 3 && received.size != 0; i++) {  // not to be sent may be told before what was said
      received = transfer(fds[0], i == 0 ? lost : "", room_, kNever);
      EXPECT_EQ(received.ready, Ready::ready);
      EXPECT_EQ(received.unsent, i == 0 ? lost.size() : 0);
      if (received.size > 0) heard.append(room_.data(), static_cast<std::size_t>(received.size));
    }
    EXPECT_EQ(heard, "bye");
    EXPECT_EQ(received.size, 0);
    EXPECT_EQ(transfer(fds[0], "nor this", room_, kNever).unsent, 8u);
    forget(fds[0]);
  });
  loop.run();
  close(fds[0]);
}

TEST_F(Transfer, a_send_that_fails_while_the_peer_is_there_ends_the_transfer) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair(SOCK_SEQPACKET);
  const int least = 1;
  ASSERT_EQ(setsockopt(pair.fds[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least), 0);
  const std::string larger_than_any_packet(kMostSentByTransfer, 'x');
  loop.spawn([&] {
    const Received received = transfer(pair.fds[0], larger_than_any_packet, room_, kNever);
    EXPECT_EQ(received.ready, Ready::ready);
    EXPECT_EQ(received.size, -EAGAIN);
    EXPECT_EQ(received.unsent, larger_than_any_packet.size());
    forget(pair.fds[0]);
  });
  loop.run();
}

TEST_F(Transfer, what_the_socket_does_not_take_is_told_and_is_not_taken_for_something_received) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair;
  const int least = 1;
  ASSERT_EQ(setsockopt(pair.fds[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least), 0);
  std::string much(kMostSentByTransfer, ' ');
  for (std::size_t i = 0; i < much.size(); i++) much[i] = static_cast<char>('a' + i % 26);
  loop.spawn([&] {
    std::string taken;
    std::vector<char> heard(much.size());
    const auto hear = [&] {
      for (ssize_t n = 0; (n = read(pair.fds[1], heard.data(), heard.size())) > 0;)
        taken.append(heard.data(), static_cast<std::size_t>(n));
    };
    int parts = 0;
    for (std::string_view left = much; !left.empty(); parts++) {
      const Received received = transfer(pair.fds[0], left, room_, real_clock().now() + (parts == 0 ? 20s : 50ms));
      if (parts == 0) {
        EXPECT_EQ(received.ready, Ready::ready);
        EXPECT_EQ(received.size, -EAGAIN);
        EXPECT_GT(received.unsent, 0u);
        EXPECT_LT(received.unsent, left.size());
        // There is no room at all now.
        const Received none = transfer(pair.fds[0], left.substr(left.size() - received.unsent), room_, kNever);
        EXPECT_EQ(none.size, -EAGAIN);
        EXPECT_EQ(none.unsent, received.unsent);
      }
      left = left.substr(left.size() - received.unsent);
      hear();
      if (parts > 100) break;
    }
    EXPECT_GT(parts, 1);
    EXPECT_EQ(taken, much);
    EXPECT_EQ(std::string_view(room_.data(), room_.size()), std::string_view(std::string(room_.size(), '\0')));
    forget(pair.fds[0]);
  });
  loop.run();
}

TEST_F(Transfer, hundreds_may_end_at_once) {
  constexpr int kFibers = 600;  // more than are looked at in one turn
  let_open_many_files();
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  std::vector<std::unique_ptr<Pair>> pairs;
  for (int i = 0; i < kFibers; i++) pairs.push_back(std::make_unique<Pair>());
  int waiting = 0, done = 0;
  for (const auto& pair : pairs)
    loop.spawn([&waiting, &done, fd = pair->fds[0]] {
      char room = 0;
      waiting++;
      const Received received = transfer(fd, "ask", {&room, 1}, kNever);
      done += received.ready == Ready::ready && received.size == 1 && room == '!';
      forget(fd);
    });
  loop.spawn([&] {
    while (waiting < kFibers) yield();
    EXPECT_EQ(sleep_until(real_clock().now() + 5ms), Ready::timed_out);  // all are handed over
    for (const auto& pair : pairs) EXPECT_EQ(write(pair->fds[1], "!", 1), 1);
  });
  loop.run();
  EXPECT_EQ(done, kFibers);
}

TEST_F(Transfer, a_descriptor_s_number_may_come_again) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  loop.spawn([&] {
    int first = -1;
    for (int i = 0; i < 6; i++) {
      Pair pair;
      if (first < 0) first = pair.fds[0];
      EXPECT_EQ(pair.fds[0], first);
      if (i % 2 == 0) {
        EXPECT_EQ(transfer(pair.fds[0], "x", room_, real_clock().now()).ready, Ready::timed_out);
      }
      EXPECT_EQ(write(pair.fds[1], "new", 3), 3);
      EXPECT_EQ(got(transfer(pair.fds[0], "", room_, kNever)), "new");
      forget(pair.fds[0]);
    }
  });
  loop.run();
}

TEST_F(Transfer, signals_interrupt_nothing) {
  struct sigaction noted {
  }, before{};
  noted.sa_handler = [](int) {};
  ASSERT_EQ(sigaction(SIGUSR1, &noted, &before), 0);
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair;
  const pthread_t self = pthread_self();
  std::thread signals([&] {
    for (int i = 0; i < 20; i++) {
      std::this_thread::sleep_for(1ms);
      pthread_kill(self, SIGUSR1);
    }
    EXPECT_EQ(write(pair.fds[1], "behind them", 11), 11);
  });
  loop.spawn([&] {
    EXPECT_EQ(got(transfer(pair.fds[0], "x", room_, kNever)), "behind them");
    forget(pair.fds[0]);
  });
  loop.run();
  signals.join();
  sigaction(SIGUSR1, &before, nullptr);
}

TEST_F(Transfer, times_are_kept_while_transfers_are_under_way_and_while_none_is) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair;
  const TimePoint start = real_clock().now();
  const auto sleeps = [&](Nanos first, std::vector<Nanos> lengths) {
    loop.spawn([=] {
      EXPECT_EQ(sleep_until(start + first), Ready::timed_out);
      for (const Nanos length : lengths) {
        const TimePoint until = real_clock().now() + length;
        EXPECT_EQ(sleep_until(until), Ready::timed_out);
        EXPECT_GE(real_clock().now(), until);
      }
    });
  };
  sleeps(0ms, {150ms, 80ms});
  sleeps(20ms, {1ms, 15ms, 3ms, 50ms});
  loop.spawn([&] {
    EXPECT_EQ(transfer(pair.fds[0], "x", room_, start + 70ms).ready, Ready::timed_out);
    EXPECT_EQ(sleep_until(start + 160ms), Ready::timed_out);
    EXPECT_EQ(write(pair.fds[1], "!", 1), 1);
    EXPECT_EQ(got(transfer(pair.fds[0], "x", room_, kNever)), "!");
    forget(pair.fds[0]);
  });
  loop.run();
}

class JumpingClock : public Clock {
 public:
  TimePoint now() const noexcept override { return real_clock().now() + ahead_.load(); }
  void jump(Nanos ahead) { ahead_ = ahead; }

 private:
  std::atomic<Nanos> ahead_{Nanos(0)};
};

/// A silent transfer is under way and a time far away left to the ring, when another fiber hears something and asks for a time
/// that is near.
void expect_a_near_time_is_kept(Nanos jump) {
  JumpingClock clock;
  Loop loop(clock);
  ASSERT_TRUE(loop.can_transfer());
  Pair silent, news;
  loop.spawn([&] {
    char room = 0;
    EXPECT_EQ(transfer(silent.fds[0], "", {&room, 1}, kNever).ready, Ready::cancelled);
  });
  loop.spawn([&] { sleep_until(clock.now() + 1h); });
  loop.spawn([&] {
    EXPECT_EQ(wait(news.fds[0], Interest::read, kNever), Ready::ready);
    const TimePoint asked = real_clock().now();
    EXPECT_EQ(sleep_until(clock.now() + 1ms), Ready::timed_out);
    EXPECT_LT(real_clock().now() - asked, 10s);
    forget(news.fds[0]);
    loop.cancel();
  });
  std::thread tells([&] {
    std::this_thread::sleep_for(30ms);
    clock.jump(jump);
    EXPECT_EQ(write(news.fds[1], "!", 1), 1);
  });
  loop.run();
  tells.join();
}

TEST_F(Transfer, a_near_time_is_kept_while_a_far_one_is_left_to_the_ring) { expect_a_near_time_is_kept(0ms); }

TEST_F(Transfer, a_clock_that_jumps_over_the_far_time_does_not_hide_a_near_one) { expect_a_near_time_is_kept(2h); }

TEST_F(Transfer, a_descriptor_that_is_always_ready_does_not_keep_the_loop_busy) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair;
  loop.spawn([&] {
    EXPECT_EQ(wait(pair.fds[0], Interest::write, kNever), Ready::ready);  // stays registered
    const TimePoint start = real_clock().now();
    const std::clock_t cpu = std::clock();
    EXPECT_EQ(transfer(pair.fds[0], "", room_, start + 300ms).ready, Ready::timed_out);
    const double busy = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
    EXPECT_LT(busy, 0.5 * to_seconds(real_clock().now() - start));
    forget(pair.fds[0]);
  });
  loop.run();
}

TEST_F(Transfer, what_a_cancelled_loop_does_not_send_is_told) {
  Loop loop;
  ASSERT_TRUE(loop.can_transfer());
  Pair pair;
  loop.spawn([&] {
    loop.cancel();
    while (!loop.cancelled()) yield();
    const Received received = transfer(pair.fds[0], "commit", room_, kNever);
    EXPECT_EQ(received.ready, Ready::cancelled);
    EXPECT_EQ(received.unsent, 6u);
    char heard = 0;
    EXPECT_EQ(read(pair.fds[1], &heard, 1), -1);
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
    EXPECT_EQ(end_transfers(pair.fds[0]), "");
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

TEST(NoTransfer, where_the_kernel_or_a_sandbox_has_no_io_uring_or_not_all_of_it) {
  const std::pair<long, int> missing[] = {
      {SYS_io_uring_setup, ENOSYS}, {SYS_io_uring_setup, EPERM}, {SYS_io_uring_register, EPERM}};
  for (const auto& [call, error] : missing)
    EXPECT_EXIT(
        {
          take_system_call_away(static_cast<unsigned>(call), error);
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
