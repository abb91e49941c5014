// assay worker: one worker of a deployment: looks at what it has to work with, does its share of a load, and leaves a
// report.

#include "base/units.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/job_arguments.h"
#include "cli/worker_options.h"
#include "core/url.h"
#include "dataset/schema.h"
#include "deploy/environment.h"
#include "deploy/worker_report.h"
#include "deploy/write_meter.h"
#include "registry/registry.h"
#include "results/file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <optional>

namespace assay::cli {
namespace {

constexpr std::string_view kLoad = "populate";

/// Counts rows beside what a person sees.
class CountedProgress final : public Progress {
 public:
  explicit CountedProgress(Progress& shown) : shown_(shown) {}
  void start(std::string_view what, std::string_view unit, std::uint64_t total) override {
    of_rows_ = unit == "rows";
    shown_.start(what, unit, total);
  }
  void advance(std::uint64_t units) override {
    if (of_rows_) rows_ += units;
    shown_.advance(units);
  }
  void note(std::string_view line) override { shown_.note(line); }
  std::uint64_t rows() const noexcept { return rows_; }

 private:
  Progress& shown_;
  std::atomic<bool> of_rows_{false};
  std::atomic<std::uint64_t> rows_{0};
};

class Worker {
 public:
  Worker(Options own, JobRequest request) : own_(std::move(own)), request_(std::move(request)) {
    report_.started_at = real_clock().wall();
    report_.operation = own_.text("operation");
    report_.source = own_.text("source");
    report_.dry_run = request_.workload_options.flag("dry-run");
    report_.seed = request_.job.whole("seed");
    report_.share = share();
    metrics_file_ = own_.text("metrics-output");
  }

  /// `mistakes` were found before. Throws Error, when the report is written.
  ExitCode carry_out(std::vector<std::string> mistakes) {
    understand(mistakes);
    if (!metrics_file_.empty() && !report_.worker_id.empty()) probe_writable(metrics_file_);
    try {
      report_.target = without_secrets(url_);
      setup_ = JobSetup::open(std::move(request_), std::move(mistakes));
      if (report_.source.empty()) report_.source = setup_->driver->info().name;
      const SignalWatch signals("what was written stays, and the report says how far it came");
      require_environment();
      look_at_schema();
      write_report();
      work(signals.token());
    } catch (const Error& error) {
      report_.errors.emplace_back(error.what());
      end(false);
      throw;
    }
    end(report_.errors.empty());
    tell();
    return report_.verification && !report_.verification->consistent() ? ExitCode::check_failed : ExitCode::ok;
  }

 private:
  std::string share() const {
    std::vector<std::string> parts;
    for (const char* const name : {"tables", "rows"})
      if (const std::string value = request_.workload_options.text(name); !value.empty())
        parts.push_back(fmt::format("{} {}", name, value));
    if (request_.job.given("shard")) parts.push_back(fmt::format("shard {}", request_.job.text("shard")));
    return fmt::format("{}", fmt::join(parts, ", "));
  }

  void understand(std::vector<std::string>& mistakes) {
    const auto attempt = [&](const auto& step) {
      try {
        step();
      } catch (const Error& error) {
        mistakes.emplace_back(error.what());
      }
    };
    attempt([&] { report_.worker_id = worker_name(own_); });
    // Whole tables are a load of their own, beside those of other workers.
    Options& load = request_.workload_options;
    const bool whole_tables = load.given("tables") && !load.given("rows") && !request_.job.given("shard");
    if (whole_tables && !load.given("record") && load.find("record") != nullptr && !report_.worker_id.empty())
      load.set("record", record_name(report_.worker_id));
    attempt([&] {
      expected_ =
          deploy::Expectations::parse(own_.text("expect-cpus"), own_.text("expect-memory"), own_.text("expect-tmpfs"));
    });
    const std::size_t before = mistakes.size();
    attempt([&] {
      url_ = worker_target(own_, request_.common.text("target"));
      request_.common.set("target", url_);
    });
    // It is never opened; that one is missing has been told, in the words of the worker.
    if (mistakes.size() > before) request_.common.set("target", "sqlite:none");
  }

  /// What a record's name has not becomes a '_'.
  static std::string record_name(std::string name) {
    if (name.size() > 64) name.resize(64);
    for (char& c : name)
      if ((c < '0' || c > '9') && ((c | 0x20) < 'a' || (c | 0x20) > 'z') && c != '-') c = '_';
    return name;
  }

  /// The folders that matter: of the data, those that are expected in memory, that of the report.
  std::vector<std::string> folders() const {
    std::vector<std::string> out;
    const auto add = [&](const std::string& folder) {
      if (!folder.empty() && std::find(out.begin(), out.end(), folder) == out.end()) out.push_back(folder);
    };
    for (const deploy::ExpectedTmpfs& one : expected_.tmpfs) add(one.path);
    std::error_code ignored;
    if (std::filesystem::is_directory("/data", ignored)) add("/data");
    if (setup_->driver->info().name == "csv" || setup_->driver->info().name == "jsonl") add(parse_url(url_).rest);
    if (!metrics_file_.empty()) add(std::filesystem::absolute(metrics_file_).parent_path().string());
    return out;
  }

  void require_environment() {
    report_.environment = deploy::read_environment(folders());
    report_.hostname = report_.environment.hostname;
    if (!is_quiet(*setup_)) say(deploy::show_environment(report_.environment));
    const std::vector<std::string> different = deploy::differences(report_.environment, expected_);
    if (!different.empty())
      throw Error(fmt::format("the environment is not what was asked for; nothing was done:\n  {}",
                              fmt::join(different, "\n  ")),
                  ExitCode::environment_differs);
  }

  void work(const std::stop_token& stop) {
    setup_->target = deploy::metered(std::move(setup_->target), meter_);
    TerminalObserver observer(*setup_);
    CountedProgress progress(observer.progress());
    LocalExecutor executor(*setup_, progress);
    begin_ = real_clock().now();
    if (report_.operation == "verify") {
      const CheckOutcome outcome = executor.check(stop);
      observer.progress().finish();
      if (!is_quiet(*setup_) || !outcome.findings.empty()) print_outcome(outcome, "of the worker");
      report_.verification =
          deploy::VerificationReport{outcome.conditions, outcome.looked_at, outcome.findings, outcome.tables};
      report_.seed = outcome.seed.value_or(report_.seed);
      for (const TableCounts& counts : outcome.tables) report_.tables_processed.push_back(counts.table);
      if (!outcome.findings.empty())
        report_.errors.push_back(fmt::format("the data is not consistent: {}", outcome.findings.front().text));
      return;
    }
    executor.prepare(stop);
    if (report_.dry_run) report_.metrics.rows_processed = progress.rows();
    whole_ = true;
  }

  void end(bool success) {
    report_.success = success;
    report_.completed_at = real_clock().wall();
    if (begin_)  // of a load what it writes; otherwise all
      report_.metrics.duration = meter_.length().count() > 0 ? meter_.length() : real_clock().now() - *begin_;
    for (auto& [table, writes] : meter_.read()) {
      report_.metrics.rows_processed += writes.rows;
      report_.metrics.batch_count += writes.batches;
      report_.metrics.failed_batches += writes.failures;
      report_.metrics.bytes_written += writes.bytes;
      report_.tables_processed.push_back(table);
      if (!writes.times.empty()) report_.times.push_back({table, writes.times});
    }
    if (whole_) count_share();
    if (success) {
      write_report();
      return;
    }
    try {
      write_report();
    } catch (const Error& error) {  // what went wrong first is what is thrown
      say("{}\n", error.what());
    }
  }

  /// The rows of a table with so many that are ours: as populate cuts them (docs/populate.md).
  std::uint64_t rows_of_share(std::uint64_t rows) const {
    if (const std::string range = load_text("rows"); !range.empty()) {
      const std::size_t dots = range.find("..");
      const auto bound = [&](const std::string& text) {
        return std::min<std::uint64_t>(static_cast<std::uint64_t>(std::max<std::int64_t>(parse_count(text), 0)), rows);
      };
      return dots == std::string::npos ? 0 : bound(range.substr(dots + 2)) - bound(range.substr(0, dots));
    }
    const auto bound = [&](std::uint64_t i) {  // without overflow: rows = whole · count + rest
      const std::uint64_t whole = rows / setup_->shard.count, rest = rows % setup_->shard.count;
      return whole * i + rest * i / setup_->shard.count;
    };
    return bound(setup_->shard.index + 1ull) - bound(setup_->shard.index);
  }

  /// Which tables and how many rows the share is. What is wrong with a schema is told by the workload.
  void look_at_schema() {
    const std::string file = load_text("schema");
    if (file.empty() || file == "-" || report_.operation != "populate") return;
    const Options& options = setup_->request.workload_options;
    dataset::Overrides overrides;
    if (options.given("row-count")) overrides.rows = static_cast<std::uint64_t>(options.count("row-count"));
    const dataset::Reading reading = dataset::read_schema(file, overrides);
    if (!reading.schema) return;
    if (!setup_->request.job.given("seed")) report_.seed = reading.schema->seed;
    const std::vector<std::string> only = split_at_commas(load_text("tables"));
    share_rows_ = 0;
    for (const dataset::Table& table : reading.schema->tables) {
      if (!only.empty() && std::find(only.begin(), only.end(), table.name) == only.end()) continue;
      share_tables_.push_back(table.name);
      *share_rows_ += rows_of_share(table.rows);
    }
  }

  std::string load_text(std::string_view name) const { return setup_->request.workload_options.text(name); }

  /// The share is done: all tables are, and rows that were not written now were there.
  void count_share() {
    if (!share_rows_) return;
    report_.tables_processed = share_tables_;
    if (!report_.dry_run && !setup_->request.workload_options.flag("schema-only") &&
        *share_rows_ > report_.metrics.rows_processed)
      report_.metrics.rows_already_there = *share_rows_ - report_.metrics.rows_processed;
  }

  static std::vector<std::string> split_at_commas(const std::string& text) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t comma = std::min(text.find(',', at), text.size());
      if (comma > at) out.push_back(text.substr(at, comma - at));
      at = comma + 1;
    }
    return out;
  }

  void write_report() const {
    if (metrics_file_.empty() || report_.worker_id.empty()) return;  // nobody could tell whose it is
    write_atomically(metrics_file_, deploy::write_worker_report(report_));
  }

  void tell() const {
    if (is_quiet(*setup_)) return;
    const deploy::WorkerMetrics& metrics = report_.metrics;
    if (report_.operation == "populate")
      say("{}: {} rows{} in {:.1f} s{}\n", report_.worker_id, metrics.rows_processed,
          report_.dry_run ? " made and sent nowhere" : "", to_seconds(metrics.duration),
          metrics.rows_already_there > 0 ? fmt::format("; {} were there already", metrics.rows_already_there) : "");
    if (!metrics_file_.empty()) say("report: {}\n", metrics_file_);
  }

  Options own_;
  JobRequest request_;
  std::string metrics_file_, url_;
  deploy::Expectations expected_;
  deploy::WorkerReport report_;
  deploy::WriteMeter meter_;  // outlives the target
  std::unique_ptr<JobSetup> setup_;
  std::optional<TimePoint> begin_;
  std::vector<std::string> share_tables_;
  std::optional<std::uint64_t> share_rows_;  // absent: the schema is not at hand
  bool whole_ = false;                       // the share was populated
};

ExitCode carry_out_worker(std::span<const std::string> arguments) {
  const WorkloadType& load = find_workload(kLoad);
  std::vector<std::span<const OptionSpec>> tables = find_command("worker").tables;
  Words words = take_apart(arguments, tables);
  if (words.help) {
    std::fputs(command_help(find_command("worker")).c_str(), stdout);
    return ExitCode::ok;
  }
  for (const std::string& word : words.positional)
    words.mistakes.push_back(
        fmt::format("worker: unexpected word '{}'; expected options only", without_possible_secrets(word)));
  Options own{worker_options()};
  const bool verify = std::any_of(words.options.begin(), words.options.end(), [](const auto& option) {
    return option.first == "operation" && option.second == "verify";
  });
  JobRequest request = JobRequest::of(verify ? kCheck : kPrepare, load);
  request.common = Options(quiet_target_options());
  request.job = Options(job_options());
  Options* const all[] = {&own, &request.common, &request.job, &request.workload_options};
  std::vector<std::string> mistakes;
  try {
    assign(words, all);
  } catch (const Error& error) {
    mistakes.emplace_back(error.what());
  }
  return Worker(std::move(own), std::move(request)).carry_out(std::move(mistakes));
}

}  // namespace

Command worker_command() {
  return {"worker",
          "--worker-id NAME --source KIND --schema FILE [options]",
          "Do one worker's share of a load that was deployed, and report on it.",
          false,
          {worker_options(), quiet_target_options(), job_options(), find_workload(kLoad).info().options},
          carry_out_worker,
          kPrepare | kCheck,
          "Exit code 8: the environment is not what --expect-… say. docs/deploy-worker.md\n"};
}

}  // namespace assay::cli
