#include "deploy/aggregate.h"

#include "base/units.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <tuple>
#include <utility>

namespace assay::deploy {
namespace {

namespace fs = std::filesystem;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "worker-10" as ("worker-", 10); without a number the whole and nullopt.
std::pair<std::string_view, std::optional<std::uint64_t>> numbered(std::string_view name) {
  std::size_t at = name.size();
  while (at > 0 && is_digit(name[at - 1])) at--;
  if (at == name.size() || name.size() - at > 18) return {name, std::nullopt};
  return {name.substr(0, at), parse_whole(name.substr(at))};
}

bool comes_before(const WorkerReport& a, const WorkerReport& b) {
  const auto key = [](const WorkerReport& r) {
    const auto [stem, number] = numbered(r.worker_id);
    return std::tuple(std::string_view(r.operation), stem, number, std::string_view(r.worker_id));
  };
  return key(a) < key(b);
}

struct ReportFile {
  std::string name;
  WorkerReport report;
  /// By what is newer: when it was last written, as far as it says.
  std::tuple<WallTime, bool, std::string_view> age() const {
    return {report.completed_at.value_or(report.started_at), report.completed_at.has_value(), name};
  }
};

std::vector<std::string> report_names(const fs::path& folder) {
  std::error_code problem;
  if (!fs::is_directory(folder, problem))
    throw Error(fmt::format(
        "--results-dir is '{}', which is no folder; expected the one that the workers' --metrics-output files are in",
        folder.string()));
  std::vector<std::string> names;
  fs::directory_iterator at(folder, problem);
  for (const fs::directory_iterator end; !problem && at != end; at.increment(problem)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with('.') && name.ends_with(".json")) names.push_back(name);
  }
  if (problem) throw Error(fmt::format("the folder {} cannot be read: {}", folder.string(), problem.message()));
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<std::string> contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    std::error_code ignored;
    if (in.is_open() && fs::file_size(path, ignored) == 0) return "";
    return std::nullopt;
  }
  return text.str();
}

std::vector<ReportFile> read_reports(const fs::path& folder, Aggregate& out) {
  std::vector<ReportFile> files;
  for (const std::string& name : report_names(folder)) {
    const std::optional<std::string> text = contents(folder / name);
    bool foreign = false;
    try {
      if (!text) throw Error("cannot be read");
      files.push_back({name, read_worker_report(*text, foreign)});
    } catch (const Error& error) {
      (foreign ? out.foreign : out.unreadable).push_back({name, error.what()});
    }
  }
  return files;
}

/// Of several reports of one worker the newest stays.
void keep_newest(std::vector<ReportFile> files, Aggregate& out) {
  std::sort(files.begin(), files.end(), [](const ReportFile& a, const ReportFile& b) { return a.age() > b.age(); });
  std::map<std::pair<std::string, std::string>, std::string> kept;  // operation and worker, to the file
  for (ReportFile& file : files) {
    const auto [at, fresh] = kept.emplace(std::pair(file.report.operation, file.report.worker_id), file.name);
    if (fresh)
      out.workers.push_back(std::move(file.report));
    else
      out.superseded.push_back({file.name, fmt::format("{} {} reported again in {}, which is newer and counts",
                                                       file.report.operation, file.report.worker_id, at->second)});
  }
  std::sort(out.workers.begin(), out.workers.end(), comes_before);
  std::sort(out.superseded.begin(), out.superseded.end(),
            [](const FileRemark& a, const FileRemark& b) { return a.file < b.file; });
}

/// Names are known, or follow from the numbers of those that reported: worker-1, worker-3 of 3.
void find_missing(const ExpectedWorkers& expected, Aggregate& out) {
  std::set<std::string> there;
  for (const WorkerReport& report : out.workers) there.insert(report.worker_id);
  for (const std::string& name : expected.names)
    if (!there.contains(name)) out.missing.push_back(name);
  if (expected.count == 0 || there.size() >= expected.count) return;
  std::set<std::string_view> stems;
  bool in_range = !there.empty();
  std::uint64_t first = 1;
  for (const std::string& name : there) {
    const auto [stem, number] = numbered(name);
    stems.insert(stem);
    if (number == 0u) first = 0;
    in_range = in_range && number && *number <= expected.count;
  }
  if (!in_range || stems.size() != 1 ||
      (first == 0 && there.contains(fmt::format("{}{}", *stems.begin(), expected.count)))) {
    out.missing_unnamed = expected.count - there.size();
    return;
  }
  for (std::uint64_t i = first; i < first + expected.count; i++)
    if (const std::string name = fmt::format("{}{}", *stems.begin(), i); !there.contains(name))
      out.missing.push_back(name);
}

void find_unexpected(const ExpectedWorkers& expected, Aggregate& out) {
  std::set<std::string> there;
  for (const WorkerReport& report : out.workers) there.insert(report.worker_id);
  if (expected.count > 0 && there.size() > expected.count)
    out.doubts.push_back(fmt::format("{} workers reported; expected {}", there.size(), expected.count));
  for (const std::string& name : there)
    if (!expected.names.empty() &&
        std::find(expected.names.begin(), expected.names.end(), name) == expected.names.end())
      out.doubts.push_back(fmt::format("{} reported and is none of those that are expected", name));
}

/// Whoever wrote the same part of the same data twice under two names would be counted twice. Answers those that are left out.
std::set<const WorkerReport*> doubt_shares(Aggregate& out) {
  std::set<const WorkerReport*> repeated;
  std::map<std::tuple<std::string, std::string, std::string, std::uint64_t>, const WorkerReport*> seen;
  for (const WorkerReport& report : out.workers) {
    if (report.share.empty() && report.target.empty()) continue;  // it does not say
    const auto [at, fresh] =
        seen.emplace(std::tuple(report.operation, report.target, report.share, report.seed), &report);
    if (fresh || report.operation != "populate") continue;
    repeated.insert(&report);
    out.doubts.push_back(fmt::format(
        "{} and {} both report {} of {} with seed {}: of several runs, or the same rows twice; only the first of them "
        "is in the total",
        at->second->worker_id, report.worker_id, report.share.empty() ? "all tables" : report.share, report.target,
        report.seed));
  }
  return repeated;
}

void add_up(Aggregate& out, const std::set<const WorkerReport*>& repeated) {
  std::optional<WallTime> first, last;
  for (const WorkerReport& report : out.workers) {
    if (report.operation != "populate" || repeated.contains(&report)) continue;
    if (report.dry_run) {
      out.rows_dry += report.metrics.rows_processed;
      continue;
    }
    out.rows += report.metrics.rows_processed;
    out.rows_already_there += report.metrics.rows_already_there;
    out.batches += report.metrics.batch_count;
    out.bytes += report.metrics.bytes_written;
    const WallTime end = report.completed_at.value_or(report.started_at);
    first = std::min(first.value_or(report.started_at), report.started_at);
    last = std::max(last.value_or(end), end);
    for (const TableTimes& one : report.times) {
      out.times[one.table].merge(one.batches);
      out.all_times.merge(one.batches);
    }
  }
  if (first) out.wall = std::max(*last - *first, Nanos(0));
}

}  // namespace

ExpectedWorkers ExpectedWorkers::parse(std::string_view text) {
  ExpectedWorkers out;
  if (text.empty()) return out;
  if (std::all_of(text.begin(), text.end(), is_digit)) {
    out.count = parse_whole(text);
    if (out.count == 0 || out.count > 1'000'000)
      throw Error(fmt::format("--expect-workers is {}; expected 1 to 1000000, or the workers' names", text));
    return out;
  }
  std::istringstream in{std::string(text)};
  for (std::string name; std::getline(in, name, ',');) {
    if (name.empty() || std::find(out.names.begin(), out.names.end(), name) != out.names.end())
      throw Error(
          fmt::format("--expect-workers is '{}'; expected how many, or names that differ, separated by ','", text));
    out.names.push_back(std::move(name));
  }
  return out;
}

std::uint64_t Aggregate::completed() const noexcept {
  return static_cast<std::uint64_t>(
      std::count_if(workers.begin(), workers.end(), [](const WorkerReport& r) { return r.success; }));
}

std::uint64_t Aggregate::failed() const noexcept { return workers.size() - completed(); }

ExitCode Aggregate::exit_code() const noexcept {
  for (const WorkerReport& report : workers)
    if (report.verification && !report.verification->consistent()) return ExitCode::check_failed;
  const bool whole = failed() == 0 && absent() == 0 && unreadable.empty() && doubts.empty();
  return whole ? ExitCode::ok : ExitCode::thresholds_failed;
}

Aggregate aggregate(const fs::path& folder, const ExpectedWorkers& expected) {
  Aggregate out;
  keep_newest(read_reports(folder, out), out);
  if (out.workers.empty() && out.unreadable.empty() && expected.count == 0 && expected.names.empty())
    throw Error(fmt::format(
        "{} holds no report of a worker; expected files *.json as assay worker writes them with --metrics-output{}",
        folder.string(), out.foreign.empty() ? "" : fmt::format(" ({} is something else)", out.foreign.front().file)));
  find_missing(expected, out);
  find_unexpected(expected, out);
  const std::set<const WorkerReport*> repeated = doubt_shares(out);
  add_up(out, repeated);
  return out;
}

}  // namespace assay::deploy
