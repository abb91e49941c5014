#include "agent/pgdistbench.h"

#include "base/error.h"
#include "base/units.h"
#include "registry/registry.h"
#include "results/file.h"
#include "results/summary.h"

#include <algorithm>

namespace assay::agent {
namespace {

using net::HttpError;
using net::Request;
using net::Response;
using nlohmann::json;

constexpr Nanos kPingTimeout = std::chrono::seconds(2);
constexpr std::int64_t kTerminalsPerWarehouse = 10;

Response answer(const json& value, int status = 200) {
  return {.status = status, .body = value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"};
}

double ms(Nanos time) { return static_cast<double>(time.count()) / 1e6; }

struct Translation {
  std::string_view config, option;
  unsigned verbs;
};
constexpr Translation kTpcc[] = {{"warehouses", "warehouses", kPrepare | kRun},
                                 {"partitions", "partitions", kPrepare},
                                 {"partition_type", "partition-type", kPrepare},
                                 {"use_foreign_keys", "foreign-keys", kPrepare},
                                 {"isolation_level", "isolation-level", kRun},
                                 {"drop_data", "drop-data", kPrepare},
                                 {"verify", "verify", kPrepare | kRun},
                                 {"wait_thinking", "think-times", kRun}};
// What pgdistbench has and assay needs no option for: the live figures are always there.
constexpr std::string_view kWithoutEffect[] = {"live_stats_period", "live_min_age"};

std::string text_of(const std::string& name, const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean() || value.is_number_integer()) return value.dump();
  throw Error(fmt::format("{} is {}; expected text, a whole number, true or false", name, value.dump()));
}

/// Go's form: "5m", or a whole number of nanoseconds.
Nanos go_duration(const json& value) {
  if (value.is_number_integer()) return Nanos(value.get<std::int64_t>());
  if (!value.is_string()) throw Error(fmt::format("duration is {}; expected a time such as \"5m\"", value.dump()));
  return parse_duration(value.get<std::string>());
}

void take_load(json& config, std::map<std::string, std::string>& options, std::int64_t warehouses) {
  const auto whole = [&](const char* name, std::int64_t otherwise) {
    if (!config.contains(name)) return otherwise;
    if (!config[name].is_number_integer() || config[name].get<std::int64_t>() < 0)
      throw Error(fmt::format("{} is {}; expected a whole number from 0", name, config[name].dump()));
    return std::exchange(config[name], json()).get<std::int64_t>();
  };
  std::int64_t terminals = whole("active_terminals", 0);
  if (terminals == 0) terminals = kTerminalsPerWarehouse * warehouses;
  const std::int64_t count = whole("count", 0);
  options["clients"] = std::to_string(terminals);
  if (count > 0) options["count"] = std::to_string(count * terminals);
  const Nanos duration = config.contains("duration") ? go_duration(config["duration"]) : Nanos(std::chrono::minutes(5));
  if (duration < Nanos(0)) throw Error(fmt::format("duration is {}; expected none below 0", config["duration"].dump()));
  // 0 is "until stopped": longer than anybody waits.
  options["duration"] = duration == Nanos(0) ? "87600h" : format_duration(duration);
  for (const char* name : {"active_terminals", "count", "duration"}) config.erase(name);
}

json operation_stats(const OperationSummary& row) {
  return {{"prefix", "[Summary] "},
          {"operation", row.operation},
          {"count", row.count},
          {"sum_ms", ms(row.response.mean) * static_cast<double>(row.count)},
          {"avg_ms", ms(row.response.mean)},
          {"median_ms", ms(row.response.p50)},
          {"p90_ms", ms(row.response.p90)},
          {"p95_ms", ms(row.response.p95)},
          {"p99_ms", ms(row.response.p99)},
          {"max_ms", ms(row.response.max)}};
}

json failed_stats(const OperationResult& operation) {
  const LatencySummary failed = summarize(operation.measured().failed);
  return {{"prefix", "[Summary] "},
          {"operation", operation.name + "_ERR"},
          {"count", operation.measured().errors()},
          {"sum_ms", ms(failed.mean) * static_cast<double>(failed.count)},
          {"avg_ms", ms(failed.mean)},
          {"median_ms", ms(failed.p50)},
          {"p90_ms", ms(failed.p90)},
          {"p95_ms", ms(failed.p95)},
          {"p99_ms", ms(failed.p99)},
          {"max_ms", ms(failed.max)}};
}

std::string known_workloads() {
  std::string names;
  for (const WorkloadType* type : all_workloads())
    names += (names.empty() ? "" : ", ") + std::string(type->info().name);
  return names;
}

bool is_known(const std::string& workload) {
  const auto& all = all_workloads();
  return std::any_of(all.begin(), all.end(), [&](const WorkloadType* type) { return type->info().name == workload; });
}

json status_of(const Tasks& tasks) {
  const std::shared_ptr<Task> task = tasks.current();
  if (task == nullptr) {
    const std::vector<TaskRecord> all = tasks.all();
    if (all.empty()) return {{"code", "Idle"}};
  }
  const TaskRecord record = task != nullptr ? task->record() : tasks.all().front();
  const std::string name = record.workload + "/" + record.verb;
  if (!has_ended(record.state)) {
    json out{{"code", "Busy"}, {"task", name}, {"id", record.id}, {"phase", record.phase}};
    if (json live = task->live_figures(); !live.is_null()) out["live"] = std::move(live);
    return out;
  }
  json last = json::object();
  const bool failed = record.state == TaskState::failed || (record.verdict == "fail" && !record.error.empty());
  if (failed) last["error"] = record.error;
  if (record.state == TaskState::stopped) last["stopped"] = true;
  if (record.has_result) {
    try {
      last["value"] = pgdistbench_result(read_document(tasks.result_file(record.id)));
      last["verdict"] = record.verdict;
    } catch (const Error& error) {
      last["error"] = error.what();
    }
  }
  return {{"code", "Idle"}, {"last", std::move(last)}, {"id", record.id}, {"last_task", name}};
}

/// Idle agents say whether their target answers; a busy one is not asked to.
Response health(const Tasks& tasks, const Defaults& defaults) {
  const std::shared_ptr<Task> task = tasks.current();
  if (task != nullptr && !has_ended(task->record().state)) return answer("Busy");
  if (defaults.target.empty()) return answer("Idle");
  try {
    const Driver& driver = find_driver(defaults.target);
    const std::unique_ptr<Target> target = driver.open({.url = defaults.target,
                                                        .options = Options(driver.info().options),
                                                        .connect_timeout = kPingTimeout,
                                                        .operation_timeout = kPingTimeout,
                                                        .may_create = false});
    if (const auto session = target->connect(); !session)
      return net::error_response(500, fmt::format("the target does not answer: {}", session.error().message));
  } catch (const Error& error) {
    return net::error_response(500, error.what());
  }
  return answer("Idle");
}

Response start_work(const Request& request, Tasks& tasks, const Defaults& defaults) {
  const std::string &workload = request.parameters.at("workload"), &verb = request.parameters.at("verb");
  if (verb_of(verb) == 0) throw HttpError{404, fmt::format("there is no {}", request.path)};
  if (!is_known(workload))
    throw HttpError{501, fmt::format("the workload '{}' is not in this assay; it has {}", workload, known_workloads())};
  json config = json::object();
  if (!request.body.empty()) {
    const std::string_view type = request.header("content-type");
    if (!type.empty() && type.substr(0, type.find(';')) != "application/json")
      throw HttpError{415, fmt::format("the body is '{}'; expected application/json", type)};
    try {
      config = json::parse(request.body);
    } catch (const json::exception& error) {
      throw HttpError{400, fmt::format("the config is no JSON: {}", error.what())};
    }
    if (config.is_null()) config = json::object();
    if (!config.is_object()) throw HttpError{400, "the config is no JSON object"};
  }
  TaskRequest task;
  task.verb = static_cast<Verb>(verb_of(verb));
  task.workload = workload;
  task.options = options_of_config(workload, verb, config);
  if (!task.options.contains("target")) {
    if (defaults.target.empty())
      throw HttpError{400, "this agent has no target: start it with --target, --target-secret or PGHOST"};
    task.options["target"] = defaults.target;
  }
  task.key = request.header("idempotency-key");
  const Tasks::Started started = tasks.start(std::move(task));
  if (const std::string wait(request.in_query("wait")); !wait.empty()) {
    if (const auto held = tasks.find_held(started.id)) held->wait_ended(std::min(parse_duration(wait), Nanos(std::chrono::minutes(10))));
    return answer(status_of(tasks));
  }
  return answer({{"Status", "ok"}, {"id", started.id}});
}

}  // namespace

std::map<std::string, std::string> options_of_config(const std::string& workload, const std::string& verb,
                                                     const json& given) {
  std::map<std::string, std::string> options;
  json config = given;
  for (const std::string_view name : kWithoutEffect) config.erase(std::string(name));
  const unsigned bits = verb_of(verb);
  if (workload != "tpcc") {  // no workload of pgdistbench: assay's own options
    for (const auto& [name, value] : config.items()) options[name] = text_of(name, value);
    return options;
  }
  if (bits == kCleanup) return options;  // its body is ignored
  std::int64_t warehouses = 1;
  if (config.contains("warehouses")) {
    if (!config["warehouses"].is_number_integer() || config["warehouses"].get<std::int64_t>() < 1)
      throw Error(fmt::format("warehouses is {}; expected a whole number from 1", config["warehouses"].dump()));
    warehouses = config["warehouses"].get<std::int64_t>();
  }
  if ((bits & (kPrepare | kRun)) != 0) options["warehouses"] = std::to_string(warehouses);
  // It takes the way to cut into one part, and that means nothing.
  if (!config.contains("partitions") || config["partitions"] == 1) config.erase("partition_type");
  for (const auto& [name, option, verbs] : kTpcc) {
    const auto found = config.find(std::string(name));
    if (found == config.end()) continue;
    const std::string text = text_of(std::string(name), *found);
    if ((verbs & bits) != 0) options[std::string(option)] = text;
    config.erase(found);
  }
  std::map<std::string, std::string> load;
  take_load(config, load, warehouses);
  if (bits == kRun) options.insert(load.begin(), load.end());
  if (!config.empty()) {
    std::string names;
    for (const auto& [name, value] : config.items()) names += (names.empty() ? "" : ", ") + name;
    throw Error(fmt::format("the config of {} has no {}", workload, names));
  }
  return options;
}

json pgdistbench_result(const Document& document) {
  json stats = json::array();
  double total = 0;
  for (const OperationSummary& row : summarize(document)) {
    if (row.operation == "all") continue;
    stats.push_back(operation_stats(row));
  }
  for (const GroupResult& group : document.groups)
    for (const OperationResult& operation : group.operations) {
      if (operation.measured().errors() > 0) stats.push_back(failed_stats(operation));
      if (!operation.nested && group.name != "delivery") total += static_cast<double>(operation.measured().completed);
    }
  json summary = json::object();
  const double minutes = to_seconds(document.measured_length()) / 60;
  for (const Figure& figure : document.figures) {
    if (figure.name == "nopm" && figure.available) summary["tpmC"] = figure.value;
    if (figure.name == "efficiency" && figure.available) summary["efficiency"] = fmt::format("{:.2f}%", figure.value);
  }
  summary["tpmTotal"] = minutes > 0 ? total / minutes : 0;
  return {{"Stats", std::move(stats)}, {"Summary", std::move(summary)}, {"partial", document.partial}};
}

void add_pgdistbench_api(net::HttpServer& server, Tasks& tasks, const Defaults& defaults) {
  server.route("GET", "/ping", [](const Request&) { return Response{.body = ".", .content_type = "text/plain"}; });
  server.route("GET", "/status", [&tasks](const Request&) { return answer(status_of(tasks)); });
  server.route("GET", "/healthz", [&tasks, defaults](const Request&) { return health(tasks, defaults); });
  server.route("POST", "/work/stop", [&tasks](const Request&) {
    if (const std::shared_ptr<Task> task = tasks.current()) task->stop();
    return answer({{"Status", "ok"}});
  });
  server.route("GET", "/work/{workload}", [](const Request& request) {
    const std::string& workload = request.parameters.at("workload");
    if (!is_known(workload)) throw HttpError{404, fmt::format("there is no workload '{}'", workload)};
    json routes = json::array();
    for (const char* verb : {"prepare", "run", "check", "cleanup"})
      routes.push_back({{"method", "POST"}, {"path", fmt::format("/work/{}/{}", workload, verb)}});
    return answer({{"routes", std::move(routes)}});
  });
  server.route("POST", "/work/{workload}/{verb}",
               [&tasks, defaults](const Request& request) { return start_work(request, tasks, defaults); });
}

}  // namespace assay::agent
