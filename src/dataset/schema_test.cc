#include "dataset/dataset_fixture.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace assay::dataset {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kDocumented = R"(tables:
  - name: users
    primary_key: id
    columns:
      - name: id
        data_type: integer
        primary_key: true
      - name: email
        data_type: email
      - name: created_at
        data_type: timestamp
  - name: orders
    primary_key: id
    columns:
      - name: id
        data_type: uuid
        primary_key: true
      - name: amount
        data_type: decimal
      - name: status
        data_type:
          enum:
            - pending
            - completed
)";

TEST(Schema, the_documented_form_is_read) {
  const auto schema = schema_of(kDocumented);
  ASSERT_EQ(schema->tables.size(), 2u);
  const Table &users = schema->tables[0], &orders = schema->tables[1];
  EXPECT_EQ(users.rows, kDefaultRows);
  EXPECT_THAT(users.primary_key, ElementsAre(0));
  EXPECT_EQ(std::get<Sequence>(users.columns[0].generator).start, 1);
  EXPECT_EQ(std::get<Words>(users.columns[1].generator).what, Wording::email);
  EXPECT_EQ(users.columns[2].type.kind, Kind::date_time);
  EXPECT_EQ(orders.columns[0].type.kind, Kind::uuid);
  EXPECT_EQ(orders.columns[1].type.precision, 10);
  EXPECT_EQ(orders.columns[1].type.scale, 2);
  EXPECT_THAT(orders.columns[2].type.values, ElementsAre("pending", "completed"));
}

TEST(Schema, the_form_with_fields_and_generators_is_read) {
  const auto schema = schema_of(R"(version: 1
tables:
- name: users
  id: {type: big_int, generator: {type: sequential, start: 1}}
  fields:
  - name: age
    type: int
    generator: {type: int_range, min: 18, max: 99}
    nullable: true
  - name: price
    type: {type: decimal, precision: 8, scale: 3}
    generator: {type: decimal_range, min: 1.0, max: 2.5}
)");
  const Table& users = schema->tables.at(0);
  EXPECT_EQ(users.columns[0].name, "id");
  EXPECT_TRUE(users.columns[0].unique);
  EXPECT_TRUE(users.columns[1].nullable);
  EXPECT_EQ(users.columns[1].null_rate, 0);
  const auto& age = std::get<Range>(users.columns[1].generator);
  EXPECT_EQ(age.low, 18);
  EXPECT_EQ(age.count, 82u);
  const auto& price = std::get<Range>(users.columns[2].generator);
  EXPECT_EQ(price.low, 1000);
  EXPECT_EQ(price.count, 1501u);
}

TEST(Schema, what_is_shown_reads_as_the_same_schema) {
  const auto schema = schema_of(every_type());
  const std::string shown = show_schema(*schema);
  const auto again = schema_of(shown);
  EXPECT_EQ(show_schema(*again), shown);
  const RowGenerator first(schema), second(again);
  for (std::size_t t = 0; t < schema->tables.size(); t++) {
    const RowBatch a = rows_of(first, t, 0, 50), b = rows_of(second, t, 0, 50);
    for (std::size_t c = 0; c < a.columns(); c++)
      EXPECT_EQ(texts_of(a, c), texts_of(b, c)) << schema->tables[t].columns[c].name;
  }
}

TEST(Schema, every_mistake_is_told_with_its_place) {
  EXPECT_THAT(
      mistakes_of(R"(tables:
- name: a
  colums: []
  id: {type: uuid}
  columns:
  - {name: x, type: text, generator: {type: int_range, min: 1, max: 2}}
  - {name: y, type: int, generator: {type: int_range, min: 5, max: 2}}
  - {name: z, type: intt}
  - {name: x, type: tiny_int, generator: {type: int_range, min: 0, max: 300}}
  - {name: w, type: text, generator: {type: pattern, pattern: "{indx}"}}
)"),
      ElementsAre(
          "schema:3:3: unknown name 'colums'; did you mean 'columns'?",
          HasSubstr("schema:6:38: the generator int_range makes no text; expected one of uuid_v4, pattern, one_of"),
          "schema:7:37: min 5 is above max 2", "schema:8:21: type: unknown type 'intt'; did you mean 'int'?",
          HasSubstr("schema:9:42: '300' is no value of the column; expected a whole number from -128 to 127"),
          "schema:10:38: pattern: {indx} has no meaning; expected {index}, {uuid} or {rand:N}, N digits from 1 to 18"));
}

TEST(Schema, a_mistake_in_one_table_hides_none_in_another_nor_what_is_wrong_with_other_columns) {
  EXPECT_THAT(
      mistakes_of(R"(tables:
- name: a
  columns:
  - {name: id, type: intt, primary_key: true}
  - {name: code, type: {type: varchar, length: 3}, generator: {type: pattern, pattern: "abcd"}}
  - {name: t, type: tiny_int, generator: {type: int_range, min: 1, max: 2}, unique: true}
- name: b
  rows: 1000
  columns:
  - {name: id, type: tiny_int, generator: sequential, primary_key: true}
  - {name: a_id, type: int, references: {table: a}}
  - {name: c_id, type: int, references: {table: c, column: x}}
- {name: c, columns: [{name: x, type: int, references: {table: b, column: c_id}}]}
- {name: a, columns: [{name: x, type: int, generator: {type: static, value: z}}]}
)"),
      testing::UnorderedElementsAre(
          HasSubstr("schema:4:22: type: unknown type 'intt'"), HasSubstr("schema:5:5: a.code has up to 4 characters"),
          HasSubstr("schema:6:5: a.t is unique and has 2 different values"),
          HasSubstr("schema:10:5: b.id leaves the numbers of its type"),
          HasSubstr("each has the values of the next, and none has its own"),
          HasSubstr("schema:12:41: a foreign key of b points at columns of c that are no key"),
          HasSubstr("schema:13:56: a foreign key of c points at columns of b that are no key"),
          HasSubstr("schema:14:3: a table 'a' stands here twice"), HasSubstr("'z' is no value of the column")));
  // What follows from a mistake that was told is not told.
  EXPECT_THAT(mistakes_of("tables:\n- {name: a, columns: [{name: id, type: intt, primary_key: true}]}\n"
                          "- {name: b, columns: [{name: a_id, type: int, references: {table: a}}]}\n"),
              ElementsAre(HasSubstr("unknown type 'intt'")));
}

TEST(Schema, as_many_rows_as_a_count_may_be_and_no_more) {
  const auto with_rows = [](std::string_view rows) {
    return fmt::format("tables:\n- {{name: a, rows: {}, id: {{type: big_int}}}}\n", rows);
  };
  EXPECT_THAT(mistakes_of(with_rows("9000000000000000")), IsEmpty());
  EXPECT_THAT(mistakes_of(with_rows("9000000000000001")), ElementsAre(HasSubstr("at most 9000000000000000")));
}

TEST(Schema, a_nul_in_a_name_is_told) {
  EXPECT_THAT(mistakes_of("tables:\n- {name: \"a\\0b\", columns: [{name: \"x\\0y\", type: int}]}\n"),
              ElementsAre(HasSubstr("the table's name 'a\\x00b' has a character NUL"),
                          HasSubstr("the column's name 'x\\x00y' has a character NUL")));
}

TEST(Schema, documents_arrays_and_shapes_are_no_keys) {
  for (const std::string_view type :
       {"type: json", "type: jsonb", "type: object", "type: geometry", "type: {set: [a, b]}",
        "type: {array: int}, generator: {type: sample_array, pool: [1, 2], max_length: 2}"}) {
    EXPECT_THAT(mistakes_of(table_with(fmt::format("{}, unique: true", type))),
                ElementsAre(HasSubstr("and unique: stores have no key of documents, arrays and shapes")))
        << type;
    EXPECT_THAT(mistakes_of(fmt::format("tables:\n- {{name: a, primary_key: [i, d], columns: [{{name: i, type: int, "
                                        "generator: sequential}}, {{name: d, {}}}]}}\n",
                                        type)),
                ElementsAre(HasSubstr("and of the key: stores have no key")))
        << type;
  }
}

TEST(Schema, texts_too_long_for_an_index_are_noted) {
  const auto notes = [](std::string_view column) {
    std::vector<std::string> out;
    const Reading reading = read_schema_text(table_with(column), "schema", {});
    for (const input::Mistake& mistake : reading.mistakes.sorted())
      if (mistake.text.find("no index of texts above 600") != std::string::npos && mistake.note)
        out.push_back(mistake.text);
    EXPECT_TRUE(reading.schema) << column;
    return out;
  };
  const auto of_length = [](int most) {
    return fmt::format("type: text, generator: {{type: string, min_length: 20, max_length: {}}}", most);
  };
  EXPECT_THAT(notes(of_length(601) + ", unique: true"),
              ElementsAre(HasSubstr("has up to 601 characters, and is unique")));
  EXPECT_THAT(notes(of_length(600) + ", unique: true"), IsEmpty());
  EXPECT_THAT(notes(of_length(601)), IsEmpty());
}

TEST(Schema, a_comma_in_a_name_and_the_word_null_without_quotes_are_told) {
  EXPECT_THAT(mistakes_of("tables:\n- {name: \"a,b\", columns: [{name: x, type: int}]}\n"),
              ElementsAre(HasSubstr("the table's name 'a,b' has a comma, which separates tables in --tables")));
  EXPECT_THAT(mistakes_of("tables:\n- {name: a, columns: [{name: x, type: int, generator: {type: null}}]}\n"),
              ElementsAre(HasSubstr("in quotes, \"null\" is such a name")));
}

TEST(Schema, types_and_generators_that_do_not_fit_are_told) {
  // What the load test of surreal-sync takes and then dies of, or makes something else of.
  for (const std::string_view wrong :
       {"type: uuid, generator: sequential", "type: bool, generator: {type: int_range, min: 0, max: 1}",
        "type: int, generator: {type: float_range, min: 0, max: 1}",
        "type: text, generator: {type: weighted_bool, true_weight: 1}", "type: json, generator: uuid_v4",
        "type: int, generator: timestamp_now", "type: duration, generator: {type: int_range, min: 1, max: 2}",
        "type: {type: array, element_type: int}, generator: {type: int_range, min: 1, max: 2}",
        "type: blob, generator: {type: string}", "type: geometry, generator: object", "type: date, generator: name"})
    EXPECT_THAT(mistakes_of(table_with(wrong)),
                ElementsAre(AllOf(HasSubstr("schema:6:"), HasSubstr("expected one of"))))
        << wrong;
  for (const std::string_view good :
       {"type: jsonb, generator: {type: static, value: {a: 1}}",
        "type: tiny_int, generator: {type: weighted_bool, true_weight: 1}",
        "type: double, generator: {type: int_range, min: 0, max: 1}",
        "type: decimal, generator: {type: int_range, min: 0, max: 1}", "type: text, generator: uuid_v4",
        "type: object, generator: {type: object, fields: [{name: a, type: int}]}"})
    EXPECT_THAT(mistakes_of(table_with(good)), IsEmpty()) << good;
}

TEST(Schema, values_must_be_of_the_type_of_their_column) {
  const auto told = [](std::string_view column, std::string_view text) {
    EXPECT_THAT(mistakes_of(table_with(column)), ElementsAre(HasSubstr(std::string(text)))) << column;
  };
  told("type: int, generator: {type: one_of, values: [1, x, 3]}", "schema:6:64: 'x' is no value of the column");
  told("type: {type: varchar, length: 2}, generator: {type: static, value: abc}", "text of at most 2 characters");
  told("type: {enum: [a, b]}, generator: {type: one_of, values: [a, c]}", "expected one of a, b");
  told("type: {type: decimal, precision: 4, scale: 1}, generator: {type: static, value: 1.25}",
       "a number of 4 digits, 1 of them behind the point");
  told("type: {type: decimal, precision: 4, scale: 1}, generator: {type: static, value: 1000}", "a number of 4 digits");
  told("type: date, generator: {type: static, value: 2024-02-30}", "a time: YYYY-MM-DD");
  told("type: uuid, generator: {type: static, value: 1234}", "8-4-4-4-12");
  told("type: {type: array, element_type: bool}, generator: {type: sample_array, pool: [true, 7], max_length: 2}",
       "expected true or false");
  told("type: {type: set, values: [a, b]}, generator: {type: static, value: [b, c]}", "a list of some of a, b");
  told("type: int, generator: {type: one_of, values: [1, null]}",
       "schema:6:64: null is no value; expected values, and null_rate");
  EXPECT_THAT(mistakes_of(table_with("type: json, generator: {type: one_of, values: [1, null]}")), IsEmpty());
  told("type: text, generator: {type: one_of, values: []}", "values is empty");
  told("type: text, generator: {type: one_of, values: [a, b], weights: [1]}", "1 weights for 2 values");
  told("type: text, generator: {type: one_of, values: [a, b], weights: [0, 0]}", "all weights are 0");
  told("type: text, generator: {type: one_of, values: [a, b], distribution: normal}", "normal is of numbers and times");
  told("type: int, generator: {type: static, value: null}", "empty is no value of the column");
  told("type: int, generator: 'null'", "the column is not nullable");
  told("type: int, nullable: false, null_rate: 0.5", "nullable is false, and null_rate 0.5");
  told("type: {type: decimal, precision: 2, scale: 3}", "scale 3 is above precision 2");
  told("type: {type: decimal, precision: 39}", "precision is 39; expected 1 to 38");
  EXPECT_THAT(mistakes_of(table_with("type: {type: decimal, precision: 38, scale: 18}")), IsEmpty());
  told("type: {type: decimal, precision: 38}, generator: {type: static, value: 12345678901234567.89}", "is no value");
  told("type: {enum: [a, a]}", "the value 'a' stands here twice");
  told("type: timestamp, generator: {type: timestamp_range, start: 2024-02-01, end: 2024-01-01}", "is after end");
  told("type: ulid, generator: {type: ulid, start: 1969-01-01}", "before 1970");
  told("type: thing", "a column of type thing needs a generator");
}

TEST(Schema, what_does_not_fit_its_column_is_told) {
  EXPECT_THAT(mistakes_of(table_with("type: {type: varchar, length: 10}, generator: email")),
              ElementsAre(HasSubstr("and the column holds 10")));
  EXPECT_THAT(mistakes_of(table_with(
                  "type: {type: char, length: 8}, generator: {type: pattern, pattern: 'user_{index}'}", 1000)),
              IsEmpty());
  EXPECT_THAT(mistakes_of(table_with(
                  "type: {type: char, length: 8}, generator: {type: pattern, pattern: 'user_{index}'}", 1001)),
              ElementsAre(HasSubstr("t.v has up to 9 characters, and the column holds 8")));
  EXPECT_THAT(mistakes_of(table_with("type: tiny_int, generator: {type: sequential, start: 100}", 28)), IsEmpty());
  EXPECT_THAT(mistakes_of(table_with("type: tiny_int, generator: {type: sequential, start: 100}", 29)),
              ElementsAre(HasSubstr("t.v leaves the numbers of its type, tiny_int, after 28 of 29 rows")));
  EXPECT_THAT(mistakes_of(table_with("type: timestamp, generator: {type: timestamp_now, step: 365d}", 8000)),
              ElementsAre(HasSubstr("after the year 9999")));
}

TEST(Schema, unique_columns_that_cannot_be_are_told) {
  const auto told = [](std::string_view column, std::uint64_t rows, std::string_view text) {
    EXPECT_THAT(mistakes_of(table_with(std::string(column) + ", unique: true", rows)),
                ElementsAre(HasSubstr(std::string(text))))
        << column;
  };
  told("type: int, generator: {type: int_range, min: 1, max: 9}", 10, "has 9 different values, and the table 10 rows");
  told("type: bool", 2, "it is true or false");
  told("type: name", 2, "names and words repeat");
  told("type: int, generator: {type: int_range, min: 1, max: 99, distribution: zipf}", 2,
       "by its distribution values repeat");
  told("type: text, generator: {type: one_of, values: [a, b, a]}", 2, "the same value stands in its list twice");
  told("type: text, generator: {type: pattern, pattern: 'x'}", 2, "its pattern has neither");
  told("type: text, generator: {type: pattern, pattern: '{rand:1}'}", 10, "has 9 different values");
  told("type: int, null_rate: 0.5", 2, "is unique, and null at times");
  told("type: text, generator: {type: string, min_length: 1, max_length: 5, alphabet: hex}", 17,
       "has 16 different values");
}

TEST(Schema, keys_are_held_against_each_other) {
  EXPECT_THAT(mistakes_of("tables:\n- name: a\n  primary_key: x\n  columns: [{name: x, type: int}, {name: y, type: "
                          "int, primary_key: true}]\n"),
              ElementsAre("schema:4:35: the column y says that it is of the key, and primary_key of a has it not"));
  EXPECT_THAT(mistakes_of("tables:\n- name: a\n  primary_key: z\n  columns: [{name: x, type: int}]\n"),
              ElementsAre(HasSubstr("schema:3:16: there is no column 'z' in a")));
  EXPECT_THAT(mistakes_of("tables:\n- name: a\n  columns: [{name: x, type: int, primary_key: true, nullable: true}]\n"),
              ElementsAre(HasSubstr("x is of the key, which has no nulls")));
  EXPECT_THAT(mistakes_of("tables:\n- {name: a, id: {type: int}}\n- {name: a, id: {type: int}}\n"),
              ElementsAre(HasSubstr("a table 'a' stands here twice")));
  EXPECT_THAT(
      mistakes_of(
          "tables:\n- name: a\n  primary_key: [x, y]\n  rows: 7\n  columns: [{name: x, type: int, generator: {type: "
          "int_range, min: 1, max: 2}}, {name: y, type: int, generator: {type: int_range, min: 1, max: 3}}]\n"),
      ElementsAre(HasSubstr("the key of a has 6 combinations, and the table 7 rows")));
  EXPECT_THAT(mistakes_of("tables:\n- name: a\n  primary_key: [x, y]\n  columns: [{name: x, type: name}, {name: y, "
                          "type: int, generator: {type: int_range, min: 1, max: 3}}]\n"),
              ElementsAre(HasSubstr("the key of a may repeat by x")));
}

TEST(Schema, foreign_keys_that_point_nowhere_are_told) {
  const auto two = [](std::string_view parent, std::string_view child) {
    return fmt::format("tables:\n- name: p\n  columns: [{}]\n- name: c\n  id: {{type: int}}\n  columns: [{}]\n", parent,
                       child);
  };
  const std::string_view good = "{name: k, type: int, primary_key: true}, {name: n, type: int}";
  EXPECT_THAT(mistakes_of(two(good, "{name: x, type: int, references: p}")), IsEmpty());
  EXPECT_THAT(mistakes_of(two(good, "{name: x, type: int, references: q}")),
              ElementsAre("schema:6:46: there is no table 'q'; expected one of c, p"));
  EXPECT_THAT(mistakes_of(two(good, "{name: x, type: int, references: {table: p, column: m}}")),
              ElementsAre(HasSubstr("there is no column 'm' in p")));
  EXPECT_THAT(mistakes_of(two(good, "{name: x, type: int, references: {table: p, column: n}}")),
              ElementsAre(HasSubstr("that are no key")));
  EXPECT_THAT(mistakes_of(two(good, "{name: x, type: uuid, references: p}")),
              ElementsAre(HasSubstr("c.x is uuid, and points at p.k, which is int")));
  EXPECT_THAT(mistakes_of(two(good, "{name: x, type: small_int, references: p}")),
              ElementsAre(HasSubstr("expected the same type, or a wider one")));
  EXPECT_THAT(mistakes_of(two(good, "{name: x, type: int, references: p, generator: sequential}")),
              ElementsAre(HasSubstr("expected one of generator and references")));
  EXPECT_THAT(mistakes_of(two(good, "{name: x, type: int, references: p, unique: true}")), IsEmpty());
  EXPECT_THAT(mistakes_of(two(good, "{name: x, type: int, references: c}")), IsEmpty());
  EXPECT_THAT(mistakes_of(two(good, "{name: x, type: int, references: {table: c, distribution: zipf}}")),
              ElementsAre(HasSubstr("points at rows before its own")));
  EXPECT_THAT(mistakes_of(two(good, "{name: x, type: thing, generator: {type: thing, table: q}}")),
              ElementsAre(HasSubstr("there is no table 'q'")));
}

TEST(Schema, circles_of_foreign_keys_are_errors_unless_a_null_breaks_them) {
  const auto circle = [](std::string_view nullable) {
    return fmt::format(
        "tables:\n- {{name: a, id: {{type: int}}, columns: [{{name: b, type: int, references: b{}}}]}}\n"
        "- {{name: b, id: {{type: int}}, columns: [{{name: c, type: int, references: c}}]}}\n"
        "- {{name: c, id: {{type: int}}, columns: [{{name: a, type: int, references: a}}]}}\n",
        nullable);
  };
  EXPECT_THAT(mistakes_of(circle("")),
              ElementsAre(HasSubstr(
                  "a → b → c → a: each points at the next, so none can be loaded first; expected nullable: true")));
  const auto schema = schema_of(circle(", nullable: true"));
  EXPECT_THAT(schema->load_order, ElementsAre(0, 2, 1));
  EXPECT_TRUE(schema->tables[0].foreign_keys[0].deferred);
  EXPECT_FALSE(schema->tables[1].foreign_keys[0].deferred);
  EXPECT_FALSE(schema->tables[2].foreign_keys[0].deferred);
}

TEST(Schema, columns_whose_values_have_no_origin_are_errors) {
  EXPECT_THAT(mistakes_of("tables:\n- {name: a, columns: [{name: x, type: int, primary_key: true, references: b}]}\n"
                          "- {name: b, columns: [{name: y, type: int, primary_key: true, references: a}]}\n"),
              Contains(HasSubstr("a.x → b.y → a.x: each has the values of the next, and none has its own")));
}

TEST(Schema, names_of_records_need_a_key_of_one_column) {
  const std::string_view keys =
      "tables:\n- {name: p, columns: [{name: x, type: int}]}\n- {name: c, id: {type: int}, columns: [{name: o, type: ";
  EXPECT_THAT(mistakes_of(std::string(keys) + "thing, generator: {type: thing, table: p}}]}\n"),
              ElementsAre(HasSubstr("c.o names rows of p, which has another key")));
  EXPECT_THAT(
      mistakes_of(
          std::string(keys) +
          "json, generator: {type: object, fields: [{name: a, type: thing, generator: {type: thing, table: p}}]}}]}\n"),
      ElementsAre(HasSubstr("c.o.a names rows of p")));
}

TEST(Schema, rows_are_those_of_the_table_or_by_its_weight) {
  const std::string text =
      "rows: 200\ntables:\n- {name: a, id: {type: int}}\n- {name: b, rows: 7, id: {type: int}}\n- {name: c, weight: "
      "2.5, id: {type: int}}\n";
  const auto schema = schema_of(text);
  EXPECT_EQ(schema->tables[0].rows, 200u);
  EXPECT_EQ(schema->tables[1].rows, 7u);
  EXPECT_EQ(schema->tables[2].rows, 500u);
  const auto other = schema_of(text, {.rows = 10, .seed = 3});
  EXPECT_EQ(other->tables[0].rows, 10u);
  EXPECT_EQ(other->tables[1].rows, 7u);
  EXPECT_EQ(other->tables[2].rows, 25u);
  EXPECT_EQ(other->seed, 3u);
  EXPECT_THAT(mistakes_of("tables:\n- {name: b, rows: 7, weight: 2, id: {type: int}}\n"),
              ElementsAre(HasSubstr("weight has no effect beside rows")));
}

TEST(Schema, a_table_is_that_of_the_rows_facet) {
  const auto schema = schema_of(every_type());
  const assay::Table table = to_table(*schema, *schema->table("reviews"));
  EXPECT_EQ(table.name, "reviews");
  EXPECT_THAT(table.primary_key, ElementsAre("id"));
  ASSERT_EQ(table.foreign_keys.size(), 3u);
  EXPECT_THAT(table.foreign_keys[2].columns, ElementsAre("author_id", "line"));
  EXPECT_EQ(table.foreign_keys[2].table, "all_types");
  EXPECT_TRUE(table.columns[1].nullable);
  EXPECT_EQ(table.columns[4].type, ColumnType::varchar);
  EXPECT_EQ(table.columns[4].length, 40);
  const assay::Table authors = to_table(*schema, 0);
  ASSERT_EQ(authors.indexes.size(), 1u);
  EXPECT_TRUE(authors.indexes[0].unique);
  EXPECT_THAT(authors.indexes[0].columns, ElementsAre("code"));
  const std::size_t all = *schema->table("all_types"), numbers = *schema->tables[all].column("numbers");
  EXPECT_EQ(to_table(*schema, all).columns[numbers].type, ColumnType::array);
  EXPECT_EQ(to_table(*schema, all, Arrays::json).columns[numbers].type, ColumnType::json);
}

TEST(Schema, names_of_unique_indexes_are_of_one_table_and_column) {
  const auto schema = schema_of(
      "tables:\n- {name: a_b, id: {type: int}, columns: [{name: c, type: email, unique: true}]}\n"
      "- {name: a, id: {type: int}, columns: [{name: b_c, type: email, unique: true}, {name: d, type: email, unique: "
      "true}]}\n");
  const assay::Table first = to_table(*schema, 0), second = to_table(*schema, 1);
  EXPECT_NE(first.indexes[0].name, second.indexes[0].name);
  EXPECT_EQ(second.indexes[1].name, "a_d_key");
}

TEST(Schema, text_in_keys_has_a_length) {
  const auto schema = schema_of(
      "tables:\n- {name: a, columns: [{name: k, type: text, primary_key: true}, {name: n, type: text}, {name: e, type: "
      "email, unique: true}, {name: l, type: text, unique: true, generator: {type: string, min_length: 9, max_length: "
      "256}}]}\n"
      "- {name: b, id: {type: int}, columns: [{name: a, type: text, references: a}, {name: l, type: text, references: "
      "{table: a, column: l}}]}\n");
  const assay::Table a = to_table(*schema, 0), b = to_table(*schema, 1);
  for (const assay::Column& column : {a.columns[0], a.columns[2], b.columns[1]}) {
    EXPECT_EQ(column.type, ColumnType::varchar) << column.name;
    EXPECT_EQ(column.length, 255);
  }
  for (const assay::Column& column : {a.columns[1], a.columns[3], b.columns[2]})
    EXPECT_EQ(column.type, ColumnType::text) << column.name;
}

TEST(Schema, ten_thousand_columns_and_a_hundred_tables_are_read) {
  std::string wide = "tables:\n- name: wide\n  id: {type: int}\n  columns:\n";
  for (int c = 0; c < 10'000; c++) wide += fmt::format("  - {{name: c{}, type: int}}\n", c);
  for (int t = 0; t < 100; t++)
    wide += fmt::format("- {{name: t{}, id: {{type: int}}, columns: [{{name: x, type: int, references: {}}}]}}\n", t,
                        t == 0 ? "wide" : fmt::format("t{}", t - 1));
  const auto schema = schema_of(wide);
  ASSERT_EQ(schema->tables.size(), 101u);
  EXPECT_EQ(schema->tables[0].columns.size(), 10'001u);
  const RowGenerator generator(schema);
  EXPECT_EQ(rows_of(generator, 0, 5, 2).size(), 2u);
}

}  // namespace
}  // namespace assay::dataset
