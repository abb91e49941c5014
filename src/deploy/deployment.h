// What a load test is made of when it runs in containers: a database, workers that write generated rows into it, and
// where their results go. It says nothing of Docker Compose or Kubernetes: compose.h and kubernetes.h render the same
// description, so that what one has the other has too.
//
// Sizes are bytes, CPUs are cores. Plain data, immutable once made by request.h; secrets are in it, so it is not for
// printing: summary() is.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::deploy {

enum class Source : std::uint8_t { mysql, mariadb, postgresql, mongodb, neo4j, kafka, csv, jsonl };
std::string_view name_of(Source);
/// Files need no server.
bool has_server(Source);

struct Limits {
  double cpus = 0;
  std::uint64_t memory = 0;
};

struct Setting {
  std::string name, value;
};

struct Database {
  std::string name;  // of its service, and of the host that workers find
  std::string image;
  std::vector<std::string> arguments;  // of the image's own entry point
  std::vector<Setting> environment;
  std::vector<Setting> secrets;  // environment as well, but never in a file that people pass around
  int port = 0;
  std::string data;                    // the folder of its data
  std::optional<std::uint64_t> tmpfs;  // that folder in memory, with so many bytes
  std::int64_t group = 0;              // that its files belong to
  Limits limits;
  std::vector<std::string> ready;      // in its container: exits with 0 when it takes connections
  std::vector<std::string> reachable;  // the same, in another container of its image
};

/// Rows of each table from rows · index / count up to rows · (index + 1) / count.
struct Part {
  std::uint32_t index = 0, count = 1;
};

struct Worker {
  std::string name;  // "worker-1": also of its results
  std::vector<std::string> tables;
  Part part;
  std::uint64_t seed = 0;
  std::string record = {};  // under which name the load is kept in the target, where there are several
};

struct Deployment {
  std::string name = "loadtest";  // of the namespace and the network
  Source source = Source::postgresql;
  std::string image;  // of assay
  std::string schema_text, schema_name;
  bool protobuf = false;                // messages of Kafka; else JSON
  std::vector<Setting> proto_files;     // what decodes them: name and text
  std::optional<Database> database;     // none where one is there already, or none is needed
  std::vector<Setting> connection;      // environment of the workers, secret
  std::optional<std::string> files_to;  // folder in the workers that holds what they write: of csv and jsonl
  std::vector<Worker> workers;
  Limits limits;                       // of one worker
  std::uint32_t sessions = 2;          // of one worker, at once
  std::optional<std::uint64_t> tmpfs;  // of one worker's /data
  std::uint64_t row_count = 0, batch_size = 0, seed = 0;
  bool dry_run = false;         // workers make rows and send none
  bool shared_volumes = false;  // Kubernetes: volumes that several nodes can write
  std::optional<std::string> storage_class;
  std::optional<std::pair<std::uint32_t, std::uint32_t>> user;  // Compose: whose files the results are
};

inline constexpr std::string_view kResults = "/results", kData = "/data", kConfig = "/config";

/// The words behind `assay` of a worker's container.
std::vector<std::string> worker_words(const Deployment&, const Worker&);
/// "512Mi": as both platforms understand it; a size that is no multiple of 1 KiB in bytes.
std::string size_text(std::uint64_t bytes);
/// "0.5", "2.0"
std::string cpus_text(double cpus);
/// For programs and people: everything but secrets.
nlohmann::ordered_json summary(const Deployment&);

/// One file that is written.
struct File {
  std::string path;  // below the output folder
  std::string text;
  bool secret = false;  // for the owner's eyes only
};
inline constexpr std::string_view kSummaryFile = "loadtest.json", kProtoFolder = "config/proto";
/// What both platforms have in the folder config: the schema, and what decodes messages.
void add_config(const Deployment&, std::vector<File>&);

}  // namespace assay::deploy
