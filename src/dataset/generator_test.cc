#include "dataset/constant.h"
#include "dataset/dataset_fixture.h"
#include "dataset/draws.h"
#include "dataset/keys.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <unordered_set>

namespace assay::dataset {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::size_t column_named(const Schema& schema, std::size_t table, std::string_view name) {
  return schema.tables[table].column(name).value();
}

TEST(RowGenerator, names_and_numbers_are_hashed_as_published) {
  // FNV-1a, 64 bits: the vectors of its authors (draft-eastlake-fnv, appendix C).
  EXPECT_EQ(name_hash(""), 0xcbf29ce484222325ull);
  EXPECT_EQ(name_hash("a"), 0xaf63dc4c8601ec8cull);
  EXPECT_EQ(name_hash("foobar"), 0x85944171f73967e8ull);
  // SplitMix64 from 1234567: the first five of the reference implementation (prng.di.unimi.it), as Rosetta Code has them.
  Draws draws(1234567);
  for (const std::uint64_t expected : {6457827717110365317ull, 3203168211198807973ull, 9817491932198370423ull,
                                       4593380528125082431ull, 16408922859458223821ull})
    EXPECT_EQ(draws.next(), expected);
}

TEST(RowGenerator, rows_are_the_same_in_any_batches_order_and_number) {
  const RowGenerator generator(schema_of(every_type()));
  for (std::size_t t = 0; t < generator.schema().tables.size(); t++) {
    const std::uint64_t rows = generator.schema().tables[t].rows;
    const std::size_t columns = generator.schema().tables[t].columns.size();
    const RowBatch whole = rows_of(generator, t, 0, rows);
    ASSERT_EQ(whole.size(), rows);
    for (const std::uint64_t shard : {1u, 7u, 64u, 299u}) {
      RowBatch parts(columns);
      for (std::uint64_t first = 0; first < rows; first += shard)
        generator.add(t, first, std::min(shard, rows - first), parts);
      for (std::size_t c = 0; c < columns; c++)
        ASSERT_EQ(texts_of(parts, c), texts_of(whole, c)) << generator.schema().tables[t].columns[c].name;
    }
    // Backwards, each column by itself.
    std::vector<std::uint64_t> backwards(rows);
    std::iota(backwards.rbegin(), backwards.rend(), 0);
    for (std::size_t c = 0; c < columns; c++) {
      RowBatch one(1);
      const std::size_t only[] = {c};
      generator.add(t, only, backwards, one);
      std::vector<std::string> texts = texts_of(one, 0);
      std::reverse(texts.begin(), texts.end());
      ASSERT_EQ(texts, texts_of(whole, c)) << generator.schema().tables[t].columns[c].name;
    }
  }
}

TEST(RowGenerator, another_table_or_column_changes_nothing) {
  const std::string_view one =
      "tables:\n- {name: b, id: {type: int}, columns: [{name: y, type: text}, {name: z, type: int}]}\n";
  const std::string_view more =
      "tables:\n- {name: a, rows: 5, id: {type: uuid}}\n"
      "- {name: b, columns: [{name: n, type: name}, {name: z, type: int}, {name: id, type: int, primary_key: true}, "
      "{name: y, type: text}]}\n";
  const RowGenerator first(schema_of(one)), second(schema_of(more));
  const RowBatch a = rows_of(first, 0, 0, 100), b = rows_of(second, 1, 0, 100);
  EXPECT_EQ(texts_of(a, 1), texts_of(b, 3));
  EXPECT_EQ(texts_of(a, 2), texts_of(b, 1));
}

TEST(RowGenerator, tables_columns_and_seeds_are_not_alike) {
  const std::string two =
      "tables:\n- {name: a, columns: [{name: x, type: int}, {name: y, type: int}]}\n- {name: b, columns: [{name: x, "
      "type: int}]}\n";
  const RowGenerator generator(schema_of(two)), other(schema_of(two, {.rows = {}, .seed = 43}));
  const RowBatch a = rows_of(generator, 0, 0, 1000), b = rows_of(generator, 1, 0, 1000),
                 seeded = rows_of(other, 0, 0, 1000);
  const auto same = [](const std::vector<std::string>& x, const std::vector<std::string>& y) {
    int count = 0;
    for (std::size_t i = 0; i < x.size(); i++) count += x[i] == y[i] ? 1 : 0;
    return count;
  };
  // Of a million numbers two are the same with a probability of 10^-6; three in 1,000 pairs with one of 2·10^-10.
  EXPECT_LE(same(texts_of(a, 0), texts_of(a, 1)), 2);
  EXPECT_LE(same(texts_of(a, 0), texts_of(b, 0)), 2);
  EXPECT_LE(same(texts_of(a, 0), texts_of(seeded, 0)), 2);
}

TEST(RowGenerator, a_version_changes_what_is_random_and_no_key) {
  const RowGenerator generator(schema_of(every_type()));
  const Schema& schema = generator.schema();
  const std::size_t t = schema.table("all_types").value();
  const RowBatch before = rows_of(generator, t, 0, 300), after = rows_of(generator, t, 0, 300, 1),
                 later = rows_of(generator, t, 0, 300, 2);
  for (const char* const pinned : {"author_id", "line", "hex", "user", "call"}) {
    const std::size_t c = column_named(schema, t, pinned);
    EXPECT_EQ(texts_of(before, c), texts_of(after, c)) << pinned;
  }
  for (const char* const changed : {"whole", "big", "f", "d", "money", "t", "mail", "at", "u", "doc", "doc3", "took",
                                    "owner", "numbers", "polygon", "flag", "state", "ul"}) {
    const std::size_t c = column_named(schema, t, changed);
    EXPECT_NE(texts_of(before, c), texts_of(after, c)) << changed;
    EXPECT_NE(texts_of(later, c), texts_of(after, c)) << changed;
  }
  EXPECT_EQ(texts_of(after, 5), texts_of(rows_of(generator, t, 0, 300, 1), 5));
}

TEST(RowGenerator, nulls_are_where_they_may_be_and_as_often_as_said) {
  const RowGenerator generator(schema_of(every_type()));
  const Schema& schema = generator.schema();
  for (std::size_t t = 0; t < schema.tables.size(); t++) {
    const RowBatch rows = rows_of(generator, t, 0, schema.tables[t].rows);
    for (std::size_t c = 0; c < rows.columns(); c++)
      for (std::size_t r = 0; r < rows.size(); r++)
        ASSERT_TRUE(schema.tables[t].columns[c].nullable || !is_null(rows.row(r)[c]))
            << schema.tables[t].columns[c].name;
  }
  const auto values = values_of("type: int, null_rate: 0.3", 100'000);
  const auto nulls = static_cast<double>(std::count(values.begin(), values.end(), "NULL"));
  EXPECT_NEAR(nulls, 30'000, 5 * std::sqrt(100'000 * 0.3 * 0.7));  // five standard errors of a binomial count
  EXPECT_THAT(values_of("type: int, generator: 'null', nullable: true", 2), ElementsAre("NULL", "NULL"));
}

TEST(RowGenerator, null_rates_do_not_change_the_other_values) {
  const auto without = values_of("type: int"), with = values_of("type: int, null_rate: 0.5");
  for (std::size_t i = 0; i < with.size(); i++) ASSERT_TRUE(with[i] == "NULL" || with[i] == without[i]) << i;
}

/// Each foreign key of each row is null as a whole, or a row of the table that it points at.
void expect_references(const RowGenerator& generator) {
  const Schema& schema = generator.schema();
  for (std::size_t t = 0; t < schema.tables.size(); t++) {
    const RowBatch rows = rows_of(generator, t, 0, schema.tables[t].rows);
    for (const ForeignKey& key : schema.tables[t].foreign_keys) {
      const RowBatch parents = rows_of(generator, key.table, 0, schema.tables[key.table].rows);
      const auto text = [](const Value* row, const std::vector<std::size_t>& columns) {
        std::string out;
        for (const std::size_t c : columns) out += to_text(row[c]) + "|";
        return out;
      };
      std::unordered_set<std::string> there;
      for (std::size_t r = 0; r < parents.size(); r++) there.insert(text(parents.row(r), key.references));
      std::size_t nulls = 0;
      for (std::size_t r = 0; r < rows.size(); r++) {
        const auto null = std::count_if(key.columns.begin(), key.columns.end(),
                                        [&](std::size_t c) { return is_null(rows.row(r)[c]); });
        if (null > 0)
          ASSERT_EQ(static_cast<std::size_t>(null), key.columns.size());
        else
          ASSERT_TRUE(there.find(text(rows.row(r), key.columns)) != there.end())
              << schema.tables[t].name << " row " << r;
        nulls += null > 0 ? 1 : 0;
      }
      EXPECT_EQ(nulls > 0, key.null_rate > 0 || (key.table == t && schema.tables[t].columns[key.columns[0]].nullable));
    }
  }
}

TEST(RowGenerator, foreign_keys_point_at_rows_that_are_there) {
  expect_references(RowGenerator(schema_of(every_type())));
}

TEST(RowGenerator, foreign_keys_through_other_foreign_keys_point_at_rows_that_are_there) {
  expect_references(RowGenerator(schema_of(R"(tables:
- {name: a, rows: 20, id: {type: uuid}}
- name: b
  rows: 50
  columns:
  - {name: a_id, type: uuid, primary_key: true, references: a}
  - {name: n, type: int, primary_key: true, generator: {type: int_range, min: 1, max: 3}}
- name: c
  rows: 400
  primary_key: [a_id, n, what]
  columns:
  - {name: a_id, type: uuid}
  - {name: n, type: int}
  - {name: what, type: {enum: [x, y, z, w, v, u, t, s]}}
  - {name: boss, type: uuid}
  foreign_keys:
  - {columns: [a_id, n], table: b}
  - {columns: [boss], table: a, distribution: zipf}
)")));
}

TEST(RowGenerator, rows_of_their_own_table_are_those_before) {
  const RowGenerator generator(schema_of(
      "tables:\n- {name: e, rows: 2000, id: {type: int}, columns: [{name: boss, type: int, references: e}]}\n"));
  const RowBatch rows = rows_of(generator, 0, 0, 2000);
  EXPECT_EQ(to_text(rows.row(0)[1]), to_text(rows.row(0)[0]));
  for (std::size_t r = 1; r < rows.size(); r++)
    ASSERT_LT(std::get<std::int64_t>(rows.row(r)[1]), std::get<std::int64_t>(rows.row(r)[0]));
}

TEST(RowGenerator, keys_of_every_table_are_unique) {
  const RowGenerator generator(schema_of(every_type()));
  const Schema& schema = generator.schema();
  for (std::size_t t = 0; t < schema.tables.size(); t++) {
    const RowBatch rows = rows_of(generator, t, 0, schema.tables[t].rows);
    std::set<std::string> keys;
    for (std::size_t r = 0; r < rows.size(); r++) {
      std::string key;
      for (const std::size_t c : schema.tables[t].primary_key) key += to_text(rows.row(r)[c]) + "|";
      keys.insert(key);
    }
    EXPECT_EQ(keys.size(), rows.size()) << schema.tables[t].name;
  }
}

class Unique : public testing::TestWithParam<std::string> {};

TEST_P(Unique, columns_have_each_value_once) {
  const auto values = values_of(fmt::format("{}, unique: true", GetParam()), 20'000);
  EXPECT_EQ(std::set<std::string>(values.begin(), values.end()).size(), values.size());
}

INSTANTIATE_TEST_SUITE_P(
    Generators, Unique,
    testing::Values("type: int, generator: {type: int_range, min: -7, max: 19992}",
                    "type: big_int, generator: {type: int_range, min: -9223372036854775808, max: 9223372036854775807}",
                    "type: decimal, generator: {type: decimal_range, min: 0, max: 199.99}",
                    "type: double, generator: {type: float_range, min: 0, max: 1}",
                    "type: float, generator: {type: float_range, min: 0.00001, max: 0.2}", "type: uuid", "type: ulid",
                    "type: text, generator: uuid_v4", "type: email", "type: username", "type: phone", "type: url",
                    "type: text, generator: {type: string, min_length: 4, max_length: 9, alphabet: lower}",
                    "type: text, generator: {type: string, min_length: 4}",
                    "type: text, generator: {type: pattern, pattern: '{rand:5}/{rand:2}'}",
                    "type: text, generator: {type: pattern, pattern: '{uuid}'}",
                    "type: bytes, generator: {type: bytes, min_length: 2, max_length: 4}",
                    "type: timestamp, generator: timestamp_now",
                    "type: time, generator: {type: timestamp_range, start: 2024-01-01, end: 2024-01-01T23:59:59}",
                    "type: date, generator: {type: timestamp_range, start: 1970-01-01, end: 2030-01-01}",
                    "type: duration, generator: {type: duration_range, min_secs: -10000, max_secs: 9999}"));

TEST(RowGenerator, unique_texts_differ_by_more_than_case) {
  std::set<std::string> folded;
  for (std::string value :
       values_of("type: text, generator: {type: string, min_length: 3, max_length: 3}, unique: true", 30'000)) {
    std::transform(value.begin(), value.end(), value.begin(), [](unsigned char c) { return std::tolower(c); });
    folded.insert(value);
  }
  EXPECT_EQ(folded.size(), 30'000u);
}

TEST(RowGenerator, a_foreign_key_that_is_unique_takes_each_row_once) {
  const RowGenerator generator(
      schema_of("tables:\n- {name: a, rows: 500, id: {type: int}}\n- {name: b, rows: 500, columns: [{name: a, type: "
                "int, primary_key: true, references: a}]}\n"));
  std::set<std::string> all;
  for (const std::string& value : texts_of(rows_of(generator, 1, 0, 500), 0)) all.insert(value);
  EXPECT_EQ(all.size(), 500u);
}

TEST(RowGenerator, a_joint_key_of_all_combinations_has_each_once) {
  const RowGenerator generator(schema_of(R"(tables:
- {name: u, rows: 30, id: {type: int}}
- {name: g, rows: 11, id: {type: int}}
- {name: m, rows: 330, primary_key: [u, g], columns: [{name: u, type: int, references: u}, {name: g, type: int, references: g}]}
)"));
  std::set<std::string> pairs;
  const RowBatch rows = rows_of(generator, 2, 0, 330);
  for (std::size_t r = 0; r < rows.size(); r++) pairs.insert(to_text(rows.row(r)[0]) + "," + to_text(rows.row(r)[1]));
  EXPECT_EQ(pairs.size(), 330u);
  EXPECT_EQ(generator.most_rows(2), 330u);
  EXPECT_EQ(generator.most_rows(0), 2'147'483'647u);
}

TEST(RowGenerator, numbers_reach_both_ends_and_stay_inside) {
  const auto small = values_of("type: int, generator: {type: int_range, min: -2, max: 2}");
  EXPECT_THAT(std::set<std::string>(small.begin(), small.end()), ElementsAre("-1", "-2", "0", "1", "2"));
  const auto days = values_of("type: date, generator: {type: timestamp_range, start: 2020-02-28, end: 2020-03-01}");
  EXPECT_THAT(std::set<std::string>(days.begin(), days.end()), ElementsAre("2020-02-28", "2020-02-29", "2020-03-01"));
  const auto money = values_of("type: decimal, generator: {type: decimal_range, min: 9.98, max: 10.01}");
  EXPECT_THAT(std::set<std::string>(money.begin(), money.end()), ElementsAre("10.00", "10.01", "9.98", "9.99"));
  const auto seconds = values_of(
      "type: timestamp, generator: {type: timestamp_range, start: 2024-01-01, end: 2024-01-01T00:00:02, resolution: "
      "1s}");
  EXPECT_THAT(std::set<std::string>(seconds.begin(), seconds.end()),
              ElementsAre("2024-01-01 00:00:00.000000", "2024-01-01 00:00:01.000000", "2024-01-01 00:00:02.000000"));
  const auto length = values_of("type: duration, generator: {type: duration_range, min_secs: -1, max_secs: 1}");
  EXPECT_THAT(std::set<std::string>(length.begin(), length.end()), ElementsAre("'PT-1S'", "'PT0S'", "'PT1S'"));
  EXPECT_THAT(values_of("type: int, generator: {type: int_range, min: 5, max: 5}", 2), ElementsAre("5", "5"));
  EXPECT_THAT(values_of("type: small_int, generator: {type: sequential, start: -2, step: -3}", 3),
              ElementsAre("-2", "-5", "-8"));
  EXPECT_THAT(values_of("type: text, generator: {type: pattern, pattern: '{{x}}-{index}'}", 2),
              ElementsAre("'{x}-0'", "'{x}-1'"));
}

TEST(RowGenerator, sequences_of_instants_never_go_back) {
  const RowGenerator generator(schema_of(
      table_with("type: timestamp, generator: {type: timestamp_now, start: 2025-06-01T12:00:00, step: 2s}", 5000)));
  const RowBatch rows = rows_of(generator, 0, 0, 5000);
  const std::int64_t start = parse_timestamp("2025-06-01 12:00:00").microseconds;
  for (std::size_t r = 0; r < rows.size(); r++) {
    const std::int64_t offset =
        std::get<Timestamp>(rows.row(r)[1]).microseconds - start - static_cast<std::int64_t>(r) * 2'000'000;
    ASSERT_GE(offset, 0);
    ASSERT_LT(offset, 2'000'000);
    ASSERT_EQ(offset % 1000, 0);  // whole milliseconds, which every store has
  }
}

TEST(RowGenerator, real_numbers_come_back_from_so_many_digits_as_every_store_keeps) {
  for (const auto& [column, digits] :
       {std::pair("type: double, generator: {type: float_range, min: -1e-3, max: 123456.789}", 15),
        std::pair("type: double, generator: {type: float_range, min: 0, max: 1e37}", 15),
        std::pair("type: float, generator: {type: float_range, min: -1e37, max: 1e37}", 6),
        std::pair("type: double, generator: {type: float_range, min: 0, max: 1e-9}", 15),
        std::pair("type: float, generator: {type: float_range, min: 0, max: 70000}", 6)}) {
    const RowGenerator generator(schema_of(table_with(column)));
    const RowBatch rows = rows_of(generator, 0, 0, 1000);
    for (std::size_t r = 0; r < rows.size(); r++) {
      const double value = std::get<double>(rows.row(r)[1]), read = std::stod(fmt::format("{:.{}g}", value, digits));
      if (digits == 15)
        ASSERT_EQ(read, value) << column;
      else
        ASSERT_EQ(static_cast<float>(read), static_cast<float>(value)) << column;
    }
  }
}

TEST(RowGenerator, arrays_are_json_for_who_has_none) {
  const std::string text = table_with(
      "type: {type: array, element_type: text}, generator: {type: sample_array, pool: ['a\"b', c], min_length: 1, "
      "max_length: 3}, null_rate: 0.2");
  const RowGenerator arrays(schema_of(text)), documents(schema_of(text), Arrays::json);
  const RowBatch a = rows_of(arrays, 0, 0, 500), b = rows_of(documents, 0, 0, 500);
  std::size_t nulls = 0;
  for (std::size_t r = 0; r < a.size(); r++) {
    nulls += is_null(b.row(r)[1]) ? 1 : 0;
    if (is_null(a.row(r)[1])) {
      ASSERT_TRUE(is_null(b.row(r)[1]));
      continue;
    }
    const auto array = std::get<Array>(a.row(r)[1]);
    std::string expected;
    for (std::size_t i = 0; i < array.size; i++)
      expected +=
          (i == 0 ? "" : ", ") + std::string(std::get<std::string_view>(array.data[i]) == "c" ? "\"c\"" : R"("a\"b")");
    ASSERT_EQ(to_text(b.row(r)[1]), "[" + expected + "]");
  }
  EXPECT_GT(nulls, 0u);
}

TEST(RowGenerator, days_before_1970_are_days_too) {
  EXPECT_THAT(values_of("type: date, generator: {type: timestamp_now, start: 1969-12-30T18:00:00, step: 12h}", 4),
              ElementsAre(testing::AnyOf("1969-12-30", "1969-12-31"), "1969-12-31",
                          testing::AnyOf("1969-12-31", "1970-01-01"), "1970-01-01"));
}

TEST(RowGenerator, identifiers_are_as_their_standards_say) {
  for (const std::string& uuid : values_of("type: uuid")) {
    ASSERT_EQ(uuid.size(), 36u);
    ASSERT_EQ(uuid[14], '4');                                          // RFC 9562: version 4
    ASSERT_NE(std::string("89ab").find(uuid[19]), std::string::npos);  // and its variant
  }
  std::string last;
  for (const std::string& ulid : values_of("type: ulid")) {
    ASSERT_EQ(ulid.size(), 28u);  // in quotes
    ASSERT_LT(last, ulid);        // in the order of their time
    last = ulid;
  }
  // 2024-01-01T00:00:00Z is 1704067200000 ms: 01HK153X00 in Crockford's base 32, worked out by hand with bc.
  EXPECT_EQ(last.substr(1, 6), "01HK15");
}

}  // namespace
}  // namespace assay::dataset
