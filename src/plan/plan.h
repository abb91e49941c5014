// A plan, typed: systems under test, runners (sets of agents) and benchmarks, with every reference resolved.
//
// read_plan() makes one, whole or not at all. Options hold what was given; what was not has its table's default. Tables and
// what the catalogue names outlive the plan, and so does the Reading's schema when a benchmark has a `config`. Kubernetes
// specs are kept as they were written.
#pragma once

#include "base/time.h"
#include "core/options.h"
#include "plan/schema.h"
#include "results/threshold.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::plan {

/// Where a secret is found. It is read when it is needed, and kept nowhere.
struct SecretReference {
  enum class Source { environment, file, in_plan } source = Source::environment;
  std::string name;  // of the variable or file; in_plan: the secret itself, which nothing shows
};

struct System {
  enum class Kind { static_, cnpg };
  std::string name, name_space;
  Kind kind = Kind::static_;
  std::uint64_t count = 1;
  std::string url;  // of a static system, without the password
  std::optional<SecretReference> password;
  Options driver_options{std::span<const OptionSpec>()};
  Options options{std::span<const OptionSpec>()};  // Catalogue::system
  NodePtr metadata, spec;                          // nullptr: none
};

/// Agents that one machine is asked to start.
inline constexpr std::uint64_t kMostProcesses = 256;

struct Runner {
  enum class Kind { process, static_, kubernetes };
  std::string name, name_space;
  Kind kind = Kind::process;
  std::uint64_t agents = 1;
  std::vector<std::string> addresses;  // of static agents, one each
  std::optional<SecretReference> token;
  std::string ca_file;
  bool stop_on_loss = false;
  std::vector<std::size_t> systems;  // of the plan
  NodePtr metadata, spec, resources;
  std::string image, image_pull_policy;
};

struct Group {
  std::string name;
  std::string workload;
  Options options{std::span<const OptionSpec>()};  // the workload's
  Options load{std::span<const OptionSpec>()};     // Catalogue::group
  std::optional<std::size_t> system;               // nullopt: the benchmark's
};

/// One run, with all that holds in it.
struct Step {
  std::string name;
  Options options{std::span<const OptionSpec>()};  // the workload's
  Options load{std::span<const OptionSpec>()};     // Catalogue::load
};

struct Action {
  enum class Kind { rate, clients, remove, command };
  std::string name, group;
  Nanos at{};  // since the load began
  Kind kind = Kind::rate;
  std::string rate;  // a schedule
  std::uint64_t clients = 0;
  std::vector<std::string> command;
};

struct Benchmark {
  std::string name;
  std::optional<std::size_t> runner;  // nullopt: this process
  std::vector<std::size_t> systems;   // its own, or the runner's; each is put under load
  std::string workload;
  bool known_here = true;   // false: a workload of pgdistbench that this build does not have; only `config` is known
  std::vector<Step> steps;  // at least one
  std::vector<Group> groups;
  std::uint64_t repetitions = 1;
  std::vector<Threshold> fail_if, abort_if;
  std::vector<Action> actions;
  Options own{std::span<const OptionSpec>()};  // Catalogue::benchmark
  // As pgdistbench counts: of each agent, of each terminal.
  std::optional<std::uint64_t> terminals_per_agent, count_per_terminal;
  bool until_stopped = false;
  std::optional<Value> config;  // as pgdistbench's agents take it
};

struct Plan {
  std::vector<System> systems;
  std::vector<Runner> runners;
  std::vector<Benchmark> benchmarks;
};

/// What a file came to: the plan when nothing is wrong with it, else the mistakes. With notes either way.
struct Reading {
  std::shared_ptr<const Schema> schema;
  Mistakes mistakes;
  std::optional<Value> checked;  // the files, put together; when they could be read
  std::optional<Plan> plan;
};

/// YAML, JSON, or KCL by its name (….k, ….kcl); "-" is YAML on stdin. Throws Error when the file itself cannot be read.
Reading read_plan(const std::filesystem::path& file, const Catalogue&, const Environment&);
/// Of a text, whose includes are looked for in `folder`.
Reading read_plan_text(std::string_view text, std::string name, const std::filesystem::path& folder, const Catalogue&,
                       const Environment&);

/// The types of what was checked. Fills in `checked` what the rest of the plan decides. Only when nothing is wrong.
Plan build_plan(Value& checked, const Catalogue&, Mistakes&);

/// The plan as it is understood, defaults filled in, as YAML that reads as the same plan. No secret stands in it.
std::string show_plan(const Value& checked);

/// The schema for editors (draft 2020-12), for KCL, and as tables of Markdown.
std::string json_schema(const Schema&);
std::string kcl_schema(const Schema&);
std::string schema_tables(const Schema&);

}  // namespace assay::plan
