#include "runtime/errands.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace assay::runtime {

struct Errands::Shared {
  std::mutex mutex;
  std::condition_variable fewer;
  int running = 0;
};

Errands::Errands() : shared_(std::make_shared<Shared>()) {}

Errands::~Errands() {
  std::unique_lock lock(shared_->mutex);
  shared_->fewer.wait_for(lock, std::chrono::seconds(2), [this] { return shared_->running == 0; });
}

void Errands::begin(std::function<void()> errand) {
  constexpr int kMost = 64;
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->running >= kMost) return;
    shared_->running++;
  }
  std::thread([errand = std::move(errand), shared = shared_] {
    errand();
    const std::lock_guard lock(shared->mutex);
    shared->running--;
    shared->fewer.notify_all();
  }).detach();
}

Errands& errands() {
  static Errands the_errands;
  return the_errands;
}

}  // namespace assay::runtime
