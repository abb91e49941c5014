#include "dataset/texts.h"

#include "base/error.h"
#include "dataset/constant.h"
#include "dataset/dataset_fixture.h"
#include "dataset/json_text.h"
#include "dataset/pattern.h"
#include "dataset/schema_record.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

namespace assay::dataset {
namespace {

using testing::HasSubstr;

TEST(Spread, is_a_permutation_that_keeps_the_size_of_numbers) {
  const Spread spread(5);
  std::set<std::uint64_t> seen;
  for (std::uint64_t x = 0; x < 5000; x++) {
    const std::uint64_t y = spread(x);
    EXPECT_EQ(x < 1024, y < 1024) << x;
    EXPECT_LT(y, std::uint64_t{1} << 20);
    seen.insert(y);
  }
  EXPECT_EQ(seen.size(), 5000u);
  for (const int bits : {10, 20, 30, 40, 50, 59}) {
    const std::uint64_t y = spread(std::uint64_t{1} << bits);
    EXPECT_GE(y, std::uint64_t{1} << (bits / 10 * 10));
    EXPECT_LT(y, std::uint64_t{1} << (bits / 10 * 10 + 10));
  }
}

class EveryWording : public testing::TestWithParam<int> {};

TEST_P(EveryWording, is_text_of_no_more_characters_than_promised) {
  for (const bool ascii : {false, true}) {
    const Words words{.what = static_cast<Wording>(GetParam()), .ascii = ascii};
    const ColumnKey key(1, "t", "c");
    const WordWriter writer(words, key, false);
    const TextSize longest = longest_words(words, 1000);
    for (std::uint64_t row = 0; row < 1000; row++) {
      std::string room(writer.longest(), '\0');
      Draws draws(key.hash(row));
      const std::string text(room.data(), writer.write(draws, row, room.data()));
      ASSERT_FALSE(text.empty());
      ASSERT_LE(text.size(), longest.bytes) << text;
      ASSERT_LE(characters_of(text), longest.characters) << text;
      ASSERT_NE(text.front(), ' ');
      ASSERT_NE(text.back(), ' ');  // which char(n) would lose
      if (ascii) {
        for (const char c : text) ASSERT_LT(static_cast<unsigned char>(c), 0x80) << text;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Words, EveryWording, testing::Range(0, static_cast<int>(Wording::words) + 1));

TEST(Texts, unicode_strings_have_so_many_whole_characters) {
  const RowGenerator generator(
      schema_of(table_with("type: text, generator: {type: string, min_length: 5, max_length: 5, alphabet: unicode}")));
  const RowBatch rows = rows_of(generator, 0, 0, 1000);
  bool four_bytes = false;
  for (std::size_t r = 0; r < rows.size(); r++) {
    const auto text = std::get<std::string_view>(rows.row(r)[1]);
    ASSERT_EQ(characters_of(text), 5u);
    // The reader of YAML refuses what is no UTF-8.
    ASSERT_NE(input::parse_yaml(text, 0, kSubject, [](input::Mark, const std::string& what) { ADD_FAILURE() << what; }),
              nullptr);
    four_bytes = four_bytes ||
                 std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xf0; });
  }
  EXPECT_TRUE(four_bytes);
}

TEST(Texts, documents_are_json_in_the_order_that_databases_give_back) {
  const auto documents = values_of(
      "type: jsonb, generator: {type: static, value: {bb: 1, a: [x, 2.50, null, true, '7', {}], c: \"q\\\"\\n\"}}", 1);
  // Shorter names first, then by bytes: what PostgreSQL's jsonb and MySQL's json make of it.
  EXPECT_EQ(documents[0], R"({"a": ["x", 2.50, null, true, "7", {}], "c": "q\"\n", "bb": 1})");
  const auto nested = values_of(
      "type: json, generator: {type: object, fields: [{name: zz, type: int, generator: {type: sequential}}, {name: b, "
      "type: uuid, generator: {type: static, value: 00000000-0000-4000-8000-000000000001}}, {name: at, type: "
      "timestamp, generator: {type: static, value: 2024-01-02}}]}",
      1);
  EXPECT_EQ(nested[0], R"({"b": "00000000-0000-4000-8000-000000000001", "at": "2024-01-02T00:00:00.000Z", "zz": 0})");
}

TEST(Texts, geometries_are_geojson) {
  for (const auto& [geometry, begin] :
       {std::pair("point", R"({"type": "Point", "coordinates": [)"),
        std::pair("polygon", R"({"type": "Polygon", "coordinates": [[[)"),
        std::pair("multi_polygon", R"({"type": "MultiPolygon", "coordinates": [[[[)"),
        std::pair("geometry_collection", R"({"type": "GeometryCollection", "geometries": [{"type": "Point")")})
    for (const std::string& text :
         values_of(fmt::format("type: {{type: geometry, geometry_type: {}}}", geometry), 50)) {
      ASSERT_THAT(text, testing::StartsWith(begin));
      // It is JSON: read and written it is the same.
      const auto node =
          input::parse_yaml(text, 0, kSubject, [](input::Mark, const std::string& what) { ADD_FAILURE() << what; });
      std::string again;
      append_json(*node, again);
      ASSERT_EQ(again, text);
      if (std::string_view(geometry) == "polygon") {
        const input::Node& ring = *node->find("coordinates")->items.at(0);
        ASSERT_EQ(ring.items.size(), 5u);
        ASSERT_EQ(ring.items[0]->items[0]->text, ring.items[4]->items[0]->text);  // RFC 7946: it is closed
        ASSERT_EQ(ring.items[0]->items[1]->text, ring.items[4]->items[1]->text);
      }
    }
}

TEST(Texts, patterns_are_taken_apart) {
  const auto parts = parse_pattern("a{{b}}{index}-{rand:3}{uuid}");
  ASSERT_EQ(parts.size(), 5u);
  EXPECT_EQ(parts[0].text, "a{b}");
  EXPECT_EQ(parts[3].digits, 3);
  for (const auto& [text, what] :
       {std::pair("{", "not closed"), std::pair("a}", "closes nothing"), std::pair("{rand:19}", "1 to 18"),
        std::pair("{rand:}", "1 to 18"), std::pair("{Index}", "{Index} has no meaning")})
    try {
      parse_pattern(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(what));
    }
}

TEST(Texts, constants_are_written_as_they_are_read) {
  RowBatch store(1);
  const auto text = [&](Kind kind, const char* given) {
    return to_text(constant_of(*input::scalar_node(given, false), {.kind = kind}, store));
  };
  EXPECT_EQ(text(Kind::time, "23:59:59.5"), "23:59:59.500000");
  EXPECT_EQ(text(Kind::timestamp_tz, "2024-02-29T10:00:00Z"), "2024-02-29 10:00:00.000000");
  EXPECT_EQ(text(Kind::duration, "1h30m"), "'PT5400S'");
  EXPECT_EQ(text(Kind::duration, "PT-5S"), "'PT-5S'");
  EXPECT_EQ(text(Kind::bytes, "0xDEad"), "0xdead");
  EXPECT_EQ(text(Kind::bytes, "ab"), "0x6162");
  EXPECT_EQ(text(Kind::single, "0.1"), fmt::format("{}", static_cast<double>(0.1f)));
  EXPECT_EQ(text(Kind::ulid, "01ARZ3NDEKTSV4RRFFQ69G5FAV"), "'01ARZ3NDEKTSV4RRFFQ69G5FAV'");
  const Type finest{.kind = Kind::decimal, .precision = 18, .scale = 18};
  EXPECT_EQ(to_text(constant_of(*input::scalar_node("-0.999999999999999999", false), finest, store)),
            "-0.999999999999999999");
  EXPECT_EQ(to_text(constant_of(*input::scalar_node("0", false), finest, store)), "0.000000000000000000");
  for (const auto& [kind, bad] : {std::pair(Kind::time, "24:00:00"), std::pair(Kind::duration, "1.5s"),
                                  std::pair(Kind::bytes, "0x1"), std::pair(Kind::ulid, "81ARZ3NDEKTSV4RRFFQ69G5FAV"),
                                  std::pair(Kind::thing, "users"), std::pair(Kind::big_int, "9223372036854775808"),
                                  std::pair(Kind::single, "1e39"), std::pair(Kind::date, "2024-01-01T01:00:00")})
    EXPECT_THROW(text(kind, bad), Error) << bad;
}

}  // namespace
}  // namespace assay::dataset
