#include "deploy/write_meter.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace assay::deploy {
namespace {

std::uint64_t bytes_of(const Value& value) {
  struct Size {
    std::uint64_t operator()(std::monostate) const { return 0; }
    std::uint64_t operator()(bool) const { return 1; }
    std::uint64_t operator()(std::int64_t) const { return 8; }
    std::uint64_t operator()(double) const { return 8; }
    std::uint64_t operator()(const Decimal&) const { return 8; }
    std::uint64_t operator()(std::string_view text) const { return text.size(); }
    std::uint64_t operator()(const Bytes& bytes) const { return bytes.data.size(); }
    std::uint64_t operator()(const Json& json) const { return json.text.size(); }
    std::uint64_t operator()(const Uuid&) const { return 16; }
    std::uint64_t operator()(const Date&) const { return 4; }
    std::uint64_t operator()(const TimeOfDay&) const { return 8; }
    std::uint64_t operator()(const Timestamp&) const { return 8; }
    std::uint64_t operator()(const Array& array) const {
      std::uint64_t sum = 0;
      for (std::size_t i = 0; i < array.size; i++) sum += bytes_of(array.data[i]);
      return sum;
    }
  };
  return std::visit(Size{}, value);
}

std::uint64_t bytes_of(const RowBatch& batch) {
  std::uint64_t sum = 0;
  for (std::size_t r = 0; r < batch.size(); r++)
    for (std::size_t c = 0; c < batch.columns(); c++) sum += bytes_of(batch.row(r)[c]);
  return sum;
}

class MeteredRows final : public RowsFacet {
 public:
  MeteredRows(RowsFacet& rows, WriteMeter& meter) : rows_(rows), meter_(meter) {}

  const RowsTraits& traits() const noexcept override { return rows_.traits(); }
  void create(const Table& table) override { rows_.create(table); }
  void create_indexes(const Table& table) override { rows_.create_indexes(table); }
  void create_foreign_keys(const Table& table) override { rows_.create_foreign_keys(table); }
  bool exists(std::string_view table) override { return rows_.exists(table); }
  void drop_all(std::span<const std::string> tables) override { rows_.drop_all(tables); }
  void truncate_all(std::span<const std::string> tables) override { rows_.truncate_all(tables); }
  Result<> write(const Table& table, const RowBatch& batch) override {
    return timed(table, batch, [&] { return rows_.write(table, batch); });
  }
  Result<> write_noted(const Table& table, const RowBatch& batch, const RowsNote& note, bool again) override {
    return timed(table, batch, [&] { return rows_.write_noted(table, batch, note, again); });
  }
  std::vector<std::string> split(const Table& table, std::uint64_t rows) override { return rows_.split(table, rows); }
  Result<std::unique_ptr<RowReader>> read(const Table& table, const std::string& stretch) override {
    return rows_.read(table, stretch);
  }
  Result<std::uint64_t> replace(const Table& table, const RowBatch& batch) override {
    return rows_.replace(table, batch);
  }
  Result<std::uint64_t> remove(const Table& table, const RowBatch& keys) override { return rows_.remove(table, keys); }

 private:
  template <class Write>
  Result<> timed(const Table& table, const RowBatch& batch, const Write& write) {
    const std::uint64_t bytes = bytes_of(batch);
    const TimePoint begin = real_clock().now();
    Result<> result = write();
    const Nanos time = real_clock().now() - begin;
    if (result)
      meter_.add(table.name, time, batch.size(), bytes);
    else
      meter_.add_failure(table.name);
    return result;
  }

  RowsFacet& rows_;
  WriteMeter& meter_;
};

class MeteredSession final : public Session {
 public:
  MeteredSession(std::unique_ptr<Session> session, WriteMeter& meter) : session_(std::move(session)) {
    if (RowsFacet* const rows = session_->rows()) rows_ = std::make_unique<MeteredRows>(*rows, meter);
  }
  QueryFacet* query() noexcept override { return session_->query(); }
  RowsFacet* rows() noexcept override { return rows_.get(); }
  KvFacet* kv() noexcept override { return session_->kv(); }
  std::size_t depth() const noexcept override { return session_->depth(); }
  Result<> reset() override { return session_->reset(); }
  void interrupt() noexcept override { session_->interrupt(); }
  void set_patient(bool patient) noexcept override { session_->set_patient(patient); }
  std::uint64_t round_trips() const noexcept override { return session_->round_trips(); }

 private:
  std::unique_ptr<Session> session_;
  std::unique_ptr<MeteredRows> rows_;
};

class MeteredTarget final : public Target {
 public:
  MeteredTarget(std::unique_ptr<Target> target, WriteMeter& meter) : target_(std::move(target)), meter_(meter) {}
  Result<std::unique_ptr<Session>> connect() override {
    Result<std::unique_ptr<Session>> session = target_->connect();
    if (!session) return session;
    return std::make_unique<MeteredSession>(*std::move(session), meter_);
  }
  const Dialect* dialect() const noexcept override { return target_->dialect(); }
  Result<ServerFacts> facts() override { return target_->facts(); }
  std::unique_ptr<Sampler> sampler() override { return target_->sampler(); }
  void under_load(bool on) override { target_->under_load(on); }

 private:
  std::unique_ptr<Target> target_;
  WriteMeter& meter_;
};

}  // namespace

void WriteMeter::add(std::string_view table, Nanos time, std::uint64_t rows, std::uint64_t bytes) {
  const TimePoint end = real_clock().now();
  const std::scoped_lock lock(mutex_);
  first_begin_ = std::min(first_begin_.value_or(end - time), end - time);
  last_end_ = end;
  TableWrites& writes = tables_[std::string(table)];
  writes.times.record(time);
  writes.batches++;
  writes.rows += rows;
  writes.bytes += bytes;
}

void WriteMeter::add_failure(std::string_view table) {
  const std::scoped_lock lock(mutex_);
  tables_[std::string(table)].failures++;
}

Nanos WriteMeter::length() const {
  const std::scoped_lock lock(mutex_);
  return first_begin_ ? *last_end_ - *first_begin_ : Nanos(0);
}

std::map<std::string, TableWrites> WriteMeter::read() const {
  const std::scoped_lock lock(mutex_);
  return {tables_.begin(), tables_.end()};
}

std::unique_ptr<Target> metered(std::unique_ptr<Target> target, WriteMeter& meter) {
  return std::make_unique<MeteredTarget>(std::move(target), meter);
}

}  // namespace assay::deploy
