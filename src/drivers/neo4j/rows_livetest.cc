#include "base/error.h"
#include "core/meta.h"
#include "drivers/neo4j/livetest_fixture.h"

#include <functional>
#include <thread>

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Neo4jRowsLive : public Neo4jLive {
 protected:
  void make_both() {
    rows().create(users());
    rows().create(orders());
    must(rows().write(orders(),
                      orders({{10, std::int64_t(1)}, {11, std::int64_t(2)}, {12, std::int64_t(2)}, {13, kNull}})));
    must(rows().write(users(), users(1, 3)));  // behind the orders, which lead nowhere yet
  }
  /// "10>1": which order leads to which user.
  std::vector<std::string> relationships() {
    return cypher(
        "MATCH (o:live_orders)-[r:USER_ID]->(u:live_users) RETURN toString(o.id) + '>' + toString(u.id) AS t ORDER BY "
        "t");
  }
  std::string problem(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(Neo4jRowsLive, ATableIsALabelWithAConstraintOfItsKeyAndIndexes) {
  make_both();
  rows().create_indexes(orders());
  EXPECT_THAT(cypher("SHOW CONSTRAINTS YIELD name, labelsOrTypes, properties WHERE labelsOrTypes = ['live_orders'] "
                     "RETURN name + ' ' + head(properties)"),
              ElementsAre("live_orders_pkey id"));
  EXPECT_THAT(
      cypher("SHOW INDEXES YIELD name, state, owningConstraint, labelsOrTypes WHERE labelsOrTypes = ['live_orders'] "
             "AND owningConstraint IS NULL RETURN name + ' ' + state"),
      ElementsAre("live_orders_place ONLINE"));
  EXPECT_EQ(one("MATCH (o:live_orders {id: 13}) RETURN size(keys(o))"), "2") << "NULL is a property that is not there";
  const auto again = rows().write(users(), users(3, 1));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, FailureKind::rejected);
  EXPECT_EQ(again.error().native_code, "Neo.ClientError.Schema.ConstraintValidationFailed");
}

TEST_F(Neo4jRowsLive, TypesAreThoseOfTheGraph) {
  const Table table{.name = "live_users",
                    .columns = {{.name = "id"},
                                {.name = "price", .type = ColumnType::decimal, .precision = 8, .scale = 2},
                                {.name = "data", .type = ColumnType::bytes},
                                {.name = "u", .type = ColumnType::uuid},
                                {.name = "day", .type = ColumnType::date},
                                {.name = "hour", .type = ColumnType::time},
                                {.name = "at", .type = ColumnType::timestamp},
                                {.name = "doc", .type = ColumnType::json},
                                {.name = "tags", .type = ColumnType::array}},
                    .primary_key = {"id"},
                    .foreign_keys = {},
                    .indexes = {},
                    .partitioning = {}};
  rows().create(table);
  RowBatch batch(table.columns.size());
  const Value tags[] = {std::string_view("a"), std::string_view("b")};
  for (const Value& value :
       {Value(std::int64_t(1)), Value(Decimal{1250, 2}), Value(Bytes{"\x01\x02"}), Value(Uuid{}), Value(Date{1}),
        Value(TimeOfDay{1'500'000}), Value(Timestamp{1'500'000}), Value(Json{"{}"}), Value(Array{tags, 2})})
    batch.add(value);
  must(rows().write(table, batch));
  const char* const kType = "MATCH (n:live_users) RETURN ";
  EXPECT_EQ(one(std::string(kType) + "n.price"), "12.50");
  EXPECT_EQ(one(std::string(kType) + "n.u"), "00000000-0000-0000-0000-000000000000");
  EXPECT_EQ(one(std::string(kType) + "toString(n.day)"), "1970-01-02");
  EXPECT_EQ(one(std::string(kType) + "toString(n.hour = localtime('00:00:01.5'))"), "true");
  EXPECT_EQ(one(std::string(kType) + "toString(n.at = datetime({epochMillis: 1500}))"), "true");
  EXPECT_EQ(one(std::string(kType) + "n.doc"), "{}");
  EXPECT_EQ(one(std::string(kType) + "n.tags[1]"), "b");
  EXPECT_EQ(one(std::string(kType) + "valueType(n.tags)"), "LIST<STRING NOT NULL> NOT NULL");
}

TEST_F(Neo4jRowsLive, ForeignKeysAreRelationshipsMadeOnce) {
  make_both();
  EXPECT_TRUE(relationships().empty());
  rows().create_foreign_keys(orders());
  EXPECT_THAT(relationships(), ElementsAre("10>1", "11>2", "12>2"));
  rows().create_foreign_keys(orders());
  EXPECT_THAT(relationships(), ElementsAre("10>1", "11>2", "12>2")) << "again makes what is not there";
  must(rows().write(orders(), orders({{14, std::int64_t(3)}, {15, kNull}, {16, std::int64_t(77)}})));
  EXPECT_THAT(relationships(), ElementsAre("10>1", "11>2", "12>2", "14>3"))
      << "a new row as far as what it names is there";
}

TEST_F(Neo4jRowsLive, ARowThatRefersToNoneIsAnError) {
  make_both();
  must(rows().write(orders(), orders({{14, std::int64_t(77)}})));
  const std::string message = problem([&] { rows().create_foreign_keys(orders()); });
  EXPECT_THAT(message, HasSubstr("1 rows of table live_orders"));
  EXPECT_THAT(message, HasSubstr("live_users"));
}

TEST_F(Neo4jRowsLive, AReplacedRowRefersToWhatItNowSays) {
  make_both();
  rows().create_foreign_keys(orders());
  EXPECT_EQ(
      must(rows().replace(orders(), orders({{10, std::int64_t(3)}, {11, kNull}, {13, std::int64_t(1)}, {99, kNull}}))),
      3u);
  EXPECT_THAT(relationships(), ElementsAre("10>3", "12>2", "13>1"));
  RowBatch user = users(2, 1);
  EXPECT_EQ(must(rows().replace(users(), user)), 1u);
  EXPECT_THAT(relationships(), ElementsAre("10>3", "12>2", "13>1")) << "what refers to a replaced row still does";
}

TEST_F(Neo4jRowsLive, ARemovedRowTakesItsRelationshipsAlong) {
  make_both();
  rows().create_foreign_keys(orders());
  RowBatch keys(1);
  keys.add(std::int64_t(2));
  EXPECT_EQ(must(rows().remove(users(), keys)), 1u);
  EXPECT_THAT(relationships(), ElementsAre("10>1"));
  EXPECT_EQ(one("MATCH (o:live_orders {id: 11}) RETURN o.user_id"), "2") << "the property stays";
}

TEST_F(Neo4jRowsLive, WhatSomebodyElseRefersToIsNotRemoved) {
  make_both();
  rows().create_foreign_keys(orders());
  cypher("MATCH (u:live_users {id: 1}) CREATE (:live_stranger)-[:LIKES]->(u)");
  const std::string both[] = {"live_users", "live_orders"};
  for (const auto& work : {std::function<void()>([&] { rows().drop_all(both); }),
                           std::function<void()>([&] { rows().truncate_all(both); })}) {
    const std::string message = problem(work);
    EXPECT_THAT(message, HasSubstr("(live_stranger)-[:LIKES]->(live_users)"));
    EXPECT_THAT(message, HasSubstr("nothing was removed"));
  }
  EXPECT_THAT(problem([&] { rows().drop("live_users"); }), HasSubstr("live_users")) << "orders refer to it too";
  EXPECT_EQ(one("MATCH (n:live_orders) RETURN count(n)"), "4");
  EXPECT_EQ(one("MATCH (n:live_users) RETURN count(n)"), "3");
  cypher("MATCH (n:live_stranger) DETACH DELETE n");
  rows().drop_all(both);
  EXPECT_FALSE(rows().exists("live_users"));
  EXPECT_FALSE(rows().exists("live_orders"));
}

TEST_F(Neo4jRowsLive, NodesAreRemovedInPiecesUntilNoneIsLeft) {
  rows().create(users());
  must(rows().write(users(), users(0, 12'001)));
  const std::string table[] = {"live_users"};
  rows().truncate_all(table);
  EXPECT_EQ(one("MATCH (n:live_users) RETURN count(n)"), "0");
  EXPECT_TRUE(rows().exists("live_users"));
}

TEST_F(Neo4jRowsLive, ABatchOfManyStatementsIsAllOrNone) {
  const auto few = connect(*target("unwind-rows=10"));
  few->rows()->create(users());
  const std::uint64_t before = few->round_trips();
  must(few->rows()->write(users(), users(0, 95)));
  EXPECT_EQ(few->round_trips() - before, 1u);
  RowBatch twice = users(1'000, 50);
  twice.add(std::int64_t(5));
  twice.add(kNull);
  const auto failed = few->rows()->write(users(), twice);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, FailureKind::rejected);
  EXPECT_EQ(one("MATCH (n:live_users) RETURN count(n)"), "95");
  EXPECT_TRUE(few->rows()->write(users(), users(200, 20))) << "the session goes on";
}

TEST_F(Neo4jRowsLive, TheIndexOfAnotherTableIsNotTakenForOurs) {
  make_both();
  Table other = users();
  other.indexes = {{.name = "live_orders_place", .columns = {"name"}, .unique = false}};
  rows().create_indexes(orders());
  EXPECT_THAT(problem([&] { rows().create_indexes(other); }), HasSubstr("live_orders_place"));
}

TEST_F(Neo4jRowsLive, ATableThatIsThereIsNotCreatedAgain) {
  cypher("CREATE (:live_users)");
  EXPECT_THAT(problem([&] { rows().create(users()); }), HasSubstr("live_users"));
}

TEST_F(Neo4jRowsLive, ATextThatIsNoUtf8IsRefusedAndNamed) {
  rows().create(users());
  RowBatch batch = users(1, 1);
  batch.add(std::int64_t(2));
  batch.add(std::string_view("\xff\xfe"));
  const auto failed = rows().write(users(), batch);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, FailureKind::rejected);
  EXPECT_THAT(failed.error().message, HasSubstr("row 1 of the batch"));
  EXPECT_THAT(failed.error().message, HasSubstr("name"));
  EXPECT_EQ(one("MATCH (n:live_users) RETURN count(n)"), "0");
}

TEST_F(Neo4jRowsLive, TwoWhoWriteTheSameChunkLeaveItOnce) {
  rows().create(users());
  Meta(*session_, "live").create();
  const RowsNote note{"live", "chunk/1", "done"};
  std::vector<std::jthread> writers;
  std::vector<std::string> problems(4);
  for (std::string& problem : problems)
    writers.emplace_back([&, this] {
      const auto session = connect(*target_);
      for (int tried = 0; tried < 50; tried++) {
        const auto written = session->rows()->write_noted(users(), users(0, 500), note, tried > 0);
        problem = written ? "" : written.error().message;
        if (written || written.error().kind != FailureKind::conflict) return;
      }
    });
  writers.clear();
  EXPECT_THAT(problems, ::testing::Each(""));
  EXPECT_EQ(one("MATCH (n:live_users) RETURN count(n)"), "500");
  EXPECT_EQ(Meta(*session_, "live").get("chunk/1"), "done");
}

TEST_F(Neo4jRowsLive, AStretchOfNoTableIsRefused) {
  rows().create(users());
  for (const char* stretch : {"", "all", "zz-zz"}) {
    const auto reader = rows().read(users(), stretch);
    ASSERT_FALSE(reader) << stretch;
    EXPECT_EQ(reader.error().kind, FailureKind::rejected);
    EXPECT_THAT(reader.error().message, HasSubstr("live_users"));
  }
}

TEST_F(Neo4jRowsLive, AReaderThatIsGivenUpLeavesTheSessionUsable) {
  rows().create(users());
  must(rows().write(users(), users(0, 1'000)));
  {
    const auto reader = must(rows().read(users(), rows().split(users(), 10'000)[0]));
    RowBatch batch(2);
    EXPECT_EQ(must(reader->next(10, batch)), 10u);
  }
  must(rows().write(users(), users(2'000, 10)));
  must(session_->reset());
  EXPECT_EQ(one("MATCH (n:live_users) RETURN count(n)"), "1010");
}

TEST_F(Neo4jRowsLive, StretchesAreAsLargeAsTheyWereAskedFor) {
  rows().create(users());
  must(rows().write(users(), users(0, 1'000)));
  const std::vector<std::string> stretches = rows().split(users(), 100);
  ASSERT_EQ(stretches.size(), 11u);  // the last is what comes behind
  for (const std::string& stretch : stretches) {
    RowBatch batch(2);
    EXPECT_EQ(must(must(rows().read(users(), stretch))->next(10'000, batch)),
              &stretch == &stretches.back() ? 0u : 100u);
  }
}

}  // namespace
}  // namespace assay
