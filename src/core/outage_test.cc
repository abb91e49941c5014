#include "core/outage.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

using namespace std::chrono_literals;

TEST(OutageTracker, losing_every_session_is_an_outage_until_the_first_success) {
  OutageTracker tracker(3);
  tracker.lost(0s, 1s, "gone");
  tracker.lost(0s, 1s + 1ms, "gone");
  tracker.lost(0s, 1s + 2ms, "gone");
  tracker.reopened(2900ms);
  tracker.succeeded(3s, 3s);
  tracker.reopened(3s + 5ms);
  tracker.succeeded(3s + 6ms, 3s + 6ms);
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "outage");
  EXPECT_EQ(events[0].at, 1s);
  EXPECT_EQ(events[0].length, 2s);
}

TEST(OutageTracker, who_watches_is_told_when_an_outage_begins_and_when_it_is_over) {
  OutageTracker tracker(2);
  tracker.lost(0s, 1s, "gone");
  EXPECT_TRUE(tracker.news().empty());  // the other one may still work
  tracker.lost(0s, 1s + 1ms, "gone");
  auto news = tracker.news();
  ASSERT_EQ(news.size(), 1u);
  EXPECT_EQ(news[0].kind, "outage");
  EXPECT_EQ(news[0].at, 1s);
  EXPECT_EQ(news[0].text, "2 of 2 sessions lost so far: gone");
  EXPECT_TRUE(tracker.news().empty());
  tracker.reopened(3s);
  tracker.reopened(3s);
  tracker.succeeded(3s, 3s + 1ms);
  news = tracker.news();
  ASSERT_EQ(news.size(), 1u);
  EXPECT_EQ(news[0].length, 2s + 1ms);
  EXPECT_TRUE(tracker.news().empty());
  EXPECT_EQ(tracker.events(10s).size(), 1u);
}

TEST(OutageTracker, losing_some_sessions_is_not_an_outage) {
  OutageTracker tracker(3);
  tracker.lost(0s, 1s, "gone");
  tracker.reopened(2s);
  tracker.succeeded(2s, 2s);
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "sessions_lost");
  EXPECT_EQ(events[0].length, 1s);
}

TEST(OutageTracker, one_lost_session_that_is_not_let_in_again_is_an_outage) {
  OutageTracker tracker(3);
  tracker.lost(0s, 1s, "gone");
  tracker.refused(1100ms, "no");
  tracker.reopened(2s);
  tracker.succeeded(2s, 2s);
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "outage");
}

TEST(OutageTracker, a_server_that_answered_one_more_while_it_went_down_was_out_when_all_sessions_were_lost) {
  OutageTracker tracker(3);
  tracker.lost(0s, 1s, "gone");
  tracker.succeeded(1s + 1ms, 1s + 2ms);  // another session, whose turn came a little later
  tracker.lost(1s + 2ms, 1s + 3ms, "gone");
  tracker.refused(1100ms, "no");
  tracker.refused(1200ms, "no");
  tracker.reopened(2600ms);
  tracker.succeeded(2600ms, 2601ms);
  tracker.lost(0s, 2700ms, "gone");  // it idled meanwhile
  tracker.reopened(2800ms);
  tracker.reopened(2900ms);
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "outage");
  EXPECT_EQ(events[0].at, 1s);
}

TEST(OutageTracker, all_sessions_lost_one_after_the_other_while_the_rest_goes_on_are_not_an_outage) {
  OutageTracker tracker(2);
  tracker.lost(0s, 1s, "gone");
  tracker.succeeded(1s + 1ms, 1s + 2ms);
  tracker.refused(1100ms, "no");
  tracker.succeeded(1200ms, 1201ms);  // the other one, after the refusal
  tracker.reopened(1300ms);
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "sessions_lost");
}

TEST(OutageTracker, one_session_that_is_not_let_in_again_while_the_others_go_on_is_not_an_outage) {
  OutageTracker tracker(8);
  tracker.lost(0s, 1s, "gone");
  tracker.succeeded(1s - 1ms, 1s + 1ms);  // was under way already: says nothing
  tracker.succeeded(1s + 1ms, 1s + 2ms);
  tracker.refused(1100ms, "no");
  tracker.refused(1100ms, "no");
  tracker.reopened(4s);
  tracker.succeeded(4s, 4s + 1ms);
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "sessions_lost");
  EXPECT_EQ(events[0].at, 1s);
  EXPECT_EQ(events[0].length, 3s);
  EXPECT_EQ(events[0].text, "1 of 8 sessions lost and reopened within 3.00 s: gone");
}

TEST(OutageTracker, when_nothing_worked_between_the_loss_and_the_first_success_elsewhere_it_was_an_outage) {
  OutageTracker tracker(8);
  tracker.lost(0s, 1s, "gone");
  tracker.refused(1100ms, "no");
  tracker.succeeded(500ms, 1100ms);
  tracker.succeeded(1900ms, 2s);  // on a session that had not noticed
  tracker.reopened(2100ms);
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "outage");
  EXPECT_EQ(events[0].length, 1s);
}

TEST(OutageTracker, when_the_rest_goes_too_the_outage_begins_then) {
  OutageTracker tracker(2);
  tracker.lost(0s, 1s, "one");
  tracker.succeeded(1500ms, 1600ms);
  tracker.lost(0s, 3s, "the other");
  tracker.reopened(5s);
  tracker.succeeded(5s, 5s);
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "outage");
  EXPECT_EQ(events[0].at, 3s);
  EXPECT_EQ(events[0].length, 2s);
}

TEST(OutageTracker, sessions_that_never_come_back_are_told_as_lost_while_others_work) {
  OutageTracker tracker(2);
  tracker.lost(0s, 1s, "gone");
  tracker.succeeded(2s, 2s);
  tracker.refused(1100ms, "no");
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "sessions_lost");
  EXPECT_EQ(events[0].length, 9s);
}

TEST(OutageTracker, a_server_that_answered_one_more_while_it_went_down_is_out_to_the_end_whoever_idles) {
  OutageTracker tracker(3);
  tracker.lost(0s, 1s, "gone");
  tracker.succeeded(1s + 1ms, 1s + 2ms);
  tracker.lost(1s + 2ms, 1s + 3ms, "gone");
  tracker.refused(1100ms, "no");
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "outage");
  EXPECT_EQ(events[0].text, "2 of 3 sessions lost, and nothing worked again before the end of the run: gone");
}

TEST(OutageTracker, while_the_run_goes_on_one_that_answered_after_the_loss_is_no_outage_yet) {
  OutageTracker tracker(8);
  tracker.lost(0s, 1s, "gone");
  tracker.succeeded(1s + 1ms, 1s + 2ms);
  tracker.refused(1100ms, "no");
  EXPECT_EQ(tracker.events(1s + 101ms, false).at(0).kind, "sessions_lost");
  EXPECT_EQ(tracker.events(1s + 101ms, true).at(0).kind, "outage");
  tracker.succeeded(1s + 50ms, 1200ms);  // begun before the refusal, and yet a sign of life
  EXPECT_EQ(tracker.events(2s, true).at(0).kind, "sessions_lost");
}

TEST(OutageTracker, once_a_lost_session_is_open_again_the_others_are_told_as_lost) {
  OutageTracker tracker(8);
  tracker.lost(0s, 1s, "gone");
  tracker.lost(0s, 1s, "gone");
  tracker.succeeded(1s + 1ms, 1s + 2ms);
  tracker.refused(1100ms, "no");
  tracker.reopened(1200ms);
  EXPECT_EQ(tracker.events(2s, true).at(0).kind, "sessions_lost");
}

TEST(OutageTracker, a_second_outage_begins_with_its_own_first_loss) {
  OutageTracker tracker(3);
  for (int i = 0; i < 3; i++) tracker.lost(0s, 1s, "first");
  tracker.reopened(2s);
  tracker.succeeded(2s, 2s);
  tracker.reopened(2s);  // its session has not worked yet when all is lost again
  tracker.lost(0s, 5s, "second");
  tracker.lost(0s, 5s, "second");
  tracker.reopened(6s);
  tracker.succeeded(6s, 6s);
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].at, 1s);
  EXPECT_EQ(events[0].length, 1s);
  EXPECT_EQ(events[1].at, 5s);
  EXPECT_EQ(events[1].length, 1s);
  EXPECT_NE(events[1].text.find("second"), std::string::npos);
}

TEST(OutageTracker, an_outage_that_lasts_to_the_end_is_told) {
  OutageTracker tracker(1);
  tracker.lost(0s, 4s, "gone");
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "outage");
  EXPECT_EQ(events[0].length, 6s);
  EXPECT_TRUE(OutageTracker(1).events(10s).empty());
}

TEST(OutageTracker, a_session_that_idled_through_an_outage_and_is_found_lost_later_belongs_to_it) {
  OutageTracker tracker(3);
  tracker.lost(900ms, 1s, "gone");
  tracker.lost(900ms, 1s, "gone");
  tracker.refused(1100ms, "no");
  tracker.reopened(2s);
  tracker.succeeded(2s, 2s);
  tracker.reopened(2s);
  tracker.lost(800ms, 5s, "gone");  // its last operation was before the outage
  tracker.reopened(5s + 1ms);
  tracker.lost(6s, 7s, "another matter");
  tracker.reopened(7s + 1ms);
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].text, "3 of 3 sessions lost, back after 1.00 s: gone");
  EXPECT_EQ(events[1].kind, "sessions_lost");
  EXPECT_EQ(events[1].at, 7s);
}

TEST(OutageTracker, a_session_found_lost_after_an_outage_that_is_not_let_in_is_told) {
  OutageTracker tracker(3);
  tracker.lost(900ms, 1s, "gone");
  tracker.refused(1100ms, "no");
  tracker.reopened(2s);
  tracker.succeeded(2s, 2s);
  tracker.lost(800ms, 5s, "gone");
  tracker.refused(6s, "too many");
  tracker.succeeded(7s, 7s + 1ms);
  tracker.reopened(8s);
  const auto events = tracker.events(10s);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].at, 6s);
  EXPECT_EQ(events[1].length, 1s + 1ms);
}

}  // namespace
}  // namespace assay
