#include "cli/plan_run.h"

#include "base/units.h"
#include "cli/job_arguments.h"
#include "cli/plan_runs.h"
#include "core/url.h"
#include "job/run_job.h"
#include "results/file.h"
#include "results/summary.h"
#include "results/text_table.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace assay::cli {
namespace {

/// What became of a run.
struct Ended {
  std::string name, throughput = "–", p50 = "–", p99 = "–", errors = "–", verdict = {};
  ExitCode code = ExitCode::ok;
};

Ended ended_of(const std::string& name, const JobEnd& end) {
  Ended out{.name = name, .code = end.code};
  const std::vector<OperationSummary> rows = summarize(end.document);
  if (!rows.empty()) {
    const OperationSummary& all = rows.back();
    out.throughput = fmt::format("{}/s", format_quantity(all.rate));
    if (all.response.count > 0) out.p50 = format_latency(all.response.p50), out.p99 = format_latency(all.response.p99);
    out.errors = std::to_string(all.errors);
  }
  out.verdict = to_string(end.document.verdict.verdict);
  if (end.document.partial) out.verdict += ", interrupted";
  if (!end.document.verdict.reasons.empty()) out.verdict += ": " + end.document.verdict.reasons.front();
  return out;
}

Ended without_result(const std::string& name, const Error& error) {
  return {.name = name, .verdict = fmt::format("no result: {}", error.what()), .code = error.code()};
}

std::filesystem::path folder_of(const PlanRunOptions& options) {
  if (!options.results.empty()) return options.results;
  return std::filesystem::path("results") / result_id(real_clock().wall(), "plan", options.name, unique_part());
}

std::filesystem::path result_of(const std::filesystem::path& folder, const PlannedRun& run) {
  return folder / (run.name + ".json");
}

/// Everything that can be wrong is looked for before anything is done.
void require_all(const plan::Plan& plan, const std::vector<PlannedRun>& runs, const std::filesystem::path& folder) {
  std::vector<std::string> mistakes;
  for (const PlannedRun& run : runs) {
    try {
      const std::unique_ptr<JobSetup> setup = open(plan, run, true);
      require_of_workloads(*setup);
      conditions_of(run, *setup);
      if (std::error_code none; std::filesystem::exists(result_of(folder, run), none))
        throw Error(
            fmt::format("{} is there already; expected another folder for --results", result_of(folder, run).string()));
      TerminalObserver observer(*setup);
      executor_for(run, *setup, observer);
    } catch (const Error& error) {
      if (std::find(mistakes.begin(), mistakes.end(), error.what()) == mistakes.end())
        mistakes.emplace_back(error.what());
    }
  }
  refuse_mistakes(mistakes);
  probe_writable(result_of(folder, runs.front()));
}

void show(const std::vector<Ended>& ended, const std::filesystem::path& folder) {
  using Align = TextTable::Align;
  TextTable table({Align::left, Align::right, Align::right, Align::right, Align::right, Align::left});
  table.row({{"run", Tint::dim},
             {"throughput", Tint::dim},
             {"p50", Tint::dim},
             {"p99", Tint::dim},
             {"errors", Tint::dim},
             {"verdict", Tint::dim}});
  for (const Ended& run : ended)
    table.row({{run.name},
               {run.throughput},
               {run.p50},
               {run.p99},
               {run.errors},
               {run.verdict, run.code == ExitCode::ok ? Tint::good : Tint::bad}});
  const auto width = static_cast<std::size_t>(std::clamp(terminal_width(STDOUT_FILENO), 60, 200));
  std::fputs(table.text(width, wants_color(STDOUT_FILENO)).c_str(), stdout);
  fmt::print("results: {}\n", folder.string());
}

class PlanRunner {
 public:
  PlanRunner(const plan::Plan& plan, const std::filesystem::path& folder, const SignalWatch& signals, bool quiet)
      : plan_(plan), folder_(folder), signals_(signals), quiet_(quiet) {}

  Ended carry_out(const PlannedRun& run) {
    if (signals_.stopped()) return without_result(run.name, Error("interrupted", ExitCode::interrupted));
    if (std::find(lost_.begin(), lost_.end(), std::pair(run.system, run.runner)) != lost_.end())
      return without_result(run.name, Error("left out, as its target or its agents were gone", ExitCode::unreachable));
    if (run.benchmark == failed_)
      return without_result(run.name, Error("left out, as a run of its benchmark could not be made"));
    try {
      Ended ended = measure(run);
      if (ended.code == ExitCode::unreachable) lost_.emplace_back(run.system, run.runner);
      return ended;
    } catch (const Error& error) {
      if (error.code() == ExitCode::unreachable)
        lost_.emplace_back(run.system, run.runner);
      else if (error.code() != ExitCode::interrupted)
        failed_ = run.benchmark;
      say("{}: {}\n", run.name, error.what());
      return without_result(run.name, error);
    }
  }

 private:
  Ended measure(const PlannedRun& run) {
    const std::unique_ptr<JobSetup> setup = open(plan_, run, quiet_);
    const std::filesystem::path path = result_of(folder_, run);
    if (!quiet_) say("{}: {}\n", run.name, setup->title());
    TerminalObserver observer(*setup, [&](const Document& document) { write_document(path, document); });
    const std::unique_ptr<Executor> executor = executor_for(run, *setup, observer);
    const JobEnd end = carry_out_run(*setup, *executor, conditions_of(run, *setup), observer, signals_.token(), {});
    write_document(path, end.document);
    return ended_of(run.name, end);
  }

  const plan::Plan& plan_;
  const std::filesystem::path folder_;
  const SignalWatch& signals_;
  const bool quiet_;
  std::vector<std::pair<const plan::System*, const plan::Runner*>> lost_;
  const plan::Benchmark* failed_ = nullptr;
};

}  // namespace

ExitCode run_plan(const plan::Plan& plan, const PlanRunOptions& options) {
  const std::vector<PlannedRun> runs = planned_runs(plan, options.only);
  const std::filesystem::path folder = folder_of(options);
  require_all(plan, runs, folder);
  const SignalWatch signals("what was measured is saved");
  PlanRunner runner(plan, folder, signals, options.quiet);
  std::vector<Ended> ended;
  ExitCode code = ExitCode::ok;
  for (const PlannedRun& run : runs) {
    ended.push_back(runner.carry_out(run));
    code = graver(code, ended.back().code);
  }
  show(ended, folder);
  return signals.stopped() ? graver(code, ExitCode::interrupted) : code;
}

}  // namespace assay::cli
