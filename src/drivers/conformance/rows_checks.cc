// The rows facet, and what the query facet then sees.
#include "drivers/conformance/conformance.h"

namespace assay::conformance {
namespace {

const Table kParent{.name = "conf_parent",
                    .columns = {{.name = "a"}, {.name = "b"}},
                    .primary_key = {"a", "b"},
                    .foreign_keys = {},
                    .indexes = {},
                    .partitioning = {}};
const Table kChild{
    .name = "conf_child",
    .columns = {{.name = "id"}, {.name = "pa"}, {.name = "pb"}, {.name = "label", .type = ColumnType::text}},
    .primary_key = {"id"},
    .foreign_keys = {{.columns = {"pa", "pb"}, .table = "conf_parent", .references = {"a", "b"}}},
    .indexes = {{.name = "conf_child_label", .columns = {"label"}, .unique = true},
                {.name = "conf_child_parent", .columns = {"pa", "pb"}}},
    .partitioning = {}};

class Rows : public Conformance {
 protected:
  static RowBatch pairs(std::initializer_list<std::int64_t> ids) {
    RowBatch batch(3);
    for (const std::int64_t id : ids) {
      batch.add(id);
      batch.add(10 * id);
      batch.add_copy("row " + std::to_string(id));
    }
    return batch;
  }
  static RowBatch parent(std::int64_t a, std::int64_t b) {
    RowBatch batch(2);
    batch.add(a);
    batch.add(b);
    return batch;
  }
  static RowBatch child(std::int64_t id, std::int64_t a, std::int64_t b) {
    RowBatch batch(4);
    for (const std::int64_t v : {id, a, b}) batch.add(v);
    batch.add_copy("child " + std::to_string(id));
    return batch;
  }
};

TEST_F(Rows, a_table_is_there_from_create_to_drop) {
  rows().drop("conf_pairs");
  EXPECT_FALSE(rows().exists("conf_pairs"));
  create(pairs_table());
  EXPECT_TRUE(rows().exists("conf_pairs"));
  rows().drop("conf_pairs");
  EXPECT_FALSE(rows().exists("conf_pairs"));
  rows().drop("conf_pairs");  // no error
}

TEST_F(Rows, to_create_a_table_twice_is_an_error_that_names_it) {
  create(pairs_table());
  try {
    rows().create(pairs_table());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("conf_pairs"));
  }
}

TEST_F(Rows, a_table_made_anew_takes_rows_though_the_old_one_was_written) {
  create_pairs();
  must(rows().write(pairs_table(), pairs({1})));
  create(pairs_table());
  must(rows().write(pairs_table(), pairs({1, 2})));
  EXPECT_EQ(count("conf_pairs"), 2);
}

TEST_F(Rows, rows_are_read_as_they_were_written) {
  create_pairs();
  must(rows().write(pairs_table(), pairs({2, 1})));
  const ResultSet& answer = *must(query().run("select id, n, t from conf_pairs order by id"));
  ASSERT_EQ(answer.size(), 2u);
  EXPECT_EQ(answer.integer(0, 0), 1);
  EXPECT_EQ(answer.integer(0, 1), 10);
  EXPECT_EQ(answer.text(0, 2), "row 1");
  EXPECT_EQ(answer.text(1, 2), "row 2");
}

TEST_F(Rows, nothing_is_written_of_an_empty_batch) {
  create_pairs();
  must(rows().write(pairs_table(), RowBatch(3)));
  EXPECT_EQ(count("conf_pairs"), 0);
}

TEST_F(Rows, of_a_batch_with_a_bad_row_none_is_written) {
  create_pairs();
  must(rows().write(pairs_table(), pairs({1})));
  EXPECT_EQ(outcome(rows().write(pairs_table(), pairs({2, 3, 1, 4}))), "rejected");
  EXPECT_EQ(count("conf_pairs"), 1);
  EXPECT_FALSE(query().in_transaction());
  must(rows().write(pairs_table(), pairs({2, 3})));
  EXPECT_EQ(count("conf_pairs"), 3);
}

TEST_F(Rows, a_missing_value_for_a_column_that_needs_one_is_rejected) {
  create(kParent);
  RowBatch batch(2);
  batch.add(std::int64_t(1));
  batch.add(kNull);
  EXPECT_EQ(outcome(rows().write(kParent, batch)), "rejected");
  EXPECT_EQ(count("conf_parent"), 0);
}

TEST_F(Rows, inside_a_transaction_a_batch_is_part_of_it) {
  create_pairs();
  must(query().begin({}));
  must(rows().write(pairs_table(), pairs({1, 2})));
  must(query().run("insert into conf_pairs (id) values (3)"));
  EXPECT_EQ(integer("select count(*) from conf_pairs"), 3);
  must(query().rollback());
  EXPECT_EQ(count("conf_pairs"), 0);

  must(query().begin({}));
  must(rows().write(pairs_table(), pairs({1})));
  must(rows().write(pairs_table(), pairs({2})));
  EXPECT_EQ(count("conf_pairs"), 0);
  must(query().commit());
  EXPECT_EQ(count("conf_pairs"), 2);
}

TEST_F(Rows, a_bad_batch_inside_a_transaction_leaves_it_to_be_rolled_back) {
  create_pairs();
  must(query().begin({}));
  must(rows().write(pairs_table(), pairs({1})));
  EXPECT_EQ(outcome(rows().write(pairs_table(), pairs({2, 1}))), "rejected");
  EXPECT_TRUE(query().in_transaction());
  must(query().rollback());
  EXPECT_EQ(count("conf_pairs"), 0);
}

TEST_F(Rows, ten_thousand_rows_arrive) {
  constexpr std::int64_t kRows = 10'000;
  create_pairs();
  RowBatch batch(3);
  for (std::int64_t id = 0; id < kRows; id++) {
    batch.add(id);
    batch.add(id % 2 == 0 ? Value(id) : Value(kNull));
    batch.add_copy(std::string(static_cast<std::size_t>(id % 300), 'x'));
  }
  must(rows().write(pairs_table(), batch));
  EXPECT_EQ(count("conf_pairs"), kRows);
  EXPECT_EQ(integer("select count(n) from conf_pairs"), kRows / 2);
  EXPECT_EQ(integer("select count(*) from conf_pairs where length(t) = id % 300"), kRows);
}

TEST_F(Rows, every_type_of_column_takes_its_values_and_null) {
  const auto of_type = [](const char* name, ColumnType type) {
    return Column{.name = name, .type = type, .length = 20, .precision = 12, .scale = 4, .nullable = true};
  };
  const Table all{.name = "conf_all",
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
                              of_type("c12", ColumnType::json)},
                  .primary_key = {"id"},
                  .foreign_keys = {},
                  .indexes = {},
                  .partitioning = {}};
  create(all);
  const std::vector<Value> written = {std::int64_t(1),
                                      true,
                                      std::int64_t(-42),
                                      0.1,
                                      Decimal{-12'345, 4},
                                      std::string_view("a\tb\\c\nd'e\"f\rg"),
                                      std::string_view("\\N"),
                                      Bytes{std::string_view("\0\\x\t\n\xff", 6)},
                                      Uuid{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255}},
                                      Date{20'000},
                                      TimeOfDay{1},
                                      Timestamp{1'795'217'253'000'001},
                                      Json{"[1]"}};
  RowBatch batch(all.columns.size());
  for (const Value& v : written) batch.add(v);
  batch.add(std::int64_t(2));
  for (std::size_t c = 1; c < all.columns.size(); c++) batch.add(kNull);
  must(rows().write(all, batch));
  const ResultSet& answer = *must(query().run("select * from conf_all order by id"));
  ASSERT_EQ(answer.size(), 2u);
  for (std::size_t c = 0; c < all.columns.size(); c++) {
    Value expected = written[c];
    if (!dialect().exact_decimals && std::holds_alternative<Decimal>(expected))
      expected = std::get<Decimal>(expected).unscaled;
    EXPECT_EQ(to_text(answer.at(0, c)), to_text(expected)) << all.columns[c].name;
    EXPECT_EQ(answer.at(0, c).index(), expected.index()) << all.columns[c].name;
    EXPECT_EQ(is_null(answer.at(1, c)), c > 0) << all.columns[c].name;
  }
}

TEST_F(Rows, decimals_are_brought_to_the_scale_of_their_column) {
  const Table money{
      .name = "conf_money",
      .columns = {{.name = "id"}, {.name = "amount", .type = ColumnType::decimal, .precision = 12, .scale = 2}},
      .primary_key = {"id"},
      .foreign_keys = {},
      .indexes = {},
      .partitioning = {}};
  create(money);
  RowBatch batch(2);
  std::int64_t id = 0;
  for (const Decimal amount : {Decimal{15, 1}, Decimal{2, 0}, Decimal{325, 2}}) {
    batch.add(id++);
    batch.add(amount);
  }
  must(rows().write(money, batch));
  const Value threshold[] = {Decimal{175, 2}};
  EXPECT_EQ(integer("select count(*) from conf_money where amount > $1", threshold), 2);
  const ResultSet& sum = *must(query().run("select sum(amount) from conf_money"));  // 1.50 + 2.00 + 3.25
  const Decimal answered = sum.decimal(0, 0).value();
  EXPECT_EQ(dialect().exact_decimals ? rescaled(answered, 2).unscaled : answered.unscaled, 675);
}

TEST_F(Rows, a_unique_index_is_kept_once_it_was_created) {
  create(kChild);
  must(rows().write(kChild, child(1, 1, 1)));
  rows().create_indexes(kChild);
  EXPECT_EQ(outcome(query().run("insert into conf_child (id, pa, pb, label) values (2, 1, 1, 'child 1')")), "rejected");
  must(query().run("insert into conf_child (id, pa, pb, label) values (2, 1, 1, 'another')"));
}

TEST_F(Rows, foreign_keys_bind_from_create_foreign_keys_on) {
  if (!dialect().foreign_keys) {
    create(kChild);
    EXPECT_THROW(rows().create_foreign_keys(kChild), Error);
    return;
  }
  create(kParent);
  create(kChild);
  must(rows().write(kChild, child(1, 7, 8)));  // a load may come in any order
  must(rows().write(kParent, parent(7, 8)));
  rows().create_foreign_keys(kChild);
  EXPECT_EQ(outcome(rows().write(kChild, child(2, 7, 9))), "rejected");
  EXPECT_EQ(outcome(query().run("insert into conf_child (id, pa, pb, label) values (3, 1, 8, 'x')")), "rejected");
  EXPECT_EQ(outcome(query().run("delete from conf_parent")), "rejected");
  must(rows().write(kChild, child(4, 7, 8)));
  const auto other = connect();
  EXPECT_EQ(outcome(other->query()->run("insert into conf_child (id, pa, pb, label) values (5, 1, 1, 'y')")),
            "rejected")
      << "they bind every session";
  EXPECT_EQ(count("conf_child"), 2);
}

TEST_F(Rows, foreign_keys_that_lead_nowhere_cannot_be_created) {
  if (!dialect().foreign_keys) return;
  create(kParent);
  create(kChild);
  must(rows().write(kChild, child(1, 7, 8)));
  EXPECT_THROW(rows().create_foreign_keys(kChild), Error);
  // and the table is as it was
  must(rows().write(kChild, child(2, 1, 1)));
  EXPECT_EQ(count("conf_child"), 2);
  must(rows().write(kParent, parent(7, 8)));
  must(rows().write(kParent, parent(1, 1)));
  rows().create_foreign_keys(kChild);
  EXPECT_EQ(outcome(rows().write(kChild, child(3, 2, 2))), "rejected");
}

TEST_F(Rows, tables_that_refer_to_each_other_can_be_dropped_in_any_order) {
  create(kParent);
  create(kChild);
  if (dialect().foreign_keys) rows().create_foreign_keys(kChild);
  const std::string both[] = {"conf_parent", "conf_child"};
  rows().drop_all(both);
  EXPECT_FALSE(rows().exists("conf_parent"));
  EXPECT_FALSE(rows().exists("conf_child"));
}

TEST_F(Rows, a_table_that_another_one_refers_to_is_not_dropped_without_it) {
  if (!dialect().foreign_keys) GTEST_SKIP() << "has no foreign keys";
  create(kParent);
  create(kChild);
  rows().create_foreign_keys(kChild);
  try {
    rows().drop("conf_parent");
    ADD_FAILURE() << "dropped";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("conf_child"), std::string::npos) << error.what();
  }
  EXPECT_TRUE(rows().exists("conf_parent"));
  EXPECT_EQ(outcome(rows().write(kChild, child(1, 7, 8))), "rejected") << "its foreign key is gone";
}

TEST_F(Rows, partitions_are_made_or_refused_by_name) {
  Table table = pairs_table();
  table.partitioning = {.kind = Partitioning::Kind::hash, .column = "id", .parts = {{}, {}}};
  if (!dialect().partitions) {
    rows().drop(table.name);
    EXPECT_THROW(rows().create(table), Error);
    EXPECT_FALSE(rows().exists(table.name));
    return;
  }
  create(table);
  must(rows().write(table, pairs({1, 2, 3, 4, 5})));
  EXPECT_EQ(count("conf_pairs"), 5);
  EXPECT_EQ(integer("select n from conf_pairs where id = 4"), 40);
}

}  // namespace
}  // namespace assay::conformance
