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
  tracker.reopened(2900ms);
  tracker.worked(3s);
  tracker.reopened(3s + 5ms);
  tracker.worked(3s + 6ms);
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "outage");
  EXPECT_EQ(events[0].at, 1s);
  EXPECT_EQ(events[0].length, 2s);
}

TEST(OutageTracker, losing_some_sessions_is_not_an_outage) {
  OutageTracker tracker("main", 3);
  tracker.lost(1s, "gone");
  tracker.reopened(2s);
  tracker.worked(2s);
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "sessions_lost");
  EXPECT_EQ(events[0].length, 1s);
}

TEST(OutageTracker, one_lost_session_that_is_not_let_in_again_is_an_outage) {
  OutageTracker tracker("main", 3);
  tracker.lost(1s, "gone");
  tracker.refused();
  tracker.reopened(2s);
  tracker.worked(2s);
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "outage");
}

TEST(OutageTracker, a_second_outage_begins_with_its_own_first_loss) {
  OutageTracker tracker("main", 3);
  for (int i = 0; i < 3; i++) tracker.lost(1s, "first");
  tracker.reopened(2s);
  tracker.worked(2s);
  tracker.reopened(2s);  // its session has not worked yet when all is lost again
  tracker.lost(5s, "second");
  tracker.lost(5s, "second");
  tracker.reopened(6s);
  tracker.worked(6s);
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].at, 1s);
  EXPECT_EQ(events[0].length, 1s);
  EXPECT_EQ(events[1].at, 5s);
  EXPECT_EQ(events[1].length, 1s);
  EXPECT_NE(events[1].text.find("second"), std::string::npos);
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
