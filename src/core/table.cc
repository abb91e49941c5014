#include "core/table.h"

#include <algorithm>
#include <cstring>

namespace assay {

char* RowBatch::more_room(std::size_t most) {
  if (most > kBlock) {
    large_.push_back(std::make_unique<char[]>(most));
    return large_.back().get();
  }
  if (block_ < blocks_.size()) block_++;
  if (block_ == blocks_.size()) blocks_.push_back(std::make_unique<char[]>(kBlock));
  used_ = 0;
  return blocks_[block_].get();
}

std::string_view RowBatch::keep(std::string_view text) {
  if (text.empty()) return {};
  char* const at = room(text.size());
  std::memcpy(at, text.data(), text.size());
  return take(at, text.size());
}

Value* RowBatch::add_rows(std::size_t count) {
  const std::size_t before = cells_.size();
  cells_.resize(before + count * columns_);
  return cells_.data() + before;
}

Value* RowBatch::elements(std::size_t count) {
  constexpr std::size_t kElements = 1024;
  if (count > kElements) return large_elements_.emplace_back(std::make_unique<Value[]>(count)).get();
  if (element_block_ < element_blocks_.size() && used_elements_ + count > kElements) {
    element_block_++;
    used_elements_ = 0;
  }
  if (element_block_ == element_blocks_.size()) element_blocks_.push_back(std::make_unique<Value[]>(kElements));
  Value* const at = element_blocks_[element_block_].get() + used_elements_;
  used_elements_ += count;
  std::fill_n(at, count, Value{});
  return at;
}

void RowBatch::add_copy(std::string_view text) { add(keep(text)); }

void RowBatch::clear() noexcept {
  cells_.clear();
  large_.clear();
  large_elements_.clear();
  block_ = used_ = element_block_ = used_elements_ = 0;
}

}  // namespace assay
