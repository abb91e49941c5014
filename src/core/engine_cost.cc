#include "core/engine_cost.h"

#include "core/recording.h"

#include <ctime>

namespace assay {
namespace {

class NoOperation final : public Client {
 public:
  OperationId next(std::uint64_t) override { return OperationId{0}; }
  Result<> run(Context& context, OperationId) override { return context.kv().put({}, {}); }
};

double cpu_clock_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

}  // namespace

double clock_cost_ns() {
  constexpr int kReads = 5'000'000;
  const double begin = cpu_clock_seconds();
  std::int64_t sum = 0;
  for (int i = 0; i < kReads; i++) sum += real_clock().now().time_since_epoch().count() & 1;
  const double cost = cpu_clock_seconds() - begin;
  return sum < 0 ? 0 : cost * 1e9 / kReads;  // the sum keeps the loop from being optimized away
}

double record_cost_ns() {
  constexpr int kRecords = 5'000'000;
  const Phases phases(real_clock().now(), Nanos(0), Nanos(0), Nanos::max());
  Mailbox mailbox(1, 0);
  Recorder recorder(phases, std::chrono::hours(1), mailbox);
  const double begin = cpu_clock_seconds();
  for (int i = 0; i < kRecords; i++) {
    const TimePoint due = phases.start() + Nanos(i), end = due + Nanos(1000 + (std::int64_t{i} * 7919) % 1'000'000);
    recorder.succeeded(OperationId{0},
                       {.due = due, .sent = due, .end = end, .wait = Nanos(i % 100), .lag = Nanos(i % 50)});
  }
  return (cpu_clock_seconds() - begin) * 1e9 / kRecords;
}

RunPlan no_operations(Target& target, std::uint64_t clients, Nanos duration) {
  RunPlan plan;
  GroupPlan& group = plan.groups.emplace_back();
  group.group.name = "selftest";
  group.group.operations = {{.name = "no_operation", .summary = "answered at once"}};
  group.group.make_client = [](std::uint64_t) { return std::make_unique<NoOperation>(); };
  group.target = &target;
  group.waiting = Waiting::fiber;
  group.clients = clients;
  plan.warmup = std::chrono::milliseconds(200);
  plan.duration = duration;
  return plan;
}

}  // namespace assay
