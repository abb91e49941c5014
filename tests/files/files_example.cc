// Writes one table with every type of column into csv:DIRECTORY and jsonl:DIRECTORY, for tests that read it by other
// means.
#include "core/parallel.h"
#include "drivers/files/files.h"

#include <cstdio>
#include <exception>
#include <iterator>
#include <string>

namespace {

using namespace assay;

Table every_type() {
  Table table;
  table.name = "every_type";
  table.columns = {{.name = "id"}};
  const auto add = [&](const char* name, ColumnType type) {
    table.columns.push_back({.name = name, .type = type, .length = 40, .precision = 18, .scale = 2, .nullable = true});
  };
  add("a_boolean", ColumnType::boolean);
  add("a_bigint", ColumnType::bigint);
  add("a_real", ColumnType::real);
  add("a_decimal", ColumnType::decimal);
  add("a_text", ColumnType::text);
  add("some_bytes", ColumnType::bytes);
  add("a_uuid", ColumnType::uuid);
  add("a_date", ColumnType::date);
  add("a_time", ColumnType::time);
  add("a_timestamp", ColumnType::timestamp);
  add("some_json", ColumnType::json);
  add("an, \"odd\"\nname", ColumnType::array);
  return table;
}

void write(const Driver& driver, const std::string& directory) {
  const auto target = driver.open({.url = std::string(driver.info().name) + ":" + directory, .options = Options({})});
  const auto session = open_session(*target);
  const Table table = every_type();
  RowBatch batch(table.columns.size());
  const Value first[] = {
      std::int64_t(1),
      true,
      std::int64_t(9'007'199'254'740'993),
      0.1,
      Decimal{1'234'567'890'123'456'78, 2},
      std::string_view("a,b \"quoted\"\r\nsecond line, 東京 🚀\t\x01"),
      Bytes{std::string_view("\0\xff\n", 3)},
      Uuid{{0x55, 0x0e, 0x84, 0x00, 0xe2, 0x9b, 0x41, 0xd4, 0xa7, 0x16, 0x44, 0x66, 0x55, 0x44, 0, 0}},
      Date{19'782},
      TimeOfDay{45'296'789'000},
      Timestamp{1'709'210'096'000'001},
      Json{R"({"a": [1, {"b": "x, \"y\"\n"}]})"},
      Json{R"(["x", null, 1.5])"}};
  for (const Value& value : first) batch.add(value);
  batch.add(std::int64_t(2));
  for (std::size_t c = 1; c < table.columns.size(); c++) batch.add(kNull);
  const Value third[] = {std::int64_t(3),      false,      std::int64_t(-1), -1e300,   Decimal{-5, 2},
                         std::string_view(""), Bytes{""},  Uuid{},           Date{-1}, TimeOfDay{0},
                         Timestamp{0},         Json{"{}"}, Json{"[]"}};
  for (const Value& value : third) batch.add(value);
  session->rows()->create(table);
  value_or_throw(session->rows()->write(table, batch), "writing");
}

}  // namespace

int main(int count, char** arguments) {
  try {
    if (count != 2) throw assay::Error("usage: files_example DIRECTORY");
    write(assay::csv_driver(), arguments[1]);
    write(assay::jsonl_driver(), arguments[1]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "files_example: %s\n", error.what());
    return 1;
  }
}
