#include "results/sample_document.h"

#include "base/random.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

WallTime wall(std::int64_t unix_seconds) { return WallTime(seconds(unix_seconds) + Nanos(123456789)); }

void complete(GroupStats& stats, std::size_t operation, Nanos response, Nanos service, Nanos wait, Nanos lag) {
  OperationStats& s = stats.operations[operation];
  s.response.record(response);
  s.service.record(service);
  s.wait.record(wait);
  s.lag.record(lag);
  s.completed++;
  s.items++;
  s.bytes += 100;
}

/// What the large document's load does in second `t`: a target that slows down, is away for 4 s, and comes back warm.
struct Weather {
  double slow = 1;
  bool away = false;
};
Weather weather(int t, int length) {
  const int outage = length / 2;
  Weather w;
  w.away = length >= 20 && t >= outage && t < outage + 4;
  w.slow = 1 + 0.35 * std::sin(t / 7.0) + (t >= outage + 4 && t < outage + 9 ? 2.5 : 0);
  return w;
}

GroupStats one_second(Random& random, const Weather& w, int operations) {
  GroupStats stats(static_cast<std::size_t>(operations), 1);
  for (int o = 0; o < operations; o++) {
    const auto at = static_cast<std::size_t>(o);
    if (w.away) {
      stats.operations[at].failures[static_cast<std::size_t>(FailureKind::disconnected)] = 3;
      for (int i = 0; i < 3; i++) stats.operations[at].failed.record(milliseconds(1000));
      stats.operations[at].in_doubt = o == 0 ? 1 : 0;
      continue;
    }
    const int n = (o == 0 ? 220 : 220 / (o + 1)) + static_cast<int>(random.below(30));
    for (int i = 0; i < n; i++) {
      const double ms = w.slow * (1.5 + o) + random.exponential(0.8 * w.slow) + (random.below(400) == 0 ? 40 : 0);
      const auto service = Nanos(static_cast<std::int64_t>(ms * 1e6));
      const auto wait = Nanos(static_cast<std::int64_t>(random.exponential(0.2 * w.slow) * 1e6));
      const auto lag = Nanos(static_cast<std::int64_t>(random.exponential(0.03) * 1e6));
      complete(stats, at, service + wait + lag, service, wait, lag);
    }
    if (random.below(10) == 0) {
      stats.operations[at].failures[static_cast<std::size_t>(FailureKind::conflict)]++;
      stats.operations[at].failed.record(milliseconds(12));
    }
    stats.operations[at].retries = random.below(3);
    stats.counters[0] += random.below(3);
  }
  return stats;
}

void add_statements(Document& d) {
  d.figures = {{"nopm", 13245.6, "1/min", "committed New-Orders / measured minutes"},
               {"efficiency", 0, "%", "no think times in this run: there is no ceiling to compare with", false},
               {"rollbacks", 1.02, "%", "rolled back New-Orders / New-Orders"}};
  using V = Requirement::Verdict;
  d.requirements = {{"new_order p90 response", "TPC-C 5.2.5.3", "≤ 5 s", "6.41 ms", V::pass, false},
                    {"payment share", "TPC-C 5.2.3", "≥ 43 %", "41.9 %", V::fail, false},
                    {"cross-check with D_NEXT_O_ID", "", "± 4 in doubt", "+1", V::pass, true},
                    {"efficiency", "TPC-C 4.2.5", "≥ 9 tpmC/W", "n/a", V::not_applicable, false}};
  d.checks = {{"before", CheckResult::State::passed, 12, {}},
              {"after",
               CheckResult::State::failed,
               12,
               {{"3.3.2.1", "W_YTD = sum(D_YTD) of the warehouse's districts", {"w_id=3: 1200.50 <> 1190.50"}, 1}}}};
  d.search = {"p99(new_order) < 10 ms",
              {{400, 400, true, "p99(new_order) = 3.2 ms"},
               {800, 612.5, false, "completed 612.5/s, less than 97 % of the rate"},
               {566, 566, true, "p99(new_order) = 9.1 ms"}},
              566,
              800,
              1,
              false};
  d.own_cost = {0.41, 25444, 64ull << 20, 4, 0.0871};
  d.machine = {
      "Debian GNU/Linux 12 (bookworm)", "6.1.0-13-amd64", "Imaginary CPU @ 2.00GHz", 2, 8ull << 30, 2, 1.5, 4ull << 30};
  d.warnings = {"client CPU at 83 % of one processor",
                "text with \"quotes\", <tags>, & ampersands and \u2028 separators"};
  d.verdict = {Verdict::fail, {"check after the run: condition 3.3.2.1 does not hold (1 violation)"}};
}

void add_target_series(Document& d, int length) {
  TargetSeries commits{"pg_stat_database.xact_commit", "transactions", true, {}};
  TargetSeries waits{"waiting sessions", "sessions", false, {}};
  double total = 0;
  for (int t = 0; t <= length; t++) {
    const Weather w = weather(t, length);
    if (w.away) continue;
    commits.samples.emplace_back(seconds(t) + milliseconds(3), total);
    waits.samples.emplace_back(seconds(t) + milliseconds(3), std::floor(3 * w.slow));
    total += 500 / w.slow;
  }
  d.target_series = {std::move(commits), std::move(waits)};
}

}  // namespace

Document small_document() {
  Document d;
  d.id = "2026-11-20T230733Z-kv-null-a1b2";
  d.assay_version = "0.1.0";
  d.started = wall(1795216053);  // 2026-11-20T23:07:33Z
  d.ended = wall(1795216056);
  d.seed = 18446744073709551615ull;
  d.workload = {"kv", {{"rows", "1000"}, {"mix", "get=50,put=50"}}};
  d.targets = {{"main", "null", "null:", "null", "1", {}}};
  d.schedule = "closed loop, 4 clients";
  d.phases = {{Phase::warmup, Nanos(0), seconds(1)}, {Phase::measure, seconds(1), seconds(2)}};
  GroupResult g{"g", "main", 4, 2, "closed loop"};
  g.operations = {{"get", false, {}}, {"put", false, {}}};
  GroupStats warm(2, 0), first(2, 0), second(2, 0);
  complete(warm, 0, Nanos(90), Nanos(90), Nanos(0), Nanos(0));
  // get: responses 10, 20, …, 100 ns, services 10 less; put: one of 120 ns, and one failure. All below 128 ns: exact.
  for (int i = 1; i <= 10; i++)
    complete(i <= 4 ? first : second, 0, Nanos(10 * i), Nanos(10 * i - 10), Nanos(8), Nanos(2));
  complete(second, 1, Nanos(120), Nanos(70), Nanos(40), Nanos(10));
  second.operations[1].failures[static_cast<std::size_t>(FailureKind::conflict)] = 1;
  second.operations[1].failed.record(Nanos(77));
  second.operations[1].retries = 3;
  g.series = Series(seconds(1), 2);
  g.series.add(0, Phase::warmup, warm);
  g.series.add(1, Phase::measure, first);
  g.series.add(2, Phase::measure, second);
  for (std::size_t o = 0; o < 2; o++) {
    g.operations[o].phases[static_cast<std::size_t>(Phase::warmup)] = warm.operations[o];
    g.operations[o].measured() = first.operations[o];
    g.operations[o].measured().merge(second.operations[o]);
  }
  g.failures = {{1, FailureKind::conflict, "40001", "could not serialize", 1}};
  d.groups = {std::move(g)};
  return d;
}

Document large_document(int length, int operations) {
  Document d = small_document();
  d.id = "2026-11-20T230733Z-tpcc-postgres-beef";
  d.ended = d.started + seconds(length);
  d.workload = {"tpcc", {{"warehouses", "10"}, {"isolation", "serializable"}, {"text", "a \"b\" <c> & d"}}};
  d.targets = {{"main",
                "postgres",
                "postgres://bench@127.0.0.1:5432/bench",
                "PostgreSQL",
                "15.14",
                {{"shared_buffers", "128MB"}, {"fsync", "on"}}}};
  d.schedule = "constant 500/s";
  d.phases = {{Phase::ramp, Nanos(0), seconds(length / 10)},
              {Phase::warmup, seconds(length / 10), seconds(length / 10)},
              {Phase::measure, seconds(length / 5), seconds(length - length / 5)},
              {Phase::drain, seconds(length), milliseconds(250)}};
  static constexpr const char* kNames[] = {"new_order", "payment", "order_status", "delivery", "stock_level"};
  GroupResult terminals{"terminals", "main", 100, 10, "closed loop with think times"};
  for (int o = 0; o < operations; o++)
    terminals.operations.push_back({o < 5 ? kNames[o] : fmt::format("operation_{}", o), false, {}});
  terminals.series = Series(seconds(1), static_cast<std::size_t>(operations));
  Random random(7);
  std::uint64_t counted = 0;
  for (int t = 0; t < length; t++) {
    const Phase phase = t < length / 10 ? Phase::ramp : t < length / 5 ? Phase::warmup : Phase::measure;
    const GroupStats stats = one_second(random, weather(t, length), operations);
    terminals.series.add(t, phase, stats);
    for (std::size_t o = 0; o < stats.operations.size(); o++) {
      terminals.operations[o].phases[static_cast<std::size_t>(phase)].merge(stats.operations[o]);
      d.in_doubt += stats.operations[o].in_doubt;
    }
    if (phase == Phase::measure) counted += stats.counters[0];
  }
  terminals.counters = {{"rolled_back", counted, counted + 11}};
  for (std::size_t o = 0; o < terminals.operations.size(); o++)
    for (const FailureKind kind : {FailureKind::disconnected, FailureKind::conflict}) {
      std::uint64_t count = 0;
      for (const OperationStats& phase : terminals.operations[o].phases)
        count += phase.failures[static_cast<std::size_t>(kind)];
      const bool lost = kind == FailureKind::disconnected;
      if (count > 0)
        terminals.failures.push_back({static_cast<std::uint16_t>(o), kind, lost ? "57P01" : "40001",
                                      lost ? "terminating connection due to administrator command"
                                           : "could not serialize access: <update> & \"retry\"",
                                      count});
    }
  terminals.other_failures = 2;
  GroupResult deferred{"deferred", "main", 1, 1, "closed loop"};
  deferred.operations = {{"delivery_queue", false, {}}};
  deferred.series = Series(seconds(1), 1);
  for (int t = length / 5; t < length; t += 2) {
    GroupStats stats(1, 0);
    complete(stats, 0, milliseconds(30) + microseconds(random.below(9000)), milliseconds(25), milliseconds(4),
             microseconds(20));
    deferred.series.add(t, Phase::measure, stats);
    deferred.operations[0].measured().merge(stats.operations[0]);
  }
  d.groups = {std::move(terminals), std::move(deferred)};
  if (length >= 20)
    d.events = {{seconds(length / 2) + milliseconds(100), milliseconds(3900), "outage", "no session answered"},
                {seconds(length / 2 + 9), Nanos(0), "action", "checkpoint </script><b>asked</b> for"}};
  add_statements(d);
  add_target_series(d, length);
  return d;
}

void add_agents(Document& d, std::uint32_t count) {
  std::uint64_t completed = 0, errors = 0;
  for (const GroupResult& group : d.groups)
    for (const OperationResult& operation : group.operations) {
      completed += operation.measured().completed;
      errors += operation.measured().errors();
    }
  for (std::uint32_t i = 0; i < count; i++) {
    AgentResult a{.name = fmt::format("10.0.{}.{}:8080", i / 10, i % 10), .shard = i};
    a.clock_offset = microseconds(-400 + 37 * static_cast<int>(i));
    a.clock_error = microseconds(120);
    if (i > 1 && i + 1 == count) {
      a.lost = "it did not answer for 5 s <b>& \"more\"</b>";
      d.agents.push_back(std::move(a));
      continue;
    }
    a.completed = completed / count - i;
    if (i == 2) a.completed /= 2;
    a.errors = i == 0 ? errors : 0;
    a.p99_lag = i == 1 ? milliseconds(25) : microseconds(100 + i);
    a.max_lag = i == 1 ? milliseconds(90) : microseconds(900 + i);
    a.late = i == 1 ? milliseconds(80) : microseconds(150 + i);
    a.own_cost = {d.own_cost.cpu_seconds / count, static_cast<double>(a.completed), 32ull << 20, 2,
                  i == 1 ? 0.97 : 0.2 + 0.002 * i};
    d.agents.push_back(std::move(a));
  }
}

namespace {

HistoryRun sample_run(std::size_t day, std::size_t runs, Random& random) {
  HistoryRun run;
  run.started = wall(1789000000) + std::chrono::hours(24 * day);
  run.id = fmt::format("day-{:03}", day);
  run.path = "results/" + run.id + ".json";
  const bool slow = day >= runs * 6 / 10, tuned = day >= runs * 3 / 10;
  run.circumstances = {{"workload", "tpcc", true},
                       {"option.warehouses", "10", true},
                       {"target.main.server", "PostgreSQL", true},
                       {"target.main.server_version", slow ? "16.1" : "15.14 <b>\"old\"</b> & </script>", false},
                       {"target.main.setting.shared_buffers", tuned ? "1GB" : "128MB", false}};
  const auto add = [&](ThresholdValue what, std::string unit, double level, double noise) {
    run.values.push_back({std::move(what), std::move(unit), level * (1 + noise * (2 * random.unit() - 1))});
  };
  add({"rate", {}, Quantity::rate}, "", 5000, 0.03);
  add({"p50", {"new_order"}, Quantity::duration}, "", tuned ? 4.1e6 : 5e6, 0.04);
  add({"p99", {"payment"}, Quantity::duration}, "", slow ? 18e6 : 12e6, 0.1);
  add({"errors", {}, Quantity::share}, "", day >= runs * 9 / 10 ? 0.002 : 0, 0.5);
  if (day % 7 != 3) add({"figure", {"nopm"}, Quantity::number}, "1/min", slow ? 12000 : 12100, 0.01);
  add({"figure", {"efficiency"}, Quantity::number}, "%", slow ? 80 : 95, 0.02);
  return run;
}

}  // namespace

History sample_history(std::size_t runs) {
  Random random(3);
  std::vector<HistoryRun> all;
  for (std::size_t day = 0; day < runs; day++) all.push_back(sample_run(day, runs, random));
  for (std::size_t day = 0; day < 6; day++) {
    HistoryRun other = sample_run(day, runs, random);
    other.id = "large-" + other.id;
    other.circumstances[1].value = "100";
    all.push_back(std::move(other));
  }
  HistoryRun invalid = sample_run(runs, runs, random);
  invalid.left_out = "invalid: lag p99 was 80 ms <i>";
  invalid.values.clear();
  all.push_back(std::move(invalid));
  History history = make_history(std::move(all));
  history.skipped.push_back({"results/package.json", "this is no result of assay <img src=x>"});
  return history;
}

}  // namespace assay
