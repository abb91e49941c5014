// A client of kv: draws an operation with its keys and values off the clock, carries it out, verifies what it reads. The
// items of an operation are the values that it wrote or verified.
#pragma once

#include "base/random.h"
#include "core/workload.h"
#include "workloads/kv/row_chooser.h"
#include "workloads/kv/run_state.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace assay::kv {

class KvClient final : public Client {
 public:
  /// `number`: of the client in the whole job.
  KvClient(std::shared_ptr<RunState> state, std::uint64_t number);
  ~KvClient() override;
  OperationId next(std::uint64_t payload) override;
  Result<> run(Context&, OperationId) override;

 private:
  void draw_one(Op);
  void draw_batch(Op);
  void draw_write(std::string_view key, std::string& value);

  Result<> get(Context&);
  Result<> put(Context&);
  Result<> update(Context&);
  Result<> insert(Context&);
  Result<> remove(Context&);
  Result<> scan(Context&);
  Result<> batch_get(Context&);
  Result<> batch_put(Context&);
  Result<> read_modify_write(Context&);
  Result<bool> read(Context&);  // the row that was drawn; false: it is not there, and may be so
  Result<> missing(Context&, std::string_view key);
  Result<> verify(Context&, std::string_view key, std::string_view value, std::uint64_t oldest);
  std::optional<std::string> scan_fault() const;

  const std::shared_ptr<RunState> state_;
  Random random_;
  RowChooser chooser_;

  // What was drawn.
  std::uint64_t row_ = 0, scan_length_ = 0;
  std::optional<std::uint64_t> insert_;  // taken from the sequence and not yet acknowledged
  std::string key_, value_;
  struct Batch {
    std::vector<std::uint64_t> rows, oldest;
    std::vector<std::string> keys, values;
    std::vector<std::string_view> key_views;
    std::vector<KvPair> pairs;
    std::vector<std::optional<std::string>> found;
    std::vector<std::pair<std::string, std::string>> scanned;
  };
  std::unique_ptr<Batch> batch_;  // only when the mix has batches or scans

  std::string read_;
};

}  // namespace assay::kv
