#include "drivers/kafka/livetest_fixture.h"
#include "drivers/kafka/settings.h"
#include "drivers/kafka/writer.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <thread>

extern char** environ;

namespace assay {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(KafkaLive, ATableIsThereFromCreateToDrop) {
  EXPECT_TRUE(rows().exists("pairs"));
  EXPECT_FALSE(rows().exists("other"));
  EXPECT_THAT(error_of([&] { rows().create(pairs_table()); }), HasSubstr("test_pairs"));
  rows().drop("pairs");
  EXPECT_FALSE(rows().exists("pairs"));
  rows().drop("pairs");  // no error
  rows().create(pairs_table());
  EXPECT_THAT(ids_in(*session_, pairs_table()), IsEmpty());
}

TEST_F(KafkaLive, RowsAreReadAsTheyWereWrittenInStretchesThatAreAllOfIt) {
  must(rows().write(pairs_table(), pairs(0, 500)));
  must(rows().write(pairs_table(), pairs(500, 1)));
  const auto other = connect(*target_);
  EXPECT_EQ(ids_in(*other, pairs_table(), 50), numbers(0, 501));
  EXPECT_EQ(ids_in(*other, pairs_table(), 1'000'000), numbers(0, 501));
  EXPECT_GT(other->rows()->split(pairs_table(), 50).size(), 9u);
}

TEST_F(KafkaLive, EveryTypeGoesThroughTheBrokerInBothFormats) {
  using namespace std::literals;
  Table table = pairs_table("other");
  table.columns = {{.name = "id"}};
  const ColumnType types[] = {ColumnType::boolean, ColumnType::integer, ColumnType::real,     ColumnType::decimal,
                              ColumnType::text,    ColumnType::bytes,   ColumnType::uuid,     ColumnType::date,
                              ColumnType::time,    ColumnType::json,    ColumnType::timestamp};
  for (const ColumnType type : types)
    table.columns.push_back(
        {.name = fmt::format("c{}", table.columns.size()), .type = type, .precision = 9, .scale = 2, .nullable = true});
  const std::vector<Value> full = {
      std::int64_t{1},   true,         std::int64_t{-7},  2.5,
      Decimal{-1999, 2}, "häß\n"sv,    Bytes{"\0\xff"sv}, Uuid{{1, 2, 3}},
      Date{20'000},      TimeOfDay{1}, Json{"[1]"sv},     Timestamp{1'700'000'000'123'456}};
  for (const char* format : {"json", "protobuf"}) {
    const auto target = this->target(std::string("prefix=test_&partitions=1&format=") + format);
    const auto session = connect(*target);
    session->rows()->create(table);
    RowBatch batch(table.columns.size());
    for (const Value& cell : full) batch.add(cell);
    batch.add(std::int64_t{2});
    for (std::size_t c = 1; c < full.size(); c++) batch.add(kNull);
    must(session->rows()->write(table, batch));
    RowBatch read(table.columns.size());
    for (const std::string& stretch : session->rows()->split(table, 100)) {
      const auto reader = must(session->rows()->read(table, stretch));
      must(reader->next(100, read));
    }
    ASSERT_EQ(read.size(), 2u) << format;
    for (std::size_t c = 0; c < full.size(); c++) {
      EXPECT_TRUE(read.row(0)[c] == full[c]) << format << " " << c << ": " << to_text(read.row(0)[c]);
      EXPECT_TRUE(c == 0 || is_null(read.row(1)[c])) << format << " " << c;
    }
    session->rows()->drop("other");
  }
}

TEST_F(KafkaLive, TruncatedTablesAreEmptyAndTakeRowsAgain) {
  must(rows().write(pairs_table(), pairs(0, 100)));
  const std::string before = rows().split(pairs_table(), 1000).front();
  const std::string tables[] = {"pairs"};
  rows().truncate_all(tables);
  EXPECT_THAT(ids_in(*session_, pairs_table()), IsEmpty());
  must(rows().write(pairs_table(), pairs(200, 3)));
  EXPECT_EQ(ids_in(*session_, pairs_table()), numbers(200, 3));
  // A stretch of what was removed is not taken for one of what came after.
  const auto reader = must(rows().read(pairs_table(), before));
  RowBatch batch(2);
  EXPECT_EQ(outcome(reader->next(10, batch)), "rejected");
  EXPECT_EQ(outcome(rows().read(pairs_table(), "nonsense")), "rejected");
  const std::string missing[] = {"other"};
  EXPECT_THAT(error_of([&] { rows().truncate_all(missing); }), HasSubstr("test_other"));
}

TEST_F(KafkaLive, ATopicThatIsNotThereIsNotMadeByWriting) {
  const auto written = rows().write(pairs_table("other"), pairs(0, 1));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, FailureKind::rejected);
  EXPECT_THAT(written.error().message, HasSubstr("there is no topic test_other"));
  EXPECT_FALSE(rows().exists("other"));
  EXPECT_THAT(error_of([&] { rows().split(pairs_table("other"), 10); }), HasSubstr("test_other"));
}

TEST_F(KafkaLive, TopicsHaveThePartitionsAndCopiesThatWereAskedFor) {
  const auto seven = target("prefix=test_&partitions=7");
  const auto session = connect(*seven);
  session->rows()->create(pairs_table("other"));
  must(session->rows()->write(pairs_table("other"), pairs(0, 200)));
  EXPECT_EQ(session->rows()->split(pairs_table("other"), 1'000'000).size(), 7u)
      << "200 keys, and none in one of 7 partitions";
  session->rows()->drop("other");
  const auto many = target("prefix=test_&replication=3");
  EXPECT_THAT(error_of([&] { connect(*many)->rows()->create(pairs_table("other")); }), HasSubstr("replication factor"));
}

TEST_F(KafkaLive, EveryCompressionAndAcknowledgementWrites) {
  std::int64_t first = 0;
  for (const char* options : {"compression=gzip", "compression=snappy", "compression=lz4", "compression=zstd", "acks=1",
                              "acks=0", "linger=0", "batch-size=1kB"}) {
    const auto target = this->target(std::string("prefix=test_&") + options);
    must(connect(*target)->rows()->write(pairs_table(), pairs(first, 50)));
    first += 50;
  }
  EXPECT_EQ(ids_in(*session_, pairs_table()), numbers(0, first));
}

TEST_F(KafkaLive, ARowThatIsTooLongForTheBrokerLeavesNothingOfItsBatch) {
  RowBatch batch = pairs(0, 3);
  batch.add(std::int64_t{77});
  batch.add_copy(std::string(2'000'000, 'x'));
  const auto written = rows().write(pairs_table(), batch);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, FailureKind::rejected);
  EXPECT_THAT(written.error().message, HasSubstr("key 77"));
  must(rows().write(pairs_table(), pairs(10, 2)));
  EXPECT_EQ(ids_in(*session_, pairs_table()), numbers(10, 2));
}

TEST_F(KafkaLive, RowsAreNotFoundByTheirKeys) {
  EXPECT_FALSE(rows().traits().keyed);
  EXPECT_EQ(outcome(rows().replace(pairs_table(), pairs(0, 1))), "rejected");
  EXPECT_EQ(outcome(rows().remove(pairs_table(), pairs(0, 1))), "rejected");
}

TEST_F(KafkaLive, TheProtoFileIsLeftWhenTheTopicIsMade) {
  const std::string folder = testing::TempDir() + "/kafka-proto";
  std::filesystem::remove_all(folder);
  const auto target = this->target("prefix=test_&format=protobuf&proto-folder=" + folder);
  connect(*target)->rows()->create(pairs_table("other"));
  std::ifstream file(folder + "/other.proto");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(text, HasSubstr("package loadtest;"));
  EXPECT_THAT(text, HasSubstr("message Other {"));
  std::filesystem::remove_all(folder);
}

TEST_F(KafkaLive, TheRecordIsKeptAndSeenByOtherSessions) {
  Meta meta(*session_, "populate");
  EXPECT_TRUE(meta.exists());
  meta.create();  // no error
  meta.put("seed", "1");
  meta.put("seed", "2");
  meta.put("chunk/0", "done");
  const auto other = connect(*target_);
  Meta seen(*other, "populate");
  EXPECT_EQ(seen.get("seed"), "2");
  EXPECT_EQ(seen.get("nothing"), std::nullopt);
  EXPECT_EQ(seen.all("chunk/"), (std::map<std::string, std::string>{{"chunk/0", "done"}}));
  Meta(*other, "else").put("seed", "3");
  seen.erase("chunk/0");
  EXPECT_EQ(meta.all(), (std::map<std::string, std::string>{{"seed", "2"}}));
  meta.remove();
  EXPECT_TRUE(seen.exists()) << "another workload has an entry";
  Meta(*session_, "else").remove();
  EXPECT_FALSE(seen.exists());
}

TEST_F(KafkaLive, RowsWithANoteAreWrittenOnce) {
  const RowsNote note{"populate", "pairs/0", "100"};
  must(rows().write_noted(pairs_table(), pairs(0, 100), note, false));
  EXPECT_EQ(Meta(*session_, "populate").get("pairs/0"), "100");
  must(rows().write_noted(pairs_table(), pairs(0, 100), note, true));
  must(connect(*target_)->rows()->write_noted(pairs_table(), pairs(0, 100), note, true));
  EXPECT_EQ(ids_in(*session_, pairs_table()), numbers(0, 100));
  const auto plain = target("prefix=test_&acks=1");
  must(connect(*plain)->rows()->write_noted(pairs_table(), pairs(0, 100), note, true));
  must(connect(*plain)->rows()->write_noted(pairs_table(), pairs(100, 5), {"populate", "pairs/1", "5"}, false));
  EXPECT_EQ(ids_in(*session_, pairs_table()), numbers(0, 105));
}

TEST_F(KafkaLive, ManySessionsWriteNotedRowsAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++)
    threads.emplace_back([&, t] {
      const auto session = connect(*target_);
      for (int c = 0; c < 5; c++) {
        const int chunk = t * 5 + c;
        const std::string name = fmt::format("pairs/{}", chunk);
        must(session->rows()->write_noted(pairs_table(), pairs(chunk * 50, 50), {"populate", name, "50"}, false));
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ids_in(*session_, pairs_table()), numbers(0, 1000));
  EXPECT_EQ(Meta(*session_, "populate").all("pairs/").size(), 20u);
}

/// The writer of a chunk, as one that stands still, or died, in the middle of it.
class KafkaStale : public KafkaLive {
 protected:
  static constexpr const char* kNote = "pairs/3";
  std::unique_ptr<kafka::Writer> begun(const kafka::Call& call, bool with_note) {
    auto writer = must(kafka::Writer::start(settings_, "test_assay.populate.pairs/3", call));
    must(writer->begin(call));
    must(writer->send("test_pairs", "0", R"({"id":0,"t":null})", call));
    if (with_note) must(writer->send("test_assay_meta", "populate/pairs/3", "1", call));
    must(writer->flush(call));
    return writer;
  }
  void SetUp() override {
    KafkaLive::SetUp();
    if (IsSkipped()) return;
    settings_ = kafka::parse_settings(spec(with("prefix=test_")));
  }
  kafka::Settings settings_;
  const std::atomic<bool> nobody_{false};
};

TEST_F(KafkaStale, WhoTakesOverFencesWhoStandsStill) {
  const kafka::Call call(real_clock().now() + std::chrono::seconds(60), nobody_);
  for (const bool with_note : {false, true}) {
    const auto stale = begun(call, with_note);
    must(rows().write_noted(pairs_table(), pairs(0, 10), {"populate", kNote, "10"}, true));
    EXPECT_EQ(outcome(stale->commit(call)), "conflict") << "it was thawed, and goes on";
    EXPECT_EQ(ids_in(*session_, pairs_table()), numbers(0, 10));
    EXPECT_EQ(Meta(*session_, "populate").get(kNote), "10");
    Meta(*session_, "populate").erase(kNote);
    const std::string tables[] = {"pairs"};
    rows().truncate_all(tables);
  }
}

TEST_F(KafkaStale, WhatWasCommittedBeforeIsNotWrittenAgain) {
  const kafka::Call call(real_clock().now() + std::chrono::seconds(60), nobody_);
  must(begun(call, true)->commit(call));
  must(rows().write_noted(pairs_table(), pairs(0, 10), {"populate", kNote, "10"}, true));
  EXPECT_EQ(ids_in(*session_, pairs_table()), numbers(0, 1));
}

TEST_F(KafkaStale, ReadersWaitUntilTheBrokerGivesUpWhatADeadWriterLeft) {
  settings_.operation_timeout = std::chrono::seconds(2);  // so long its transactions may take
  const kafka::Call call(real_clock().now() + std::chrono::seconds(60), nobody_);
  begun(call, true);  // and gone, as if killed
  must(rows().write(pairs_table(), pairs(10, 5)));
  EXPECT_EQ(ids_in(*session_, pairs_table()), numbers(10, 5));
  EXPECT_EQ(Meta(*session_, "populate").get(kNote), std::nullopt);
}

/// Writes chunks one after the other, as a process of its own, until it is killed.
class KafkaKilled : public KafkaLive {
 protected:
  static constexpr int kChunks = 40, kRows = 500;
  static void write(Session& session, int chunk) {
    const std::string name = fmt::format("pairs/{}", chunk);
    must(session.rows()->write_noted(pairs_table(), pairs(chunk * kRows, kRows), {"populate", name, "done"}, true));
  }
  std::size_t noted() { return Meta(*session_, "populate").all("pairs/").size(); }
};

TEST_F(KafkaKilled, EachRowIsThereOnceAfterWritersWereKilled) {
  for (int round = 0; round < 4; round++) {
    const char* arguments[] = {"/proc/self/exe", "--gtest_filter=KafkaWriter.DISABLED_WritesUntilItIsKilled",
                               "--gtest_also_run_disabled_tests", "--gtest_brief=1", nullptr};
    pid_t pid = 0;
    ASSERT_EQ(posix_spawn(&pid, arguments[0], nullptr, nullptr, const_cast<char**>(arguments), environ), 0);
    const std::size_t before = noted();
    while (noted() < before + 3) ASSERT_EQ(waitpid(pid, nullptr, WNOHANG), 0) << "the writer ended by itself";
    kill(pid, SIGKILL);
    ASSERT_EQ(waitpid(pid, nullptr, 0), pid);
  }
  const std::size_t left_by_them = noted();
  EXPECT_LT(left_by_them, static_cast<std::size_t>(kChunks)) << "they were killed too late to prove anything";
  for (int chunk = 0; chunk < kChunks; chunk++) write(*session_, chunk);
  EXPECT_EQ(noted(), static_cast<std::size_t>(kChunks));
  EXPECT_EQ(ids_in(*session_, pairs_table()), numbers(0, kChunks * kRows));
}

/// What KafkaKilled starts. Not by itself: it ends only by a signal, or when all is written.
class KafkaWriter : public LiveServer {
 protected:
  KafkaWriter() : LiveServer(kafka_driver(), "ASSAY_TEST_KAFKA_URL") {}
};
class Chunks : public KafkaKilled {
 public:
  using KafkaKilled::kChunks;
  using KafkaKilled::write;
};

TEST_F(KafkaWriter, DISABLED_WritesUntilItIsKilled) {
  TargetSpec spec = this->spec(with("prefix=test_"));
  spec.operation_timeout =
      std::chrono::seconds(8);  // three quarters of it after its death, the broker gives up what it left
  const auto target = driver_.open(spec);
  const auto session = connect(*target);
  for (int chunk = 0; chunk < Chunks::kChunks; chunk++) Chunks::write(*session, chunk);
}

}  // namespace
}  // namespace assay
