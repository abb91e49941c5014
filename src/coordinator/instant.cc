#include "coordinator/instant.h"

#include "coordinator/watch.h"

#include <fmt/format.h>

namespace assay::coordinator {
namespace {

using nlohmann::json;

constexpr Nanos kHeadStart = std::chrono::milliseconds(500), kTellTimeout = std::chrono::seconds(2);
constexpr int kClockSamples = 7;

std::string text_of(WallTime at) { return std::to_string(at.time_since_epoch().count()); }

}  // namespace

void measure_clocks(AgentClients& clients, std::vector<Member>& members) {
  for (std::size_t m = 0; m < members.size(); m++) {
    Nanos best = Nanos::max();
    for (int i = 0; i < kClockSamples && members[m].lost.empty(); i++) {
      const TimePoint sent = real_clock().now();
      const WallTime before = real_clock().wall();
      const AgentAnswer answer = clients.ask_one({.agent = m, .path = "/api/v1/time"});
      const Nanos took = real_clock().now() - sent;
      if (!answer.ok())
        throw Error(fmt::format("agent {}: {}", members[m].name, answer.failure), ExitCode::unreachable);
      if (took >= best) continue;
      best = took;
      const WallTime there(Nanos(std::stoll(answer.json.at("unix_ns").get<std::string>())));
      members[m].clock_offset = there - (before + took / 2);
      members[m].clock_error = took / 2;
    }
  }
}

WallTime begin_together(AgentClients& clients, std::vector<Member>& members) {
  const WallTime begin = real_clock().wall() + kHeadStart;
  std::vector<AgentRequest> requests;
  requests.reserve(members.size());
  for (std::size_t m = 0; m < members.size(); m++) {
    members[m].told_begin = begin + members[m].clock_offset;
    requests.push_back({.agent = m,
                        .method = "POST",
                        .path = "/api/v1/tasks/" + members[m].task + "/start",
                        .body = json{{"at_unix_ns", text_of(*members[m].told_begin)}}.dump(),
                        .timeout = kTellTimeout});
  }
  const std::vector<AgentAnswer> answers = clients.ask(requests);
  for (std::size_t m = 0; m < members.size(); m++) {
    if (answers[m].ok()) continue;
    stop_tasks(clients, members);
    throw Error(fmt::format("agent {} did not begin: {}", members[m].name, answers[m].failure), ExitCode::unreachable);
  }
  return begin;
}

}  // namespace assay::coordinator
