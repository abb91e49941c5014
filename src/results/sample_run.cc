#include "results/sample_run.h"

#include "base/random.h"

#include <fmt/format.h>

namespace assay {

using std::chrono::seconds;

Document sample_run(const SampleRun& run) {
  Document d;
  d.id = fmt::format("2026-11-20T230733Z-kv-postgres-{:04x}", run.seed);
  d.assay_version = "0.1.0";
  d.started = WallTime(seconds(1795216053 + 60 * static_cast<std::int64_t>(run.seed)));
  d.ended = d.started + seconds(run.seconds + 1);
  d.seed = 1;
  d.workload = {"kv", {{"rows", "1000"}, {"run.threads", "1"}, {"run.result", fmt::format("{}.json", run.seed)}}};
  d.targets = {{"main", "postgres", "postgres://host/db", run.server, run.version, {{"fsync", "on"}}}};
  d.phases = {{Phase::warmup, Nanos(0), seconds(1)}, {Phase::measure, seconds(1), seconds(run.seconds)}};
  GroupResult g{"g", "main", 4, 2, "closed loop"};
  g.series = Series(seconds(1), run.operations.size());
  for (const SampleRun::Operation& o : run.operations) g.operations.push_back({o.name, false, {}});
  Random random(hash_of(run.seed, 77));
  for (int t = 0; t <= run.seconds; t++) {
    GroupStats stats(run.operations.size(), 0);
    for (std::size_t o = 0; o < run.operations.size(); o++) {
      const SampleRun::Operation& of = run.operations[o];
      const int n =
          static_cast<int>(t == 0 ? 10 * of.per_second : of.per_second + (t % 2 == 0 ? of.jitter : -of.jitter));
      for (int i = 0; i < n; i++) {
        const auto took = Nanos(static_cast<std::int64_t>(random.exponential(of.mean_ms * 1e6)));
        if (random.unit() < of.failing) {
          stats.operations[o].failures[static_cast<std::size_t>(FailureKind::timeout)]++;
          stats.operations[o].failed.record(took);
        } else {
          for (Histogram* h : {&stats.operations[o].response, &stats.operations[o].service}) h->record(took);
          for (Histogram* h : {&stats.operations[o].wait, &stats.operations[o].lag}) h->record(Nanos(0));
          stats.operations[o].completed++;
        }
      }
    }
    const Phase phase = t == 0 ? Phase::warmup : Phase::measure;
    g.series.add(t, phase, stats);
    for (std::size_t o = 0; o < stats.operations.size(); o++)
      g.operations[o].phases[static_cast<std::size_t>(phase)].merge(stats.operations[o]);
  }
  d.own_cost = {1, 1e5, 32ull << 20, 1, 0.1};
  d.groups = {std::move(g)};
  return d;
}

}  // namespace assay
