#include "cli/fanout.h"

#include "agent/pgdistbench.h"
#include "base/error.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <numeric>

namespace assay::cli {
namespace {

using nlohmann::json;

constexpr Nanos kBetweenLooks = std::chrono::milliseconds(500);

/// A value of a plan as JSON has it: agents take numbers and truth values for what they are.
json json_of(const plan::Value& value) {
  const std::string& text = value.text;
  if (text == "true" || text == "false") return text == "true";
  const bool number = !text.empty() && text.size() < 18 &&
                      std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= '0' && c <= '9'; });
  return number ? json(std::stoll(text)) : json(text);
}

std::string config_of(const plan::Benchmark& benchmark, bool with_options, const std::string& target) {
  json config = json::object();
  if (!target.empty()) config["target"] = target;
  if (with_options && benchmark.config)
    for (const auto& [name, value] : benchmark.config->members) config[name] = json_of(value);
  return config.dump();
}

}  // namespace

std::string Status::text() const {
  if (!gone.empty()) return "no answer: " + gone;
  return code() + (told.contains("task") ? " " + told["task"].get<std::string>() : "");
}

void Fanout::post(const std::string& verb, bool to_all) {
  std::vector<coordinator::AgentRequest> requests;
  std::vector<std::size_t> whom = agents_.first_of_each_system();
  if (to_all) {
    whom.resize(agents_.urls.size());
    std::iota(whom.begin(), whom.end(), std::size_t{0});
  }
  require_idle(whom);
  requests.reserve(whom.size());
  for (const std::size_t a : whom)
    requests.push_back({.agent = a,
                        .method = "POST",
                        .path = fmt::format("/work/{}/{}", benchmark_.workload, verb),
                        .body = config_of(benchmark_, verb != "cleanup",
                                          agents_.targets.empty() ? std::string() : agents_.targets[a])});
  const std::vector<coordinator::AgentAnswer> answers = clients_.ask(requests);
  std::vector<std::string> begun;
  for (std::size_t i = 0; i < answers.size(); i++)
    if (answers[i].ok()) begun.push_back(agents_.urls[whom[i]]);
  try {
    require(answers, whom);
  } catch (const Error& error) {
    if (begun.empty()) throw;
    throw Error(fmt::format("{}\nbegun, nevertheless, on {}: 'assay runner cancel' stops that", error.what(),
                            fmt::join(begun, ", ")),
                ExitCode::unreachable);
  }
  asked_ = whom;
}

Statuses Fanout::statuses() {
  std::vector<coordinator::AgentRequest> requests;
  for (std::size_t a = 0; a < agents_.urls.size(); a++) requests.push_back({.agent = a, .path = "/status"});
  Statuses out;
  for (coordinator::AgentAnswer& answer : clients_.ask(requests))
    out.push_back(answer.ok() ? Status{std::move(answer.json), {}} : Status{json::object(), answer.failure});
  return out;
}

std::vector<json> Fanout::get_all(const std::string& path) {
  std::vector<coordinator::AgentRequest> requests;
  std::vector<std::size_t> whom;
  for (std::size_t a = 0; a < agents_.urls.size(); a++) {
    requests.push_back({.agent = a, .path = path});
    whom.push_back(a);
  }
  std::vector<json> out;
  for (coordinator::AgentAnswer& answer : require(clients_.ask(requests), whom)) out.push_back(std::move(answer.json));
  return out;
}

Statuses Fanout::wait_idle(const SignalWatch& signals, bool without_gone) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  for (;;) {
    Statuses all = statuses();
    std::vector<std::string> gone;
    bool busy = false;
    for (std::size_t a = 0; a < all.size(); a++) {
      if (!all[a].gone.empty()) gone.push_back(fmt::format("{}: {}", agents_.urls[a], all[a].gone));
      busy = busy || (all[a].gone.empty() && all[a].code() != "Idle");
    }
    if (!gone.empty() && (!without_gone || gone.size() == all.size()))
      throw Error(fmt::format("{}", fmt::join(gone, "\n")), ExitCode::unreachable);
    if (!busy) return all;
    changed.wait_for(lock, signals.token(), kBetweenLooks, [] { return false; });
    if (signals.stopped())
      throw Error("interrupted; the agents go on: 'assay runner cancel' stops them", ExitCode::interrupted);
  }
}

void Fanout::require_done(const Statuses& statuses) const {
  std::vector<std::string> failed;
  for (const std::size_t a : asked_)
    if (const json last = statuses[a].told.value("last", json::object()); last.contains("error"))
      failed.push_back(fmt::format("{}: {}", agents_.urls[a], last["error"].get<std::string>()));
  if (!failed.empty()) throw Error(fmt::format("{}", fmt::join(failed, "\n")), ExitCode::thresholds_failed);
}

json Fanout::newest_result(std::size_t agent) {
  const coordinator::AgentAnswer tasks = clients_.ask_one({.agent = agent, .path = "/api/v1/tasks"});
  if (!tasks.ok()) return {};
  for (const json& task : tasks.json.at("tasks")) {
    if (task.value("verb", "") != "run" || task.value("workload", "") != benchmark_.workload ||
        !task.value("has_result", false))
      continue;
    const std::vector<coordinator::AgentAnswer> result = clients_.ask(
        {{.agent = agent, .path = fmt::format("/api/v1/tasks/{}/result", task.at("id").get<std::string>())}}, true);
    return result[0].ok() ? agent::pgdistbench_result(from_json(result[0].text)) : json();
  }
  return {};
}

void Fanout::require_idle(const std::vector<std::size_t>& whom) {
  const Statuses all = statuses();
  std::vector<std::string> wrong;
  ExitCode code = ExitCode::usage;
  for (const std::size_t a : whom) {
    if (all[a].gone.empty() && all[a].code() == "Idle") continue;
    wrong.push_back(fmt::format("{}: {}", agents_.urls[a], all[a].text()));
    if (!all[a].gone.empty()) code = ExitCode::unreachable;
  }
  if (!wrong.empty())
    throw Error(fmt::format("nothing was begun, as not all agents are idle\n{}", fmt::join(wrong, "\n")), code);
}

std::vector<coordinator::AgentAnswer> Fanout::require(std::vector<coordinator::AgentAnswer> answers,
                                                      const std::vector<std::size_t>& whom) const {
  std::vector<std::string> failed;
  ExitCode code = ExitCode::usage;
  for (std::size_t i = 0; i < answers.size(); i++)
    if (!answers[i].ok()) {
      failed.push_back(fmt::format("{}: {}", agents_.urls[whom[i]], answers[i].failure));
      if (answers[i].status == 0 || answers[i].status >= 500) code = ExitCode::unreachable;
    }
  if (!failed.empty()) throw Error(fmt::format("{}", fmt::join(failed, "\n")), code);
  return answers;
}

}  // namespace assay::cli
