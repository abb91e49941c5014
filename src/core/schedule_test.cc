#include "core/schedule.h"

#include "base/error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace assay {
namespace {

using namespace std::chrono_literals;

std::vector<Nanos> take(Arrivals& arrivals, Nanos until) {
  std::vector<Nanos> out;
  while (const auto due = arrivals.next()) {
    if (*due >= until) break;
    out.push_back(*due);
  }
  return out;
}

TEST(Schedule, the_shards_of_a_constant_schedule_are_together_the_whole_without_overlap) {
  const Schedule schedule = Schedule::parse("100..900@3s,500", "constant", "0", 0s);
  const std::vector<Nanos> whole = take(*schedule.arrivals({0, 1}, 1), 10s);
  std::multiset<Nanos> merged;
  for (std::uint32_t i = 0; i < 7; i++)
    for (const Nanos due : take(*schedule.arrivals({i, 7}, 1), 10s)) merged.insert(due);
  EXPECT_EQ(std::vector<Nanos>(merged.begin(), merged.end()), whole);
  // (100 + 900) / 2 · 3 s + 500 · 7 s = 5000
  EXPECT_NEAR(static_cast<double>(whole.size()), 5000, 1);
  EXPECT_DOUBLE_EQ(schedule.expected(0s, 10s), 5000);
}

TEST(Schedule, a_constant_schedule_is_evenly_spaced_from_zero) {
  const auto due = take(*Schedule::parse("1000", "constant", "0", 0s).arrivals({}, 1), 5ms);
  ASSERT_EQ(due.size(), 5u);
  for (std::size_t i = 0; i < due.size(); i++)
    EXPECT_NEAR(static_cast<double>(due[i].count()), 1e6 * static_cast<double>(i), 1);
}

TEST(Schedule, a_ramp_reaches_its_rates) {
  const Schedule schedule = Schedule::parse("1000", "constant", "0", 10s);
  EXPECT_DOUBLE_EQ(schedule.rate_at(0s), 0);
  EXPECT_DOUBLE_EQ(schedule.rate_at(5s), 500);
  EXPECT_DOUBLE_EQ(schedule.rate_at(60s), 1000);
  const auto due = take(*schedule.arrivals({}, 1), 11s);
  // Operation k of a ramp from 0 with slope 100/s² is due at sqrt(2k / 100).
  EXPECT_NEAR(to_seconds(due[200]), std::sqrt(2 * 200 / 100.0), 1e-6);
  EXPECT_TRUE(std::is_sorted(due.begin(), due.end()));
}

TEST(Schedule, poisson_arrivals_have_exponential_gaps_of_the_right_mean) {
  const auto due = take(*Schedule::parse("1000", "poisson", "0", 0s).arrivals({}, 7), 100s);
  const auto n = static_cast<double>(due.size());
  EXPECT_NEAR(n, 100'000, 4 * std::sqrt(100'000));
  // The variance of an exponential gap is the square of its mean; P(gap > mean) = 1/e.
  double longer = 0;
  for (std::size_t i = 1; i < due.size(); i++) longer += due[i] - due[i - 1] > 1ms;
  EXPECT_NEAR(longer / n, std::exp(-1.0), 4 * std::sqrt(0.37 * 0.63 / n));
}

TEST(Schedule, the_same_seed_gives_the_same_poisson_arrivals_and_another_seed_others) {
  const Schedule schedule = Schedule::parse("100", "poisson", "0", 0s);
  EXPECT_EQ(take(*schedule.arrivals({}, 7), 1s), take(*schedule.arrivals({}, 7), 1s));
  EXPECT_NE(take(*schedule.arrivals({}, 7), 1s), take(*schedule.arrivals({}, 8), 1s));
}

TEST(Schedule, a_rate_that_falls_to_zero_ends) {
  const Schedule schedule = Schedule::open_loop(false, {{10, 0, 2s}});
  EXPECT_EQ(take(*schedule.arrivals({}, 1), 100s).size(), 10u);
}

TEST(Schedule, mistakes_are_errors) {
  for (const char* bad : {"0", "-5", "100..", "100..200", "100,200", "100@5s,", "x", "100@x"})
    EXPECT_THROW(Schedule::parse(bad, "constant", "0", 0s), Error) << bad;
  EXPECT_THROW(Schedule::parse("100", "constant", "5ms", 0s), Error);
  EXPECT_THROW(Schedule::open_loop(false, {}), Error);
}

TEST(Schedule, its_text_is_read_as_the_same_schedule) {
  for (const auto& [rate, arrival, think] :
       std::vector<std::array<const char*, 3>>{{"", "constant", "0"},
                                               {"", "constant", "100ms"},
                                               {"", "constant", "exp:1500us"},
                                               {"1000", "poisson", "0"},
                                               {"0.1", "constant", "0"},
                                               {"0..100@30s,200@10s,400.5", "constant", "0"},
                                               {"100..1000@1m", "poisson", "0"}}) {
    const Schedule schedule = Schedule::parse(rate, arrival, think, Nanos(0));
    const Schedule::Text text = schedule.text();
    const Schedule again = Schedule::parse(text.rate, text.arrival, text.think, Nanos(0));
    EXPECT_EQ(again.describe(), schedule.describe());
    EXPECT_EQ(again.mean_think(), schedule.mean_think());
    if (schedule.closed()) continue;
    for (const int second : {0, 1, 15, 35, 90})
      EXPECT_EQ(again.rate_at(std::chrono::seconds(second)), schedule.rate_at(std::chrono::seconds(second)));
  }
}

TEST(Schedule, it_describes_itself) {
  EXPECT_EQ(Schedule().describe(), "closed loop");
  EXPECT_EQ(Schedule::parse("", "constant", "exp:100ms", 0s).describe(),
            "closed loop, think time exponential, mean 100ms");
  EXPECT_EQ(Schedule::parse("100..200@5s,300", "poisson", "0", 0s).describe(),
            "Poisson 100/s to 200/s over 5s, then 300/s");
}

}  // namespace
}  // namespace assay
