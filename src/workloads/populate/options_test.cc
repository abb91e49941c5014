#include "workloads/populate/options.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace assay::populate {
namespace {

using testing::HasSubstr;

std::string refusal(const std::map<std::string, std::string>& given) {
  try {
    Options options(option_table());
    options.set_all(given);
    read_options(options);
  } catch (const Error& error) {
    return error.what();
  }
  return "taken";
}

TEST(PopulateOptions, changes_are_weights_by_name) {
  const ChangeMix mix = parse_changes("delete=1,insert=2.5");
  EXPECT_EQ(mix.insert, 2.5);
  EXPECT_EQ(mix.update, 0);
  EXPECT_EQ(mix.remove, 1);
  const ChangeMix again = parse_changes(to_text(mix));
  EXPECT_EQ(again.insert, 2.5);
  EXPECT_EQ(again.remove, 1);
}

TEST(PopulateOptions, what_is_no_sense_is_refused_with_what_is_expected) {
  for (const auto& [given, answer] :
       std::map<std::string, const char*>{{"upsert=1", "names 'upsert'; expected insert, update or delete"},
                                          {"insert=1,insert=2", "names 'insert' twice"},
                                          {"insert", "expected a number of 0 or more"},
                                          {"insert=-1", "expected a number of 0 or more"},
                                          {"insert=nan", "expected a number of 0 or more"},
                                          {"insert=0", "no weight above 0"}})
    EXPECT_THAT(refusal({{"changes", given}}), HasSubstr(answer)) << given;
  for (const char* rows : {"5", "5..5", "7..5", "..5"}) EXPECT_NE(refusal({{"rows", rows}}), "taken") << rows;
  EXPECT_THAT(refusal({{"rows", "..5"}}), HasSubstr("--rows is '..5'; expected A..B"));
  EXPECT_EQ(refusal({{"rows", "1k..2k"}}), "taken");
  EXPECT_THAT(refusal({{"changes", "insert=1"}, {"batch-size", "10"}}),
              HasSubstr("--batch-size has no effect with --changes"));
  EXPECT_THAT(refusal({{"schema-only", "true"}, {"data-only", "true"}}), HasSubstr("expected one of them"));
  EXPECT_THAT(refusal({{"row-count", "5"}}), HasSubstr("expected --schema too"));
  EXPECT_THAT(refusal({{"tables", ","}}), HasSubstr("names no table"));
  EXPECT_THAT(refusal({{"tables", "users,orders,users,users"}}), HasSubstr("names 'users' twice"));
  EXPECT_EQ(refusal({{"tables", "users,orders"}}), "taken");
  EXPECT_THAT(refusal({{"dry-run", "true"}}), HasSubstr("--dry-run needs --schema"));
}

}  // namespace
}  // namespace assay::populate
