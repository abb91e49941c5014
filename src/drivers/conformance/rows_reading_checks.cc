// The rows facet: what is written with a note, read back, replaced, removed.
#include "core/meta.h"
#include "drivers/conformance/conformance.h"

#include <algorithm>

namespace assay::conformance {
namespace {

constexpr std::string_view kOwner = "conformance";

class RowsReading : public Conformance {
 protected:
  /// What the batch holds, row by row, sorted.
  static std::vector<std::string> texts(const RowBatch& batch) {
    std::vector<std::string> out;
    for (std::size_t r = 0; r < batch.size(); r++) {
      std::string& row = out.emplace_back();
      for (std::size_t c = 0; c < batch.columns(); c++)
        row += fmt::format("{}:{}|", batch.row(r)[c].index(), to_text(batch.row(r)[c]));
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  /// All rows, read by stretches of about so many, over sessions in turn.
  std::vector<std::string> all(const Table& table, std::uint64_t rows, std::size_t page = 7) {
    RowBatch batch(table.columns.size());
    const auto other = connect();
    std::size_t i = 0;
    for (const std::string& stretch : this->rows().split(table, rows)) {
      Session& session = i++ % 2 == 0 ? *other : *session_;
      const auto reader = must(session.rows()->read(table, stretch));
      while (must(reader->next(page, batch)) > 0) continue;
    }
    stretches_ = i;
    return texts(batch);
  }
  /// pairs_table() with these ids, all else a function of the id and `n`.
  static RowBatch pairs(std::int64_t first, std::int64_t count, std::int64_t step = 1, std::int64_t n = 10) {
    RowBatch batch(3);
    for (std::int64_t i = 0; i < count; i++) {
      const std::int64_t id = first + i * step;
      batch.add(id);
      batch.add(i % 5 == 0 ? Value(kNull) : Value(id * n));
      batch.add_copy("row " + std::to_string(id));
    }
    return batch;
  }
  RowsNote note(std::string_view name) const { return {kOwner, name, "there"}; }

  std::size_t stretches_ = 0;
};

TEST_F(RowsReading, an_empty_table_has_no_rows) {
  create_pairs();
  EXPECT_TRUE(all(pairs_table(), 10).empty());
}

TEST_F(RowsReading, stretches_are_disjoint_and_all_of_the_table) {
  for (const std::int64_t step : {1, 3, 100'000'000}) {  // also where the numbers lie far apart
    create_pairs();
    const RowBatch batch = pairs(-500, 1001, step);
    must(rows().write(pairs_table(), batch));
    EXPECT_EQ(all(pairs_table(), 100), texts(batch)) << step;
    EXPECT_GE(stretches_, 5u) << step;
    EXPECT_EQ(all(pairs_table(), 5000, 1000), texts(batch)) << step;
  }
}

TEST_F(RowsReading, rows_that_come_after_the_split_are_of_a_stretch_too) {
  create_pairs();
  must(rows().write(pairs_table(), pairs(1, 100)));
  const std::vector<std::string> stretches = rows().split(pairs_table(), 20);
  must(rows().write(pairs_table(), pairs(1000, 2)));
  must(rows().write(pairs_table(), pairs(-1000, 2)));
  RowBatch batch(3);
  for (const std::string& stretch : stretches) {
    const auto reader = must(rows().read(pairs_table(), stretch));
    while (must(reader->next(50, batch)) > 0) continue;
  }
  EXPECT_EQ(batch.size(), 104u);
}

TEST_F(RowsReading, a_key_of_several_columns_cuts_and_orders) {
  const Table table{.name = "conf_pairs",
                    .columns = {{.name = "when", .type = ColumnType::integer},
                                {.name = "name", .type = ColumnType::varchar, .length = 20},
                                {.name = "day", .type = ColumnType::date},
                                {.name = "v", .type = ColumnType::bigint}},
                    .primary_key = {"name", "day", "when"},
                    .foreign_keys = {},
                    .indexes = {},
                    .partitioning = {}};
  create(table);
  RowBatch batch(4);
  for (std::int64_t i = 0; i < 300; i++) {
    batch.add(i % 7);
    batch.add_copy(fmt::format("it's \"{}\"", i % 3));
    batch.add(Date{static_cast<std::int32_t>(i / 21)});
    batch.add(i);
  }
  must(rows().write(table, batch));
  EXPECT_EQ(all(table, 40, 3), texts(batch));
  EXPECT_GE(stretches_, 5u);
}

TEST_F(RowsReading, a_table_without_a_key_is_read_with_its_duplicates) {
  Table table = pairs_table();
  table.primary_key.clear();
  create(table);
  RowBatch batch = pairs(1, 400);
  for (int i = 0; i < 3; i++) {
    batch.add(std::int64_t{5});
    batch.add(kNull);
    batch.add(std::string_view("the same"));
  }
  must(rows().write(table, batch));
  EXPECT_EQ(all(table, 50), texts(batch));
}

TEST_F(RowsReading, every_type_is_read_as_it_was_written) {
  const auto of_type = [](const char* name, ColumnType type) {
    return Column{.name = name, .type = type, .length = 20, .precision = 12, .scale = 4, .nullable = true};
  };
  Table table{.name = "conf_all",
              .columns = {{.name = "id"},
                          of_type("c1", ColumnType::boolean),
                          of_type("c2", ColumnType::integer),
                          of_type("c3", ColumnType::real),
                          of_type("c4", ColumnType::decimal),
                          of_type("c5", ColumnType::varchar),
                          of_type("c6", ColumnType::text),
                          of_type("c7", ColumnType::bytes),
                          of_type("c8", ColumnType::uuid),
                          of_type("c9", ColumnType::date),
                          of_type("c10", ColumnType::time),
                          of_type("c11", ColumnType::timestamp),
                          of_type("c12", ColumnType::json),
                          of_type("c13", ColumnType::character)},
              .primary_key = {"id"},
              .foreign_keys = {},
              .indexes = {},
              .partitioning = {}};
  RowBatch batch(table.columns.size());
  const auto add = [&](std::vector<Value> row) {
    for (const Value& v : row) batch.add(v);
  };
  add({std::int64_t{1}, true, std::int64_t{-42}, 0.1, Decimal{-12'345, 4}, std::string_view("a\tb\\c\nd'e\"f\rg"),
       std::string_view("\\N"), Bytes{std::string_view("\0\\x\t\n\xff", 6)},
       Uuid{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255}}, Date{20'000}, TimeOfDay{1},
       Timestamp{1'795'217'253'000'001}, Json{"[1]"}, std::string_view("ab c")});
  add({std::int64_t{2}, false, std::int64_t{0}, 3.0, Decimal{70'000, 4}, std::string_view("äöü 漢"),
       std::string_view(""), Bytes{std::string_view("")}, Uuid{}, Date{-1}, TimeOfDay{86'399'999'999}, Timestamp{-1},
       Json{"{}"}, std::string_view("")});
  batch.add(std::int64_t{3});
  for (std::size_t c = 1; c < table.columns.size(); c++) batch.add(kNull);
  if (rows().traits().arrays) {
    static const Value kElements[] = {std::string_view("a,\"b"), std::string_view("")};
    table.columns.push_back(of_type("c14", ColumnType::array));
    RowBatch wider(table.columns.size());
    for (std::size_t r = 0; r < batch.size(); r++) {
      for (std::size_t c = 0; c + 1 < table.columns.size(); c++) wider.add(batch.row(r)[c]);
      wider.add(r == 0 ? Value(Array{kElements, 2}) : r == 1 ? Value(Array{}) : Value(kNull));
    }
    batch = std::move(wider);
  }
  create(table);
  must(rows().write(table, batch));
  EXPECT_EQ(all(table, 1), texts(batch));
  // A key of nearly any of them cuts as well.
  for (const ColumnType type : {ColumnType::integer, ColumnType::decimal, ColumnType::varchar, ColumnType::uuid,
                                ColumnType::date, ColumnType::timestamp}) {
    const auto c = static_cast<std::size_t>(
        std::find_if(table.columns.begin(), table.columns.end(), [&](const Column& x) { return x.type == type; }) -
        table.columns.begin());
    Table keyed = pairs_table();
    keyed.columns[0] = table.columns[c];
    keyed.columns[0].nullable = false;
    keyed.primary_key = {keyed.columns[0].name};
    create(keyed);
    RowBatch two(3);
    for (const std::size_t r : {0u, 1u}) {
      two.add(batch.row(r)[c]);
      two.add(kNull);
      two.add(kNull);
    }
    must(rows().write(keyed, two));
    EXPECT_EQ(all(keyed, 1, 1), texts(two)) << table.columns[c].name;
  }
}

TEST_F(RowsReading, rows_and_their_note_are_there_once_however_often_they_are_written) {
  Meta meta(*session_, kOwner);
  meta.create();
  meta.erase("part/1");
  Table table = pairs_table();
  table.primary_key.clear();  // nothing but the note keeps a row from being there twice
  create(table);
  const RowBatch batch = pairs(1, 10);
  must(rows().write_noted(table, batch, note("part/1"), false));
  EXPECT_EQ(meta.get("part/1"), "there");
  must(rows().write_noted(table, batch, note("part/1"), true));
  must(rows().write_noted(table, batch, note("part/1"), false));  // it was tried by somebody we do not know of
  EXPECT_EQ(count("conf_pairs"), 10);
  EXPECT_FALSE(query().in_transaction());
  meta.remove();
}

TEST_F(RowsReading, nothing_is_noted_of_rows_that_cannot_be_written) {
  Meta meta(*session_, kOwner);
  meta.create();
  create_pairs();
  must(rows().write(pairs_table(), pairs(5, 1)));
  EXPECT_EQ(outcome(rows().write_noted(pairs_table(), pairs(1, 10), note("part/2"), false)), "rejected");
  EXPECT_EQ(meta.get("part/2"), std::nullopt);
  EXPECT_EQ(count("conf_pairs"), 1);
  must(rows().write_noted(pairs_table(), RowBatch(3), note("part/2"), true));  // of no rows, too
  EXPECT_EQ(meta.get("part/2"), "there");
  meta.remove();
}

TEST_F(RowsReading, rows_are_replaced_by_their_keys) {
  create_pairs();
  must(rows().write(pairs_table(), pairs(1, 250)));
  EXPECT_EQ(must(rows().replace(pairs_table(), pairs(200, 100, 1, 20))), 51u);  // 200 to 250
  EXPECT_EQ(must(rows().replace(pairs_table(), pairs(200, 100, 1, 20))),
            51u);  // also when nothing is other than it was
  EXPECT_EQ(count("conf_pairs"), 250);
  EXPECT_EQ(integer("select n from conf_pairs where id = 199"), 1990);
  EXPECT_EQ(integer("select n from conf_pairs where id = 201"), 4020);
  EXPECT_EQ(must(rows().replace(pairs_table(), RowBatch(3))), 0u);
}

TEST_F(RowsReading, rows_are_removed_by_their_keys) {
  create_pairs();
  must(rows().write(pairs_table(), pairs(1, 500)));
  RowBatch keys(1);
  for (std::int64_t id = 101; id <= 600; id++) keys.add(id);
  EXPECT_EQ(must(rows().remove(pairs_table(), keys)), 400u);
  EXPECT_EQ(must(rows().remove(pairs_table(), keys)), 0u);
  EXPECT_EQ(count("conf_pairs"), 100);
  EXPECT_EQ(integer("select max(id) from conf_pairs"), 100);
}

TEST_F(RowsReading, a_key_of_several_columns_finds_one_row) {
  const Table table{.name = "conf_pairs",
                    .columns = {{.name = "a"}, {.name = "b"}},
                    .primary_key = {"b", "a"},
                    .foreign_keys = {},
                    .indexes = {},
                    .partitioning = {}};
  create(table);
  RowBatch batch(2);
  for (std::int64_t i = 0; i < 9; i++) {
    batch.add(i / 3);
    batch.add(i % 3);
  }
  must(rows().write(table, batch));
  EXPECT_EQ(must(rows().replace(table, batch)), 9u);
  RowBatch keys(2);
  for (const std::int64_t v : {1, 2, 0, 0}) keys.add(v);  // b = 1, a = 2; both 0
  EXPECT_EQ(must(rows().remove(table, keys)), 2u);
  EXPECT_EQ(integer("select count(*) from conf_pairs where (a = 2 and b = 1) or (a = 0 and b = 0)"), 0);
  EXPECT_EQ(count("conf_pairs"), 7);
}

TEST_F(RowsReading, changes_are_part_of_the_open_transaction) {
  if (!rows().traits().transactions) GTEST_SKIP() << "has no transactions";
  create_pairs();
  must(rows().write(pairs_table(), pairs(1, 10)));
  RowBatch keys(1);
  keys.add(std::int64_t{3});
  must(query().begin({}));
  EXPECT_EQ(must(rows().replace(pairs_table(), pairs(1, 2, 1, 99))), 2u);
  EXPECT_EQ(must(rows().remove(pairs_table(), keys)), 1u);
  EXPECT_EQ(integer("select count(*) from conf_pairs"), 9);
  must(query().rollback());
  EXPECT_EQ(count("conf_pairs"), 10);
  EXPECT_EQ(integer("select n from conf_pairs where id = 2"), 20);
}

TEST_F(RowsReading, tables_are_emptied_and_stay) {
  const Table parent{.name = "conf_parent",
                     .columns = {{.name = "a"}},
                     .primary_key = {"a"},
                     .foreign_keys = {},
                     .indexes = {},
                     .partitioning = {}};
  Table child = parent;
  child.name = "conf_child";
  if (dialect().foreign_keys) child.foreign_keys = {{.columns = {"a"}, .table = "conf_parent", .references = {"a"}}};
  create(parent);
  create(child);
  if (dialect().foreign_keys) rows().create_foreign_keys(child);
  const auto fill = [&] {
    RowBatch batch(1);
    batch.add(std::int64_t{1});
    must(rows().write(parent, batch));
    must(rows().write(child, batch));
  };
  fill();
  if (dialect().foreign_keys) {
    const std::string alone[] = {"conf_parent"};
    EXPECT_THROW(rows().truncate_all(alone), Error);
    EXPECT_EQ(count("conf_parent"), 1);
  }
  const std::string both[] = {"conf_parent", "conf_child"};
  rows().truncate_all(both);
  EXPECT_EQ(count("conf_parent"), 0);
  EXPECT_EQ(count("conf_child"), 0);
  fill();
  if (dialect().foreign_keys) {
    RowBatch nowhere(1);
    nowhere.add(std::int64_t{2});
    EXPECT_EQ(outcome(rows().write(child, nowhere)), "rejected") << "the foreign key is as it was";
  }
}

}  // namespace
}  // namespace assay::conformance
