#include "deploy/worker_report.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::deploy {
namespace {

using testing::HasSubstr;

/// 2024-01-15T10:00:00Z
constexpr WallTime kTen{std::chrono::seconds(1705312800)};

WorkerReport sample() {
  WorkerReport report;
  report.worker_id = "worker-1";
  report.hostname = "loadtest-worker-1-abc123";
  report.started_at = kTen;
  report.completed_at = kTen + std::chrono::milliseconds(332250);
  report.success = true;
  report.source = "postgresql";
  report.target = "postgresql://db/loadtest";
  report.seed = 42;
  report.share = "tables users,orders";
  report.environment = {.hostname = report.hostname,
                        .cpu_cores = 2,
                        .memory_bytes = 2048ull << 20,
                        .available_memory_bytes = 1856ull << 20,
                        .group = {.version = 2, .cpu = ControlGroup::Quota{200000, 100000}, .memory_bytes = 2147483648},
                        .folders = {{"/data", "tmpfs", 1ull << 30}, {"/results", "ext4"}}};
  report.tables_processed = {"users", "orders"};
  report.metrics.rows_processed = 50000;
  report.metrics.batch_count = 500;
  report.metrics.bytes_written = 12500000;
  report.metrics.duration = std::chrono::seconds(332);
  Histogram times;
  for (int i = 1; i <= 500; i++) times.record(std::chrono::milliseconds(i));
  report.times.push_back({"users", times});
  return report;
}

WorkerReport read(std::string_view text) {
  bool foreign = false;
  return read_worker_report(text, foreign);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string mistake_in(const std::string& text) {
  try {
    read(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(WorkerReports, AreReadBackAsTheyWereWritten) {
  WorkerReport report = sample();
  report.errors = {"a \"quoted\" error\nof two lines"};
  report.verification = VerificationReport{3, "3 tables", {{"users", "rows are there", {"row 7"}, 1}}, {}};
  report.verification->tables = {{.table = "users", .found = 12, .missing = 1, .mismatched = 2, .matched = 9},
                                 {.table = "orders", .found = 5, .matched = 5}};
  const std::string text = write_worker_report(report);
  EXPECT_EQ(write_worker_report(read(text)), text);
  EXPECT_EQ(read(text).times.front().batches, report.times.front().batches);
  EXPECT_EQ(read(text).environment.folders, report.environment.folders);
}

TEST(WorkerReports, CountTheRowsOfAVerificationByTableAndInAll) {
  WorkerReport report = sample();
  report.verification = VerificationReport{3, "", {{"users", "rows are there", {"row 7"}, 1}}, {}};
  report.verification->tables = {{.table = "users", .found = 12, .missing = 1, .mismatched = 2, .matched = 9},
                                 {.table = "orders", .found = 5, .matched = 5}};
  const std::string text = write_worker_report(report);
  for (const char* const line :
       {"\"table_name\": \"users\"", "\"expected\": 12", "\"total_expected\": 17", "\"total_found\": 17",
        "\"total_missing\": 1", "\"total_mismatched\": 2", "\"total_matched\": 14"})
    EXPECT_NE(text.find(line), std::string::npos) << line << " in " << text;
  EXPECT_THAT(mistake_in(replaced(text, "\"expected\": 12", "\"expected\": 13")), HasSubstr("12"));
}

TEST(WorkerReports, HaveTheDocumentedFields) {
  const std::string text = write_worker_report(sample());
  for (const char* const line :
       {"\"worker_id\": \"worker-1\"", "\"hostname\": \"loadtest-worker-1-abc123\"",
        "\"started_at\": \"2024-01-15T10:00:00.000Z\"", "\"completed_at\": \"2024-01-15T10:05:32.250Z\"",
        "\"success\": true", "\"cpu_cores\": 2", "\"memory_mb\": 2048", "\"tmpfs_enabled\": true",
        "\"tmpfs_size_mb\": 1024", "\"operation\": \"populate\"", "\"rows_processed\": 50000",
        "\"duration_ms\": 332000", "\"batch_count\": 500", "\"rows_per_second\": 150.6", "\"bytes_written\": 12500000",
        "\"errors\": []", "\"verification_report\": null"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(WorkerReports, AreReadInTheirDocumentedFormAlone) {
  const WorkerReport report = read(R"({
    "worker_id": "worker-1", "hostname": "loadtest-worker-1-abc123",
    "started_at": "2024-01-15T10:00:00Z", "completed_at": "2024-01-15T10:05:32Z", "success": true,
    "environment": {"cpu_cores": 2, "memory_mb": 2048, "tmpfs_enabled": true, "tmpfs_size_mb": 1024},
    "tables_processed": ["users", "orders"], "operation": "populate",
    "metrics": {"rows_processed": 50000, "duration_ms": 332000, "batch_count": 500, "rows_per_second": 150.6,
                "bytes_written": 12500000},
    "errors": [], "verification_report": null})");
  EXPECT_EQ(report.metrics.rows_processed, 50000u);
  EXPECT_EQ(report.completed_at, kTen + std::chrono::seconds(332));
  EXPECT_TRUE(report.times.empty());
}

TEST(WorkerReports, OfAWorkerThatRunsHaveNoEnd) {
  WorkerReport report = sample();
  report.completed_at.reset();
  report.success = false;
  const std::string text = write_worker_report(report);
  EXPECT_THAT(text, HasSubstr("\"state\": \"running\""));
  EXPECT_FALSE(read(text).completed_at.has_value());
}

TEST(WorkerReports, SayWhereTheyAreWrong) {
  const std::string good = write_worker_report(sample());
  EXPECT_EQ(mistake_in(good), "none");
  EXPECT_THAT(mistake_in(good.substr(0, good.size() / 2)), HasSubstr("is cut off"));
  EXPECT_THAT(mistake_in(""), HasSubstr("empty"));
  EXPECT_THAT(mistake_in(replaced(good, "\"success\": true", "\"success\": \"yes\"")),
              HasSubstr("success: found \"yes\", expected true or false"));
  EXPECT_THAT(mistake_in(replaced(good, "\"rows_processed\": 50000", "\"rows_processed\": -5")),
              HasSubstr("metrics.rows_processed: found -5"));
  EXPECT_THAT(mistake_in(replaced(good, "\"hostname\"", "\"hots\"")),
              HasSubstr("hots: found a member that is not known"));
  EXPECT_THAT(mistake_in(replaced(good, "10:00:00.000Z", "10:00")),
              HasSubstr("started_at: found \"2024-01-15T10:00\""));
  EXPECT_THAT(mistake_in(replaced(good, "\"count\": 500", "\"count\": 501")),
              HasSubstr("latency[0].count: found 501, expected 500"));
  EXPECT_THAT(mistake_in(replaced(good, "\"version\": 1", "\"version\": 2")),
              HasSubstr("version: found 2, expected 1"));
  EXPECT_THAT(mistake_in(replaced(good, "\"200000 100000\"", "\"200000\"")), HasSubstr("cgroup_cpu_quota"));
  EXPECT_THAT(mistake_in(replaced(good, "\"histogram\": \"", "\"histogram\": \"?")), HasSubstr("latency[0].histogram"));
}

TEST(WorkerReports, AreToldFromOtherJson) {
  for (const char* const text : {"{}", "[1, 2]", "3", "{\"worker_id\": \"a\"}", "{\"groups\": []}"}) {
    bool foreign = false;
    EXPECT_THROW(read_worker_report(text, foreign), Error);
    EXPECT_TRUE(foreign) << text;
  }
  bool foreign = true;
  EXPECT_THROW(read_worker_report("{\"worker_id\": \"a\", \"operation\": ", foreign), Error);
  EXPECT_FALSE(foreign);  // cut off: nobody can say of what it is
}

}  // namespace
}  // namespace assay::deploy
