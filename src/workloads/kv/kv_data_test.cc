#include "core/meta.h"
#include "workloads/kv/test_target.h"
#include "workloads/kv/verified_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::kv {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class KvData : public testing::Test, protected TestTarget {};

TEST_F(KvData, prepare_writes_each_row_once_and_check_finds_nothing) {
  prepare({{"rows", "5000"}, {"value-size", "40..60"}});
  const auto pairs = content();
  ASSERT_EQ(pairs.size(), 5000u);
  EXPECT_EQ(pairs.begin()->first, "user000000000000");
  EXPECT_EQ(pairs.rbegin()->first, "user000000004999");
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(KvData, the_rows_of_all_shards_are_the_rows_of_one) {
  prepare({{"rows", "5001"}, {"collection", "whole"}});
  for (std::uint32_t index = 0; index < 3; index++)
    prepare({{"rows", "5001"}, {"collection", "parts"}}, {.index = index, .count = 3});
  EXPECT_EQ(content("whole"), content("parts"));
  EXPECT_THAT(check({{"collection", "parts"}}), IsEmpty());
}

TEST_F(KvData, a_load_that_was_stopped_goes_on_and_comes_to_the_same) {
  prepare({{"rows", "20k"}, {"collection", "whole"}}, {}, 9);
  TestProgress progress;
  progress.stop_after = 6000;
  Job stopped = job(*target_, progress, {}, 9);
  const auto parts = workload({{"rows", "20k"}, {"collection", "parts"}});
  EXPECT_THAT(message_of([&] { parts->prepare(stopped); }), HasSubstr("interrupted"));
  EXPECT_THAT(message_of([&] { check({{"collection", "parts"}}); }), HasSubstr("not finished"));
  const std::size_t before = content("parts").size();
  EXPECT_GE(before, 6000u);
  EXPECT_LT(before, 20'000u);

  TestProgress again;
  Job rest = job(*target_, again, {}, 4711);  // the seed of the load that began decides
  parts->prepare(rest);
  EXPECT_THAT(again.notes, ElementsAre(HasSubstr("going on")));
  EXPECT_EQ(content("whole"), content("parts"));
  EXPECT_THAT(check({{"collection", "parts"}}), IsEmpty());
}

TEST_F(KvData, a_second_prepare_of_the_same_does_nothing_and_of_another_is_refused) {
  prepare({{"rows", "100"}});
  TestProgress progress;
  Job same = job(*target_, progress);
  workload({{"rows", "100"}})->prepare(same);
  EXPECT_THAT(progress.notes, ElementsAre(HasSubstr("loaded already")));
  EXPECT_THAT(message_of([&] { workload({{"rows", "200"}})->prepare(same); }), HasSubstr("another load (100 rows"));
}

TEST_F(KvData, check_names_what_is_missing_changed_swapped_or_foreign) {
  prepare({{"rows", "3000"}});
  {
    const auto open = session();
    std::string value, other;
    ASSERT_TRUE(*open->kv()->remove("user000000000007"));
    ASSERT_TRUE(*open->kv()->get("user000000000100", value));
    value[50] = static_cast<char>(value[50] ^ 1);
    ASSERT_TRUE(open->kv()->put("user000000000100", value));
    ASSERT_TRUE(*open->kv()->get("user000000002998", other));
    ASSERT_TRUE(open->kv()->put("user000000002999", other));
    ASSERT_TRUE(open->kv()->put("user000000003000", "of nobody"));
    ASSERT_TRUE(open->kv()->put("zebra", "of nobody"));
  }
  std::map<std::string, Finding> found;
  for (const Finding& finding : check()) found.emplace(finding.condition, finding);
  ASSERT_THAT(found, SizeIs(3));
  EXPECT_THAT(found.at("kv.present").rows, ElementsAre(HasSubstr("user000000000007")));
  EXPECT_EQ(found.at("kv.value").violations, 3u);
  EXPECT_THAT(found.at("kv.value").rows,
              testing::UnorderedElementsAre(HasSubstr("user000000000100"), HasSubstr("user000000002999"),
                                            HasSubstr("user000000003000")));
  EXPECT_THAT(found.at("kv.keys").rows, ElementsAre(HasSubstr("zebra")));
}

TEST_F(KvData, hashed_keys_are_checked_too) {
  prepare({{"rows", "3000"}, {"preset", "c"}});
  EXPECT_THAT(check({{"preset", "c"}}), IsEmpty());
  const std::string first = content().begin()->first;
  EXPECT_NE(first, "user000000000000");
  ASSERT_TRUE(session()->kv()->put("user123", "of nobody"));
  EXPECT_THAT(check(), SizeIs(1));
}

TEST_F(KvData, cleanup_removes_what_prepare_made_and_nothing_else) {
  prepare({{"rows", "100"}, {"collection", "mine"}});
  open_session(*target_)->kv()->create("theirs");
  TestProgress progress;
  Job clean = job(*target_, progress);
  workload({{"collection", "mine"}})->cleanup(clean);
  workload({{"collection", "theirs"}})->cleanup(clean);
  const auto left = open_session(*target_);
  EXPECT_FALSE(left->kv()->exists("mine"));
  EXPECT_TRUE(left->kv()->exists("theirs"));
  EXPECT_FALSE(left->kv()->exists("assay_meta"));
  EXPECT_THAT(message_of([&] {
                workload({{"collection", "theirs"}})->prepare(clean);
              }),
              HasSubstr("not made by assay"));
}

TEST_F(KvData, a_target_with_nothing_but_a_kv_facet_is_enough) {
  KvOnly only(*target_);
  TestProgress progress;
  progress.stop_after = 2000;
  Job stopped = job(only, progress);
  const auto kv = workload({{"rows", "9000"}});
  EXPECT_THAT(message_of([&] { kv->prepare(stopped); }), HasSubstr("interrupted"));
  TestProgress again;
  Job rest = job(only, again);
  kv->prepare(rest);
  EXPECT_THAT(again.notes, ElementsAre(HasSubstr("going on")));
  EXPECT_EQ(content().size(), 9000u);
  EXPECT_THAT(kv->check(rest).findings, IsEmpty());
  EXPECT_EQ(kv->groups(only, {}).size(), 1u);
  kv->cleanup(rest);
  EXPECT_FALSE(open_session(*target_)->kv()->exists("assay_kv"));
  EXPECT_FALSE(open_session(*target_)->kv()->exists("assay_meta"));
}

TEST_F(KvData, the_record_on_a_kv_facet_is_paged_and_keeps_owners_apart) {
  KvOnly only(*target_);
  const auto opened = open_session(only);
  Meta one(*opened, "one"), other(*opened, "other");
  one.create();
  for (int i = 0; i < 2500; i++) one.put(fmt::format("chunk.{}", i), std::to_string(i));
  one.put("state", "ready");
  other.put("chunk.1", "x");
  EXPECT_EQ(one.all("chunk.").size(), 2500u);
  EXPECT_EQ(one.all().size(), 2501u);
  EXPECT_EQ(one.get("chunk.77"), "77");
  EXPECT_EQ(one.get("none"), std::nullopt);
  one.remove();
  EXPECT_THAT(one.all(), IsEmpty());
  EXPECT_EQ(other.get("chunk.1"), "x");
}

TEST_F(KvData, a_run_without_a_load_says_what_to_do) {
  EXPECT_THAT(message_of([&] { workload({})->groups(*target_, {}); }), HasSubstr("assay prepare kv"));
}

}  // namespace
}  // namespace assay::kv
