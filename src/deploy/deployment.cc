#include "deploy/deployment.h"

#include <fmt/ranges.h>

namespace assay::deploy {
namespace {

nlohmann::ordered_json limits_json(const Limits& limits) {
  return {{"cpu_limit", cpus_text(limits.cpus)}, {"memory_limit", size_text(limits.memory)}};
}

}  // namespace

std::string_view name_of(Source source) {
  switch (source) {
    case Source::mysql:
      return "mysql";
    case Source::mariadb:
      return "mariadb";
    case Source::postgresql:
      return "postgresql";
    case Source::mongodb:
      return "mongodb";
    case Source::neo4j:
      return "neo4j";
    case Source::kafka:
      return "kafka";
    case Source::csv:
      return "csv";
    case Source::jsonl:
      return "jsonl";
  }
  return "";
}

bool has_server(Source source) { return source != Source::csv && source != Source::jsonl; }

std::string size_text(std::uint64_t bytes) {
  constexpr std::pair<std::uint64_t, std::string_view> kUnits[] = {
      {1ull << 30, "Gi"}, {1ull << 20, "Mi"}, {1ull << 10, "Ki"}};
  for (const auto& [unit, name] : kUnits)
    if (bytes >= unit && bytes % unit == 0) return fmt::format("{}{}", bytes / unit, name);
  return fmt::format("{}", bytes);
}

std::string cpus_text(double cpus) {
  const std::string text = fmt::format("{:.3f}", cpus);
  const std::size_t last = text.find_last_not_of('0');
  return text.substr(0, text[last] == '.' ? last + 2 : last + 1);
}

std::vector<std::string> worker_words(const Deployment& deployment, const Worker& worker) {
  std::vector<std::string> words = {"worker", "--worker-id", worker.name, "--source",
                                    std::string(name_of(deployment.source))};
  const auto add = [&](std::string_view option, std::string value) {
    words.emplace_back(option);
    words.push_back(std::move(value));
  };
  add("--schema", fmt::format("{}/schema.yaml", kConfig));
  add("--tables", fmt::format("{}", fmt::join(worker.tables, ",")));
  if (worker.part.count > 1) add("--shard", fmt::format("{}/{}", worker.part.index, worker.part.count));
  if (!worker.record.empty()) add("--record", worker.record);
  add("--seed", fmt::format("{}", worker.seed));
  add("--row-count", fmt::format("{}", deployment.row_count));
  add("--batch-size", fmt::format("{}", deployment.batch_size));
  add("--parallel", fmt::format("{}", deployment.sessions));
  add("--metrics-output", fmt::format("{}/{}.json", kResults, worker.name));
  add("--expect-cpus", cpus_text(deployment.limits.cpus));
  add("--expect-memory", size_text(deployment.limits.memory));
  if (deployment.tmpfs) add("--expect-tmpfs", fmt::format("{}:{}", kData, size_text(*deployment.tmpfs)));
  if (deployment.dry_run) words.emplace_back("--dry-run");
  return words;
}

void add_config(const Deployment& deployment, std::vector<File>& files) {
  files.push_back({"config/schema.yaml", deployment.schema_text});
  for (const Setting& file : deployment.proto_files)
    files.push_back({fmt::format("{}/{}", kProtoFolder, file.name), file.value});
}

nlohmann::ordered_json summary(const Deployment& deployment) {
  nlohmann::ordered_json json = {{"source_type", name_of(deployment.source)}, {"image", deployment.image}};
  for (const Worker& worker : deployment.workers) {
    nlohmann::ordered_json entry = {{"id", worker.name}, {"tables", worker.tables}};
    entry["rows_part"] = fmt::format("{}/{}", worker.part.index, worker.part.count);
    entry["seed"] = worker.seed;
    entry["row_count"] = deployment.row_count;
    entry["batch_size"] = deployment.batch_size;
    entry["resources"] = limits_json(deployment.limits);
    if (deployment.tmpfs) entry["tmpfs"] = {{"size", size_text(*deployment.tmpfs)}, {"path", kData}};
    entry["command"] = worker_words(deployment, worker);
    json["containers"].push_back(std::move(entry));
  }
  json["results_volume"] = {{"name", "loadtest-results"}, {"mount_path", kResults}};
  if (const auto& database = deployment.database) {
    nlohmann::ordered_json entry = {{"service", database->name}, {"image", database->image}};
    entry["resources"] = limits_json(database->limits);
    entry["tmpfs_storage"] = database->tmpfs.has_value();
    if (database->tmpfs) entry["tmpfs_size"] = size_text(*database->tmpfs);
    entry["database_name"] = "loadtest";
    entry["environment"] = nlohmann::ordered_json::object();
    for (const Setting& setting : database->environment) entry["environment"][setting.name] = setting.value;
    entry["command_args"] = database->arguments;
    json["database"] = std::move(entry);
  }
  json["schema_path"] = "config/schema.yaml";
  if (deployment.source == Source::kafka) {
    json["message_format"] = deployment.protobuf ? "protobuf" : "json";
    for (const Setting& file : deployment.proto_files)
      json["proto_paths"].push_back(fmt::format("{}/{}", kProtoFolder, file.name));
  }
  json["network_name"] = deployment.name;
  json["seed"] = deployment.seed;
  json["dry_run"] = deployment.dry_run;
  return json;
}

}  // namespace assay::deploy
