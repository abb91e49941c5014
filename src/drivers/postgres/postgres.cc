#include "drivers/postgres/postgres.h"

#include "drivers/postgres/address.h"
#include "drivers/postgres/connection.h"
#include "drivers/postgres/kv.h"
#include "drivers/postgres/query.h"
#include "drivers/postgres/rows.h"
#include "drivers/postgres/sampler.h"

namespace assay {
namespace postgres {
namespace {

class PostgresSession final : public Session {
 public:
  PostgresSession(std::unique_ptr<Connection> connection, const Options& options)
      : connection_(std::move(connection)),
        query_(*connection_, options.flag("pipeline")),
        rows_(*connection_, query_, options.text("load") == "copy" ? Load::copy : Load::insert,
              static_cast<std::size_t>(options.count("insert-rows"))),
        kv_(*connection_) {
    if (options.text("exchange") == "auto") connection_->use_direct_exchange();
  }

  [[gnu::hot]] QueryFacet* query() noexcept override { return &query_; }
  RowsFacet* rows() noexcept override { return &rows_; }
  [[gnu::hot]] KvFacet* kv() noexcept override { return &kv_; }
  [[gnu::hot]] Result<> reset() override { return query_.rollback(); }
  void set_patient(bool on) noexcept override { connection_->set_patient(on); }
  std::uint64_t round_trips() const noexcept override { return connection_->round_trips(); }

 private:
  std::unique_ptr<Connection> connection_;
  PostgresQuery query_;
  PostgresRows rows_;
  PostgresKv kv_;
};

constexpr const char* kSettings =
    "select name, case unit when '8kB' then (setting::bigint * 8)::text || 'kB' else setting || coalesce(unit, '') end "
    "from pg_settings where name in ('shared_buffers', 'fsync', 'synchronous_commit', 'full_page_writes', "
    "'max_wal_size', 'min_wal_size', 'wal_level', 'wal_buffers', 'wal_compression', 'wal_sync_method', "
    "'checkpoint_timeout', 'checkpoint_completion_target', 'work_mem', 'maintenance_work_mem', 'effective_cache_size', "
    "'effective_io_concurrency', 'random_page_cost', 'max_connections', 'max_worker_processes', "
    "'max_parallel_workers', 'max_parallel_workers_per_gather', 'autovacuum', 'huge_pages', 'jit', "
    "'default_transaction_isolation', 'statement_timeout', 'lock_timeout', 'commit_delay', 'data_checksums', "
    "'synchronous_standby_names')";

class PostgresTarget final : public Target {
 public:
  explicit PostgresTarget(const TargetSpec& spec) : resolver_(parse_address(spec)) {}

  Result<std::unique_ptr<Session>> connect() override {
    auto connection = open();
    if (!connection) return tl::unexpected(std::move(connection.error()));
    return std::make_unique<PostgresSession>(std::move(*connection), resolver_.address().options);
  }

  const Dialect* dialect() const noexcept override { return &postgres::dialect(); }

  Result<ServerFacts> facts() override {
    auto connection = open();
    if (!connection) return tl::unexpected(std::move(connection.error()));
    Arguments arguments;
    Slot slot;
    if (auto done = run(**connection, kSettings, {}, true, arguments, slot); !done)
      return tl::unexpected(std::move(done.error()));
    ServerFacts facts{.server = "PostgreSQL", .version = (*connection)->server_version_text(), .settings = {}};
    facts.version.erase(std::min(facts.version.find(' '), facts.version.size()));  // "15.20 (Debian …)"
    for (std::size_t r = 0; r < slot.rows.size(); r++)
      facts.settings.emplace(slot.rows.text(r, 0).value_or(""), slot.rows.text(r, 1).value_or(""));
    facts.settings.emplace("tls", (*connection)->tls());
    return facts;
  }

  std::unique_ptr<Sampler> sampler() override { return std::make_unique<PostgresSampler>(resolver_); }

 private:
  Result<std::unique_ptr<Connection>> open() {
    auto spec = resolver_.resolve();
    if (!spec) return tl::unexpected(std::move(spec.error()));
    return Connection::open(*spec);
  }

  Resolver resolver_;
};

class PostgresDriver final : public Driver {
 public:
  const DriverInfo& info() const noexcept override {
    static const DriverInfo kInfo{.name = "postgres",
                                  .summary = "PostgreSQL 10 and later, by libpq: prepared statements, pipelining, COPY",
                                  .schemes = {"postgres", "postgresql"},
                                  .example = "postgres://user@host:5432/database",
                                  .facets = {Facet::query, Facet::rows, Facet::kv},
                                  .waiting = Waiting::fiber,
                                  .options = kOptions};
    return kInfo;
  }
  std::unique_ptr<Target> open(const TargetSpec& spec) const override { return std::make_unique<PostgresTarget>(spec); }
};

}  // namespace
}  // namespace postgres

const Driver& postgres_driver() {
  static const postgres::PostgresDriver kDriver;
  return kDriver;
}

}  // namespace assay
