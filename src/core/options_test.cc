#include "core/options.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

using testing::HasSubstr;

const std::vector<OptionSpec> kTable = {
    {.name = "warehouses", .type = OptionType::count, .default_value = "1", .help = "scale", .min = 1},
    {.name = "think-times", .type = OptionType::flag, .default_value = "true", .help = "waits"},
    {.name = "partition-type",
     .type = OptionType::choice,
     .default_value = "hash",
     .help = "how",
     .choices = {"hash", "range"}},
    {.name = "duration", .type = OptionType::duration, .default_value = "15s", .help = "how long"},
};

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Options, defaults_hold_until_a_value_is_given) {
  Options options(kTable);
  EXPECT_EQ(options.count("warehouses"), 1);
  EXPECT_FALSE(options.given("warehouses"));
  options.set("warehouses", "20");
  EXPECT_EQ(options.count("warehouses"), 20);
  EXPECT_EQ(options.all().at("duration"), "15s");
}

TEST(Options, a_wrong_value_is_refused_with_what_is_expected) {
  Options options(kTable);
  EXPECT_THAT(message_of([&] { options.set("warehouses", "0"); }), HasSubstr("--warehouses is 0; expected at least 1"));
  EXPECT_THAT(message_of([&] { options.set("partition-type", "list"); }), HasSubstr("none of hash, range"));
  EXPECT_THAT(message_of([&] { options.set("think-times", "maybe"); }), HasSubstr("--think-times: 'maybe'"));
}

TEST(Options, an_unknown_name_is_refused_with_the_nearest_known_one) {
  Options options(kTable);
  EXPECT_THAT(message_of([&] { options.set("warehouse", "2"); }), HasSubstr("did you mean 'warehouses'"));
  EXPECT_THAT(message_of([&] { options.set("zzzzzzzzzz", "2"); }), HasSubstr("known are warehouses"));
}

TEST(Options, all_mistakes_are_reported_at_once) {
  Options options(kTable);
  const std::string message = message_of([&] {
    options.set_all({{"warehouses", "x"}, {"duration", "5"}, {"colour", "red"}});
  });
  EXPECT_THAT(message, HasSubstr("warehouses"));
  EXPECT_THAT(message, HasSubstr("duration"));
  EXPECT_THAT(message, HasSubstr("colour"));
}

TEST(Options, whole_numbers_have_all_64_bits) {
  const std::vector<OptionSpec> table = {{.name = "seed", .type = OptionType::whole, .default_value = "1"}};
  Options options(table);
  EXPECT_EQ(options.whole("seed"), 1u);
  options.set("seed", "18446744073709551615");
  EXPECT_EQ(options.whole("seed"), 18446744073709551615u);
  EXPECT_THAT(message_of([&] { options.set("seed", "1.5"); }),
              HasSubstr("--seed: '1.5' is not a whole number from 0 to 18446744073709551615"));
}

TEST(Options, a_table_is_asked_for_an_option_it_may_not_have) {
  const Options options(kTable);
  ASSERT_NE(options.find("duration"), nullptr);
  EXPECT_EQ(options.find("duration")->verbs, kAllVerbs);
  EXPECT_EQ(options.find("rate"), nullptr);
}

}  // namespace
}  // namespace assay
