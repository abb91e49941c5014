#include "base/error.h"
#include "core/meta.h"
#include "drivers/mongodb/livetest_fixture.h"
#include "drivers/mongodb/rows.h"

#include <gmock/gmock.h>

#include <memory>

namespace assay {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

class MongodbRowsLive : public MongodbLive {
 protected:
  RowsFacet& rows() { return *session_->rows(); }
  static RowsNote note(std::string_view name) { return {"live", name, "done"}; }
  /// A connection of the driver's own, to do what somebody else would.
  std::unique_ptr<mongodb::Connection> connection() {
    address_ = mongodb::parse_address(spec(url_));
    return *mongodb::Connection::open(address_);
  }
  void insert(const std::string& document) {
    const mongodb::Write writes[] = {{.kind = mongodb::Write::Kind::insert, .filter = {}, .document = document}};
    const auto done = connection()->write("live_t", writes);
    if (!done) throw std::runtime_error(done.error().message);
  }
  mongodb::Address address_;
};

TEST_F(MongodbRowsLive, ADuplicateKeyIsRejectedAndNamed) {
  rows().create(table());
  ASSERT_TRUE(rows().write(table(), rows_from(5, 1)));
  const auto done = rows().write(table(), rows_from(3, 4));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, FailureKind::rejected);
  EXPECT_EQ(done.error().native_code, "11000");
  EXPECT_THAT(done.error().message, HasSubstr("live_t: row 3 of 4 in the batch, id = 5"));
  EXPECT_THAT(ids(*session_, table()), UnorderedElementsAre(3, 4, 5, 6)) << "what is no duplicate is there";
}

TEST_F(MongodbRowsLive, RowsOfSomebodyElseAreNoPartOfAChunk) {
  rows().create(table());
  ASSERT_TRUE(rows().write(table(), rows_from(5, 1)));
  EXPECT_FALSE(rows().write_noted(table(), rows_from(3, 4), note("a"), false));
  session_->kv()->create("assay_meta");
  EXPECT_EQ(Meta(*session_, "live").get("a"), std::nullopt) << "the note is not there, since a row was refused";
}

TEST_F(MongodbRowsLive, AChunkOfATableWithoutAKeyIsWrittenAgainInItsPlace) {
  rows().create(table(false));
  session_->kv()->create("assay_meta");
  const RowBatch batch = rows_from(0, 50);
  // What a killed writer leaves: some of the rows under their _ids, and no note.
  const Table unkeyed = table(false);
  const mongodb::RowCodec codec(unkeyed, mongodb::Decimals::decimal128);
  for (const std::size_t r : {0u, 7u, 49u}) {
    const mongodb::ObjectId id = mongodb::id_of(table(false), note("a"), r);
    insert(*codec.document(batch.row(r), &id));
  }
  ASSERT_TRUE(rows().write_noted(table(false), batch, note("a"), true));
  ASSERT_TRUE(rows().write_noted(table(false), batch, note("b"), false)) << "equal rows of another chunk";
  EXPECT_EQ(ids(*session_, table(false), 7).size(), 100u);
}

TEST_F(MongodbRowsLive, AUniqueIndexRefusesDuplicatesAndTakesManyRowsWithoutAValue) {
  Table unique = table();
  unique.indexes = {{.name = "live_t_n", .columns = {"n"}, .unique = true}};
  rows().create(unique);
  rows().create_indexes(unique);
  RowBatch batch(3);
  for (const std::int64_t id : {1, 2, 3}) {
    batch.add(id);
    batch.add(id == 3 ? Value(std::int64_t(30)) : Value(kNull));
    batch.add(kNull);
  }
  ASSERT_TRUE(rows().write(unique, batch));
  RowBatch another(3);
  another.add(std::int64_t(4));
  another.add(std::int64_t(30));
  another.add(kNull);
  const auto done = rows().write(unique, another);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, FailureKind::rejected);
  EXPECT_THAT(done.error().message, HasSubstr("id = 4"));
}

TEST_F(MongodbRowsLive, WhatSomebodyPutUnderAnotherKindOfIdIsPartOfTheTable) {
  rows().create(table());
  ASSERT_TRUE(rows().write(table(), rows_from(0, 10)));
  insert(mongodb::DocumentWriter().text("_id", "a text").take());
  insert(mongodb::DocumentWriter().object_id("_id", {}).take());
  insert(mongodb::DocumentWriter().real("_id", 4.5).take());
  for (const std::uint64_t stretch : {1u, 3u, 1000u}) {
    const auto found = ids(*session_, table(), stretch);
    EXPECT_THAT(found, UnorderedElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -1, -1)) << stretch;
  }
}

TEST_F(MongodbRowsLive, ACollectionThatIsThereAndPartitionsAreErrors) {
  rows().create(table());
  try {
    rows().create(table());
    FAIL() << "it was made twice";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("live_t"));
  }
  Table cut = table();
  cut.name = "live_cut";
  cut.partitioning.kind = Partitioning::Kind::hash;
  EXPECT_THROW(rows().create(cut), Error);
}

TEST_F(MongodbRowsLive, AStretchThatIsNoneIsRejected) {
  rows().create(table());
  const auto reader = rows().read(table(), "from here to there");
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().kind, FailureKind::rejected);
  EXPECT_THAT(reader.error().message, HasSubstr("from here to there"));
}

TEST_F(MongodbRowsLive, DecimalsMayBeTexts) {
  Table money = table();
  money.columns[1].type = ColumnType::decimal;
  money.columns[1].scale = 2;
  const auto texts = target("decimals=text");
  const auto session = connect(*texts);
  session->rows()->create(money);
  RowBatch batch(3);
  batch.add(std::int64_t(1));
  batch.add(Decimal{-1230, 2});
  batch.add(kNull);
  ASSERT_TRUE(session->rows()->write(money, batch));
  RowBatch read(3);
  ASSERT_TRUE((*session_->rows()->read(money, "{}"))->next(10, read));
  EXPECT_EQ(std::get<Decimal>(read.row(0)[1]), (Decimal{-1230, 2}));
  Table plain = table();
  plain.columns[1].type = ColumnType::text;
  RowBatch as_text(3);
  ASSERT_TRUE((*session_->rows()->read(plain, "{}"))->next(10, as_text));
  EXPECT_EQ(std::get<std::string_view>(as_text.row(0)[1]), "-12.30");
}

}  // namespace
}  // namespace assay
