#include "drivers/mysql/ddl.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::mysql {
namespace {

using ::testing::HasSubstr;

Table table_with(Partitioning partitioning) {
  return {.name = "t",
          .columns = {{.name = "id", .type = ColumnType::integer},
                      {.name = "amount", .type = ColumnType::decimal, .precision = 12, .scale = 2, .nullable = true}},
          .primary_key = {"id"},
          .foreign_keys = {},
          .indexes = {},
          .partitioning = std::move(partitioning)};
}

TEST(MysqlDdl, ATableIsComparedByItsBytesOnEitherServer) {
  EXPECT_EQ(
      create_statement(table_with({}), true),
      "create table `t` (`id` integer not null, `amount` decimal(12,2), primary key (`id`)) engine = innodb default "
      "character set utf8mb4 collate utf8mb4_nopad_bin");
  EXPECT_THAT(create_statement(table_with({}), false), HasSubstr("utf8mb4_0900_bin"));
}

TEST(MysqlDdl, PartitionsAreOfTheTable) {
  const auto tail = [](Partitioning partitioning) {
    const std::string text = create_statement(table_with(std::move(partitioning)), true);
    return text.substr(text.find(" partition by"));
  };
  EXPECT_EQ(tail({.kind = Partitioning::Kind::hash, .column = "id", .parts = {{}, {}, {}}}),
            " partition by hash (`id`) partitions 3");
  EXPECT_EQ(tail({.kind = Partitioning::Kind::range,
                  .column = "id",
                  .parts = {{.low = 1, .high = 3, .values = {}}, {.low = 3, .high = 6, .values = {}}}}),
            " partition by range (`id`) (partition p0 values less than (3), partition p1 values less than (6))");
  EXPECT_EQ(tail({.kind = Partitioning::Kind::list, .column = "id", .parts = {{.values = {1, 3}}, {.values = {2}}}}),
            " partition by list (`id`) (partition p0 values in (1, 3), partition p1 values in (2))");
}

TEST(MysqlDdl, WhatTheServerCannotHaveIsAnError) {
  EXPECT_THROW(create_statement(table_with({.kind = Partitioning::Kind::hash, .column = "id", .parts = {}}), true),
               Error);
  EXPECT_THROW(create_statement(
                   table_with({.kind = Partitioning::Kind::range,
                               .column = "id",
                               .parts = {{.low = 1, .high = 3, .values = {}}, {.low = 4, .high = 6, .values = {}}}}),
                   true),
               Error);
  EXPECT_THROW(type_name({.name = "a", .type = ColumnType::array}, true), Error);
}

TEST(MysqlDdl, AnIndexTakesAPrefixOfALongTextUnlessItIsUnique) {
  Table table = table_with({});
  table.columns.push_back({.name = "label", .type = ColumnType::text});
  table.indexes = {{.name = "i", .columns = {"label", "id"}}, {.name = "u", .columns = {"label"}, .unique = true}};
  const std::vector<Addition> additions = indexes_of(table);
  ASSERT_EQ(additions.size(), 2u);
  EXPECT_EQ(additions[0].name, "i");
  EXPECT_EQ(additions[0].clause, "add index `i` (`label`(255), `id`)");
  EXPECT_EQ(additions[1].clause, "add unique index `u` (`label`)");
}

TEST(MysqlDdl, ForeignKeysAreNamedByTheirTableAndNumber) {
  Table table = table_with({});
  table.foreign_keys = {{.columns = {"id"}, .table = "a", .references = {"x"}},
                        {.columns = {"id", "amount"}, .table = "b", .references = {"x", "y"}}};
  const std::vector<Addition> additions = foreign_keys_of(table);
  ASSERT_EQ(additions.size(), 2u);
  EXPECT_EQ(additions[0].clause, "add constraint `t_fk0` foreign key (`id`) references `a` (`x`)");
  EXPECT_EQ(additions[1].clause, "add constraint `t_fk1` foreign key (`id`, `amount`) references `b` (`x`, `y`)");
}

TEST(MysqlDdl, TheNameOfAForeignKeyOfALongTableFits) {
  Table table = table_with({});
  table.name = std::string(64, 't');
  table.foreign_keys = {{.columns = {"id"}, .table = "a", .references = {"x"}},
                        {.columns = {"amount"}, .table = "a", .references = {"y"}}};
  const std::vector<Addition> additions = foreign_keys_of(table);
  ASSERT_EQ(additions.size(), 2u);
  EXPECT_LE(additions[0].name.size(), 63u);
  EXPECT_NE(additions[0].name, additions[1].name);
}

}  // namespace
}  // namespace assay::mysql
