#include "core/standstill.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

using namespace std::chrono_literals;

class StillClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return TimePoint(1000s); }
};

const TimePoint kStart(1000s);

TEST(Standstill, beats_in_time_and_a_little_late_are_none) {
  const StillClock clock;
  Standstills watch(clock);
  TimePoint now = kStart;
  for (const Nanos late : {0ms, 5ms, 20ms, 49ms}) watch.beat(now += Standstills::kBeat + late);
  EXPECT_TRUE(watch.all().empty());
  EXPECT_EQ(watch.within(kStart, now), 0ns);
}

TEST(Standstill, a_late_beat_is_one_from_when_it_was_due) {
  const StillClock clock;
  Standstills watch(clock);
  watch.beat(kStart + 10ms);
  watch.beat(kStart + 170ms);  // due at 20 ms
  watch.beat(kStart + 180ms);
  ASSERT_EQ(watch.all().size(), 1u);
  EXPECT_EQ(watch.within(kStart, kStart + 180ms), 150ms);
  EXPECT_EQ(watch.within(kStart + 100ms, kStart + 180ms), 70ms);   // due in the middle of it
  EXPECT_EQ(watch.within(kStart + 30ms, kStart + 130ms), 100ms);   // all of it
  EXPECT_EQ(watch.within(kStart + 171ms, kStart + 300ms), 110ms);  // no beat since 180 ms
}

TEST(Standstill, what_has_not_ended_or_was_not_noticed_yet_counts) {
  const StillClock clock;
  Standstills watch(clock);
  watch.beat(kStart + 10ms);
  EXPECT_EQ(watch.within(kStart, kStart + 60ms), 0ns);  // not yet late enough
  EXPECT_EQ(watch.within(kStart, kStart + 320ms), 300ms);
  EXPECT_TRUE(watch.all().empty());
}

TEST(Standstill, several_add_up_and_their_number_is_bounded) {
  const StillClock clock;
  Standstills watch(clock);
  TimePoint now = kStart;
  for (std::size_t i = 0; i < Standstills::kMost + 10; i++) watch.beat(now += 110ms);
  EXPECT_EQ(watch.all().size(), Standstills::kMost);
  EXPECT_EQ(watch.all().back().end, now);
  EXPECT_EQ(watch.within(kStart, kStart + 1100ms), 1000ms);  // ten of 100 ms
}

}  // namespace
}  // namespace assay
