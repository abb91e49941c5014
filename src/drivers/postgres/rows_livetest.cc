#include "base/error.h"
#include "core/meta.h"
#include "drivers/postgres/livetest_fixture.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace assay {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;

Table ledger(const std::string& name) {
  return {.name = name,
          .columns = {{.name = "id", .type = ColumnType::integer},
                      {.name = "big", .type = ColumnType::bigint},
                      {.name = "ok", .type = ColumnType::boolean},
                      {.name = "amount", .type = ColumnType::decimal, .precision = 12, .scale = 2, .nullable = true},
                      {.name = "ratio", .type = ColumnType::real},
                      {.name = "code", .type = ColumnType::character, .length = 4},
                      {.name = "name", .type = ColumnType::varchar, .length = 40, .nullable = true},
                      {.name = "note", .type = ColumnType::text},
                      {.name = "raw", .type = ColumnType::bytes},
                      {.name = "uid", .type = ColumnType::uuid},
                      {.name = "day", .type = ColumnType::date},
                      {.name = "hour", .type = ColumnType::time},
                      {.name = "at", .type = ColumnType::timestamp},
                      {.name = "doc", .type = ColumnType::json},
                      {.name = "tags", .type = ColumnType::array}},
          .primary_key = {"id"},
          .foreign_keys = {},
          .indexes = {},
          .partitioning = {}};
}

void fill(RowBatch& batch, std::int64_t rows) {
  static const Value kTags[] = {std::string_view("x"), std::string_view("y,z")};
  for (std::int64_t i = 0; i < rows; i++) {
    batch.add(i);
    batch.add(i * 10'000'000'000);
    batch.add(i % 2 == 0);
    batch.add(i % 3 == 0 ? Value(kNull) : Value(Decimal{i * 101 - 50'000, 2}));
    batch.add(static_cast<double>(i) / 7);
    batch.add_copy("c" + std::to_string(i % 1000));
    batch.add(i % 5 == 0 ? Value(kNull) : Value(batch.keep("name " + std::to_string(i))));
    batch.add_copy(std::string(static_cast<std::size_t>(i % 50), 'n'));
    batch.add(Bytes{std::string_view("\0\1\xff", 3)});
    batch.add(Uuid{{static_cast<std::uint8_t>(i)}});
    batch.add(Date{static_cast<std::int32_t>(i)});
    batch.add(TimeOfDay{i});
    batch.add(Timestamp{i * 1'000'001});
    batch.add(Json{"{\"k\": 1}"});
    batch.add(Array{kTags, 2});
  }
}

class PostgresRowsLive : public PostgresLive {
 protected:
  void SetUp() override {
    PostgresLive::SetUp();
    if (IsSkipped()) return;
    target_ = target();
    session_ = connect(*target_);
    for (const char* name : {"child", "ledger_copy", "ledger_insert", "parts"}) rows().drop(name);
  }
  RowsFacet& rows() { return *session_->rows(); }
  std::string fingerprint(const std::string& table) {
    const auto answer = session_->query()->run("select md5(string_agg(l::text, '|' order by id)) from " + table + " l");
    return answer ? std::string((*answer)->text(0, 0).value_or("")) : answer.error().message;
  }
  std::unique_ptr<Target> target_;
  std::unique_ptr<Session> session_;
};

TEST_F(PostgresRowsLive, CopyAndInsertsWriteTheSame) {
  const auto inserting = target("load=insert&insert-rows=100");
  const auto other = connect(*inserting);
  RowBatch batch(15);
  fill(batch, 3001);
  const Table by_copy = ledger("ledger_copy"), by_insert = ledger("ledger_insert");
  rows().create(by_copy);
  rows().create(by_insert);
  const auto copied = rows().write(by_copy, batch);
  ASSERT_TRUE(copied) << copied.error().message;
  const auto inserted = other->rows()->write(by_insert, batch);
  ASSERT_TRUE(inserted) << inserted.error().message;
  EXPECT_EQ(count(*session_, "ledger_copy"), 3001);
  EXPECT_EQ(fingerprint("ledger_copy"), fingerprint("ledger_insert"));
  const auto row = session_->query()->run(
      "select amount::text, name, \"at\"::text, code, tags::text, day::text "
      "from ledger_copy where id = 1");
  ASSERT_TRUE(row);
  EXPECT_EQ((*row)->text(0, 0), "-498.99");
  EXPECT_EQ((*row)->text(0, 1), "name 1");
  EXPECT_EQ((*row)->text(0, 2), "1970-01-01 00:00:01.000001");
  EXPECT_EQ((*row)->text(0, 4), "{x,\"y,z\"}");
  EXPECT_EQ((*row)->text(0, 5), "1970-01-02");
}

TEST_F(PostgresRowsLive, ABatchIsWrittenWhollyOrNotAtAll) {
  for (const char* load : {"load=copy", "load=insert&insert-rows=10"}) {
    const auto other = target(load);
    const auto session = connect(*other);
    const Table table = ledger("ledger_copy");
    session->rows()->drop(table.name);
    session->rows()->create(table);
    RowBatch batch(15);
    fill(batch, 50);
    fill(batch, 1);  // a key twice, in the last INSERT
    const auto written = session->rows()->write(table, batch);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().native_code, "23505");
    EXPECT_EQ(count(*session, "ledger_copy"), 0) << load;
    EXPECT_FALSE(session->query()->in_transaction());
  }
}

TEST_F(PostgresRowsLive, AValueThatDoesNotFitIsNamedAndNothingIsWritten) {
  const Table table{.name = "ledger_copy",
                    .columns = {{.name = "id", .type = ColumnType::integer}},
                    .primary_key = {"id"},
                    .foreign_keys = {},
                    .indexes = {},
                    .partitioning = {}};
  rows().create(table);
  RowBatch batch(1);
  for (std::int64_t i = 0; i < 100'000; i++) batch.add(i);
  batch.add(std::int64_t{1} << 40);
  const auto written = rows().write(table, batch);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, FailureKind::rejected);
  EXPECT_THAT(written.error().message, HasSubstr("1099511627776 does not fit column id (integer)"));
  EXPECT_EQ(count(*session_, "ledger_copy"), 0);
}

TEST_F(PostgresRowsLive, AWriteJoinsTheOpenTransaction) {
  const Table table = ledger("ledger_copy");
  rows().create(table);
  RowBatch batch(15);
  fill(batch, 10);
  ASSERT_TRUE(session_->query()->begin({}));
  ASSERT_TRUE(rows().write(table, batch));
  EXPECT_TRUE(session_->query()->in_transaction());
  EXPECT_EQ(count(*session_, "ledger_copy"), 10);
  ASSERT_TRUE(session_->query()->rollback());
  EXPECT_EQ(count(*session_, "ledger_copy"), 0);
}

TEST_F(PostgresRowsLive, AWriteIntoAMissingTableIsRejectedAndTheSessionStays) {
  RowBatch batch(15);
  fill(batch, 10);
  const auto written = rows().write(ledger("nowhere"), batch);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().native_code, "42P01");
  EXPECT_FALSE(rows().exists("nowhere"));
}

TEST_F(PostgresRowsLive, PartitionsOfEveryKindAreRealTables) {
  Table table{.name = "parts",
              .columns = {{.name = "w", .type = ColumnType::integer}, {.name = "n", .type = ColumnType::integer}},
              .primary_key = {"w", "n"},
              .foreign_keys = {},
              .indexes = {{.name = "parts_n", .columns = {"n"}}},
              .partitioning = {.kind = Partitioning::Kind::hash, .column = "w", .parts = {{}, {}, {}}}};
  RowBatch batch(2);
  for (std::int64_t w = 1; w <= 9; w++) {
    batch.add(w);
    batch.add(w);
  }
  const auto made = [&](const char* strategy) {
    rows().drop("parts");
    rows().create(table);
    rows().create_indexes(table);
    rows().create_indexes(table);  // again, as after a crash
    ASSERT_TRUE(rows().write(table, batch));
    const auto answer = session_->query()->run(
        "select partstrat::text, (select count(*) from pg_inherits where inhparent = 'parts'::regclass) "
        "from pg_partitioned_table where partrelid = 'parts'::regclass");
    ASSERT_TRUE(answer);
    EXPECT_EQ((*answer)->text(0, 0), strategy);
    EXPECT_EQ((*answer)->integer(0, 1), 3);
  };
  made("h");
  table.partitioning.kind = Partitioning::Kind::range;
  table.partitioning.parts = {
      {.low = 1, .high = 4, .values = {}}, {.low = 4, .high = 7, .values = {}}, {.low = 7, .high = 10, .values = {}}};
  made("r");
  EXPECT_EQ(count(*session_, "parts_p1"), 3);  // 4, 5, 6
  table.partitioning.kind = Partitioning::Kind::list;
  table.partitioning.parts = {{.values = {1, 4, 7}}, {.values = {2, 5, 8, 9}}, {.values = {3, 6}}};
  made("l");
  EXPECT_EQ(count(*session_, "parts_p1"), 4);
  rows().drop("parts");
  EXPECT_FALSE(rows().exists("parts_p1"));
}

TEST_F(PostgresRowsLive, ForeignKeysHoldAlsoWithPartitionsAndTablesGoTogetherOrNotAtAll) {
  const Table parent{.name = "parts",
                     .columns = {{.name = "w", .type = ColumnType::integer}},
                     .primary_key = {"w"},
                     .foreign_keys = {},
                     .indexes = {},
                     .partitioning = {.kind = Partitioning::Kind::hash, .column = "w", .parts = {{}, {}}}};
  Table child{.name = "child",
              .columns = {{.name = "w", .type = ColumnType::integer}, {.name = "c", .type = ColumnType::integer}},
              .primary_key = {"w", "c"},
              .foreign_keys = {{.columns = {"w"}, .table = "parts", .references = {"w"}}},
              .indexes = {},
              .partitioning = {.kind = Partitioning::Kind::hash, .column = "w", .parts = {{}, {}}}};
  rows().create(parent);
  rows().create(child);
  rows().create_foreign_keys(child);
  rows().create_foreign_keys(child);  // again, as after a crash
  RowBatch batch(2);
  batch.add(std::int64_t{5});
  batch.add(std::int64_t{1});
  const auto written = rows().write(child, batch);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().native_code, "23503");
  EXPECT_THROW(rows().drop("parts"), Error);
  EXPECT_TRUE(rows().exists("parts"));
  ASSERT_TRUE(session_->query()->run("create view seen as select c from child"));
  const std::string both[] = {"parts", "child"};
  EXPECT_THROW(rows().drop_all(both), Error) << "somebody's view";
  EXPECT_TRUE(rows().exists("parts"));
  ASSERT_TRUE(session_->query()->run("drop view seen"));
  rows().drop_all(both);
  EXPECT_FALSE(rows().exists("parts"));
  EXPECT_FALSE(rows().exists("child"));
}

TEST_F(PostgresRowsLive, MetaEntriesAreKept) {
  rows().drop(meta_table().name);
  Meta meta(*session_, "livetest");
  meta.create();
  meta.put("scale", "7");
  meta.put("scale", "8");
  EXPECT_EQ(meta.get("scale"), "8");
  EXPECT_EQ(meta.all("sc").size(), 1u);
  meta.remove();
  EXPECT_FALSE(meta.exists());
}

TEST_F(PostgresRowsLive, KeysAndValuesAreAnyBytesInTheOrderOfBytes) {
  KvFacet& kv = *session_->kv();
  kv.drop("coll");
  kv.create("coll");
  kv.create("coll");
  EXPECT_TRUE(kv.exists("coll"));
  kv.use("coll");
  const std::string binary("\0\xff\\x", 4);
  std::string value = "untouched";
  EXPECT_FALSE(kv.get(binary, value).value());
  EXPECT_EQ(value, "untouched");
  ASSERT_TRUE(kv.put(binary, "1"));
  ASSERT_TRUE(kv.put(binary, binary));
  EXPECT_TRUE(kv.get(binary, value).value());
  EXPECT_EQ(value, binary);
  EXPECT_FALSE(kv.update("b", "x").value());
  const KvPair pairs[] = {{"b", "1"}, {"B", "2"}, {"a", "3"}, {"b", "4"}};
  ASSERT_TRUE(kv.put_batch(pairs));
  EXPECT_TRUE(kv.update("a", "5").value());
  const std::string_view keys[] = {"b", "none", "a", "b"};
  std::vector<std::optional<std::string>> values;
  ASSERT_TRUE(kv.get_batch(keys, values));
  EXPECT_EQ(values, (std::vector<std::optional<std::string>>{"4", std::nullopt, "5", "4"}));
  std::vector<std::pair<std::string, std::string>> found;
  ASSERT_TRUE(kv.scan("B", 2, found));
  EXPECT_EQ(found, (std::vector<std::pair<std::string, std::string>>{{"B", "2"}, {"a", "5"}}));
  EXPECT_TRUE(kv.remove("a").value());
  EXPECT_FALSE(kv.remove("a").value());
  // As pgbench sends it: a parameter in text form, of the type the server infers.
  ASSERT_TRUE(kv.put("12345", "found"));
  const Value key[] = {std::string_view("12345")};
  const auto row = session_->query()->run("select v from \"coll\" where k = $1", key);
  ASSERT_TRUE(row) << row.error().message;
  EXPECT_EQ((*row)->at(0, 0), Value(Bytes{"found"}));
  kv.drop("coll");
  EXPECT_FALSE(kv.exists("coll"));
}

TEST_F(PostgresRowsLive, FactsAndTheSamplerTellOfTheServer) {
  const auto facts = target_->facts();
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->server, "PostgreSQL");
  const auto version = session_->query()->run("select current_setting('server_version_num')::int / 10000");
  EXPECT_EQ(std::stoi(facts->version), (*version)->integer(0, 0));
  for (const char* name : {"shared_buffers", "fsync", "synchronous_commit", "max_wal_size", "wal_level", "work_mem"})
    EXPECT_THAT(facts->settings, Contains(Key(name)));
  const auto sampler = target_->sampler();
  const auto samples = sampler->sample();
  ASSERT_TRUE(samples) << samples.error().message;
  for (const char* name :
       {"xact_commit", "deadlocks", "temp_bytes", "wal_bytes", "checkpoints_timed", "waiting_lock", "database_size"})
    EXPECT_TRUE(std::any_of(samples->begin(), samples->end(), [&](const TargetMetric& m) { return m.name == name; }))
        << name;
  EXPECT_TRUE(sampler->sample());
}

}  // namespace
}  // namespace assay
