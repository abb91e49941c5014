#include "core/table.h"

#include <gtest/gtest.h>

#include <string>

namespace assay {
namespace {

TEST(RowBatch, rows_that_are_added_are_null_until_they_are_set) {
  RowBatch batch(2);
  batch.add(std::int64_t{1});
  batch.add(std::int64_t{2});
  Value* const cells = batch.add_rows(2);
  cells[1] = std::int64_t{4};
  ASSERT_EQ(batch.size(), 3u);
  EXPECT_EQ(std::get<std::int64_t>(batch.row(0)[1]), 2);
  EXPECT_TRUE(is_null(batch.row(1)[0]));
  EXPECT_EQ(std::get<std::int64_t>(batch.row(1)[1]), 4);
  batch.clear();
  EXPECT_TRUE(is_null(batch.add_rows(1)[1]));
}

TEST(RowBatch, texts_that_are_written_in_place_stay_where_they_are) {
  RowBatch batch(1);
  // Several blocks of 64 KiB, with texts that are longer than one between them, twice over the same memory.
  for (int round = 0; round < 2; round++) {
    std::vector<std::pair<std::string_view, std::string>> kept;
    for (std::size_t i = 0; i < 3000; i++) {
      const std::string text(i % 500 == 7 ? 70'000 : i % 97, static_cast<char>('a' + i % 26));
      if (i % 2 == 0) {
        kept.emplace_back(batch.keep(text), text);
        continue;
      }
      char* const room = batch.room(text.size() + 100);
      text.copy(room, text.size());
      kept.emplace_back(batch.take(room, text.size()), text);
    }
    for (const auto& [view, text] : kept) ASSERT_EQ(view, text);
    batch.clear();
  }
}

TEST(RowBatch, elements_of_arrays_stay_where_they_are_and_begin_as_null) {
  RowBatch batch(1);
  for (int round = 0; round < 2; round++) {
    std::vector<std::pair<Value*, std::size_t>> kept;
    for (std::size_t i = 0; i < 200; i++) {
      const std::size_t count = i == 50 ? 5000 : i % 40;
      Value* const elements = batch.elements(count);
      for (std::size_t k = 0; k < count; k++) {
        ASSERT_TRUE(is_null(elements[k]));
        elements[k] = static_cast<std::int64_t>(i);
      }
      kept.emplace_back(elements, count);
    }
    for (std::size_t i = 0; i < kept.size(); i++)
      for (std::size_t k = 0; k < kept[i].second; k++)
        ASSERT_EQ(std::get<std::int64_t>(kept[i].first[k]), static_cast<std::int64_t>(i));
    batch.clear();
  }
}

}  // namespace
}  // namespace assay
