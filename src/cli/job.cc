#include "cli/job.h"

#include "base/units.h"
#include "cli/help.h"
#include "cli/load_options.h"
#include "cli/terminal.h"
#include "core/schedule.h"
#include "core/url.h"
#include "registry/registry.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <thread>

namespace assay::cli {

std::span<const OptionSpec> target_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "target", .help = "URL of the system under test; 'assay drivers' lists them"},
      {.name = "connect-timeout",
       .type = OptionType::duration,
       .default_value = "10s",
       .help = "how long opening a session may take",
       .min = 0.001},
      {.name = "operation-timeout",
       .type = OptionType::duration,
       .default_value = "60s",
       .help = "how long one call to the target may take",
       .min = 0.001},
      {.name = "quiet", .type = OptionType::flag, .default_value = "false", .help = "no progress and no live panel"},
  };
  return table;
}

std::span<const OptionSpec> job_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "parallel",
       .type = OptionType::count,
       .default_value = "0",
       .help = "sessions that load or check at once; 0 is one a processor",
       .min = 0,
       .max = 1024,
       .verbs = kPrepare | kCheck},
      {.name = "seed",
       .type = OptionType::whole,
       .default_value = "1",
       .help = "of everything random: the same seed gives the same data and the same draws",
       .verbs = kPrepare | kRun},
      {.name = "shard",
       .default_value = "0/1",
       .help = "INDEX/COUNT: this process's share of the whole job",
       .verbs = kPrepare | kRun | kCheck},
  };
  return table;
}

namespace {

Shard parse_shard(const std::string& text) {
  const std::size_t slash = text.find('/');
  try {
    if (slash != std::string::npos) {
      const std::int64_t index = parse_count(text.substr(0, slash)), count = parse_count(text.substr(slash + 1));
      if (index >= 0 && count > index && count <= 1'000'000)
        return {static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(count)};
    }
  } catch (const Error&) {
  }
  throw Error(fmt::format("--shard is '{}'; expected INDEX/COUNT with INDEX below COUNT, such as 0/4", text));
}

/// A flag that not every table has.
bool is_set(const Options& options, std::string_view name) {
  return options.find(name) != nullptr && options.flag(name);
}

/// "prepare, run": the verbs in which an option has an effect.
std::string verb_names(unsigned verbs, std::string_view before) {
  std::vector<std::string> names;
  for (const auto& [verb, name] :
       {std::pair{kPrepare, "prepare"}, {kRun, "run"}, {kCheck, "check"}, {kCleanup, "cleanup"}})
    if ((verbs & verb) != 0) names.push_back(fmt::format("{}{}", before, name));
  return fmt::format("{}", fmt::join(names, " or "));
}

void require_facet(const WorkloadType& type, const Driver& driver) {
  const auto& has = driver.info().facets;
  const auto& needs = type.info().facets;
  if (std::none_of(needs.begin(), needs.end(),
                   [&](Facet f) { return std::find(has.begin(), has.end(), f) != has.end(); }))
    throw Error(fmt::format("the workload {} needs the facet {}, which the driver {} does not have", type.info().name,
                            to_string(needs.front()), driver.info().name));
}

/// Mistakes of the user, gathered so that all are told at once.
class Mistakes {
 public:
  template <class Step>
  bool none_in(Step step) {
    try {
      step();
      return true;
    } catch (const Error& error) {
      if (error.code() != ExitCode::usage) throw;
      list_.push_back(error.what());
      return false;
    }
  }
  void refuse() const { refuse_mistakes(list_); }

 private:
  std::vector<std::string> list_;
};

}  // namespace

std::unique_ptr<JobSetup> JobSetup::from(const Command& command, std::span<const std::string> arguments) {
  const std::string name = first_positional(arguments);
  const bool help = std::find(arguments.begin(), arguments.end(), "--help") != arguments.end() ||
                    std::find(arguments.begin(), arguments.end(), "-h") != arguments.end();
  if (name.empty()) {
    if (help) {
      std::fputs(command_help(command).c_str(), stdout);
      return nullptr;
    }
    throw Error(
        fmt::format("{}: the workload is missing; usage: assay {} {}", command.name, command.name, command.arguments));
  }
  const WorkloadType& type = find_workload(name);
  if (help) {
    std::fputs(command_help(command, &type).c_str(), stdout);
    return nullptr;
  }
  auto setup = std::make_unique<JobSetup>();
  setup->type = &type;
  std::vector<std::span<const OptionSpec>> tables = command.tables;
  tables.push_back(type.info().options);
  Words words = take_apart(arguments, tables);
  for (std::size_t i = 1; i < words.positional.size(); i++)
    words.mistakes.push_back(fmt::format("{}: unexpected word '{}'; expected options behind the workload", command.name,
                                         without_secrets(words.positional[i])));
  if (command.tables.size() > 2) setup->own = Options(command.tables[2]);
  setup->workload_options = Options(type.info().options);
  Options* const all[] = {&setup->common, &setup->job, &setup->own, &setup->workload_options};
  Mistakes mistakes;
  const bool options_good = mistakes.none_in([&] { assign(words, all); });
  setup->url = setup->common.text("target");
  mistakes.none_in([&] { setup->open_target(command); });
  mistakes.none_in([&] { setup->shard = parse_shard(setup->job.text("shard")); });
  if (setup->own.find("rate") != nullptr)
    mistakes.none_in([&] {
      Schedule::parse(setup->own.text("rate"), setup->own.text("arrival"), setup->own.text("think-time"), Nanos(0));
    });
  if (options_good) {
    mistakes.none_in([&] { setup->refuse_without_effect(command); });
    mistakes.none_in([&] { setup->workload = type.make(setup->workload_options); });
  }
  mistakes.refuse();
  setup->seed = setup->job.whole("seed");
  setup->quiet = setup->common.flag("quiet");
  setup->json = is_set(setup->own, "json");
  return setup;
}

void JobSetup::refuse_without_effect(const Command& command) const {
  unsigned verbs = command.verbs;
  const bool run = command.name == "run";
  if (run) {  // and what it is asked to do besides
    verbs = kRun;
    if (own.flag("prepare")) verbs |= kPrepare;
    if (own.flag("check") || verify()) verbs |= kCheck;
    if (own.flag("cleanup")) verbs |= kCleanup;
  }
  std::vector<std::string> mistakes;
  for (const Options* options : {&common, &job, &own, &workload_options})
    for (const OptionSpec& spec : options->table())
      if (options->given(spec.name) && (spec.verbs & verbs) == 0)
        mistakes.push_back(run ? fmt::format("--{} has no effect in this run; it needs {}", spec.name,
                                             verb_names(spec.verbs & ~kRun, "--"))
                               : fmt::format("--{} has no effect in {}; it is an option of {}", spec.name, command.name,
                                             verb_names(spec.verbs, "")));
  if (command.name == "prepare" && verify() && shard.count > 1)
    mistakes.push_back(
        "--verify with --shard would look at what other processes are still loading; run `assay check` when all have "
        "ended");
  if (run) require_of_load(own, mistakes);
  if (run && own.count("clients") > 0 && own.count("sessions") > own.count("clients"))
    mistakes.push_back(
        fmt::format("--sessions is {} with {} clients, each of which uses one at a time; expected at most as many",
                    own.count("sessions"), own.count("clients")));
  if (run && own.given("threads") && driver != nullptr && driver->info().waiting == Waiting::thread)
    mistakes.push_back(
        fmt::format("--threads has no effect with {}, whose sessions have a thread each; expected --sessions",
                    driver->info().name));
  refuse_mistakes(mistakes);
}

bool JobSetup::verify() const { return is_set(workload_options, "verify"); }

void JobSetup::open_target(const Command& command) {
  if (url.empty())
    throw Error(
        fmt::format("{}: --target is missing; expected for example --target sqlite:bench.db or --target "
                    "postgres://user@host/database",
                    command.name));
  driver = &find_driver(url);
  require_facet(*type, *driver);
  target = driver->open({.url = url,
                         .options = Options(driver->info().options),
                         .connect_timeout = common.duration("connect-timeout"),
                         .operation_timeout = common.duration("operation-timeout"),
                         .may_create = command.name == "prepare" || is_set(own, "prepare")});
  target->under_load(false);
}

ServerFacts JobSetup::facts() const {
  Result<ServerFacts> facts = target->facts();
  if (!facts) throw_unreachable(url, facts.error());
  return *std::move(facts);
}

Job JobSetup::job_for(Progress& progress, std::stop_token stop) const {
  int parallel = static_cast<int>(job.count("parallel"));
  if (parallel == 0) parallel = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return {.target = *target,
          .shard = shard,
          .seed = seed,
          .parallel = parallel,
          .progress = progress,
          .stop = std::move(stop)};
}

void print_outcome(const CheckOutcome& outcome, std::string_view when) {
  const std::string looked_at =
      outcome.looked_at.empty() ? fmt::format("{} conditions", outcome.conditions) : outcome.looked_at;
  say("check {}: {}consistent: {}\n", when, outcome.findings.empty() ? "" : "NOT ", looked_at);
  for (const Finding& finding : outcome.findings) {
    say("  {}: {} ({} violations)\n", finding.condition, finding.text, finding.violations);
    for (const std::string& row : finding.rows) say("    {}\n", row);
  }
}

}  // namespace assay::cli
