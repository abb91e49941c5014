// What a person asks of `assay generate`, and the description that it comes to: presets, limits, sizes, the schema,
// all checked together. Every mistake is told at once, by the name of its option.
#pragma once

#include "deploy/deployment.h"
#include "deploy/partition.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::deploy {

/// As docs/deploy.md has them.
struct Preset {
  std::string_view name;
  std::uint32_t workers;
  Limits worker;
  std::uint64_t tmpfs;  // of a worker
  Limits database;
  std::uint64_t row_count, batch_size;
};
std::span<const Preset> presets();

/// What is absent comes from the preset. Sizes are as people write them, "" when not given.
struct Request {
  Source source = Source::postgresql;
  std::string preset = "medium";
  std::optional<std::uint32_t> workers;
  Partition partition = Partition::rows;
  bool tmpfs = false, database_tmpfs = false, dry_run = false, shared_volumes = false;
  std::string tmpfs_size, database_tmpfs_size, memory_limit, database_memory_limit;
  std::optional<double> cpu_limit, database_cpu_limit;
  std::filesystem::path schema;
  std::optional<std::uint64_t> row_count, batch_size;
  std::optional<std::uint64_t> seed;  // without it the schema's
  std::string message_format;         // of Kafka: json, protobuf; "" is protobuf, or what the connection string says
  std::string connection_string, image, database_image, storage_class;
  std::string password;  // of the database that is deployed
};

/// Also what a person should know and what stops nothing, a sentence each. Throws Error with all mistakes, a line
/// each; those of the schema with their places.
struct Described {
  Deployment deployment;
  std::vector<std::string> notes;
};
Described describe(const Request&);

}  // namespace assay::deploy
