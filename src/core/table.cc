#include "core/table.h"

#include <algorithm>
#include <cstring>

namespace assay {
namespace {
constexpr std::size_t kBlock = 64 * 1024;
}

std::string_view RowBatch::keep(std::string_view text) {
  if (text.empty()) return {};
  if (text.size() > kBlock) {
    auto own = std::make_unique<char[]>(text.size());
    std::memcpy(own.get(), text.data(), text.size());
    const std::string_view kept(own.get(), text.size());
    large_.push_back(std::move(own));
    return kept;
  }
  if (block_ < blocks_.size() && used_ + text.size() > kBlock) {
    block_++;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    blocks_.push_back(std::make_unique<char[]>(kBlock));
    used_ = 0;
  }
  char* at = blocks_[block_].get() + used_;
  std::memcpy(at, text.data(), text.size());
  used_ += text.size();
  return {at, text.size()};
}

void RowBatch::add_copy(std::string_view text) { add(keep(text)); }

void RowBatch::clear() noexcept {
  cells_.clear();
  large_.clear();
  block_ = used_ = 0;
}

}  // namespace assay
