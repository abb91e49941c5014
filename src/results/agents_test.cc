// The agents of a run: what is said of each, who the bottleneck was, and what every format shows of them.

#include "results/agents.h"

#include "results/circumstances.h"
#include "results/render.h"
#include "results/sample_document.h"
#include "results/text_table.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sstream>

namespace assay {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// small_document() has 2 s measured, 11 operations in it and a response p99 of 120 ns.
Document run_of(std::vector<AgentResult> agents) {
  Document d = small_document();
  for (std::uint32_t i = 0; i < agents.size(); i++) {
    agents[i].shard = i;
    agents[i].own_cost.threads = 1;
  }
  d.agents = std::move(agents);
  return d;
}

std::size_t rows_of_agents(const std::string& markdown) {
  std::istringstream in(markdown.substr(markdown.find("### Agents")));
  std::size_t rows = 0;
  for (std::string line; std::getline(in, line);) rows += line.starts_with("| 10.");
  return rows;
}

TEST(Agents, have_rate_share_and_cores_of_the_measured_time) {
  Document d = run_of({{.name = "a", .completed = 6}, {.name = "b", .completed = 5}});
  d.agents[0].own_cost.cpu_seconds = 3;
  const std::vector<AgentSummary> all = summarize_agents(d);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_DOUBLE_EQ(all[0].rate, 3);  // 6 in 2 s
  EXPECT_DOUBLE_EQ(all[0].share, 6.0 / 11);
  EXPECT_DOUBLE_EQ(all[0].cores, 1.5);
  EXPECT_EQ(remarks_text(all[0]), "");
  EXPECT_THAT(summarize_agents(small_document()), IsEmpty());
}

TEST(Agents, one_that_lagged_beyond_the_limit_of_a_run_was_the_bottleneck) {
  Document d =
      run_of({{.name = "a", .completed = 300, .p99_lag = milliseconds(10)},
              {.name = "b", .completed = 300, .p99_lag = milliseconds(10) + Nanos(1), .late = milliseconds(80)}});
  std::vector<AgentSummary> all = summarize_agents(d);
  EXPECT_FALSE(all[0].bottleneck());
  EXPECT_TRUE(all[1].bottleneck());
  EXPECT_THAT(describe_bottleneck(all),
              AllOf(HasSubstr("The driver was the bottleneck in 1 of 2 agents"), HasSubstr("b: lag p99"),
                    HasSubstr("limit 10.0 ms"), Not(HasSubstr("late"))));
  d.agents[1].completed = 299;  // of so few the p99 is one of the two longest
  EXPECT_FALSE(summarize_agents(d)[1].bottleneck());
  d.agents[1].completed = 300;
  // 5 % of a response p99 of 1 s are 50 ms: beside such times 10 ms are nothing.
  OperationStats& get = d.groups[0].operations[0].measured();
  get.response.record(std::chrono::seconds(1), 1000);
  EXPECT_EQ(describe_bottleneck(summarize_agents(d)), "");
  EXPECT_NEAR(to_millis(most_agent_lag(d)), 50, 0.4);  // the width of a bucket
}

TEST(Agents, one_whose_loop_was_full_may_have_been_the_bottleneck) {
  Document d = run_of({{.name = "a", .completed = 5}, {.name = "b", .completed = 5}});
  d.agents[0].own_cost.busiest_loop = 0.9;
  d.agents[1].own_cost.busiest_loop = 0.96;
  EXPECT_THAT(describe_bottleneck(summarize_agents(d)),
              AllOf(HasSubstr("may have been"), HasSubstr("1 of 2 agents"), HasSubstr("b: an event loop busy 96 %")));
  d.agents[0].own_cost.busiest_loop = 0.91;
  EXPECT_THAT(describe_bottleneck(summarize_agents(d)), HasSubstr("in all agents"));
}

TEST(Agents, only_the_first_of_many_bottlenecks_are_named) {
  std::vector<AgentResult> agents(64, {.name = "x", .completed = 300, .p99_lag = milliseconds(20)});
  EXPECT_THAT(describe_bottleneck(summarize_agents(run_of(agents))), HasSubstr("and 61 more"));
}

TEST(Agents, slow_is_who_did_less_than_the_others_for_each_of_its_clients) {
  Document d =
      run_of({{.name = "a", .completed = 100}, {.name = "b", .completed = 100}, {.name = "c", .completed = 79}});
  d.groups[0].clients = 300;
  EXPECT_THAT(remarks_text(summarize_agents(d)[2]), HasSubstr("79 % of their median"));
  d.agents[2].completed = 80;
  EXPECT_EQ(remarks_text(summarize_agents(d)[2]), "");
  // One of three operations is no less than two of three.
  d.agents[0].completed = d.agents[1].completed = 3;
  d.agents[2].completed = 1;
  EXPECT_EQ(remarks_text(summarize_agents(d)[2]), "");
  // 4 clients for 3 agents: the first has two, and does twice as much.
  d.groups[0].clients = 4;
  d.agents[0].completed = 200;
  d.agents[1].completed = d.agents[2].completed = 100;
  for (const AgentSummary& agent : summarize_agents(d)) EXPECT_FALSE(agent.slow) << agent.name;
  // The first one does no more than those with one client, as at a rate that is shared evenly: nor is it slow then.
  d.agents[0].completed = 100;
  for (const AgentSummary& agent : summarize_agents(d)) EXPECT_FALSE(agent.slow) << agent.name;
}

TEST(Agents, late_is_beyond_50_ms_and_what_its_clock_may_be_off) {
  Document d = run_of({{.name = "a", .clock_error = milliseconds(10), .late = milliseconds(60)},
                       {.name = "b", .clock_error = milliseconds(10), .late = milliseconds(61)}});
  const std::vector<AgentSummary> all = summarize_agents(d);
  EXPECT_FALSE(all[0].began_late);
  EXPECT_THAT(all[1].remarks, ElementsAre(HasSubstr("began 61.0 ms late")));
}

TEST(Agents, one_that_told_nothing_has_no_figures_in_any_format) {
  Document d = large_document(30);
  add_agents(d, 3);
  const std::vector<AgentSummary> all = summarize_agents(d);
  EXPECT_FALSE(all[2].told);
  const auto json = nlohmann::json::parse(render_json(d));
  EXPECT_TRUE(json.at("agents")[2].at("rate").is_null());
  EXPECT_EQ(json.at("agents")[2].at("lost"), d.agents[2].lost);
  EXPECT_THAT(render_table(d), testing::ContainsRegex("10.0.0.2:8080 +- +- +- +- +- +- +- .* -\n"));
  EXPECT_THAT(render_markdown(d), HasSubstr("| 10.0.0.2:8080 | 2 | – | – | – |"));
  const std::string metrics = render_prometheus(d);
  EXPECT_THAT(metrics, HasSubstr("agent=\"10.0.0.2:8080\",shard=\"2\"} 1\n"));
  EXPECT_THAT(metrics, Not(HasSubstr("assay_agent_errors{workload=\"tpcc\",driver=\"postgres\",agent=\"10.0.0.2")));
  EXPECT_THAT(metrics,
              HasSubstr("assay_agent_lag_p99_seconds{workload=\"tpcc\",driver=\"postgres\",agent=\"10.0.0.1:8080\","
                        "shard=\"1\"} 0.025\n"));
}

TEST(Agents, of_one_that_was_lost_later_there_is_what_it_told_and_no_more) {
  Document d =
      run_of({{.name = "a:1", .completed = 100}, {.name = "b:1", .lost = "no answer", .completed = 40, .errors = 3}});
  d.agents[1].own_cost = {};
  const std::vector<AgentSummary> all = summarize_agents(d);
  EXPECT_TRUE(all[1].told);
  EXPECT_FALSE(all[1].ended);
  EXPECT_FALSE(all[1].slow);  // it was not there
  const auto json = nlohmann::json::parse(render_json(d)).at("agents")[1];
  EXPECT_EQ(json.at("completed"), 40);
  EXPECT_EQ(json.at("errors"), 3);
  for (const char* of_its_end : {"cpu_cores", "busiest_loop", "late_ms"}) EXPECT_TRUE(json.at(of_its_end).is_null());
  EXPECT_THAT(render_table(d), testing::ContainsRegex("b:1 .* 3 +- +- .* -\n"));
}

TEST(Agents, the_bottleneck_is_stated_in_every_format_for_people) {
  Document d = large_document(30);
  add_agents(d, 3);
  const std::string hint = "The driver was the bottleneck in 1 of 3 agents";
  EXPECT_THAT(render_table(d), HasSubstr(hint));
  EXPECT_THAT(render_markdown(d), HasSubstr(hint));
  EXPECT_THAT(render_html(d), HasSubstr(hint));
  EXPECT_THAT(render_json(d), HasSubstr(hint));
  for (const std::string& text : {render_table(large_document(30)), render_markdown(large_document(30)),
                                  render_json(large_document(30)), render_prometheus(large_document(30))})
    EXPECT_THAT(text, AllOf(Not(HasSubstr("gents")), Not(HasSubstr("bottleneck"))));
}

TEST(Agents, the_table_is_no_wider_than_the_terminal) {
  Document d = large_document(30);
  add_agents(d, 64);
  for (const int width : {80, 100, 120}) {
    const std::string text = render_table(d, {false, width});
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      EXPECT_LE(width_of(line), static_cast<std::size_t>(width)) << line;
    EXPECT_THAT(text, testing::ContainsRegex("10.0.0.1:8080 .* 25.0 ms +90.0 ms"));
    EXPECT_THAT(text, testing::ContainsRegex("\n  10.0.0.2:8080: slower than the others"));
  }
}

TEST(Agents, markdown_shows_all_of_16_and_of_more_the_extremes) {
  Document d = large_document(30);
  add_agents(d, 16);
  EXPECT_EQ(rows_of_agents(render_markdown(d)), 16u);
  EXPECT_THAT(render_markdown(d), Not(HasSubstr("left out")));
  d = large_document(30);
  add_agents(d, 64);
  d.agents[40].errors = 1'000'000;
  d.agents[41].max_lag = milliseconds(5000);
  d.agents[42].completed *= 2;
  d.agents[43].own_cost.cpu_seconds = 100;
  d.agents[44].late = milliseconds(49);  // not the latest: that is the second
  const std::string text = render_markdown(d);
  EXPECT_EQ(rows_of_agents(text), 16u);
  for (const int i : {1, 2, 40, 41, 42, 43, 63})
    EXPECT_THAT(text, HasSubstr(fmt::format("| {} | {} |", d.agents[static_cast<std::size_t>(i)].name, i)));
  EXPECT_THAT(text, HasSubstr("48 of 64 agents are left out: none has a lower or higher rate"));
  EXPECT_THAT(text, Not(HasSubstr("something is to be said")));
}

TEST(Agents, markdown_says_how_many_it_leaves_out_of_whom_something_is_to_be_said) {
  std::vector<AgentResult> agents;
  agents.reserve(64);
  for (int i = 0; i < 64; i++)
    agents.push_back(
        {.name = fmt::format("10.{}", i), .completed = 300, .p99_lag = milliseconds(20) + microseconds(i)});
  EXPECT_THAT(render_markdown(run_of(agents)), HasSubstr("something is to be said of 48, too"));
}

TEST(Agents, their_number_is_of_what_differs_between_two_results) {
  const Document alone = small_document();
  const Document three = run_of({{.name = "a"}, {.name = "b"}, {.name = "c"}});
  const Document two = run_of({{.name = "a"}, {.name = "b"}});
  EXPECT_THAT(differences(circumstances_of(three), circumstances_of(two)),
              ElementsAre(CircumstanceDifference{"agents", "3", "2"}));
  EXPECT_THAT(differences(circumstances_of(alone), circumstances_of(two)),
              ElementsAre(CircumstanceDifference{"agents", "", "2"}));
  EXPECT_THAT(differences(circumstances_of(two), circumstances_of(two)), IsEmpty());
}

}  // namespace
}  // namespace assay
