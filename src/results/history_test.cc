#include "results/history.h"

#include "base/error.h"
#include "base/random.h"
#include "results/file.h"
#include "results/render_history.h"
#include "results/sample_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <functional>

namespace assay {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using State = HistorySeries::State;

const ThresholdValue kRate{"rate", {}, Quantity::rate};
const ThresholdValue kP99{"p99", {"put"}, Quantity::duration};
const ThresholdValue kErrors{"errors", {}, Quantity::share};

double normal(Random& random) {
  return std::sqrt(-2 * std::log(1 - random.unit())) * std::cos(2 * M_PI * random.unit());
}

/// `count` runs, a day apart, whose values are given by their place.
std::vector<HistoryRun> runs_of(
    std::size_t count, const std::vector<std::pair<ThresholdValue, std::function<double(std::size_t)>>>& values) {
  std::vector<HistoryRun> runs;
  for (std::size_t i = 0; i < count; i++) {
    HistoryRun run;
    run.id = fmt::format("run-{:03}", i);
    run.path = run.id + ".json";
    run.started = WallTime(std::chrono::hours(24 * i));
    run.circumstances = {{"workload", "kv", true}, {"assay", "1", false}};
    for (const auto& [what, value] : values) run.values.push_back({what, "", value(i)});
    runs.push_back(std::move(run));
  }
  return runs;
}

/// A step of `share` at `at`, with one per cent of noise.
std::function<double(std::size_t)> step(double level, double share, std::size_t at, std::uint64_t seed) {
  return [=](std::size_t i) {
    Random random(hash_of(seed, i));
    return level * (i < at ? 1 : 1 + share) * (1 + 0.01 * normal(random));
  };
}

const HistorySeries& series_named(const HistorySetup& setup, const std::string& name) {
  for (const HistorySeries& series : setup.series)
    if (series.what.text() == name) return series;
  throw Error("no series " + name);
}

std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(History, a_step_in_a_value_is_dated_and_judged_by_its_direction) {
  const History history = make_history(runs_of(40, {{kRate, step(1000, -0.2, 30, 1)}, {kP99, step(5e6, -0.2, 20, 2)}}));
  ASSERT_EQ(history.setups.size(), 1u);
  const HistorySeries& rate = series_named(history.setups[0], "rate");
  ASSERT_EQ(rate.changes.size(), 1u);
  EXPECT_EQ(rate.changes[0].index, 30u);
  EXPECT_EQ(rate.state, State::worse);  // a rate that fell
  EXPECT_NEAR(rate.relative(), -0.2, 0.01);
  EXPECT_NEAR(rate.newest, 800, 5);
  const HistorySeries& p99 = series_named(history.setups[0], "p99(put)");
  ASSERT_EQ(p99.changes.size(), 1u);
  EXPECT_EQ(p99.changes[0].index, 20u);
  EXPECT_EQ(p99.state, State::better);  // a time that fell
  EXPECT_TRUE(history.worse());
}

/// A search that found this rate; 0: none.
HistoryRun searched(double highest, const std::string& condition, int day, const std::string& kind = "constant") {
  Document d = small_document();
  d.id = fmt::format("search-{}", day);
  d.started = WallTime(std::chrono::hours(24 * day));
  d.partial = false;
  d.verdict = {highest > 0 ? Verdict::pass : Verdict::fail, {}};
  d.schedule = fmt::format("{} {:g}/s", kind, highest > 0 ? highest : 0.1);
  for (GroupResult& group : d.groups) group.schedule = d.schedule;
  d.search = {condition, {{highest, highest, highest > 0, ""}}, highest, 0, 3, true};
  d.figures = {{"highest_rate", highest, "1/s", ""}, {"warehouses", 3, "", ""}};
  return history_run(d, d.id + ".json");
}

TEST(History, searches_for_the_highest_rate_are_one_setup_whatever_they_found) {
  std::vector<HistoryRun> runs;
  for (int day = 0; day < 24; day++) runs.push_back(searched((day < 14 ? 1000 : 700) + day % 3, "p99 < 5 ms", day));
  runs.push_back(searched(0, "p99 < 5 ms", 24));
  runs.push_back(searched(900, "p99 < 9 ms", 25));
  runs.push_back(searched(900, "p99 < 5 ms", 26, "Poisson"));
  const History history = make_history(runs);
  ASSERT_EQ(history.setups.size(), 3u) << "another condition and other arrivals are of other setups";
  const HistorySetup& setup = history.setups[2];
  ASSERT_EQ(setup.runs.size(), 25u);
  ASSERT_EQ(setup.series.size(), 1u) << "operations at different rates say nothing of each other";
  const HistorySeries& highest = setup.series[0];
  EXPECT_EQ(highest.what.text(), "figure(highest_rate)");
  EXPECT_EQ(highest.values.back(), 0) << "no rate held";
  ASSERT_EQ(highest.changes.size(), 1u);
  EXPECT_EQ(highest.changes[0].index, 14u);
  EXPECT_EQ(highest.state, State::worse);
}

TEST(History, the_tolerance_is_for_the_judgement_and_not_for_what_is_seen) {
  auto runs = runs_of(40, {{kRate, step(1000, -0.04, 20, 3)}});
  const History history = make_history(runs);
  ASSERT_EQ(history.setups[0].series[0].changes.size(), 1u);
  EXPECT_EQ(history.setups[0].series[0].state, State::steady);
  EXPECT_FALSE(history.worse());
  EXPECT_TRUE(make_history(runs, {.tolerance = 0.02}).worse());
}

TEST(History, a_change_for_the_worse_that_was_mended_is_no_longer_worse) {
  const auto dip = [](std::size_t i) { return (i >= 15 && i < 30 ? 800.0 : 1000.0) + static_cast<double>(i % 3); };
  const History history = make_history(runs_of(45, {{kRate, dip}}));
  const HistorySeries& rate = history.setups[0].series[0];
  ASSERT_EQ(rate.changes.size(), 2u);
  EXPECT_EQ(rate.state, State::better);
  EXPECT_FALSE(history.worse());
}

TEST(History, many_small_steps_are_worse_than_the_best_though_none_is_worse_than_the_one_before) {
  const auto stairs = [](std::size_t i) {
    return 1000.0 * std::pow(0.97, std::floor(static_cast<double>(i) / 15)) + static_cast<double>(i % 3);
  };
  auto runs = runs_of(60, {{kRate, stairs}});
  const History before = make_history(runs);
  EXPECT_EQ(before.setups[0].series[0].changes.size(), 3u);
  EXPECT_FALSE(before.worse());
  const History best = make_history(runs, {.against = Against::best});
  EXPECT_TRUE(best.worse());
  EXPECT_NEAR(best.setups[0].series[0].relative(), std::pow(0.97, 3) - 1, 0.002);
}

TEST(History, errors_where_there_were_none_are_worse_by_more_than_any_tolerance) {
  const History history = make_history(runs_of(30, {{kErrors, [](std::size_t i) { return i < 20 ? 0.0 : 1e-5; }}}));
  const HistorySeries& errors = history.setups[0].series[0];
  EXPECT_EQ(errors.state, State::worse);
  EXPECT_TRUE(std::isinf(errors.relative()));
  EXPECT_THAT(render_history_table(history), AllOf(HasSubstr("from 0"), Not(HasSubstr("nan"))));
}

TEST(History, of_too_few_runs_nothing_is_said) {
  const History history = make_history(runs_of(9, {{kRate, step(1000, -0.5, 5, 4)}}));
  EXPECT_EQ(history.setups[0].series[0].state, State::too_short);
  EXPECT_FALSE(history.worse());
}

/// Twelve values as kv has them, of which the rates change by `share` at `at`.
std::vector<HistoryRun> twelve_values(std::size_t count, double share, std::size_t at) {
  std::vector<std::pair<ThresholdValue, std::function<double(std::size_t)>>> values;
  for (std::uint64_t v = 0; v < 12; v++) {
    const bool rate = v % 4 == 0;
    values.emplace_back(
        ThresholdValue{
            rate ? "rate" : "p99", {fmt::format("operation-{}", v)}, rate ? Quantity::rate : Quantity::duration},
        step(1e6, rate ? share : 0, at, hash_of(51, v)));
  }
  return runs_of(count, values);
}

TEST(History, a_clear_change_shows_after_five_runs_among_twelve_values) {
  for (const std::size_t before : {5u, 6u, 10u, 15u}) {
    const History history = make_history(twelve_values(before + 5, -0.99, before));
    const HistorySeries& rate = series_named(history.setups[0], "rate(operation-0)");
    ASSERT_EQ(rate.changes.size(), 1u) << before;
    EXPECT_EQ(rate.changes[0].index, before);
    EXPECT_EQ(rate.state, State::worse);
    EXPECT_TRUE(history.worse());
  }
}

TEST(History, too_few_runs_are_said_to_be_too_few_and_never_steady) {
  const History history = make_history(twelve_values(9, -0.99, 5));
  for (const HistorySeries& series : history.setups[0].series) EXPECT_EQ(series.state, State::too_short);
  EXPECT_FALSE(history.decided());
  EXPECT_THAT(render_history_table(history), AllOf(HasSubstr("too few runs to tell: 10 needed"),
                                                   HasSubstr("CANNOT TELL"), Not(HasSubstr("not worse"))));
  EXPECT_THAT(render_history_markdown(history), HasSubstr("cannot tell"));
  // At a significance of 0.1 % the clearest change of five runs takes fourteen: 2 / C(14, 5) = 0.000999.
  const History strict = make_history(twelve_values(13, 0, 0), {.significance = 0.001});
  EXPECT_EQ(strict.setups[0].series[0].state, State::too_short);
  EXPECT_EQ(strict.setups[0].series[0].needed, 14u);
  EXPECT_TRUE(make_history(twelve_values(14, 0, 0), {.significance = 0.001}).decided());
}

TEST(History, newest_runs_unlike_all_before_are_not_steady_though_too_few) {
  for (const std::size_t later : {1u, 2u, 3u}) {
    const History history = make_history(twelve_values(20 + later, -0.5, 20));
    const HistorySeries& rate = series_named(history.setups[0], "rate(operation-0)");
    if (rate.state == State::worse) continue;  // found, and dated as late as a segment may begin
    EXPECT_EQ(rate.state, State::unjudged) << later;
    EXPECT_EQ(rate.unlike, later);
    EXPECT_NEAR(rate.unlike_mean, 5e5, 2e4);
    EXPECT_FALSE(history.decided());
    EXPECT_THAT(render_history_table(history), AllOf(HasSubstr("too few to judge: newest"), HasSubstr("CANNOT TELL")));
  }
  EXPECT_TRUE(make_history(twelve_values(21, 0.5, 20)).decided());  // for the better: nothing is worse
}

TEST(History, a_run_without_a_value_is_no_part_of_its_series_and_dates_stay_right) {
  auto runs = runs_of(41, {{kRate, step(1000, -0.2, 30, 5)}, {kErrors, [](std::size_t) { return 0.0; }}});
  runs[10].values.erase(runs[10].values.begin());
  const History history = make_history(runs);
  const HistorySeries& rate = series_named(history.setups[0], "rate");
  ASSERT_EQ(rate.values.size(), 40u);
  ASSERT_EQ(rate.changes.size(), 1u);
  EXPECT_EQ(rate.changes[0].index, 29u);
  EXPECT_EQ(rate.runs[rate.changes[0].index], 30u);
  EXPECT_EQ(series_named(history.setups[0], "errors").values.size(), 41u);
}

TEST(History, runs_of_another_configuration_are_a_setup_of_their_own) {
  auto runs = runs_of(20, {{kRate, step(1000, 0, 0, 6)}});
  for (std::size_t i = 0; i < 20; i += 2) {
    runs[i].circumstances.push_back({"machine.cpus", "8", true});
    for (HistoryValue& value : runs[i].values) value.value *= 10;
  }
  const History history = make_history(runs);
  ASSERT_EQ(history.setups.size(), 2u);
  EXPECT_EQ(history.setups[0].runs.back().id, "run-019");  // that with the newest run first
  EXPECT_EQ(title_of(history.setups[0], history), "kv");
  EXPECT_EQ(title_of(history.setups[1], history), "kv, machine.cpus 8");
  EXPECT_EQ(make_history(runs, {.ignored = {"machine"}}).setups.size(), 1u);
  EXPECT_THAT(error_of([&] { make_history(runs, {.ignored = {"machin"}}); }),
              "history: no run has a circumstance 'machin'; expected one of assay, machine.cpus, workload");
}

TEST(History, what_is_watched_tells_no_setups_apart_unless_asked_and_is_named_where_it_changes) {
  auto runs = runs_of(40, {{kRate, step(1000, -0.2, 30, 7)}});
  for (std::size_t i = 30; i < 40; i++) runs[i].circumstances[1].value = "2";
  const History history = make_history(runs);
  ASSERT_EQ(history.setups.size(), 1u);
  EXPECT_THAT(new_with(history.setups[0], 30), ElementsAre(CircumstanceDifference{"assay", "1", "2"}));
  EXPECT_TRUE(new_with(history.setups[0], 31).empty());
  EXPECT_THAT(history.setups[0].shared, ElementsAre(Circumstance{"workload", "kv", true}));
  EXPECT_THAT(render_history_table(history), HasSubstr("new with it: assay: 1 → 2"));
  EXPECT_EQ(make_history(runs, {.told_apart = {"assay"}}).setups.size(), 2u);
}

TEST(History, invalid_and_partial_runs_are_kept_apart_with_the_reason) {
  Document d = small_document();
  EXPECT_EQ(history_run(d, "a.json").left_out, "");
  d.partial = true;
  EXPECT_EQ(history_run(d, "a.json").left_out, "partial: the run was interrupted");
  d.verdict = {Verdict::invalid, {"lag p99 was 80 ms"}};
  const HistoryRun run = history_run(d, "a.json");
  EXPECT_EQ(run.left_out, "invalid: lag p99 was 80 ms");
  EXPECT_TRUE(run.values.empty());
  const History history = make_history({run});
  ASSERT_EQ(history.setups.size(), 1u);
  EXPECT_TRUE(history.setups[0].runs.empty());
  EXPECT_THAT(render_history_table(history), HasSubstr("left out a.json: invalid: lag p99 was 80 ms"));
}

TEST(History, takes_the_values_of_a_result_as_conditions_name_them) {
  const HistoryRun run = history_run(small_document(), "a.json");
  std::vector<std::string> names;
  for (const HistoryValue& value : run.values) names.push_back(value.what.text());
  EXPECT_THAT(names, ElementsAre("rate(get)", "p50(get)", "p99(get)", "errors(get)", "rate(put)", "p50(put)",
                                 "p99(put)", "errors(put)", "rate", "p50", "p99", "errors"));
  EXPECT_DOUBLE_EQ(run.values[0].value, 5);    // 10 of 2 s
  EXPECT_DOUBLE_EQ(run.values[1].value, 50);   // of 10, 20, …, 100 ns
  EXPECT_DOUBLE_EQ(run.values[7].value, 0.5);  // one of two
  Document large = large_document(20);
  const std::vector<ThresholdValue> chosen =
      parse_threshold_values("figure(nopm); p99.9(terminals/payment); rate(nothing)");
  const HistoryRun few = history_run(large, "b.json", chosen);
  ASSERT_EQ(few.values.size(), 2u);
  EXPECT_EQ(few.values[0].unit, "1/min");
  EXPECT_DOUBLE_EQ(few.values[0].value, 13245.6);
}

TEST(History, a_run_that_is_there_twice_counts_once) {
  auto runs = runs_of(12, {{kRate, step(1000, 0, 0, 8)}});
  runs.push_back(runs[3]);
  runs.back().path = "copy/run-003.json";
  const History history = make_history(runs);
  EXPECT_EQ(history.setups[0].runs.size(), 12u);
  ASSERT_EQ(history.skipped.size(), 1u);
  EXPECT_EQ(history.skipped[0].reason, "the same run as copy/run-003.json");
}

// The error rate that docs/history.md states: of setups that did not change, as many as --significance are said to have.
TEST(History, setups_without_a_change_are_seldom_said_to_have_one) {
  int alarms = 0;
  const int trials = 300;
  for (int trial = 0; trial < trials; trial++) {
    std::vector<std::pair<ThresholdValue, std::function<double(std::size_t)>>> values;
    for (std::uint64_t v = 0; v < 12; v++)
      values.emplace_back(ThresholdValue{"p99", {fmt::format("operation-{}", v)}, Quantity::duration},
                          step(1e6, 0, 0, hash_of(21, static_cast<std::uint64_t>(trial), v)));
    const History history = make_history(runs_of(30, values), {.significance = 0.05});
    const auto& series = history.setups[0].series;
    alarms += std::any_of(series.begin(), series.end(), [](const HistorySeries& s) { return !s.changes.empty(); });
  }
  EXPECT_LE(alarms, 28);  // 5 % of 300 are 15; more than 28 have a probability below 0.1 %
}

TEST(History, no_title_is_lost_in_csv_and_markdown) {
  auto runs = runs_of(12, {{kRate, step(1000, 0, 0, 9)}});
  for (HistoryRun& run : runs) {
    run.circumstances[0].value = "kv|a, \"b\"\n<c>";
    run.id = "x|y";
  }
  const History history = make_history(runs);
  EXPECT_THAT(render_history_csv(history), HasSubstr("\n\"kv|a, \"\"b\"\"\n<c>\",rate,1/s,x|y,1970-01-01T00:00:00Z,"));
  EXPECT_THAT(render_history_markdown(history), HasSubstr("### kv\\|a, \"b\" &lt;c\\>: 12 runs"));
}

TEST(History, csv_has_each_value_with_the_mean_of_its_segment) {
  const auto two = [](std::size_t i) { return i < 10 ? 1000.0 : 500.0; };
  const std::string csv = render_history_csv(make_history(runs_of(20, {{kRate, two}})));
  EXPECT_THAT(csv, HasSubstr("kv,rate,1/s,run-009,1970-01-10T00:00:00Z,1000,1,1000,\n"));
  EXPECT_THAT(csv, HasSubstr("kv,rate,1/s,run-010,1970-01-11T00:00:00Z,500,2,500,0.0"));
  EXPECT_THAT(csv, HasSubstr("kv,rate,1/s,run-019,1970-01-20T00:00:00Z,500,2,500,\n"));
}

class HistoryFolder : public testing::Test {
 protected:
  HistoryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "assay-history-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~HistoryFolder() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  void write(const std::string& name, const Document& document) { write_atomically(folder_ / name, to_json(document)); }
  HistoryFiles read(WallTime since = WallTime::min()) const {
    return read_history(std::vector<std::filesystem::path>{folder_}, {}, since);
  }
  std::filesystem::path folder_;
};

TEST_F(HistoryFolder, is_read_with_what_is_below_it_and_names_what_is_no_result) {
  Document d = small_document();
  write("a.json", d);
  d.id = "later";
  d.started += std::chrono::hours(48);
  d.ended += std::chrono::hours(48);
  write("nightly/2026/b.json", d);
  write(".git/c.json", d);
  write("nightly/.b.json.XYZ123", d);
  write_atomically(folder_ / "package.json", "{\"name\": \"x\"}");
  std::string newer = to_json(d);
  newer.replace(newer.find("\"version\": 3"), 12, "\"version\": 4");
  write_atomically(folder_ / "newer.json", newer);
  write_atomically(folder_ / "notes.txt", "hello");
  const HistoryFiles files = read();
  ASSERT_EQ(files.runs.size(), 2u);
  EXPECT_EQ(files.runs[1].path, (folder_ / "nightly/2026/b.json").string());
  ASSERT_EQ(files.skipped.size(), 2u);
  EXPECT_EQ(files.skipped[0].path, (folder_ / "newer.json").string());
  EXPECT_EQ(files.skipped[0].reason,
            "result: its format has version 4, and this assay reads version 1 to 3: a newer assay wrote it");
  EXPECT_THAT(files.skipped[1].reason, HasSubstr("this is no result of assay"));
  const HistoryFiles since = read(small_document().started + std::chrono::hours(1));
  ASSERT_EQ(since.runs.size(), 1u);
  EXPECT_EQ(since.runs[0].id, "later");
}

TEST_F(HistoryFolder, that_is_not_there_and_a_file_that_is_no_result_are_errors) {
  EXPECT_THAT(error_of([&] { read_history(std::vector{folder_ / "none"}); }), HasSubstr("none is not there"));
  write_atomically(folder_ / "x.json", "{}");
  EXPECT_THAT(error_of([&] { read_history(std::vector{folder_ / "x.json"}); }),
              HasSubstr("this is no result of assay"));
}

}  // namespace
}  // namespace assay
