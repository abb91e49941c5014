#include "results/measured_run.h"

#include "base/error.h"
#include "results/sample_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

using testing::HasSubstr;

// What sample_document.cc says of itself: in 2 s, get has responses of 10, 20, …, 100 ns and services 10 ns less; put one
// of 120 ns, a failure and three retries.
std::optional<double> value(std::string_view condition) {
  const Document document = small_document();
  return value_in(MeasuredRun::of(document), Threshold::parse(condition).values().at(0));
}

std::string refusal(std::string_view condition) {
  try {
    value(condition);
  } catch (const Error& e) {
    return e.what();
  }
  return "it was answered";
}

TEST(MeasuredRun, latencies_are_of_the_operation_group_or_all) {
  EXPECT_EQ(value("p50(get) > 0"), 50);
  EXPECT_EQ(value("p99.9(get) > 0"), 100);
  EXPECT_EQ(value("max(g/get) > 0"), 100);
  EXPECT_EQ(value("service.max(get) > 0"), 90);
  EXPECT_EQ(value("mean(get) > 0"), 55);
  EXPECT_EQ(value("max(g) > 0"), 120);
  EXPECT_EQ(value("max(g/all) > 0"), 120);
  EXPECT_EQ(value("max > 0"), 120);
  EXPECT_EQ(value("min(all) > 0"), 10);
}

TEST(MeasuredRun, counts_rates_and_shares) {
  EXPECT_EQ(value("rate(get) > 0"), 5);
  EXPECT_EQ(value("count(get) > 0"), 10);
  EXPECT_EQ(value("errors(put) > 0"), 1);
  EXPECT_EQ(value("errors(put) > 0%"), 0.5);
  EXPECT_EQ(value("retries > 0"), 3);
  EXPECT_EQ(value("errors(get, timeout) > 0"), 0);
  EXPECT_EQ(value("event(outage) > 0"), 0);
}

TEST(MeasuredRun, figures_requirements_and_events_of_a_large_run) {
  const Document document = large_document(60);
  const MeasuredRun run = MeasuredRun::of(document);
  const auto of = [&](std::string_view condition) { return value_in(run, Threshold::parse(condition).values().at(0)); };
  EXPECT_EQ(of("figure(nopm) > 1"), 13245.6);
  EXPECT_EQ(of("figure(efficiency) > 1"), std::nullopt);  // n/a
  EXPECT_EQ(of("failed"), 1);
  EXPECT_EQ(of("failed(\"payment share\")"), 1);
  EXPECT_EQ(of("failed(\"new_order p90 response\")"), 0);
  EXPECT_EQ(of("failed(efficiency)"), std::nullopt);
  EXPECT_NEAR(*of("cpu > 1us"), 0.41e9 / 25444, 1e-6);
}

TEST(MeasuredRun, what_does_not_exist_is_named_with_what_does) {
  EXPECT_THAT(refusal("p99(got) > 1ms"),
              HasSubstr("p99(got): there is no operation 'got'; expected one of all, get, g/get, put, g/put"));
  EXPECT_THAT(refusal("errors(get, tiredness) > 1"),
              HasSubstr("'tiredness' is no kind of failure; expected one of conflict, timeout"));
  EXPECT_THAT(refusal("abandoned(h) > 1"), HasSubstr("there is no group 'h'; expected one of g"));
  EXPECT_THAT(refusal("figure(nopm) > 1"), HasSubstr("there is no figure 'nopm'"));
}

TEST(MeasuredRun, names_are_checked_before_there_is_anything_to_measure) {
  MeasuredRun run;
  run.groups = {{"g", {{"get", false, nullptr}}, 0}};
  EXPECT_EQ(value_in(run, Threshold::parse("p99(get) > 1ms").values().at(0)), std::nullopt);
  EXPECT_EQ(value_in(run, Threshold::parse("figure(anything) > 1").values().at(0)), std::nullopt);
  EXPECT_THROW(value_in(run, Threshold::parse("p99(put) > 1ms").values().at(0)), Error);
}

}  // namespace
}  // namespace assay
