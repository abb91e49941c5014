#include "drivers/kafka/format.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace assay::kafka {
namespace {

using testing::HasSubstr;

constexpr Uuid kUuid{{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}};

Table table_of(std::vector<Column> columns, std::vector<std::string> key = {}) {
  return {.name = "user_events",
          .columns = std::move(columns),
          .primary_key = std::move(key),
          .foreign_keys = {},
          .indexes = {},
          .partitioning = {}};
}

/// A column of each type, each of which may be null.
Table everything(bool nullable = true) {
  std::vector<Column> columns;
  const auto add = [&](const char* name, ColumnType type) {
    columns.push_back({.name = name, .type = type, .length = 20, .precision = 12, .scale = 2, .nullable = nullable});
  };
  add("id", ColumnType::bigint);
  add("b", ColumnType::boolean);
  add("i", ColumnType::integer);
  add("r", ColumnType::real);
  add("d", ColumnType::decimal);
  add("c", ColumnType::character);
  add("v", ColumnType::varchar);
  add("t", ColumnType::text);
  add("y", ColumnType::bytes);
  add("u", ColumnType::uuid);
  add("da", ColumnType::date);
  add("ti", ColumnType::time);
  add("ts", ColumnType::timestamp);
  add("j", ColumnType::json);
  return table_of(std::move(columns), {"id"});
}

std::vector<Value> row() {
  using namespace std::literals;
  return {std::int64_t{-9'223'372'036'854'775'807},
          true,
          std::int64_t{-5},
          0.1,
          Decimal{-12345, 2},
          "abc"sv,
          "q\"\\\n\x01\0z"sv,
          "Grüße 漢字 🎉"sv,
          Bytes{"\0\xff\x80"sv},
          kUuid,
          Date{-1},
          TimeOfDay{86'399'999'999},
          Timestamp{-1},
          Json{R"([1,2.5,"x"])"sv}};
}

class Formats : public testing::TestWithParam<const char*> {
 protected:
  static std::unique_ptr<RowFormat> format(const Table& table) {
    return GetParam() == std::string_view("json") ? json_format(table) : protobuf_format(table);
  }
  static std::string encoded(const Table& table, const std::vector<Value>& cells) {
    std::string out = "what was there before";
    format(table)->encode(cells.data(), out);
    return out;
  }
};

TEST_P(Formats, a_row_is_read_as_it_was_written_whatever_the_types) {
  const Table table = everything();
  RowBatch batch(table.columns.size());
  const Result<> done = format(table)->decode(encoded(table, row()), batch);
  ASSERT_TRUE(done) << done.error().message;
  ASSERT_EQ(batch.size(), 1u);
  for (std::size_t c = 0; c < table.columns.size(); c++)
    EXPECT_TRUE(batch.row(0)[c] == row()[c])
        << table.columns[c].name << ": " << to_text(batch.row(0)[c]) << " was " << to_text(row()[c]);
}

TEST_P(Formats, null_is_not_zero_and_not_empty) {
  using namespace std::literals;
  const Table table = everything();
  const std::vector<Value> nulls(table.columns.size());
  const std::vector<Value> zeros = {
      std::int64_t{0}, false,  std::int64_t{0}, 0.0,          Decimal{0, 2}, ""sv,       ""sv, ""sv,
      Bytes{""sv},     Uuid{}, Date{0},         TimeOfDay{0}, Timestamp{0},  Json{"0"sv}};
  for (const std::vector<Value>& cells : {nulls, zeros}) {
    RowBatch batch(table.columns.size());
    const Result<> done = format(table)->decode(encoded(table, cells), batch);
    ASSERT_TRUE(done) << done.error().message;
    for (std::size_t c = 0; c < table.columns.size(); c++)
      EXPECT_TRUE(batch.row(0)[c] == cells[c]) << table.columns[c].name << ": " << to_text(batch.row(0)[c]);
  }
}

TEST_P(Formats, zeros_of_columns_that_are_never_null_are_read) {
  const Table table =
      table_of({{.name = "n"}, {.name = "t", .type = ColumnType::text}, {.name = "at", .type = ColumnType::timestamp}});
  const std::vector<Value> cells = {std::int64_t{0}, std::string_view(""), Timestamp{0}};
  RowBatch batch(3);
  ASSERT_TRUE(format(table)->decode(encoded(table, cells), batch));
  for (std::size_t c = 0; c < 3; c++) EXPECT_TRUE(batch.row(0)[c] == cells[c]) << c;
}

TEST_P(Formats, infinities_are_read_as_they_were_written) {
  const Table table = table_of({{.name = "r", .type = ColumnType::real}});
  for (const double real : {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), 5.0,
                            1e300, std::numeric_limits<double>::denorm_min()}) {
    const std::vector<Value> cells = {real};
    RowBatch batch(1);
    ASSERT_TRUE(format(table)->decode(encoded(table, cells), batch)) << real;
    EXPECT_TRUE(batch.row(0)[0] == cells[0]) << real << " " << to_text(batch.row(0)[0]);
  }
}

TEST_P(Formats, what_is_no_message_of_the_table_is_a_wrong_answer) {
  const Table table = everything(false);
  std::string whole = encoded(table, row());
  for (const std::string& message :
       {std::string("nonsense"), whole.substr(0, whole.size() - 1), std::string("{\"id\":1}")}) {
    RowBatch batch(table.columns.size());
    const Result<> done = format(table)->decode(message, batch);
    ASSERT_FALSE(done) << message;
    EXPECT_EQ(done.error().kind, FailureKind::wrong_answer);
  }
}

TEST_P(Formats, a_message_of_another_table_is_a_wrong_answer_that_says_what_it_has) {
  const Table wide = table_of({{.name = "a"}, {.name = "b"}}), narrow = table_of({{.name = "a"}});
  RowBatch batch(1);
  const Result<> done = format(narrow)->decode(encoded(wide, {std::int64_t{1}, std::int64_t{2}}), batch);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, FailureKind::wrong_answer);
  EXPECT_THAT(done.error().message, HasSubstr("the message has"));
}

INSTANTIATE_TEST_SUITE_P(Both, Formats, testing::Values("json", "protobuf"),
                         [](const auto& param) { return std::string(param.param); });

TEST(JsonFormat, IsTheObjectThatIsDocumented) {
  const Table table = everything();
  std::string out;
  json_format(table)->encode(row().data(), out);
  EXPECT_EQ(out, R"({"id":-9223372036854775807,"b":true,"i":-5,"r":0.1,"d":"-123.45","c":"abc",)"
                 R"("v":"q\"\\\u000a\u0001\u0000z","t":"Grüße 漢字 🎉","y":"AP+A",)"
                 R"("u":"01234567-89ab-cdef-0123-456789abcdef","da":"1969-12-31","ti":"23:59:59.999999",)"
                 R"("ts":"1969-12-31T23:59:59.999999Z","j":[1,2.5,"x"]})");
}

TEST(JsonFormat, SaysWhichMemberIsNotOfItsType) {
  const Table table = table_of({{.name = "n"}, {.name = "at", .type = ColumnType::date, .nullable = true}});
  for (const auto& [message, says] : {std::pair{R"({"n":"1","at":null})", "'n' is \"1\""},
                                      {R"({"n":1.5,"at":null})", "'n' is 1.5"},
                                      {R"({"n":18446744073709551615,"at":null})", "'n' is 18446744073709551615"},
                                      {R"({"n":1,"at":"2026-13-01"})", "'at' is \"2026-13-01\""},
                                      {R"({"n":1})", "no member 'at'"}}) {
    RowBatch batch(2);
    const Result<> done = json_format(table)->decode(message, batch);
    ASSERT_FALSE(done) << message;
    EXPECT_THAT(done.error().message, HasSubstr(says));
  }
}

TEST(ProtobufFormat, IsOnTheWireWhatTheSpecificationSays) {
  // By hand, from the encoding guide of protobuf: tag = field << 3 | wire type; -1 as ten bytes; a message is length and fields.
  const Table table = table_of(
      {{.name = "id"}, {.name = "at", .type = ColumnType::timestamp}, {.name = "t", .type = ColumnType::text}});
  const std::vector<Value> cells = {std::int64_t{150}, Timestamp{1'000'001}, std::string_view("hi")};
  std::string out;
  protobuf_format(table)->encode(cells.data(), out);
  using namespace std::literals;
  EXPECT_EQ(out, "\x08\x96\x01\x12\x05\x08\x01\x10\xe8\x07\x1a\x02hi"s);
}

TEST(ProtobufFormat, TheProtoFileIsThatOfTheLoadTest) {
  const Table table = table_of({{.name = "id"},
                                {.name = "user_name", .type = ColumnType::varchar, .nullable = true},
                                {.name = "price", .type = ColumnType::decimal, .precision = 10, .scale = 2},
                                {.name = "raw", .type = ColumnType::bytes},
                                {.name = "score", .type = ColumnType::real},
                                {.name = "at", .type = ColumnType::timestamp}});
  EXPECT_EQ(proto_file(table), R"(syntax = "proto3";

import "google/protobuf/timestamp.proto";
package loadtest;

message UserEvents {
  int64 id = 1;
  optional string user_name = 2;
  string price = 3;
  bytes raw = 4;
  double score = 5;
  .google.protobuf.Timestamp at = 6;
}

)");
}

TEST(ProtobufFormat, RefusesNamesThatNoFieldCanHave) {
  const auto refusal = [](const Table& table) -> std::string {
    try {
      protobuf_format(table);
    } catch (const Error& error) {
      return error.what();
    }
    return "it was taken";
  };
  EXPECT_THAT(refusal(table_of({{.name = "größe"}})), HasSubstr("the column 'größe' of user_events"));
  EXPECT_THAT(refusal(table_of({{.name = "a_b"}, {.name = "aB"}})), HasSubstr("makes no message"));
  Table table = table_of({{.name = "id"}});
  table.name = "1st";
  EXPECT_THAT(refusal(table), HasSubstr("'1st' makes no name of a message"));
}

TEST(RowKey, IsTheTextOfTheKeyOrAnArrayOfSeveral) {
  using namespace std::literals;
  const auto key = [](std::vector<Column> columns, std::vector<std::string> names, std::vector<Value> cells) {
    RowKey made(table_of(std::move(columns), std::move(names)));
    return std::string(made.of(cells.data()).value_or("none"));
  };
  EXPECT_EQ(key({{.name = "a"}}, {}, {std::int64_t{1}}), "none");
  EXPECT_EQ(key({{.name = "a"}}, {"a"}, {std::int64_t{-42}}), "-42");
  EXPECT_EQ(key({{.name = "a", .type = ColumnType::text}}, {"a"}, {"\"x\""sv}), "\"x\"");
  EXPECT_EQ(key({{.name = "a", .type = ColumnType::uuid}}, {"a"}, {kUuid}), "01234567-89ab-cdef-0123-456789abcdef");
  EXPECT_EQ(key({{.name = "a"}, {.name = "b", .type = ColumnType::text}}, {"b", "a"}, {std::int64_t{7}, "x\"y"sv}),
            R"(["x\"y",7])");
}

}  // namespace
}  // namespace assay::kafka
