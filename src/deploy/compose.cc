#include "deploy/compose.h"

#include "deploy/yaml.h"

#include <fmt/format.h>

namespace assay::deploy {
namespace {

using Tree = nlohmann::ordered_json;

/// Compose puts variables in for a dollar sign.
std::string literal_for_compose(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '$' ? "$$" : std::string(1, c);
  return out;
}

Tree literals(const std::vector<std::string>& words) {
  Tree list = Tree::array();
  for (const std::string& word : words) list.push_back(literal_for_compose(word));
  return list;
}

/// Docker's units are powers of 1024 with one letter.
std::string docker_size(std::uint64_t bytes) {
  std::string text = size_text(bytes);
  if (text.ends_with('i')) text.pop_back();
  if (!text.empty() && text.back() > '9') text.back() = static_cast<char>(text.back() | 0x20);
  return text;
}

Tree resources(const Limits& limits) {
  return {{"resources", {{"limits", {{"cpus", cpus_text(limits.cpus)}, {"memory", docker_size(limits.memory)}}}}}};
}

std::string memory_mount(std::string_view path, std::uint64_t size) {
  return fmt::format("{}:size={},mode=1777", path, docker_size(size));
}

Tree database_service(const Deployment& deployment, const Database& database) {
  Tree service = {{"image", database.image}};
  if (!database.arguments.empty()) service["command"] = literals(database.arguments);
  for (const Setting& setting : database.environment)
    service["environment"][setting.name] = literal_for_compose(setting.value);
  if (!database.secrets.empty()) service["env_file"] = {"database.env"};
  Tree test = {"CMD"};
  for (const std::string& word : database.ready) test.push_back(literal_for_compose(word));
  service["healthcheck"] = {{"test", test}, {"interval", "2s"}, {"timeout", "20s"}, {"retries", 150}};
  if (database.tmpfs)
    service["tmpfs"] = {memory_mount(database.data, *database.tmpfs)};
  else
    service["volumes"] = {fmt::format("database:{}", database.data)};
  service["deploy"] = resources(database.limits);
  service["networks"] = {deployment.name};
  service["labels"] = {{"assay.component", "database"}};
  return service;
}

Tree worker_service(const Deployment& deployment, const Worker& worker) {
  Tree service = {{"image", deployment.image}, {"command", literals(worker_words(deployment, worker))}};
  service["env_file"] = {"worker.env"};
  if (deployment.user) service["user"] = fmt::format("{}:{}", deployment.user->first, deployment.user->second);
  service["volumes"] = {fmt::format("./config:{}:ro", kConfig), fmt::format("./results:{}", kResults)};
  if (deployment.tmpfs)
    service["tmpfs"] = {memory_mount(kData, *deployment.tmpfs)};
  else if (deployment.files_to)
    service["volumes"].push_back(fmt::format("./data:{}", *deployment.files_to));
  if (deployment.database) service["depends_on"] = {{deployment.database->name, {{"condition", "service_healthy"}}}};
  service["deploy"] = resources(deployment.limits);
  service["networks"] = {deployment.name};
  service["labels"] = {{"assay.component", "worker"}};
  service["restart"] = "no";
  return service;
}

std::string environment_file(const std::vector<Setting>& settings) {
  std::string text;
  for (const Setting& setting : settings) text += fmt::format("{}={}\n", setting.name, setting.value);
  return text;
}

}  // namespace

std::vector<File> compose_files(const Deployment& deployment) {
  Tree compose = {{"version", "3.8"}, {"services", Tree::object()}};
  if (const auto& database = deployment.database)
    compose["services"][database->name] = database_service(deployment, *database);
  for (const Worker& worker : deployment.workers) compose["services"][worker.name] = worker_service(deployment, worker);
  compose["networks"][deployment.name] = {{"driver", "bridge"}};
  if (deployment.database && !deployment.database->tmpfs) compose["volumes"]["database"] = Tree::object();
  std::vector<File> files;
  files.push_back({std::string(kComposeFile),
                   to_yaml(compose, fmt::format("Made by assay generate: {} workers write generated rows into {}.\n"
                                                "docker compose -f {} up; then assay aggregate --results-dir ./results",
                                                deployment.workers.size(), name_of(deployment.source), kComposeFile))});
  add_config(deployment, files);
  files.push_back({"worker.env", environment_file(deployment.connection), true});
  if (deployment.database && !deployment.database->secrets.empty())
    files.push_back({"database.env", environment_file(deployment.database->secrets), true});
  return files;
}

}  // namespace assay::deploy
