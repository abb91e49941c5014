#include "results/agents.h"

#include "base/units.h"
#include "results/summary.h"
#include "results/text_forms.h"
#include "stats/mean.h"
#include "stats/own_limits.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace assay {
namespace {

constexpr Nanos kLateNotice = std::chrono::milliseconds(50);
constexpr double kSlow = 0.8;
constexpr double kEnoughToCompare = 50;  // operations of an agent
constexpr std::size_t kMostNamed = 3;

/// The clients of a shard, as they are divided among the agents: the first have one more.
double clients_of(const Document& d, std::uint32_t shard) {
  std::uint64_t sum = 0;
  for (const GroupResult& group : d.groups)
    sum += group.clients / d.agents.size() + (shard < group.clients % d.agents.size() ? 1 : 0);
  return std::max<double>(1, static_cast<double>(sum));
}

void look_for_slow(const Document& d, std::vector<AgentSummary>& all) {
  const double seconds = to_seconds(d.measured_length());
  std::vector<double> rates, by_client;
  for (const AgentSummary& agent : all) {
    if (!agent.ended) continue;
    rates.push_back(agent.rate);
    by_client.push_back(agent.rate / clients_of(d, agent.shard));
  }
  if (rates.size() < 2) return;
  const double middle = median_of(rates), middle_by_client = median_of(by_client);
  for (AgentSummary& agent : all) {
    agent.slow = agent.ended && agent.rate < kSlow * middle && middle * seconds >= kEnoughToCompare &&
                 agent.rate / clients_of(d, agent.shard) < kSlow * middle_by_client;
    if (agent.slow)
      agent.remarks.push_back(
          fmt::format("slower than the others: {:.0f} % of their median", 100 * agent.rate / middle));
  }
}

AgentSummary summary_of(const AgentResult& agent, double seconds, double all, Nanos response99) {
  AgentSummary out;
  out.name = agent.name;
  out.shard = agent.shard;
  out.lost = agent.lost;
  out.ended = agent.lost.empty() || agent.own_cost.threads > 0;
  out.told = out.ended || agent.completed > 0 || agent.errors > 0;
  out.rate = seconds > 0 ? static_cast<double>(agent.completed) / seconds : 0;
  out.share = all > 0 ? static_cast<double>(agent.completed) / all : 0;
  out.cpu_seconds = agent.own_cost.cpu_seconds;
  out.cores = seconds > 0 ? agent.own_cost.cpu_seconds / seconds : 0;
  out.busiest_loop = agent.own_cost.busiest_loop;
  out.completed = agent.completed;
  out.errors = agent.errors;
  out.p99_lag = agent.p99_lag;
  out.max_lag = agent.max_lag;
  out.clock_offset = agent.clock_offset;
  out.clock_error = agent.clock_error;
  out.late = agent.late;
  out.lagged = agent.completed >= kFewOperations && lag_is_too_much(agent.p99_lag, response99);
  out.full_loop = loop_is_full(agent.own_cost.busiest_loop);
  if (out.lagged)
    out.reasons.push_back(fmt::format("lag p99 {} (limit {})", format_latency(agent.p99_lag, {most_lag(response99)}),
                                      format_latency(most_lag(response99))));
  if (out.full_loop)
    out.reasons.push_back(
        fmt::format("an event loop busy {:.0f} % of the measured time", 100 * agent.own_cost.busiest_loop));
  out.began_late = began_late(agent);
  if (out.began_late) out.remarks.push_back(fmt::format("began {} late", format_latency(agent.late)));
  return out;
}

Nanos response99_of(const Document& d) { return summarize(merged_histograms(d).back().response).p99; }

}  // namespace

std::vector<AgentSummary> summarize_agents(const Document& d) {
  std::vector<AgentSummary> out;
  if (d.agents.empty()) return out;
  const double all = static_cast<double>(summarize(d).back().completed);
  const Nanos response99 = response99_of(d);
  for (const AgentResult& agent : d.agents)
    out.push_back(summary_of(agent, to_seconds(d.measured_length()), all, response99));
  std::stable_sort(out.begin(), out.end(),
                   [](const AgentSummary& a, const AgentSummary& b) { return a.shard < b.shard; });
  look_for_slow(d, out);
  return out;
}

std::vector<std::string> remarks_of(const AgentSummary& agent) {
  std::vector<std::string> said = agent.reasons;
  said.insert(said.end(), agent.remarks.begin(), agent.remarks.end());
  return said;
}

std::string remarks_text(const AgentSummary& agent) {
  std::vector<std::string> said = remarks_of(agent);
  if (!agent.lost.empty()) said.insert(said.begin(), "lost: " + agent.lost);
  return fmt::format("{}", fmt::join(said, "; "));
}

bool began_late(const AgentResult& agent) { return agent.late > kLateNotice + agent.clock_error; }

Nanos most_agent_lag(const Document& d) { return most_lag(response99_of(d)); }

std::string describe_bottleneck(const std::vector<AgentSummary>& all) {
  std::vector<std::string> named;
  std::size_t count = 0;
  bool sure = false;
  for (const AgentSummary& agent : all) {
    if (!agent.bottleneck()) continue;
    sure = sure || agent.lagged;
    if (count++ < kMostNamed) named.push_back(fmt::format("{}: {}", agent.name, fmt::join(agent.reasons, ", ")));
  }
  if (count == 0) return {};
  if (count > kMostNamed) named.push_back(fmt::format("and {} more", count - kMostNamed));
  return fmt::format(
      "The driver {} the bottleneck in {}, not the target: use more agents or more --threads. {}.",
      sure ? "was" : "may have been",
      count == all.size() ? "all agents" : fmt::format("{} of {}", count, one_or_more(all.size(), "agent", "agents")),
      fmt::join(named, "; "));
}

std::vector<AgentSummary> extreme_agents(std::vector<AgentSummary> all, std::size_t most) {
  if (all.size() <= most) return all;
  std::vector<std::size_t> told;
  for (std::size_t i = 0; i < all.size(); i++)
    if (all[i].told) told.push_back(i);
  std::set<std::size_t> kept;
  const auto by = [&](auto value) {
    return [&all, value](std::size_t a, std::size_t b) { return value(all[a]) < value(all[b]); };
  };
  const auto rate = [](const AgentSummary& a) { return a.rate; };
  if (!told.empty()) {
    const auto last = [&](auto value) { kept.insert(*std::max_element(told.begin(), told.end(), by(value))); };
    kept.insert(*std::min_element(told.begin(), told.end(), by(rate)));
    last(rate);
    last([](const AgentSummary& a) { return a.errors; });
    last([](const AgentSummary& a) { return a.cores; });
    last([](const AgentSummary& a) { return a.p99_lag; });
    last([](const AgentSummary& a) { return a.max_lag; });
    last([](const AgentSummary& a) { return a.late; });
  }
  const auto fill = [&](const std::vector<std::size_t>& list, auto wanted) {
    for (const std::size_t i : list)
      if (kept.size() < most && wanted(all[i])) kept.insert(i);
  };
  std::vector<std::size_t> every(all.size());
  for (std::size_t i = 0; i < every.size(); i++) every[i] = i;
  fill(every, [](const AgentSummary& a) { return a.bottleneck(); });
  fill(every, [](const AgentSummary& a) { return !a.lost.empty(); });
  fill(every, [](const AgentSummary& a) { return !a.remarks.empty(); });
  std::stable_sort(told.begin(), told.end(), by(rate));
  fill(told, [](const AgentSummary&) { return true; });
  std::vector<AgentSummary> out;
  out.reserve(kept.size());
  for (const std::size_t i : kept) out.push_back(std::move(all[i]));
  return out;
}

}  // namespace assay
