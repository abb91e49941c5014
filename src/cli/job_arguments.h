// What prepare, run, check and cleanup have in common on the command line, and what a person sees of such a job.
#pragma once

#include "cli/command.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "job/executor.h"
#include "job/setup.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace assay::cli {

/// target_options() (job/setup.h), and --quiet.
std::span<const OptionSpec> quiet_target_options();

/// A command line of one of these commands, understood and checked. Throws Error. Answers nullptr after --help was printed.
std::unique_ptr<JobSetup> setup_from(const Command&, std::span<const std::string> arguments);

bool is_quiet(const JobSetup&);

/// What was looked at and found, as people read it, on stderr.
void print_outcome(const CheckOutcome&, std::string_view when);

/// Progress, live panel and findings on stderr.
class TerminalObserver final : public JobObserver {
 public:
  /// `save` is what save() does.
  explicit TerminalObserver(const JobSetup& setup, std::function<void(const Document&)> save = {});
  TerminalProgress& progress() override { return progress_; }
  void step(JobStep) override { progress_.finish(); }
  void checked(const CheckOutcome&, std::string_view when) override;
  void run_begins(const RunPlan&) override { panel_.emplace(quiet_, title_); }
  void run_ended() override { panel_.reset(); }
  void live(const Live&) override;
  void event(const Event&) override;
  void save(const Document& document) override;

 private:
  const bool quiet_;
  const std::string title_;
  std::function<void(const Document&)> save_;
  TerminalProgress progress_;
  std::optional<LivePanel> panel_;
};

}  // namespace assay::cli
