#include "runtime/errands.h"

#include "runtime/host_addresses.h"
#include "runtime/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace assay::runtime {
namespace {

using namespace std::chrono_literals;

TEST(Errands, the_end_waits_for_those_under_way) {
  std::atomic<int> done{0};
  {
    Errands errands;
    for (int i = 0; i < 10; i++) errands.begin([&] { done++; });
  }
  EXPECT_EQ(done, 10);
}

TEST(Errands, too_many_at_a_time_are_dropped) {
  std::mutex mutex;
  std::condition_variable wake;
  bool go = false;
  std::atomic<int> begun{0};
  {
    Errands errands;
    for (int i = 0; i < 200; i++)
      errands.begin([&] {
        begun++;
        std::unique_lock lock(mutex);
        wake.wait(lock, [&] { return go; });
      });
    const std::lock_guard lock(mutex);
    go = true;
    wake.notify_all();
  }
  EXPECT_EQ(begun, 64);
}

TEST(HostAddresses, a_numeric_host_is_its_own_and_an_unknown_one_is_named) {
  const auto deadline = [] { return real_clock().now() + 20s; };
  EXPECT_THAT(host_addresses("127.0.0.1", deadline()).value(), testing::ElementsAre("127.0.0.1"));
  EXPECT_THAT(host_addresses("::1", deadline()).value(), testing::ElementsAre("::1"));
  Loop loop;
  Result<std::vector<std::string>> local, unknown;
  loop.spawn([&] {
    local = host_addresses("localhost", deadline());
    unknown = host_addresses("no-such-host.invalid", deadline());
  });
  loop.run();
  ASSERT_TRUE(local);
  EXPECT_THAT(*local, testing::AnyOf(testing::Contains("127.0.0.1"), testing::Contains("::1")));
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, testing::HasSubstr("'no-such-host.invalid'"));
}

}  // namespace
}  // namespace assay::runtime
