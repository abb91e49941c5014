// Timed steps beside a load: changes of its groups, and programs.
//
// WithActions is an Executor around another one of this process. A change is carried out by the engine at its instant
// (core/control.h) and is an event of its own; a program is started at its instant, and is an event with its length and how
// it ended. What cannot be carried out, or ends with another code than 0, fails the run: it was not the one that was asked
// for. A program may take kLongestCommand; the run's end waits for it.
#pragma once

#include "core/control.h"
#include "job/executor.h"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace assay {

inline constexpr Nanos kLongestCommand = std::chrono::minutes(5);

struct TimedAction {
  std::string name;
  Nanos at{};                         // since the start of the run
  std::optional<GroupChange> change;  // without a group: of the only one with a schedule; else `command`
  std::vector<std::string> command;   // the program and its arguments
};

class WithActions final : public Executor {
 public:
  /// `control` is the one that `inner` has.
  WithActions(std::vector<TimedAction> actions, std::unique_ptr<RunControl> control, std::unique_ptr<Executor> inner);

  ServerFacts facts() override { return inner_->facts(); }
  void prepare(std::stop_token stop) override { inner_->prepare(std::move(stop)); }
  CheckOutcome check(std::stop_token stop) override { return inner_->check(std::move(stop)); }
  void cleanup(std::stop_token stop) override { inner_->cleanup(std::move(stop)); }
  /// Throws Error for a group that the plan does not have, too.
  RunPlan plan() override;
  std::map<std::string, std::string> options_in_force() override { return inner_->options_in_force(); }
  RunOutcome run(const RunPlan&, std::stop_token, RunObserver&) override;
  void after_run() override { inner_->after_run(); }
  void require_target() override { inner_->require_target(); }
  Statements conclude(const RunPlan& plan, const RunOutcome& outcome) override {
    return inner_->conclude(plan, outcome);
  }
  void complete(Document&) override;

 private:
  void ask_for_changes(const std::stop_token&);
  void carry_out(const TimedAction&, const std::stop_token&);
  void fail(const TimedAction&, std::string_view why);

  std::vector<TimedAction> actions_;
  const std::unique_ptr<RunControl> control_;
  const std::unique_ptr<Executor> inner_;
  std::mutex mutex_;
  std::vector<Event> events_;
  std::vector<std::string> failures_;
};

}  // namespace assay
