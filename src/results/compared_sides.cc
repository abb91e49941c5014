#include "results/compared_sides.h"

#include "base/error.h"
#include "base/units.h"
#include "results/measured_run.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace assay {
namespace {

std::string target_of(const Document& document) {
  std::string text;
  for (const TargetFacts& t : document.targets) {
    if (!text.empty()) text += ", ";
    text += t.server.empty() ? t.driver : t.server;
    if (!t.server_version.empty()) text += " " + t.server_version;
  }
  return text;
}

bool measured_anything(const Document& document) {
  const MeasuredRun run = MeasuredRun::of(document);
  if (run.length <= Nanos(0)) return false;
  return value_in(run, {"count", {}, Quantity::count}).value_or(0) +
             value_in(run, {"errors", {}, Quantity::count}).value_or(0) >
         0;
}

std::string label_of(std::size_t index) {
  return index < 26 ? std::string(1, static_cast<char>('A' + index)) : fmt::format("R{}", index + 1);
}

}  // namespace

void require_comparable(const std::vector<ComparedSide>& sides) {
  ASSAY_ASSERT(sides.size() >= 2);
  const Document& first = *sides.front().runs.front();
  std::vector<std::pair<const Document*, std::string>> seen;
  for (const ComparedSide& side : sides) {
    ASSAY_ASSERT(!side.runs.empty() && side.runs.size() == sides.front().runs.size());
    for (const Document* run : side.runs) {
      if (run->workload.name != first.workload.name)
        throw Error(fmt::format("{} is a run of the workload {}, and {} one of {}: expected runs of one workload",
                                sides.front().name, first.workload.name, side.name, run->workload.name));
      for (const auto& [other, name] : seen)
        if (other->id == run->id && other->started == run->started)
          throw Error(
              fmt::format("{} and {} are the same result ({}): expected different runs", name, side.name, run->id));
      if (!measured_anything(*run))
        throw Error(
            fmt::format("{}: nothing was measured in this run: no operation was due in a phase 'measure'", side.name));
      seen.emplace_back(run, side.name);
    }
  }
}

std::vector<SideFacts> facts_of(const std::vector<ComparedSide>& sides) {
  std::vector<SideFacts> all;
  for (const ComparedSide& side : sides) {
    SideFacts& facts = all.emplace_back();
    facts.label = label_of(all.size() - 1);
    facts.name = side.name;
    facts.runs = side.runs;
    facts.target = target_of(*side.runs.front());
    for (std::size_t i = 0; i < side.runs.size(); i++) {
      const Document& run = *side.runs[i];
      const std::string which = side.runs.size() > 1 ? fmt::format("run {}: ", i + 1) : "";
      if (run.partial) facts.remarks.push_back(which + "PARTIAL: it was interrupted; compared is what it measured");
      if (run.verdict.verdict == Verdict::pass) continue;
      const bool invalid = run.verdict.verdict == Verdict::invalid;
      facts.invalid = facts.invalid || invalid;
      facts.remarks.push_back(
          fmt::format("{}{}: {}", which, invalid ? "INVALID" : "FAIL", fmt::join(run.verdict.reasons, "; ")));
    }
  }
  const bool targets_tell = std::all_of(all.begin(), all.end(), [&](const SideFacts& s) {
    return std::count_if(all.begin(), all.end(), [&](const SideFacts& o) { return o.target == s.target; }) == 1;
  });
  for (SideFacts& facts : all) facts.title = targets_tell ? facts.target : facts.name;
  return all;
}

void find_circumstances(Comparison& c) {
  std::vector<std::vector<Circumstance>> of_sides;
  for (const SideFacts& side : c.sides) of_sides.push_back(circumstances_of(*side.runs.front()));
  const std::vector<VaryingCircumstance> all = varying(of_sides);
  const auto of_other_kinds = [&](std::string_view target) {
    return std::any_of(all.begin(), all.end(), [&](const VaryingCircumstance& v) {
      return v.name == fmt::format("{}.driver", target) || v.name == fmt::format("{}.server", target);
    });
  };
  for (const VaryingCircumstance& v : all) {
    const std::size_t setting = v.name.find(".setting.");
    const bool own =
        setting != std::string::npos && of_other_kinds(std::string_view(v.name).substr(0, setting)) &&
        std::any_of(v.values.begin(), v.values.end(), [](const std::string& value) { return value.empty(); });
    (own ? c.own_settings : c.circumstances).push_back(v);
  }
}

}  // namespace assay
