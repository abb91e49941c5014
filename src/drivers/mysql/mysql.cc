#include "drivers/mysql/mysql.h"

#include "drivers/mysql/address.h"
#include "drivers/mysql/connection.h"
#include "drivers/mysql/kv.h"
#include "drivers/mysql/query.h"
#include "drivers/mysql/rows.h"
#include "drivers/mysql/sampler.h"

namespace assay {
namespace mysql {
namespace {

Load load_of(const std::string& text) {
  return text == "load-data" ? Load::load_data
         : text == "bulk"    ? Load::bulk
         : text == "insert"  ? Load::insert
                             : Load::automatic;
}

class MysqlSession final : public Session {
 public:
  MysqlSession(std::unique_ptr<Connection> connection, const Options& options)
      : connection_(std::move(connection)),
        query_(*connection_, options.flag("pipeline")),
        rows_(*connection_, query_, load_of(options.text("load")),
              static_cast<std::size_t>(options.count("insert-rows"))),
        kv_(*connection_, query_) {}
  // First of all, so that the statements of the facets are freed without telling the server of each.
  ~MysqlSession() override { connection_->close(); }

  QueryFacet* query() noexcept override { return &query_; }
  RowsFacet* rows() noexcept override { return &rows_; }
  KvFacet* kv() noexcept override { return &kv_; }
  Result<> reset() override { return query_.rollback(); }
  void set_patient(bool on) noexcept override { connection_->set_patient(on); }
  std::uint64_t round_trips() const noexcept override { return connection_->round_trips(); }

 private:
  std::unique_ptr<Connection> connection_;
  MysqlQuery query_;
  MysqlRows rows_;
  MysqlKv kv_;
};

// Those of both servers; what one has not is not shown. The session's where it has its own, as set by lock-timeout.
constexpr const char* kSettings =
    "show session variables where variable_name in ('innodb_buffer_pool_size', 'innodb_flush_log_at_trx_commit', "
    "'innodb_flush_method', 'innodb_doublewrite', 'innodb_log_file_size', 'innodb_redo_log_capacity', "
    "'innodb_log_buffer_size', 'innodb_io_capacity', 'innodb_io_capacity_max', 'innodb_read_io_threads', "
    "'innodb_write_io_threads', 'innodb_thread_concurrency', 'innodb_lock_wait_timeout', 'innodb_rollback_on_timeout', "
    "'max_statement_time', 'max_execution_time', "
    "'innodb_snapshot_isolation', 'innodb_deadlock_detect', 'innodb_page_size', 'innodb_file_per_table', "
    "'sync_binlog', "
    "'log_bin', 'binlog_format', 'tx_isolation', 'transaction_isolation', 'max_connections', 'thread_handling', "
    "'thread_cache_size', 'thread_pool_size', 'table_open_cache', 'max_prepared_stmt_count', 'max_allowed_packet', "
    "'local_infile', 'performance_schema', 'query_cache_type', 'wsrep_on')";

class MysqlTarget final : public Target {
 public:
  explicit MysqlTarget(const TargetSpec& spec) : resolver_(parse_address(spec)) {}

  Result<std::unique_ptr<Session>> connect() override {
    auto connection = open();
    if (!connection) return tl::unexpected(std::move(connection.error()));
    return std::make_unique<MysqlSession>(std::move(*connection), resolver_.address().options);
  }

  const Dialect* dialect() const noexcept override { return &mysql::dialect(); }

  Result<ServerFacts> facts() override {
    auto connection = open();
    if (!connection) return tl::unexpected(std::move(connection.error()));
    Executor executor(**connection);
    Slot slot;
    if (auto done = executor.run(kSettings, {}, false, slot); !done) return tl::unexpected(std::move(done.error()));
    ServerFacts facts{.server = (*connection)->is_mariadb() ? "MariaDB" : "MySQL",
                      .version = (*connection)->version(),
                      .settings = {}};
    for (std::size_t r = 0; r < slot.rows.size(); r++)
      facts.settings.emplace(slot.rows.text(r, 0).value_or(""), slot.rows.text(r, 1).value_or(""));
    facts.settings.emplace("tls", (*connection)->tls());
    return facts;
  }

  std::unique_ptr<Sampler> sampler() override { return std::make_unique<MysqlSampler>(resolver_); }

 private:
  Result<std::unique_ptr<Connection>> open() {
    auto spec = resolver_.resolve();
    if (!spec) return tl::unexpected(std::move(spec.error()));
    return Connection::open(*spec);
  }

  Resolver resolver_;
};

class MysqlDriver final : public Driver {
 public:
  const DriverInfo& info() const noexcept override {
    static const DriverInfo kInfo{
        .name = "mysql",
        .summary =
            "MariaDB 10.4 and MySQL 8.0 and later, by MariaDB Connector/C: prepared statements, "
            "batches, bulk loads",
        .schemes = {"mysql", "mariadb"},
        .example = "mysql://user@host:3306/database",
        .facets = {Facet::query, Facet::rows, Facet::kv},
        .waiting = Waiting::fiber,
        .options = kOptions};
    return kInfo;
  }
  std::unique_ptr<Target> open(const TargetSpec& spec) const override { return std::make_unique<MysqlTarget>(spec); }
};

}  // namespace
}  // namespace mysql

const Driver& mysql_driver() {
  static const mysql::MysqlDriver kDriver;
  return kDriver;
}

}  // namespace assay
