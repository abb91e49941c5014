#include "deploy/worker_report.h"

#include "base/error.h"
#include "base/units.h"
#include "core/value.h"
#include "results/json_node.h"
#include "results/json_text.h"
#include "results/summary.h"

#include <algorithm>
#include <initializer_list>

namespace assay::deploy {
namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kMegabyte = 1024 * 1024;  // as the field names of this format mean it

// ---------------------------------------------------------------------------------------------------------------------
// writing

void put_texts(JsonText& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name).compact().open('[');
  for (const std::string& text : texts) json.value(std::string_view(text));
  json.close(']');
}

void put_environment(JsonText& json, const Environment& found) {
  json.key("environment").open('{');
  json.member("cpu_cores", std::uint64_t{found.cpu_cores});
  json.member("memory_mb", found.memory_bytes / kMegabyte);
  json.member("available_memory_mb", found.available_memory_bytes / kMegabyte);
  const auto tmpfs =
      std::find_if(found.folders.begin(), found.folders.end(), [](const FolderFacts& f) { return f.tmpfs(); });
  json.member("tmpfs_enabled", tmpfs != found.folders.end());
  json.key("tmpfs_size_mb");
  if (tmpfs != found.folders.end() && tmpfs->tmpfs_bytes)
    json.value(*tmpfs->tmpfs_bytes / kMegabyte);
  else
    json.null();
  json.member("cgroup_version", std::uint64_t{found.group.version});
  json.key("cgroup_memory_limit");
  if (found.group.memory_bytes)
    json.value(*found.group.memory_bytes);
  else
    json.null();
  json.key("cgroup_cpu_quota");
  if (found.group.cpu)
    json.value(std::string_view(fmt::format("{} {}", found.group.cpu->quota_us, found.group.cpu->period_us)));
  else
    json.null();
  json.key("folders").open('[');
  for (const FolderFacts& folder : found.folders) {
    json.compact().open('{').member("path", std::string_view(folder.path));
    json.member("filesystem", std::string_view(folder.filesystem)).key("tmpfs_bytes");
    if (folder.tmpfs_bytes)
      json.value(*folder.tmpfs_bytes);
    else
      json.null();
    json.close('}');
  }
  json.close(']').close('}');
}

void put_metrics(JsonText& json, const WorkerMetrics& metrics) {
  json.key("metrics").open('{');
  json.member("rows_processed", metrics.rows_processed);
  json.member("duration_ms",
              static_cast<std::uint64_t>(std::max<std::int64_t>(metrics.duration.count() / 1'000'000, 0)));
  json.member("batch_count", metrics.batch_count);
  json.member("rows_per_second", metrics.rows_per_second());
  json.member("bytes_written", metrics.bytes_written);
  json.member("rows_already_there", metrics.rows_already_there);
  json.member("failed_batches", metrics.failed_batches);
  json.close('}');
}

void put_latency(JsonText& json, const std::vector<TableTimes>& times) {
  json.key("latency").open('[');
  for (const TableTimes& one : times) {
    const LatencySummary summary = summarize(one.batches);
    json.open('{').member("table", std::string_view(one.table)).member("count", summary.count);
    for (const auto& [name, value] :
         {std::pair("mean_ms", summary.mean), std::pair("p50_ms", summary.p50), std::pair("p90_ms", summary.p90),
          std::pair("p95_ms", summary.p95), std::pair("p99_ms", summary.p99), std::pair("p999_ms", summary.p999),
          std::pair("max_ms", summary.max)})
      json.member(name, to_millis(value));
    json.member("histogram", std::string_view(one.batches.encode())).close('}');
  }
  json.close(']');
}

/// Of a table, or with the prefix total_ of all.
void put_counts(JsonText& json, const TableCounts& counts, const std::string& prefix) {
  json.member(prefix + "expected", counts.expected()).member(prefix + "found", counts.found);
  json.member(prefix + "missing", counts.missing).member(prefix + "mismatched", counts.mismatched);
  json.member(prefix + "matched", counts.matched);
}

void put_verification(JsonText& json, const std::optional<VerificationReport>& report) {
  json.key("verification_report");
  if (!report) {
    json.null();
    return;
  }
  json.open('{').member("consistent", report->consistent()).member("conditions", report->conditions);
  json.member("looked_at", std::string_view(report->looked_at)).key("findings").open('[');
  for (const Finding& finding : report->findings) {
    json.open('{')
        .member("condition", std::string_view(finding.condition))
        .member("text", std::string_view(finding.text));
    json.member("violations", finding.violations);
    put_texts(json, "rows", finding.rows);
    json.close('}');
  }
  json.close(']').key("tables").open('[');
  for (const TableCounts& counts : report->tables) {
    json.open('{').member("table_name", std::string_view(counts.table));
    put_counts(json, counts, "");
    json.close('}');
  }
  json.close(']');
  put_counts(json, report->total(), "total_");
  json.close('}');
}

// ---------------------------------------------------------------------------------------------------------------------
// reading

/// The members of an object, each asked for once; finish() refuses those that nobody asked for.
class Members {
 public:
  explicit Members(const JsonNode& node) : node_(node) { node.expect_object(); }
  std::optional<JsonNode> find(std::string_view name) {
    known_.push_back(name);
    std::optional<JsonNode> found = node_.member(name);
    return found && found->is_null() ? std::nullopt : found;
  }
  JsonNode need(std::string_view name) {
    if (std::optional<JsonNode> found = find(name)) return *found;
    node_.fail_missing(name);
  }
  std::uint64_t whole(std::string_view name) {
    const std::optional<JsonNode> found = find(name);
    return found ? found->whole() : 0;
  }
  std::string text(std::string_view name) {
    const std::optional<JsonNode> found = find(name);
    return found ? std::string(found->text()) : std::string();
  }
  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> out;
    if (const std::optional<JsonNode> found = find(name))
      found->for_each([&](const JsonNode& item) { out.emplace_back(item.text()); });
    return out;
  }
  void ignore(std::initializer_list<std::string_view> names) {
    known_.insert(known_.end(), names.begin(), names.end());
  }
  void finish() const {
    for (const auto& [name, value] : node_.members())
      if (std::find(known_.begin(), known_.end(), name) == known_.end()) node_.fail_unknown(name, known_);
  }

 private:
  const JsonNode& node_;
  std::vector<std::string_view> known_;
};

WallTime read_instant(const JsonNode& node) {
  std::string_view text = node.text();
  if (!text.ends_with('Z')) node.fail("an instant of UTC, such as 2024-01-15T10:00:00Z");
  text.remove_suffix(1);
  try {
    return WallTime(std::chrono::microseconds(parse_timestamp(text).microseconds));
  } catch (const Error&) {
    node.fail("an instant of UTC, such as 2024-01-15T10:00:00Z");
  }
}

std::optional<ControlGroup::Quota> read_quota(Members& members) {
  const std::optional<JsonNode> node = members.find("cgroup_cpu_quota");
  if (!node) return std::nullopt;
  const std::string text(node->text());
  const auto space = text.find(' ');
  try {
    if (space != std::string::npos) {
      const ControlGroup::Quota quota{parse_whole(text.substr(0, space)), parse_whole(text.substr(space + 1))};
      if (quota.period_us > 0) return quota;
    }
  } catch (const Error&) {
  }
  node->fail("quota and period in microseconds, such as \"200000 100000\"");
}

Environment read_environment_of(const JsonNode& node) {
  Environment out;
  Members members(node);
  out.cpu_cores = static_cast<std::uint32_t>(members.whole("cpu_cores"));
  out.memory_bytes = members.whole("memory_mb") * kMegabyte;
  out.available_memory_bytes = members.whole("available_memory_mb") * kMegabyte;
  out.group.version = static_cast<std::uint32_t>(members.whole("cgroup_version"));
  if (const auto limit = members.find("cgroup_memory_limit")) out.group.memory_bytes = limit->whole();
  out.group.cpu = read_quota(members);
  if (const auto folders = members.find("folders"))
    folders->for_each([&](const JsonNode& item) {
      Members folder(item);
      FolderFacts facts{.path = folder.text("path"), .filesystem = folder.text("filesystem")};
      if (const auto size = folder.find("tmpfs_bytes")) facts.tmpfs_bytes = size->whole();
      folder.finish();
      out.folders.push_back(std::move(facts));
    });
  members.ignore({"tmpfs_enabled", "tmpfs_size_mb"});  // what the folders say
  members.finish();
  return out;
}

WorkerMetrics read_metrics(const JsonNode& node) {
  WorkerMetrics out;
  Members members(node);
  out.rows_processed = members.need("rows_processed").whole();
  const JsonNode duration = members.need("duration_ms");
  constexpr std::uint64_t kMostMillis = 1000ull * 3600 * 24 * 3650;
  if (duration.whole() > kMostMillis) duration.fail("milliseconds of less than ten years");
  out.duration = std::chrono::milliseconds(duration.whole());
  out.batch_count = members.whole("batch_count");
  out.bytes_written = members.whole("bytes_written");
  out.rows_already_there = members.whole("rows_already_there");
  out.failed_batches = members.whole("failed_batches");
  members.ignore({"rows_per_second"});  // rows and duration say it
  members.finish();
  return out;
}

std::vector<TableTimes> read_latency(const JsonNode& node) {
  std::vector<TableTimes> out;
  node.for_each([&](const JsonNode& item) {
    Members members(item);
    TableTimes one{.table = std::string(members.need("table").text()), .batches = {}};
    const JsonNode histogram = members.need("histogram");
    try {
      one.batches = Histogram::decode(histogram.text());
    } catch (const Error& error) {
      throw Error(fmt::format("{}: {}", histogram.path(), error.what()));
    }
    if (const JsonNode count = members.need("count"); count.whole() != one.batches.count())
      count.fail(fmt::format("{}, which the histogram has", one.batches.count()));
    members.ignore({"mean_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms", "p999_ms", "max_ms"});
    members.finish();
    out.push_back(std::move(one));
  });
  return out;
}

VerificationReport read_verification(const JsonNode& node) {
  VerificationReport out;
  Members members(node);
  out.conditions = members.whole("conditions");
  out.looked_at = members.text("looked_at");
  const JsonNode consistent = members.need("consistent");
  if (const auto findings = members.find("findings"))
    findings->for_each([&](const JsonNode& item) {
      Members one(item);
      Finding finding;
      finding.condition = one.text("condition");
      finding.text = one.text("text");
      finding.violations = one.whole("violations");
      finding.rows = one.texts("rows");
      one.finish();
      out.findings.push_back(std::move(finding));
    });
  if (const auto tables = members.find("tables"))
    tables->for_each([&](const JsonNode& item) {
      Members one(item);
      TableCounts counts{one.text("table_name"), one.whole("found"), one.whole("missing"), one.whole("mismatched"),
                         one.whole("matched")};
      if (const JsonNode expected = one.need("expected"); expected.whole() != counts.expected())
        expected.fail(fmt::format("{}, which is what is missing, mismatched and matched", counts.expected()));
      one.finish();
      out.tables.push_back(std::move(counts));
    });
  members.ignore({"total_expected", "total_found", "total_missing", "total_mismatched", "total_matched"});
  members.finish();
  if (consistent.boolean() != out.consistent()) consistent.fail("what the findings say");
  return out;
}

WorkerReport read_members(const JsonNode& root) {
  WorkerReport out;
  Members members(root);
  if (const auto version = members.find("version"); version && version->whole() != kVersion)
    version->fail(fmt::format("{}, the version that this assay reads", kVersion));
  const JsonNode id = members.need("worker_id");
  out.worker_id = id.text();
  if (out.worker_id.empty()) id.fail("the worker's name");
  out.hostname = members.text("hostname");
  const JsonNode operation = members.need("operation");
  out.operation = operation.text();
  if (out.operation != "populate" && out.operation != "verify") operation.fail("populate or verify");
  out.started_at = read_instant(members.need("started_at"));
  if (const auto at = members.find("completed_at")) out.completed_at = read_instant(*at);
  out.success = members.need("success").boolean();
  if (const auto dry = members.find("dry_run")) out.dry_run = dry->boolean();
  out.source = members.text("source");
  out.target = members.text("target");
  out.seed = members.whole("seed");
  out.share = members.text("share");
  if (const auto environment = members.find("environment")) out.environment = read_environment_of(*environment);
  out.environment.hostname = out.hostname;
  out.tables_processed = members.texts("tables_processed");
  if (const auto metrics = members.find("metrics")) out.metrics = read_metrics(*metrics);
  if (const auto latency = members.find("latency")) out.times = read_latency(*latency);
  out.errors = members.texts("errors");
  if (const auto report = members.find("verification_report")) out.verification = read_verification(*report);
  members.ignore({"state"});  // what success and completed_at say
  members.finish();
  return out;
}

}  // namespace

TableCounts VerificationReport::total() const {
  TableCounts out;
  for (const TableCounts& one : tables) {
    out.found += one.found;
    out.missing += one.missing;
    out.mismatched += one.mismatched;
    out.matched += one.matched;
  }
  return out;
}

std::string format_instant(WallTime wall) {
  std::string text = format_wall(wall);
  text.pop_back();  // Z
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(wall.time_since_epoch()).count() % 1000;
  return fmt::format("{}.{:03}Z", text, millis < 0 ? millis + 1000 : millis);
}

std::string write_worker_report(const WorkerReport& report) {
  JsonText json;
  json.open('{').member("version", kVersion).member("worker_id", std::string_view(report.worker_id));
  json.member("hostname", std::string_view(report.hostname)).member("operation", std::string_view(report.operation));
  json.member("state", !report.completed_at ? "running" : report.success ? "completed" : "failed");
  json.member("started_at", std::string_view(format_instant(report.started_at))).key("completed_at");
  if (report.completed_at)
    json.value(std::string_view(format_instant(*report.completed_at)));
  else
    json.null();
  json.member("success", report.success).member("dry_run", report.dry_run);
  json.member("source", std::string_view(report.source)).member("target", std::string_view(report.target));
  json.member("seed", report.seed).member("share", std::string_view(report.share));
  put_environment(json, report.environment);
  put_texts(json, "tables_processed", report.tables_processed);
  put_metrics(json, report.metrics);
  put_latency(json, report.times);
  put_texts(json, "errors", report.errors);
  put_verification(json, report.verification);
  json.close('}');
  return json.take() + "\n";
}

WorkerReport read_worker_report(std::string_view text, bool& foreign) {
  foreign = false;
  try {
    const JsonTree tree(text);
    const JsonNode root = tree.root();
    try {
      foreign = !root.member("worker_id") || !root.member("operation");
    } catch (const Error&) {
      foreign = true;  // no object
    }
    if (foreign) throw Error("found no worker_id and operation, expected the report of a worker");
    return read_members(root);
  } catch (const Error& error) {
    std::string_view message = error.what();
    if (constexpr std::string_view kOfResults = "result: "; message.starts_with(kOfResults))
      message.remove_prefix(kOfResults.size());
    throw Error(std::string(message));
  }
}

}  // namespace assay::deploy
