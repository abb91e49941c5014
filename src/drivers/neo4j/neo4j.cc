#include "drivers/neo4j/neo4j.h"

#include "drivers/neo4j/address.h"
#include "drivers/neo4j/connection.h"
#include "drivers/neo4j/kv.h"
#include "drivers/neo4j/rows.h"
#include "drivers/neo4j/sampler.h"

#include <fmt/format.h>

namespace assay {
namespace neo4j {
namespace {

class Neo4jSession final : public Session {
 public:
  explicit Neo4jSession(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)),
        rows_(*connection_, static_cast<std::size_t>(connection_->options().count("unwind-rows"))),
        kv_(*connection_) {}

  RowsFacet* rows() noexcept override { return &rows_; }
  KvFacet* kv() noexcept override { return &kv_; }
  Result<> reset() override { return connection_->reset(); }
  void set_patient(bool on) noexcept override { connection_->set_patient(on); }
  std::uint64_t round_trips() const noexcept override { return connection_->round_trips(); }

 private:
  std::unique_ptr<Connection> connection_;
  Neo4jRows rows_;
  Neo4jKv kv_;
};

// Those that matter for speed; what a server has not is not shown.
constexpr std::string_view kSettings =
    "SHOW SETTINGS YIELD name, value WHERE name IN ['server.memory.heap.initial_size', 'server.memory.heap.max_size', "
    "'server.memory.pagecache.size', 'server.memory.off_heap.transaction_max_size', "
    "'dbms.memory.transaction.total.max', 'db.memory.transaction.max', 'db.memory.transaction.total.max', "
    "'db.transaction.timeout', 'db.lock.acquisition.timeout', 'db.checkpoint', 'db.checkpoint.interval.time', "
    "'db.checkpoint.interval.tx', 'db.tx_log.rotation.size', 'db.transaction.concurrent.maximum', "
    "'server.bolt.thread_pool_max_size', 'server.cypher.parallel.worker_limit', 'dbms.cypher.planner', "
    "'server.bolt.tls_level'] RETURN name, value";

class Neo4jTarget final : public Target {
 public:
  explicit Neo4jTarget(const TargetSpec& spec)
      : resolver_(parse_address(spec)), tls_(make_tls_context(resolver_.address())) {}

  Result<std::unique_ptr<Session>> connect() override {
    auto connection = open();
    if (!connection) return tl::unexpected(std::move(connection.error()));
    return std::make_unique<Neo4jSession>(std::move(*connection));
  }

  Result<ServerFacts> facts() override {
    auto opened = open();
    if (!opened) return tl::unexpected(std::move(opened.error()));
    Connection& connection = **opened;
    const std::string& agent = connection.agent();
    ServerFacts facts{.server = agent.substr(0, agent.find('/')), .version = connection.version(), .settings = {}};
    const auto asked = connection.run(kSettings, {}, Effect::read, [&](const Item& row) {
      facts.settings.emplace(text_of(&row + 1), text_of(&row + 2));
    });
    // Who may not see them is told the rest.
    if (!asked && asked.error().kind != FailureKind::rejected) return tl::unexpected(asked.error());
    const auto edition = connection.run("CALL dbms.components() YIELD edition RETURN edition", {}, Effect::read,
                                        [&](const Item& row) { facts.settings.emplace("edition", text_of(&row + 1)); });
    if (!edition && edition.error().kind != FailureKind::rejected) return tl::unexpected(edition.error());
    facts.settings.emplace("bolt", connection.bolt());
    facts.settings.emplace("tls", connection.tls());
    return facts;
  }

  std::unique_ptr<Sampler> sampler() override { return std::make_unique<Neo4jSampler>(resolver_, tls_); }

 private:
  Result<std::unique_ptr<Connection>> open() {
    auto spec = resolver_.resolve();
    if (!spec) return tl::unexpected(std::move(spec.error()));
    return Connection::open(*spec, tls_);
  }

  Resolver resolver_;
  const TlsContext tls_;
};

class Neo4jDriver final : public Driver {
 public:
  const DriverInfo& info() const noexcept override {
    static const DriverInfo kInfo{
        .name = "neo4j",
        .summary = "Neo4j 5.5 and later, by Bolt: rows as nodes, foreign keys as relationships",
        .schemes = {"neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc"},
        .example = "neo4j://user@host:7687/database",
        .facets = {Facet::rows, Facet::kv},
        .waiting = Waiting::fiber,
        .options = kOptions};
    return kInfo;
  }
  std::unique_ptr<Target> open(const TargetSpec& spec) const override { return std::make_unique<Neo4jTarget>(spec); }
};

}  // namespace
}  // namespace neo4j

const Driver& neo4j_driver() {
  static const neo4j::Neo4jDriver kDriver;
  return kDriver;
}

}  // namespace assay
