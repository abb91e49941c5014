#include "job/setup.h"

#include "base/error.h"
#include "base/units.h"
#include "core/schedule.h"
#include "core/url.h"
#include "job/load_options.h"
#include "registry/registry.h"
#include "results/file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <thread>

namespace assay {

std::span<const OptionSpec> target_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "target",
       .help = "URL of the system under test; 'assay drivers' lists them",
       .owner = OptionOwner::command},
      {.name = "connect-timeout",
       .type = OptionType::duration,
       .default_value = "10s",
       .help = "how long opening a session may take",
       .min = 0.001},
      {.name = "operation-timeout",
       .type = OptionType::duration,
       .default_value = "60s",
       .help = "how long one call to the target may take; building indexes and foreign keys, collecting statistics and "
               "dropping have all the time they need",
       .min = 0.001},
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
       .help = "of everything random: the same seed gives the same data and the same draws; populate has its schema's "
               "where none "
               "is given",
       .verbs = kPrepare | kRun},
      {.name = "shard",
       .default_value = "0/1",
       .help = "INDEX/COUNT: this process's share of the whole job",
       .verbs = kPrepare | kRun | kCheck,
       .owner = OptionOwner::whole},
  };
  return table;
}

namespace {

constexpr std::pair<Verb, std::string_view> kVerbs[] = {
    {kPrepare, "prepare"}, {kRun, "run"}, {kCheck, "check"}, {kCleanup, "cleanup"}};

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
  for (const auto& [verb, name] : kVerbs)
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
  explicit Mistakes(std::vector<std::string> found) : list_(std::move(found)) {}
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

/// Throws an Error that names the option.
void require_schedule(const Options& own) {
  const auto named = [](std::string_view option, const auto& parse) {
    try {
      parse();
    } catch (const Error& error) {
      throw Error(fmt::format("--{}: {}", option, error.what()));
    }
  };
  named("rate", [&] { Schedule::parse(own.text("rate"), "constant", "0", Nanos(0)); });
  named("think-time", [&] { Schedule::parse("", "constant", own.text("think-time"), Nanos(0)); });
  Schedule::parse(own.text("rate"), own.text("arrival"), own.text("think-time"), Nanos(0));
}

}  // namespace

unsigned verb_of(std::string_view name) {
  for (const auto& [verb, known] : kVerbs)
    if (known == name) return verb;
  return 0;
}

std::string_view verb_name(Verb verb) {
  for (const auto& [known, name] : kVerbs)
    if (known == verb) return name;
  return "";
}

JobRequest JobRequest::of(Verb verb, const WorkloadType& type) {
  JobRequest request;
  request.verb = verb;
  request.type = &type;
  if (verb == kRun) request.own = Options(run_options());
  request.workload_options = Options(type.info().options);
  return request;
}

void JobRequest::set_all(const std::map<std::string, std::string>& values) {
  Options* const tables[] = {&common, &job, &own, &workload_options};
  std::vector<std::string> mistakes;
  for (const auto& given : values) {
    const std::string &name = given.first, &value = given.second;
    const auto has = std::find_if(std::begin(tables), std::end(tables),
                                  [&](const Options* options) { return options->find(name) != nullptr; });
    if (has == std::end(tables)) {
      std::vector<std::string_view> names;
      for (const Options* options : tables)
        for (const OptionSpec& spec : options->table()) names.push_back(spec.name);
      const std::string_view nearest = nearest_name(names, name);
      mistakes.push_back(fmt::format("{} has no option '{}'{}", verb_name(verb), name,
                                     nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest)));
      continue;
    }
    try {
      (*has)->set(name, value);
    } catch (const Error& error) {
      mistakes.emplace_back(error.what());
    }
  }
  refuse_mistakes(mistakes);
}

std::unique_ptr<JobSetup> JobSetup::open(JobRequest request, std::vector<std::string> found) {
  auto setup = std::make_unique<JobSetup>();
  const bool options_good = found.empty();
  Mistakes mistakes(std::move(found));
  setup->type = request.type;
  setup->request = std::move(request);
  const Options &own = setup->own(), &job = setup->request.job;
  setup->request.url = setup->request.common.text("target");
  mistakes.none_in([&] { setup->open_target(); });
  mistakes.none_in([&] { setup->shard = parse_shard(job.text("shard")); });
  if (own.find("rate") != nullptr) mistakes.none_in([&] { require_schedule(own); });
  if (options_good) {
    mistakes.none_in([&] { setup->refuse_without_effect(); });
    mistakes.none_in([&] { setup->workload = setup->type->make(setup->request.workload_options); });
  }
  for (GroupRequest& group : setup->request.groups) mistakes.none_in([&] { setup->open_group(group); });
  setup->request.groups.clear();
  mistakes.refuse();
  setup->seed = job.whole("seed");
  const Verb verb = setup->request.verb;
  setup->id = result_id(real_clock().wall(), setup->type->info().name,
                        verb == kRun ? setup->driver->info().name : verb_name(verb), unique_part());
  return setup;
}

void JobSetup::open_group(GroupRequest& group) {
  try {
    parts.push_back({group.name, group.target, open(std::move(group.request))});
  } catch (const Error& error) {
    throw Error(fmt::format("group {}: {}", group.name, error.what()), error.code());
  }
}

std::string JobSetup::title() const { return fmt::format("{} on {}", type->info().name, without_secrets(url())); }

void JobSetup::refuse_without_effect() const {
  const Options &common = request.common, &job = request.job, &own = request.own,
                &workload_options = request.workload_options;
  const Verb verb = request.verb;
  unsigned verbs = verb;
  const bool run = verb == kRun;
  if (run) {  // and what it is asked to do besides
    verbs = kRun;
    if (own.flag("prepare")) verbs |= kPrepare;
    if (own.flag("check") || verify()) verbs |= kCheck;
    if (own.flag("cleanup")) verbs |= kCleanup;
  }
  std::vector<std::string> mistakes;
  if (!request.groups.empty())
    for (const char* name : {"clients", "sessions", "rate", "arrival", "think-time", "find-max"})
      if (own.given(name))
        mistakes.push_back(fmt::format("--{} is given for a run of groups, each of which has it for itself", name));
  for (const Options* options : {&common, &job, &own, &workload_options})
    for (const OptionSpec& spec : options->table())
      if (options->given(spec.name) && (spec.verbs & verbs) == 0)
        mistakes.push_back(run ? fmt::format("--{} has no effect in this run; it needs {}", spec.name,
                                             verb_names(spec.verbs & ~kRun, "--"))
                               : fmt::format("--{} has no effect in {}; it is an option of {}", spec.name,
                                             verb_name(verb), verb_names(spec.verbs, "")));
  if (verb == kPrepare && verify() && shard.count > 1 && !request.sharded)
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

bool JobSetup::drops_data() const { return is_set(request.workload_options, "drop-data"); }

std::vector<const JobSetup*> JobSetup::loads() const {
  if (parts.empty()) return {this};
  std::vector<const JobSetup*> out;
  for (const GroupPart& part : parts) out.push_back(part.setup.get());
  return out;
}

bool JobSetup::verify() const { return is_set(request.workload_options, "verify"); }

void JobSetup::open_target() {
  if (url().empty())
    throw Error(
        fmt::format("{}: --target is missing; expected for example --target sqlite:bench.db or --target "
                    "postgres://user@host/database",
                    verb_name(request.verb)));
  driver = &find_driver(url());
  require_facet(*type, *driver);
  std::vector<Facet> facets = type->info().facets;
  facets.insert(facets.end(), type->info().besides.begin(), type->info().besides.end());
  Options options(driver->info().options);
  options.set_all(request.driver_options);
  target = driver->open({.url = url(),
                         .options = std::move(options),
                         .connect_timeout = request.common.duration("connect-timeout"),
                         .operation_timeout = request.common.duration("operation-timeout"),
                         .may_create = request.verb == kPrepare || is_set(own(), "prepare"),
                         .facets = std::move(facets)});
  target->under_load(false);
}

ServerFacts JobSetup::facts() const {
  Result<ServerFacts> facts = target->facts();
  if (!facts) throw_unreachable(url(), facts.error());
  return *std::move(facts);
}

Job JobSetup::job_for(Progress& progress, std::stop_token stop) const {
  int parallel = static_cast<int>(request.job.count("parallel"));
  if (parallel == 0) parallel = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return {.target = *target,
          .shard = driver->info().in_process ? Shard{} : shard,
          .seed = seed,
          .seed_given = request.job.given("seed"),
          .parallel = parallel,
          .progress = progress,
          .stop = std::move(stop)};
}

}  // namespace assay
