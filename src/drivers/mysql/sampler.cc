#include "drivers/mysql/sampler.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace assay::mysql {
namespace {

struct Status {
  std::string_view name, unit;
  bool counter;
};

// Those that one server has and another has not are left out there.
constexpr Status kStatus[] = {
    {"com_commit", "transactions", true},
    {"com_rollback", "transactions", true},
    {"queries", "statements", true},
    {"slow_queries", "statements", true},
    {"handler_commit", "commits", true},
    {"rows_read", "rows", true},
    {"rows_sent", "rows", true},
    {"handler_write", "rows", true},
    {"handler_update", "rows", true},
    {"handler_delete", "rows", true},
    {"innodb_rows_read", "rows", true},
    {"innodb_rows_inserted", "rows", true},
    {"innodb_rows_updated", "rows", true},
    {"innodb_rows_deleted", "rows", true},
    {"innodb_buffer_pool_read_requests", "pages", true},
    {"innodb_buffer_pool_reads", "pages", true},
    {"innodb_buffer_pool_wait_free", "times", true},
    {"innodb_buffer_pool_pages_flushed", "pages", true},
    {"innodb_buffer_pool_pages_dirty", "pages", false},
    {"innodb_buffer_pool_pages_free", "pages", false},
    {"innodb_data_read", "bytes", true},
    {"innodb_data_written", "bytes", true},
    {"innodb_data_fsyncs", "calls", true},
    {"innodb_os_log_written", "bytes", true},
    {"innodb_log_write_requests", "requests", true},
    {"innodb_log_writes", "writes", true},
    {"innodb_log_waits", "times", true},
    {"innodb_checkpoint_age", "bytes", false},
    {"innodb_history_list_length", "transactions", false},
    {"innodb_row_lock_current_waits", "transactions", false},
    {"innodb_row_lock_waits", "times", true},
    {"innodb_row_lock_time", "milliseconds", true},
    {"innodb_deadlocks", "deadlocks", true},
    {"created_tmp_disk_tables", "tables", true},
    {"bytes_received", "bytes", true},
    {"bytes_sent", "bytes", true},
    {"aborted_clients", "sessions", true},
    {"threads_connected", "sessions", false},
    {"threads_running", "sessions", false},
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

std::string status_query() {
  std::string text = "show global status where variable_name in (";
  for (const Status& status : kStatus) text += (&status == kStatus ? "'" : ", '") + std::string(status.name) + "'";
  return text + ")";
}

}  // namespace

Result<std::vector<TargetMetric>> MysqlSampler::sample() {
  static const std::string kQuery = status_query();
  if (connection_ == nullptr || connection_->lost()) {
    auto spec = resolver_.resolve();
    if (!spec) return tl::unexpected(std::move(spec.error()));
    auto opened = Connection::open(*spec);
    if (!opened) return tl::unexpected(std::move(opened.error()));
    executor_.reset();
    connection_ = std::move(*opened);
    executor_ = std::make_unique<Executor>(*connection_);
  }
  if (auto done = executor_->run(kQuery, {}, false, slot_); !done) return tl::unexpected(std::move(done.error()));
  std::vector<TargetMetric> out;
  for (std::size_t r = 0; r < slot_.rows.size(); r++) {
    const std::string name = lower(slot_.rows.text(r, 0).value_or(""));
    const std::string_view text = slot_.rows.text(r, 1).value_or("");
    const auto* status =
        std::find_if(std::begin(kStatus), std::end(kStatus), [&](const Status& known) { return known.name == name; });
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status == std::end(kStatus) || error != std::errc{} || end != text.data() + text.size()) continue;
    out.push_back({name, std::string(status->unit), status->counter, value});
  }
  return out;
}

}  // namespace assay::mysql
