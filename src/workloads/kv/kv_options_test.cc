#include "workloads/kv/kv_options.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace assay::kv {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Config config_of(const std::map<std::string, std::string>& values) {
  Options options(option_table());
  options.set_all(values);
  return read_options(options);
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// The files workloads/workloada … workloadf of YCSB: readproportion, updateproportion, scanproportion,
// insertproportion, readmodifywriteproportion, requestdistribution.
struct YcsbFile {
  const char* name;
  double read, update, scan, insert, read_modify_write;
  Distribution distribution;
  /// Else ctest's names of the tests would have the bytes of a pointer in them.
  friend void PrintTo(const YcsbFile& file, std::ostream* out) { *out << file.name; }
};
class Presets : public testing::TestWithParam<YcsbFile> {};

TEST_P(Presets, have_the_operations_and_proportions_of_ycsbs_file) {
  const YcsbFile& file = GetParam();
  const Config config = config_of({{"preset", file.name}});
  const std::map<Op, double> expected = {{Op::get, file.read},
                                         {Op::update, file.update},
                                         {Op::scan, file.scan},
                                         {Op::insert, file.insert},
                                         {Op::read_modify_write, file.read_modify_write}};
  double all = 0;
  for (const Share& share : config.mix) {
    ASSERT_TRUE(expected.contains(share.op));
    EXPECT_EQ(share.weight, expected.at(share.op)) << to_string(share.op);
    all += share.weight;
  }
  EXPECT_DOUBLE_EQ(all, 1);
  for (const auto& [op, weight] : expected) EXPECT_EQ(config.has(op), weight > 0) << to_string(op);
  EXPECT_EQ(config.distribution, file.distribution);
  EXPECT_EQ(config.zipfian_constant, 0.99);                  // ZipfianGenerator.ZIPFIAN_CONSTANT
  EXPECT_EQ(config.layout.value_size, (Range{1000, 1000}));  // fieldcount 10 · fieldlength 100
  EXPECT_EQ(config.scan_length, (Range{1, 100}));            // workloade: maxscanlength 100, uniform, from 1
  EXPECT_TRUE(config.layout.hashed);                         // insertorder hashed
}

INSTANTIATE_TEST_SUITE_P(Ycsb, Presets,
                         testing::Values(YcsbFile{"a", 0.5, 0.5, 0, 0, 0, Distribution::zipfian},
                                         YcsbFile{"b", 0.95, 0.05, 0, 0, 0, Distribution::zipfian},
                                         YcsbFile{"c", 1, 0, 0, 0, 0, Distribution::zipfian},
                                         YcsbFile{"d", 0.95, 0, 0, 0.05, 0, Distribution::latest},
                                         YcsbFile{"e", 0, 0, 0.95, 0.05, 0, Distribution::zipfian},
                                         YcsbFile{"f", 0.5, 0, 0, 0, 0.5, Distribution::zipfian}));

TEST(KvOptions, without_any_gets_and_puts_are_uniform) {
  const Config config = config_of({});
  EXPECT_THAT(config.mix, ElementsAre(Share{Op::get, 95}, Share{Op::put, 5}));
  EXPECT_EQ(config.distribution, Distribution::uniform);
  EXPECT_EQ(config.layout.value_size, (Range{100, 100}));
  EXPECT_FALSE(config.layout.hashed);
}

TEST(KvOptions, a_preset_may_be_changed_but_for_its_mix) {
  const Config config = config_of({{"preset", "a"}, {"distribution", "uniform"}, {"value-size", "40..50"}});
  EXPECT_EQ(config.distribution, Distribution::uniform);
  EXPECT_EQ(config.layout.value_size, (Range{40, 50}));
  EXPECT_THAT(message_of([] { config_of({{"preset", "a"}, {"mix", "get=1"}}); }), HasSubstr("contradict"));
}

TEST(KvOptions, a_mix_may_name_every_operation) {
  EXPECT_EQ(
      parse_mix("get=1,put=1,update=1,insert=1,delete=1,scan=1,batch_get=1,batch_put=1,read_modify_write=1").size(),
      std::size_t{kOps});
  EXPECT_THAT(parse_mix("get=0.5,put=0,scan=3"), ElementsAre(Share{Op::get, 0.5}, Share{Op::scan, 3}));
}

TEST(KvOptions, a_mix_that_makes_no_sense_says_why) {
  EXPECT_THAT(message_of([] { parse_mix("read=1"); }), AllOf(HasSubstr("read"), HasSubstr("read_modify_write")));
  EXPECT_THAT(message_of([] { parse_mix("get"); }), HasSubstr("operation=weight"));
  EXPECT_THAT(message_of([] { parse_mix("get=-1"); }), HasSubstr("get=-1"));
  EXPECT_THAT(message_of([] { parse_mix("get=x"); }), HasSubstr("get=x"));
  EXPECT_THAT(message_of([] { parse_mix("get=0"); }), HasSubstr("above 0"));
  EXPECT_THAT(message_of([] { parse_mix("get=1,get=2"); }), HasSubstr("twice"));
}

TEST(KvOptions, impossible_values_are_refused) {
  EXPECT_THAT(message_of([] { config_of({{"rows", "1000"}, {"key-digits", "2"}}); }), HasSubstr("more digits"));
  EXPECT_THAT(message_of([] { config_of({{"value-size", "31"}}); }), HasSubstr("32"));
  EXPECT_THAT(message_of([] { config_of({{"value-size", "200..100"}}); }), HasSubstr("smaller bound first"));
  EXPECT_THAT(message_of([] { config_of({{"collection", "a-b"}}); }), HasSubstr("a-z"));
  EXPECT_THAT(message_of([] { config_of({{"collection", "assay_meta"}}); }), HasSubstr("assay_meta"));
  EXPECT_THAT(message_of([] { config_of({{"rows", "5"}, {"mix", "batch_get=1"}}); }), HasSubstr("--batch-size"));
  EXPECT_THAT(message_of([] { config_of({{"rows", "0"}}); }), HasSubstr("expected 1 to"));
}

TEST(KvOptions, what_was_prepared_holds_unless_the_user_asks_for_something_else) {
  Options given(option_table());
  given.set("value-size", "200");
  Config config = read_options(given);
  Layout prepared = config.layout;
  prepared.rows = 777;
  adopt(config, prepared, given);
  EXPECT_EQ(config.layout.rows, 777u);
  prepared.value_size = {100, 100};
  EXPECT_THAT(message_of([&] { adopt(config, prepared, given); }),
              AllOf(HasSubstr("--value-size 200"), HasSubstr("found 100")));
}

TEST(KvOptions, what_is_not_in_the_mix_has_no_options) {
  const auto message = [](const std::map<std::string, std::string>& values) {
    Options given(option_table());
    given.set_all(values);
    return message_of([&] { read_options(given); });
  };
  EXPECT_THAT(message({{"batch-size", "5"}}), HasSubstr("--batch-size has no effect"));
  EXPECT_THAT(message({{"scan-length", "5"}, {"preset", "b"}}), HasSubstr("--scan-length has no effect"));
  EXPECT_THAT(message({{"zipfian-constant", "1"}, {"preset", "b"}, {"distribution", "uniform"}}),
              HasSubstr("--zipfian-constant has no effect with the distribution uniform"));
  for (const char* distribution : {"zipfian", "zipfian_plain", "latest"}) {
    Options given(option_table());
    given.set_all({{"zipfian-constant", "1.2"}, {"distribution", distribution}});
    EXPECT_EQ(read_options(given).zipfian_constant, 1.2);
  }
  Options all(option_table());
  all.set_all({{"mix", "scan=1,batch_get=1"}, {"batch-size", "5"}, {"scan-length", "7"}});
  EXPECT_EQ(read_options(all).batch_size, 5u);
  EXPECT_EQ(read_options(all).scan_length, (Range{7, 7}));
}

TEST(KvOptions, what_is_in_force_is_what_the_preset_and_the_data_decide) {
  Options given(option_table());
  given.set("preset", "e");
  Config config = read_options(given);
  Layout prepared = config.layout;
  prepared.rows = 777;
  adopt(config, prepared, given);
  const std::map<std::string, std::string> expected = {
      {"rows", "777"},        {"mix", "scan=0.95,insert=0.05"}, {"distribution", "zipfian"},
      {"value-size", "1000"}, {"scan-length", "1..100"},        {"key-prefix", "user"},
      {"key-digits", "12"},   {"key-order", "hashed"}};
  EXPECT_EQ(in_force(config), expected);
}

}  // namespace
}  // namespace assay::kv
