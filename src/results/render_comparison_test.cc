#include "results/render_comparison.h"

#include "base/error.h"
#include "results/comparison_text.h"
#include "results/sample_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace assay {
namespace {

using testing::HasSubstr;
using testing::Not;

/// B has a fifth more rate, and a fiftieth of its gets fails.
struct Sample {
  const Document a_ = sample_run({.operations = {{"get", 100, 0, 1}, {"put"}}});
  const Document b_ = sample_run({.operations = {{"get", 120, 0, 2, 0.02}, {"put"}}, .version = "16|1", .seed = 2});
  const Document c_ = sample_run({.operations = {{"get", 50, 0, 2}, {"scan"}}, .server = "MariaDB", .seed = 3});
  const Document d_ = sample_run({.seed = 4});
  const Comparison two = compare({{"before, 1", {&a_}}, {"after", {&b_}}}, {.tolerance = 0.1});
  const Comparison three = compare({{"x", {&a_}}, {"y", {&b_}}, {"z", {&c_}}});
};

class RenderComparison : public testing::Test {
 protected:
  static const Sample& sample() {  // resampled once for all tests
    static const Sample made;
    return made;
  }
  const Comparison& two_ = sample().two;
  const Comparison& three_ = sample().three;
};

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      out.emplace_back();
    else
      out.back() += c;
  }
  return out;
}

TEST_F(RenderComparison, the_table_says_first_what_differs_and_last_what_it_came_to) {
  const std::string text = render_comparison_table(two_, {.width = 140});
  const std::size_t settings = text.find("What differs besides"), operations = text.find("Operations"),
                    verdict = text.find("FAIL: worse by more than 10 %: ");
  ASSERT_NE(verdict, std::string::npos) << text;
  EXPECT_LT(settings, operations);
  EXPECT_LT(operations, verdict);
  EXPECT_THAT(text, HasSubstr("target.main.server_version  15.14  16|1"));
  EXPECT_THAT(text, testing::ContainsRegex("get +rate +100 /s +117 /s|get +rate +100 /s +118 /s"));
  EXPECT_THAT(text.substr(verdict), HasSubstr("get (errors, mean, p50"));
}

TEST(ToldApart, long_values_lose_what_they_share_and_keep_what_tells_them_apart) {
  using testing::ElementsAre;
  EXPECT_THAT(told_apart({"on", "", "off"}, 12), ElementsAre("on", "–", "off"));
  EXPECT_THAT(told_apart({"postgres://user@host:5432/first", "postgres://user@host:5432/second"}, 16),
              ElementsAre("…432/first", "…432/second"));
  EXPECT_THAT(told_apart({"postgres://user@host:5432/first", "postgres://user@host:5432/second"}, 40),
              ElementsAre("postgres://user@host:5432/first", "postgres://user@host:5432/second"));
  EXPECT_THAT(told_apart({"sqlite:x", "postgres://user@host"}, 12), ElementsAre("sqlite:x", "postgres://…"));
  EXPECT_THAT(told_apart({"ääääääää1", "ääääääää2"}, 6), ElementsAre("…ää1", "…ää2"));
}

TEST_F(RenderComparison, no_row_is_wider_than_the_terminal) {
  for (const int width : {80, 120})
    for (const Comparison* c : {&two_, &three_}) {
      std::istringstream lines(render_comparison_table(*c, {.width = width}));
      for (std::string line; std::getline(lines, line);)
        EXPECT_LE(std::count_if(line.begin(), line.end(), [](char ch) { return (ch & 0xc0) != 0x80; }), width) << line;
    }
}

TEST_F(RenderComparison, operations_that_never_failed_have_no_row_of_errors) {
  const std::string text = render_comparison_table(two_, {.width = 140});
  const std::size_t put = text.find("\n  put");
  EXPECT_THAT(text.substr(put, text.find("\n  all") - put), Not(HasSubstr("errors")));
}

TEST_F(RenderComparison, more_sides_are_a_matrix_for_each_statistic) {
  const std::string text = render_comparison_table(three_, {.width = 140});
  EXPECT_THAT(text, HasSubstr("rate (completed per second)"));
  EXPECT_THAT(text, HasSubstr("B PostgreSQL 16|1"));
  EXPECT_THAT(text, HasSubstr("C MariaDB 15.14"));
  EXPECT_THAT(text, HasSubstr("✓"));
  EXPECT_THAT(text, HasSubstr("-50.0 % (-50.0 … -50.0 %) ✗"));
  EXPECT_THAT(text, HasSubstr("no interval: C measured nothing of it"));
}

TEST_F(RenderComparison, an_interval_reads_on_the_side_of_0_and_of_the_tolerance_where_it_is) {
  const ComparedFigure& rate = two_.operations.front();  // the tolerance is 10 %
  Difference d;
  const auto text = [&](double low, double high) {
    d.interval = {low, high};
    return interval_text(two_, rate, d);
  };
  EXPECT_EQ(text(0, 0.709), "0.00 … +70.9 %");
  EXPECT_EQ(text(0.00003, 0.709), "+0.003 … +70.9 %");
  EXPECT_EQ(text(-0.5, -0.00003), "-50.0 … -0.003 %");
  EXPECT_EQ(text(0.10002, 0.2), "+10.002 … +20.0 %");
  EXPECT_EQ(text(-0.2, -0.1), "-20.0 … -10.0 %");
}

TEST_F(RenderComparison, every_change_of_a_matrix_has_its_interval) {
  const ComparedFigure& rate = three_.operations.front();
  for (const std::size_t side : {1u, 2u}) {
    const std::string interval = "(" + interval_text(three_, rate, rate.against[side].difference) + ")";
    EXPECT_THAT(render_comparison_table(three_, {.width = 140}), HasSubstr(interval));
    EXPECT_THAT(render_comparison_table(three_, {.width = 80}), HasSubstr(interval));
    EXPECT_THAT(render_comparison_markdown(three_), HasSubstr(interval));
  }
}

TEST_F(RenderComparison, markdown_is_a_comment_with_the_verdict_and_text_stays_text) {
  const std::string text = render_comparison_markdown(two_);
  EXPECT_THAT(text, testing::StartsWith("## assay compare: kv\n\n❌ FAIL: worse by more than 10 %"));
  EXPECT_THAT(text, HasSubstr("| target.main.server\\_version | 15.14 | 16\\|1 |"));
  EXPECT_THAT(text, HasSubstr("| get | rate | 100 /s |"));
  EXPECT_THAT(render_comparison_markdown(three_),
              HasSubstr("| operation | A PostgreSQL 15.14 | B PostgreSQL 16\\|1 |"));
}

TEST_F(RenderComparison, every_row_of_the_csv_has_all_columns) {
  std::istringstream lines(render_comparison_csv(three_));
  std::string line;
  std::getline(lines, line);
  const std::size_t columns = cells(line).size();
  EXPECT_EQ(columns, 20u);
  std::size_t rows = 0;
  while (std::getline(lines, line)) {
    EXPECT_EQ(cells(line).size(), columns) << line;
    rows++;
  }
  EXPECT_EQ(rows, 2 * (three_.operations.size() + three_.figures.size()));
  EXPECT_THAT(render_comparison_csv(two_), HasSubstr("\nA,B,after,g,get,rate,1/s,100,"));
}

TEST_F(RenderComparison, charts_have_a_line_for_each_side_that_measured_the_operation) {
  const Charts charts = charts_of(three_);
  const auto find = [&](std::string_view id, std::string_view choice) {
    const auto at = std::find_if(charts.charts.begin(), charts.charts.end(),
                                 [&](const Chart& c) { return c.id == id && c.choice == choice; });
    EXPECT_NE(at, charts.charts.end()) << id << " " << choice;
    return at == charts.charts.end() ? Chart{} : *at;
  };
  for (const char* id : {"throughput", "response-p50", "response-p99", "histogram", "percentiles"}) {
    std::vector<std::string> names, colors;
    for (const ChartLine& line : find(id, "put").lines) names.push_back(line.name);
    for (const ChartLine& line : find(id, "scan").lines) colors.push_back(line.color);
    EXPECT_THAT(names, testing::ElementsAre("A PostgreSQL 15.14", "B PostgreSQL 16|1")) << id;
    EXPECT_THAT(colors, testing::ElementsAre("line-3")) << id << ": C has its colour in every chart";
  }
  const Chart rate = find("throughput", "get");
  EXPECT_EQ(rate.lines[0].values, std::vector<double>(60, 100));
  EXPECT_EQ(rate.lines[2].values, std::vector<double>(60, 50));
  EXPECT_EQ(rate.x.front(), 0.5);  // the middle of the first second that is measured, not of the warm-up
  EXPECT_TRUE(charts_of(compare({{"a", {three_.sides[0].runs[0], three_.sides[1].runs[0]}},
                                 {"b", {three_.sides[2].runs[0], &sample().d_}}}))
                  .charts.empty())
      << "pairs";
}

TEST_F(RenderComparison, sides_with_intervals_of_other_lengths_are_drawn_at_their_own_places) {
  Document coarse = sample_run({.operations = {{"get", 100, 0, 1}}, .seconds = 60, .seed = 9});
  Series& series = coarse.groups[0].series;
  Series halves(std::chrono::seconds(2), 1);
  for (const SeriesInterval& interval : series.intervals()) {
    GroupStats stats(1, 0);
    stats.operations[0].completed = interval.operations[0].completed;
    halves.add(interval.index / 2, interval.index == 0 ? Phase::warmup : Phase::measure, stats);
  }
  series = std::move(halves);
  const Document fine = sample_run({.operations = {{"get", 50, 0, 1}}, .seconds = 60, .seed = 10});
  const Comparison c = compare({{"fine", {&fine}}, {"coarse", {&coarse}}});
  const Chart rate = charts_of(c).charts.front();
  ASSERT_EQ(rate.id, "throughput");
  // Measured is from 1 s to 61 s of the run: whole intervals of two seconds begin at 2 s, the middle of the first is at 3 s.
  const auto at = [&](double x) {
    return static_cast<std::size_t>(std::find(rate.x.begin(), rate.x.end(), x) - rate.x.begin());
  };
  ASSERT_LT(at(2.0), rate.x.size());
  EXPECT_TRUE(std::isnan(rate.lines[1].values[at(0.5)]));
  EXPECT_EQ(rate.lines[1].values[at(2.0)], 100);
  EXPECT_EQ(rate.lines[1].values[at(2.5)], 100) << "on the line between its own places";
  EXPECT_EQ(rate.lines[0].values[at(2.0)], 50);
}

TEST_F(RenderComparison, totals_of_other_operations_are_said_to_be) {
  EXPECT_THAT(
      three_.notes,
      testing::Contains("A measured nothing of scan: its totals are of other operations than those of the rest."));
  EXPECT_THAT(three_.notes, testing::Contains(HasSubstr("C measured nothing of put: ")));
  for (const std::string& note : two_.notes) EXPECT_THAT(note, Not(HasSubstr("measured nothing")));
}

TEST_F(RenderComparison, the_picture_shows_which_intervals_go_on_behind_its_edge) {
  const auto picture = [&](double low, double high) {
    Comparison c = two_;
    for (ComparedFigure& f : c.operations)
      if (f.name == "mean") f.against[1].difference.interval = {low, high};
    return render_comparison_png(c, false).front().bytes;
  };
  try {
    picture(0, 0);
  } catch (const Error& e) {
    GTEST_SKIP() << e.what();  // built without pictures
  }
  const double edge = 2.0 * 1.04;  // the scale ends there, however far an interval reaches
  EXPECT_EQ(picture(0.1, edge), picture(0.1, edge));
  EXPECT_NE(picture(0.1, edge), picture(0.1, 8.29));
  EXPECT_NE(picture(-edge, edge), picture(-9, edge));
}

TEST_F(RenderComparison, csv_gives_times_in_milliseconds_and_changes_as_fractions) {
  std::istringstream lines(render_comparison_csv(two_));
  for (std::string line; std::getline(lines, line);)
    if (const auto row = cells(line); row[4] == "get" && row[5] == "mean") {
      EXPECT_NEAR(std::stod(row[7]), 1, 0.05);
      EXPECT_NEAR(std::stod(row[8]), 2, 0.1);
      EXPECT_NEAR(std::stod(row[10]), 1, 0.15);
      EXPECT_EQ(row[18], "beyond");
      return;
    }
  ADD_FAILURE() << "there is no row of get's mean";
}

TEST_F(RenderComparison, json_holds_the_same_and_null_where_there_is_nothing) {
  const auto json = nlohmann::json::parse(render_comparison_json(three_));
  EXPECT_EQ(json["format"], "assay-comparison");
  EXPECT_EQ(json["verdict"], "pass");
  EXPECT_EQ(json["tolerance"], nullptr);
  EXPECT_EQ(json["sides"].size(), 3u);
  EXPECT_EQ(json["operations"].size(), three_.operations.size());
  const auto& first = json["operations"][0];
  EXPECT_EQ(first["figure"], "rate");
  EXPECT_EQ(first["values"][0], 100.0);
  EXPECT_EQ(first["against"][0]["standing"], "better");
  for (const auto& figure : json["operations"]) {
    if (figure["operation"] != "scan") continue;
    EXPECT_EQ(figure["against"][1]["low"], nullptr);
  }
}

}  // namespace
}  // namespace assay
