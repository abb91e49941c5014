#include "base/printable.h"
#include "base/units.h"
#include "results/agents.h"
#include "results/render.h"
#include "results/summary.h"
#include "results/text_forms.h"
#include "results/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace assay {
namespace {

using Align = TextTable::Align;
using Cell = TextTable::Cell;

std::string count_text(std::uint64_t n) {
  return n < 10'000'000 ? fmt::format("{}", n) : format_quantity(static_cast<double>(n));
}

Tint tint_of(Requirement::Verdict v) {
  return v == Requirement::Verdict::pass ? Tint::good : v == Requirement::Verdict::fail ? Tint::bad : Tint::dim;
}

class TableRenderer {
 public:
  TableRenderer(const Document& document, const TableStyle& style)
      : d_(document), color_(style.color), width_(static_cast<std::size_t>(std::max(style.width, 40))) {}

  std::string render() {
    headline();
    operations();
    failures();
    requirements();
    figures();
    counters();
    search();
    checks();
    events();
    agents();
    own_cost();
    verdict();
    return std::move(out_);
  }

 private:
  void line(std::string_view text) { out_.append(text).append("\n"); }
  void title(std::string_view text) { line("\n" + tinted(text, Tint::bold, color_)); }
  void fact(std::string_view name, std::string_view text) {
    constexpr std::size_t kNames = 11;
    line(fmt::format("  {:<{}}{}", name, kNames, wrapped(text, width_ - kNames - 2, kNames + 2)));
  }
  void table(const TextTable& t) { out_ += t.text(width_, color_); }

  void headline() {
    std::string what = fmt::format("assay {}: {}", d_.assay_version, d_.workload.name);
    for (const TargetFacts& t : d_.targets) {
      what += fmt::format("{} {}", &t == &d_.targets.front() ? " on" : ",", t.server.empty() ? t.driver : t.server);
      if (!t.server_version.empty()) what += " " + t.server_version;
    }
    line(tinted(what, Tint::bold, color_) +
         (d_.partial ? tinted("  PARTIAL: the run was interrupted", Tint::odd, color_) : ""));
    for (const TargetFacts& t : d_.targets) fact(d_.targets.size() == 1 ? "target" : t.name, t.url);
    fact("started", fmt::format("{}, seed {}", format_wall(d_.started), d_.seed));
    std::string options, phases;
    for (const auto& [name, value] : d_.workload.options)
      options += fmt::format("{}{}={}", options.empty() ? "" : " ", name, value);
    for (const PhaseSpan& p : d_.phases)
      phases += fmt::format("{}{} {}", phases.empty() ? "" : ", ", to_string(p.phase), format_seconds(p.length));
    if (!options.empty()) fact("options", options);
    if (!d_.schedule.empty()) fact("schedule", d_.schedule);
    if (!phases.empty()) fact("phases", phases);
    for (const GroupResult& g : d_.groups)
      fact(&g == &d_.groups.front() ? "groups" : "",
           fmt::format("{}: {} over {}{}{}", g.name, one_or_more(g.clients, "client", "clients"),
                       one_or_more(g.sessions, "session", "sessions"), g.schedule.empty() ? "" : ", ", g.schedule));
  }

  static std::string format_seconds(Nanos t) {
    return format_duration(std::chrono::round<std::chrono::milliseconds>(t));
  }

  void operations() {
    const std::vector<OperationSummary> rows = summarize(d_);
    const bool micros = rows.back().response.count > 0 && rows.back().response.p50 < Nanos(100'000);
    title(fmt::format("Operations, measured for {} (times in {})", format_seconds(d_.measured_length()),
                      micros ? "µs" : "ms"));
    // All columns in one table where they fit, if need be close together; else in as few tables as it takes.
    for (const std::size_t gap : {2, 1})
      if (const TextTable whole = operation_table(rows, {0, 1, 2}, gap, micros); whole.width() <= width_)
        return table(whole);
    std::vector<std::size_t> blocks;
    for (std::size_t next = 0; next < 3; next++) {
      blocks.push_back(next);
      auto more = blocks;
      more.push_back(next + 1);
      if (next < 2 && operation_table(rows, more, 2, micros).width() <= width_) continue;
      table(operation_table(rows, blocks, 2, micros));
      if (next < 2) line("");
      blocks.clear();
    }
  }

  /// The blocks: 0 counts, 1 response times, 2 service, wait and lag.
  TextTable operation_table(const std::vector<OperationSummary>& rows, const std::vector<std::size_t>& blocks,
                            std::size_t gap, bool micros) const {
    static const std::vector<std::string> kNames[] = {{"count", "rate/s", "errors", "retries"},
                                                      {"mean", "p50", "p90", "p95", "p99", "p99.9", "max"},
                                                      {"svc p50", "svc p99", "wait p99", "lag p99"}};
    std::vector<Cell> head{{"operation", Tint::dim}};
    for (const std::size_t block : blocks)
      for (const std::string& name : kNames[block]) head.push_back({name, Tint::dim});
    std::vector<Align> aligns(head.size(), Align::right);
    aligns[0] = Align::left;
    TextTable t(aligns, gap);
    t.row(head);
    const bool one_group = d_.groups.size() == 1;
    std::size_t left = 0;  // rows of the group that are still to come
    for (std::size_t i = 0, g = 0; i < rows.size(); i++) {
      const OperationSummary& row = rows[i];
      if (i + 1 == rows.size()) {
        // Of one group it says the same as the group's own row.
        if (!one_group) t.row(operation_cells(row, "all", blocks, micros));
        break;
      }
      if (left == 0) {
        left = d_.groups[g++].operations.size() + 1;
        if (!one_group) t.row(group_heading(row.group, head.size()));
      }
      left--;
      if (left == 0 && d_.groups[g - 1].operations.size() == 1) continue;  // the same as its only operation
      t.row(operation_cells(row, (one_group ? "" : "  ") + row.operation, blocks, micros));
    }
    return t;
  }

  static std::vector<Cell> group_heading(const std::string& name, std::size_t columns) {
    std::vector<Cell> cells(columns);
    cells[0].text = name;
    return cells;
  }

  static std::vector<Cell> operation_cells(const OperationSummary& row, std::string name,
                                           const std::vector<std::size_t>& blocks, bool micros) {
    const auto time = [&](const LatencySummary& s, Nanos t) {
      return Cell{s.count == 0 ? "-" : digits(micros ? static_cast<double>(t.count()) / 1e3 : to_millis(t))};
    };
    const bool all = row.operation == "all";
    std::vector<Cell> cells{{std::move(name)}};
    const LatencySummary& r = row.response;
    for (const std::size_t block : blocks) {
      if (block == 0)
        cells.insert(cells.end(), {{count_text(row.count)},
                                   {digits(row.rate)},
                                   {count_text(row.errors), row.errors > 0 ? Tint::bad : Tint::none},
                                   {count_text(row.retries)}});
      if (block == 1)
        for (const Nanos t : {r.mean, r.p50, r.p90, r.p95, r.p99, r.p999, r.max}) cells.push_back(time(r, t));
      if (block == 2)
        cells.insert(cells.end(), {time(row.service, row.service.p50), time(row.service, row.service.p99),
                                   time(row.wait, row.wait.p99), time(row.lag, row.lag.p99)});
    }
    if (all)
      for (Cell& cell : cells)
        if (cell.tint == Tint::none) cell.tint = Tint::bold;
    return cells;
  }

  void failures() {
    const std::vector<FailureSummary> rows = summarize_failures(d_);
    if (rows.empty()) return;
    title("Failures over the whole run");
    TextTable t({Align::right, Align::left, Align::left, Align::left, Align::left});
    for (const FailureSummary& f : rows)
      t.row({{count_text(f.count), Tint::bad},
             {f.kind},
             {d_.groups.size() == 1 ? f.operation : f.group + "/" + f.operation},
             {f.native_code},
             {f.message}});
    table(t);
  }

  void requirements() {
    if (d_.requirements.empty()) return;
    title("Requirements");
    TextTable t({Align::left, Align::left, Align::left, Align::left, Align::left});
    for (const Requirement& r : d_.requirements) {
      const char* word = r.verdict == Requirement::Verdict::pass   ? "PASS"
                         : r.verdict == Requirement::Verdict::fail ? "FAIL"
                                                                   : "n/a";
      t.row({{word, tint_of(r.verdict)},
             {r.name},
             {r.actual},
             {r.limit},
             {r.decides ? (r.clause.empty() ? "" : r.clause + " ") + "(decides)" : r.clause, Tint::dim}});
    }
    table(t);
  }

  void figures() {
    if (d_.figures.empty()) return;
    title("Figures");
    TextTable t({Align::left, Align::right, Align::left, Align::left});
    for (const Figure& f : d_.figures)
      t.row({{f.name}, {f.available ? digits(f.value) : "n/a"}, {f.available ? f.unit : ""}, {f.formula, Tint::dim}});
    table(t);
  }

  void counters() {
    TextTable t({Align::left, Align::right, Align::left});
    bool any = false;
    for (const GroupResult& g : d_.groups)
      for (const CounterResult& c : g.counters) {
        t.row({{d_.groups.size() == 1 ? c.name : g.name + "/" + c.name},
               {count_text(c.measured)},
               {fmt::format("{} over the whole run", count_text(c.whole_run)), Tint::dim}});
        any = true;
      }
    if (!any) return;
    title("Counters");
    table(t);
  }

  void search() {
    if (d_.search.steps.empty()) return;
    title("Search for the highest rate with " + d_.search.condition);
    TextTable t({Align::right, Align::right, Align::left, Align::left});
    t.row({{"rate /s", Tint::dim}, {"completed /s", Tint::dim}, {"held", Tint::dim}, {"why", Tint::dim}});
    for (const RateSearchStep& step : d_.search.steps)
      t.row({{digits(step.rate)},
             {digits(step.completed)},
             {step.held ? "yes" : "no", step.held ? Tint::good : Tint::bad},
             {step.why, Tint::dim}});
    table(t);
    line("  " + wrapped(describe_search(d_.search), width_ - 2, 2));
  }

  void checks() {
    if (d_.checks.empty()) return;
    title("Consistency");
    for (const CheckResult& c : d_.checks) {
      const bool failed = c.state == CheckResult::State::failed;
      const std::string state = c.state == CheckResult::State::not_run ? "not run" : std::string(to_string(c.state));
      std::string text = "  " + c.when + " the run: " + tinted(state, failed ? Tint::bad : Tint::good, color_);
      if (c.state != CheckResult::State::not_run)
        text += fmt::format(", {}", one_or_more(c.conditions, "condition", "conditions"));
      line(text);
      for (const Finding& f : c.findings) {
        line("    " + wrapped(fmt::format("{}: {} ({})", f.condition, f.text,
                                          one_or_more(f.violations, "violation", "violations")),
                              width_ - 4, 6));
        for (const std::string& row : f.rows) line("      " + wrapped(printable_line(row), width_ - 6, 8));
      }
    }
  }

  void events() {
    if (!d_.events.empty()) title("Events");
    for (const Event& e : d_.events)
      line("  " +
           wrapped(fmt::format("{:>8}  {}{}: {}", format_seconds(e.at), e.kind,
                               e.length > Nanos(0) ? fmt::format(" of {}", format_seconds(e.length)) : "", e.text),
                   width_ - 2, 12));
    if (d_.in_doubt > 0)
      line("  " +
           tinted(fmt::format("in doubt: {} whose outcome nobody knows", one_or_more(d_.in_doubt, "commit", "commits")),
                  Tint::odd, color_));
  }

  void own_cost() {
    title("Own cost");
    const LatencySummary lag = measured_lag(d_);
    std::string text = fmt::format("client CPU {:.3g} s while measuring", d_.own_cost.cpu_seconds);
    if (const auto cpu = cpu_us_per_operation(d_)) text += fmt::format(", {} µs an operation", digits(*cpu));
    text += fmt::format("; peak memory {}; {}", format_bytes(d_.own_cost.peak_rss_bytes),
                        one_or_more(d_.own_cost.threads, "thread", "threads"));
    if (d_.own_cost.busiest_loop > 0)
      text += fmt::format(", the busiest loop at {:.0f} %", 100 * d_.own_cost.busiest_loop);
    if (d_.own_cost.io_uring_loops > 0)
      text += fmt::format("; io_uring in {} of {}", d_.own_cost.io_uring_loops,
                          one_or_more(d_.own_cost.loops, "loop", "loops"));
    if (lag.count > 0) text += fmt::format("; lag p99 {}", format_latency(lag.p99));
    line("  " + wrapped(text, width_ - 2, 2));
    for (const std::string& warning : d_.warnings)
      line("  " + tinted("warning: ", Tint::odd, color_) + wrapped(warning, width_ - 11, 4));
  }

  /// Whether the drivers were the bottleneck is seen here.
  void agents() {
    const std::vector<AgentSummary> all = summarize_agents(d_);
    if (all.empty()) return;
    title("Agents");
    if (const TextTable whole = agent_table(all, true, true); whole.width() <= width_) {
      table(whole);
    } else {
      table(agent_table(all, true, false));
      line("");
      table(agent_table(all, false, true));
    }
    if (const std::string hint = describe_bottleneck(all); !hint.empty())
      line("  " + tinted(wrapped(hint, width_ - 2, 2), Tint::bad, color_));
    for (const AgentSummary& agent : all)
      if (const std::string text = remarks_text(agent); !text.empty())
        line("  " + tinted(wrapped(agent.name + ": " + text, width_ - 2, 4),
                           agent.lost.empty() && !agent.bottleneck() ? Tint::odd : Tint::bad, color_));
  }

  static TextTable agent_table(const std::vector<AgentSummary>& all, bool load, bool times) {
    std::vector<Cell> head{{"agent", Tint::dim}};
    if (load)
      for (const char* name : {"rate/s", "share", "errors", "cores", "loop"}) head.push_back({name, Tint::dim});
    if (times)
      for (const char* name : {"lag p99", "lag max", "clock", "began late"}) head.push_back({name, Tint::dim});
    std::vector<Align> aligns(head.size(), Align::right);
    aligns[0] = Align::left;
    TextTable t(aligns);
    t.row(std::move(head));
    for (const AgentSummary& agent : all) {
      std::vector<Cell> cells{{agent.name}};
      const auto add = [&](std::string text, Tint tint) {
        cells.push_back(agent.told ? Cell{std::move(text), tint} : Cell{"-"});
      };
      if (load) {
        add(digits(agent.rate), agent.slow ? Tint::odd : Tint::none);
        add(fmt::format("{:.1f} %", 100 * agent.share), Tint::none);
        add(count_text(agent.errors), agent.errors > 0 ? Tint::odd : Tint::none);
        add(agent.ended ? digits(agent.cores) : "-", Tint::none);
        add(agent.busiest_loop > 0 ? fmt::format("{:.0f} %", 100 * agent.busiest_loop) : "-",
            agent.full_loop ? Tint::bad : Tint::none);
      }
      if (times) {
        add(format_latency(agent.p99_lag), agent.lagged ? Tint::bad : Tint::none);
        add(format_latency(agent.max_lag), Tint::none);
        cells.push_back(
            {fmt::format("{:+.2f} ms ±{:.2f}", to_millis(agent.clock_offset), to_millis(agent.clock_error))});
        add(agent.ended ? format_latency(agent.late) : "-", agent.began_late ? Tint::odd : Tint::none);
      }
      t.row(std::move(cells));
    }
    return t;
  }

  void verdict() {
    const Verdict v = d_.verdict.verdict;
    const char* word = v == Verdict::pass ? "PASS" : v == Verdict::fail ? "FAIL" : "INVALID";
    title("Verdict: " + tinted(word, v == Verdict::pass ? Tint::good : Tint::bad, color_));
    for (const std::string& reason : d_.verdict.reasons) line("  " + wrapped(reason, width_ - 2, 4));
  }

  const Document& d_;
  bool color_;
  std::size_t width_;
  std::string out_;
};

}  // namespace

std::string render_table(const Document& document, const TableStyle& style) {
  return TableRenderer(document, style).render();
}

}  // namespace assay
