#include "workloads/tpcc/tpcc.h"

#include "base/error.h"
#include "core/meta.h"
#include "core/parallel.h"
#include "core/run_mark.h"
#include "workloads/tpcc/check.h"
#include "workloads/tpcc/load.h"
#include "workloads/tpcc/loaded.h"
#include "workloads/tpcc/report.h"
#include "workloads/tpcc/terminal.h"

#include <algorithm>

namespace assay {
namespace tpcc {
namespace {

class Tpcc : public Workload {
 public:
  explicit Tpcc(const Options& options) : settings_(make_settings(options)), used_(settings_) {}

  void prepare(Job& job) override {
    require_facets(job.target);
    load(job, settings_);
  }
  CheckOutcome check(Job& job) override {
    require_facets(job.target);
    return find_violations(job);
  }
  void cleanup(Job& job) override {
    require_facets(job.target);
    require_nobody_at_work(job.target);
    remove_all(job);
  }

  void require_of_run(const RunOptions& options) const override {
    if (options.open_loop && settings_.think_times && settings_.think_times_given)
      throw Error(
          "--think-times has no effect with --rate: transactions are due by the clock, and not when a terminal has "
          "keyed in "
          "and thought; leave one of them out");
    const auto asked = static_cast<std::uint64_t>(settings_.terminals);
    if (options.clients > 0 && asked > 0 && options.shard.share(asked) != options.clients)
      throw Error("--terminals and --clients are given and differ; they are the same thing here");
    if (asked > 0 && asked < options.shard.count)
      throw Error(
          fmt::format("{} terminals for {} processes; expected at least one for each", asked, options.shard.count));
  }

  std::vector<GroupShape> shape() const override {
    return {{.name = "terminals", .operations = terminal_operations()},
            {.name = "delivery", .operations = clerk_operations(), .triggered = true}};
  }

  std::vector<Group> groups(Target& target, const RunOptions& options) override {
    require_facets(target);
    const Dialect& dialect = *target.dialect();
    require_of_target(run_settings(), dialect);
    const std::unique_ptr<Session> session = open_session(target);
    const Loaded loaded = require_loaded(*session);
    compare(loaded);
    use(loaded);

    auto state = std::make_shared<RunState>();
    state->settings = used_;
    state->constants = loaded.source.constants;
    state->statements = make_statements(dialect);
    state->isolation = used_.isolation == Isolation::default_level ? default_isolation(*session) : used_.isolation;
    state->seed = options.seed;
    state->waits = settings_.think_times && !options.open_loop;
    count_terminals(*state, options, dialect);
    state->shard = shard_ = options.shard;
    state_ = state;
    in_force_ = in_force(used_, state->terminals, state->waits);
    const std::uint64_t sessions = sessions_for(*state, options.open_loop);
    return {terminal_group(state, sessions), clerk_group(state, options.sessions > 0 ? options.sessions : sessions)};
  }

  std::map<std::string, std::string> options_in_force() const override { return in_force_; }

  void before_run(Target& target) override {
    numbers_ = {};
    const std::unique_ptr<Session> session = open_session(target);
    // So that condition 11, which holds only of freshly loaded data, is not asked of it any more. Every process of the
    // job would say the same; the first one is enough.
    if (Meta meta(*session, kWorkload); shard_.index == 0 && !meta.get("ran")) meta.put("ran", "true");
    mark_.begin(target, *session, shard_);
    if (shard_.count > 1 && used_.scale.warehouses % shard_.count != 0)
      numbers_.unknown = fmt::format("{} processes share {} warehouses, so that some are used by two of them",
                                     shard_.count, used_.scale.warehouses);
    else
      numbers_.before = order_numbers(*session, shard_);
    // Every process reads it before any of them has begun.
    if (shard_.count > 1) before_of_all_ = order_numbers(*session, {});
    target_ = &target;
  }

  void after_run(Target& target) override {
    try {
      const std::unique_ptr<Session> session = open_session(target);
      if (numbers_.before) numbers_.after = order_numbers(*session, shard_);
      numbers_.other_runs = mark_.end(*session);
    } catch (const Error& error) {  // the target is gone
      mark_.abandon();
      numbers_.unknown = error.what();
      throw;
    }
  }

  assay::Statements conclude(const RunSummary& summary) override {
    ASSAY_ASSERT(state_ != nullptr);
    OrderNumbers numbers = numbers_;
    if (summary.of_whole_job && shard_.count > 1) numbers = numbers_of_all();
    return report(*state_, summary, numbers);
  }

 private:
  /// Asked when all processes have ended.
  OrderNumbers numbers_of_all() const {
    OrderNumbers out = numbers_;
    out.before = before_of_all_;
    out.after.reset();
    out.unknown.clear();
    try {
      if (target_ != nullptr) out.after = order_numbers(*open_session(*target_), {});
    } catch (const Error& error) {
      out.unknown = error.what();
    }
    return out;
  }

  static void require_facets(Target& target) {
    if (target.dialect() == nullptr) throw Error("tpcc needs a target with a query facet; this one has none");
  }

  /// Partitions and keys are made by prepare; a run takes them as they are.
  Settings run_settings() const {
    Settings s = settings_;
    s.partitions = 1;
    s.foreign_keys = false;
    return s;
  }

  void compare(const Loaded& loaded) const {
    const Scale &there = loaded.source.scale, &asked = settings_.scale;
    if (settings_.warehouses_given && asked.warehouses > there.warehouses)
      throw Error(fmt::format("--warehouses is {}, and the target holds {}; load more or use at most these",
                              asked.warehouses, loaded.describe()));
    // Made by prepare; a run that asks for something else would not get it.
    Loaded layout = loaded;
    if (settings_.partitions_given) {
      layout.partitions = settings_.partitions;
      layout.partition_type = to_string(settings_.partition_type);
    }
    if (settings_.foreign_keys_given) layout.foreign_keys = settings_.foreign_keys;
    if (!same_layout(loaded, layout))
      throw Error(
          fmt::format("partitions and foreign keys are made by prepare, and the target holds {}; leave "
                      "--partitions, --partition-type and --foreign-keys out, or load anew",
                      loaded.describe()));
    if (settings_.scale_down_given && asked.divisor != there.divisor)
      throw Error(fmt::format("--scale-down is {}, and the target holds {}", asked.divisor, loaded.describe()));
  }

  /// What was not asked for is as it was loaded.
  void use(const Loaded& loaded) {
    used_ = settings_;
    if (!settings_.warehouses_given) used_.scale.warehouses = loaded.source.scale.warehouses;
    used_.scale.divisor = loaded.source.scale.divisor;
    used_.partitions = loaded.partitions;
    used_.partition_type = parse_partition_type(loaded.partition_type);
    used_.foreign_keys = loaded.foreign_keys;
  }

  /// Sets how many terminals there are, of this process and of all.
  void count_terminals(RunState& state, const RunOptions& options, const Dialect& dialect) const {
    const Shard shard = options.shard;
    const auto asked = static_cast<std::uint64_t>(settings_.terminals);
    if (options.clients > 0) {
      state.process_terminals = options.clients;
      state.terminals = options.all_clients > 0 ? options.all_clients : shard.count == 1 ? options.clients : asked;
      return;
    }
    state.terminals = asked;
    if (asked == 0) {
      state.terminals = static_cast<std::uint64_t>(10 * used_.scale.warehouses);
      // Without pauses a terminal keeps a session busy. Where rows cannot be locked, writers queue for the whole target.
      if (!state.waits && !options.open_loop)
        state.terminals = std::min<std::uint64_t>(state.terminals, dialect.for_update ? 8 : 4);
      state.terminals = std::max<std::uint64_t>(state.terminals, shard.count);
    }
    state.process_terminals = shard.share(state.terminals);
  }

  /// What terminals wait for a session is part of their response time, so there are enough: with keying and thinking a
  /// terminal needs one for some milliseconds of a cycle of some twenty seconds.
  static std::uint64_t sessions_for(const RunState& state, bool open_loop) {
    const std::uint64_t n = state.process_terminals;
    if (state.waits) return std::min(n, std::clamp<std::uint64_t>(n / 100, 8, 64));
    return std::min<std::uint64_t>(n, open_loop ? 16 : 256);
  }

  static std::vector<OperationInfo> terminal_operations() {
    return {{.name = "new_order", .summary = "enters an order of 5 to 15 lines"},
            {.name = "payment", .summary = "a customer pays"},
            {.name = "order_status", .summary = "shows a customer's last order"},
            {.name = "delivery", .summary = "queues a delivery; `deferred` of the group delivery does it"},
            {.name = "stock_level", .summary = "counts items of the last 20 orders that run short"}};
  }
  static std::vector<OperationInfo> clerk_operations() {
    return {{.name = "deferred", .summary = "delivers the oldest new order of each district"}};
  }

  static Group terminal_group(const std::shared_ptr<RunState>& state, std::uint64_t sessions) {
    Group group;
    group.name = "terminals";
    group.operations = terminal_operations();
    group.counters = terminal_counters();
    group.statements = state->statements.table;
    group.clients = state->process_terminals;
    group.sessions = sessions;
    group.make_client = [state](std::uint64_t k) { return std::make_unique<Terminal>(*state, state->shard.global(k)); };
    return group;
  }

  static Group clerk_group(const std::shared_ptr<RunState>& state, std::uint64_t terminal_sessions) {
    Group group;
    group.name = "delivery";
    group.operations = clerk_operations();
    group.counters = clerk_counters();
    group.statements = state->statements.table;
    group.triggered = true;
    // One transaction in 23 is a Delivery, and it does the work of several New-Orders.
    group.clients = group.sessions = std::clamp<std::uint64_t>(terminal_sessions / 4, 1, 16);
    group.make_client = [state](std::uint64_t) { return std::make_unique<Clerk>(*state); };
    return group;
  }

  /// Of the warehouses that the terminals of a process belong to; without one, of all.
  std::int64_t order_numbers(Session& session, Shard shard) const {
    const Value arguments[] = {used_.scale.warehouses, std::int64_t{shard.count}, std::int64_t{shard.index}};
    const ResultSet& rows = *value_or_throw(
        session.query()->run("select sum(d_next_o_id) from district where d_w_id <= $1 and (d_w_id - 1) % $2 = $3",
                             arguments),
        "reading D_NEXT_O_ID");
    const std::optional<double> sum = rows.number(0, 0);
    if (!sum) throw Error("the table district holds no district of these warehouses", ExitCode::check_failed);
    return static_cast<std::int64_t>(*sum);
  }

  const Settings settings_;  // as asked
  Settings used_;            // of the run
  std::map<std::string, std::string> in_force_;
  Shard shard_;
  std::shared_ptr<RunState> state_;
  OrderNumbers numbers_;
  std::optional<std::int64_t> before_of_all_;
  Target* target_ = nullptr;  // of the run
  RunMark mark_{kWorkload};
};

class TpccType : public WorkloadType {
 public:
  const WorkloadInfo& info() const noexcept override {
    static const WorkloadInfo info{
        .name = "tpcc",
        .summary = "TPC-C: orders, payments and deliveries of a wholesale supplier, with consistency checks",
        .facets = {Facet::query},
        .options = option_table(),
        .besides = {Facet::rows}};
    return info;
  }
  std::unique_ptr<Workload> make(const Options& options) const override { return std::make_unique<Tpcc>(options); }
};

}  // namespace
}  // namespace tpcc

const WorkloadType& tpcc_workload() {
  static const tpcc::TpccType type;
  return type;
}

}  // namespace assay
