// pgdistbench's plans: the facts of its documentation and source, not its texts.
#include "plan/plan_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::plan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kBefore = R"(
systems:
  db:
    name: pg
    kind: cnpg
    namespace: bench
    spec: {instances: 1, storage: {size: 5Gi}}
runners:
  drivers: {name: drv, namespace: bench, systems: [{name: pg, namespace: bench, kind: cnpg}], imagePullPolicy: IfNotPresent}
benchmarks:
  b:
    runner: {name: drv, namespace: bench}
)";

Reading with(const std::string& text) { return read(std::string(kBefore) + text); }

TEST(PgdistbenchConfig, OfTpccMeansTheSameInOurOptions) {
  const Reading reading = with(
      "    benchmark: tpcc\n    config: {warehouses: 10, active_terminals: 50, duration: 90s, wait_thinking: false, "
      "count: 7, partition_type: range, isolation_level: serializable}\n");
  EXPECT_THAT(lines(reading), IsEmpty());
  ASSERT_TRUE(reading.plan);
  EXPECT_EQ(reading.plan->systems[0].count, 1u);  // a missing count is one, and not none
  const Benchmark& benchmark = reading.plan->benchmarks.at(0);
  EXPECT_EQ(benchmark.workload, "tpcc");
  EXPECT_EQ(benchmark.terminals_per_agent, 50u);
  EXPECT_EQ(benchmark.count_per_terminal, 7u);
  const Step& step = benchmark.steps.at(0);
  EXPECT_EQ(step.options.count("warehouses"), 10);
  EXPECT_FALSE(step.options.flag("think-times"));
  EXPECT_FALSE(step.options.given("partition-type"));  // means nothing with one part
  EXPECT_EQ(step.options.text("isolation-level"), "serializable");
  EXPECT_EQ(step.load.duration("duration"), std::chrono::seconds(90));
}

TEST(PgdistbenchConfig, HasItsOwnDefaults) {
  const Reading reading = with("    benchmark: tpcc\n    config: {warehouses: 3}\n");
  const Benchmark& benchmark = reading.plan->benchmarks.at(0);
  EXPECT_EQ(benchmark.terminals_per_agent, 30u);
  EXPECT_EQ(benchmark.steps[0].load.duration("duration"), std::chrono::minutes(5));
  EXPECT_TRUE(benchmark.steps[0].options.flag("think-times"));
  EXPECT_TRUE(with("    benchmark: tpcc\n    config: {duration: 0}\n").plan->benchmarks[0].until_stopped);
  EXPECT_EQ(with("    benchmark: tpcc\n    config: {duration: 60000000000}\n")
                .plan->benchmarks[0]
                .steps[0]
                .load.duration("duration"),
            std::chrono::minutes(1));
  EXPECT_TRUE(with("    benchmark: tpcc\n").plan);
}

TEST(PgdistbenchConfig, IsStrict) {
  EXPECT_THAT(
      lines(with("    benchmark: tpcc\n    config: {warehuoses: 3, count: many, duration: 5 minutes}\n")),
      ElementsAre("plan:14:14: unknown name 'warehuoses'; did you mean 'warehouses'?",
                  HasSubstr("plan:14:36: count: 'many' is not a whole number"), HasSubstr("plan:14:52: duration: ")));
}

TEST(PgdistbenchConfig, OfWorkloadsThatThisBuildLacksIsChecked) {
  for (const char* const good :
       {"tpch\n    config: {scale_factor: 1, queries: [q1, q3], count: 3, enable_query_tuning: true, analyze: true}\n",
        "chbench\n    config: {warehouses: 5, active_terminals: 25, duration: 10m, olap_threads: 1, queries: [q1], "
        "wait_olap: true, wait_olap_count: 10, analyze: true}\n",
        "k8stress\n    config:\n      users:\n      - name: u\n        min_postgres: 1\n        max_postgres: 5\n      "
        "  updates_interval: {duration: 60s, jitter: 30s}\n"
        "        rampup: {create_interval: {duration: 10s, jitter: 5s}, min_instances: 1, max_instances: 3}\n"
        "        configs: [{weight: 1, min_lifetime: 2m, max_lifetime: 10m, instance: {name: i, spec: {instances: 1}}, "
        "test: {warehouses: 1, duration: 1m}}]\n"}) {
    const Reading reading = with(std::string("    benchmark: ") + good);
    EXPECT_THAT(lines(reading), ElementsAre(HasSubstr("is not in this build"))) << good;
    ASSERT_TRUE(reading.plan) << good;
    EXPECT_FALSE(reading.plan->benchmarks[0].known_here);
  }
  EXPECT_FALSE(with("    benchmark: tpch\n    config: {scale_factor: x}\n").plan);
}

TEST(PgdistbenchConfig, KubernetesSpecsArePassedThroughWhole) {
  const Reading reading = with("    benchmark: tpcc\n");
  EXPECT_EQ(reading.plan->systems[0].spec->find("storage")->find("size")->text, "5Gi");
  EXPECT_EQ(reading.plan->runners[0].kind, Runner::Kind::kubernetes);
}

TEST(PgdistbenchConfig, AStaticSystemInPlaceOfTheClusterIsRunFromHere) {
  const Reading reading = read(R"(
systems:
  local:
    name: local
    kind: static
    spec: {host: db.example.com, port: 5432, user: benchuser, password: benchpass, database: benchdb, sslmode: require}
runners: {local: {name: local, systems: [{name: local, kind: static}], spec: {template: {spec: {}}}}}
benchmarks: {t: {name: t, runner: {name: local}, benchmark: tpcc, config: {warehouses: 1}}}
)");
  EXPECT_THAT(lines(reading), ElementsAre(HasSubstr("note: password stands in the plan")));
  EXPECT_EQ(reading.plan->systems[0].url, "postgres://benchuser@db.example.com:5432/benchdb?sslmode=require");
  EXPECT_EQ(reading.plan->runners[0].kind, Runner::Kind::process);
}

}  // namespace
}  // namespace assay::plan
