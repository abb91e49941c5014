"""assay systems, runner and exec: pgdistbench's verbs on agents of this machine, on SQLite."""

import json
import os
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "cli")]
from program import PROGRAM, ProgramTest, environment, unittest  # noqa: E402

CONFIG = {"active_terminals": 2, "duration": "1s", "wait_thinking": False}


class AgentsTest(ProgramTest):
    """A runner of two agents, which are there for the test."""

    def setUp(self):
        super().setUp()
        plan = {"systems": {"db": {"kind": "static", "url": self.url}},
                "runners": {"two": {"kind": "process", "agents": 2, "systems": ["db"]}},
                "benchmarks": {"short": {"runner": "two", "benchmark": "tpcc", "config": CONFIG},
                               "long": {"runner": "two", "benchmark": "tpcc", "config": {**CONFIG, "duration": 0}},
                               "own": {"runner": "two", "workload": "kv"}}}
        (self.folder / "main.yaml").write_text(json.dumps(plan))
        self.prepare()
        self.addCleanup(self.start_and_forget)
        self.agents = [line.split("agent ")[1].split(" for")[0] for line in self.assay("runner", "apply").stdout.splitlines()]

    def start_and_forget(self):
        self.start("runner", "delete").wait(timeout=60)

    def pids(self):
        state = json.loads((self.folder / ".assay/two/agents.json").read_text())
        return [agent["pid"] for agent in state["agents"]]

    def status(self, agent):
        with urllib.request.urlopen(agent + "/status", timeout=30) as answer:
            return json.load(answer)

    def test_agents_are_started_asked_and_stopped(self):
        self.assertEqual(len(self.agents), 2)
        self.assertEqual(self.assay("runner", "apply").stdout, "")  # as many as there are to be
        self.assertEqual(self.assay("runner", "status", "two").stdout, "All runners are ready\n")
        self.assertEqual(self.assay("runner", "list").stdout, "Runners: (2)\n" + "".join(f"{a}: ready=true\n" for a in self.agents))
        self.assertIn("System 1: " + self.agents[1], self.assay("runner", "metrics").stdout)
        self.assertEqual(self.assay("exec", "check-pods", "short").stdout, "Pods are healthy and ready\n")
        self.assay("runner", "delete")
        for agent in self.agents:
            self.assertRaises(urllib.error.URLError, self.status, agent)
        self.assertEqual(self.assay("runner", "list").stdout, "Runners: (0)\n")
        self.assertIn("has no agents", self.refused("exec", "run", "short"))

    def test_another_folder_is_another_state(self):
        (self.folder / "other").mkdir()
        self.assertEqual(self.assay("runner", "list", "-m", "main.yaml", "-w", "other").stdout, "Runners: (0)\n")

    def test_an_agent_that_died_is_told_and_apply_starts_another(self):
        os.kill(self.pids()[0], 9)
        self.assertIn(self.agents[0], self.assay("runner", "status", code=3).stderr)
        self.assertEqual(len(self.assay("runner", "apply").stdout.splitlines()), 1)
        self.assay("runner", "status")

    def test_restart_makes_new_processes(self):
        before = self.pids()
        self.assay("runner", "restart")
        self.assertEqual(len(self.pids()), 2)
        self.assertEqual(set(before) & set(self.pids()), set())

    def test_a_run_on_all_agents_and_its_results(self):
        said = json.loads(self.assay("exec", "run", "short", "--wait").stdout)
        self.assertEqual(len(said["Runners"]), 2)
        each = [runner["Summary"]["tpmTotal"] for runner in said["Runners"]]
        self.assertAlmostEqual(said["TPMTotal"]["sum"], sum(each), places=3)
        self.assertAlmostEqual(said["TPMTotal"]["median"], sum(each) / 2, places=3)
        self.assertEqual(sum(said["TPMC"]["histogram"]["counts"]), 2)
        self.assertEqual(json.loads(self.assay("exec", "results", "short", "-w", ".").stdout), said)
        self.assay("exec", "check", "short", "--wait")  # what was done last has no result: that of the run is meant
        again = json.loads(self.assay("exec", "results", "short").stdout)
        self.assertEqual([runner["Summary"] for runner in again["Runners"]], [runner["Summary"] for runner in said["Runners"]])
        os.kill(self.pids()[1], 9)
        self.assertIn(self.agents[1], self.refused("exec", "results", "short", code=3))
        left = self.assay("exec", "results", "short", "--allow-error")
        self.assertEqual(len(json.loads(left.stdout)["Runners"]), 1)
        self.assertIn(self.agents[1], left.stderr)
        pods = self.assay("exec", "listpods", "short", code=3).stdout
        self.assertRegex(pods, f"{self.agents[0]}: Idle\n{self.agents[1]}: no answer: ")
        self.assertIn("nothing was begun", self.refused("exec", "run", "short", code=3))
        self.assertEqual(self.status(self.agents[0])["code"], "Idle")

    def test_a_run_begins_on_all_agents_or_on_none(self):
        started = urllib.request.Request(self.agents[1] + "/work/tpcc/run", json.dumps({**CONFIG, "duration": 0}).encode(),
                                         {"Content-Type": "application/json"})
        urllib.request.urlopen(started, timeout=30).close()
        said = self.refused("exec", "run", "short", code=2)
        self.assertIn(f"nothing was begun, as not all agents are idle\n{self.agents[1]}: Busy tpcc/run", said)
        self.assertNotIn("last_task", self.status(self.agents[0]))
        self.assay("runner", "cancel")

    def test_what_goes_on_is_cancelled(self):
        self.assertEqual(self.assay("exec", "run", "long").stdout, "Benchmark started\n")
        self.assertEqual({self.status(agent)["code"] for agent in self.agents}, {"Busy"})
        self.assertIn("Busy tpcc/run", self.assay("exec", "listpods", "long").stdout)
        # A busy agent takes nothing else, and goes on.
        self.assertIn(self.agents[0], self.assay("exec", "run", "short", code=None).stderr)
        self.assay("runner", "cancel")
        self.wait_for(lambda: all(self.status(agent)["code"] == "Idle" for agent in self.agents), "the end of the runs")

    def test_a_prepare_that_fails_is_no_success(self):
        # There is data of another scale: one agent is asked, and says so.
        said = self.assay("exec", "prepare", "short", "--wait", code=4)
        self.assertIn("other tpcc data", said.stderr)
        self.assertIn("last_task", self.status(self.agents[0]))
        self.assertNotIn("last_task", self.status(self.agents[1]))

    def test_check_and_cleanup_are_done_by_one_agent(self):
        self.assay("exec", "check", "short", "--wait")
        self.assay("exec", "cleanup", "short", "--wait")
        self.assertEqual(self.tables() & {"warehouse", "district"}, set())

    def test_what_exec_cannot_do_is_told(self):
        self.assertIn("which 'assay plan run' carries out", self.refused("exec", "run", "own"))
        self.assertIn("expected one of short, long, own", self.refused("exec", "run"))
        self.assertIn("no 'nobody' among its runners; expected one of two", self.refused("runner", "list", "nobody"))
        self.assertIn("--wait has no effect", self.refused("exec", "list", "--wait"))
        self.assertIn("there is no folder nosuch", self.refused("runner", "apply", "-w", "nosuch"))
        self.assertFalse((self.folder / "nosuch").exists())
        self.assertIn("--context has no effect", self.refused("runner", "list", "-c", "minikube"))


class SystemsTest(ProgramTest):

    def setUp(self):
        super().setUp()
        (self.folder / "main.yml").write_text(json.dumps({"systems": {"db": {"kind": "static", "url": self.url}}}))

    def test_a_static_system_is_asked_and_neither_made_nor_removed(self):
        self.assertIn("not ready", self.assay("systems", "status", code=3).stderr)
        self.assertIn("Resources: (0/1)\ndb: does not answer", self.assay("systems", "create").stdout)
        self.assertFalse(self.file.exists())
        self.prepare()
        self.assertIn("Resources: (1/1)\ndb: ready, SQLite", self.assay("systems", "list", "db").stdout)
        self.assertEqual(self.assay("systems", "status").stdout, "All systems are ready\n")
        self.assay("systems", "delete")
        self.assertTrue(self.file.exists())

    def test_a_plan_may_come_on_stdin(self):
        done = subprocess.run([PROGRAM, "systems", "list", "-m", "-"], input=(self.folder / "main.yml").read_text(), text=True, capture_output=True,
                              check=True, env=environment({}), cwd=self.folder)
        self.assertIn("Resources: (0/1)", done.stdout)


class StaticRunnerTest(ProgramTest):

    def test_static_agents_work_on_the_system_of_the_plan_whatever_they_were_started_with(self):
        other = self.folder / "other.db"
        addresses = self.agents(2, "--target", f"sqlite:{other}")
        self.plan(["db"], addresses)
        self.assay("exec", "prepare", "short", "--wait")
        self.assertIn("warehouse", self.tables())
        self.assertFalse(other.exists())
        self.assertEqual(len(json.loads(self.assay("exec", "run", "short", "--wait", "--allow-error").stdout)["Runners"]), 2)
        self.assay("exec", "cleanup", "short", "--wait")
        self.assertEqual(self.tables(), set())
        self.assertFalse(other.exists())
        self.plan(["db", "second", "third"], addresses)
        self.assertIn("2 agents for 3 systems", self.refused("exec", "prepare", "short"))

    def plan(self, systems, addresses):
        plan = {"systems": {name: {"kind": "static", "url": self.url if name == "db" else f"sqlite:{self.folder / name}.db"} for name in systems},
                "runners": {"there": {"kind": "static", "addresses": addresses, "systems": systems}},
                "benchmarks": {"short": {"runner": "there", "benchmark": "tpcc", "config": CONFIG}}}
        (self.folder / "main.yaml").write_text(json.dumps(plan))


if __name__ == "__main__":
    unittest.main()
