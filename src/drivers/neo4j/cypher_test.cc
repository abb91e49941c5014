#include "drivers/neo4j/cypher.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace assay::neo4j {
namespace {

Table orders() {
  return {
      .name = "orders",
      .columns = {{.name = "id"}, {.name = "user_id"}, {.name = "note", .type = ColumnType::text, .nullable = true}},
      .primary_key = {"id"},
      .foreign_keys = {{.columns = {"user_id"}, .table = "users", .references = {"id"}}},
      .indexes = {{.name = "orders_note", .columns = {"note"}, .unique = false},
                  {.name = "orders_both", .columns = {"user_id", "note"}, .unique = true}},
      .partitioning = {}};
}

Table lines() {
  Table table = orders();
  table.name = "lines";
  table.primary_key = {"user_id", "id"};
  return table;
}

TEST(Neo4jCypher, QuotesNamesAndRefusesThoseThatCannotBe) {
  EXPECT_EQ(quoted_name("orders"), "`orders`");
  EXPECT_EQ(quoted_name("a`b"), "`a``b`");
  EXPECT_EQ(quoted_name("größe"), "`größe`");
  for (const char* bad : {"", "a\\u0060b", "a\nb"}) EXPECT_THROW(quoted_name(bad), Error) << bad;
}

TEST(Neo4jCypher, NamesARelationshipByTheColumnsOfItsKey) {
  EXPECT_EQ(relationship_type({.columns = {"user_id"}, .table = "users", .references = {"id"}}), "USER_ID");
  EXPECT_EQ(relationship_type({.columns = {"w_id", "d_id"}, .table = "district", .references = {"w_id", "id"}}),
            "W_ID_D_ID");
}

TEST(Neo4jCypher, TakesTheFormOfSubqueriesThatTheServerHas) {
  EXPECT_EQ(call_form("5.22.0").begin("n"), "CALL { WITH n ");
  EXPECT_EQ(call_form("5.23.0").begin("n"), "CALL (n) { ");
  EXPECT_EQ(call_form("5.5").begin("n"), "CALL { WITH n ");
  EXPECT_EQ(call_form("2025.12.1").begin("n"), "CALL (n) { ");
  EXPECT_EQ(call_form("").begin("n"), "CALL { WITH n ");
}

TEST(Neo4jCypher, MakesTheSchema) {
  EXPECT_EQ(create_text(orders()), "CREATE CONSTRAINT `orders_pkey` FOR (n:`orders`) REQUIRE (n.`id`) IS UNIQUE");
  EXPECT_EQ(create_text(lines()),
            "CREATE CONSTRAINT `lines_pkey` FOR (n:`lines`) REQUIRE (n.`user_id`, n.`id`) IS UNIQUE");
  Table keyless = orders();
  keyless.primary_key.clear();
  EXPECT_EQ(create_text(keyless), "CREATE INDEX `orders_pkey` FOR (n:`orders`) ON (n.`id`)");
  EXPECT_EQ(index_text(orders(), orders().indexes[0]),
            "CREATE INDEX `orders_note` IF NOT EXISTS FOR (n:`orders`) ON (n.`note`)");
  EXPECT_EQ(index_text(orders(), orders().indexes[1]),
            "CREATE CONSTRAINT `orders_both` IF NOT EXISTS FOR (n:`orders`) REQUIRE (n.`user_id`, n.`note`) IS UNIQUE");
  Table wrong = orders();
  wrong.primary_key = {"nobody"};
  EXPECT_THROW(create_text(wrong), Error);
  wrong.columns.clear();
  wrong.primary_key.clear();
  EXPECT_THROW(create_text(wrong), Error);
}

TEST(Neo4jCypher, WritesRowsByUnwind) {
  EXPECT_EQ(insert_text(orders()), "UNWIND $rows AS r CREATE (:`orders` {`id`: r[0], `user_id`: r[1], `note`: r[2]})");
  EXPECT_EQ(upsert_text(lines()),
            "UNWIND $rows AS r MERGE (n:`lines` {`user_id`: r[1], `id`: r[0]}) "
            "SET n = {`id`: r[0], `user_id`: r[1], `note`: r[2]}");
  EXPECT_EQ(remove_text(lines()),
            "UNWIND $rows AS r MATCH (n:`lines` {`user_id`: r[0], `id`: r[1]}) WITH DISTINCT n DETACH DELETE n RETURN "
            "count(*)");
}

TEST(Neo4jCypher, RelatesRowsAndRelatesReplacedOnesAnew) {
  EXPECT_EQ(insert_related_text(orders(), {.scoped = true}),
            "UNWIND $rows AS r CREATE (n:`orders` {`id`: r[0], `user_id`: r[1], `note`: r[2]}) "
            "WITH n CALL (n) { MATCH (p:`users` {`id`: n.`user_id`}) MERGE (n)-[:`USER_ID`]->(p) }");
  EXPECT_EQ(relate_text(orders(), orders().foreign_keys[0], {.scoped = true}),
            "MATCH (c:`orders`) WHERE c.`user_id` IS NOT NULL CALL (c) { MATCH (p:`users` {`id`: c.`user_id`}) "
            "MERGE (c)-[:`USER_ID`]->(p) } IN TRANSACTIONS OF 1000 ROWS");
  EXPECT_EQ(replace_text(orders(), {.scoped = false}),
            "UNWIND $rows AS r MATCH (n:`orders` {`id`: r[0]}) SET n = {`id`: r[0], `user_id`: r[1], `note`: r[2]} "
            "WITH n CALL { WITH n MATCH (n)-[o:`USER_ID`]->(:`users`) DELETE o } "
            "CALL { WITH n MATCH (p:`users` {`id`: n.`user_id`}) MERGE (n)-[:`USER_ID`]->(p) } "
            "RETURN count(DISTINCT n)");
}

TEST(Neo4jCypher, ComparesKeysOfSeveralColumnsInTheirOrder) {
  EXPECT_EQ(select_text(orders(), true, true),
            "MATCH (n:`orders`) WHERE n.`id` > $low[0] AND n.`id` <= $high[0] RETURN n.`id`, n.`user_id`, n.`note`");
  EXPECT_EQ(select_text(lines(), true, true),
            "MATCH (n:`lines`) WHERE n.`user_id` >= $low[0] AND [n.`user_id`, n.`id`] > $low "
            "AND n.`user_id` <= $high[0] AND [n.`user_id`, n.`id`] <= $high AND n.`id` IS NOT NULL "
            "RETURN n.`id`, n.`user_id`, n.`note`");
  EXPECT_EQ(select_text(orders(), false, false), "MATCH (n:`orders`) RETURN n.`id`, n.`user_id`, n.`note`");
  EXPECT_EQ(boundary_text(orders(), true),
            "MATCH (n:`orders`) WHERE n.`id` IS NOT NULL RETURN n.`id` ORDER BY n.`id` SKIP $skip LIMIT 1");
  EXPECT_EQ(boundary_text(lines(), false),
            "MATCH (n:`lines`) WHERE n.`user_id` >= $low[0] AND [n.`user_id`, n.`id`] > $low AND n.`id` IS NOT NULL "
            "RETURN n.`user_id`, n.`id` ORDER BY n.`user_id`, n.`id` SKIP $skip LIMIT 1");
}

}  // namespace
}  // namespace assay::neo4j
