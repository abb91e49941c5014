#include "deploy/aggregate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace assay::deploy {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr WallTime kTen{std::chrono::seconds(1705312800)};

class Aggregates : public testing::Test {
 protected:
  Aggregates() {
    std::string name = (fs::temp_directory_path() / "assay-aggregate-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~Aggregates() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  void put(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  /// A worker that did 50,000 rows of a table from 10:00 on.
  static WorkerReport worker(int number, const std::string& table, int seconds) {
    WorkerReport report;
    report.worker_id = fmt::format("worker-{}", number);
    report.started_at = kTen;
    report.completed_at = kTen + std::chrono::seconds(seconds);
    report.success = true;
    report.target = "postgresql://db/loadtest";
    report.share = "tables " + table;
    report.tables_processed = {table};
    report.metrics.rows_processed = 50000;
    report.metrics.batch_count = 2;
    report.metrics.duration = std::chrono::seconds(seconds);
    Histogram times;
    times.record(std::chrono::milliseconds(10 * number));
    times.record(std::chrono::milliseconds(10 * number));
    report.times.push_back({table, times});
    return report;
  }
  void put(const WorkerReport& report) { put(report.worker_id + ".json", write_worker_report(report)); }
  void put_three() {
    put(worker(1, "users", 332));
    put(worker(2, "orders", 255));
    put(worker(3, "products", 361));
  }
  Aggregate read(const std::string& expected = "") const {
    return aggregate(folder_, ExpectedWorkers::parse(expected));
  }
  fs::path folder_;
};

TEST_F(Aggregates, AreShownAsDocumented) {
  put_three();
  const Aggregate all = read("3");
  EXPECT_EQ(all.exit_code(), ExitCode::ok);
  EXPECT_THAT(render(all, AggregateFormat::table),
              testing::StartsWith("┌──────────┬──────────┬─────────┬──────────┬──────────┐\n"
                                  "│ Worker   │ Tables   │    Rows │ Duration │ Rows/sec │\n"
                                  "├──────────┼──────────┼─────────┼──────────┼──────────┤\n"
                                  "│ worker-1 │ users    │  50,000 │   5m 32s │    150.6 │\n"
                                  "│ worker-2 │ orders   │  50,000 │   4m 15s │    196.1 │\n"
                                  "│ worker-3 │ products │  50,000 │   6m 01s │    138.5 │\n"
                                  "├──────────┼──────────┼─────────┼──────────┼──────────┤\n"
                                  "│ TOTAL    │ 3        │ 150,000 │  6m 01s* │   415.5† │\n"
                                  "└──────────┴──────────┴─────────┴──────────┴──────────┘\n"));
  EXPECT_THAT(render(all, AggregateFormat::markdown), HasSubstr("| worker-1 | users | 50,000 | 5m 32s | 150.6 |\n"));
}

TEST_F(Aggregates, MergeHistogramsAndNeverPercentiles) {
  put(worker(1, "users", 10));
  WorkerReport other = worker(9, "users", 10);
  other.seed++;  // other rows of the same table
  put(other);
  const Aggregate all = read();
  ASSERT_THAT(all.times, SizeIs(1));
  EXPECT_EQ(all.times.at("users").count(), 4u);
  EXPECT_EQ(all.times.at("users").max(), std::chrono::milliseconds(90));
  EXPECT_EQ(all.times.at("users").min(), std::chrono::milliseconds(10));
}

TEST_F(Aggregates, AreTheSameHoweverOftenAndInWhicheverOrderTheyAreMade) {
  put_three();
  const std::string once = render(read(), AggregateFormat::json);
  EXPECT_EQ(render(read(), AggregateFormat::json), once);
  for (const char* const name : {"worker-3.json", "worker-1.json", "worker-2.json"})
    fs::rename(folder_ / name, folder_ / (std::string("z") + name[7] + ".json"));
  EXPECT_EQ(render(read(), AggregateFormat::json), once);
}

TEST_F(Aggregates, CountAWorkerOnceByItsNewestReport) {
  put_three();
  WorkerReport again = worker(2, "orders", 600);
  again.metrics.rows_processed = 1000;
  put("retry.json", write_worker_report(again));
  const Aggregate all = read();
  EXPECT_EQ(all.rows, 101000u);
  ASSERT_THAT(all.superseded, SizeIs(1));
  EXPECT_EQ(all.superseded[0].file, "worker-2.json");
  EXPECT_THAT(render(all, AggregateFormat::table),
              HasSubstr("worker-2.json does not count: populate worker-2 reported again in retry.json"));
  EXPECT_EQ(all.exit_code(), ExitCode::ok);
}

TEST_F(Aggregates, NameWhatTheyCannotRead) {
  put_three();
  const std::string whole = write_worker_report(worker(3, "products", 361));
  put("worker-3.json", whole.substr(0, whole.size() / 2));
  put("package.json", "{\"name\": \"something\"}");
  put("notes.txt", "not looked at");
  const Aggregate all = read();
  EXPECT_EQ(all.rows, 100000u);
  ASSERT_THAT(all.unreadable, SizeIs(1));
  EXPECT_EQ(all.unreadable[0].file, "worker-3.json");
  EXPECT_THAT(all.unreadable[0].text, HasSubstr("cut off"));
  ASSERT_THAT(all.foreign, SizeIs(1));
  EXPECT_EQ(all.foreign[0].file, "package.json");
  EXPECT_EQ(all.exit_code(), ExitCode::thresholds_failed);
  EXPECT_THAT(render(all, AggregateFormat::table),
              HasSubstr("worker-3.json is not read, and what it reports is missing above"));
}

TEST_F(Aggregates, AForeignFileAloneIsNoFault) {
  put_three();
  put("package.json", "{\"name\": \"something\"}");
  EXPECT_EQ(read().exit_code(), ExitCode::ok);
}

TEST_F(Aggregates, NameTheWorkersThatNeverReported) {
  put(worker(1, "users", 10));
  put(worker(3, "products", 10));
  EXPECT_THAT(read("4").missing, ElementsAre("worker-2", "worker-4"));
  EXPECT_THAT(read("worker-1,extra,worker-3").missing, ElementsAre("extra"));
  EXPECT_EQ(read("4").exit_code(), ExitCode::thresholds_failed);
  EXPECT_EQ(read().exit_code(), ExitCode::ok);
  EXPECT_THAT(render(read("4"), AggregateFormat::table), HasSubstr("worker-2 never reported\n"));
}

TEST_F(Aggregates, CountWorkersThatNeverReportedWhereTheirNamesCannotBeTold) {
  WorkerReport named = worker(1, "users", 10);
  named.worker_id = "alpha";
  put(named);
  const Aggregate all = read("3");
  EXPECT_THAT(all.missing, IsEmpty());
  EXPECT_EQ(all.missing_unnamed, 2u);
  EXPECT_EQ(all.exit_code(), ExitCode::thresholds_failed);
}

TEST_F(Aggregates, NumberWorkersFromZeroWhereTheyAre) {
  put(worker(0, "users", 10));
  put(worker(2, "products", 10));
  EXPECT_THAT(read("3").missing, ElementsAre("worker-1"));
}

TEST_F(Aggregates, NoticeMoreWorkersThanThereShouldBe) {
  put_three();
  EXPECT_THAT(read("2").doubts, ElementsAre("3 workers reported; expected 2"));
  EXPECT_EQ(read("2").exit_code(), ExitCode::thresholds_failed);
  EXPECT_THAT(read("worker-1,worker-2").doubts,
              ElementsAre("worker-3 reported and is none of those that are expected"));
}

TEST_F(Aggregates, SayThatTwoWorkersReportTheSameShare) {
  put(worker(1, "users", 10));
  put(worker(2, "users", 10));
  const Aggregate all = read();
  ASSERT_THAT(all.doubts, SizeIs(1));
  EXPECT_THAT(all.doubts[0], HasSubstr("worker-1 and worker-2 both report tables users"));
  EXPECT_EQ(all.rows, worker(1, "users", 10).metrics.rows_processed) << "nothing is counted twice";
  EXPECT_EQ(all.exit_code(), ExitCode::thresholds_failed);
}

TEST_F(Aggregates, HaveTheFailuresOfWorkersWithTheirReasons) {
  WorkerReport failed = worker(1, "users", 10);
  failed.success = false;
  failed.errors = {"the target is gone"};
  put(failed);
  WorkerReport killed = worker(2, "orders", 10);
  killed.success = false;
  killed.completed_at.reset();
  killed.metrics = {};
  put(killed);
  const Aggregate all = read();
  EXPECT_EQ(all.failed(), 2u);
  EXPECT_EQ(all.exit_code(), ExitCode::thresholds_failed);
  const std::string shown = render(all, AggregateFormat::table);
  EXPECT_THAT(shown, HasSubstr("worker-1 failed: the target is gone\n"));
  EXPECT_THAT(shown, HasSubstr("worker-2 failed: began at 2024-01-15T10:00:00.000Z and never ended"));
}

TEST_F(Aggregates, RatesAreOfTheTimeFromTheFirstStartToTheLastEnd) {
  WorkerReport first = worker(1, "users", 100), second = worker(2, "orders", 100);
  second.started_at += std::chrono::seconds(300);
  *second.completed_at += std::chrono::seconds(300);
  put(first);
  put(second);
  EXPECT_EQ(read().wall, std::chrono::seconds(400));
  EXPECT_EQ(read().rows_per_second(), 250);  // and not 1,000, the sum of rates of different times
}

TEST_F(Aggregates, AVerificationThatFoundSomethingIsTheGravest) {
  put(worker(1, "users", 10));
  WorkerReport verified = worker(1, "users", 10);
  verified.operation = "verify";
  verified.metrics = {};
  verified.times.clear();
  verified.verification = VerificationReport{2, "2 tables", {}, {}};
  put("verify-1.json", write_worker_report(verified));
  EXPECT_EQ(read().exit_code(), ExitCode::ok);
  EXPECT_EQ(read().rows, 50000u);
  verified.verification->findings = {{"users", "3 rows are missing", {}, 3}};
  verified.success = false;
  put("verify-1.json", write_worker_report(verified));
  EXPECT_EQ(read().exit_code(), ExitCode::check_failed);
  EXPECT_THAT(render(read(), AggregateFormat::table), HasSubstr("worker-1 found: users: 3 rows are missing"));
}

TEST_F(Aggregates, OfNothingAreAnError) {
  EXPECT_THROW(read(), Error);
  EXPECT_THROW(aggregate(folder_ / "nowhere", {}), Error);
  EXPECT_EQ(read("2").missing_unnamed, 2u);
  EXPECT_THROW(ExpectedWorkers::parse("0"), Error);
  EXPECT_THROW(ExpectedWorkers::parse("a,,b"), Error);
  EXPECT_THROW(ExpectedWorkers::parse("a,a"), Error);
}

TEST_F(Aggregates, ShowNothingThatATerminalWouldObey) {
  WorkerReport odd = worker(1, "users", 10);
  odd.errors = {"\x1b[2Jgone"};
  odd.success = false;
  put(odd);
  EXPECT_THAT(render(read(), AggregateFormat::table), testing::Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace assay::deploy
