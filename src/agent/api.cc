#include "agent/api.h"

#include "agent/request_values.h"
#include "base/error.h"
#include "base/units.h"
#include "job/load_options.h"
#include "registry/registry.h"
#include "results/file.h"
#include "results/render.h"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <random>
#include <sstream>

namespace assay::agent {
namespace {

using net::HttpError;
using net::Request;
using net::Response;
using nlohmann::json;

constexpr Nanos kEventPatience = std::chrono::seconds(1);

Response answer(const json& value, int status = 200) { return {.status = status, .body = text_of(value) + "\n"}; }

constexpr std::string_view kInstant = "an instant such as 2026-11-22T16:30:00Z, in UTC";

/// "2026-11-22T16:30:00.5Z", of an instant that is near.
WallTime instant_of_clock(const std::string& text) {
  WallTime at;
  try {
    if (!text.ends_with('Z')) throw Error("");
    at = WallTime(
        std::chrono::microseconds(parse_timestamp(std::string_view(text).substr(0, text.size() - 1)).microseconds));
  } catch (const Error&) {
    throw Error(fmt::format("start_at is '{}'; expected {}", text, kInstant));
  }
  if (const WallTime now = real_clock().wall(); !is_near(at, now))
    throw Error(fmt::format("start_at is '{}'; expected an instant in the past hour or the year to come, such as '{}'",
                            text, format_wall(now)));
  return at;
}

/// Names with texts; numbers and truth values are taken for theirs.
std::map<std::string, std::string> texts_in(Members& body, const char* name) {
  std::map<std::string, std::string> out;
  const json given = body.take_raw(name);
  if (!given.is_null() && !given.is_object())
    body.mistake(fmt::format("{} is no object; expected names with values as text", name));
  if (!given.is_object()) return out;
  for (const auto& [key, value] : given.items()) {
    if (value.is_string())
      out[key] = value.get<std::string>();
    else if (value.is_boolean() || value.is_number())
      out[key] = text_of(value);
    else
      body.mistake(fmt::format("{}: {} is {}; expected text", name, key, text_of(value)));
  }
  return out;
}

TaskRequest task_request(const Request& request, const Defaults& defaults) {
  const json given = body_of(request);
  Members body(given);
  TaskRequest out;
  const std::string verb = body.take<std::string>("verb", "run", "text");
  out.verb = static_cast<Verb>(verb_of(verb));
  if (verb_of(verb) == 0) body.mistake(fmt::format("the verb is '{}'; expected prepare, run, check or cleanup", verb));
  out.workload = body.take<std::string>("workload", "", "the name of a workload");
  out.options = texts_in(body, "options");
  out.driver_options = texts_in(body, "driver_options");
  const auto take_target = [](Members& from, std::map<std::string, std::string>& options) {
    if (const std::string target = from.take<std::string>("target", "", "a URL"); !target.empty())
      options["target"] = target;
  };
  take_target(body, out.options);
  if (!out.options.contains("target") && !defaults.target.empty()) out.options["target"] = defaults.target;
  const json groups = body.take_raw("groups");
  if (!groups.is_null() && !groups.is_array()) body.mistake("groups is no list");
  for (const json& group : groups.is_array() ? groups : json::array()) {
    Members members(group.is_object() ? group : json::object());
    LoadRequest& load = out.groups.emplace_back();
    load.name = members.take<std::string>("name", "", "the name of a group");
    load.system = members.take<std::string>("system", "main", "the name of its target");
    load.workload = members.take<std::string>("workload", "", "the name of a workload");
    load.options = texts_in(members, "options");
    load.driver_options = texts_in(members, "driver_options");
    take_target(members, load.options);
    if (!load.options.contains("target") && out.options.contains("target"))
      load.options["target"] = out.options["target"];
    if (load.name.empty()) members.mistake("it has no name");
    for (std::size_t before = 0; before + 1 < out.groups.size(); before++)
      if (out.groups[before].name == load.name) members.mistake("another group has its name");
    for (const std::string& mistake : members.mistakes())
      body.mistake(fmt::format("group {} ({}): {}", out.groups.size(), load.name, mistake));
  }
  if (const std::string shard = body.take_text("shard", "INDEX/COUNT"); !shard.empty()) out.options["shard"] = shard;
  out.hold = body.take("hold", false, "true or false");
  out.sharded = body.take("sharded", false, "true or false");
  if (const std::string at = body.take_text("start_at_unix_ns", "nanoseconds since 1970 as text"); !at.empty())
    body.gather([&] { out.start_at = instant_of(at, "start_at_unix_ns"); });
  if (const std::string at = body.take_text("start_at", kInstant); !at.empty())
    body.gather([&] {
      if (out.start_at) throw Error("start_at and start_at_unix_ns are given; expected one of them");
      out.start_at = instant_of_clock(at);
    });
  out.run = body.take_raw("run");
  if (!out.run.is_null() && !out.run.is_object()) body.mistake("run is no object");
  if (verb_of(verb) == 0) {  // which options there are is not known either
    body.gather([&] { find_workload(out.workload); });
    body.refuse();
  }
  out.mistakes = body.mistakes();
  out.key = key_of(request, "task", given);
  return out;
}

std::shared_ptr<Task> require_held(const Tasks& tasks, const Request& request) {
  const std::string& id = request.parameters.at("id");
  tasks.require(id);
  std::shared_ptr<Task> task = tasks.find_held(id);
  if (task == nullptr) throw HttpError{409, fmt::format("the task {} is over", id)};
  return task;
}

std::string event_text(const EventLog::Event& event) {
  return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", event.id, event.kind, event.data);
}

/// What was before, in short, then what comes.
Response event_stream(std::shared_ptr<Task> task, std::uint64_t since) {
  struct Reader {
    Reader(std::shared_ptr<Task> of, std::uint64_t from, bool known)
        : task(std::move(of)), at(from), greeted(known), follower(task->events()) {}
    std::shared_ptr<Task> task;
    std::uint64_t at;
    bool greeted;
    EventLog::Follower follower;
  };
  const bool known = since > 0 && since <= task->events().last();
  auto reader = std::make_shared<Reader>(std::move(task), since, known);
  Response response;
  response.events = [reader](const std::stop_token&) -> std::optional<std::string> {
    const Task& task = *reader->task;
    std::string text;
    if (!reader->greeted) {
      reader->greeted = true;
      const Task::Past past = task.past();
      reader->at = past.event;
      const std::string record = text_of(to_json(past.record));
      // Number 0: who is cut off in the middle of it is greeted again.
      text = event_text({0, "state", record});
      for (const std::string& interval : past.intervals) text += event_text({0, "interval", interval});
      for (const EventLog::Event& event : task.events().after(0, Nanos(0)))
        if (event.kind == "log" && event.id <= past.event) text += event_text({0, "log", event.data});
      if (task.events().ended(past.event)) text += event_text({past.event, "end", record});
      return text;
    }
    if (task.events().ended(reader->at)) return std::nullopt;
    for (const EventLog::Event& event : task.events().after(reader->at, kEventPatience)) {
      text += event_text(event);
      reader->at = event.id;
    }
    return text;
  };
  return response;
}

/// `verbs`: those that take the table at all.
json options_json(std::span<const OptionSpec> table, unsigned verbs = kAllVerbs) {
  static constexpr std::string_view kTypes[] = {"text",     "flag", "count", "whole", "number",
                                                "duration", "rate", "bytes", "choice"};
  json out = json::array();
  for (const OptionSpec& spec : table)
    out.push_back({{"name", spec.name},
                   {"type", kTypes[static_cast<std::size_t>(spec.type)]},
                   {"default", spec.default_value},
                   {"help", spec.help},
                   {"choices", spec.choices},
                   {"verbs",
                    {{"prepare", (spec.verbs & verbs & kPrepare) != 0},
                     {"run", (spec.verbs & verbs & kRun) != 0},
                     {"check", (spec.verbs & verbs & kCheck) != 0},
                     {"cleanup", (spec.verbs & verbs & kCleanup) != 0}}}});
  return out;
}

json catalogue(bool starts_tasks, const std::string& process) {
  json drivers = json::array(), workloads = json::array(), load = options_json(run_options(), kRun);
  for (const DriverEntry& entry : all_drivers())
    if (entry.driver != nullptr)
      drivers.push_back({{"name", entry.name},
                         {"summary", entry.driver->info().summary},
                         {"schemes", entry.driver->info().schemes},
                         {"example", entry.driver->info().example}});
  for (const WorkloadType* type : all_workloads())
    workloads.push_back({{"name", type->info().name},
                         {"summary", type->info().summary},
                         {"options", options_json(type->info().options)}});
  for (const std::span<const OptionSpec> table : {job_options(), target_options()})
    for (json& option : options_json(table)) load.push_back(std::move(option));
  return {{"version", ASSAY_VERSION},          {"process", process},
          {"starts_tasks", starts_tasks},      {"drivers", std::move(drivers)},
          {"workloads", std::move(workloads)}, {"load", std::move(load)}};
}

/// "12.5s", since the begin of the run.
Nanos instant_of_run(const std::string& text) {
  try {
    return parse_duration(text);
  } catch (const Error& error) {
    throw Error(fmt::format("at: {}", error.what()));
  }
}

GroupChange change_of(const json& given_body) {
  const bool given = given_body.contains("clients");
  Members body(given_body);
  GroupChange change{.group = body.take<std::string>("group", "", "the name of a group")};
  const std::string rate = body.take_text("rate", "a rate as text, such as \"500\"");
  const std::string arrival = body.take_text("arrival", "constant or poisson");
  const std::string think = body.take_text("think_time", "a duration as text");
  if (!rate.empty() || !think.empty())
    body.gather([&] {
      change.schedule =
          Schedule::parse(rate, arrival.empty() ? "constant" : arrival, think.empty() ? "0" : think, Nanos(0));
    });
  if (!arrival.empty() && rate.empty()) body.mistake("arrival has no effect without rate");
  if (given) {
    const auto clients = body.take<std::int64_t>("clients", 1, "a whole number from 1");
    constexpr std::int64_t kMost = 10'000'000;  // as in a plan
    if (clients < 1 || clients > kMost)
      body.mistake(fmt::format("clients is {}; expected a whole number from 1 to {}", clients, kMost));
    change.clients = static_cast<std::uint64_t>(std::max<std::int64_t>(clients, 1));
  }
  if (const std::string at = body.take_text("at", "a duration as text, such as \"12.5s\""); !at.empty())
    body.gather([&] { change.at = instant_of_run(at); });
  change.remove = body.take("remove", false, "true or false");
  body.refuse();
  return change;
}

void add_tasks(net::HttpServer& server, Tasks& tasks, const Defaults& defaults) {
  server.route("POST", "/api/v1/tasks", [&tasks, defaults](const Request& request) {
    const std::optional<Nanos> patience = wait_of(request);  // before it begins
    const Tasks::Started started = tasks.start(task_request(request, defaults));
    if (patience)
      if (const std::shared_ptr<Task> task = tasks.find_held(started.id)) task->wait_ended(*patience);
    return answer(to_json(tasks.require(started.id)), started.fresh ? 201 : 200);
  });
  // What a run would be, without beginning one: who the target is and, when its data is in place, the groups.
  server.route("POST", "/api/v1/describe", [defaults](const Request& request) {
    require_query(request, {"groups"});
    const bool groups = flag_in_query(request, "groups");
    return answer(describe(task_request(request, defaults), groups));
  });
  server.route("GET", "/api/v1/tasks", [&tasks](const Request&) {
    json all = json::array();
    for (const TaskRecord& record : tasks.all()) all.push_back(to_json(record));
    return answer({{"tasks", std::move(all)}});
  });
  server.route("GET", "/api/v1/tasks/{id}", [&tasks](const Request& request) {
    const std::string id = request.parameters.at("id");
    if (const std::optional<Nanos> patience = wait_of(request))
      if (const std::shared_ptr<Task> task = tasks.find_held(id)) task->wait_ended(*patience);
    json out = to_json(tasks.require(id));
    if (const std::shared_ptr<Task> task = tasks.find_held(id); task != nullptr && !out.contains("ended"))
      if (json live = task->live_figures(); !live.is_null()) out["live"] = std::move(live);
    return answer(out);
  });
  server.route("POST", "/api/v1/tasks/{id}/start", [&tasks](const Request& request) {
    require_query(request, {});
    const std::shared_ptr<Task> task = require_held(tasks, request);
    Members body(body_of(request));
    const std::string at = body.take_text("at_unix_ns", "nanoseconds since 1970 as text");
    WallTime instant = real_clock().wall();
    if (!at.empty()) body.gather([&] { instant = instant_of(at, "at_unix_ns"); });
    body.refuse();
    task->start_at(instant);
    return answer(to_json(task->record()));
  });
  server.route("POST", "/api/v1/tasks/{id}/stop", [&tasks](const Request& request) {
    require_query(request, {});
    if (const std::shared_ptr<Task> task = tasks.find_held(request.parameters.at("id"))) task->stop();
    return answer(to_json(tasks.require(request.parameters.at("id"))));
  });
  server.route("POST", "/api/v1/tasks/{id}/change", [&tasks](const Request& request) {
    require_query(request, {});
    const std::shared_ptr<Task> task = require_held(tasks, request);
    const json body = body_of(request);
    task->change(change_of(body), key_of(request, "change", body));
    return answer({{"status", "ok"}});
  });
  server.route("POST", "/api/v1/tasks/{id}/conclude", [&tasks](const Request& request) {
    require_query(request, {});
    const Statements statements = require_held(tasks, request)->conclude(from_json(request.body));
    json figures = json::array(), requirements = json::array();
    for (const Figure& f : statements.figures)
      figures.push_back(
          {{"name", f.name}, {"value", f.value}, {"unit", f.unit}, {"formula", f.formula}, {"available", f.available}});
    for (const Requirement& r : statements.requirements)
      requirements.push_back({{"name", r.name},
                              {"clause", r.clause},
                              {"limit", r.limit},
                              {"actual", r.actual},
                              {"verdict", assay::to_string(r.verdict)},
                              {"decides", r.decides},
                              {"of_data", r.of_data}});
    return answer({{"figures", std::move(figures)}, {"requirements", std::move(requirements)}});
  });
  server.route("GET", "/api/v1/tasks/{id}/events", [&tasks](const Request& request) {
    const std::string id = request.parameters.at("id");
    const TaskRecord record = tasks.require(id);
    std::shared_ptr<Task> task = tasks.find_held(id);
    if (task != nullptr) {
      const std::string_view last = request.header("last-event-id");
      return event_stream(std::move(task), last.empty() ? 0 : whole_number(last, "Last-Event-ID"));
    }
    Response response;  // of an earlier one only the end is known
    response.events = [text = event_text({1, "end", text_of(to_json(record))}),
                       told = false](const std::stop_token&) mutable -> std::optional<std::string> {
      if (std::exchange(told, true)) return std::nullopt;
      return text;
    };
    return response;
  });
  server.route("GET", "/api/v1/tasks/{id}/intervals", [&tasks](const Request& request) {
    require_query(request, {"since"});
    const std::uint64_t since = request.query.contains("since") ? whole_number(request.in_query("since"), "since") : 0;
    const std::shared_ptr<Task> task = require_held(tasks, request);
    const TaskRecord record = task->record();  // first: behind an end there are no more pieces
    json out = task->pieces(since, 500);
    out["state"] = to_string(record.state);
    out["phase"] = record.phase;
    out["cpu_s"] = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    return answer(out);
  });
}

void add_results(net::HttpServer& server, Tasks& tasks) {
  const auto text = [&tasks](const Request& request) {
    const std::string id = request.parameters.at("id");
    tasks.require(id);
    return tasks.result_text(id);
  };
  const auto result = [text](const Request& request) {
    return Response{.body = text(request), .content_type = "application/json"};
  };
  server.route("GET", "/api/v1/tasks/{id}/result", result);
  server.route("GET", "/api/v1/tasks/{id}/result.json", [result](const Request& request) {
    Response response = result(request);
    response.headers.emplace_back("Content-Disposition",
                                  fmt::format("attachment; filename=\"{}.json\"", request.parameters.at("id")));
    return response;
  });
  server.route("GET", "/api/v1/tasks/{id}/report.html", [text](const Request& request) {
    return Response{.body = render_html(from_json(text(request))), .content_type = "text/html; charset=utf-8"};
  });
}

/// Of this process among all: by it, who asks several addresses sees that two of them are one agent.
std::string identity() {
  std::random_device chance;
  return fmt::format("{:08x}{:08x}", chance(), chance());
}

std::string read_small(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

std::string in_url(std::string_view text) {
  std::string out;
  for (const unsigned char c : text)
    out += std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '~' ? std::string(1, static_cast<char>(c))
                                                                                : fmt::format("%{:02X}", c);
  return out;
}

struct Connection {
  std::string host, port, user, password, database, sslmode;
};

std::string url_of(const Connection& c) {
  std::string url = "postgres://" + in_url(c.user.empty() ? "postgres" : c.user);
  if (!c.password.empty()) url += ":" + in_url(c.password);
  url += "@" + (c.host.find(':') == std::string::npos ? c.host : "[" + c.host + "]");
  if (!c.port.empty()) url += ":" + c.port;
  url += "/" + in_url(c.database.empty() ? (c.user.empty() ? "postgres" : c.user) : c.database);
  if (!c.sslmode.empty()) url += "?sslmode=" + in_url(c.sslmode);
  return url;
}

}  // namespace

std::string target_of_environment() {
  const auto value = [](const char* name) {
    const char* text = std::getenv(name);
    return std::string(text == nullptr ? "" : text);
  };
  if (value("PGHOST").empty()) return {};
  const std::string password = value("PGPASSWORD").empty() ? value("PGPASS") : value("PGPASSWORD");
  return url_of({.host = value("PGHOST"),
                 .port = value("PGPORT"),
                 .user = value("PGUSER"),
                 .password = password,
                 .database = value("PGDATABASE"),
                 .sslmode = value("PGSSLMODE")});
}

std::string target_of_secret(const std::filesystem::path& folder) {
  const auto value = [&](std::initializer_list<const char*> names) {
    for (const char* name : names)
      if (std::string text = read_small(folder / name); !text.empty()) return text;
    return std::string();
  };
  if (!std::filesystem::is_directory(folder))
    throw Error(
        fmt::format("the secret {} is no folder; expected one with the file uri, or host, username, password, "
                    "dbname",
                    folder.string()));
  if (std::string uri = value({"uri", "url"}); !uri.empty()) return uri;
  const Connection connection{.host = value({"host"}),
                              .port = value({"port"}),
                              .user = value({"username", "user"}),
                              .password = value({"password"}),
                              .database = value({"dbname", "database"}),
                              .sslmode = value({"sslmode"})};
  if (connection.host.empty())
    throw Error(fmt::format("the secret {} has neither a file uri nor a file host", folder.string()));
  return url_of(connection);
}

void add_api(net::HttpServer& server, Tasks& tasks, const Defaults& defaults) {
  server.route("GET", "/api/v1/catalogue",
               [&tasks, process = identity()](const Request&) { return answer(catalogue(tasks.starts(), process)); });
  server.route("GET", "/api/v1/time", [](const Request&) {
    return answer({{"unix_ns", std::to_string(real_clock().wall().time_since_epoch().count())}});
  });
  add_tasks(server, tasks, defaults);
  add_results(server, tasks);
}

}  // namespace assay::agent
