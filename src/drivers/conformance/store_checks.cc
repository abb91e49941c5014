// The rows facet of a target without a query language: tables, rows and notes.
#include "drivers/conformance/store_fixture.h"

#include <thread>

namespace assay::conformance {
namespace {

using testing::ElementsAre;
using testing::Pair;

Table without_key() {
  Table table = pairs_table();
  table.primary_key.clear();
  return table;
}

TEST_F(Store, says_of_itself_what_holds_without_transactions) {
  const RowsTraits& traits = rows().traits();
  EXPECT_FALSE(traits.transactions) << "only a query facet has them";
  EXPECT_GE(traits.timestamp_resolution, Nanos(1000)) << "values are in microseconds";
  EXPECT_LE(traits.timestamp_resolution, std::chrono::seconds(1));
  EXPECT_GE(traits.columns, 100u);
}

TEST_F(Store, has_a_table_from_create_to_drop) {
  rows().drop("conf_pairs");
  EXPECT_FALSE(rows().exists("conf_pairs"));
  create(pairs_table());
  EXPECT_TRUE(rows().exists("conf_pairs"));
  EXPECT_TRUE(connect()->rows()->exists("conf_pairs")) << "other sessions see it";
  rows().drop("conf_pairs");
  EXPECT_FALSE(rows().exists("conf_pairs"));
  rows().drop("conf_pairs");  // no error
}

TEST_F(Store, refuses_to_create_a_table_twice_and_names_it) {
  create_all(pairs_table());
  must(rows().write_noted(pairs_table(), pairs({1}), note("a"), false));
  try {
    rows().create(pairs_table());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("conf_pairs"));
  }
  expect_rows(pairs_table(), pairs({1}));
}

TEST_F(Store, drops_several_tables_whether_they_are_there_or_not) {
  create(pairs_table());
  Table other = pairs_table();
  other.name = "conf_other";
  create(other);
  const std::string all[] = {"conf_pairs", "conf_nobody", "conf_other"};
  rows().drop_all(all);
  for (const std::string& table : all) EXPECT_FALSE(rows().exists(table)) << table;
}

TEST_F(Store, starts_a_table_anew_though_the_old_one_was_written) {
  create_all(pairs_table());
  must(rows().write_noted(pairs_table(), pairs_from(1, 100), note("a"), false));
  create(pairs_table());
  expect_rows(pairs_table(), RowBatch(3));
  must(rows().write_noted(pairs_table(), pairs({1, 2}), note("b"), false));
  expect_rows(pairs_table(), pairs({1, 2}));
}

TEST_F(Store, empties_tables_and_keeps_them) {
  create_all(pairs_table());
  Table other = pairs_table();
  other.name = "conf_other";
  create(other);
  must(rows().write_noted(pairs_table(), pairs_from(1, 100), note("a"), false));
  must(rows().write_noted(other, pairs({7, 8}), note("b"), false));
  const std::string both[] = {"conf_pairs", "conf_other"};
  rows().truncate_all(both);
  for (const Table& table : {pairs_table(), other}) {
    EXPECT_TRUE(rows().exists(table.name));
    expect_rows(table, RowBatch(3));
    must(rows().write_noted(table, pairs({1, 9}), note("c/" + table.name), false));
    expect_rows(table, pairs({1, 9}));
  }
}

TEST_F(Store, takes_indexes_again_though_they_are_there) {
  Table table = pairs_table();
  table.indexes = {{.name = "conf_pairs_n", .columns = {"n"}}};
  create_all(table);
  must(rows().write_noted(table, pairs({1, 2}), note("a"), false));
  rows().create_indexes(table);
  rows().create_indexes(table);  // no error
  expect_rows(table, pairs({1, 2}));
}

TEST_F(Store, reads_nothing_of_a_table_without_rows) {
  create_all(pairs_table());
  expect_rows(pairs_table(), RowBatch(3));
  must(rows().write(pairs_table(), RowBatch(3)));
  must(rows().write_noted(pairs_table(), RowBatch(3), note("empty"), false));
  expect_rows(pairs_table(), RowBatch(3));
  EXPECT_EQ(meta().get("empty"), "done") << "none of its rows are missing";
}

TEST_F(Store, reads_every_row_from_one_stretch_of_several) {
  create_all(pairs_table());
  for (std::int64_t first = 0; first < 1'000; first += 250)
    must(rows().write_noted(pairs_table(), pairs_from(first, 250), note("chunk/" + std::to_string(first)), false));
  EXPECT_GT(rows().split(pairs_table(), 100).size(), 1u);
  for (const std::uint64_t stretch : {1'000'000u, 100u, 33u}) expect_rows(pairs_table(), pairs_from(0, 1'000), stretch);
}

TEST_F(Store, reads_one_stretch_after_another_and_each_again_in_one_session) {
  create_all(pairs_table());
  must(rows().write_noted(pairs_table(), pairs_from(0, 100), note("a"), false));
  const std::vector<std::string> stretches = rows().split(pairs_table(), 20);
  for (int again = 0; again < 2; again++) {
    RowBatch batch(3);
    for (const std::string& stretch : stretches) {
      const auto reader = must(rows().read(pairs_table(), stretch));
      while (must(reader->next(1'000, batch)) > 0) {
      }
    }
    EXPECT_EQ(described(pairs_table(), batch), described(pairs_table(), pairs_from(0, 100)));
  }
}

TEST_F(Store, keeps_ten_thousand_rows) {
  constexpr std::int64_t kRows = 10'000;
  create_all(pairs_table());
  must(rows().write_noted(pairs_table(), pairs_from(0, kRows), note("a"), false));
  expect_rows(pairs_table(), pairs_from(0, kRows), 3'000);
}

TEST_F(Store, keeps_rows_that_are_written_without_a_note) {
  create_all(pairs_table());
  must(rows().write(pairs_table(), pairs({1, 2})));
  must(rows().write_noted(pairs_table(), pairs({3}), note("a"), false));
  must(rows().write(pairs_table(), pairs({4})));
  expect_rows(pairs_table(), pairs({1, 2, 3, 4}));
}

TEST_F(Store, keeps_rows_that_are_equal_where_there_is_no_key) {
  create_all(without_key());
  must(rows().write_noted(without_key(), pairs({1, 1, 2}), note("a"), false));
  must(rows().write_noted(without_key(), pairs({1}), note("b"), false));
  expect_rows(without_key(), pairs({1, 1, 1, 2}));
}

TEST_F(Store, keeps_rows_of_a_key_of_several_columns) {
  const Table table{.name = "conf_lines",
                    .columns = {{.name = "a"}, {.name = "b", .type = ColumnType::varchar, .length = 20}, {.name = "c"}},
                    .primary_key = {"b", "a"},
                    .foreign_keys = {},
                    .indexes = {},
                    .partitioning = {}};
  create_all(table);
  RowBatch batch(3);
  for (std::int64_t a = 0; a < 4; a++)
    for (const char* b : {"x", "y"}) {
      batch.add(a);
      batch.add(std::string_view(b));
      batch.add(100 * a);
    }
  must(rows().write_noted(table, batch, note("a"), false));
  expect_rows(table, batch, 3);
}

TEST_F(Store, has_the_note_where_the_rows_are) {
  create_all(pairs_table());
  EXPECT_EQ(meta().get("chunk/1"), std::nullopt);
  must(rows().write_noted(pairs_table(), pairs({1, 2}), note("chunk/1", "it's done\n"), false));
  EXPECT_EQ(meta().get("chunk/1"), "it's done\n");
  EXPECT_EQ(Meta(*connect(), kWorkload).get("chunk/1"), "it's done\n") << "another session finds it";
  EXPECT_EQ(Meta(*session_, "conf_others").get("chunk/1"), std::nullopt) << "it is of one workload";
  must(rows().write_noted(pairs_table(), pairs({3}), note("chunk/2"), false));
  EXPECT_THAT(meta().all("chunk/"), ElementsAre(Pair("chunk/1", "it's done\n"), Pair("chunk/2", "done")));
  expect_rows(pairs_table(), pairs({1, 2, 3}));
}

TEST_F(Store, writes_what_is_not_there_when_it_is_tried_again) {
  create_all(pairs_table());
  must(rows().write_noted(pairs_table(), pairs_from(0, 50), note("a"), true));
  expect_rows(pairs_table(), pairs_from(0, 50));
  EXPECT_EQ(meta().get("a"), "done");
}

TEST_F(Store, has_each_row_once_when_all_of_an_earlier_try_is_there) {
  for (const Table& table : {pairs_table(), without_key()}) {
    create_all(table);
    must(rows().write_noted(table, pairs_from(0, 50), note("a"), false));
    must(rows().write_noted(table, pairs_from(50, 50), note("b"), false));
    const auto other = connect();
    must(other->rows()->write_noted(table, pairs_from(0, 50), note("a"), true));
    must(rows().write_noted(table, pairs_from(50, 50), note("b"), true));
    expect_rows(table, pairs_from(0, 100));
    EXPECT_THAT(meta().all(), ElementsAre(Pair("a", "done"), Pair("b", "done")));
    meta().remove();
  }
}

TEST_F(Store, has_each_row_once_when_a_part_of_an_earlier_try_is_there) {
  const auto& half = subject().half_write;
  if (!half && !rows().traits().keyed) GTEST_SKIP() << "the driver's test says nothing of what a killed write leaves";
  create_all(pairs_table());
  must(rows().write_noted(pairs_table(), pairs_from(0, 50), note("a"), false));
  if (half)
    half(pairs_table(), pairs_from(50, 50), note("b"));
  else
    must(rows().write(pairs_table(), pairs_from(50, 30)));
  EXPECT_EQ(meta().get("b"), std::nullopt);
  must(connect()->rows()->write_noted(pairs_table(), pairs_from(50, 50), note("b"), true));
  expect_rows(pairs_table(), pairs_from(0, 100));
  EXPECT_EQ(meta().get("b"), "done");
}

TEST_F(Store, takes_chunks_of_one_table_from_several_at_once) {
  constexpr std::int64_t kWriters = 4, kChunks = 6, kRows = 40;
  create_all(pairs_table());
  std::vector<std::string> failures(kWriters);
  {
    std::vector<std::jthread> writers;
    for (std::int64_t w = 0; w < kWriters; w++)
      writers.emplace_back([w, &failures] {
        const auto target = subject().driver.open(subject().spec);  // as another process does
        const auto session = target->connect();
        if (!session) return void(failures[static_cast<std::size_t>(w)] = session.error().message);
        for (std::int64_t chunk = w; chunk < kWriters * kChunks; chunk += kWriters) {
          const std::string name = fmt::format("chunk/{:03}", chunk);
          const Result<> written = (*session)->rows()->write_noted(pairs_table(), pairs_from(chunk * kRows, kRows),
                                                                   note(name), chunk % 3 == 0);
          if (!written) failures[static_cast<std::size_t>(w)] = written.error().message;
        }
      });
  }
  EXPECT_THAT(failures, testing::Each(""));
  expect_rows(pairs_table(), pairs_from(0, kWriters * kChunks * kRows), 100);
  EXPECT_EQ(meta().all("chunk/").size(), static_cast<std::size_t>(kWriters * kChunks));
}

TEST_F(Store, takes_rows_of_several_tables_at_once) {
  constexpr std::int64_t kChunks = 6, kRows = 40;
  Table other = pairs_table();
  other.name = "conf_other";
  create_all(pairs_table());
  create(other);
  std::vector<std::string> failures(2);
  {
    std::vector<std::jthread> writers;
    for (const Table& table : {pairs_table(), other})
      writers.emplace_back([this, &failures, table] {
        const auto session = target_->connect();
        std::string& failure = failures[table.name == "conf_other" ? 1 : 0];
        if (!session) return void(failure = session.error().message);
        for (std::int64_t chunk = 0; chunk < kChunks; chunk++) {
          const std::string name = fmt::format("{}/{}", table.name, chunk);
          const Result<> written =
              (*session)->rows()->write_noted(table, pairs_from(chunk * kRows, kRows), note(name), false);
          if (!written) failure = written.error().message;
        }
      });
  }
  EXPECT_THAT(failures, testing::Each(""));
  for (const Table& table : {pairs_table(), other}) expect_rows(table, pairs_from(0, kChunks * kRows));
}

TEST_F(Store, puts_rows_into_the_place_of_those_with_their_keys) {
  create_all(pairs_table());
  must(rows().write_noted(pairs_table(), pairs_from(0, 10), note("a"), false));
  RowBatch changed(3);
  for (const std::int64_t id : {3, 5}) {
    changed.add(id);
    changed.add(id == 3 ? Value(kNull) : Value(std::int64_t(-1)));
    changed.add_copy("changed");
  }
  const Result<std::uint64_t> replaced = rows().replace(pairs_table(), changed);
  if (!rows().traits().keyed) {
    EXPECT_EQ(outcome(replaced), "rejected");
    return expect_rows(pairs_table(), pairs_from(0, 10));
  }
  EXPECT_EQ(must(replaced), 2u);
  RowBatch expected = pairs({0, 1, 2, 4, 6, 7, 8, 9});
  for (std::size_t r = 0; r < changed.size(); r++)
    for (std::size_t c = 0; c < 3; c++) expected.add(changed.row(r)[c]);
  expect_rows(pairs_table(), expected);
}

TEST_F(Store, removes_rows_by_their_keys) {
  create_all(pairs_table());
  must(rows().write_noted(pairs_table(), pairs_from(0, 10), note("a"), false));
  RowBatch keys(1);
  for (const std::int64_t id : {2, 40, 7}) keys.add(id);
  const Result<std::uint64_t> removed = rows().remove(pairs_table(), keys);
  if (!rows().traits().keyed) {
    EXPECT_EQ(outcome(removed), "rejected");
    return expect_rows(pairs_table(), pairs_from(0, 10));
  }
  EXPECT_EQ(must(removed), 2u) << "one was not there";
  expect_rows(pairs_table(), pairs({0, 1, 3, 4, 5, 6, 8, 9}));
  EXPECT_EQ(must(rows().remove(pairs_table(), keys)), 0u);
}

TEST_F(Store, keeps_the_entries_of_the_record) {
  Meta meta(*session_, kWorkload);
  EXPECT_FALSE(meta.exists());
  meta.create();
  meta.create();  // no error
  EXPECT_TRUE(meta.exists());
  EXPECT_EQ(meta.get("seed"), std::nullopt);
  meta.put("seed", "42");
  meta.put("seed", "43");
  meta.put("chunk/1", "it's done\n");
  meta.put("chunk/2", "");
  const std::string text(50'000, 's');  // the text of a schema
  meta.put("schema", text);
  EXPECT_EQ(meta.get("seed"), "43");
  EXPECT_TRUE(meta.get("schema") == text);
  EXPECT_THAT(meta.all("chunk/"), ElementsAre(Pair("chunk/1", "it's done\n"), Pair("chunk/2", "")));
  EXPECT_EQ(meta.all().size(), 4u);
  meta.erase("chunk/1");
  meta.erase("chunk/3");  // no error
  EXPECT_THAT(Meta(*connect(), kWorkload).all("chunk/"), ElementsAre(Pair("chunk/2", ""))) << "another session sees it";
}

TEST_F(Store, keeps_the_entries_of_workloads_apart) {
  Meta a(*session_, "conf_a"), b(*session_, "conf_b");
  a.create();
  a.put("name", "of a");
  b.put("name", "of b");
  EXPECT_EQ(a.get("name"), "of a");
  a.remove();
  ASSERT_TRUE(b.exists()) << "the record stays as long as another workload has entries";
  EXPECT_EQ(a.get("name"), std::nullopt);
  EXPECT_EQ(b.get("name"), "of b");
  b.remove();
  EXPECT_FALSE(b.exists()) << "and goes with the last";
  b.remove();  // no error
}

TEST_F(Store, keeps_more_entries_than_one_page_of_them) {
  constexpr std::size_t kEntries = 1'050;
  Meta meta(*session_, kWorkload);
  meta.create();
  for (std::size_t i = 0; i < kEntries; i++) meta.put(fmt::format("chunk/{:05}", i), "done");
  EXPECT_EQ(meta.all("chunk/").size(), kEntries);
  meta.remove();
  EXPECT_FALSE(meta.exists());
}

}  // namespace
}  // namespace assay::conformance
