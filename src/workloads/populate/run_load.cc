#include "workloads/populate/run_load.h"

#include "workloads/populate/load.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::populate {
namespace {

class LoadClient final : public Client {
 public:
  explicit LoadClient(std::shared_ptr<BatchQueue> queue) : queue_(std::move(queue)) {}

  OperationId next(std::uint64_t) override {
    if (batch_ == nullptr) {
      batch_ = queue_->take();
      tried_ = false;
    }
    if (batch_ == nullptr) return kNothingMore;
    const auto& order = queue_->population().order();
    const auto at = std::find(order.begin(), order.end(), batch_->stretch.table) - order.begin();
    return OperationId{static_cast<std::uint16_t>(at)};
  }

  Result<> run(Context& context, OperationId) override {
    const Stretch& stretch = batch_->stretch;
    const Table& table = queue_->population().table(stretch.table);
    const std::string name = ledger_name(stretch), value = std::to_string(stretch.rows.size());
    const bool again = tried_ || queue_->again();
    tried_ = true;
    Result<> done = context.session().rows()->write_noted(table, batch_->rows, {kWorkload, name, value}, again);
    if (!done) {
      Failure failure = telling(std::move(done.error()), queue_->population(), stretch, false);
      // What the target refuses it refuses again: the rows stay away, and the run says so at its end.
      if (failure.kind == FailureKind::rejected) batch_.reset();
      return tl::unexpected(std::move(failure));
    }
    context.items(stretch.rows.size());
    queue_->written();
    batch_.reset();
    return {};
  }

 private:
  const std::shared_ptr<BatchQueue> queue_;
  std::unique_ptr<BatchQueue::Batch> batch_;
  bool tried_ = false;
};

}  // namespace

BatchQueue::~BatchQueue() {
  for (std::jthread& maker : makers_) maker.request_stop();
}

void BatchQueue::begin(std::vector<Stretch> todo, bool again) {
  todo_ = std::move(todo);
  again_ = again;
  for (std::size_t i = 0; i < makers_wanted_; i++)
    makers_.emplace_back([this](const std::stop_token& stop) { make(stop); });
}

void BatchQueue::make(const std::stop_token& stop) {
  for (;;) {
    std::size_t i = 0;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return next_ - taken_ < kAhead || next_ == todo_.size(); })) return;
      if (next_ == todo_.size()) return;
      i = next_++;
    }
    const Stretch& stretch = todo_[i];
    auto batch = std::make_unique<Batch>(Batch{stretch, RowBatch(population_->table(stretch.table).columns.size())});
    population_->generator().add(stretch.table, stretch.rows.first, stretch.rows.size(), batch->rows);
    const std::lock_guard lock(mutex_);
    ready_.push_back(std::move(batch));
    changed_.notify_all();
  }
}

std::unique_ptr<BatchQueue::Batch> BatchQueue::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !ready_.empty() || taken_ == todo_.size(); });
  if (ready_.empty()) return nullptr;
  std::unique_ptr<Batch> batch = std::move(ready_.front());
  ready_.pop_front();
  taken_++;
  changed_.notify_all();
  return batch;
}

Group load_group(const std::shared_ptr<BatchQueue>& queue) {
  Group group;
  group.name = "populate";
  for (const std::string& name : queue->population().names())
    group.operations.push_back({name, "writes a batch of rows"});
  group.ends = true;
  group.make_client = [queue](std::uint64_t) { return std::make_unique<LoadClient>(queue); };
  return group;
}

}  // namespace assay::populate
