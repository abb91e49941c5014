"""assay plan run: a plan carried out, on SQLite and on the driver without a target."""

import contextlib
import json
import os
import pathlib
import signal
import sqlite3
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "cli")]
from program import ProgramTest, unittest  # noqa: E402

KV = {"rows": 1000}
SHORT = {"duration": "300ms"}


class PlanRunTest(ProgramTest):

    def plan(self, benchmarks, systems=None, **more):
        file = self.folder / "plan.json"
        file.write_text(json.dumps({"systems": systems or {"local": {"kind": "static", "url": self.url}}, "benchmarks": benchmarks, **more}))
        return file

    def run_plan(self, benchmarks, *arguments, systems=None, code=0, env=(), **more):
        return self.assay("plan", "run", self.plan(benchmarks, systems, **more), "--results", "out", *arguments, code=code, env=env)

    def results(self):
        return {file.stem: json.loads(file.read_text()) for file in sorted((self.folder / "out").glob("*.json"))}

    def options(self, name):
        return dict(self.results()[name]["workload"]["options"])

    def test_every_step_is_run_as_often_as_the_plan_says_each_with_a_result_of_its_own(self):
        said = self.run_plan({"ladder": {"workload": "kv", "options": KV, "prepare": True, "cleanup": True, "seed": 5, "repetitions": 2, "load": SHORT,
                                         "steps": [{"name": "low", "load": {"rate": 50}}, {"name": "high", "load": {"rate": 200}}]}})
        names = ["ladder-local-high-1", "ladder-local-high-2", "ladder-local-low-1", "ladder-local-low-2"]
        self.assertEqual(sorted(self.results()), names)
        for name in names:
            self.assertIn(name, said.stdout)
        self.assertEqual({name: self.options(name)["run.rate"] for name in names},
                         {name: "50" if "low" in name else "200" for name in names})
        self.assertEqual([int(self.results()[name]["seed"]) for name in names], [5, 6, 5, 6])
        # Made by the first run and removed by the last.
        self.assertEqual([self.options(name)["run.prepare"] for name in names], ["false", "false", "true", "false"])
        self.assertEqual([self.options(name)["run.cleanup"] for name in names], ["false", "true", "false", "false"])
        self.assertNotIn("assay_kv", self.tables())

    def test_each_system_of_a_runner_is_put_under_load(self):
        systems = {name: {"kind": "static", "url": f"sqlite:{self.folder}/{name}.db"} for name in ("one", "two")}
        self.run_plan({"both": {"runner": "here", "workload": "kv", "options": KV, "prepare": True, "load": SHORT}}, systems=systems,
                      runners={"here": {"kind": "process", "systems": ["one", "two"]}})
        self.assertEqual(sorted(self.results()), ["both-one-1", "both-two-1"])
        self.assertEqual([r["targets"][0]["url"].rsplit("/", 1)[1] for _, r in sorted(self.results().items())], ["one.db", "two.db"])

    def test_only_one_benchmark_is_run_when_that_is_asked_for(self):
        benchmarks = {name: {"workload": "kv", "options": KV, "prepare": True, "load": SHORT} for name in ("a", "b")}
        self.run_plan(benchmarks, "--only", "b")
        self.assertEqual(list(self.results()), ["b-local-1"])
        self.assertIn("no benchmark 'c'; expected one of a, b", self.run_plan(benchmarks, "--only", "c", code=2).stderr)

    def test_a_missed_threshold_is_told_and_the_rest_goes_on_and_the_gravest_decides(self):
        kv = {"workload": "kv", "options": KV, "prepare": True, "load": SHORT}
        said = self.run_plan({"bad": {**kv, "thresholds": {"fail-if": ["rate > 0/s"]}}, "good": kv}, code=4)
        self.assertEqual(list(self.results()), ["bad-local-1", "good-local-1"])
        self.assertRegex(said.stdout, r"bad-local-1 .* fail: rate > 0/s")
        self.assertRegex(said.stdout, r"good-local-1 .* pass")

    def test_a_condition_that_holds_ends_the_run(self):
        self.run_plan({"b": {"workload": "kv", "options": KV, "prepare": True, "load": {"duration": "60s"}, "thresholds": {"abort-if": "rate > 0/s"}}},
                      code=4)
        self.assertIn("aborted: ", json.dumps(self.results()["b-local-1"]["verdict"]))

    def test_what_this_build_cannot_do_is_told_before_anything_is_done(self):
        said = self.run_plan({"a": {"system": "local", "workload": "kv", "options": KV, "prepare": True}, "h": {"system": "local", "benchmark": "tpch", "config": {}},
                              "c": {"system": "made", "workload": "kv"}}, code=2,
                             systems={"local": {"kind": "static", "url": self.url}, "made": {"kind": "cnpg", "spec": {"instances": 1}}})
        self.assertIn("the workload tpch is not in this build", said.stderr)
        self.assertIn("the system made would have to be made in Kubernetes", said.stderr)
        self.assertFalse(self.file.exists())

    def test_results_of_an_earlier_run_are_not_overwritten(self):
        benchmarks = {"a": {"workload": "kv", "options": KV, "prepare": True, "load": SHORT}}
        self.run_plan(benchmarks)
        self.assertIn("a-local-1.json is there already", self.run_plan(benchmarks, code=2).stderr)

    def test_a_target_that_is_gone_ends_its_runs_and_no_others(self):
        kv = {"workload": "kv", "options": KV, "load": SHORT}
        said = self.run_plan({"a": {**kv, "system": "gone", "repetitions": 2}, "b": {**kv, "system": "local", "prepare": True}}, code=3,
                             systems={"gone": {"kind": "static", "url": f"sqlite:{self.folder}/nowhere/x.db"}, "local": {"kind": "static", "url": self.url}})
        self.assertEqual(list(self.results()), ["b-local-1"])
        self.assertRegex(said.stdout, "a-gone-2 .*left out, as its target or its agents were gone")

    def test_what_decides_nothing_in_a_later_repetition_is_no_mistake(self):
        self.run_plan({"t": {"workload": "tpcc", "options": {"scale-down": 100, "think-times": False, "drop-data": True, "foreign-keys": False},
                             "prepare": True, "parallel": 1, "check": True, "repetitions": 2, "load": SHORT}})
        # Each has data of its own.
        self.assertEqual([self.options(f"t-local-{n}")["run.prepare"] for n in (1, 2)], ["true", "true"])

    def test_terminals_and_counts_are_those_of_pgdistbench(self):
        # 2 agents with 3 terminals, each of which makes 4 transactions.
        self.assay("prepare", "tpcc", "--target", self.url, "--scale-down", "100", "--quiet")
        self.run_plan({"old": {"runner": "r", "benchmark": "tpcc", "config": {"active_terminals": 3, "count": 4, "duration": 0, "wait_thinking": False}}},
                      runners={"r": {"systems": [{"name": "local", "kind": "static"}], "spec": {"replicas": 2}}})
        options = self.options("old-local-1")
        self.assertEqual((options["run.clients"], options["run.count"], options["think-times"]), ("6", "24", "false"))

    def test_a_secret_is_found_where_the_plan_says_and_shown_nowhere(self):
        systems = {"pg": {"kind": "static", "url": "postgres://u@127.0.0.1:1/d", "password": {"env": "GEHEIM"}}}
        benchmarks = {"a": {"workload": "kv", "load": SHORT}}
        said = self.run_plan(benchmarks, systems=systems, code=2)
        self.assertIn("the variable GEHEIM is not set", said.stderr)
        said = self.run_plan(benchmarks, systems=systems, code=3, env={"GEHEIM": "p%4@ss:w/d"}.items())
        self.assertNotIn("ss:w", said.stdout + said.stderr)

    def test_interrupting_it_keeps_what_was_measured_and_runs_nothing_more(self):
        benchmarks = {"a": {"workload": "kv", "options": KV, "prepare": True, "load": {"duration": "60s"}, "repetitions": 2}}
        process = self.start("plan", "run", self.plan(benchmarks), "--results", "out")
        self.wait_for_text(process, r"(?m)^ +[0-9]+ s +measure")
        process.send_signal(signal.SIGINT)
        said = self.finish(process, code=130)
        self.assertEqual([(name, r["partial"]) for name, r in self.results().items()], [("a-local-1", True)])
        self.assertRegex(said.stdout, "a-local-2 .*interrupted")

    def test_groups_have_workloads_schedules_and_systems_of_their_own(self):
        systems = {name: {"kind": "static", "url": f"sqlite:{self.folder}/{name}.db"} for name in ("one", "two")}
        self.run_plan({"both": {"system": "one", "workload": "kv", "options": KV, "prepare": True, "cleanup": True, "check": True, "load": {"duration": "1s"},
                                "groups": [{"name": "readers", "options": {"mix": "get=1"}, "clients": 3, "think-time": "1ms"},
                                           {"name": "writers", "options": {"mix": "put=1"}, "rate": 50},
                                           {"name": "orders", "workload": "tpcc", "system": "two", "clients": 2,
                                            "options": {"scale-down": 100, "think-times": False}}]}}, systems=systems)
        result = self.results()["both-one-1"]
        groups = {group["name"]: group for group in result["groups"]}
        self.assertEqual({name: group["target"] for name, group in groups.items()},
                         {"readers": "one", "writers": "one", "orders": "two", "orders.delivery": "two"})
        done = {name: {o["name"] for o in group["operations"] if o["phases"].get("measure", {}).get("completed")} for name, group in groups.items()}
        self.assertEqual((done["readers"], done["writers"]), ({"get"}, {"put"}))
        self.assertIn("new_order", done["orders"])
        self.assertEqual((int(groups["readers"]["clients"]), int(groups["orders"]["clients"])), (3, 2))
        self.assertIn("orders.nopm", [figure["name"] for figure in result["figures"]])
        self.assertEqual([target["name"] for target in result["targets"]], ["one", "two"])
        self.assertEqual([check["state"] for check in result["checks"]], ["passed", "passed"])

    def test_a_group_triggers_its_own_when_others_stand_before_it(self):
        # Deferred deliveries are the second group of TPC-C, and here the third of the run.
        self.run_plan({"b": {"workload": "kv", "options": KV, "prepare": True, "load": {"duration": "2s"},
                             "groups": [{"name": "keys", "rate": 20}, {"name": "orders", "workload": "tpcc", "clients": 1,
                                                                       "options": {"scale-down": 100, "think-times": False}}]}})
        delivery = next(g for g in self.results()["b-local-1"]["groups"] if g["name"] == "orders.delivery")
        self.assertGreater(sum(int(phase["completed"]) for o in delivery["operations"] for phase in o["phases"].values()), 0)

    def test_actions_happen_at_their_time_and_are_events(self):
        self.run_plan({"a": {"workload": "kv", "options": KV, "prepare": True, "load": {"duration": "3s", "rate": 20},
                             "actions": [{"name": "more", "at": "1s", "kind": "rate", "rate": 200},
                                         {"name": "mark", "at": "500ms", "kind": "command", "command": ["sh", "-c", "echo here > mark"]}]}})
        result = self.results()["a-local-1"]
        self.assertEqual((self.folder / "mark").read_text(), "here\n")
        events = {event["kind"]: event for event in result["events"]}
        self.assertIn("mark: sh -c echo here > mark ended with 0", events["command"]["text"])
        self.assertGreaterEqual(int(events["command"]["at_ns"]), 500_000_000)
        self.assertGreaterEqual(int(events["change"]["at_ns"]), 1_000_000_000)
        # A second at 20 and two at 200.
        put_and_get = sum(int(o["phases"]["measure"]["completed"]) for o in result["groups"][0]["operations"])
        self.assertGreater(put_and_get, 200)
        self.assertLess(put_and_get, 460)

    def test_an_action_that_fails_fails_the_run(self):
        kv = {"workload": "kv", "options": KV, "prepare": True, "load": {"duration": "1s", "rate": 20}}
        said = self.run_plan({"a": {**kv, "actions": [{"name": "bad", "at": "100ms", "kind": "command", "command": ["false"]}]},
                              "b": {**kv, "actions": [{"name": "none", "at": "100ms", "kind": "command", "command": ["no-such-program"]}]},
                              }, code=4)
        self.assertRegex(said.stdout, r"a-local-1 .* fail: the action bad: false ended with 1")
        self.assertRegex(said.stdout, r"b-local-1 .* fail: the action none")
        lint = self.run_plan({"c": {**kv, "actions": [{"name": "who", "at": "100ms", "kind": "remove", "group": "nobody"}]}}, code=2)
        self.assertIn("there is no group 'nobody' in this benchmark; it has kv", lint.stderr)

    def test_an_action_behind_the_end_of_the_load_fails_the_run_and_is_no_event(self):
        # By its duration it would be in time: the operations that are counted end it before.
        load = {"workload": "kv", "options": KV, "prepare": True, "load": {"duration": "10s", "count": 20}}
        said = self.run_plan({"a": {**load, "actions": [{"name": "late", "at": "5s", "kind": "command", "command": ["sh", "-c", "echo > mark"]}]},
                              "b": {**load, "actions": [{"name": "later", "at": "9s", "kind": "rate", "rate": 50}]}}, code=4)
        for name in ("late", "later"):
            self.assertRegex(said.stdout, f"fail: the action {name}: the load ended before its instant")
        self.assertFalse((self.folder / "mark").exists())
        for result in self.results().values():
            self.assertEqual(result["events"], [])

    def test_data_in_the_process_is_made_for_each_repetition(self):
        self.run_plan({"a": {"workload": "kv", "options": {"rows": 10}, "prepare": True, "repetitions": 2, "load": {"duration": "300ms", "rate": 20}}},
                      systems={"local": {"kind": "static", "url": "null:?memory=true"}})
        self.assertEqual(len(self.results()), 2)

    def test_agents_that_are_not_there_leave_the_other_benchmarks_of_the_target(self):
        kv = {"workload": "kv", "options": KV, "prepare": True, "load": SHORT}
        self.run_plan({"x": {**kv, "runner": "nowhere"}, "y": kv}, code=3,
                      runners={"nowhere": {"kind": "static", "addresses": ["127.0.0.1:1"], "systems": ["local"]}})
        self.assertEqual(list(self.results()), ["y-local-1"])

    def test_the_agents_of_a_static_runner_share_the_run_with_its_actions(self):
        addresses = self.agents(2, env={"ASSAY_TOKEN": "geheim"})
        runners = {"there": {"kind": "static", "addresses": addresses, "token": {"env": "TOKEN"}, "systems": ["local"]}}
        self.run_plan({"a": {"workload": "kv", "options": KV, "runner": "there", "prepare": True, "check": True, "cleanup": True,
                             "thresholds": {"fail-if": ["rate > 1000000/s"]},
                             "load": {"duration": "5s", "rate": 20, "clients": 4},
                             "actions": [{"name": "more", "at": "3s", "kind": "rate", "rate": 200}, {"name": "hands", "at": "4s", "kind": "clients", "clients": 6},
                                         {"name": "mark", "at": "500ms", "kind": "command", "command": ["sh", "-c", "echo here > mark"]}]}},
                      runners=runners, env={"TOKEN": "geheim"}.items())
        result = self.results()["a-local-1"]
        self.assertEqual([agent["name"] for agent in result["agents"]], addresses)
        self.assertEqual([check["state"] for check in result["checks"]], ["passed", "passed"])
        self.assertEqual((self.folder / "mark").read_text(), "here\n")
        events = {event["kind"]: event for event in result["events"]}
        self.assertGreaterEqual(int(events["change"]["at_ns"]), 3_000_000_000)
        # Three seconds at 20 and two at 200.
        answered = sum(phase["completed"] for o in result["groups"][0]["operations"] for phase in o["phases"].values())
        self.assertGreater(answered, 300)
        self.assertLess(answered, 480)
        # What was measured is still there for who asks later, also by the plan's name.
        # Whether the program was started nobody knows but who was to start it: that is no pass.
        said = self.assay("exec", "results", "a", "-m", "plan.json", "--result", "again.json", env={"TOKEN": "geheim"}.items(), code=(4, 5))
        self.assertIn("the action mark (at 500ms) was for the coordinator that began the run", said.stdout)
        again = json.loads((self.folder / "again.json").read_text())
        self.assertEqual((result["groups"][0]["clients"], again["groups"][0]["clients"]), (4, 4))  # as planned, whatever became of them
        self.assertEqual([(e["kind"], e["at_ns"], e["text"]) for e in again["events"]],
                         [("change", 3_000_000_000, "kv: constant 20/s → constant 200/s"),
                          ("change", 4_000_000_000, "by agent: kv: 2 → 3 clients; kv: 2 → 3 clients")])
        self.assertEqual([o["phases"]["measure"]["response"] for o in again["groups"][0]["operations"]],
                         [o["phases"]["measure"]["response"] for o in result["groups"][0]["operations"]])
        # A run of somebody else on the same agents is not taken for it.
        self.assay("run", "kv", "--target", "null:?memory=true", "--prepare", "--rows", "10", "--agents", ",".join(addresses), "--rate", "10",
                   "--duration", "500ms", "--quiet", env={"ASSAY_TOKEN": "geheim"}.items(), code=(0, 5))
        self.assay("exec", "results", "a", "-m", "plan.json", "--result", "third.json", env={"TOKEN": "geheim"}.items(), code=(4, 5))
        self.assertEqual(json.loads((self.folder / "third.json").read_text())["targets"][0]["driver"], "sqlite")
        plan = json.loads((self.folder / "plan.json").read_text())
        plan["benchmarks"]["other"] = plan["benchmarks"]["a"]
        (self.folder / "plan.json").write_text(json.dumps(plan))
        self.assertIn("none of the agents has a run of the benchmark other",
                      self.assay("exec", "results", "other", "-m", "plan.json", env={"TOKEN": "geheim"}.items(), code=2).stderr)
        self.assertIn("--wait has no effect", self.refused("exec", "results", "--wait", "--agents", addresses[0]))

    def test_the_agents_of_a_process_runner_are_started_for_the_run(self):
        self.run_plan({"a": {"workload": "kv", "options": KV, "runner": "here", "prepare": True,
                             "load": {"duration": "3s", "rate": 100, "clients": 4}}},
                      runners={"here": {"kind": "process", "agents": 3, "systems": ["local"]}})
        result = self.results()["a-local-1"]
        self.assertEqual(len(result["agents"]), 3)
        self.assertEqual(sum(phase["completed"] for o in result["groups"][0]["operations"] for phase in o["phases"].values()), 300)

    def test_agents_share_the_groups_of_a_run(self):
        systems = {name: {"kind": "static", "url": f"sqlite:{self.folder}/{name}.db"} for name in ("one", "two")}
        systems["mem"] = {"kind": "static", "url": "null:", "options": {"latency": "1ms", "memory": True}}
        addresses = self.agents(2, env={"ASSAY_TOKEN": "geheim"})
        said = self.run_plan(
            {"all": {"system": "one", "runner": "there", "workload": "kv", "options": KV, "prepare": True, "cleanup": True, "check": True,
                     "load": {"duration": "4s"}, "thresholds": {"fail-if": ["rate(writers/put) > 1000000/s"]},
                     "groups": [{"name": "readers", "options": {"mix": "get=1"}, "clients": 3, "think-time": "50ms"},
                                {"name": "writers", "options": {"mix": "put=1"}, "rate": 20, "clients": 2},
                                {"name": "memory", "system": "mem", "options": {"mix": "get=1"}, "rate": 101, "clients": 2},
                                {"name": "orders", "workload": "tpcc", "system": "two", "clients": 2,
                                 "options": {"scale-down": 100, "think-times": False, "warehouses": 2, "verify": True}}],
                     "actions": [{"name": "more", "at": "2s", "kind": "rate", "group": "writers", "rate": 60}]}},
            systems=systems, runners={"there": {"kind": "static", "addresses": addresses, "token": {"env": "TOKEN"}}}, env={"TOKEN": "geheim"}.items(),
            code=(0, 4, 5))
        result = self.results()["all-one-1"]
        groups = {group["name"]: group for group in result["groups"]}
        self.assertEqual({name: group["target"] for name, group in groups.items()},
                         {"readers": "one", "writers": "one", "memory": "mem", "orders": "two", "orders.delivery": "two"})
        self.assertEqual({name: int(group["clients"]) for name, group in groups.items() if name != "orders.delivery"},
                         {"readers": 3, "writers": 2, "memory": 2, "orders": 2})
        self.assertEqual((groups["writers"]["schedule"], groups["memory"]["schedule"]), ("constant 20/s", "constant 101/s"))
        answered = {name: sum(int(p["completed"]) for o in g["operations"] for p in o["phases"].values()) for name, g in groups.items()}
        self.assertEqual(answered["memory"], 404)  # shared out over two agents without a remainder
        self.assertAlmostEqual(answered["writers"], 160, delta=30)  # two seconds at 20, two at 60, and the instant of the change
        self.assertGreater(answered["readers"], 0)
        self.assertGreater(answered["orders.delivery"], 0)  # asked for by the orders' own group, the fourth
        self.assertEqual([agent["name"] for agent in result["agents"]], addresses)
        self.assertEqual([target["name"] for target in result["targets"]], ["one", "mem", "two"])
        self.assertEqual({target["server"] for target in result["targets"]}, {"SQLite", "null"})
        self.assertIn("orders.nopm", [figure["name"] for figure in result["figures"]])
        cross = next(r for r in result["requirements"] if r["name"] == "orders: New-Orders in the target")
        self.assertEqual(cross["verdict"], "pass", cross)
        options = dict(result["workload"]["options"])
        self.assertEqual((options["orders.workload"], options["orders.warehouses"], options["memory.run.rate"]), ("tpcc", "2", "101"))
        self.assertEqual([check["state"] for check in result["checks"]], ["passed", "passed"])
        self.assertEqual(self.tables_of("one") | self.tables_of("two"), set())  # removed behind it
        # Who comes later finds all of it on the agents.
        self.assay("exec", "results", "all", "-m", "plan.json", "--result", "again.json", env={"TOKEN": "geheim"}.items(), code=(0, 4, 5))
        again = json.loads((self.folder / "again.json").read_text())
        self.assertEqual([(g["name"], g["target"], [o["phases"]["measure"].get("response") for o in g["operations"] if "measure" in o["phases"]])
                          for g in again["groups"]],
                         [(g["name"], g["target"], [o["phases"]["measure"].get("response") for o in g["operations"] if "measure" in o["phases"]])
                          for g in result["groups"]])
        self.assertEqual(dict(again["workload"]["options"])["orders.warehouses"], "2")
        self.assertNotIn("geheim", said.stdout + said.stderr)

    def tables_of(self, name):
        with contextlib.closing(sqlite3.connect(self.folder / f"{name}.db")) as database:
            return {row[0] for row in database.execute("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")}

    def test_groups_are_refused_that_have_too_little_for_each_agent(self):
        said = self.run_plan({"a": {"workload": "kv", "options": KV, "runner": "here", "prepare": True, "load": SHORT,
                                    "groups": [{"name": "few", "clients": 1}]}}, code=2,
                             runners={"here": {"kind": "process", "agents": 2, "systems": ["local"]}})
        self.assertIn("clients is 1 for 2 agents", said.stderr)

    def test_a_plan_says_that_the_loss_of_an_agent_ends_the_run(self):
        self.assertTrue(self.of_a_lost_agent("stop")["partial"])

    def test_a_plan_says_that_a_run_goes_on_without_a_lost_agent(self):
        self.assertFalse(self.of_a_lost_agent("go-on")["partial"])

    def of_a_lost_agent(self, rule):
        addresses = self.agents(2, env={"ASSAY_TOKEN": "geheim"})
        plan = self.plan({"a": {"workload": "kv", "options": KV, "runner": "there", "prepare": True,
                                "load": {"duration": "14s", "rate": 20, "clients": 2}}},
                         runners={"there": {"addresses": addresses, "token": {"env": "TOKEN"}, "on-agent-loss": rule, "systems": ["local"]}})
        process = self.start("plan", "run", plan, "--results", "out", env={"TOKEN": "geheim"}.items())
        self.wait_for_text(process, r"(?m)^ +[0-9]+ s +measure")
        self.processes[1].kill()
        self.finish(process, code=(4, 5, 130))
        result = self.results()["a-local-1"]
        self.assertIn("agent_lost", [event["kind"] for event in result["events"]])
        return result

    def test_shipped_plans_run(self):
        text = (ROOT / "plans/two-groups.yaml").read_text()
        for old, new in (("warmup: 5s", "warmup: 100ms"), ("duration: 1m", "duration: 2s"), ("at: 30s", "at: 1s"), ("at: 45s", "at: 1500ms"),
                         ("rows: 100k", "rows: 1k"), ("p99(get) > 20ms", "p99(get) > 60s")):
            self.assertIn(old, text)
            text = text.replace(old, new)
        (self.folder / "groups.yaml").write_text(text)
        self.assay("plan", "run", "groups.yaml", "--quiet", "--results", "out")
        self.assertEqual([g["name"] for g in self.results()["readers-and-writers-local-1"]["groups"]], ["readers", "writers"])
        self.assertEqual([e["kind"] for e in self.results()["readers-and-writers-local-1"]["events"]], ["change", "command"])

    def test_the_smoke_plan_runs(self):
        env = {"SMOKE_DB": "smoke.db"}.items()
        text = (ROOT / "plans/sqlite-smoke.yaml").read_text()
        for old, new in (("warmup: 2s", "warmup: 100ms"), ("duration: 10s", "duration: 1s"), ("warehouses: 1", "warehouses: 1\n      scale-down: 100")):
            self.assertIn(old, text)
            text = text.replace(old, new)
        (self.folder / "smoke.yaml").write_text(text)
        said = self.assay("plan", "run", "smoke.yaml", "--quiet", "--results", "out", env=env)
        self.assertEqual(said.stderr, "")
        self.assertEqual([c["state"] for c in self.results()["smoke-local-1"]["checks"]], ["passed", "passed"])


@unittest.skipUnless(os.environ.get("ASSAY_TEST_POSTGRES_URL"), "needs ASSAY_TEST_POSTGRES_URL")
class PostgresPlanTest(ProgramTest):

    def test_the_plan_of_pgdistbench_runs_with_a_static_system(self):
        text = (ROOT / "plans/pgdistbench.yaml").read_text()
        systems, rest = text.index("systems:"), text.index("runners:")
        text = text[:systems] + "systems:\n  cluster: {kind: static, url: '${ASSAY_TEST_POSTGRES_URL}'}\n\n" + text[rest:]
        for old, new in (("kind: CNPG", "kind: static"), (", namespace: benchmark, kind", ", kind"), ("duration: 5m", "duration: 2s\n      drop_data: true"),
                         ("warehouses: 10", "warehouses: 1"), ("active_terminals: 50", "active_terminals: 5"), ("    benchmark: tpcc", "    benchmark: tpcc\n    prepare: true\n    cleanup: true")):
            self.assertIn(old, text)
            text = text.replace(old, new)
        (self.folder / "plan.yaml").write_text(text)
        self.assay("plan", "run", "plan.yaml", "--results", "out", env={"ASSAY_TEST_POSTGRES_URL": os.environ["ASSAY_TEST_POSTGRES_URL"]}.items())
        result = json.loads((self.folder / "out/tpcc-10-cluster-1.json").read_text())
        self.assertEqual(dict(result["workload"]["options"])["run.clients"], "10")  # 5 of each of 2 agents


if __name__ == "__main__":
    unittest.main()
