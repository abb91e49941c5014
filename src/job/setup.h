// A job as it was asked for: one verb of a workload against a target, its options understood and checked, the target opened.
//
// Made from a command line, a request to an agent, or a plan. Used by one thread at a time.
#pragma once

#include "core/driver.h"
#include "core/workload.h"

#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace assay {

/// --target, time-outs.
std::span<const OptionSpec> target_options();
/// --parallel, --seed, --shard.
std::span<const OptionSpec> job_options();
/// What a run has beside its load (job/load_options.h): --prepare, --check, --cleanup, --strict; and all of the load.
std::span<const OptionSpec> run_options();

/// prepare, run, check or cleanup; 0 when it is none of them.
unsigned verb_of(std::string_view name);
std::string_view verb_name(Verb);

struct GroupRequest;

struct JobRequest {
  Verb verb = kRun;
  const WorkloadType* type = nullptr;
  /// target_options(), job_options(), of a run run_options(), perhaps with more behind them, and those of the workload.
  Options common{target_options()}, job{job_options()}, own{std::span<const OptionSpec>()},
      workload_options{std::span<const OptionSpec>()};
  std::string url{};
  std::map<std::string, std::string> driver_options{};  // beside those in the URL's query
  bool sharded = false;  // its shards are parts of one job under one hand, which looks at the whole when all are done
  /// Instead of the workload itself, of which then only what is of the whole run counts (phases, count, prepare, seed, …).
  std::vector<GroupRequest> groups;

  /// With the tables of this verb. `own` of a run is run_options().
  static JobRequest of(Verb, const WorkloadType&);
  /// Each option goes to the table that has it. Throws one Error for all mistakes.
  void set_all(const std::map<std::string, std::string>& values);
};

/// A group with a workload of its own, or with options of its own.
struct GroupRequest {
  std::string name;    // of the group
  std::string target;  // the name of its system
  JobRequest request;
};

struct GroupPart;

struct JobSetup {
  /// Checks all and opens the target, without talking to it. Throws one Error for all mistakes; `mistakes` are those found
  /// before.
  static std::unique_ptr<JobSetup> open(JobRequest, std::vector<std::string> mistakes = {});

  std::string id;  // of the job and of the result that it comes to: result_id()
  JobRequest request;
  const WorkloadType* type = nullptr;
  const Driver* driver = nullptr;
  Shard shard;
  std::uint64_t seed = 1;
  std::unique_ptr<Target> target;
  std::unique_ptr<Workload> workload;
  std::vector<GroupPart> parts;  // of the groups that were asked for

  const std::string& url() const noexcept { return request.url; }
  const Options& own() const noexcept { return request.own; }
  /// "tpcc on sqlite:bench.db", without a password.
  std::string title() const;
  /// Asks the target who it is. Throws Error(unreachable).
  ServerFacts facts() const;
  Job job_for(Progress&, std::stop_token) const;
  /// Whether the workload has an option `verify`, and it is on.
  bool verify() const;
  /// Likewise `drop-data`: what is there goes before the data is made.
  bool drops_data() const;
  /// The setups whose workloads make the load: those of the parts, or this one where it has none.
  std::vector<const JobSetup*> loads() const;

 private:
  void open_target();
  /// Throws Error for options that are given and would change nothing.
  void refuse_without_effect() const;
  void open_group(GroupRequest&);
};

struct GroupPart {
  std::string name, target;  // as in GroupRequest
  std::unique_ptr<JobSetup> setup;
};

}  // namespace assay
