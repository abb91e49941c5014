#include "deploy/partition.h"

#include "base/error.h"

#include <gmock/gmock.h>

#include <map>

namespace assay::deploy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

dataset::Schema schema_of(const std::string& tables) {
  dataset::Reading reading = dataset::read_schema_text("tables:\n" + tables, "schema.yaml");
  EXPECT_TRUE(reading.schema);
  return *std::move(reading.schema);
}

std::string table(const std::string& name, const std::string& more = "") {
  return "- {name: " + name + ", columns: [{name: id, type: big_int, primary_key: true}" + more + "]}\n";
}

TEST(DeployPartition, by_rows_every_worker_has_a_share_of_every_table_and_the_same_seed) {
  const auto workers = workers_of(schema_of(table("users") + table("orders")), Partition::rows, 3, 42);
  ASSERT_EQ(workers.size(), 3u);
  for (std::uint32_t i = 0; i < 3; i++) {
    EXPECT_EQ(workers[i].name, "worker-" + std::to_string(i + 1));
    EXPECT_THAT(workers[i].tables, ElementsAre("users", "orders"));
    EXPECT_EQ(workers[i].part.index, i);
    EXPECT_EQ(workers[i].part.count, 3u);
    EXPECT_EQ(workers[i].seed, 42u);
  }
}

TEST(DeployPartition, by_table_the_documented_example_has_the_documented_assignment) {
  const auto workers =
      workers_of(schema_of(table("users") + table("orders") + table("products")), Partition::table, 3, 42);
  ASSERT_EQ(workers.size(), 3u);
  EXPECT_THAT(workers[0].tables, ElementsAre("users"));
  EXPECT_THAT(workers[1].tables, ElementsAre("orders"));
  EXPECT_THAT(workers[2].tables, ElementsAre("products"));
  for (std::uint32_t i = 0; i < 3; i++) {
    EXPECT_EQ(workers[i].record, workers[i].name);
    EXPECT_EQ(workers[i].seed, 42u + i);
    EXPECT_EQ(workers[i].part.count, 1u);
  }
}

TEST(DeployPartition, by_table_more_tables_than_workers_go_round) {
  const auto workers =
      workers_of(schema_of(table("a") + table("b") + table("c") + table("d") + table("e")), Partition::table, 2, 7);
  EXPECT_THAT(workers[0].tables, ElementsAre("a", "c", "e"));
  EXPECT_THAT(workers[1].tables, ElementsAre("b", "d"));
  EXPECT_EQ(workers[1].seed, 8u);
}

TEST(DeployPartition, by_table_workers_beyond_the_tables_share_their_rows) {
  for (std::uint32_t count = 1; count <= 9; count++) {
    const auto workers = workers_of(schema_of(table("a") + table("b") + table("c")), Partition::table, count, 1);
    ASSERT_EQ(workers.size(), count);
    std::map<std::string, std::map<std::uint32_t, const Worker*>> parts;
    for (const Worker& worker : workers) {
      EXPECT_FALSE(worker.tables.empty()) << worker.name;
      for (const std::string& name : worker.tables) EXPECT_TRUE(parts[name].emplace(worker.part.index, &worker).second);
    }
    EXPECT_EQ(parts.size(), 3u);
    for (const auto& [name, by_index] : parts)
      for (const auto& [index, worker] : by_index) {
        EXPECT_EQ(worker->part.count, by_index.size()) << count << " workers, " << name;
        EXPECT_LT(index, by_index.size());
        EXPECT_EQ(worker->seed, by_index.begin()->second->seed);
        EXPECT_EQ(worker->record, by_index.begin()->second->record);
      }
  }
}

TEST(DeployPartition, by_table_foreign_keys_between_workers_are_refused) {
  const auto schema = schema_of(table("users") + table("orders", ", {name: user, type: big_int, references: users}"));
  EXPECT_EQ(workers_of(schema, Partition::table, 1, 1).size(), 1u);
  try {
    workers_of(schema, Partition::table, 2, 1);
    ADD_FAILURE() << "not refused";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("orders has a foreign key to users"));
    EXPECT_THAT(error.what(), HasSubstr("--partition-by rows"));
  }
  EXPECT_EQ(workers_of(schema, Partition::rows, 2, 1).size(), 2u);
}

}  // namespace
}  // namespace assay::deploy
