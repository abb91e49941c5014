#include "results/render.h"

#include "results/sample_document.h"
#include "results/summary.h"
#include "results/text_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace assay {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

constexpr const char* kColumns =
    "group,operation,count,errors,retries,rate,response_mean_ms,response_p50_ms,response_p90_ms,response_p95_ms,"
    "response_p99_ms,response_p999_ms,response_max_ms,service_mean_ms,service_p50_ms,service_p90_ms,service_p95_ms,"
    "service_p99_ms,service_p999_ms,service_max_ms,wait_p99_ms,lag_p99_ms";

// The numbers below were worked out from the comments in sample_document.cc: get has responses of 10, 20, …, 100 ns in
// 2 s, services 10 ns less; put one of 120 ns, a failure and three retries.
TEST(Csv, HasTheNumbersThatTheSampleWasMadeOf) {
  EXPECT_THAT(lines_of(render_csv(small_document())),
              ElementsAre(kColumns,
                          "g,get,10,0,0,5,0.000055,0.00005,0.00009,0.0001,0.0001,0.0001,0.0001,"
                          "0.000045,0.00004,0.00008,0.00009,0.00009,0.00009,0.00009,0.000008,0.000002",
                          "g,put,1,1,3,0.5,0.00012,0.00012,0.00012,0.00012,0.00012,0.00012,0.00012,"
                          "0.00007,0.00007,0.00007,0.00007,0.00007,0.00007,0.00007,0.00004,0.00001",
                          // 11 values: mean 670 / 11 = 60.9, the 6th is 60, the 10th 100, the 11th 120
                          "g,all,11,1,3,5.5,0.000061,0.00006,0.0001,0.00012,0.00012,0.00012,0.00012,"
                          "0.000047,0.00005,0.00008,0.00009,0.00009,0.00009,0.00009,0.00004,0.00001",
                          "all,all,11,1,3,5.5,0.000061,0.00006,0.0001,0.00012,0.00012,0.00012,0.00012,"
                          "0.000047,0.00005,0.00008,0.00009,0.00009,0.00009,0.00009,0.00004,0.00001"));
}

TEST(Csv, QuotesNamesAndLeavesCellsEmptyWhereNothingWasTimed) {
  Document d = small_document();
  d.groups[0].name = "a \"b\", c";
  d.groups[0].operations[0].measured().clear();
  EXPECT_EQ(lines_of(render_csv(d))[1], "\"a \"\"b\"\", c\",get,0,0,0,0,,,,,,,,,,,,,,,,");
}

TEST(Csv, OfTheSeriesHasARowForEachOperationInEachInterval) {
  const std::vector<std::string> lines = lines_of(render_csv_series(small_document()));
  ASSERT_EQ(lines.size(), 1u + 3 * 4);
  EXPECT_EQ(lines[0], std::string("start_s,length_s,phase,") + kColumns);
  EXPECT_EQ(lines[1],
            "0,1,warmup,g,get,1,0,0,1,0.00009,0.00009,0.00009,0.00009,0.00009,0.00009,0.00009,"
            "0.00009,0.00009,0.00009,0.00009,0.00009,0.00009,0.00009,0,0");
  EXPECT_EQ(lines[2], "0,1,warmup,g,put,0,0,0,0,,,,,,,,,,,,,,,,");
  // 10, 20, 30, 40 ns: mean 25, the 2nd 20, the 4th 40
  EXPECT_EQ(lines[5],
            "1,1,measure,g,get,4,0,0,4,0.000025,0.00002,0.00004,0.00004,0.00004,0.00004,0.00004,"
            "0.000015,0.00001,0.00003,0.00003,0.00003,0.00003,0.00003,0.000008,0.000002");
  EXPECT_THAT(lines[12], testing::StartsWith("2,1,measure,all,all,7,1,3,7,"));
}

TEST(Summary, FillsIntervalsInWhichNothingEndedAndCutsTheLastOneAtTheEnd) {
  Document d = small_document();
  d.phases.back().length = std::chrono::milliseconds(1500);  // the run ends at 2.5 s
  SeriesInterval first = d.groups[0].series.intervals()[0], last = d.groups[0].series.intervals()[2];
  d.groups[0].series = Series(std::chrono::seconds(1), 2);
  d.groups[0].series.append(first);
  d.groups[0].series.append(last);
  std::vector<IntervalSummary> all;
  for_each_interval(d, [&](const IntervalSummary& i) { all.push_back(i); });
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[1].rows.back().completed, 0u);
  EXPECT_EQ(all[1].phase, Phase::measure);
  EXPECT_EQ(all[2].length, std::chrono::milliseconds(500));
  EXPECT_DOUBLE_EQ(all[2].rows.back().rate, 14);  // 7 in half a second
}

TEST(Summary, BringsGroupsOfDifferentIntervalsToTheLongest) {
  Document d = small_document();
  GroupResult coarse = d.groups[0];
  coarse.name = "coarse";
  coarse.series = Series(std::chrono::seconds(2), 2);
  SeriesInterval interval{1, Phase::measure, std::vector<SeriesCell>(2)};  // [2 s, 4 s)
  interval.operations[0].completed = 5;
  coarse.series.append(interval);
  d.groups.push_back(coarse);
  std::vector<IntervalSummary> all;
  for_each_interval(d, [&](const IntervalSummary& i) { all.push_back(i); });
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].rows.back().completed, 1u + 4u);
  EXPECT_EQ(all[0].phase, Phase::measure);
  EXPECT_EQ(all[1].start, std::chrono::seconds(2));
  EXPECT_EQ(all[1].length, std::chrono::seconds(1));
  EXPECT_EQ(all[1].rows.back().completed, 7u + 5u);
}

TEST(Summary, leaves_nested_operations_out_of_every_all) {
  Document d = small_document();  // get: 10 operations, put: 1
  d.groups[0].operations[1].nested = true;
  EXPECT_EQ(from_json(to_json(d)).groups[0].operations[1].nested, true);
  const std::vector<OperationSummary> rows = summarize(d);
  ASSERT_EQ(rows.size(), 4u);  // get, put, all of the group, all
  EXPECT_EQ(rows[1].count, 1u);
  EXPECT_EQ(rows[2].count, 10u);
  EXPECT_EQ(rows[3].count, 10u);
}

TEST(Summary, KnowsTheCostOfAnOperationWhereThereWasOne) {
  Document d = small_document();
  EXPECT_EQ(cpu_us_per_operation(d), std::nullopt);
  d.own_cost.cpu_seconds = 12e-6;
  d.own_cost.operations = 6;
  EXPECT_DOUBLE_EQ(*cpu_us_per_operation(d), 2.0);
}

TEST(Table, ShowsEverythingThatTheDocumentStates) {
  const std::string text = render_table(large_document(30));
  EXPECT_THAT(text, AllOf(HasSubstr("tpcc on PostgreSQL 15.14"), ContainsRegex("\n  terminals\n    new_order +[0-9]"),
                          ContainsRegex("\n  deferred\n    delivery_queue"), HasSubstr("57P01"), HasSubstr("41.9 %"),
                          HasSubstr("committed New-Orders / measured minutes")));
  EXPECT_THAT(text, AllOf(ContainsRegex("FAIL +payment share"), ContainsRegex("PASS +new_order p90"),
                          ContainsRegex("n/a +efficiency"), HasSubstr("outage of 3.9s: no session answered"),
                          HasSubstr("in doubt: 4 commits"), HasSubstr("3.3.2.1: W_YTD"), HasSubstr("w_id=3: 1200.50"),
                          HasSubstr("warning: client CPU at 83 %")));
  EXPECT_THAT(lines_of(text), testing::Contains("Verdict: FAIL"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b[")));
}

TEST(Table, HasTheNumbersThatTheSampleWasMadeOf) {
  EXPECT_THAT(render_table(small_document()),
              ContainsRegex("  put +1 +0.500 +1 +3( +0.120){7}( +0.0700){2} +0.0400 +0.0100\n"));
}

TEST(Table, IsNeverWiderThanTheTerminal) {
  for (const int width : {80, 100, 120})
    for (const std::string& line : lines_of(render_table(large_document(30), {false, width})))
      EXPECT_LE(width_of(line), static_cast<std::size_t>(width)) << line;
}

TEST(Table, IsColouredOnlyWhenAsked) {
  const std::string text = render_table(large_document(30), {true, 120});
  EXPECT_THAT(text, HasSubstr("\x1b[31mFAIL\x1b[0m"));
}

TEST(Summary, of_a_search_in_which_a_rate_held_above_one_that_did_not_says_that_it_is_in_doubt) {
  RateSearchFacts search{.condition = "p99 < 1 ms",
                         .steps = {{3832, 3832, true, ""},
                                   {7664, 7000, false, ""},
                                   {5419, 5400, false, ""},
                                   {5419, 5400, true, ""},
                                   {300, 300, false, ""},
                                   {284.8, 284.8, true, ""}},
                         .highest = 284.8,
                         .lowest_failed = 300,
                         .held = 3,
                         .complete = true};
  EXPECT_THAT(doubt_of_search(search), HasSubstr("5419/s held although 300/s did not"));
  EXPECT_THAT(describe_search(search), HasSubstr("5419/s held although 300/s did not"));
  Document d = small_document();
  d.search = search;
  EXPECT_THAT(render_markdown(d), HasSubstr("so the highest rate is in doubt"));
  // The rate that failed when it was tried again is no doubt: that is how a limit is found.
  search.steps = {{300, 300, true, ""}, {300, 300, false, ""}, {284.8, 284.8, true, ""}};
  EXPECT_EQ(doubt_of_search(search), "");
  EXPECT_EQ(describe_search(search).find("doubt"), std::string::npos);
}

TEST(Table, ShowsADocumentThatHoldsNothing) { EXPECT_THAT(render_table(Document{}), HasSubstr("Verdict: PASS")); }

TEST(Table, LetsNoControlCharacterOfAMessageReachTheTerminal) {
  Document d = small_document();
  d.groups[0].failures[0].message = "first\nsecond\x1b[2J";
  EXPECT_THAT(render_table(d), AllOf(HasSubstr("first second\\x1b[2J"), Not(HasSubstr("\x1b"))));
}

TEST(WrappedText, BreaksAtSpacesAndCutsLongWords) {
  EXPECT_EQ(wrapped("one two three", 8, 2), "one two\n  three");
  EXPECT_EQ(wrapped("short", 8, 2), "short");
  EXPECT_EQ(wrapped("0123456789abcdefghij", 10, 0), "0123456789\nabcdefghij");
  EXPECT_EQ(cut_to("äöü", 2), "ä…");
}

TEST(LargeDocuments, HaveARowForEveryOperationOfEveryInterval) {
  const Document d = large_document(300);
  EXPECT_EQ(d.groups[0].series.intervals().size(), 300u);
  const Document again = from_json(to_json(d));
  EXPECT_EQ(lines_of(render_csv_series(again)).size(), 1u + 300u * (6 + 1 + 1 + 1 + 1));
}

}  // namespace
}  // namespace assay
