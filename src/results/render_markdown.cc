// A result as Markdown, for a comment under a pull request or a page of a wiki.

#include "base/units.h"
#include "results/render.h"
#include "results/summary.h"

#include <fmt/format.h>

#include <cmath>

namespace assay {
namespace {

/// So that text stays text: in a cell no character may end it or start something else.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      out += ' ';
      continue;
    }
    if (c == '<') {
      out += "&lt;";
      continue;
    }
    if (std::string_view("\\`*_{}[]#|>~!").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string milliseconds(const LatencySummary& s, Nanos t) {
  return s.count == 0 ? "–" : fmt::format("{:.3g}", to_millis(t));
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
    out += fmt::format("| {}{}{} | {} | {} | {} | {} |", all ? "**" : "", escaped(name), all ? "**" : "", row.count,
                       number(row.rate), row.errors, row.retries);
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
    out += fmt::format("| {} | {} | {} | {} | {}{} |\n", mark, escaped(r.name), escaped(r.actual), escaped(r.limit),
                       escaped(r.clause), r.decides ? " (decides)" : "");
  }
}

void add_lists(std::string& out, const Document& d) {
  if (!d.figures.empty()) {
    out += "\n### Figures\n\n| figure | value | formula |\n|---|--:|---|\n";
    for (const Figure& f : d.figures)
      out += fmt::format("| {} | {} | {} |\n", escaped(f.name),
                         f.available ? escaped(number(f.value) + (f.unit.empty() ? "" : " " + f.unit)) : "n/a",
                         escaped(f.formula));
  }
  if (!d.search.steps.empty()) {
    out += fmt::format(
        "\n### Search for the highest rate with {}\n\n{}\n\n| rate /s | completed /s | held | why |\n"
        "|--:|--:|---|---|\n",
        escaped(d.search.condition), escaped(describe_search(d.search)));
    for (const RateSearchStep& step : d.search.steps)
      out += fmt::format("| {} | {} | {} | {} |\n", number(step.rate), number(step.completed), step.held ? "yes" : "no",
                         escaped(step.why));
  }
  for (const CheckResult& c : d.checks) {
    if (&c == &d.checks.front()) out += "\n### Consistency\n\n";
    out += fmt::format("- {} the run: {}, {} conditions\n", c.when, to_string(c.state), c.conditions);
    for (const Finding& f : c.findings) {
      out += fmt::format("  - {}: {} ({} violations)\n", escaped(f.condition), escaped(f.text), f.violations);
      for (const std::string& row : f.rows) out += fmt::format("    - {}\n", escaped(row));
    }
  }
  for (const Event& e : d.events) {
    if (&e == &d.events.front()) out += "\n### Events\n\n";
    out += fmt::format(
        "- {} {}{}: {}\n", format_duration(std::chrono::round<std::chrono::milliseconds>(e.at)), escaped(e.kind),
        e.length > Nanos(0)
            ? fmt::format(" of {}", format_duration(std::chrono::round<std::chrono::milliseconds>(e.length)))
            : "",
        escaped(e.text));
  }
}

}  // namespace

std::string render_markdown(const Document& d) {
  const char* verdict = d.verdict.verdict == Verdict::pass   ? "✅ PASS"
                        : d.verdict.verdict == Verdict::fail ? "❌ FAIL"
                                                             : "⚠️ INVALID";
  std::string out = fmt::format("## assay {}: {}\n\n", escaped(d.workload.name), verdict);
  for (const std::string& reason : d.verdict.reasons) out += fmt::format("- {}\n", escaped(reason));
  if (!d.verdict.reasons.empty()) out += "\n";
  for (const TargetFacts& t : d.targets)
    out += fmt::format("Target: {} {} ({}), `{}`  \n", escaped(t.server), escaped(t.server_version), escaped(t.driver),
                       t.url);
  out += fmt::format("Started {}, seed {}, assay {}{}\n", format_wall(d.started), d.seed, escaped(d.assay_version),
                     d.partial ? ", **partial: the run was interrupted**" : "");
  add_operations(out, d);
  add_requirements(out, d);
  add_lists(out, d);
  if (d.in_doubt > 0) out += fmt::format("\nCommits whose outcome nobody knows: {}\n", d.in_doubt);
  for (const std::string& warning : d.warnings) out += fmt::format("\n> warning: {}\n", escaped(warning));
  return out;
}

}  // namespace assay
