#include "workloads/kv/kv_client.h"

#include "base/error.h"

#include <algorithm>

namespace assay::kv {

KvClient::KvClient(std::shared_ptr<RunState> state, std::uint64_t number)
    : state_(std::move(state)), random_(hash_of(state_->seed, 0x6b76, number)), chooser_(*state_) {
  const Config& config = state_->config;
  if (config.has(Op::batch_get) || config.has(Op::batch_put) || config.has(Op::scan))
    batch_ = std::make_unique<Batch>();
}

KvClient::~KvClient() {
  if (insert_) state_->inserts.give_back(*insert_);
}

[[gnu::hot]] OperationId KvClient::next(std::uint64_t) {
  if (insert_) state_->inserts.give_back(*std::exchange(insert_, std::nullopt));  // the last insert failed
  const std::vector<double>& shares = state_->cumulative;
  const std::size_t drawn =
      shares.size() == 1 ? 0
                         : static_cast<std::size_t>(std::upper_bound(shares.begin(), shares.end() - 1, random_.unit()) -
                                                    shares.begin());
  const Op op = state_->config.mix[drawn].op;
  if (op == Op::batch_get || op == Op::batch_put) {
    draw_batch(op);
  } else {
    draw_one(op);
  }
  return OperationId(static_cast<std::uint16_t>(drawn));
}

[[gnu::hot]] void KvClient::draw_one(Op op) {
  if (op == Op::insert) {
    insert_ = state_->inserts.take();
    row_ = state_->inserts.row(*insert_);
  } else {
    row_ = chooser_.draw(random_);
  }
  state_->keys.key(row_, key_);
  if (op == Op::scan) {
    const Range& length = state_->config.scan_length;
    scan_length_ = length.low + random_.below(length.high - length.low + 1);
  }
  if (op == Op::put || op == Op::update || op == Op::insert || op == Op::read_modify_write) draw_write(key_, value_);
}

void KvClient::draw_batch(Op op) {
  Batch& batch = *batch_;
  const std::size_t size = state_->config.batch_size;
  chooser_.draw_distinct(random_, size, batch.rows);
  batch.keys.resize(size);
  batch.values.resize(size);
  batch.key_views.clear();
  batch.pairs.clear();
  for (std::size_t i = 0; i < size; i++) {
    state_->keys.key(batch.rows[i], batch.keys[i]);
    batch.key_views.push_back(batch.keys[i]);
    if (op == Op::batch_get) continue;
    draw_write(batch.keys[i], batch.values[i]);
    batch.pairs.push_back({batch.keys[i], batch.values[i]});
  }
}

void KvClient::draw_write(std::string_view key, std::string& value) {
  state_->values.make(key, state_->next_version.fetch_add(1, std::memory_order_relaxed), value);
}

// A fiber that was suspended comes back through all functions that it was in, and the processor has forgotten where each
// returns to: the fewer, the better. So these are part of run().

[[gnu::always_inline]] inline Result<> KvClient::verify(Context& context, std::string_view key, std::string_view value,
                                                        std::uint64_t oldest) {
  if (!state_->values.is_right(key, value, oldest))
    return fail(FailureKind::wrong_answer, *state_->values.fault(key, value, oldest));
  context.bytes(value.size());
  return {};
}

[[gnu::always_inline]] inline Result<bool> KvClient::read(Context& context) {
  const std::uint64_t oldest = state_->oldest(row_);
  const Result<bool> found = context.kv().get(key_, read_);
  if (!found) return found;
  Result<> good = *found ? verify(context, key_, read_, oldest) : missing(context, key_);
  if (!good) return tl::unexpected(std::move(good.error()));
  return *found;
}

[[gnu::always_inline]] inline Result<> KvClient::get(Context& context) {
  if (Result<bool> found = read(context); !found) return tl::unexpected(std::move(found.error()));
  return {};
}

[[gnu::hot]] Result<> KvClient::run(Context& context, OperationId operation) {
  switch (state_->config.mix[static_cast<std::size_t>(operation)].op) {
    case Op::get:
      return get(context);
    case Op::put:
      return put(context);
    case Op::update:
      return update(context);
    case Op::insert:
      return insert(context);
    case Op::remove:
      return remove(context);
    case Op::scan:
      return scan(context);
    case Op::batch_get:
      return batch_get(context);
    case Op::batch_put:
      return batch_put(context);
    case Op::read_modify_write:
      return read_modify_write(context);
  }
  ASSAY_ASSERT(false);
}

Result<> KvClient::missing(Context& context, std::string_view key) {
  if (!state_->rows_may_miss)
    return fail(FailureKind::wrong_answer, fmt::format("key '{}': found nothing, expected a value", key));
  context.count(kMissing);
  context.items(0);
  return {};
}

Result<> KvClient::put(Context& context) {
  if (Result<> done = context.kv().put(key_, value_); !done) return done;
  state_->written.add(row_);
  context.bytes(value_.size());
  return {};
}

Result<> KvClient::update(Context& context) {
  const Result<bool> found = context.kv().update(key_, value_);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return missing(context, key_);
  state_->written.add(row_);
  context.bytes(value_.size());
  return {};
}

Result<> KvClient::insert(Context& context) {
  if (Result<> done = context.kv().put(key_, value_); !done) return done;
  state_->inserts.acknowledge(*insert_);
  insert_.reset();
  context.bytes(value_.size());
  return {};
}

Result<> KvClient::remove(Context& context) {
  const Result<bool> found = context.kv().remove(key_);
  if (!found) return tl::unexpected(found.error());
  if (!*found) context.count(kMissing);
  state_->written.add(row_);
  return {};
}

Result<> KvClient::read_modify_write(Context& context) {
  Result<bool> found = read(context);
  if (!found) return tl::unexpected(std::move(found.error()));
  return *found ? update(context) : Result<>();
}

Result<> KvClient::scan(Context& context) {
  const std::uint64_t oldest = state_->oldest(row_);
  batch_->scanned.clear();
  if (Result<> done = context.kv().scan(key_, scan_length_, batch_->scanned); !done) return done;
  if (auto fault = scan_fault()) return fail(FailureKind::wrong_answer, *std::move(fault));
  for (const auto& [key, value] : batch_->scanned)
    if (Result<> good = verify(context, key, value, key == key_ ? oldest : kLoadedVersion); !good) return good;
  context.items(batch_->scanned.size());
  return {};
}

/// Whether the keys of a scan are those that they must be: from the first key on, ascending, no more than asked for,
/// and as many as are known to be there.
std::optional<std::string> KvClient::scan_fault() const {
  const auto& pairs = batch_->scanned;
  if (pairs.size() > scan_length_)
    return fmt::format("scan from '{}': found {} rows, expected at most {}", key_, pairs.size(), scan_length_);
  for (std::size_t i = 0; i < pairs.size(); i++)
    if (i == 0 ? pairs[i].first < key_ : pairs[i].first <= pairs[i - 1].first)
      return fmt::format("scan from '{}': found key '{}' out of order", key_, pairs[i].first);
  if (state_->rows_may_miss) return std::nullopt;
  const Layout& layout = state_->config.layout;
  if (pairs.empty() || pairs.front().first != key_)
    return fmt::format("scan from '{}': the key itself was not found", key_);
  if (!layout.hashed && row_ < layout.rows && pairs.size() < std::min(scan_length_, layout.rows - row_))
    return fmt::format("scan from '{}': found {} rows, expected {}", key_, pairs.size(),
                       std::min(scan_length_, layout.rows - row_));
  return std::nullopt;
}

Result<> KvClient::batch_get(Context& context) {
  Batch& batch = *batch_;
  batch.oldest.clear();
  for (const std::uint64_t row : batch.rows) batch.oldest.push_back(state_->oldest(row));
  if (Result<> done = context.kv().get_batch(batch.key_views, batch.found); !done) return done;
  if (batch.found.size() != batch.keys.size())
    return fail(FailureKind::wrong_answer, fmt::format("batch_get from '{}': found {} answers, expected {}",
                                                       batch.keys.front(), batch.found.size(), batch.keys.size()));
  std::uint64_t verified = 0;
  for (std::size_t i = 0; i < batch.keys.size(); i++) {
    const auto& value = batch.found[i];
    Result<> good = value ? verify(context, batch.keys[i], *value, batch.oldest[i]) : missing(context, batch.keys[i]);
    if (!good) return good;
    verified += value.has_value();
  }
  context.items(verified);
  return {};
}

Result<> KvClient::batch_put(Context& context) {
  const Batch& batch = *batch_;
  if (Result<> done = context.kv().put_batch(batch.pairs); !done) return done;
  for (std::size_t i = 0; i < batch.rows.size(); i++) {
    state_->written.add(batch.rows[i]);
    context.bytes(batch.values[i].size());
  }
  context.items(batch.rows.size());
  return {};
}

}  // namespace assay::kv
