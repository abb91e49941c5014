// What tests of the engine on the null driver have in common: a target, a group of clients that get, the figures of the
// first.
#pragma once

#include "core/run.h"
#include "drivers/null/null.h"

#include <map>
#include <memory>
#include <string>

namespace assay {

inline std::unique_ptr<Target> open_null(const std::map<std::string, std::string>& options) {
  TargetSpec spec{.url = "null:", .options = Options(null_driver().info().options)};
  spec.options.set_all(options);
  return null_driver().open(spec);
}

class GetClient final : public Client {
 public:
  OperationId next(std::uint64_t) override { return OperationId{0}; }
  Result<> run(Context& context, OperationId) override {
    return context.kv().get("k", value_).map([](bool) {});
  }

 private:
  std::string value_;
};

inline GroupPlan get_group(Target& target, const Schedule& schedule, std::uint64_t clients, std::uint64_t sessions,
                           Waiting waiting) {
  GroupPlan plan;
  plan.group.name = "main";
  plan.group.operations = {{"get", ""}};
  plan.group.make_client = [](std::uint64_t) { return std::make_unique<GetClient>(); };
  plan.target = &target;
  plan.waiting = waiting;
  plan.schedule = schedule;
  plan.clients = clients;
  plan.sessions = sessions;
  return plan;
}

inline const OperationStats& measured(const RunOutcome& outcome) {
  return outcome.groups[0].phases[static_cast<std::size_t>(Phase::measure)].operations[0];
}

}  // namespace assay
