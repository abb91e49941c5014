#include "drivers/neo4j/packstream.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace assay::neo4j {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

template <class F>
std::string packed(F&& pack) {
  std::string out;
  Packer packer(out);
  pack(packer);
  return out;
}

std::string unhex(std::string_view digits) {
  std::string out;
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'A' + 10; };
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out += static_cast<char>(value(digits[i]) * 16 + value(digits[i + 1]));
  return out;
}

// The examples and limits of the specification.
TEST(Packstream, WritesWhatTheSpecificationShows) {
  const struct {
    std::int64_t value;
    const char* bytes;
  } kIntegers[] = {{1, "01"},
                   {42, "2A"},
                   {1234, "C904D2"},
                   {127, "7F"},
                   {-16, "F0"},
                   {-17, "C8EF"},
                   {-128, "C880"},
                   {128, "C90080"},
                   {-129, "C9FF7F"},
                   {32767, "C97FFF"},
                   {32768, "CA00008000"},
                   {-32769, "CAFFFF7FFF"},
                   {2147483648, "CB0000000080000000"},
                   {std::numeric_limits<std::int64_t>::min(), "CB8000000000000000"},
                   {std::numeric_limits<std::int64_t>::max(), "CB7FFFFFFFFFFFFFFF"}};
  for (const auto& c : kIntegers) EXPECT_EQ(hex(packed([&](Packer& p) { p.integer(c.value); })), c.bytes) << c.value;
  EXPECT_EQ(hex(packed([](Packer& p) { p.null(); })), "C0");
  EXPECT_EQ(hex(packed([](Packer& p) { p.boolean(true); })), "C3");
  EXPECT_EQ(hex(packed([](Packer& p) { p.boolean(false); })), "C2");
  EXPECT_EQ(hex(packed([](Packer& p) { p.real(1.23); })), "C13FF3AE147AE147AE");
  EXPECT_EQ(hex(packed([](Packer& p) { p.real(-1.23); })), "C1BFF3AE147AE147AE");
  EXPECT_EQ(hex(packed([](Packer& p) { p.text(""); })), "80");
  EXPECT_EQ(hex(packed([](Packer& p) { p.text("A"); })), "8141");
  EXPECT_EQ(hex(packed([](Packer& p) { p.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ"); })).substr(0, 8), "D01A4142");
  EXPECT_EQ(hex(packed([](Packer& p) { p.bytes(""); })), "CC00");
  EXPECT_EQ(hex(packed([](Packer& p) { p.bytes("\1\2\3"); })), "CC03010203");
  EXPECT_EQ(hex(packed([](Packer& p) { p.list(0); })), "90");
  EXPECT_EQ(hex(packed([](Packer& p) { p.list(40); })), "D428");
  EXPECT_EQ(hex(packed([](Packer& p) { p.map(1); })), "A1");
  EXPECT_EQ(hex(packed([](Packer& p) { p.structure(0x44, 1); })), "B144");
}

TEST(Packstream, OfEverySizeComesBack) {
  for (const std::size_t size : {0, 1, 15, 16, 255, 256, 65535, 65536, 100'000}) {
    const std::string text(size, 'x');
    const std::string bytes = packed([&](Packer& p) {
      p.list(3 + size);
      p.text(text);
      p.bytes(text);
      p.map(2);
      p.pair("one", "1");
      p.text("two");
      p.list(1);
      p.integer(2);
      for (std::size_t i = 0; i < size; i++) p.integer(static_cast<std::int64_t>(i));
    });
    std::vector<Item> items;
    ASSERT_TRUE(unpack(bytes, items)) << size;
    ASSERT_EQ(items[0].type, Item::Type::list);
    ASSERT_EQ(items[0].size, 3 + size);
    EXPECT_EQ(items[0].span, items.size());
    EXPECT_EQ(items[1].data, text);
    EXPECT_EQ(items[2].type, Item::Type::bytes);
    EXPECT_EQ(items[2].data, text);
    EXPECT_EQ(text_of(find(items[3], "one")), "1");
    ASSERT_NE(find(items[3], "two"), nullptr);
    EXPECT_EQ(find(items[3], "two")[1].integer, 2);
    EXPECT_EQ(find(items[3], "three"), nullptr);
    const Item* at = &items[3] + items[3].span;
    for (std::size_t i = 0; i < size; i++) ASSERT_EQ(at[i].integer, static_cast<std::int64_t>(i));
  }
}

TEST(Packstream, ReadsWhatTheSpecificationShows) {
  std::vector<Item> items;
  ASSERT_TRUE(unpack(unhex("C13FF3AE147AE147AE"), items));
  EXPECT_EQ(items[0].real, 1.23);
  ASSERT_TRUE(unpack(unhex("C7"), items) == false) << "a marker that is reserved";
  ASSERT_TRUE(unpack(unhex("F0"), items));
  EXPECT_EQ(items[0].integer, -16);
  ASSERT_TRUE(unpack(unhex("CB8000000000000000"), items));
  EXPECT_EQ(items[0].integer, std::numeric_limits<std::int64_t>::min());
  ASSERT_TRUE(unpack(unhex("B14401"), items));
  EXPECT_EQ(items[0].type, Item::Type::structure);
  EXPECT_EQ(items[0].tag, 0x44);
  EXPECT_EQ(items[1].integer, 1);
}

TEST(Packstream, OfWhatIsCutOffOrSenselessIsRefused) {
  const std::string whole = packed([](Packer& p) {
    p.map(1);
    p.text("list");
    p.list(3);
    p.real(1.5);
    p.bytes("abc");
    p.integer(70'000);
  });
  std::vector<Item> items;
  ASSERT_TRUE(unpack(whole, items));
  for (std::size_t size = 0; size < whole.size(); size++) EXPECT_FALSE(unpack(whole.substr(0, size), items)) << size;
  EXPECT_FALSE(unpack(whole + "\1", items)) << "more than one value";
  EXPECT_FALSE(unpack(unhex("A10101"), items)) << "a map whose name is no text";
  EXPECT_FALSE(unpack(unhex("D6FFFFFFFF"), items)) << "a list longer than what is there";
  EXPECT_FALSE(unpack(unhex("DF"), items));
  EXPECT_FALSE(unpack(std::string(100'000, '\x91'), items)) << "deeper than any answer";
}

}  // namespace
}  // namespace assay::neo4j
