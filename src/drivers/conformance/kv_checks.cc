// The kv facet.
#include "drivers/conformance/conformance.h"

namespace assay::conformance {
namespace {

using std::string_view_literals::operator""sv;
using Pairs = std::vector<std::pair<std::string, std::string>>;

class Kv : public Conformance {
 protected:
  Kv() {
    kv().drop("conf_kv");
    kv().create("conf_kv");
    kv().use("conf_kv");
  }
  ~Kv() override {
    try {
      session_->reset();
      kv().drop("conf_kv");
      kv().drop("conf_other");
    } catch (const std::exception& error) {
      ADD_FAILURE() << "cleaning up: " << error.what();
    }
  }

  /// The value, or "(none)".
  std::string get(std::string_view key) {
    std::string value = "(none)";
    const bool found = must(kv().get(key, value));
    EXPECT_EQ(found, value != "(none)");
    return value;
  }
};

TEST_F(Kv, a_collection_is_there_from_create_to_drop) {
  EXPECT_TRUE(kv().exists("conf_kv"));
  kv().create("conf_kv");  // no error
  must(kv().put("k", "v"));
  kv().create("conf_kv");
  EXPECT_EQ(get("k"), "v") << "create does not empty what is there";
  EXPECT_FALSE(kv().exists("conf_other"));
  kv().drop("conf_kv");
  EXPECT_FALSE(kv().exists("conf_kv"));
  kv().drop("conf_kv");  // no error
}

TEST_F(Kv, what_was_put_is_got) {
  must(kv().put("key", "value"));
  EXPECT_EQ(get("key"), "value");
  must(kv().put("key", "another value"));
  EXPECT_EQ(get("key"), "another value");
}

TEST_F(Kv, a_key_that_is_not_there_is_no_failure_and_leaves_the_value_alone) {
  std::string value = "untouched";
  EXPECT_FALSE(must(kv().get("nobody", value)));
  EXPECT_EQ(value, "untouched");
  EXPECT_FALSE(must(kv().update("nobody", "x")));
  EXPECT_FALSE(must(kv().remove("nobody")));
  EXPECT_EQ(get("nobody"), "(none)") << "update does not insert";
}

TEST_F(Kv, update_and_remove_tell_that_the_key_was_there) {
  must(kv().put("key", "old"));
  EXPECT_TRUE(must(kv().update("key", "new")));
  EXPECT_EQ(get("key"), "new");
  EXPECT_TRUE(must(kv().update("key", "new"))) << "also when the value is the same";
  EXPECT_TRUE(must(kv().remove("key")));
  EXPECT_FALSE(must(kv().remove("key")));
  EXPECT_EQ(get("key"), "(none)");
}

TEST_F(Kv, keys_and_values_are_bytes) {
  const std::string_view keys[] = {"\0"sv, "a\0b"sv, "a\0"sv, "\xff\xfe"sv, "it's"sv, "$1"sv, "a\\b\tc\nd"sv};
  std::string all;
  for (int i = 0; i < 256; i++) all += static_cast<char>(i);
  for (const std::string_view key : keys) must(kv().put(key, all + std::string(key)));
  for (const std::string_view key : keys) EXPECT_EQ(get(key), all + std::string(key));
  EXPECT_EQ(get("a"), "(none)") << "a zero byte does not end a key";
}

TEST_F(Kv, a_value_may_be_empty_or_a_megabyte) {
  must(kv().put("empty", ""));
  EXPECT_EQ(get("empty"), "");
  const std::string large(1 << 20, '\x7f');
  must(kv().put("large", large));
  EXPECT_TRUE(get("large") == large);
}

TEST_F(Kv, a_scan_ascends_by_bytes_from_the_first_key_and_stops_at_the_limit) {
  for (const std::string_view key : {"b"sv, "a"sv, "c"sv, "B"sv, "\xc3\xa4"sv, "aa"sv, "a\0"sv})
    must(kv().put(key, "v" + std::string(key)));
  Pairs all;
  must(kv().scan("", 100, all));
  std::vector<std::string> keys;
  for (const auto& [key, value] : all) {
    keys.push_back(key);
    EXPECT_EQ(value, "v" + key);
  }
  EXPECT_THAT(keys, testing::ElementsAre("B", "a", std::string("a\0", 2), "aa", "b", "c", "\xc3\xa4"));

  Pairs some;
  must(kv().scan("aa", 2, some));
  EXPECT_THAT(some, testing::ElementsAre(testing::Pair("aa", "vaa"), testing::Pair("b", "vb")));
  must(kv().scan("bb", 1, some));
  ASSERT_EQ(some.size(), 3u) << "a scan appends";
  EXPECT_EQ(some.back().first, "c");
  Pairs none;
  must(kv().scan("\xff", 10, none));
  EXPECT_TRUE(none.empty());
}

TEST_F(Kv, a_batch_get_tells_which_keys_are_missing) {
  must(kv().put("a", "1"));
  must(kv().put("c", ""));
  const std::string_view keys[] = {"c", "b", "a", "c"};
  std::vector<std::optional<std::string>> values = {"left over"};
  must(kv().get_batch(keys, values));
  EXPECT_THAT(values, testing::ElementsAre("", std::nullopt, "1", ""));
  must(kv().get_batch({}, values));
  EXPECT_TRUE(values.empty());
}

TEST_F(Kv, a_batch_put_inserts_and_replaces) {
  must(kv().put("b", "old"));
  const KvPair pairs[] = {{"a", "1"}, {"b", "2"}, {"zero\0key"sv, "zero\0value"sv}};
  must(kv().put_batch(pairs));
  EXPECT_EQ(get("a"), "1");
  EXPECT_EQ(get("b"), "2");
  EXPECT_EQ(get("zero\0key"sv), "zero\0value"sv);
  must(kv().put_batch({}));
}

TEST_F(Kv, a_batch_of_a_thousand_goes_through) {
  std::vector<std::string> keys;
  for (int i = 0; i < 1'000; i++) keys.push_back(fmt::format("key{:06}", i));
  const std::string value(1'000, 'v');
  std::vector<KvPair> pairs;
  std::vector<std::string_view> asked;
  for (const std::string& key : keys) {
    pairs.push_back({key, value});
    asked.push_back(key);
  }
  must(kv().put_batch(pairs));
  std::vector<std::optional<std::string>> values;
  must(kv().get_batch(asked, values));
  ASSERT_EQ(values.size(), 1'000u);
  for (const auto& got : values) ASSERT_EQ(got, value);
  Pairs scanned;
  must(kv().scan("", 5'000, scanned));
  EXPECT_EQ(scanned.size(), 1'000u);
}

TEST_F(Kv, collections_are_apart) {
  kv().create("conf_other");
  must(kv().put("key", "first"));
  kv().use("conf_other");
  EXPECT_EQ(get("key"), "(none)");
  must(kv().put("key", "second"));
  kv().use("conf_kv");
  EXPECT_EQ(get("key"), "first");
}

TEST_F(Kv, other_sessions_see_what_was_put) {
  must(kv().put("key", "value"));
  const auto other = connect();
  other->kv()->use("conf_kv");
  std::string value;
  EXPECT_TRUE(must(other->kv()->get("key", value)));
  EXPECT_EQ(value, "value");
  EXPECT_TRUE(must(other->kv()->remove("key")));
  EXPECT_EQ(get("key"), "(none)");
}

TEST_F(Kv, a_collection_that_is_not_there_is_rejected) {
  kv().use("conf_other");
  std::string value;
  EXPECT_EQ(outcome(kv().get("key", value)), "rejected");
  EXPECT_EQ(outcome(kv().put("key", "value")), "rejected");
  kv().use("conf_kv");
  must(kv().put("key", "value"));
}

}  // namespace
}  // namespace assay::conformance
