#include "drivers/mongodb/codec.h"

#include "base/error.h"

#include <bson/bson.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace assay::mongodb {
namespace {

/// As libbson reads it: an independent look at the bytes.
std::string as_json(const std::string& document) {
  bson_t raw;
  std::size_t where = 0;
  if (!bson_init_static(&raw, reinterpret_cast<const std::uint8_t*>(document.data()), document.size()) ||
      !bson_validate(&raw, BSON_VALIDATE_UTF8, &where))
    return "(invalid)";
  char* text = bson_as_canonical_extended_json(&raw, nullptr);
  std::string out = text;
  bson_free(text);
  return out;
}

Table table_of(std::vector<Column> columns, std::vector<std::string> key = {}) {
  return {.name = "t",
          .columns = std::move(columns),
          .primary_key = std::move(key),
          .foreign_keys = {},
          .indexes = {},
          .partitioning = {}};
}

std::string encoded(const Column& column, const Value& value, Decimals decimals = Decimals::decimal128) {
  const Table table = table_of({column});
  const auto document = RowCodec(table, decimals).document(&value);
  return document ? as_json(*document) : document.error().message;
}

Column column_of(ColumnType type, int scale = 0) {
  return {.name = "c", .type = type, .scale = scale, .nullable = true};
}

TEST(MongodbCodec, EachTypeOfColumnHasItsBsonType) {
  const Uuid uuid{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
  EXPECT_EQ(encoded(column_of(ColumnType::boolean), true), R"({ "c" : true })");
  EXPECT_EQ(encoded(column_of(ColumnType::integer), std::int64_t(-7)), R"({ "c" : { "$numberInt" : "-7" } })");
  EXPECT_EQ(encoded(column_of(ColumnType::integer), std::int64_t(1) << 31),
            R"({ "c" : { "$numberLong" : "2147483648" } })");
  EXPECT_EQ(encoded(column_of(ColumnType::bigint), std::int64_t(7)), R"({ "c" : { "$numberLong" : "7" } })");
  EXPECT_EQ(encoded(column_of(ColumnType::real), 0.5), R"({ "c" : { "$numberDouble" : "0.5" } })");
  EXPECT_EQ(encoded(column_of(ColumnType::decimal, 2), Decimal{-1230, 2}),
            R"({ "c" : { "$numberDecimal" : "-12.30" } })");
  EXPECT_EQ(encoded(column_of(ColumnType::decimal, 2), Decimal{-1230, 2}, Decimals::text), R"({ "c" : "-12.30" })");
  EXPECT_EQ(encoded(column_of(ColumnType::text), std::string_view("it's")), R"({ "c" : "it's" })");
  EXPECT_EQ(encoded(column_of(ColumnType::bytes), Bytes{"abc"}),
            R"({ "c" : { "$binary" : { "base64" : "YWJj", "subType" : "00" } } })");
  EXPECT_EQ(encoded(column_of(ColumnType::uuid), uuid),
            R"({ "c" : { "$binary" : { "base64" : "AAECAwQFBgcICQoLDA0ODw==", "subType" : "04" } } })");
  EXPECT_EQ(encoded(column_of(ColumnType::date), Date{-1}),
            R"({ "c" : { "$date" : { "$numberLong" : "-86400000" } } })");
  EXPECT_EQ(encoded(column_of(ColumnType::time), TimeOfDay{3'723'000'004}), R"({ "c" : "01:02:03.000004" })");
  EXPECT_EQ(encoded(column_of(ColumnType::timestamp), Timestamp{1'795'217'253'123'456}),
            R"({ "c" : { "$date" : { "$numberLong" : "1795217253123" } } })");
  EXPECT_EQ(encoded(column_of(ColumnType::timestamp), Timestamp{-1}),
            R"({ "c" : { "$date" : { "$numberLong" : "-1" } } })");
  EXPECT_EQ(encoded(column_of(ColumnType::json), Json{R"({"a": [1, 2.5, null, "x"]})"}),
            R"({ "c" : { "a" : [ { "$numberInt" : "1" }, { "$numberDouble" : "2.5" }, null, "x" ] } })");
  const Value elements[] = {std::int64_t(1), std::string_view("x")};
  EXPECT_EQ(encoded(column_of(ColumnType::array), Array{elements, 2}), R"({ "c" : [ { "$numberLong" : "1" }, "x" ] })");
  EXPECT_EQ(encoded(column_of(ColumnType::text), kNull), R"({ })") << "NULL is no field";
}

TEST(MongodbCodec, WhatLooksLikeExtendedJsonIsAnOrdinaryDocument) {
  EXPECT_EQ(encoded(column_of(ColumnType::json), Json{R"({"oid": {"date": 1}})"}),
            R"({ "c" : { "oid" : { "date" : { "$numberInt" : "1" } } } })");
  RowBatch batch(1);
  const Table table = table_of({column_of(ColumnType::json)});
  const RowCodec codec(table, Decimals::decimal128);
  const Value value = Json{R"({"$oid": "0102", "$date": 5})"};
  codec.read(*codec.document(&value), batch);
  EXPECT_EQ(std::get<Json>(batch.row(0)[0]).text, R"({"$oid": "0102", "$date": 5})");
}

TEST(MongodbCodec, AKeyOfOneColumnIsTheIdAndOneOfSeveralIsADocumentOfThem) {
  const Value row[] = {std::int64_t(5), std::string_view("x"), true};
  const std::vector<Column> columns = {{.name = "a"}, {.name = "b", .type = ColumnType::text}, {.name = "c"}};
  const Table one = table_of(columns, {"a"}), two = table_of(columns, {"b", "a"});
  const RowCodec by_one(one, Decimals::decimal128), by_two(two, Decimals::decimal128);
  EXPECT_EQ(as_json(*by_one.document(row)), R"({ "_id" : { "$numberLong" : "5" }, "b" : "x", "c" : true })");
  EXPECT_EQ(as_json(*by_one.filter_of_row(row)), R"({ "_id" : { "$numberLong" : "5" } })");
  EXPECT_EQ(by_one.field("a"), "_id");
  EXPECT_EQ(as_json(*by_two.document(row)), R"({ "_id" : { "b" : "x", "a" : { "$numberLong" : "5" } }, )"
                                            R"("a" : { "$numberLong" : "5" }, "b" : "x", "c" : true })");
  const Value key[] = {std::string_view("x"), std::int64_t(5)};
  EXPECT_EQ(*by_two.filter_of_key(key), *by_two.filter_of_row(row));
  EXPECT_EQ(by_two.field("a"), "a");
}

TEST(MongodbCodec, ADocumentOfSomebodyElseIsReadAsWhatItIs) {
  const Table table =
      table_of({{.name = "id"}, {.name = "n"}, {.name = "d", .type = ColumnType::date}, {.name = "t"}}, {"id"});
  const std::string document =
      DocumentWriter().text("d", "soon").real("n", 1.5).int32("more", 1).text("_id", "seven").take();
  RowBatch batch(4);
  RowCodec(table, Decimals::decimal128).read(document, batch);
  EXPECT_EQ(std::get<std::string_view>(batch.row(0)[0]), "seven");
  EXPECT_EQ(std::get<double>(batch.row(0)[1]), 1.5);
  EXPECT_EQ(std::get<std::string_view>(batch.row(0)[2]), "soon");
  EXPECT_TRUE(is_null(batch.row(0)[3]));
}

TEST(MongodbCodec, DecimalsAreThoseOfLibbson) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  for (const Decimal d :
       {Decimal{0, 0}, Decimal{0, 2}, Decimal{1, 0}, Decimal{-1, 18}, Decimal{123'456, 3},
        Decimal{999'999'999'999'999'999, 6}, Decimal{-999'999'999'999'999'999, 0}, Decimal{kMax, 4}}) {
    bson_decimal128_t expected{};
    ASSERT_TRUE(bson_decimal128_from_string(format_decimal(d).c_str(), &expected));
    const Decimal128 got = to_decimal128(d);
    EXPECT_EQ(got.high, expected.high) << format_decimal(d);
    EXPECT_EQ(got.low, expected.low) << format_decimal(d);
    Decimal back;
    ASSERT_TRUE(from_decimal128(got, back));
    EXPECT_EQ(back, d);
  }
  const auto read = [](const char* text) -> std::string {
    bson_decimal128_t raw{};
    Decimal out;
    if (!bson_decimal128_from_string(text, &raw)) return "(no decimal)";
    return from_decimal128({raw.high, raw.low}, out) ? format_decimal(out) : "(none of ours)";
  };
  EXPECT_EQ(read("12E2"), "1200");
  EXPECT_EQ(read("0E+6000"), "0");
  for (const char* text : {"NaN", "-Infinity", "1E6000", "1E-30", "12345678901234567890123"})
    EXPECT_EQ(read(text), "(none of ours)") << text;
}

TEST(MongodbCodec, NumbersOfJsonKeepTheirDigits) {
  const auto round = [](const char* text, Decimals decimals = Decimals::decimal128) {
    const Table table = table_of({column_of(ColumnType::json)});
    const RowCodec codec(table, decimals);
    const Value value = Json{text};
    RowBatch batch(1);
    codec.read(*codec.document(&value), batch);
    return std::string(std::get<Json>(batch.row(0)[0]).text);
  };
  for (const char* text : {"0", "-17", "2147483648", "9223372036854775807", "-9223372036854775808", "0.1", "-1.5",
                           "1.0", "18446744073709551615", "12345678901234567890.12", "0.30000000000000004"})
    EXPECT_EQ(round(text), text);
  EXPECT_EQ(round("1e300"), "1e+300");
  EXPECT_EQ(round("null"), "null") << "which is not NULL";
  EXPECT_EQ(round("\"a\\u0000\\n\\\"\""), R"("a\u0000\u000a\"")");
  EXPECT_EQ(round("[[[]], {}]"), "[[[]], {}]");
  EXPECT_EQ(round("12345678901234567890.12", Decimals::text), "1.2345678901234567e+19");
}

TEST(MongodbCodec, WhatCannotBeStoredIsRejectedWithItsColumn) {
  using testing::HasSubstr;
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  EXPECT_THAT(encoded(column_of(ColumnType::text), std::string_view("\xff\xfe")), HasSubstr("t.c: 0xfffe"));
  EXPECT_THAT(encoded(column_of(ColumnType::json), Json{"{\"a\": }"}), HasSubstr("t.c: no JSON"));
  EXPECT_THAT(encoded(column_of(ColumnType::json), Json{R"({"a\u0000b": 1})"}), HasSubstr("zero byte"));
  EXPECT_THAT(encoded(column_of(ColumnType::json), Json{deep}), HasSubstr("nested deeper"));
}

TEST(MongodbCodec, ATableThatCannotBeACollectionIsAnError) {
  const auto problem = [](const Table& table) -> std::string {
    try {
      const RowCodec codec(table, Decimals::decimal128);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  };
  EXPECT_THAT(problem(table_of({{.name = "a.b"}})), testing::HasSubstr("'a.b'"));
  EXPECT_THAT(problem(table_of({{.name = "$a"}})), testing::HasSubstr("'$a'"));
  EXPECT_THAT(problem(table_of({{.name = "a"}, {.name = "_id"}}, {"a"})), testing::HasSubstr("'_id'"));
  EXPECT_EQ(problem(table_of({{.name = "a"}, {.name = "_id"}}, {"_id"})), "");
  EXPECT_THAT(problem(table_of({{.name = "a", .type = ColumnType::array}}, {"a"})), testing::HasSubstr("array"));
  EXPECT_THAT(problem(table_of({{.name = "a"}}, {"b"})), testing::HasSubstr("no column 'b'"));
}

}  // namespace
}  // namespace assay::mongodb
