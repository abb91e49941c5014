#include "job/groups.h"

#include "base/random.h"
#include "core/engine.h"
#include "core/url.h"
#include "job/document.h"
#include "job/load_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace assay {
namespace {

/// What decides the data of a part.
std::map<std::string, std::string> data_of(const GroupPart& part) {
  std::map<std::string, std::string> out{{"", part.target + "/" + std::string(part.setup->type->info().name)}};
  const Options& options = part.setup->request.workload_options;
  for (const OptionSpec& spec : options.table())
    if ((spec.verbs & kPrepare) != 0) out.emplace(spec.name, options.text(spec.name));
  return out;
}

/// Says of which group the work is.
class ProgressOfPart final : public Progress {
 public:
  ProgressOfPart(Progress& progress, const GroupPart& part) : progress_(progress), part_(part) {}
  void start(std::string_view what, std::string_view unit, std::uint64_t total) override {
    progress_.start(fmt::format("{}: {}", part_.name, what), unit, total);
  }
  void advance(std::uint64_t units) override { progress_.advance(units); }
  void note(std::string_view line) override { progress_.note(fmt::format("{}: {}", part_.name, line)); }

 private:
  Progress& progress_;
  const GroupPart& part_;
};

}  // namespace

std::vector<const GroupPart*> GroupsExecutor::data_sets() const {
  std::map<std::map<std::string, std::string>, const GroupPart*> known;
  std::vector<const GroupPart*> out;
  // Of agents each has data in its process to make; all other data the coordinator has made before.
  const bool only_own = setup_.request.sharded && setup_.request.verb == kRun;
  for (const GroupPart& part : parts_)
    if (part.setup->driver->info().in_process || (!only_own && known.emplace(data_of(part), &part).second))
      out.push_back(&part);
  return out;
}

ServerFacts GroupsExecutor::facts() {
  facts_.clear();
  for (const GroupPart& part : parts_) facts_.push_back(part.setup->facts());
  return facts_.front();
}

void GroupsExecutor::prepare(std::stop_token stop) {
  for (const GroupPart* part : data_sets()) {
    ProgressOfPart progress(progress_, *part);
    Job job = part->setup->job_for(progress, stop);
    part->setup->workload->prepare(job);
  }
}

CheckOutcome GroupsExecutor::check(std::stop_token stop) {
  CheckOutcome all;
  for (const GroupPart* part : data_sets()) {
    ProgressOfPart progress(progress_, *part);
    Job job = part->setup->job_for(progress, stop);
    CheckOutcome outcome = part->setup->workload->check(job);
    all.conditions += outcome.conditions;
    if (!outcome.looked_at.empty()) all.looked_at += (all.looked_at.empty() ? "" : "; ") + outcome.looked_at;
    for (Finding& finding : outcome.findings) all.findings.push_back(std::move(finding));
  }
  return all;
}

void GroupsExecutor::cleanup(std::stop_token stop) {
  for (const GroupPart* part : data_sets()) {
    ProgressOfPart progress(progress_, *part);
    Job job = part->setup->job_for(progress, stop);
    part->setup->workload->cleanup(job);
  }
}

RunPlan GroupsExecutor::plan() {
  RunPlan plan;
  for (const GroupPart& part : parts_) {
    const std::size_t first = plan.groups.size();
    // Clients of two groups of one workload would else draw the same.
    const std::uint64_t of_data = part.setup->seed;
    if (first > 0) part.setup->seed = hash_of(of_data, first);
    RunPlan of_part = make_plan(*part.setup);
    part.setup->seed = of_data;
    std::vector<GroupPlan> groups = std::move(plan.groups);
    for (GroupPlan& group : of_part.groups) {
      group.first_of_workload = first;
      group.group.name = group.group.triggered ? part.name + "." + group.group.name : part.name;
      groups.push_back(std::move(group));
    }
    if (first == 0) plan = std::move(of_part);  // the phases of all are the same
    plan.groups = std::move(groups);
  }
  plan.duration = measured_time(parts_.front().setup->own(), plan.groups);
  first_ = first_groups(plan);
  plan.gate = gate_;
  return plan;
}

std::map<std::string, std::string> GroupsExecutor::options_in_force() {
  std::map<std::string, std::string> all;
  for (const GroupPart& part : parts_)
    for (const auto& [name, value] : part.setup->workload->options_in_force()) all[part.name + "." + name] = value;
  return all;
}

RunOutcome GroupsExecutor::run(const RunPlan& plan, std::stop_token stop, RunObserver& observer) {
  for (const GroupPart& part : parts_) part.setup->workload->before_run(*part.setup->target);
  for (const GroupPart& part : parts_) part.setup->target->under_load(true);
  RunOutcome outcome = assay::run(plan, std::move(stop), observer, real_clock(), control_);
  for (const GroupPart& part : parts_) part.setup->target->under_load(false);
  return outcome;
}

void GroupsExecutor::after_run() {
  for (const GroupPart& part : parts_) part.setup->workload->after_run(*part.setup->target);
}

void GroupsExecutor::require_target() {
  for (const GroupPart& part : parts_)
    if (const Result<std::unique_ptr<Session>> session = part.setup->target->connect(); !session)
      throw_unreachable(part.setup->url(), session.error());
}

Statements GroupsExecutor::conclude(const RunPlan& plan, const RunOutcome& outcome) {
  Statements all;
  for (std::size_t p = 0; p < parts_.size(); p++) {
    const auto first = static_cast<std::ptrdiff_t>(first_[p]);
    const auto past = static_cast<std::ptrdiff_t>(p + 1 < parts_.size() ? first_[p + 1] : plan.groups.size());
    RunPlan of_part = plan;
    of_part.groups.assign(plan.groups.begin() + first, plan.groups.begin() + past);
    RunOutcome part_outcome;
    part_outcome.groups.assign(outcome.groups.begin() + first, outcome.groups.begin() + past);
    part_outcome.ramp_up = outcome.ramp_up;
    part_outcome.warmup = outcome.warmup;
    part_outcome.measure = outcome.measure;
    part_outcome.partial = outcome.partial;
    part_outcome.of_whole_job = outcome.of_whole_job;
    Statements said = parts_[p].setup->workload->conclude(summarize_run(of_part, part_outcome));
    for (Figure& figure : said.figures) {
      figure.name = parts_[p].name + "." + figure.name;
      all.figures.push_back(std::move(figure));
    }
    for (Requirement& requirement : said.requirements) {
      requirement.name = parts_[p].name + ": " + requirement.name;
      all.requirements.push_back(std::move(requirement));
    }
  }
  return all;
}

void GroupsExecutor::complete(Document& document) {
  describe_parts(document, setup_, first_, facts_, options_in_force());
}

std::vector<std::size_t> first_groups(const RunPlan& plan) {
  std::vector<std::size_t> first;
  for (const GroupPlan& group : plan.groups)
    if (first.empty() || group.first_of_workload != first.back()) first.push_back(group.first_of_workload);
  return first;
}

void describe_parts(Document& document, const JobSetup& setup, const std::vector<std::size_t>& first,
                    const std::vector<ServerFacts>& facts, const std::map<std::string, std::string>& in_force) {
  document.targets.clear();
  for (std::size_t p = 0; p < setup.parts.size(); p++) {
    const GroupPart& part = setup.parts[p];
    if (std::none_of(document.targets.begin(), document.targets.end(),
                     [&](const TargetFacts& target) { return target.name == part.target; })) {
      TargetFacts target{.name = part.target,
                         .driver = std::string(part.setup->driver->info().name),
                         .url = without_secrets(part.setup->url()),
                         .server = facts[p].server,
                         .server_version = facts[p].version,
                         .settings = {}};
      for (const auto& [name, value] : facts[p].settings) target.settings.emplace_back(name, value);
      document.targets.push_back(std::move(target));
    }
    const std::size_t past = p + 1 < setup.parts.size() ? first[p + 1] : document.groups.size();
    for (std::size_t g = first[p]; g < past; g++) document.groups[g].target = part.target;
    document.workload.options.emplace_back(part.name + ".workload", part.setup->type->info().name);
    for (const auto& [name, value] : part.setup->request.workload_options.all()) {
      const std::string whole_name = part.name + "." + name;
      const auto found = in_force.find(whole_name);
      document.workload.options.emplace_back(whole_name, found == in_force.end() ? value : found->second);
    }
    for (const char* name : {"clients", "sessions", "rate", "arrival", "think-time"})
      document.workload.options.emplace_back(part.name + ".run." + name, part.setup->own().text(name));
  }
}

}  // namespace assay
