#include "plan/plan.h"

#include "plan/plan_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace assay::plan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kGood = R"(
systems:
  db: {kind: static, url: "sqlite:a.db", options: {journal: delete}}
benchmarks:
  first: {workload: tpcc, options: {warehouses: 4}, load: {duration: 2m}, seed: 9}
)";

TEST(Plan, IsTyped) {
  const Reading reading = read(kGood);
  EXPECT_THAT(lines(reading), IsEmpty());
  ASSERT_TRUE(reading.plan);
  const System& system = reading.plan->systems.at(0);
  EXPECT_EQ(system.name, "db");
  EXPECT_EQ(system.url, "sqlite:a.db");
  EXPECT_EQ(system.count, 1u);
  EXPECT_EQ(system.driver_options.text("journal"), "delete");
  EXPECT_EQ(system.options.duration("connect-timeout"), std::chrono::seconds(10));
  const Benchmark& benchmark = reading.plan->benchmarks.at(0);
  EXPECT_EQ(benchmark.systems, std::vector<std::size_t>{0});  // the only one there is
  EXPECT_FALSE(benchmark.runner);
  EXPECT_EQ(benchmark.own.whole("seed"), 9u);
  ASSERT_EQ(benchmark.steps.size(), 1u);
  EXPECT_EQ(benchmark.steps[0].options.count("warehouses"), 4);
  EXPECT_EQ(benchmark.steps[0].load.duration("duration"), std::chrono::minutes(2));
}

TEST(Plan, StepsHaveWhatTheBenchmarkHasAndTheirOwn) {
  const Reading reading = read(R"(
systems: {db: {kind: static, url: "sqlite:a.db"}}
benchmarks:
  ladder:
    workload: tpcc
    options: {warehouses: 4}
    load: {duration: 30s, arrival: poisson, rate: 1}
    steps: [{name: low, load: {rate: 10}}, {load: {rate: 20, duration: 1m}, options: {warehouses: 2}}]
    repetitions: 3
    thresholds: {fail-if: ["p99 > 50ms", errors > 1%], abort-if: p50 > 1s}
)");
  EXPECT_THAT(lines(reading), IsEmpty());
  const Benchmark& benchmark = reading.plan->benchmarks.at(0);
  EXPECT_EQ(benchmark.repetitions, 3u);
  ASSERT_EQ(benchmark.steps.size(), 2u);
  EXPECT_EQ(benchmark.steps[0].name, "low");
  EXPECT_EQ(benchmark.steps[0].load.text("rate"), "10");
  EXPECT_EQ(benchmark.steps[0].load.duration("duration"), std::chrono::seconds(30));
  EXPECT_EQ(benchmark.steps[1].load.duration("duration"), std::chrono::minutes(1));
  EXPECT_EQ(benchmark.steps[1].options.count("warehouses"), 2);
  EXPECT_EQ(benchmark.fail_if.size(), 2u);
  EXPECT_EQ(benchmark.abort_if.at(0).text(), "p50 > 1s");
}

TEST(Plan, GroupsAndActions) {
  const Reading reading = read(R"(
systems: {db: {kind: static, url: "sqlite:a.db"}}
benchmarks:
  both:
    workload: tpcc
    options: {warehouses: 4}
    groups: [{name: shop, clients: 5}, {name: keys, workload: kv, options: {rows: 10}, rate: 7}]
    actions: [{at: 5s, kind: rate, group: keys, rate: "5..10@1s"}, {at: 6s, kind: command, command: [echo, x]}]
)");
  EXPECT_THAT(lines(reading), IsEmpty());
  const Benchmark& benchmark = reading.plan->benchmarks.at(0);
  EXPECT_EQ(benchmark.groups[0].options.count("warehouses"), 4);  // the benchmark's, as it is its workload
  EXPECT_EQ(benchmark.groups[0].load.count("clients"), 5);
  EXPECT_EQ(benchmark.groups[1].options.count("rows"), 10);
  EXPECT_EQ(benchmark.actions[0].at, std::chrono::seconds(5));
  EXPECT_THAT(benchmark.actions[1].command, ElementsAre("echo", "x"));
}

TEST(Plan, AllMistakesAreToldAtOnceEachAtItsPlace) {
  const Reading reading = read(R"(systems:
  one:
    kind: statik
    cuont: 2
  two: {kind: static, url: "mongo:x", count: 0}
  three:
    url: [1]
runners:
  r: {systems: [twoo], agents: many}
benchmarks:
  a:
    system: nobody
    workload: tpcc
    options: {warehouse: 3, warehouses: 2000}
    load: {duration: 5x, rate: fast, arrival: poisson}
    thresholds: {fail-if: ["p99 > 5", p50 > 1ms]}
    actions: [{at: 1s, kind: rate}, {kind: remove}]
    repetitions:
)");
  EXPECT_FALSE(reading.plan);
  EXPECT_THAT(
      lines(reading),
      ElementsAre(
          "plan:3:11: kind: 'statik' is none of static, cnpg", "plan:4:5: unknown name 'cuont'; did you mean 'count'?",
          "plan:5:28: url: no driver; expected sqlite: or postgres:", "plan:5:46: count is 0; expected 1 to 1000",
          HasSubstr("plan:7:5: systems.three.kind is missing; expected kind: static|cnpg"),
          "plan:7:10: url is a list; expected URL", "plan:9:17: there is no system 'twoo'; did you mean 'two'?",
          "plan:9:32: agents: 'many' is not a whole number; expected for example 1000, 10k or 2M",
          "plan:12:13: there is no system 'nobody'; expected one, three, two",
          "plan:14:15: unknown name 'warehouse'; did you mean 'warehouses'?",
          "plan:14:41: warehouses is 2000; expected 1 to 1000",
          HasSubstr("plan:15:22: duration: '5x' is not a duration"),
          HasSubstr("plan:15:32: rate: 'fast' is not a rate"),
          HasSubstr("plan:16:36: fail-if: 'p99 > 5': 5 has no unit"),
          "plan:17:15: benchmarks.a.actions[0] is of the kind rate and does not have it; expected rate: …",
          HasSubstr("plan:17:37: benchmarks.a.actions[1].at is missing; expected at: DURATION"),
          "plan:18:5: repetitions is empty; expected N"));
}

TEST(Plan, WhatStandsTwiceHidesNoOtherMistake) {
  const Reading reading = read(R"(systems:
  one: {kind: statik, url: "sqlite:a"}
  two: {kind: static, url: "sqlite:b"}
  two: {kind: static, url: "sqlite:c", cuont: 2}
  two: {kind: static, url: "mongo:c"}
benchmarks:
  a: {workload: tpcc, system: two, seed: 1, seed: x}
systems:
  three: {kind: static, url: "sqlite:d", count: 0}
benchmarks:
  b: {workload: tpcc, system: three, load: {duration: 5x}}
  c: {workload: tpcc, system: four}
)");
  EXPECT_FALSE(reading.plan);
  EXPECT_THAT(lines(reading), ElementsAre("plan:2:15: kind: 'statik' is none of static, cnpg",
                                          "plan:4:3: 'two' stands here twice; the first is in line 3",
                                          "plan:4:40: unknown name 'cuont'; did you mean 'count'?",
                                          "plan:5:3: 'two' stands here twice; the first is in line 3",
                                          "plan:5:28: url: no driver; expected sqlite: or postgres:",
                                          "plan:7:45: 'seed' stands here twice; the first is in line 7",
                                          HasSubstr("plan:7:51: seed: 'x' is not"),
                                          "plan:8:1: 'systems' stands here twice; the first is in line 1",
                                          "plan:9:49: count is 0; expected 1 to 1000",
                                          "plan:10:1: 'benchmarks' stands here twice; the first is in line 6",
                                          HasSubstr("plan:11:55: duration: '5x' is not a duration"),
                                          HasSubstr("plan:12:31: there is no system 'four'")));
}

TEST(Plan, ContradictionsAreRefusedAtTheirPlace) {
  const auto said = [](std::string_view benchmark) {
    return lines(
        read("systems:\n  db: {kind: static, url: 'sqlite:a.db'}\nbenchmarks:\n  b: " + std::string(benchmark)));
  };
  EXPECT_THAT(said("{workload: tpcc, load: {arrival: poisson}}"),
              ElementsAre("plan:4:29: arrival has no effect without rate"));
  EXPECT_THAT(said("{workload: tpcc, options: {partitions: 9}}"),
              ElementsAre("plan:4:32: partitions is more than warehouses"));
  EXPECT_THAT(said("{workload: tpcc, benchmark: tpcc}"),
              ElementsAre(HasSubstr("plan:4:34: benchmark stands beside workload")));
  EXPECT_THAT(said("{benchmark: tpcc, load: {duration: 1s}}"),
              ElementsAre(HasSubstr("load has no effect beside config")));
  EXPECT_THAT(said("{config: {}}"),
              ElementsAre(HasSubstr("does not say what is run"), HasSubstr("config has no meaning without benchmark")));
  EXPECT_THAT(said("{workload: tpcc, thresholds: {fail-if: ''}}"), ElementsAre(HasSubstr("plan:4:")));
  EXPECT_THAT(said("{workload: tpcc, groups: [{name: x}, {name: x}]}"),
              ElementsAre("plan:4:50: the group 'x' stands here twice"));
  EXPECT_THAT(said("{workload: tpcc, actions: [{at: 1s, kind: remove, rate: 5}]}"),
              ElementsAre(HasSubstr("plan:4:62: rate has no effect in an action of the kind remove")));
}

TEST(Plan, ASystemSaysWhereItIsOnce) {
  const auto said = [](std::string_view system) {
    return lines(read("systems: {s: {kind: static, " + std::string(system) + "}}"));
  };
  EXPECT_THAT(said("count: 1"),
              ElementsAre(HasSubstr("systems.s does not say where it is; expected url, or spec with host")));
  EXPECT_THAT(said("url: 'sqlite:x', spec: {host: h}"), ElementsAre(HasSubstr("url says where it is already")));
  EXPECT_THAT(said("url: 'sqlite:x', count: 2"), ElementsAre(HasSubstr("count is 2; expected 1")));
  EXPECT_THAT(said("spec: {port: 1}"), ElementsAre(HasSubstr("systems.s.spec.host is missing")));
  EXPECT_THAT(said("spec: {host: h}, options: {journal: wal}"),
              ElementsAre(HasSubstr("options has no meaning without url")));
  EXPECT_THAT(said("url: 'sqlite:x', options: {jurnal: wal}"), ElementsAre(HasSubstr("did you mean 'journal'?")));
  const Reading reading = read("systems: {s: {kind: STATIC, spec: {host: '::1', user: a b, database: d}}}");
  EXPECT_THAT(lines(reading), IsEmpty());
  EXPECT_EQ(reading.plan->systems[0].url, "postgres://a%20b@[::1]:5432/d?sslmode=disable");
}

TEST(Plan, VariablesOfTheEnvironmentAreReplacedInValues) {
  const std::string_view text = "systems: {s: {kind: static, url: 'sqlite:${DIR:-/tmp}/$${x}-${NAME}.db'}}";
  EXPECT_EQ(read(text, {{"NAME", "n"}}).plan->systems[0].url, "sqlite:/tmp/${x}-n.db");
  EXPECT_EQ(read(text, {{"NAME", "n"}, {"DIR", "/d"}}).plan->systems[0].url, "sqlite:/d/${x}-n.db");
  EXPECT_THAT(
      lines(read(text)),
      ElementsAre("plan:1:34: url: the variable NAME is not set in the environment; expected it, or ${NAME:-INSTEAD}"));
  EXPECT_THAT(lines(read("systems: {s: {kind: static, url: 'sqlite:${a b}'}}")),
              ElementsAre(HasSubstr("names no variable")));
  EXPECT_THAT(lines(read("systems: {s: {kind: static, url: 'sqlite:${a'}}")),
              ElementsAre(HasSubstr("'${' is not closed")));
  // What another system defines is passed through as it is.
  const Reading reading = read("systems: {s: {kind: cnpg, spec: {x: '${NOT_OURS}'}}}");
  EXPECT_EQ(reading.plan->systems[0].spec->find("x")->text, "${NOT_OURS}");
}

TEST(Plan, SecretsAreNeverShown) {
  EXPECT_THAT(lines(read("systems: {s: {kind: static, url: 'postgres://u:geheim@h/d'}}")),
              ElementsAre(testing::AllOf(HasSubstr("plan:1:34: url has a password in it"), Not(HasSubstr("geheim")))));
  EXPECT_THAT(lines(read("systems: {s: {kind: static, url: 'postgres://u@h/d', password: geheim}}")),
              ElementsAre(testing::AllOf(HasSubstr("password is a text (not shown)"), Not(HasSubstr("geheim")))));
  EXPECT_THAT(lines(read("systems: {s: {kind: static, url: '${U}', count: '${U}'}}", {{"U", "geheim"}})),
              testing::Each(Not(HasSubstr("geheim"))));
  const Reading reading = read(
      "systems:\n  a: {kind: static, url: '${URL}'}\n  b: {kind: static, spec: {host: h, password: geheim}}\n"
      "  c: {kind: static, url: 'postgres://u@h/d', password: {file: /run/p}}\n  d: {kind: static, url: "
      "'postgres://u@h/d', password: {env: P}}",
      {{"URL", "postgres://u:geheim@h/d"}});
  EXPECT_THAT(lines(reading),
              ElementsAre("plan:3:47: note: password stands in the plan; better is {env: NAME} or {file: PATH}"));
  ASSERT_TRUE(reading.plan);
  const std::string shown = show_plan(*reading.checked);
  EXPECT_THAT(shown, Not(HasSubstr("geheim")));
  EXPECT_THAT(shown, HasSubstr("url: \"${URL}\""));
  EXPECT_THAT(reading.plan->systems[1].url, Not(HasSubstr("geheim")));
  EXPECT_EQ(reading.plan->systems[2].password->source, SecretReference::Source::file);
  EXPECT_EQ(reading.plan->systems[3].password->name, "P");
  for (const std::string_view wrong : {"{}", "{env: A, file: B}", "{value: x}", "{env: ''}", "[x]"})
    EXPECT_FALSE(
        read("systems: {s: {kind: static, url: 'postgres://u@h/d', password: " + std::string(wrong) + "}}").plan)
        << wrong;
}

TEST(Plan, WhatAVariableHasByDefaultIsNotShownWhenItIsASecret) {
  const auto url_shown = [](std::string_view url, const std::map<std::string, std::string>& environment = {}) {
    const Reading reading = read("systems:\n  s: {kind: static, url: '" + std::string(url) + "'}", environment);
    EXPECT_THAT(lines(reading), IsEmpty()) << url;
    const std::string shown = show_plan(*reading.checked);
    EXPECT_THAT(shown, Not(HasSubstr("geheim"))) << url;
    return shown;
  };
  EXPECT_THAT(url_shown("${URL:-postgres://u:geheim@h/d}"), HasSubstr("url: \"${URL}\""));
  // Of others the default stays: the plan that is shown needs no more than the secret.
  const std::string_view parts = "postgres://${U:-bench}:${PW:-geheim}@${H:-localhost}/d";
  EXPECT_THAT(url_shown(parts), HasSubstr("url: \"postgres://${U:-bench}:${PW}@${H:-localhost}/d\""));
  EXPECT_THAT(url_shown(parts, {{"PW", "x"}}), HasSubstr("${PW}@"));  // also one that is not in force
  EXPECT_THAT(url_shown("postgres://u@h/d?password=${PW:-geheim}&x=${X:-y}"), HasSubstr("password=${PW}&x=${X:-y}"));
  EXPECT_THAT(url_shown("sqlite:${FILE:-a.db}"), HasSubstr("url: sqlite:a.db\n"));
  for (const std::string_view wrong :
       {"systems: {s: {kind: static, url: '${URL:-nowhere://u:geheim@h/d}'}}",
        "systems: {s: {kind: static, url: 'sqlite:a', count: '${N:-geheim}'}}", "systems: '${S:-geheim}'",
        "systems: {s: {kind: static, url: '${a b:-geheim}'}}", "systems: 'postgres://u:geheim@h'"}) {
    const Reading reading = read(wrong);
    EXPECT_FALSE(reading.plan) << wrong;
    EXPECT_THAT(lines(reading), testing::AllOf(Not(IsEmpty()), testing::Each(Not(HasSubstr("geheim"))))) << wrong;
  }
}

TEST(Plan, ShowsItselfWithDefaultsAndReadsAsTheSame) {
  const Reading reading = read(kGood);
  const std::string shown = show_plan(*reading.checked);
  EXPECT_THAT(shown, HasSubstr("    count: 1\n"));
  EXPECT_THAT(shown, HasSubstr("    repetitions: 1\n"));
  EXPECT_THAT(shown, HasSubstr("      # by default arrival: constant, clients: 0"));
  const Reading again = read(shown);
  EXPECT_THAT(lines(again), IsEmpty());
  EXPECT_EQ(show_plan(*again.checked), shown);
  EXPECT_EQ(again.plan->benchmarks[0].steps[0].options.count("warehouses"), 4);
}

TEST(Plan, ARunnerIsOfTheKindThatItsFieldsSay) {
  const Reading reading = read(R"(
systems: {here: {kind: static, url: "sqlite:a.db"}, there: {kind: cnpg}}
runners:
  a: {systems: [here], spec: {replicas: 3}}
  b: {systems: [{name: there, kind: CNPG}], spec: {replicas: 2}}
  c: {addresses: ["h:1", "h:2"]}
  d: {}
)");
  EXPECT_THAT(lines(reading), IsEmpty());
  const auto& runners = reading.plan->runners;
  EXPECT_EQ(runners[0].kind, Runner::Kind::process);
  EXPECT_EQ(runners[0].agents, 3u);
  EXPECT_EQ(runners[1].kind, Runner::Kind::kubernetes);
  EXPECT_EQ(runners[2].kind, Runner::Kind::static_);
  EXPECT_EQ(runners[2].agents, 2u);
  EXPECT_EQ(runners[3].kind, Runner::Kind::process);
  EXPECT_EQ(runners[3].agents, 1u);
  EXPECT_THAT(
      lines(read(
          "runners: {r: {kind: static}, s: {addresses: [nowhere, h:99999]}, t: {kind: process, token: {env: X}}}")),
      ElementsAre(HasSubstr("runners.r is static and has no addresses"),
                  HasSubstr("'nowhere' is no address; expected HOST:PORT"),
                  HasSubstr("the port is 99999; expected 1 to 65535"),
                  HasSubstr("token is of static agents; this runner is process")));
  EXPECT_THAT(lines(read("runners: {r: {kind: static, addresses: []}, s: {addresses: [h:1, h:1]}, t: {agents: 257}}")),
              ElementsAre(HasSubstr("runners.r is static and has no addresses"), HasSubstr("h:1 stands there twice"),
                          HasSubstr("agents is 257; expected at most 256")));
  EXPECT_THAT(lines(read("systems: {a: {kind: static, url: 'sqlite:x'}}\n"
                         "benchmarks: {b: {workload: kv, load: {rate: 5}, groups: [{name: g}],\n"
                         "  steps: [{name: s, load: {clients: 2}}]}}")),
              ElementsAre(HasSubstr("load has rate, which each of the groups has for itself"),
                          HasSubstr("load has clients, which each of the groups has for itself")));
  EXPECT_THAT(lines(read("systems: {a: {kind: cnpg}}\nrunners: {r: {systems: [{name: a, kind: static}]}}")),
              ElementsAre("plan:2:41: kind is static, and the system a is cnpg"));
}

TEST(Plan, WhatIsSaidOnlyOnceIsTakenFromWhereItIsSaid) {
  Reading reading = read(
      "systems: {a: {kind: static, url: 'sqlite:x'}}\nrunners: {r: {agents: 2}}\nbenchmarks: {b: {runner: r, workload: "
      "kv}}");
  EXPECT_THAT(lines(reading), IsEmpty());
  EXPECT_THAT(reading.plan->benchmarks.at(0).systems, ElementsAre(0u));  // the only one there is
  reading = read(
      "systems: {a: {kind: static, url: 'sqlite:x'}}\n"
      "benchmarks: {b: {groups: [{name: g, workload: kv, clients: 1}, {name: h, workload: tpcc, clients: 1}]}}");
  EXPECT_THAT(lines(reading), IsEmpty());
  EXPECT_EQ(reading.plan->benchmarks.at(0).workload, "kv");
  EXPECT_THAT(lines(read("systems: {a: {kind: static, url: 'sqlite:x'}}\n"
                         "benchmarks: {b: {groups: [{name: g, workload: kv, clients: 1}, {name: h, clients: 1}]}}")),
              testing::Contains(HasSubstr("does not say what is run; expected workload: ")));
  EXPECT_THAT(
      lines(read("systems: {a: {kind: static, url: 'sqlite:x'}}\nbenchmarks: {b: {workload: kv, load: {rate: ''}}}")),
      ElementsAre(HasSubstr("the rate is empty; without a rate it is a closed loop")));
}

TEST(Plan, WhatAllAgentsHaveTogetherIsEnoughForEach) {
  const std::string_view plan =
      "systems: {a: {kind: static, url: 'sqlite:x'}}\nrunners: {r: {kind: static, addresses: [h:1, h:2, h:3]}}\n"
      "benchmarks:\n  b: {workload: kv, runner: r, system: a, ";
  EXPECT_THAT(
      lines(read(std::string(plan) + "load: {clients: 2}}")),
      ElementsAre(HasSubstr("clients is 2 for 3 agents; it is of all together: expected at least one for each")));
  EXPECT_THAT(lines(read(std::string(plan) + "steps: [{name: s, load: {clients: 2}}, {name: t, load: {clients: 3}}]}")),
              ElementsAre(HasSubstr("plan:4:77: clients is 2 for 3 agents")));
  EXPECT_THAT(lines(read(std::string(plan) + "groups: [{name: g, clients: 2}, {name: h, clients: 4}]}")),
              ElementsAre(HasSubstr("clients is 2 for 3 agents")));
  EXPECT_THAT(lines(read(std::string(plan) + "load: {clients: 3}}")), IsEmpty());
}

TEST(Plan, AnActionHasAGroupToChangeWhileTheLoadLasts) {
  const auto said = [](std::string_view rest) {
    return lines(
        read("systems: {a: {kind: static, url: 'sqlite:x'}}\nbenchmarks:\n  b: {workload: tpcc, " + std::string(rest)));
  };
  EXPECT_THAT(said("load: {duration: 1m}, actions: [{at: 59s, kind: rate, rate: 5}]}"), IsEmpty());
  EXPECT_THAT(said("load: {duration: 1m}, actions: [{at: 59s, kind: rate, rate: 5, group: terminals}]}"), IsEmpty());
  EXPECT_THAT(said("actions: [{at: 1s, kind: rate, rate: 5, group: kv}]}"),
              ElementsAre(HasSubstr("there is no group 'kv' in this benchmark; it has terminals")));
  EXPECT_THAT(said("load: {duration: 1m}, actions: [{at: 60s, kind: rate, rate: 5}]}"),
              ElementsAre(HasSubstr("is at 1m of a load that lasts 1m; expected an instant before its end")));
  EXPECT_THAT(said("actions: [{at: 20s, kind: command, command: [x]}]}"), ElementsAre(HasSubstr("lasts 15s")));
  EXPECT_THAT(said("steps: [{name: l, load: {duration: 1m}}, {name: s, load: {duration: 2s}}],\n"
                   "  actions: [{at: 5s, kind: command, command: [x]}]}"),
              ElementsAre(HasSubstr("at 5s of a load that lasts 2s in the step s")));
  EXPECT_THAT(said("groups: [{name: g}, {name: h}], actions: [{at: 1s, kind: clients, clients: 5}]}"),
              ElementsAre(HasSubstr("does not say which group it changes; expected group: one of g, h")));
  EXPECT_THAT(
      said("actions: [{at: soon, kind: command}]}"),
      testing::UnorderedElementsAre(HasSubstr("'soon'"), HasSubstr("is of the kind command and does not have it")));
  EXPECT_THAT(said("load: {duration: soon}, actions: [{at: 1h, kind: rate, rate: 5}]}"),
              ElementsAre(HasSubstr("'soon'")));
}

TEST(Plan, NamesAreLookedAtBeforeAnythingIsRun) {
  const auto said = [](std::string_view rest) {
    return lines(
        read("systems: {a: {kind: static, url: 'sqlite:x'}}\nbenchmarks:\n  b: {workload: tpcc, " + std::string(rest)));
  };
  EXPECT_THAT(said("thresholds: {fail-if: ['p99(new_order) > 5s', 'p99(delivery/deferred) > 5s']}}"), IsEmpty());
  EXPECT_THAT(said("thresholds: {fail-if: ['p99(get) > 5s']}}"), ElementsAre(HasSubstr("there is no operation 'get'")));
  const std::string groups = "groups: [{name: g}, {name: k, workload: kv}], ";
  EXPECT_THAT(said(groups + "thresholds: {fail-if: ['p99(k/get) > 5s', 'p99(g.delivery) > 5s']}}"), IsEmpty());
  EXPECT_THAT(said(groups + "thresholds: {abort-if: ['p99(kv/get) > 5s']}}"), ElementsAre(HasSubstr("'kv/get'")));
  EXPECT_THAT(said("steps: [{name: x}, {name: y}, {name: x}]}"),
              ElementsAre(HasSubstr("the step 'x' stands here twice")));
  EXPECT_THAT(said("actions: [{at: 1s, kind: remove}, {at: 2s, kind: clients, clients: 2}]}"),
              ElementsAre(HasSubstr("actions[1] is at 2s, and its group was removed at 1s")));
  EXPECT_THAT(said("load: {duration: soon, arrival: poisson}}"),
              testing::UnorderedElementsAre(HasSubstr("'soon'"), HasSubstr("arrival has no effect without rate")));
  EXPECT_THAT(said("load: {rate: fast, arrival: poisson}}"), ElementsAre(HasSubstr("rate: 'fast'")));
}

TEST(Plan, ListsOfNothingAreNoStepsAndNoGroups) {
  const std::string plan = "systems: {a: {kind: static, url: 'sqlite:x'}}\nbenchmarks: {b: {workload: kv, ";
  EXPECT_THAT(lines(read(plan + "steps: []}}")), ElementsAre(HasSubstr("benchmarks.b.steps has no step")));
  EXPECT_THAT(lines(read(plan + "groups: []}}")), ElementsAre(HasSubstr("benchmarks.b.groups has no group")));
}

TEST(Plan, ItsTextsGiveNoCommandsToATerminal) {
  for (const char* const text : {R"(systems: {"\e[2J": {kind: "\e[31m"}})", R"(systems: "\e[31m")", R"("\e": 1)"})
    EXPECT_THAT(lines(read(text)), testing::Each(Not(HasSubstr("\x1b")))) << text;
}

class Includes : public testing::Test {
 protected:
  Includes() {
    std::string pattern = testing::TempDir() + "plan-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Includes() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, std::string_view text) { std::ofstream(folder_ / name) << text; }
  Reading read_file(const std::string& name) {
    return read_plan(folder_ / name, catalogue(), [](const std::string&) { return std::nullopt; });
  }
  std::filesystem::path folder_;
};

TEST_F(Includes, ArePutTogether) {
  std::filesystem::create_directory(folder_ / "parts");
  write("main.yaml", "include: [parts/systems.yaml, parts/more.yaml]\nbenchmarks: {b: {workload: kv, system: two}}\n");
  write("parts/systems.yaml", "systems: {one: {kind: static, url: 'sqlite:1'}}\n");
  write("parts/more.yaml",
        "include: systems.yaml\nsystems: {two: {kind: static, url: 'sqlite:2'}}\n");  // a file that is there already
  const Reading reading = read_file("main.yaml");
  EXPECT_THAT(lines(reading), IsEmpty());
  EXPECT_EQ(reading.plan->systems.size(), 2u);
  EXPECT_EQ(reading.plan->benchmarks[0].systems, std::vector<std::size_t>{1});
}

TEST_F(Includes, MistakesNameTheFileThatTheyAreIn) {
  write("main.yaml", "include: part.yaml\nsystems: {s: {kind: static, url: 'sqlite:1'}}\n");
  write("part.yaml", "systems:\n  s: {kind: static, url: 'sqlite:1'}\n  t: {kind: x}\n");
  const std::string part = (folder_ / "part.yaml").string(), main = (folder_ / "main.yaml").string();
  EXPECT_THAT(lines(read_file("main.yaml")), ElementsAre(part + ":2:3: 's' is in " + main + " too, in line 2",
                                                         part + ":3:13: kind: 'x' is none of static, cnpg"));
  write("part.yaml", "systems:\n  s: {kind: static, url: 'sqlite:1', cuont: 1}\n");
  EXPECT_THAT(lines(read_file("main.yaml")), ElementsAre(part + ":2:3: 's' is in " + main + " too, in line 2",
                                                         part + ":2:38: unknown name 'cuont'; did you mean 'count'?"));
}

TEST_F(Includes, InACircleAreRefused) {
  write("a.yaml", "include: b.yaml\nrunners: {r: {}}\n");
  write("b.yaml", "include: ./a.yaml\n");
  EXPECT_THAT(lines(read_file("a.yaml")),
              ElementsAre((folder_ / "b.yaml").string() + ":1:10: include: ./a.yaml includes itself"));
  write("c.yaml", "include: nowhere.yaml\nrunners: {r: {}}\n");
  EXPECT_THAT(lines(read_file("c.yaml")), ElementsAre(HasSubstr("c.yaml:1:10: include: ")));
  write("d.yaml", "include: {a: 1}\nrunners: {r: {}}\n");
  EXPECT_THAT(lines(read_file("d.yaml")),
              ElementsAre(HasSubstr("d.yaml:1:10: include is a map; expected list of TEXT")));
}

}  // namespace
}  // namespace assay::plan
