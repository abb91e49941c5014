#include "coordinator/whole.h"

#include "base/units.h"
#include "job/document.h"
#include "results/agents.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace assay::coordinator {
namespace {

using nlohmann::json;

Requirement::Verdict verdict_from(const std::string& text) {
  for (const auto verdict :
       {Requirement::Verdict::pass, Requirement::Verdict::fail, Requirement::Verdict::not_applicable})
    if (to_string(verdict) == text) return verdict;
  return Requirement::Verdict::not_applicable;
}

/// What each agent could say only of its own shard holds of the whole when it holds of all of them.
void combine_requirements(Statements& statements, const std::vector<Member>& members) {
  for (Requirement& whole : statements.requirements) {
    if (whole.verdict != Requirement::Verdict::not_applicable || !whole.decides) continue;
    std::vector<std::string> said, against;
    std::size_t judged = 0;
    for (const Member& member : members) {
      if (!member.result) {
        said.push_back(fmt::format("{}: lost", member.name));
        continue;
      }
      for (const Requirement& own : member.result->requirements) {
        if (own.name != whole.name) continue;
        if (own.verdict != Requirement::Verdict::not_applicable) judged++;
        (own.verdict == Requirement::Verdict::fail ? against : said)
            .push_back(fmt::format("{}: {}", member.name, own.actual));
      }
    }
    if (judged == 0) continue;
    if (!against.empty()) {
      whole.verdict = Requirement::Verdict::fail;
      whole.of_data = whole.decides;
      whole.actual = fmt::format("{}", fmt::join(against, "; "));
    } else if (judged == members.size()) {
      whole.verdict = Requirement::Verdict::pass;
      whole.actual = fmt::format("{}", fmt::join(said, "; "));
    } else {
      whole.actual = fmt::format("n/a: {}", fmt::join(said, "; "));
    }
  }
}

/// Those that decide and that only the shards state.
void add_of_shards(Statements& statements, const std::vector<Member>& members) {
  for (const Member& member : members) {
    if (!member.result) continue;
    for (const Requirement& own : member.result->requirements) {
      const bool there = std::any_of(statements.requirements.begin(), statements.requirements.end(),
                                     [&](const Requirement& r) { return r.name == own.name; });
      if (there || !own.decides) continue;
      statements.requirements.push_back(own);
      statements.requirements.back().verdict = Requirement::Verdict::not_applicable;
    }
  }
}

/// How long after the instant that it was told an agent began. None begins before it: what is below 0 is how well two
/// clocks of one machine can be read at once.
Nanos late_of(const Member& member) {
  return member.told_begin ? std::max(Nanos(0), member.result->started - *member.told_begin) : Nanos(0);
}

AgentResult agent_result(const Member& member) {
  AgentResult out{.name = member.name, .lost = member.lost};
  out.clock_offset = member.clock_offset;
  out.clock_error = member.clock_error;
  MeasuredShare share = member.told;
  if (member.result)
    for (const GroupResult& group : member.result->groups)
      for (const OperationResult& operation : group.operations)
        if (!operation.nested) share.add(operation.measured());
  out.completed = share.completed;
  out.errors = share.errors;
  out.p99_lag = share.lag.quantile(0.99);
  out.max_lag = share.lag.max();
  if (!member.result) return out;
  out.late = late_of(member);
  out.own_cost = member.result->own_cost;
  return out;
}

}  // namespace

Statements conclude_whole(AgentClients& clients, const std::vector<Member>& members, const RunPlan& plan,
                          const RunOutcome& outcome, std::string& why) {
  Document measured = measured_document(plan, outcome);
  measured.targets.push_back(
      {.name = "main", .driver = {}, .url = {}, .server = {}, .server_version = {}, .settings = {}});
  const std::string whole = to_json(measured);
  why = "no agent is left";
  for (std::size_t m = 0; m < members.size(); m++) {
    if (!members[m].result) continue;
    const AgentAnswer answer = clients.ask_one({.agent = m,
                                                .method = "POST",
                                                .path = "/api/v1/tasks/" + members[m].task + "/conclude",
                                                .body = whole,
                                                .timeout = std::chrono::seconds(60)});
    if (!answer.ok()) {
      why = answer.failure;
      continue;
    }
    Statements out;
    for (const json& f : answer.json.at("figures"))
      out.figures.push_back(
          {f.at("name").get<std::string>(), f.at("value").is_number() ? f.at("value").get<double>() : 0,
           f.at("unit").get<std::string>(), f.at("formula").get<std::string>(), f.at("available").get<bool>()});
    for (const json& r : answer.json.at("requirements"))
      out.requirements.push_back({.name = r.at("name").get<std::string>(),
                                  .clause = r.at("clause").get<std::string>(),
                                  .limit = r.at("limit").get<std::string>(),
                                  .actual = r.at("actual").get<std::string>(),
                                  .verdict = verdict_from(r.at("verdict").get<std::string>()),
                                  .decides = r.at("decides").get<bool>(),
                                  .of_data = r.at("of_data").get<bool>()});
    // What a lost agent did is in the data, and it could not say what it was.
    if (std::any_of(members.begin(), members.end(), [](const Member& member) { return !member.result; }))
      for (Requirement& r : out.requirements)
        if (r.of_data) {
          r.verdict = Requirement::Verdict::not_applicable;
          r.actual = "n/a: an agent was lost, and what it did is not known";
        }
    add_of_shards(out, members);
    combine_requirements(out, members);
    why.clear();
    return out;
  }
  return {};
}

void add_unjudged(Document& document, const std::string& why) {
  if (document.verdict.verdict == Verdict::pass) document.verdict.verdict = Verdict::fail;
  document.verdict.reasons.push_back("what the workload says of the whole could not be had: " + why);
}

void add_agents(Document& document, const std::vector<Member>& members) {
  std::uint32_t threads = 0;
  document.agents.clear();
  for (std::size_t m = 0; m < members.size(); m++) {
    AgentResult agent = agent_result(members[m]);
    agent.shard = static_cast<std::uint32_t>(m);
    threads += agent.own_cost.threads;
    if (began_late(agent))
      document.warnings.push_back(
          fmt::format("agent {} began {} after the instant agreed upon", agent.name, format_latency(agent.late)));
    document.agents.push_back(std::move(agent));
  }
  document.own_cost.threads = threads;
  // The load was not what was asked for.
  for (const AgentResult& agent : document.agents) {
    if (agent.lost.empty()) continue;
    if (document.verdict.verdict == Verdict::pass) document.verdict.verdict = Verdict::fail;
    document.verdict.reasons.push_back(fmt::format("the agent {} was lost: {}", agent.name, agent.lost));
  }
}

}  // namespace assay::coordinator
