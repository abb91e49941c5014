#include "results/threshold.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace assay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Truth = Threshold::Truth;

/// Values by their text; what is not there has no value.
Threshold::Outcome outcome(std::string_view text, const std::map<std::string, double>& values) {
  return Threshold::parse(text).evaluate([&](const ThresholdValue& value) -> std::optional<double> {
    const auto found = values.find(value.text());
    return found == values.end() ? std::nullopt : std::optional(found->second);
  });
}
Truth truth(std::string_view text, const std::map<std::string, double>& values) { return outcome(text, values).truth; }

std::string refusal(std::string_view text) {
  try {
    Threshold::parse(text);
  } catch (const Error& e) {
    return e.what();
  }
  return "it was taken";
}

TEST(Threshold, a_percentile_is_compared_with_a_duration_in_any_unit) {
  const std::map<std::string, double> values = {{"p99(new_order)", 50e6}};
  for (const char* equal :
       {"p99(new_order) == 50ms", "p99(new_order)==0.05s", "p99( new_order ) == 50000us", "p99(new_order) == 50 ms"})
    EXPECT_EQ(truth(equal, values), Truth::yes) << equal;
  EXPECT_EQ(truth("p99(new_order) > 50ms", values), Truth::no);
  EXPECT_EQ(truth("p99(new_order) >= 50ms", values), Truth::yes);
  EXPECT_EQ(truth("p99(new_order) < 50.1ms", values), Truth::yes);
  EXPECT_EQ(truth("p99(new_order) <= 49ms", values), Truth::no);
  EXPECT_EQ(truth("p99(new_order) != 1h", values), Truth::yes);
}

TEST(Threshold, and_binds_closer_than_or_and_not_closest) {
  const std::map<std::string, double> v = {{"count", 1}, {"retries", 0}, {"in_doubt", 0}};
  EXPECT_EQ(truth("count or retries and in_doubt", v), Truth::yes);
  EXPECT_EQ(truth("(count or retries) and in_doubt", v), Truth::no);
  EXPECT_EQ(truth("not retries and count", v), Truth::yes);
  EXPECT_EQ(truth("not (retries or count)", v), Truth::no);
  EXPECT_EQ(truth("retries == 0 and in_doubt == 0 and count == 1", v), Truth::yes);
}

TEST(Threshold, what_was_not_measured_is_unknown_unless_the_rest_decides) {
  const std::map<std::string, double> v = {{"count", 5}};
  EXPECT_EQ(truth("p99 > 1ms", v), Truth::unknown);
  EXPECT_EQ(truth("not p99 > 1ms", v), Truth::unknown);
  EXPECT_EQ(truth("p99 > 1ms or count == 5", v), Truth::yes);
  EXPECT_EQ(truth("p99 > 1ms and count == 5", v), Truth::unknown);
  EXPECT_EQ(truth("p99 > 1ms and count == 4", v), Truth::no);
  EXPECT_EQ(outcome("p99 > 1ms or count == 5", v).actual, "p99 = n/a, count = 5");
}

TEST(Threshold, errors_are_a_number_or_a_share) {
  const auto values = Threshold::parse("errors > 3 or errors(put) > 0.1% or errors(put, timeout) >= 2k").values();
  ASSERT_EQ(values.size(), 3u);
  EXPECT_EQ(values[0].quantity, Quantity::count);
  EXPECT_EQ(values[1].quantity, Quantity::share);
  EXPECT_EQ(values[2].quantity, Quantity::count);
  EXPECT_THAT(values[2].arguments, ElementsAre("put", "timeout"));
  EXPECT_EQ(truth("errors > 0.1%", {{"errors", 0.0011}}), Truth::yes);
  EXPECT_EQ(truth("errors > 0.1%", {{"errors", 0.0009}}), Truth::no);
}

TEST(Threshold, rates_may_be_said_per_minute) {
  EXPECT_EQ(truth("rate(get) < 600/m", {{"rate(get)", 9.9}}), Truth::yes);
  EXPECT_EQ(truth("rate(get) < 1.5k", {{"rate(get)", 1499}}), Truth::yes);
  EXPECT_EQ(truth("rate(get) < 1.5k/s", {{"rate(get)", 1501}}), Truth::no);
}

TEST(Threshold, names_with_spaces_are_quoted) {
  const auto values = Threshold::parse("failed(\"new_order p90\")").values();
  EXPECT_THAT(values.at(0).arguments, ElementsAre("new_order p90"));
  EXPECT_EQ(values[0].text(), "failed(\"new_order p90\")");
  EXPECT_EQ(truth("service.p99.9(terminals/new_order) > 1s", {{"service.p99.9(terminals/new_order)", 2e9}}),
            Truth::yes);
}

TEST(Threshold, the_outcome_tells_every_value_that_was_looked_at) {
  EXPECT_EQ(outcome("p99(get) > 50ms or errors > 1%", {{"p99(get)", 63.2e6}, {"errors", 0.0002}}).actual,
            "p99(get) = 63.2 ms, errors = 0.02 %");
}

TEST(Threshold, a_value_reads_on_the_side_of_the_limit_where_it_is) {
  EXPECT_EQ(outcome("errors > 10%", {{"errors", 0.10004}}).actual, "errors = 10.004 %");
  EXPECT_EQ(outcome("errors > 10%", {{"errors", 0.1}}).actual, "errors = 10 %");
  EXPECT_EQ(outcome("p99 > 50ms", {{"p99", 50'000'100}}).actual, "p99 = 50.0001 ms");
  EXPECT_EQ(outcome("mean > 100ns", {{"mean", 100.4}}).actual, "mean = 100.4 ns");
  EXPECT_EQ(outcome("rate < 25600", {{"rate", 25'570}}).actual, "rate = 25.57k /s");
  EXPECT_EQ(outcome("figure(nopm) >= 1000", {{"figure(nopm)", 999.99999}}).actual, "figure(nopm) = 999.99999");
  EXPECT_EQ(outcome("figure(lost)", {{"figure(lost)", 1e-9}}).actual, "figure(lost) = 1e-09");
}

TEST(Threshold, a_limit_is_not_missed_by_the_rounding_of_a_double) {
  // In doubles 0.7 / 100 is less than 7 / 1000, and 1.1 · 10^6 more than 1,100,000.
  EXPECT_EQ(truth("errors > 0.7%", {{"errors", 7.0 / 1000}}), Truth::no);
  EXPECT_EQ(truth("errors == 0.7%", {{"errors", 7.0 / 1000}}), Truth::yes);
  EXPECT_EQ(truth("p99 >= 1.1ms", {{"p99", 1'100'000}}), Truth::yes);
  EXPECT_EQ(truth("p99 >= 1.1ms", {{"p99", 1'099'999}}), Truth::no);
}

TEST(Threshold, mistakes_are_pointed_at) {
  const std::tuple<const char*, std::size_t, const char*> mistakes[] = {
      {"", 0, "found the end; expected a value"},
      {"p99(new_order) > 50parsecs", 19, "'parsecs' is no unit of p99; expected a unit of time"},
      {"p99(new_order) > 50", 19, "50 has no unit; expected a unit of time"},
      {"p99(new_order) = 50ms", 15, "found '='; expected '=='"},
      {"p99(new_order)", 14, "expected a comparison"},
      {"p99 > 5ms and", 13, "found the end; expected a value"},
      {"p99 > 5ms or or count", 13, "'or' is no value"},
      {"p99(new_order > 5ms", 14, "found '>'; expected ',' or ')'"},
      {"(count > 3", 10, "found the end; expected ')'"},
      {"speed > 3", 0, "'speed' is no value; expected one of p99(OPERATION)"},
      {"p101 > 3ms", 0, "'p101' is no value"},
      {"count > three", 8, "found 'three'; expected a number"},
      {"count > 3 4", 10, "'4' comes after the condition"},
      {"cpu(get) > 1us", 0, "cpu has 1 arguments; expected none"},
      {"figure > 3", 0, "figure has 0 arguments; expected 1"},
      {"failed(\"x)", 8, "is not closed"},
      {"rate > 5ms", 8, "'ms' is no unit of rate"},
      {"count > nan", 8, "expected a number"},
  };
  for (const auto& [text, at, what] : mistakes) {
    const std::string message = refusal(text);
    EXPECT_THAT(message, HasSubstr(what)) << text;
    EXPECT_THAT(message, HasSubstr(std::string(text) + "\n" + std::string(at, ' ') + "^ ")) << text;
  }
}

TEST(Threshold, a_mistake_behind_letters_of_several_bytes_is_pointed_at_in_its_column) {
  EXPECT_EQ(refusal("p99(é) > 1ms"), "this is not understood:\np99(é) > 1ms\n    ^ found 'é'; expected a name");
  EXPECT_EQ(refusal("figure(\"größe\") > x"),
            "this is not understood:\nfigure(\"größe\") > x\n                  ^ found 'x'; expected a number");
  EXPECT_EQ(refusal("count\t> €"), "this is not understood:\ncount\t> €\n     \t  ^ found '€'; expected a number");
}

TEST(Threshold, values_without_a_comparison_are_a_list) {
  std::vector<std::string> names;
  for (const ThresholdValue& value : parse_threshold_values(" p99(new_order) ;rate; figure(\"a b\");"))
    names.push_back(value.text());
  EXPECT_EQ(names, (std::vector<std::string>{"p99(new_order)", "rate", "figure(\"a b\")"}));
  const auto refused = [](std::string_view text) -> std::string {
    try {
      parse_threshold_values(text);
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  };
  EXPECT_EQ(refused("rate, p99"),
            "this is not understood:\nrate, p99\n    ^ found ','; expected ';' and another value, or the end");
  EXPECT_THAT(refused("rate;;p99"), HasSubstr("\n     ^ found ';'; expected a value such as"));
  EXPECT_THAT(refused(""), HasSubstr("found the end; expected a value"));
  EXPECT_THAT(refused("p99 > 5ms"), HasSubstr("\n    ^ found '>'; expected ';' and another value"));
}

TEST(Threshold, an_empty_name_stays_one_in_the_text) {
  EXPECT_EQ(Threshold::parse("failed(\"\") or rate > 1").values()[0].text(), "failed(\"\")");
}

TEST(Threshold, deep_brackets_are_refused_and_not_followed) {
  EXPECT_THAT(refusal(std::string(100'000, '(')), HasSubstr("nested more than 100 deep"));
}

}  // namespace
}  // namespace assay
