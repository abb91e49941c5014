#include "results/charts.h"

#include "results/report_json.h"
#include "results/sample_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace assay {
namespace {

const Chart& chart_of(const Charts& charts, std::string_view id, std::string_view choice = "") {
  for (const Chart& chart : charts.charts)
    if (chart.id == id && (choice.empty() || chart.choice == choice)) return chart;
  throw std::runtime_error("no chart " + std::string(id));
}

const ChartLine& line_of(const Chart& chart, std::string_view name) {
  for (const ChartLine& line : chart.lines)
    if (line.name == name) return line;
  throw std::runtime_error("no line " + std::string(name));
}

TEST(Charts, OfTheSampleAreThoseOfTheReport) {
  std::vector<std::string> ids;
  for (const Chart& chart : charts_of(large_document(60, 5)).charts) ids.push_back(chart.id + " " + chart.choice);
  EXPECT_THAT(ids, testing::ElementsAre("throughput ", "latency all operations", "latency deferred / delivery_queue",
                                        "latency terminals / all", "latency terminals / stock_level",
                                        "latency terminals / delivery", "latency terminals / order_status",
                                        "latency terminals / payment", "latency terminals / new_order", "errors ",
                                        "histogram ", "percentiles ", "target-0 ", "target-1 "));
}

TEST(Charts, EveryLineHasAValueForEachPlaceOfItsAxis) {
  for (const Document& d : {small_document(), large_document(60), large_document(1)})
    for (const Chart& chart : charts_of(d).charts) {
      EXPECT_TRUE(std::is_sorted(chart.x.begin(), chart.x.end())) << chart.id;
      for (const ChartLine& line : chart.lines) EXPECT_EQ(line.values.size(), chart.x.size()) << chart.id << line.name;
    }
}

// get of the small sample: 10, 20, …, 100 ns; put: 120 ns.
TEST(Charts, TheHistogramHasTheSharesThatTheSampleWasMadeOf) {
  const Charts charts = charts_of(small_document());
  const Chart& chart = chart_of(charts, "histogram");
  EXPECT_EQ(chart.unit, "% of the operations");
  const auto share_from = [&](std::string_view line, double ns) {
    const double at = std::log10(ns) - 6;
    for (std::size_t i = 0; i + 1 < chart.x.size(); i++)
      if (chart.x[i] <= at + 1e-9 && at + 1e-9 < chart.x[i + 1]) return line_of(chart, line).values[i];
    return -1.0;
  };
  for (const double ns : {10, 20, 30, 40, 50, 60, 70, 80}) EXPECT_DOUBLE_EQ(share_from("get", ns), 10) << ns;
  EXPECT_DOUBLE_EQ(share_from("get", 12), 0);
  EXPECT_DOUBLE_EQ(share_from("put", 120), 100);
  EXPECT_TRUE(std::isnan(share_from("put", 10)));
  EXPECT_DOUBLE_EQ(share_from("all", 10), 100.0 / 11);
  EXPECT_THAT(chart.ticks, testing::Contains(testing::Pair(testing::DoubleNear(-5, 1e-9), "10 ns")));
}

TEST(Charts, ThePercentilesAreThoseOfTheOrderedValues) {
  const Charts charts = charts_of(small_document());
  const Chart& chart = chart_of(charts, "percentiles");
  EXPECT_EQ(chart.unit, "µs");
  const ChartLine& get = line_of(chart, "get");
  EXPECT_DOUBLE_EQ(get.values.front(), 0.01);  // the shortest, 10 ns
  // 1 in 10 took longest, and of all 1 in 11: the axis goes that far.
  EXPECT_DOUBLE_EQ(chart.x[20], 1);
  EXPECT_DOUBLE_EQ(get.values[19], 0.09);
  EXPECT_DOUBLE_EQ(get.values[20], 0.1);
  ASSERT_EQ(chart.x.size(), 22u);
  EXPECT_TRUE(std::isnan(get.values[21]));
  EXPECT_DOUBLE_EQ(line_of(chart, "all").values.back(), 0.12);
  EXPECT_DOUBLE_EQ(line_of(chart, "put").values.front(), 0.12);
}

TEST(Charts, ANestedOperationMayBeMoreFrequentAndShorterThanAllOthers) {
  Document d = small_document();
  OperationResult part{"part", true, {}};
  for (int i = 0; i < 1000; i++) part.measured().response.record(Nanos(2));
  d.groups[0].operations.push_back(part);
  d.groups[0].series = Series(std::chrono::seconds(1), 3);
  const Charts charts = charts_of(d);
  EXPECT_DOUBLE_EQ(chart_of(charts, "percentiles").x.back(), 3);  // one of a thousand
  const ChartLine& line = line_of(chart_of(charts, "histogram"), "part");
  EXPECT_THAT(line.values, testing::Contains(100.0));
}

TEST(Charts, AsJsonNoPlaceLiesBeyondItsAxis) {
  for (std::uint64_t count = 2; count < 40; count++) {  // the axis ends at log10 of it, which is rounded up or down
    Histogram h;
    for (std::uint64_t i = 0; i < count; i++) h.record(Nanos(1000 * i));
    JsonText json;
    json.open('{');
    put_charts(json, {{}, {percentile_chart({{line_look(0), &h}}, false), spread_chart({{line_look(0), &h}})}});
    json.close('}');
    const auto parsed = nlohmann::json::parse(json.text());
    ASSERT_EQ(parsed["charts"]["list"].size(), 2u);
    for (const auto& chart : parsed["charts"]["list"]) {
      EXPECT_GE(chart["x"].front(), chart["x_from"]) << count;
      EXPECT_LE(chart["x"].back(), chart["x_to"]) << count;
    }
  }
}

TEST(Charts, AHoleIsWhereTheTargetDidNotAnswer) {
  const Charts charts = charts_of(large_document(60));  // away from 30 s to 34 s
  const Chart& chart = chart_of(charts, "target-1");
  EXPECT_EQ(chart.unit, "sessions");
  std::size_t holes = 0;
  for (std::size_t i = 0; i < chart.x.size(); i++)
    if (std::isnan(chart.lines[0].values[i])) {
      holes++;
      EXPECT_GT(chart.x[i], 29);
      EXPECT_LT(chart.x[i], 35);
    }
  EXPECT_EQ(holes, 1u);
}

TEST(Charts, OfADocumentThatHoldsNothingThereAreNone) {
  EXPECT_TRUE(charts_of(Document{}).charts.empty());
  Document d = small_document();
  for (OperationResult& o : d.groups[0].operations) o.measured().clear();
  for (const Chart& chart : charts_of(d).charts) EXPECT_NE(chart.section, Chart::Section::distribution);
}

}  // namespace
}  // namespace assay
