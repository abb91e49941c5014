// What prepare, run, check and cleanup have in common: their options, the target they open, the workload they configure.
#pragma once

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "core/driver.h"
#include "core/workload.h"

#include <memory>
#include <span>
#include <string>

namespace assay::cli {

/// --target, time-outs, --quiet.
std::span<const OptionSpec> target_options();
/// --parallel, --seed, --shard.
std::span<const OptionSpec> job_options();

/// A command line of one of these commands, understood and checked; the target is open, but was not yet talked to.
struct JobSetup {
  /// Throws Error. Answers nullptr after --help was printed.
  static std::unique_ptr<JobSetup> from(const Command&, std::span<const std::string> arguments);

  const WorkloadType* type = nullptr;
  const Driver* driver = nullptr;
  Options common{target_options()}, job{job_options()}, own{std::span<const OptionSpec>()},
      workload_options{std::span<const OptionSpec>()};
  std::string url;
  Shard shard;
  std::uint64_t seed = 1;
  std::unique_ptr<Target> target;
  std::unique_ptr<Workload> workload;
  bool quiet = false, json = false;

  /// Asks the target who it is. Throws Error(unreachable).
  ServerFacts facts() const;
  Job job_for(Progress&, std::stop_token) const;
  /// Whether the workload has an option `verify`, and it is on.
  bool verify() const;

 private:
  void open_target(const Command&);
  /// Throws Error for options that are given and would change nothing.
  void refuse_without_effect(const Command&) const;
};

/// What was looked at and found, as people read it, on stderr.
void print_outcome(const CheckOutcome&, std::string_view when);

}  // namespace assay::cli
