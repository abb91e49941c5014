#include "agent/pgdistbench.h"

#include "agent/request_values.h"
#include "base/error.h"
#include "base/units.h"
#include "job/load_options.h"
#include "registry/registry.h"
#include "results/file.h"
#include "results/summary.h"

#include <algorithm>
#include <optional>

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
constexpr Translation kTpcc[] = {
    {"partitions", "partitions", kPrepare},         {"partition_type", "partition-type", kPrepare},
    {"use_foreign_keys", "foreign-keys", kPrepare}, {"isolation_level", "isolation-level", kRun},
    {"drop_data", "drop-data", kPrepare},           {"verify", "verify", kPrepare | kRun},
    {"wait_thinking", "think-times", kRun}};
// What pgdistbench has and assay needs no option for: the live figures are always there.
constexpr std::string_view kWithoutEffect[] = {"live_stats_period", "live_min_age"};

using Texts = std::map<std::string, std::string>;

/// The members of a config, taken one by one; mistakes in them are gathered.
class Config {
 public:
  Config(json config, std::vector<std::string>& mistakes) : config_(std::move(config)), mistakes_(mistakes) {}

  bool has(std::string_view name) const { return config_.contains(std::string(name)); }
  void drop(std::string_view name) { config_.erase(std::string(name)); }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& [name, value] : config_.items()) names.push_back(name);
    return names;
  }
  std::optional<std::string> text(const std::string& name) {
    const json value = take(name);
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean() || value.is_number()) return value.dump();
    return mistake(fmt::format("{} is {}; expected text, a number, true or false", name, value.dump()));
  }
  std::int64_t whole(const std::string& name, std::int64_t least, std::int64_t otherwise) {
    if (!has(name)) return otherwise;
    const json value = take(name);
    const bool good =
        value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= kMostCount);
    if (good && value.get<std::int64_t>() >= least) return value.get<std::int64_t>();
    mistake(fmt::format("{} is {}; expected a whole number from {} to {}", name, value.dump(), least, kMostCount));
    return otherwise;
  }
  /// Go's form: "5m", or a whole number of nanoseconds.
  Nanos duration(const std::string& name, Nanos otherwise) {
    if (!has(name)) return otherwise;
    const json value = take(name);
    try {
      if (value.is_number_integer() && value.get<std::int64_t>() >= 0) return Nanos(value.get<std::int64_t>());
      if (value.is_string()) return parse_duration(value.get<std::string>());
      mistake(fmt::format("{} is {}; expected a time such as \"5m\"", name, value.dump()));
    } catch (const Error& error) {
      mistake(fmt::format("{}: {}", name, error.what()));
    }
    return otherwise;
  }
  std::nullopt_t mistake(std::string text) {
    mistakes_.push_back(std::move(text));
    return std::nullopt;
  }

 private:
  static constexpr std::uint64_t kMostCount = 1'000'000'000;
  json take(const std::string& name) {
    json value = std::move(config_[name]);
    config_.erase(name);
    return value;
  }
  json config_;
  std::vector<std::string>& mistakes_;
};

Texts load_options(Config& config, std::int64_t warehouses) {
  Texts options;
  std::int64_t terminals = config.whole("active_terminals", 0, 0);
  if (terminals == 0) terminals = kTerminalsPerWarehouse * warehouses;
  const std::int64_t count = config.whole("count", 0, 0);
  options["clients"] = std::to_string(terminals);
  if (count > 0) options["count"] = std::to_string(count * terminals);
  const Nanos duration = config.duration("duration", std::chrono::minutes(5));
  options["duration"] = duration == Nanos(0) ? std::string(kUntilStopped) : format_duration(duration);
  return options;
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
      last["value"] = pgdistbench_result(from_json(tasks.result_text(record.id)));
      last["verdict"] = record.verdict;
    } catch (const Error& error) {
      last["error"] = error.what();
    } catch (const HttpError& gone) {
      last["error"] = gone.text;
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

HttpError not_here(std::string_view workload) {
  return {501, fmt::format("the workload '{}' is not in this assay; it has {}", workload, known_workloads())};
}

Response start_work(const Request& request, Tasks& tasks, const Defaults& defaults) {
  const std::string &workload = request.parameters.at("workload"), &verb = request.parameters.at("verb");
  if (verb_of(verb) == 0) throw HttpError{404, fmt::format("there is no {}", request.path)};
  if (!is_known(workload)) throw not_here(workload);
  json config = json::object();
  const bool ignored = workload == "tpcc" && verb_of(verb) == kCleanup;  // as pgdistbench does
  if (!request.body.empty() && !ignored) {
    const std::string type = request.media_type();
    if (!type.empty() && type != "application/json")
      throw HttpError{415, fmt::format("the body is '{}'; expected application/json", type)};
    config = json_of(request, "config");
  }
  if (ignored)  // but for a target, which assay's own exec names
    if (const json body = json::parse(request.body, nullptr, false); body.is_object() && body.contains("target"))
      config["target"] = body["target"];
  TaskRequest task;
  task.verb = static_cast<Verb>(verb_of(verb));
  task.workload = workload;
  task.options = options_of_config(workload, verb, config, task.mistakes);
  if (!task.options.contains("target")) {
    task.options["target"] = defaults.target;
    if (defaults.target.empty()) {
      task.mistakes.emplace_back("this agent has no target: start it with --target, --target-secret or PGHOST");
      task.options.erase("target");  // and what else is wrong is told with it
    }
  }
  task.key = key_of(request, fmt::format("{} of {}", verb, workload), config);
  const std::optional<Nanos> patience = wait_of(request);  // before it begins
  const Tasks::Started started = tasks.start(std::move(task));
  if (patience) {
    if (const auto held = tasks.find_held(started.id)) held->wait_ended(*patience);
    return answer(status_of(tasks));
  }
  return answer({{"Status", "ok"}, {"id", started.id}});
}

}  // namespace

namespace {

/// Of options that are of another verb, and wrong all the same: alone, or beside those of this one. What is wrong with those is
/// told by who takes them.
void require_good(const std::string& workload, const Texts& own, const Texts& others, Config& config) {
  const WorkloadType& type = find_workload(workload);
  const auto made = [&](const std::initializer_list<const Texts*>& texts) -> std::string {
    Options options(type.info().options);
    try {
      for (const Texts* some : texts) options.set_all(*some);
      type.make(options);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  };
  if (const std::string wrong = made({&own}).empty() ? made({&own, &others}) : made({&others}); !wrong.empty())
    config.mistake(wrong);
}

}  // namespace

std::map<std::string, std::string> options_of_config(const std::string& workload, const std::string& verb,
                                                     const json& given, std::vector<std::string>& mistakes) {
  Texts options, others;
  Config config(given, mistakes);
  const unsigned bits = verb_of(verb);
  if (workload != "tpcc") {  // no workload of pgdistbench: assay's own options
    for (const std::string& name : config.names())
      if (const std::optional<std::string> text = config.text(name)) options[name] = *text;
    return options;
  }
  if (config.has("target"))  // beyond pgdistbench: instead of the agent's own
    if (const std::optional<std::string> target = config.text("target")) options["target"] = *target;
  if (bits == kCleanup) return options;  // the rest of its body is ignored
  for (const std::string_view name : kWithoutEffect) config.drop(name);
  const std::int64_t warehouses = config.whole("warehouses", 1, 1);
  if ((bits & (kPrepare | kRun)) != 0) options["warehouses"] = std::to_string(warehouses);
  // It takes the way to cut into one part, and that means nothing.
  if (!given.contains("partitions") || given["partitions"] == 1) {
    if (const auto type = config.has("partition_type") ? config.text("partition_type") : std::nullopt)
      require_good(workload, {}, {{"warehouses", "2"}, {"partitions", "2"}, {"partition-type", *type}}, config);
    config.drop("partition_type");
  }
  for (const auto& [name, option, verbs] : kTpcc) {
    if (!config.has(name)) continue;
    const std::optional<std::string> text = config.text(std::string(name));
    if (!text) continue;
    ((verbs & bits) != 0 ? options : others)[std::string(option)] = *text;
  }
  Texts known = others;  // of this verb or not
  known["warehouses"] = std::to_string(warehouses);
  require_good(workload, options, known, config);
  Texts load = load_options(config, warehouses);
  if (bits == kRun) options.merge(load);
  for (const std::string& name : config.names())
    config.mistake(fmt::format("the config of {} has no {}", workload, name));
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
    if (!is_known(workload)) throw not_here(workload);
    json routes = json::array();
    for (const char* verb : {"prepare", "run", "check", "cleanup"})
      routes.push_back({{"method", "POST"}, {"path", fmt::format("/work/{}/{}", workload, verb)}});
    return answer({{"routes", std::move(routes)}});
  });
  server.route("POST", "/work/{workload}/{verb}",
               [&tasks, defaults](const Request& request) { return start_work(request, tasks, defaults); });
}

}  // namespace assay::agent
