#include "drivers/postgres/sampler.h"

#include <fmt/format.h>

namespace assay::postgres {
namespace {

constexpr int kHasStatWal = 140000, kHasCheckpointer = 170000;

// unnest of one row of columns into (name, unit, counter, value)
constexpr const char* kDatabase = R"(
select m.* from pg_stat_database d, lateral (values
  ('xact_commit', 'transactions', true, d.xact_commit::float8),
  ('xact_rollback', 'transactions', true, d.xact_rollback::float8),
  ('blks_read', 'blocks', true, d.blks_read::float8),
  ('blks_hit', 'blocks', true, d.blks_hit::float8),
  ('tup_returned', 'rows', true, d.tup_returned::float8),
  ('tup_fetched', 'rows', true, d.tup_fetched::float8),
  ('tup_inserted', 'rows', true, d.tup_inserted::float8),
  ('tup_updated', 'rows', true, d.tup_updated::float8),
  ('tup_deleted', 'rows', true, d.tup_deleted::float8),
  ('deadlocks', 'deadlocks', true, d.deadlocks::float8),
  ('conflicts', 'queries', true, d.conflicts::float8),
  ('temp_files', 'files', true, d.temp_files::float8),
  ('temp_bytes', 'bytes', true, d.temp_bytes::float8),
  ('sessions', 'sessions', false, d.numbackends::float8),
  ('database_size', 'bytes', false, pg_database_size(d.datid)::float8)
) as m(name, unit, counter, value) where d.datname = current_database()
union all
select m.* from (select
    count(*) filter (where state = 'active') as active,
    count(*) filter (where state like 'idle in transaction%') as idle,
    count(*) filter (where state = 'active' and wait_event_type = 'Lock') as lock,
    count(*) filter (where state = 'active' and wait_event_type = 'LWLock') as lwlock,
    count(*) filter (where state = 'active' and wait_event_type = 'IO') as io,
    count(*) filter (where state = 'active' and wait_event_type = 'IPC') as ipc,
    count(*) filter (where state = 'active' and wait_event_type = 'BufferPin') as bufferpin,
    count(*) filter (where state = 'active' and wait_event_type = 'Client') as client,
    count(*) filter (where state = 'active' and wait_event_type = 'Timeout') as timeout
  from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()) a, lateral (values
  ('active_sessions', 'sessions', false, a.active::float8),
  ('idle_in_transaction', 'sessions', false, a.idle::float8),
  ('waiting_lock', 'sessions', false, a.lock::float8),
  ('waiting_lwlock', 'sessions', false, a.lwlock::float8),
  ('waiting_io', 'sessions', false, a.io::float8),
  ('waiting_ipc', 'sessions', false, a.ipc::float8),
  ('waiting_bufferpin', 'sessions', false, a.bufferpin::float8),
  ('waiting_client', 'sessions', false, a.client::float8),
  ('waiting_timeout', 'sessions', false, a.timeout::float8)
) as m(name, unit, counter, value))";

constexpr const char* kWal = R"(
union all
select m.* from pg_stat_wal w, lateral (values
  ('wal_records', 'records', true, w.wal_records::float8),
  ('wal_fpi', 'pages', true, w.wal_fpi::float8),
  ('wal_bytes', 'bytes', true, w.wal_bytes::float8),
  ('wal_buffers_full', 'times', true, w.wal_buffers_full::float8)
) as m(name, unit, counter, value))";

constexpr const char* kWalBefore14 = R"(
union all
select 'wal_bytes', 'bytes', true,
  case when pg_is_in_recovery() then 0 else pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') end::float8)";

constexpr const char* kCheckpointer = R"(
union all
select m.* from pg_stat_checkpointer c, lateral (values
  ('checkpoints_timed', 'checkpoints', true, c.num_timed::float8),
  ('checkpoints_requested', 'checkpoints', true, c.num_requested::float8),
  ('checkpoint_buffers', 'blocks', true, c.buffers_written::float8)
) as m(name, unit, counter, value))";

constexpr const char* kBgwriter = R"(
union all
select m.* from pg_stat_bgwriter b, lateral (values
  ('checkpoints_timed', 'checkpoints', true, b.checkpoints_timed::float8),
  ('checkpoints_requested', 'checkpoints', true, b.checkpoints_req::float8),
  ('checkpoint_buffers', 'blocks', true, b.buffers_checkpoint::float8),
  ('backend_buffers', 'blocks', true, b.buffers_backend::float8)
) as m(name, unit, counter, value))";

}  // namespace

std::string sampler_query(int server_version) {
  return std::string(kDatabase) + (server_version >= kHasStatWal ? kWal : kWalBefore14) +
         (server_version >= kHasCheckpointer ? kCheckpointer : kBgwriter);
}

Result<std::vector<TargetMetric>> PostgresSampler::sample() {
  if (connection_ == nullptr || connection_->lost()) {
    auto spec = resolver_.resolve();
    if (!spec) return tl::unexpected(std::move(spec.error()));
    auto opened = Connection::open(*spec);
    if (!opened) return tl::unexpected(std::move(opened.error()));
    connection_ = std::move(*opened);
    query_ = sampler_query(connection_->server_version());
  }
  if (auto done = run(*connection_, query_, {}, true, arguments_, slot_); !done)
    return tl::unexpected(std::move(done.error()));
  std::vector<TargetMetric> out;
  const ResultSet& rows = slot_.rows;
  for (std::size_t r = 0; r < rows.size(); r++) {
    const bool* counter = std::get_if<bool>(&rows.at(r, 2));
    const auto value = rows.number(r, 3);
    if (counter != nullptr && value)
      out.push_back({std::string(*rows.text(r, 0)), std::string(*rows.text(r, 1)), *counter, *value});
  }
  return out;
}

}  // namespace assay::postgres
