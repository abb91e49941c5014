#include "core/standstill.h"

#include "core/validity.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

using namespace std::chrono_literals;

class StillClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return TimePoint(1000s); }
};

const TimePoint kBegun(1000s);

TEST(Standstill, beats_in_time_and_a_little_late_are_none) {
  const StillClock clock;
  Standstills watch(clock);
  TimePoint now = kBegun;
  for (const Nanos late : {0ms, 5ms, 20ms, 49ms}) watch.beat(now += Standstills::kBeat + late);
  EXPECT_TRUE(watch.all().empty());
  EXPECT_EQ(watch.within(kBegun, now), 0ns);
}

TEST(Standstill, a_late_beat_is_one_from_when_it_was_due) {
  const StillClock clock;
  Standstills watch(clock);
  watch.beat(kBegun + 10ms);
  watch.beat(kBegun + 170ms);  // due at 20 ms
  watch.beat(kBegun + 180ms);
  ASSERT_EQ(watch.all().size(), 1u);
  EXPECT_EQ(watch.within(kBegun, kBegun + 180ms), 150ms);
  EXPECT_EQ(watch.within(kBegun + 100ms, kBegun + 180ms), 70ms);   // due in the middle of it
  EXPECT_EQ(watch.within(kBegun + 30ms, kBegun + 130ms), 100ms);   // all of it
  EXPECT_EQ(watch.within(kBegun + 171ms, kBegun + 300ms), 110ms);  // no beat since 180 ms
}

TEST(Standstill, what_has_not_ended_or_was_not_noticed_yet_counts) {
  const StillClock clock;
  Standstills watch(clock);
  watch.beat(kBegun + 10ms);
  EXPECT_EQ(watch.within(kBegun, kBegun + 60ms), 0ns);  // not yet late enough
  EXPECT_EQ(watch.within(kBegun, kBegun + 320ms), 300ms);
  EXPECT_TRUE(watch.all().empty());
}

TEST(Standstill, several_add_up_and_their_number_is_bounded) {
  const StillClock clock;
  Standstills watch(clock);
  TimePoint now = kBegun;
  for (std::size_t i = 0; i < Standstills::kMost + 10; i++) watch.beat(now += 110ms);
  EXPECT_EQ(watch.all().size(), Standstills::kMost);
  EXPECT_EQ(watch.all().back().end, now);
  EXPECT_EQ(watch.within(kBegun, kBegun + 1100ms), 1000ms);  // ten of 100 ms
}

TEST(Standstill, of_a_run_there_is_what_lies_in_it) {
  // The watch begins before the run does: nothing of a result happened before its beginning.
  const std::vector<Event> events = standstill_events(
      {{kBegun - 300ms, kBegun - 100ms}, {kBegun - 60ms, kBegun + 40ms}, {kBegun + 1s, kBegun + 1100ms}}, kBegun);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].at, 0ns);
  EXPECT_EQ(events[0].length, 40ms);
  EXPECT_EQ(events[1].at, 1s);
  EXPECT_EQ(events[1].length, 100ms);
}

TEST(Standstill, beyond_the_first_20_they_are_one_event) {
  std::vector<Standstills::Span> spans;
  for (int i = 0; i < 23; i++) spans.push_back({kBegun + i * 1s, kBegun + i * 1s + 100ms});
  const std::vector<Event> events = standstill_events(spans, kBegun);
  ASSERT_EQ(events.size(), 21u);
  EXPECT_EQ(events[19].at, 19s);
  EXPECT_EQ(events[20].at, 20s);
  EXPECT_EQ(events[20].length, 300ms);
  EXPECT_EQ(events[20].text, "assay itself stood still 3 more times");
}

}  // namespace
}  // namespace assay
