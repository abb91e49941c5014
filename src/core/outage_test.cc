#include "core/outage.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

using namespace std::chrono_literals;

TEST(OutageTracker, losing_every_session_is_an_outage_until_the_first_success) {
  OutageTracker tracker("main", 3);
  tracker.lost(1s, "gone");
  tracker.lost(1s + 1ms, "gone");
  tracker.lost(1s + 2ms, "gone");
  tracker.restored(3s);
  tracker.restored(3s + 5ms);
  tracker.restored(3s + 6ms);
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "outage");
  EXPECT_EQ(events[0].at, 1s);
  EXPECT_EQ(events[0].length, 2s);
}

TEST(OutageTracker, losing_some_sessions_is_not_an_outage) {
  OutageTracker tracker("main", 3);
  tracker.lost(1s, "gone");
  tracker.restored(2s);
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "sessions_lost");
}

TEST(OutageTracker, one_lost_session_that_is_not_let_in_again_is_an_outage) {
  OutageTracker tracker("main", 3);
  tracker.lost(1s, "gone");
  tracker.refused();
  tracker.restored(2s);
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "outage");
}

TEST(OutageTracker, an_outage_that_lasts_to_the_end_is_told) {
  OutageTracker tracker("main", 1);
  tracker.lost(4s, "gone");
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "outage");
  EXPECT_EQ(events[0].length, 6s);
  EXPECT_TRUE(OutageTracker("main", 1).events(10s).empty());
}

}  // namespace
}  // namespace assay
