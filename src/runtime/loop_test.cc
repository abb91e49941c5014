#include "runtime/loop.h"

#include "runtime/loop_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>

namespace assay::runtime {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(Loop, fibers_take_turns_and_keep_their_stacks) {
  Loop loop;
  std::string trace;
  for (const char name : {'a', 'b'})
    loop.spawn([&trace, name] {
      for (int i = 0; i < 3; i++) {
        trace += name;
        trace += static_cast<char>('0' + i);
        yield();
      }
    });
  loop.run();
  EXPECT_EQ(trace, "a0b0a1b1a2b2");
}

TEST(Loop, a_fiber_waits_for_a_descriptor_while_others_run) {
  Loop loop;
  Pair pair;
  std::string got;
  loop.spawn([&] {
    for (int i = 0; i < 3; i++) {
      char c = 0;
      while (read(pair.fds[0], &c, 1) != 1)
        EXPECT_EQ(wait(pair.fds[0], Interest::read, TimePoint::max()), Ready::ready);
      got += c;
    }
    forget(pair.fds[0]);
  });
  loop.spawn([&] {
    for (const char c : {'x', 'y', 'z'}) {
      EXPECT_EQ(write(pair.fds[1], &c, 1), 1);
      sleep_until(real_clock().now() + 1ms);
    }
  });
  loop.run();
  EXPECT_EQ(got, "xyz");
}

TEST(Loop, who_waits_for_news_is_told_of_what_comes_and_not_again_of_what_was_left) {
  Loop loop;
  Pair pair;
  loop.spawn([&] {
    char c = 0;
    EXPECT_EQ(write(pair.fds[1], "ab", 2), 2);
    EXPECT_EQ(wait(pair.fds[0], Interest::news, TimePoint::max()), Ready::ready);
    EXPECT_EQ(read(pair.fds[0], &c, 1), 1);
    EXPECT_EQ(wait(pair.fds[0], Interest::news, real_clock().now() + 50ms), Ready::timed_out);
    EXPECT_EQ(wait(pair.fds[0], Interest::read, TimePoint::max()), Ready::ready);  // who asks what is there is told
    EXPECT_EQ(read(pair.fds[0], &c, 1), 1);
    for (const char next : {'c', 'd'}) {
      EXPECT_EQ(write(pair.fds[1], &next, 1), 1);
      EXPECT_EQ(wait(pair.fds[0], Interest::news, TimePoint::max()), Ready::ready);
      EXPECT_EQ(read(pair.fds[0], &c, 1), 1);
      EXPECT_EQ(c, next);
    }
    forget(pair.fds[0]);
  });
  loop.run();
}

TEST(Loop, news_that_came_while_nobody_waited_are_told_to_the_next_wait) {
  Loop loop;
  Pair pair;
  loop.spawn([&] {
    char c = 0;
    EXPECT_EQ(write(pair.fds[1], "a", 1), 1);
    EXPECT_EQ(wait(pair.fds[0], Interest::news, TimePoint::max()), Ready::ready);
    EXPECT_EQ(read(pair.fds[0], &c, 1), 1);
    EXPECT_EQ(write(pair.fds[1], "b", 1), 1);
    sleep_until(real_clock().now() + 5ms);  // the loop sees it, and nobody to tell
    EXPECT_EQ(wait(pair.fds[0], Interest::news, real_clock().now() + 20s), Ready::ready);
    forget(pair.fds[0]);
  });
  loop.run();
}

TEST(Loop, an_end_that_came_with_the_last_bytes_is_told_once_more) {
  Loop loop;
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
  loop.spawn([&] {
    char c = 0;
    EXPECT_EQ(write(fds[1], "a", 1), 1);
    close(fds[1]);
    EXPECT_EQ(wait(fds[0], Interest::news, TimePoint::max()), Ready::ready);
    EXPECT_EQ(read(fds[0], &c, 1), 1);
    EXPECT_EQ(wait(fds[0], Interest::news, real_clock().now() + 20s), Ready::ready);
    EXPECT_EQ(read(fds[0], &c, 1), 0);
    forget(fds[0]);
  });
  loop.run();
  close(fds[0]);
}

TEST(Loop, a_wait_ends_at_its_deadline_and_not_before) {
  Loop loop;
  Pair pair;
  Nanos took{};
  loop.spawn([&] {
    const TimePoint start = real_clock().now();
    EXPECT_EQ(wait(pair.fds[0], Interest::read, start + 50ms), Ready::timed_out);
    took = real_clock().now() - start;
    forget(pair.fds[0]);
  });
  loop.run();
  EXPECT_GE(took, 50ms);
}

/// As on Linux before 5.11, for this process and for good.
void take_epoll_pwait2_away() {
  take_system_call_away(SYS_epoll_pwait2);
  if (epoll_pwait2(0, nullptr, 0, nullptr, nullptr) != -1 || errno != ENOSYS) _exit(77);
}

TEST(Loop, waits_on_a_kernel_without_epoll_pwait2_too) {
  EXPECT_EXIT(
      {
        take_epoll_pwait2_away();
        Loop loop;
        Pair pair;
        int seen = 0;
        loop.spawn([&] {
          const TimePoint due = real_clock().now() + 300us;
          if (sleep_until(due) == Ready::timed_out && real_clock().now() >= due) seen++;
          if (wait(pair.fds[0], Interest::read, TimePoint::max()) == Ready::ready) seen++;
        });
        loop.spawn([&] {
          sleep_until(real_clock().now() + 2ms);
          if (write(pair.fds[1], "x", 1) == 1) seen++;
        });
        loop.run();
        _exit(seen == 3 ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(Loop, cancel_ends_every_wait) {
  Loop loop;
  Pair pair;
  int cancelled = 0;
  loop.spawn([&] { cancelled += wait(pair.fds[0], Interest::read, TimePoint::max()) == Ready::cancelled; });
  loop.spawn([&] { cancelled += sleep_until(real_clock().now() + 1h) == Ready::cancelled; });
  loop.spawn([&] { cancelled += loop.park() == Ready::cancelled; });
  std::thread other([&] { loop.cancel(); });
  loop.run();
  other.join();
  EXPECT_EQ(cancelled, 3);
}

TEST(Loop, a_descriptor_that_nobody_waits_for_does_not_spin_the_loop_and_is_heard_again_later) {
  Loop loop;
  Pair pair;
  loop.spawn([&] {
    const char c = 'x';
    EXPECT_EQ(write(pair.fds[1], &c, 1), 1);
    EXPECT_EQ(wait(pair.fds[0], Interest::read, TimePoint::max()), Ready::ready);
    // Not read: the descriptor stays ready while we sleep. Then it must be reported at once.
    EXPECT_EQ(sleep_until(real_clock().now() + 5ms), Ready::timed_out);
    EXPECT_EQ(wait(pair.fds[0], Interest::read, real_clock().now() + 10s), Ready::ready);
    forget(pair.fds[0]);
  });
  loop.run();
}

TEST(Loop, a_closed_descriptor_whose_number_comes_again_is_watched_anew_after_forget) {
  Loop loop;
  loop.spawn([&] {
    for (int i = 0; i < 3; i++) {
      Pair pair;
      const char c = 'x';
      EXPECT_EQ(write(pair.fds[1], &c, 1), 1);
      EXPECT_EQ(wait(pair.fds[0], Interest::read, real_clock().now() + 10s), Ready::ready);
      forget(pair.fds[0]);
    }
  });
  loop.run();
}

TEST(Loop, alarms_fire_at_their_time_and_may_move) {
  Loop loop;
  std::vector<int> fired;
  Alarm alarm;
  alarm.at = real_clock().now() + 1ms;
  alarm.fire = [&] {
    fired.push_back(static_cast<int>(fired.size()));
    alarm.at = fired.size() < 3 ? real_clock().now() + 1ms : TimePoint::max();
  };
  loop.add_alarm(alarm);
  loop.spawn([&] {
    while (fired.size() < 3) sleep_until(real_clock().now() + 1ms);
  });
  loop.run();
  EXPECT_THAT(fired, ElementsAre(0, 1, 2));
}

TEST(Loop, parked_tasks_are_woken_by_others_and_many_fibers_live_at_once) {
  Loop loop;
  std::vector<Loop::Task*> parked;
  int woken = 0;
  for (int i = 0; i < 400; i++)
    loop.spawn([&] {
      parked.push_back(&loop.self());
      EXPECT_EQ(loop.park(), Ready::ready);
      woken++;
    });
  loop.spawn([&] {
    for (Loop::Task* task : parked) loop.unpark(*task);
  });
  loop.run();
  EXPECT_EQ(woken, 400);
}

TEST(Loop, on_a_plain_thread_the_same_calls_block) {
  Pair pair;
  EXPECT_FALSE(on_fiber());
  EXPECT_EQ(wait(pair.fds[0], Interest::read, real_clock().now() + 1ms), Ready::timed_out);
  EXPECT_EQ(wait(pair.fds[0], Interest::write, TimePoint::max()), Ready::ready);
}

TEST(Loop, a_thread_s_wait_ends_when_a_stop_is_requested_in_its_scope) {
  Pair pair;
  std::stop_source source;
  const std::jthread asks([&] {
    std::this_thread::sleep_for(20ms);
    source.request_stop();
  });
  const StopScope scope(source.get_token());
  EXPECT_EQ(wait(pair.fds[0], Interest::read, real_clock().now() + 1h), Ready::cancelled);
  EXPECT_EQ(sleep_until(real_clock().now() + 1h), Ready::cancelled);
  {
    const StopScope inner{std::stop_token()};  // nobody can ask here
    EXPECT_EQ(wait(pair.fds[0], Interest::read, real_clock().now() + 1ms), Ready::timed_out);
  }
  EXPECT_EQ(wait(pair.fds[0], Interest::write, TimePoint::max()), Ready::cancelled);
}

TEST(TimeLimit, ends_waits_of_its_thread_when_it_has_passed_and_not_before) {
  const Pair pair;
  const TimePoint begun = real_clock().now();
  {
    const TimeLimit limit(50ms);
    EXPECT_EQ(wait(pair.fds[0], Interest::read, begun + 1ms), Ready::timed_out);
    EXPECT_EQ(wait(pair.fds[0], Interest::read, begun + 1h), Ready::cancelled);
    EXPECT_GE(real_clock().now() - begun, 50ms);
  }
  const TimeLimit long_one(1h);  // ends at once with its scope
  EXPECT_EQ(wait(pair.fds[0], Interest::read, real_clock().now() + 1ms), Ready::timed_out);
}

}  // namespace
}  // namespace assay::runtime
