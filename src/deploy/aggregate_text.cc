// How an aggregate is shown: JSON, a table with a frame, Markdown.

#include "base/printable.h"
#include "base/units.h"
#include "deploy/aggregate.h"
#include "results/json_text.h"
#include "results/summary.h"
#include "results/text_forms.h"
#include "results/text_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>

namespace assay::deploy {
namespace {

std::string thousands(std::uint64_t n) {
  std::string text = std::to_string(n);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

/// "5m 32s", "1h 02m 03s", "4.2s".
std::string stretch_text(Nanos time) {
  const auto seconds = std::chrono::round<std::chrono::seconds>(time).count();
  if (seconds < 60) return fmt::format("{:.1f}s", to_seconds(time));
  if (seconds < 3600) return fmt::format("{}m {:02}s", seconds / 60, seconds % 60);
  return fmt::format("{}h {:02}m {:02}s", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string state_of(const WorkerReport& report) {
  return !report.completed_at ? "never ended" : report.success ? "completed" : "failed";
}

std::string why_failed(const WorkerReport& report) {
  if (!report.completed_at)
    return fmt::format("began at {} and never ended: it is still at work, or was killed",
                       format_instant(report.started_at));
  return report.errors.empty() ? "says no reason" : fmt::format("{}", fmt::join(report.errors, "; "));
}

std::vector<std::string> tables_of(const Aggregate& all) {
  std::vector<std::string> names;
  for (const WorkerReport& report : all.workers)
    names.insert(names.end(), report.tables_processed.begin(), report.tables_processed.end());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// ---------------------------------------------------------------------------------------------------------------------
// JSON

void put_remarks(JsonText& json, std::string_view name, const std::vector<FileRemark>& remarks) {
  json.key(name).open('[');
  for (const FileRemark& remark : remarks)
    json.compact()
        .open('{')
        .member("file", std::string_view(remark.file))
        .member("text", std::string_view(remark.text))
        .close('}');
  json.close(']');
}

void put_texts_of(JsonText& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name).compact().open('[');
  for (const std::string& text : texts) json.value(std::string_view(text));
  json.close(']');
}

void put_times(JsonText& json, std::string_view table, const Histogram& times) {
  const LatencySummary s = summarize(times);
  json.open('{').member("table", table).member("count", s.count);
  json.member("mean_ms", to_millis(s.mean)).member("p50_ms", to_millis(s.p50)).member("p90_ms", to_millis(s.p90));
  json.member("p95_ms", to_millis(s.p95)).member("p99_ms", to_millis(s.p99)).member("p999_ms", to_millis(s.p999));
  json.member("max_ms", to_millis(s.max)).member("histogram", std::string_view(times.encode())).close('}');
}

void put_worker(JsonText& json, const WorkerReport& report) {
  json.open('{')
      .member("worker_id", std::string_view(report.worker_id))
      .member("hostname", std::string_view(report.hostname));
  json.member("operation", std::string_view(report.operation)).member("state", std::string_view(state_of(report)));
  json.member("success", report.success).member("share", std::string_view(report.share));
  put_texts_of(json, "tables_processed", report.tables_processed);
  json.member("rows_processed", report.metrics.rows_processed)
      .member("rows_already_there", report.metrics.rows_already_there);
  json.member("duration_ms", static_cast<std::uint64_t>(report.metrics.duration.count() / 1'000'000));
  json.member("rows_per_second", report.metrics.rows_per_second()).member("batch_count", report.metrics.batch_count);
  json.member("bytes_written", report.metrics.bytes_written);
  put_texts_of(json, "errors", report.errors);
  json.close('}');
}

void put_verifications(JsonText& json, const Aggregate& all) {
  std::uint64_t reports = 0, conditions = 0, consistent = 0, findings = 0;
  VerificationReport rows;
  for (const WorkerReport& report : all.workers) {
    if (!report.verification) continue;
    reports++;
    conditions += report.verification->conditions;
    consistent += report.verification->consistent() ? 1 : 0;
    findings += report.verification->findings.size();
    rows.tables.push_back(report.verification->total());
  }
  json.key("verification_summary");
  if (reports == 0) {
    json.null();
    return;
  }
  json.open('{').member("reports", reports).member("consistent", consistent).member("conditions", conditions);
  const TableCounts total = rows.total();
  json.member("findings", findings).member("total_expected", total.expected()).member("total_found", total.found);
  json.member("total_missing", total.missing).member("total_mismatched", total.mismatched);
  json.member("total_matched", total.matched);
  json.member("pass_rate",
              total.expected() == 0 ? 1.0 : static_cast<double>(total.matched) / static_cast<double>(total.expected()));
  json.close('}');
}

std::string as_json(const Aggregate& all) {
  JsonText json;
  json.open('{').member("total_workers", static_cast<std::uint64_t>(all.workers.size()) + all.absent());
  json.member("completed_workers", all.completed()).member("failed_workers", all.failed());
  put_texts_of(json, "missing_workers", all.missing);
  json.member("missing_workers_without_name", all.missing_unnamed);
  json.member("total_rows_populated", all.rows).member("total_rows_already_there", all.rows_already_there);
  json.member("total_rows_dry_run", all.rows_dry).member("total_batches", all.batches);
  json.member("total_bytes_written", all.bytes).member("wall_clock_duration_secs", to_seconds(all.wall));
  json.member("aggregate_rows_per_second", all.rows_per_second()).key("latency").open('[');
  for (const auto& [table, times] : all.times) put_times(json, table, times);
  if (!all.all_times.empty()) put_times(json, "all", all.all_times);
  json.close(']');
  put_verifications(json, all);
  json.key("workers").open('[');
  for (const WorkerReport& report : all.workers) put_worker(json, report);
  json.close(']');
  put_remarks(json, "unreadable_reports", all.unreadable);
  put_remarks(json, "foreign_files", all.foreign);
  put_remarks(json, "superseded_reports", all.superseded);
  put_texts_of(json, "doubts", all.doubts);
  json.close('}');
  return json.take() + "\n";
}

// ---------------------------------------------------------------------------------------------------------------------
// rows of a table, framed or as Markdown

using Row = std::array<std::string, 5>;

constexpr bool kRight[] = {false, false, true, true, true};

struct Grid {
  Row head;
  std::vector<Row> rows;
  std::optional<Row> total;
};

Grid worker_grid(const Aggregate& all) {
  Grid grid{.head = {"Worker", "Tables", "Rows", "Duration", "Rows/sec"}, .rows = {}, .total = {}};
  for (const WorkerReport& report : all.workers) {
    const std::string tables = printable_line(fmt::format("{}", fmt::join(report.tables_processed, ", ")));
    std::string name = printable_line(report.worker_id);
    if (report.operation != "populate") name += fmt::format(" ({})", report.operation);
    if (report.dry_run) name += " (dry run)";
    if (!report.success) name += fmt::format(" ({})", state_of(report));
    grid.rows.push_back({std::move(name), cut_to(tables, 40), thousands(report.metrics.rows_processed),
                         stretch_text(report.metrics.duration),
                         fmt::format("{:.1f}", report.metrics.rows_per_second())});
  }
  for (const std::string& name : all.missing) grid.rows.push_back({name + " (no report)", "", "", "", ""});
  if (all.missing_unnamed > 0)
    grid.rows.push_back({fmt::format("{} more (no report)", all.missing_unnamed), "", "", "", ""});
  grid.total = Row{"TOTAL", std::to_string(tables_of(all).size()), thousands(all.rows), stretch_text(all.wall) + "*",
                   fmt::format("{:.1f}†", all.rows_per_second())};
  return grid;
}

Grid time_grid(const Aggregate& all) {
  Grid grid{.head = {"Batches of", "p50", "p90", "p99", "max"}, .rows = {}, .total = {}};
  const auto row = [](std::string_view name, const Histogram& times) {
    const LatencySummary s = summarize(times);
    return Row{fmt::format("{} ({})", printable_line(name), thousands(s.count)), format_latency(s.p50),
               format_latency(s.p90), format_latency(s.p99), format_latency(s.max)};
  };
  for (const auto& [table, times] : all.times) grid.rows.push_back(row(table, times));
  if (all.times.size() > 1) grid.total = row("all", all.all_times);
  return grid;
}

std::string framed(const Grid& grid) {
  std::array<std::size_t, 5> widths{};
  std::vector<Row> rows = grid.rows;
  if (grid.total) rows.push_back(*grid.total);
  rows.push_back(grid.head);
  for (const Row& row : rows)
    for (std::size_t c = 0; c < row.size(); c++) widths[c] = std::max(widths[c], width_of(row[c]));
  const auto rule = [&](std::string_view left, std::string_view middle, std::string_view right) {
    std::string out(left);
    for (std::size_t c = 0; c < widths.size(); c++) {
      for (std::size_t i = 0; i < widths[c] + 2; i++) out += "─";
      out += c + 1 < widths.size() ? middle : right;
    }
    return out + "\n";
  };
  const auto line = [&](const Row& row) {
    std::string out = "│";
    for (std::size_t c = 0; c < row.size(); c++) {
      const std::string blanks(widths[c] - width_of(row[c]), ' ');
      out += kRight[c] ? fmt::format(" {}{} │", blanks, row[c]) : fmt::format(" {}{} │", row[c], blanks);
    }
    return out + "\n";
  };
  std::string out = rule("┌", "┬", "┐") + line(grid.head) + rule("├", "┼", "┤");
  for (const Row& row : grid.rows) out += line(row);
  if (grid.total) out += rule("├", "┼", "┤") + line(*grid.total);
  return out + rule("└", "┴", "┘");
}

std::string as_markdown(const Grid& grid) {
  const auto line = [](const Row& row) {
    std::string out = "|";
    for (const std::string& cell : row) out += fmt::format(" {} |", markdown_text(cell));
    return out + "\n";
  };
  std::string out = line(grid.head) + "|";
  for (const bool right : kRight) out += right ? " ---: |" : " --- |";
  out += "\n";
  for (const Row& row : grid.rows) out += line(row);
  if (grid.total) out += line(*grid.total);
  return out;
}

/// What there is to be said beside the tables, a line each.
std::vector<std::string> remarks_of(const Aggregate& all) {
  std::vector<std::string> out;
  if (all.rows_already_there > 0)
    out.push_back(fmt::format("{} rows were there already, written by earlier processes of these workers",
                              thousands(all.rows_already_there)));
  if (all.rows_dry > 0) out.push_back(fmt::format("{} rows of dry runs are not in the total", thousands(all.rows_dry)));
  for (const WorkerReport& report : all.workers) {
    if (!report.success) out.push_back(fmt::format("{} failed: {}", report.worker_id, why_failed(report)));
    if (report.verification && report.verification->consistent())
      out.push_back(fmt::format("{} verified: {}", report.worker_id, report.verification->looked_at));
    if (report.verification)
      for (const Finding& finding : report.verification->findings)
        out.push_back(fmt::format("{} found: {}: {} ({} times)", report.worker_id, finding.condition, finding.text,
                                  thousands(finding.violations)));
  }
  for (const std::string& name : all.missing) out.push_back(fmt::format("{} never reported", name));
  if (all.missing_unnamed > 0)
    out.push_back(fmt::format("{} more {} expected and never reported",
                              one_or_more(all.missing_unnamed, "worker", "workers"),
                              all.missing_unnamed == 1 ? "is" : "are"));
  for (const FileRemark& remark : all.unreadable)
    out.push_back(fmt::format("{} is not read, and what it reports is missing above: {}", remark.file, remark.text));
  for (const FileRemark& remark : all.foreign)
    out.push_back(fmt::format("{} is passed over: {}", remark.file, remark.text));
  for (const FileRemark& remark : all.superseded)
    out.push_back(fmt::format("{} does not count: {}", remark.file, remark.text));
  out.insert(out.end(), all.doubts.begin(), all.doubts.end());
  return out;
}

constexpr std::string_view kFootnotes = "* first start to last end, by the workers' clocks  † all rows over that time";

}  // namespace

std::string render(const Aggregate& all, AggregateFormat format) {
  if (format == AggregateFormat::json) return as_json(all);
  const bool markdown = format == AggregateFormat::markdown;
  const auto show = markdown ? as_markdown : framed;
  std::string out = show(worker_grid(all));
  out += fmt::format("{}{}\n", markdown ? "\n" : "", markdown ? markdown_text(kFootnotes) : kFootnotes);
  if (!all.times.empty()) out += "\n" + show(time_grid(all));
  const std::vector<std::string> remarks = remarks_of(all);
  if (!remarks.empty()) out += "\n";
  for (const std::string& remark : remarks)
    out += markdown ? fmt::format("- {}\n", markdown_text(printable_line(remark))) : printable_line(remark) + "\n";
  return out;
}

}  // namespace assay::deploy
