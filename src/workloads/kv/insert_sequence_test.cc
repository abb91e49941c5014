#include "workloads/kv/insert_sequence.h"

#include "base/random.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace assay::kv {
namespace {

TEST(InsertSequence, numbers_count_as_there_only_up_to_the_first_that_is_not_acknowledged) {
  InsertSequence sequence({}, 1000);
  for (std::uint64_t i = 0; i < 4; i++) ASSERT_EQ(sequence.take(), i);
  sequence.acknowledge(1);
  sequence.acknowledge(2);
  EXPECT_EQ(sequence.acknowledged(), 0u);
  sequence.acknowledge(0);
  EXPECT_EQ(sequence.acknowledged(), 3u);
  EXPECT_EQ(sequence.row(0), 1000u);
  EXPECT_EQ(sequence.row(3), 1003u);
}

TEST(InsertSequence, a_number_whose_insert_failed_is_handed_out_again) {
  InsertSequence sequence({}, 0);
  ASSERT_EQ(sequence.take(), 0u);
  ASSERT_EQ(sequence.take(), 1u);
  sequence.give_back(0);
  EXPECT_EQ(sequence.take(), 0u);
  EXPECT_EQ(sequence.take(), 2u);
}

TEST(InsertSequence, one_insert_that_hangs_loses_none_of_the_many_behind_it) {
  constexpr std::uint64_t kMany = 100'000;  // several windows
  InsertSequence sequence({}, 0);
  for (std::uint64_t i = 0; i < kMany; i++) ASSERT_EQ(sequence.take(), i);
  for (std::uint64_t i = kMany; i-- > 1;) sequence.acknowledge(i);
  EXPECT_EQ(sequence.acknowledged(), 0u);
  sequence.acknowledge(0);
  EXPECT_EQ(sequence.acknowledged(), kMany);
}

TEST(InsertSequence, shards_never_share_a_row_and_miss_none) {
  std::set<std::uint64_t> rows;
  for (std::uint32_t index = 0; index < 3; index++) {
    const InsertSequence sequence({index, 3}, 100);
    for (std::uint64_t number = 0; number < 10; number++) {
      EXPECT_GE(sequence.row(number), 100u);
      EXPECT_TRUE(rows.insert(sequence.row(number)).second);
    }
  }
  EXPECT_EQ(*rows.rbegin() - *rows.begin() + 1, rows.size());
}

TEST(InsertSequence, with_many_threads_whatever_is_below_the_mark_was_acknowledged) {
  constexpr std::uint64_t kEach = 50'000;
  InsertSequence sequence({}, 0);
  std::vector<std::atomic<bool>> there(4 * kEach);
  std::atomic<std::uint64_t> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t t = 0; t < 4; t++)
      threads.emplace_back([&, t] {
        Random random(t);
        for (std::uint64_t i = 0; i < kEach; i++) {
          const std::uint64_t number = sequence.take();
          there[number] = true;
          sequence.acknowledge(number);
          const std::uint64_t mark = sequence.acknowledged();
          if (mark > 0 && !there[random.below(mark)]) wrong++;
        }
      });
  }
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(sequence.acknowledged(), 4 * kEach);
}

}  // namespace
}  // namespace assay::kv
