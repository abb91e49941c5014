#include "workloads/kv/insert_sequence.h"

namespace assay::kv {

InsertSequence::InsertSequence(Shard shard, std::uint64_t first) noexcept
    : shard_(shard), first_((first + shard.count - 1) / shard.count * shard.count) {}

std::uint64_t InsertSequence::take() {
  if (returned_count_.load() != 0) {
    const std::lock_guard lock(mutex_);
    if (!returned_.empty()) {
      const std::uint64_t number = returned_.back();
      returned_.pop_back();
      returned_count_--;
      return number;
    }
  }
  return next_++;
}

void InsertSequence::give_back(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  returned_.push_back(number);
  returned_count_++;
}

// A slot is free for `number` once number - kWindow was acknowledged, which is so when number is less than a window
// ahead. Slots and the mark are sequentially consistent: of two threads that acknowledge neighbours, at least one sees
// both slots filled.
void InsertSequence::acknowledge(std::uint64_t number) {
  if (number < acknowledged_.load() + kWindow) {
    slots_[number % kWindow].store(number + 1);
  } else {
    const std::lock_guard lock(mutex_);
    far_.insert(number);
    far_count_++;
  }
  advance();
}

void InsertSequence::advance() {
  for (;;) {
    std::uint64_t mark = acknowledged_.load();
    if (slots_[mark % kWindow].load() == mark + 1) {
      acknowledged_.compare_exchange_strong(mark, mark + 1);
      continue;
    }
    if (far_count_.load() == 0) return;
    admit_far();
    if (slots_[acknowledged_.load() % kWindow].load() != acknowledged_.load() + 1) return;
  }
}

void InsertSequence::admit_far() {
  const std::lock_guard lock(mutex_);
  while (!far_.empty() && *far_.begin() < acknowledged_.load() + kWindow) {
    const std::uint64_t number = *far_.begin();
    slots_[number % kWindow].store(number + 1);
    far_.erase(far_.begin());
    far_count_--;
  }
}

}  // namespace assay::kv
