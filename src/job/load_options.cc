#include "job/load_options.h"

#include "base/error.h"
#include "base/units.h"
#include "job/run_watch.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

constexpr double kLongest = 10 * 366 * 86400.0;  // seconds: no sum of such times leaves the clock

/// The conditions of one option, separated by ';'.
std::vector<Threshold> parse_conditions(std::string_view text) {
  std::vector<Threshold> conditions;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::size_t begin = std::min(text.find_first_not_of(' '), end);
    conditions.push_back(Threshold::parse(text.substr(begin, end - begin)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return conditions;
}

/// Sessions that nobody would use.
void require_used(const GroupPlan& group, const Options& own) {
  if (own.count("sessions") > 0 && group.sessions > group.clients)
    throw Error(fmt::format(
        "--sessions is {}, and {} has {} clients, each of which uses one at a time; expected at most as many "
        "sessions, or more --clients",
        group.sessions, group.group.name, group.clients));
}

}  // namespace

std::span<const OptionSpec> load_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "duration",
       .type = OptionType::duration,
       .default_value = "15s",
       .help = "how long is measured",
       .min = 0.001,
       .max = kLongest},
      {.name = "warmup",
       .type = OptionType::duration,
       .default_value = "0",
       .help = "load before the measured time that does not count",
       .min = 0,
       .max = kLongest},
      {.name = "ramp-up",
       .type = OptionType::duration,
       .default_value = "0",
       .help = "before that: clients come in one by one, or the rate grows from 0",
       .min = 0,
       .max = kLongest},
      {.name = "drain",
       .type = OptionType::duration,
       .default_value = "10s",
       .help = "how long operations that were due in the measured time are waited for",
       .min = 0,
       .max = kLongest},
      {.name = "count",
       .type = OptionType::count,
       .default_value = "0",
       .help = "end after so many measured operations; alone, without --duration, there is no other end",
       .min = 0},
      {.name = "clients",
       .type = OptionType::count,
       .default_value = "0",
       .help = "simulated users; 0 is what the workload proposes",
       .min = 0,
       .max = 1e7},
      {.name = "sessions",
       .type = OptionType::count,
       .default_value = "0",
       .help = "connections that the clients share; 0 is what the workload proposes",
       .min = 0,
       .max = 1e5},
      {.name = "threads",
       .type = OptionType::count,
       .default_value = "1",
       .help = "event loops, for drivers whose sessions share a thread",
       .min = 1,
       .max = 1024},
      {.name = "rate",
       .default_value = "",
       .help = "open loop: 1000, 30/m, a ramp 100..1000@30s, steps 100@10s,200@10s,400; without it a closed loop"},
      {.name = "arrival",
       .type = OptionType::choice,
       .default_value = "constant",
       .help = "how a rate's operations are spaced",
       .choices = {"constant", "poisson"}},
      {.name = "think-time",
       .default_value = "0",
       .help = "closed loop: pause before a client's next operation; exp:TIME is exponential"},
      {.name = "retries",
       .type = OptionType::count,
       .default_value = "10",
       .help = "tries beyond the first after a conflict or push-back",
       .min = 0,
       .max = 1000},
      {.name = "fail-if",
       .default_value = "",
       .help = "conditions that fail the run (exit code 4), such as 'p99(new_order) > 50ms; errors > 0.1%'; "
               "docs/thresholds.md",
       .owner = OptionOwner::whole},
      {.name = "abort-if",
       .default_value = "",
       .help = "conditions that end the run as soon as one holds, and fail it (exit code 4)",
       .owner = OptionOwner::whole},
      {.name = "until-steady",
       .type = OptionType::duration,
       .default_value = "0",
       .help = "end when throughput and response time were steady for so long; --duration is then the longest",
       .min = 0,
       .owner = OptionOwner::whole},
      {.name = "steady-limit",
       .type = OptionType::number,
       .default_value = "5",
       .help = "percent that they may drift by, and that their means are known to, to be steady",
       .min = 0.01,
       .max = 100,
       .owner = OptionOwner::whole},
      {.name = "find-max",
       .default_value = "",
       .help =
           "search the highest rate at which a condition holds, such as 'p99 < 50ms and errors < 0.1%', in steps of "
           "--warmup and --duration each; --rate is tried first",
       .owner = OptionOwner::command},
      {.name = "find-max-precision",
       .type = OptionType::number,
       .default_value = "5",
       .help = "percent between the highest rate that held and the lowest that did not",
       .min = 0.1,
       .max = 100,
       .owner = OptionOwner::command},
      {.name = "find-max-steps",
       .type = OptionType::count,
       .default_value = "3",
       .help = "steps in which the highest rate must have held",
       .min = 1,
       .max = 100,
       .owner = OptionOwner::command},
  };
  return table;
}

std::span<const OptionSpec> run_options() {
  static const std::vector<OptionSpec> own = {
      {.name = "prepare",
       .type = OptionType::flag,
       .default_value = "false",
       .help = "make the data first",
       .owner = OptionOwner::whole},
      {.name = "check",
       .type = OptionType::flag,
       .default_value = "false",
       .help = "check the data before and after the run",
       .owner = OptionOwner::whole},
      {.name = "cleanup",
       .type = OptionType::flag,
       .default_value = "false",
       .help = "remove the data afterwards",
       .owner = OptionOwner::whole},
      {.name = "strict",
       .type = OptionType::flag,
       .default_value = "false",
       .help = "a requirement of the specification that is missed fails the run (exit code 4)",
       .owner = OptionOwner::whole},
  };
  static const std::vector<OptionSpec> table = [] {
    std::vector<OptionSpec> all(load_options().begin(), load_options().end());
    all.insert(all.end(), own.begin(), own.end());
    return all;
  }();
  return table;
}

Nanos measured_time(const Options& own) {
  const Nanos asked = own.duration("duration");
  const bool counted = own.count("count") > 0 && !own.given("duration");
  return counted || asked >= parse_duration(kUntilStopped) ? Nanos::max() : asked;
}

/// Operations of this shard; 0: no end by their number.
std::uint64_t count_of(const JobSetup& setup) {
  const auto count = static_cast<std::uint64_t>(setup.own().count("count"));
  return count == 0 ? 0 : std::max<std::uint64_t>(1, setup.shard.share(count));
}

RunOptions run_options_of(const JobSetup& setup) {
  const Options& own = setup.own();
  RunOptions options{.shard = setup.shard,
                     .seed = setup.seed,
                     .open_loop = !own.text("rate").empty() || !own.text("find-max").empty(),
                     .seed_given = setup.request.job.given("seed")};
  if (own.count("clients") > 0)
    options.clients = std::max<std::uint64_t>(1, setup.shard.share(static_cast<std::uint64_t>(own.count("clients"))));
  options.all_clients = static_cast<std::uint64_t>(own.count("clients"));
  if (own.count("sessions") > 0)
    options.sessions = std::max<std::uint64_t>(1, setup.shard.share(static_cast<std::uint64_t>(own.count("sessions"))));
  if (own.duration("warmup") == Nanos(0)) options.count = count_of(setup);
  return options;
}

void require_of_workloads(const JobSetup& setup) {
  for (const JobSetup* load : setup.loads()) load->workload->require_of_run(run_options_of(*load));
}

Nanos measured_time(const Options& own, const std::vector<GroupPlan>& groups) {
  const bool ends = !groups.empty() && std::all_of(groups.begin(), groups.end(), [](const GroupPlan& group) {
    return group.group.ends || group.group.triggered;
  });
  return ends && !own.given("duration") ? Nanos::max() : measured_time(own);
}

RunPlan make_plan(const JobSetup& setup) {
  const Options& own = setup.own();
  RunPlan plan;
  plan.shard = setup.shard;
  plan.seed = setup.seed;
  plan.ramp_up = own.duration("ramp-up");
  plan.warmup = own.duration("warmup");
  plan.count = count_of(setup);
  plan.drain = own.duration("drain");
  plan.threads = static_cast<int>(own.count("threads"));
  plan.retry.most = static_cast<int>(own.count("retries"));
  const Schedule schedule =
      Schedule::parse(own.text("rate"), own.text("arrival"), own.text("think-time"), plan.ramp_up);

  const RunOptions options = run_options_of(setup);
  for (Group& group : setup.workload->groups(*setup.target, options)) {
    GroupPlan planned;
    planned.target = setup.target.get();
    planned.waiting = setup.driver->info().waiting;
    planned.clients = group.clients;
    planned.sessions = group.sessions;
    if (!group.triggered) {
      planned.schedule = schedule;
      if (options.clients > 0) planned.clients = options.clients;
      if (options.sessions > 0) planned.sessions = options.sessions;
      require_used(planned, own);
    }
    planned.sessions = std::min(planned.sessions, planned.clients);
    planned.group = std::move(group);
    plan.groups.push_back(std::move(planned));
  }
  plan.duration = measured_time(own, plan.groups);
  std::uint64_t most = 0;
  for (const GroupPlan& group : plan.groups) most = std::max(most, group.sessions);
  if (own.given("threads") && static_cast<std::uint64_t>(plan.threads) > most)
    throw Error(
        fmt::format("--threads is {} with {} sessions, each of which is served by one thread; expected at most {}",
                    plan.threads, most, most));
  return plan;
}

void require_of_load(const Options& own, std::vector<std::string>& mistakes) {
  for (const std::string_view condition : {"fail-if", "abort-if", "find-max"})
    if (own.given(condition) && own.text(condition).find_first_not_of(" ;") == std::string::npos)
      mistakes.push_back(
          fmt::format("--{0} is empty; expected a condition, for example --{0} 'p99 > 50ms'", condition));
  const auto needs = [&](std::string_view option, std::string_view other) {
    if (own.given(option) && !own.given(other))
      mistakes.push_back(fmt::format("--{} has no effect without --{}", option, other));
  };
  needs("steady-limit", "until-steady");
  needs("find-max-precision", "find-max");
  needs("find-max-steps", "find-max");
  if (own.given("arrival") && own.text("rate").empty() && own.text("find-max").empty())
    mistakes.push_back("--arrival has no effect without --rate: in a closed loop nothing arrives by the clock");
  if (const Nanos window = own.duration("until-steady");
      window > Nanos(0) && window < std::chrono::seconds(kLeastSteady))
    mistakes.push_back(fmt::format("--until-steady is {}; expected {}s or more, as it judges by intervals of a second",
                                   format_duration(window), kLeastSteady));
  else if (window > Nanos(0) && own.count("count") == 0 && window > own.duration("duration"))
    mistakes.push_back(
        fmt::format("--until-steady is {} and --duration, the longest that is waited for it, {}; expected more",
                    format_duration(window), format_duration(own.duration("duration"))));
  if (!own.text("find-max").empty()) {
    if (own.count("count") > 0)
      mistakes.push_back("--find-max with --count: steps at different rates are compared by time; expected --duration");
    const std::string rate = own.text("rate");
    if (rate.find_first_of("@,") != std::string::npos || rate.find("..") != std::string::npos)
      mistakes.push_back(
          fmt::format("--find-max with --rate {}: its first step tries one rate; expected a constant one", rate));
  }
}

LoadConditions::LoadConditions(const Options& own)
    : LoadConditions(own, parse_conditions(own.text("fail-if")), parse_conditions(own.text("abort-if"))) {}

LoadConditions::LoadConditions(const Options& own, std::vector<Threshold> fails, std::vector<Threshold> aborts)
    : fail_if(std::move(fails)), abort_if(std::move(aborts)) {
  if (const std::string text = own.text("find-max"); !text.empty()) find_max = Threshold::parse(text);
  const auto require_known_in_a_run = [](const Threshold& condition, std::string_view option) {
    for (const ThresholdValue& value : condition.values())
      for (const std::string_view late : {"figure", "failed", "abandoned", "cpu"})
        if (value.name == late)
          throw Error(
              fmt::format("--{}: {} is known only when all is over; expected it in --fail-if", option, value.text()));
  };
  for (const Threshold& condition : abort_if) require_known_in_a_run(condition, "abort-if");
  if (find_max) require_known_in_a_run(*find_max, "find-max");
}

void LoadConditions::require_names(const RunPlan& plan) const { require_names(view_of(plan)); }

void LoadConditions::require_names(const JobSetup& setup) const {
  MeasuredRun run;
  for (const JobSetup* load : setup.loads()) {
    const auto part =
        std::find_if(setup.parts.begin(), setup.parts.end(), [&](const GroupPart& p) { return p.setup.get() == load; });
    if (!add_shapes(run, load->workload->shape(), part == setup.parts.end() ? "" : part->name)) return;
  }
  require_names(run);
}

void LoadConditions::require_names(const MeasuredRun& run) const {
  const auto require = [&](const Threshold& condition) {
    for (const ThresholdValue& value : condition.values()) value_in(run, value);
  };
  for (const std::vector<Threshold>* conditions : {&fail_if, &abort_if})
    for (const Threshold& condition : *conditions) require(condition);
  if (find_max) require(*find_max);
}
}  // namespace assay
