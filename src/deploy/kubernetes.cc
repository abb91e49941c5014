#include "deploy/kubernetes.h"

#include "core/options.h"
#include "deploy/yaml.h"

#include <fmt/format.h>

namespace assay::deploy {
namespace {

using Tree = nlohmann::ordered_json;

constexpr std::string_view kResultsPod = "loadtest-results", kSchemaMap = "loadtest-config",
                           kFilesClaim = "loadtest-data";
constexpr std::string_view kWorkerSecret = "loadtest-connection", kDatabaseSecret = "loadtest-database";
constexpr std::string_view kHolderImage = "busybox:1.36.1";  // has the tar that kubectl cp needs
constexpr std::int64_t kAssayUser = 65532;                   // of the image: tools/container_image.py

Tree labels(const Deployment& deployment, std::string_view component) {
  return {{"app.kubernetes.io/name", deployment.name}, {"app.kubernetes.io/component", component}};
}

Tree object(const Deployment& deployment, std::string_view api, std::string_view kind, std::string_view name,
            std::string_view component) {
  return {{"apiVersion", api},
          {"kind", kind},
          {"metadata", {{"name", name}, {"namespace", deployment.name}, {"labels", labels(deployment, component)}}}};
}

Tree resources_of(const Limits& limits) {
  const Tree both = {{"cpu", cpus_text(limits.cpus)}, {"memory", size_text(limits.memory)}};
  return {{"requests", both}, {"limits", both}};
}

/// A word as the shell takes it for that word.
std::string shell_quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

/// Kubernetes puts variables in for $(NAME), and takes $$ for a dollar sign.
Tree literals_for_kubernetes(const std::vector<std::string>& words) {
  Tree list = Tree::array();
  for (const std::string& word : words) {
    std::string text;
    for (const char c : word) text += c == '$' ? "$$" : std::string(1, c);
    list.push_back(std::move(text));
  }
  return list;
}

Tree claim_spec(const Deployment& deployment, bool shared, std::string_view size) {
  Tree spec = {{"accessModes", {shared ? "ReadWriteMany" : "ReadWriteOnce"}},
               {"resources", {{"requests", {{"storage", size}}}}}};
  if (deployment.storage_class) spec["storageClassName"] = *deployment.storage_class;
  return spec;
}

Tree pod_defaults() { return {{"enableServiceLinks", false}, {"automountServiceAccountToken", false}}; }

Tree restricted_container() { return {{"allowPrivilegeEscalation", false}, {"capabilities", {{"drop", {"ALL"}}}}}; }

/// Volumes that one node can mount have all pods that use them on one node.
void keep_together(const Deployment& deployment, Tree& pod, Tree& template_labels) {
  if (deployment.shared_volumes) return;
  template_labels["assay.volumes"] = deployment.name;
  pod["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] = {
      {{"labelSelector", {{"matchLabels", {{"assay.volumes", deployment.name}}}}},
       {"topologyKey", "kubernetes.io/hostname"}}};
}

Tree service_of_database(const Deployment& deployment, const Database& database) {
  Tree service = object(deployment, "v1", "Service", database.name, "database");
  // Its own name is known before it is ready: a replica set of MongoDB is made under it.
  service["spec"] = {{"clusterIP", "None"},
                     {"publishNotReadyAddresses", true},
                     {"selector", labels(deployment, "database")},
                     {"ports", {{{"name", "database"}, {"port", database.port}, {"targetPort", "database"}}}}};
  return service;
}

Tree database_pod(const Database& database) {
  Tree container = {{"name", database.name}, {"image", database.image}};
  if (!database.arguments.empty()) container["args"] = literals_for_kubernetes(database.arguments);
  container["ports"] = {{{"name", "database"}, {"containerPort", database.port}}};
  for (const Setting& setting : database.environment)
    container["env"].push_back({{"name", setting.name}, {"value", literals_for_kubernetes({setting.value})[0]}});
  if (!database.secrets.empty()) container["envFrom"] = {{{"secretRef", {{"name", kDatabaseSecret}}}}};
  container["resources"] = resources_of(database.limits);
  // There is no liveness probe: a database that a load keeps busy must not be restarted for being slow.
  container["readinessProbe"] = {
      {"exec", {{"command", database.ready}}}, {"periodSeconds", 5}, {"timeoutSeconds", 20}, {"failureThreshold", 6}};
  Tree mount = {{"name", "data"}, {"mountPath", database.data}};
  if (!database.tmpfs) mount["subPath"] = "data";  // the volume's own folder may hold lost+found
  container["volumeMounts"] = {mount};
  Tree pod = pod_defaults();
  pod["terminationGracePeriodSeconds"] = 30;
  pod["securityContext"] = {{"fsGroup", database.group}};
  pod["containers"] = {container};
  if (database.tmpfs)
    pod["volumes"] = {
        {{"name", "data"}, {"emptyDir", {{"medium", "Memory"}, {"sizeLimit", size_text(*database.tmpfs)}}}}};
  return pod;
}

Tree database_set(const Deployment& deployment, const Database& database) {
  Tree set = object(deployment, "apps/v1", "StatefulSet", database.name, "database");
  set["spec"] = {
      {"serviceName", database.name},
      {"replicas", 1},
      {"selector", {{"matchLabels", labels(deployment, "database")}}},
      {"template", {{"metadata", {{"labels", labels(deployment, "database")}}}, {"spec", database_pod(database)}}}};
  if (!database.tmpfs)
    set["spec"]["volumeClaimTemplates"] = {
        {{"metadata", {{"name", "data"}}}, {"spec", claim_spec(deployment, false, "10Gi")}}};
  return set;
}

/// Twenty minutes at most: then the worker's Job fails instead of waiting for ever.
Tree wait_for(const Database& database) {
  std::string asked;
  for (const Tree& word : literals_for_kubernetes(database.reachable))
    asked += " " + shell_quoted(word.get<std::string>());
  return {{"name", "wait-for-database"},
          {"image", database.image},
          {"command",
           {"sh", "-c",
            fmt::format("tries=0; until{}; do tries=$$((tries + 1)); [ $$tries -lt 600 ] || exit 1; sleep 2; done",
                        asked)}},
          {"resources", resources_of({0.5, 512ull << 20})}};
}

Tree worker_job(const Deployment& deployment, const Worker& worker) {
  Tree container = {{"name", "worker"},
                    {"image", deployment.image},
                    {"args", literals_for_kubernetes(worker_words(deployment, worker))},
                    {"envFrom", {{{"secretRef", {{"name", kWorkerSecret}}}}}},
                    {"resources", resources_of(deployment.limits)},
                    {"securityContext", restricted_container()},
                    {"volumeMounts",
                     {{{"name", "config"}, {"mountPath", kConfig}, {"readOnly", true}},
                      {{"name", "results"}, {"mountPath", kResults}}}}};
  Tree pod = pod_defaults();
  pod["restartPolicy"] = "OnFailure";
  pod["securityContext"] = {{"runAsNonRoot", true},
                            {"runAsUser", kAssayUser},
                            {"runAsGroup", kAssayUser},
                            {"fsGroup", kAssayUser},
                            {"seccompProfile", {{"type", "RuntimeDefault"}}}};
  if (deployment.database) pod["initContainers"] = {wait_for(*deployment.database)};
  pod["volumes"] = {{{"name", "config"}, {"configMap", {{"name", kSchemaMap}}}},
                    {{"name", "results"}, {"persistentVolumeClaim", {{"claimName", kResultsPod}}}}};
  if (deployment.tmpfs) {
    container["volumeMounts"].push_back({{"name", "data"}, {"mountPath", kData}});
    pod["volumes"].push_back(
        {{"name", "data"}, {"emptyDir", {{"medium", "Memory"}, {"sizeLimit", size_text(*deployment.tmpfs)}}}});
  } else if (deployment.files_to) {
    container["volumeMounts"].push_back({{"name", "data"}, {"mountPath", *deployment.files_to}});
    pod["volumes"].push_back({{"name", "data"}, {"persistentVolumeClaim", {{"claimName", kFilesClaim}}}});
  }
  pod["containers"] = {container};
  Tree template_labels = labels(deployment, "worker");
  keep_together(deployment, pod, template_labels);
  const std::string name = fmt::format("loadtest-{}", worker.name);
  Tree job = object(deployment, "batch/v1", "Job", name, "worker");
  // A worker that begins again goes on where it was: what it wrote is recorded in the target.
  job["spec"] = {{"backoffLimit", 3}, {"template", {{"metadata", {{"labels", template_labels}}}, {"spec", pod}}}};
  return job;
}

Tree results_pod(const Deployment& deployment) {
  Tree pod = object(deployment, "v1", "Pod", kResultsPod, "results");
  Tree spec = pod_defaults();
  spec["securityContext"] = {{"runAsNonRoot", true},
                             {"runAsUser", kAssayUser},
                             {"runAsGroup", kAssayUser},
                             {"fsGroup", kAssayUser},
                             {"seccompProfile", {{"type", "RuntimeDefault"}}}};
  Tree container = {{"name", "results"},
                    {"image", kHolderImage},
                    {"command", {"sleep", "1000000"}},
                    {"resources", resources_of({0.1, 64ull << 20})},
                    {"securityContext", restricted_container()},
                    {"volumeMounts", {{{"name", "results"}, {"mountPath", kResults}}}}};
  spec["volumes"] = {{{"name", "results"}, {"persistentVolumeClaim", {{"claimName", kResultsPod}}}}};
  if (deployment.files_to && !deployment.tmpfs) {
    container["volumeMounts"].push_back({{"name", "data"}, {"mountPath", *deployment.files_to}});
    spec["volumes"].push_back({{"name", "data"}, {"persistentVolumeClaim", {{"claimName", kFilesClaim}}}});
  }
  spec["containers"] = {container};
  spec["terminationGracePeriodSeconds"] = 0;
  keep_together(deployment, spec, pod["metadata"]["labels"]);
  pod["spec"] = spec;
  return pod;
}

Tree secret(const Deployment& deployment, std::string_view name, const std::vector<Setting>& settings,
            std::string_view component) {
  Tree out = object(deployment, "v1", "Secret", name, component);
  out["type"] = "Opaque";
  for (const Setting& setting : settings) out["stringData"][setting.name] = setting.value;
  return out;
}

/// What Kubernetes takes as the data of a ConfigMap (1 MiB), and client-side `kubectl apply` as a note of the whole object
/// (262,144 bytes), each with some room.
constexpr std::size_t kMostConfig = 1'000'000, kMostNoted = 200'000;

std::size_t data_size(const Tree& map) {
  std::size_t bytes = 0;
  for (const auto& [name, text] : map["data"].items()) bytes += name.size() + text.get_ref<const std::string&>().size();
  return bytes;
}

std::vector<Tree> config_maps(const Deployment& deployment) {
  Tree config = object(deployment, "v1", "ConfigMap", kSchemaMap, "worker");
  config["data"] = {{"schema.yaml", deployment.schema_text}};
  std::vector<Tree> all = {config};
  if (!deployment.proto_files.empty()) {
    Tree proto = object(deployment, "v1", "ConfigMap", "loadtest-proto", "worker");
    for (const Setting& file : deployment.proto_files) proto["data"][file.name] = file.value;
    all.push_back(std::move(proto));
  }
  return all;
}

struct Manifest {
  std::string_view file;
  std::vector<Tree> objects;
};

std::vector<Manifest> manifests(const Deployment& deployment) {
  Tree space = {{"apiVersion", "v1"},
                {"kind", "Namespace"},
                {"metadata", {{"name", deployment.name}, {"labels", {{"app.kubernetes.io/name", deployment.name}}}}}};
  std::vector<Tree> secrets = {secret(deployment, kWorkerSecret, deployment.connection, "worker")};
  if (deployment.database && !deployment.database->secrets.empty())
    secrets.push_back(secret(deployment, kDatabaseSecret, deployment.database->secrets, "database"));
  Tree results = object(deployment, "v1", "PersistentVolumeClaim", kResultsPod, "results");
  results["spec"] = claim_spec(deployment, deployment.shared_volumes, "1Gi");
  std::vector<Tree> volumes = {results};
  if (deployment.files_to && !deployment.tmpfs) {
    Tree data = object(deployment, "v1", "PersistentVolumeClaim", kFilesClaim, "worker");
    data["spec"] = claim_spec(deployment, deployment.shared_volumes, "10Gi");
    volumes.push_back(data);
  }
  std::vector<Tree> database;
  if (deployment.database)
    database = {service_of_database(deployment, *deployment.database), database_set(deployment, *deployment.database)};
  std::vector<Tree> workers;
  for (const Worker& worker : deployment.workers) workers.push_back(worker_job(deployment, worker));
  return {{"00-namespace", {space}},
          {"10-configmap", config_maps(deployment)},
          {"11-secrets", secrets},
          {"12-volumes", volumes},
          {"20-database", database},
          {"30-workers", workers},
          {"40-results", {results_pod(deployment)}}};
}

}  // namespace

const std::vector<std::string>& kubernetes_paths() {
  static const std::vector<std::string> paths = [] {
    std::vector<std::string> out;
    for (const Manifest& manifest : manifests({})) out.push_back(fmt::format("kubernetes/{}.yaml", manifest.file));
    return out;
  }();
  return paths;
}

std::vector<std::string> kubernetes_notes(const Deployment& deployment) {
  std::vector<std::string> notes, mistakes;
  for (const Tree& map : config_maps(deployment)) {
    const std::string name = map["metadata"]["name"];
    const std::string_view what = name == kSchemaMap ? "the schema" : "what decodes the messages of all tables";
    const std::size_t bytes = data_size(map);
    if (bytes > kMostConfig)
      mistakes.push_back(
          fmt::format("the ConfigMap {} would have {} bytes, {}; expected at most {}, as Kubernetes has "
                      "none above 1 MiB: a schema with fewer tables, or --platform docker-compose",
                      name, bytes, what, kMostConfig));
    else if (bytes > kMostNoted)
      notes.push_back(
          fmt::format("the ConfigMap {} has {} bytes, which plain kubectl apply refuses: kubectl apply "
                      "--server-side takes it",
                      name, bytes));
  }
  refuse_mistakes(mistakes);
  return notes;
}

std::vector<File> kubernetes_files(const Deployment& deployment) {
  std::vector<File> files;
  std::vector<Tree> all;
  for (Manifest& manifest : manifests(deployment)) {
    if (manifest.objects.empty()) continue;
    files.push_back({fmt::format("kubernetes/{}.yaml", manifest.file),
                     to_yaml_documents(manifest.objects, "Made by assay generate."), manifest.file == "11-secrets"});
    for (Tree& tree : manifest.objects) all.push_back(std::move(tree));
  }
  files.push_back({"loadtest.yaml",
                   to_yaml_documents(all, "Made by assay generate: all that is in kubernetes/, in one file."), true});
  add_config(deployment, files);
  return files;
}

}  // namespace assay::deploy
