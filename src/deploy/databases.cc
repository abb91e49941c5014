#include "deploy/databases.h"

#include "base/error.h"

#include <algorithm>

namespace assay::deploy {
namespace {

constexpr std::uint64_t kMebi = 1 << 20;
constexpr std::string_view kUser = "loadtest";
constexpr std::uint64_t kLeastConnections = 200, kSpareConnections = 20;  // for those who look at it meanwhile

/// What processes of the database may use: what is in a tmpfs counts as memory of its container.
std::uint64_t usable_memory(const Limits& limits, std::optional<std::uint64_t> tmpfs) {
  return limits.memory - std::min(limits.memory, tmpfs.value_or(0));
}

/// A share of it in whole MiB.
std::uint64_t mebibytes(std::uint64_t memory, double share, std::uint64_t least,
                        std::uint64_t most = ~std::uint64_t{0}) {
  return std::clamp(static_cast<std::uint64_t>(static_cast<double>(memory) * share) / kMebi, least, most);
}

/// Both understand these, but for the name of the redo log's size.
std::vector<std::string> mysql_arguments(Source source, std::uint64_t memory, std::uint64_t connections) {
  const std::uint64_t log = mebibytes(memory, 0.25, 64, 2048);
  return {fmt::format("--max-connections={}", connections),
          fmt::format("--innodb-buffer-pool-size={}M", mebibytes(memory, 0.5, 64)),
          fmt::format("--innodb-{}={}M", source == Source::mysql ? "redo-log-capacity" : "log-file-size", log),
          "--innodb-flush-log-at-trx-commit=2",
          "--skip-log-bin",
          "--character-set-server=utf8mb4"};
}

Database mysql_database(Source source, std::uint64_t memory, std::string_view password, std::uint64_t connections) {
  const bool mysql = source == Source::mysql;
  const std::string prefix = mysql ? "MYSQL" : "MARIADB", admin = mysql ? "mysqladmin" : "mariadb-admin";
  Database database;
  database.image = mysql ? "mysql:8.4.3" : "mariadb:11.4.4";
  database.port = 3306;
  database.data = "/var/lib/mysql";
  database.group = 999;
  database.arguments = mysql_arguments(source, memory, connections);
  database.environment = {{prefix + "_DATABASE", std::string(kUser)}, {prefix + "_USER", std::string(kUser)}};
  database.secrets = {{prefix + "_ROOT_PASSWORD", std::string(password)},
                      {prefix + "_PASSWORD", std::string(password)}};
  // By TCP: while the image prepares its data, a server runs that listens on its socket alone. `ping` needs no password.
  database.ready = {admin, "ping", "--host=127.0.0.1", "--silent"};
  database.reachable = {admin, "ping", fmt::format("--host={}", name_of(source)), "--silent"};
  return database;
}

Database postgresql_database(std::uint64_t memory, std::string_view password, std::uint64_t connections) {
  Database database;
  database.image = "postgres:16.4";
  database.port = 5432;
  database.data = "/var/lib/postgresql/data";
  database.group = 999;
  for (const std::string& setting :
       {fmt::format("max_connections={}", connections), fmt::format("shared_buffers={}MB", mebibytes(memory, 0.25, 32)),
        fmt::format("effective_cache_size={}MB", mebibytes(memory, 0.5, 64)),
        fmt::format("maintenance_work_mem={}MB", mebibytes(memory, 0.0625, 16, 1024)),
        fmt::format("max_wal_size={}MB", mebibytes(memory, 0.5, 128, 4096)), std::string("wal_level=minimal"),
        std::string("max_wal_senders=0"), std::string("synchronous_commit=off")}) {
    database.arguments.emplace_back("-c");
    database.arguments.push_back(setting);
  }
  database.environment = {
      {"POSTGRES_USER", std::string(kUser)},
      {"POSTGRES_DB", std::string(kUser)},
      {"PGDATA", "/var/lib/postgresql/data/pgdata"}};  // a volume's own folder is not empty everywhere
  database.secrets = {{"POSTGRES_PASSWORD", std::string(password)}};
  database.ready = {"pg_isready", "--quiet", "--host=127.0.0.1", "--username=loadtest", "--dbname=loadtest"};
  database.reachable = {"pg_isready", "--quiet", "--host=postgresql", "--username=loadtest", "--dbname=loadtest"};
  return database;
}

Database mongodb_database(std::uint64_t memory) {
  Database database;
  database.image = "mongo:7.0.14";
  database.port = 27017;
  database.data = "/data/db";
  database.group = 999;
  // As the server itself computes it from what it takes for the memory of the machine: half of what is beyond 1 GiB.
  const double cache = std::max(0.25, (static_cast<double>(memory) / (1 << 30) - 1) / 2);
  database.arguments = {
      "--replSet", "rs0", "--bind_ip_all", "--noauth", "--wiredTigerCacheSizeGB", fmt::format("{:.2f}", cache)};
  // Who asks first makes the replica set, which change streams need.
  database.ready = {
      "mongosh", "--quiet", "--eval",
      "try { rs.status() } catch (e) { rs.initiate({_id: 'rs0', members: [{_id: 0, host: 'mongodb:27017'}]}) } "
      "quit(db.hello().isWritablePrimary ? 0 : 1)"};
  database.reachable = {"mongosh", "--quiet", "mongodb://mongodb:27017/?directConnection=true", "--eval",
                        "quit(db.hello().isWritablePrimary ? 0 : 1)"};
  return database;
}

Database neo4j_database(std::uint64_t memory, std::string_view password) {
  const std::string heap = fmt::format("{}m", mebibytes(memory, 0.4, 256));
  Database database;
  database.image = "neo4j:5.26.0";
  database.port = 7687;
  database.data = "/data";
  database.group = 7474;
  database.environment = {{"NEO4J_PLUGINS", R"(["apoc"])"},
                          {"NEO4J_server_memory_heap_initial__size", heap},
                          {"NEO4J_server_memory_heap_max__size", heap},
                          {"NEO4J_server_memory_pagecache_size", fmt::format("{}m", mebibytes(memory, 0.3, 128))}};
  database.secrets = {{"NEO4J_AUTH", fmt::format("neo4j/{}", password)}};
  database.ready = {"wget", "-q", "-O", "/dev/null", "http://127.0.0.1:7474"};
  database.reachable = {"wget", "-q", "-O", "/dev/null", "http://neo4j:7474"};
  return database;
}

Database kafka_database(std::uint64_t memory) {
  // The tool is a JVM of its own, which would take the broker's heap as well.
  const auto asked_at = [](std::string_view broker) {
    return std::vector<std::string>{
        "bash", "-c",
        fmt::format("KAFKA_HEAP_OPTS=-Xmx96m exec /opt/kafka/bin/kafka-broker-api-versions.sh --bootstrap-server {}",
                    broker)};
  };
  const std::uint64_t heap = mebibytes(memory, 0.5, 256, 6144);
  Database database;
  database.image = "apache/kafka:3.9.0";
  database.port = 9092;
  database.data = "/var/lib/kafka/data";
  database.group = 1000;
  database.environment = {{"KAFKA_NODE_ID", "1"},
                          {"KAFKA_PROCESS_ROLES", "broker,controller"},
                          {"KAFKA_LISTENERS", "PLAINTEXT://:9092,CONTROLLER://:9093"},
                          {"KAFKA_ADVERTISED_LISTENERS", "PLAINTEXT://kafka:9092"},
                          {"KAFKA_LISTENER_SECURITY_PROTOCOL_MAP", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"},
                          {"KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER"},
                          {"KAFKA_CONTROLLER_QUORUM_VOTERS", "1@127.0.0.1:9093"},
                          {"KAFKA_NUM_PARTITIONS", "8"},
                          {"KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "1"},
                          {"KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1"},
                          {"KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1"},
                          {"KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0"},
                          {"KAFKA_LOG_RETENTION_HOURS", "1"},
                          {"KAFKA_LOG_DIRS", "/var/lib/kafka/data"},
                          {"KAFKA_HEAP_OPTS", fmt::format("-Xms{0}m -Xmx{0}m", heap)}};
  database.ready = asked_at("127.0.0.1:9092");
  database.reachable = asked_at("kafka:9092");
  return database;
}

Database settings_of(Source source, std::uint64_t memory, std::string_view password, std::uint64_t connections) {
  switch (source) {
    case Source::mysql:
    case Source::mariadb:
      return mysql_database(source, memory, password, connections);
    case Source::postgresql:
      return postgresql_database(memory, password, connections);
    case Source::mongodb:
      return mongodb_database(memory);
    case Source::neo4j:
      return neo4j_database(memory, password);
    case Source::kafka:
      return kafka_database(memory);
    case Source::csv:
    case Source::jsonl:
      break;
  }
  ASSAY_ASSERT(false);
  return {};
}

}  // namespace

std::uint64_t least_memory(Source source) {
  switch (source) {
    case Source::mysql:
      return 512 * kMebi;
    case Source::neo4j:
    case Source::kafka:
      return 768 * kMebi;
    default:
      return 256 * kMebi;
  }
}

Database database_of(Source source, const Limits& limits, std::optional<std::uint64_t> tmpfs, std::string_view password,
                     std::optional<std::string> image, std::uint64_t connections) {
  const std::uint64_t memory = usable_memory(limits, tmpfs);
  if (memory < least_memory(source))
    throw Error(fmt::format("{} has {} of memory{}; expected {} or more (--database-memory-limit)", name_of(source),
                            size_text(memory), tmpfs ? " beside its tmpfs" : "", size_text(least_memory(source))));
  Database database =
      settings_of(source, memory, password, std::max(kLeastConnections, connections + kSpareConnections));
  database.name = name_of(source);
  database.limits = limits;
  database.tmpfs = tmpfs;
  if (image) database.image = *std::move(image);
  return database;
}

std::vector<Setting> connection_of(Source source, std::string_view password) {
  const std::string login = fmt::format("{}:{}@", kUser, password);
  switch (source) {
    case Source::mysql:
    case Source::mariadb:
      return connection_to(source, fmt::format("{0}://{1}{0}:3306/{2}", name_of(source), login, kUser));
    case Source::postgresql:
      return connection_to(source, fmt::format("postgresql://{}postgresql:5432/{}", login, kUser));
    case Source::mongodb:
      return connection_to(source, fmt::format("mongodb://mongodb:27017/{}?replicaSet=rs0&w=1&journal=false", kUser));
    case Source::neo4j:
      return {{"NEO4J_CONNECTION_STRING", "bolt://neo4j:7687"},
              {"NEO4J_USERNAME", "neo4j"},
              {"NEO4J_PASSWORD", std::string(password)},
              {"NEO4J_DATABASE", "neo4j"}};
    case Source::kafka:
      return connection_to(source, "kafka:9092");
    case Source::csv:
    case Source::jsonl:
      return connection_to(source, std::string(kData));
  }
  return {};
}

std::vector<Setting> connection_to(Source source, std::string where) {
  switch (source) {
    case Source::mysql:
      return {{"MYSQL_CONNECTION_STRING", std::move(where)}};
    case Source::mariadb:
      return {{"MARIADB_CONNECTION_STRING", std::move(where)}};
    case Source::postgresql:
      return {{"POSTGRESQL_CONNECTION_STRING", std::move(where)}};
    case Source::mongodb:
      return {{"MONGODB_CONNECTION_STRING", std::move(where)}};
    case Source::neo4j:
      return {{"NEO4J_CONNECTION_STRING", std::move(where)}};
    case Source::kafka:
      return {{"KAFKA_BROKERS", std::move(where)}};
    case Source::csv:
    case Source::jsonl:
      return {{"OUTPUT_DIR", std::move(where)}};
  }
  return {};
}

}  // namespace assay::deploy
