// A result as Markdown, for a comment under a pull request or a page of a wiki.

#include "base/units.h"
#include "results/agents.h"
#include "results/render.h"
#include "results/summary.h"
#include "results/text_forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

std::string milliseconds(const LatencySummary& s, Nanos t) {
  if (s.count == 0) return "–";
  const double ms = to_millis(t);  // of seconds no digit is lost, and of nanoseconds none is all there is
  return ms >= 1 ? digits(ms) : fmt::format("{:.3g}", ms);
}

std::string number(double v) { return std::fabs(v) >= 1000 ? fmt::format("{:.0f}", v) : fmt::format("{:.4g}", v); }

void add_operations(std::string& out, const Document& d) {
  out += fmt::format("\n### Operations, measured for {} (response times in ms)\n\n",
                     format_duration(std::chrono::round<std::chrono::milliseconds>(d.measured_length())));
  out += "| operation | count | rate/s | errors | retries | mean | p50 | p90 | p95 | p99 | p99.9 | max |\n";
  out += "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";
  for (const OperationSummary& row : summarize(d)) {
    if (d.groups.size() == 1 && row.group == "all") continue;  // the same as the only group's
    const bool all = row.operation == "all";
    const std::string name = d.groups.size() == 1 ? row.operation
                             : row.group == "all" ? row.group
                                                  : row.group + "/" + row.operation;
    const LatencySummary& r = row.response;
    out += fmt::format("| {}{}{} | {} | {} | {} | {} |", all ? "**" : "", markdown_text(name), all ? "**" : "",
                       row.count, number(row.rate), row.errors, row.retries);
    for (const Nanos t : {r.mean, r.p50, r.p90, r.p95, r.p99, r.p999, r.max})
      out += fmt::format(" {} |", milliseconds(r, t));
    out += "\n";
  }
}

void add_requirements(std::string& out, const Document& d) {
  if (d.requirements.empty()) return;
  out += "\n### Requirements\n\n| | requirement | actual | limit | clause |\n|---|---|---|---|---|\n";
  for (const Requirement& r : d.requirements) {
    const char* mark = r.verdict == Requirement::Verdict::pass   ? "✅"
                       : r.verdict == Requirement::Verdict::fail ? "❌"
                                                                 : "n/a";
    out += fmt::format("| {} | {} | {} | {} | {}{} |\n", mark, markdown_text(r.name), markdown_text(r.actual),
                       markdown_text(r.limit), markdown_text(r.clause), r.decides ? " (decides)" : "");
  }
}

void add_lists(std::string& out, const Document& d) {
  if (!d.figures.empty()) {
    out += "\n### Figures\n\n| figure | value | formula |\n|---|--:|---|\n";
    for (const Figure& f : d.figures)
      out += fmt::format("| {} | {} | {} |\n", markdown_text(f.name),
                         f.available ? markdown_text(number(f.value) + (f.unit.empty() ? "" : " " + f.unit)) : "n/a",
                         markdown_text(f.formula));
  }
  if (!d.search.steps.empty()) {
    out += fmt::format(
        "\n### Search for the highest rate with {}\n\n{}\n\n| rate /s | completed /s | held | why |\n"
        "|--:|--:|---|---|\n",
        markdown_text(d.search.condition), markdown_text(describe_search(d.search)));
    for (const RateSearchStep& step : d.search.steps)
      out += fmt::format("| {} | {} | {} | {} |\n", number(step.rate), number(step.completed), step.held ? "yes" : "no",
                         markdown_text(step.why));
  }
  for (const CheckResult& c : d.checks) {
    if (&c == &d.checks.front()) out += "\n### Consistency\n\n";
    out += fmt::format("- {} the run: {}, {}\n", c.when, to_string(c.state),
                       one_or_more(c.conditions, "condition", "conditions"));
    for (const Finding& f : c.findings) {
      out += fmt::format("  - {}: {} ({})\n", markdown_text(f.condition), markdown_text(f.text),
                         one_or_more(f.violations, "violation", "violations"));
      for (const std::string& row : f.rows) out += fmt::format("    - {}\n", markdown_text(row));
    }
  }
  for (const Event& e : d.events) {
    if (&e == &d.events.front()) out += "\n### Events\n\n";
    out += fmt::format(
        "- {} {}{}: {}\n", format_duration(std::chrono::round<std::chrono::milliseconds>(e.at)), markdown_text(e.kind),
        e.length > Nanos(0)
            ? fmt::format(" of {}", format_duration(std::chrono::round<std::chrono::milliseconds>(e.length)))
            : "",
        markdown_text(e.text));
  }
}

constexpr std::size_t kMostAgents = 16;  // rows; a comment is read as a whole

void add_agents(std::string& out, const Document& d) {
  const std::vector<AgentSummary> all = summarize_agents(d);
  if (all.empty()) return;
  const std::vector<AgentSummary> shown = extreme_agents(all, kMostAgents);
  out += "\n### Agents\n\n";
  if (const std::string hint = describe_bottleneck(all); !hint.empty())
    out += fmt::format("{}\n\n", markdown_text(hint));
  out += "| agent | shard | rate/s | share | errors | CPU, cores | lag p99 | lag max | clock offset | began late | |\n";
  out += "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n";
  for (const AgentSummary& agent : shown) {
    out += fmt::format("| {} | {} |", markdown_text(agent.name), agent.shard);
    if (agent.told)
      out += fmt::format(" {} | {:.1f} % | {} | {} | {} | {} |", number(agent.rate), 100 * agent.share, agent.errors,
                         agent.ended ? digits(agent.cores) : "–", format_latency(agent.p99_lag),
                         format_latency(agent.max_lag));
    else
      out += " – | – | – | – | – | – |";
    out +=
        fmt::format(" {:+.2f} ms ± {:.2f} | {} | {} |\n", to_millis(agent.clock_offset), to_millis(agent.clock_error),
                    agent.ended ? format_latency(agent.late) : "–", markdown_text(remarks_text(agent)));
  }
  if (shown.size() == all.size()) return;
  const auto remarkable = [](const std::vector<AgentSummary>& list) {
    return std::count_if(list.begin(), list.end(), [](const AgentSummary& a) { return !remarks_text(a).empty(); });
  };
  const auto untold = remarkable(all) - remarkable(shown);
  out += fmt::format(
      "\n{} of {} agents are left out: none has a lower or higher rate, more errors, CPU or lag, or began later{}.\n",
      all.size() - shown.size(), all.size(),
      untold > 0 ? fmt::format(", but something is to be said of {}, too: see the other formats", untold) : "");
}

}  // namespace

std::string render_markdown(const Document& d) {
  const char* verdict = d.verdict.verdict == Verdict::pass   ? "✅ PASS"
                        : d.verdict.verdict == Verdict::fail ? "❌ FAIL"
                                                             : "⚠️ INVALID";
  std::string out = fmt::format("## assay {}: {}\n\n", markdown_text(d.workload.name), verdict);
  for (const std::string& reason : d.verdict.reasons) out += fmt::format("- {}\n", markdown_text(reason));
  if (!d.verdict.reasons.empty()) out += "\n";
  for (const TargetFacts& t : d.targets)
    out += fmt::format("Target: {} {} ({}), `{}`  \n", markdown_text(t.server), markdown_text(t.server_version),
                       markdown_text(t.driver), t.url);
  out += fmt::format("Started {}, seed {}, assay {}{}\n", format_wall(d.started), d.seed,
                     markdown_text(d.assay_version), d.partial ? ", **partial: the run was interrupted**" : "");
  add_operations(out, d);
  add_requirements(out, d);
  add_lists(out, d);
  add_agents(out, d);
  if (d.in_doubt > 0) out += fmt::format("\nCommits whose outcome nobody knows: {}\n", d.in_doubt);
  for (const std::string& warning : d.warnings) out += fmt::format("\n> warning: {}\n", markdown_text(warning));
  return out;
}

}  // namespace assay
