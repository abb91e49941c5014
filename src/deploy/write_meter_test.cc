#include "deploy/write_meter.h"

#include "core/meta.h"
#include "drivers/sqlite/sqlite.h"
#include "drivers/sqlite/temp_directory.h"

#include <gtest/gtest.h>

namespace assay::deploy {
namespace {

Table numbers() {
  return {.name = "numbers",
          .columns = {{.name = "id", .type = ColumnType::bigint}, {.name = "name", .type = ColumnType::text}},
          .primary_key = {"id"},
          .foreign_keys = {},
          .indexes = {},
          .partitioning = {}};
}

RowBatch rows_from(std::int64_t first, std::int64_t count) {
  RowBatch batch(2);
  for (std::int64_t i = first; i < first + count; i++) {
    batch.add(i);
    batch.add_copy("four");
  }
  return batch;
}

TEST(WriteMeter, CountsWhatIsWrittenAndPassesItOn) {
  const sqlite::TempDirectory folder;
  WriteMeter meter;
  const std::string url = "sqlite:" + (folder / "a.db");
  const std::unique_ptr<Target> target =
      metered(sqlite_driver().open({.url = url, .options = Options(sqlite_driver().info().options)}), meter);
  ASSERT_NE(target->dialect(), nullptr);
  const auto session = target->connect();
  ASSERT_TRUE(session);
  RowsFacet& rows = *(*session)->rows();
  Meta meta(**session, "test");
  meta.create();
  rows.create(numbers());
  ASSERT_TRUE(rows.write(numbers(), rows_from(0, 10)));
  ASSERT_TRUE(rows.write_noted(numbers(), rows_from(10, 5), {"test", "load/1", "done"}, false));
  EXPECT_FALSE(rows.write(numbers(), rows_from(3, 1)));  // it is there
  EXPECT_EQ(meta.get("load/1"), "done");
  const auto there = (*session)->query()->run("select count(*) from numbers");
  ASSERT_TRUE(there);
  EXPECT_EQ((*there)->integer(0, 0), 15);

  const std::map<std::string, TableWrites> read = meter.read();
  ASSERT_EQ(read.size(), 1u);
  const TableWrites& writes = read.at("numbers");
  EXPECT_EQ(writes.rows, 15u);
  EXPECT_EQ(writes.batches, 2u);
  EXPECT_EQ(writes.failures, 1u);
  EXPECT_EQ(writes.bytes, 15u * (8 + 4));
  EXPECT_EQ(writes.times.count(), 2u);
  EXPECT_GT(writes.times.min().count(), 0);
}

}  // namespace
}  // namespace assay::deploy
