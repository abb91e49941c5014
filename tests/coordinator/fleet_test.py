"""Several agents carry out one run: the shares, the merged result, and agents or the coordinator that die, freeze or are cut off."""

import contextlib
import http.server
import json
import os
import pathlib
import re
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from program import FAST, PROGRAM, ProgramTest, environment, unittest  # noqa: E402

MEASURED, LOST = (0, 5), (4, 5)  # whether the machine let assay be in time is not what is tested here

NULL = "null:?latency=1ms&memory=true"


class FleetTest(ProgramTest):
    def run_with(self, addresses, *options, code=MEASURED, target=NULL, workload="kv"):
        self.result = self.folder / "result.json"
        return self.finish(self.begin(addresses, *options, target=target, workload=workload), code)

    def begin(self, addresses, *options, target=NULL, workload="kv", env=()):
        self.result = self.folder / "result.json"
        rows = ("--rows", "1000") if workload == "kv" else ()
        return self.start("run", workload, "--target", target, "--agents", ",".join(addresses), "--prepare", *rows,
                          "--result", self.result, *options, env=env)

    def document(self):
        return json.loads(self.result.read_text())

    def completed(self, document):
        """What was due in the measured time and was answered, some of it perhaps behind its end."""
        return sum(o["phases"][phase]["completed"] for g in document["groups"] for o in g["operations"] for phase in ("measure", "drain")
                   if phase in o["phases"])

    def wait_until_measuring(self, addresses):
        def measuring():
            for address in addresses:
                asked = urllib.request.Request(f"http://{address}/api/v1/tasks", headers={"Authorization": "Bearer geheim"})
                with urllib.request.urlopen(asked, timeout=5) as answer:
                    if not any(t["phase"] == "measure" for t in json.load(answer)["tasks"]):
                        return False
            return True
        self.wait_for(measuring, "all agents to measure", 30)

    def test_a_rate_and_a_count_are_shared_exactly(self):
        addresses = self.agents(3)
        self.run_with(addresses, "--rate", "700", "--count", "1000", "--clients", "7")
        document = self.document()
        self.assertEqual(self.completed(document), 1000)
        # 1000 over 3: 334, 333, 333; 7 clients: 3, 2, 2.
        self.assertEqual([a["completed"] for a in document["agents"]], [334, 333, 333])
        self.assertEqual(document["groups"][0]["clients"], 7)

    def test_the_merged_result_is_the_sum_of_those_of_the_agents(self):
        addresses = self.agents(3)
        self.run_with(addresses, "--rate", "600", "--duration", "3s", "--clients", "9")
        document = self.document()
        parts = []
        for i in range(3):
            files = list((self.folder / f"agent{i}" / "results").glob("*.json"))
            self.assertEqual(len(files), 1)
            parts.append(json.loads(files[0].read_text()))
        self.assertEqual(self.completed(document), sum(self.completed(p) for p in parts))
        self.assertEqual(self.completed(document), 1800)
        self.assertAlmostEqual(document["own_cost"]["cpu_seconds"], sum(p["own_cost"]["cpu_seconds"] for p in parts))
        intervals = sum(o.get("completed", 0) for g in document["groups"] for i in g["series"]["intervals"] for o in i["operations"])
        self.assertEqual(intervals, sum(o.get("completed", 0) for p in parts for g in p["groups"]
                                        for i in g["series"]["intervals"] for o in i["operations"]))
        # One instant: the agents are on one machine, so their own clocks agree.
        for agent in document["agents"]:
            self.assertLess(abs(agent["clock_offset_ns"]), 50e6 + agent["clock_error_ns"])
            self.assertGreaterEqual(agent["late_ns"], 0, "none begins before the instant agreed upon")
            self.assertLess(agent["late_ns"], 500e6)
        # One ID: of the run on the agents, and of its result.
        self.assertEqual({self.tasks(address)[0]["run"]["id"] for address in addresses}, {document["id"]})
        self.assertEqual([p["id"] for p in parts], [self.tasks(address)[0]["id"] for address in addresses])
        out = self.assay("report", self.result).stdout
        self.assertIn("Agents", out)
        for address in addresses:
            self.assertIn(address, out)

    def test_tpcc_is_prepared_in_shares_and_its_orders_are_counted_as_a_whole(self):
        addresses = self.agents(3)
        # No share of the warehouses or of the terminals is as large as another.
        self.run_with(addresses, *FAST, "--warehouses", "4", "--clients", "7", "--duration", "3s", "--check", target=self.url,
                      workload="tpcc")
        document = self.document()
        cross = next(r for r in document["requirements"] if r["name"] == "New-Orders in the target")
        self.assertEqual(cross["verdict"], "pass")
        orders = sum(int(p["completed"]) for p in next(o for o in document["groups"][0]["operations"] if o["name"] == "new_order")["phases"].values())
        gone = next(c for c in document["groups"][0]["counters"] if c["name"] == "rolled_back")["whole_run"]
        self.assertEqual(cross["actual"], f"{orders - gone} for {orders - gone} committed")
        self.assertEqual(next(f for f in document["figures"] if f["name"] == "terminals")["value"], 7)
        self.assertTrue(next(r for r in document["requirements"] if r["name"] == "terminals of a warehouse")["actual"].startswith("1.75"))
        nopm = next(f for f in document["figures"] if f["name"] == "nopm")["value"]
        by_name = {o["name"]: o for o in document["groups"][0]["operations"]}
        rolled_back = next(c for c in document["groups"][0]["counters"] if c["name"] == "rolled_back")["measured"]
        seconds = next(p["length_ns"] for p in document["phases"] if p["phase"] == "measure") / 1e9
        # The rolled back are of those that were due in the measured time, which are not quite those that completed in it.
        self.assertAlmostEqual(nopm, (by_name["new_order"]["phases"]["measure"]["completed"] - rolled_back) / seconds * 60,
                               delta=nopm / 500)
        self.assertEqual([c["state"] for c in document["checks"]], ["passed", "passed"])

    def test_data_that_is_there_is_dropped_once_before_the_shards_are_loaded(self):
        self.prepare("--warehouses", "2")
        addresses = self.agents(2)
        tpcc = (*FAST, "--terminals", "2", "--duration", "1s", "--check")
        self.run_with(addresses, *tpcc, "--warehouses", "4", "--drop-data", target=self.url, workload="tpcc")
        self.assertEqual(self.rows("select count(*) from warehouse")[0][0], 4)

    def test_agents_prepare_check_and_clean_up_in_shares_without_a_run(self):
        agents = ("--agents", ",".join(self.agents(2)))
        tpcc = ("tpcc", "--target", self.url, *agents)
        done = self.assay("prepare", *tpcc, "--warehouses", "4", "--scale-down", "10", "--verify")
        self.assertIn("2 agents prepared", done.stderr)
        self.assertIn("check after prepare: consistent", done.stderr)
        self.assertEqual(self.rows("select count(*) from warehouse")[0][0], 4)
        self.assertTrue(json.loads(self.assay("check", *tpcc, "--json").stdout)["consistent"])
        self.execute("update warehouse set w_ytd = w_ytd + 1 where w_id = 4")
        self.assertIn("NOT consistent", self.assay("check", *tpcc, code=6).stderr)
        self.assay("cleanup", *tpcc)
        self.assertNotIn("warehouse", self.tables())
        self.assertIn("--on-agent-loss has no effect in prepare", self.refused("prepare", *tpcc, "--on-agent-loss", "stop"))
        null = ("kv", "--target", "null:?memory=true", *agents)
        self.assertIn("in the process of each agent", self.refused("prepare", *null))
        self.assertIn("in the process of each", self.refused("check", *null))

    def test_the_progress_of_a_load_by_agents_is_shown_as_one(self):
        said = self.assay("prepare", "tpcc", "--target", self.url, "--agents", ",".join(self.agents(2)), "--warehouses", "2", "--parallel", "1")
        # 100,000 items, and of each warehouse half a million rows: to the end.
        self.assertIn("loading tpcc: 1.10M of 1.10M rows (100 %)", said.stderr)

    def test_an_agent_that_is_killed_while_it_prepares_ends_the_command(self):
        addresses = self.agents(2)
        self.prepare("--warehouses", "1")
        with contextlib.closing(sqlite3.connect(self.file, isolation_level=None)) as locked:  # so that prepare waits
            locked.execute("begin exclusive")
            run = self.start("run", "tpcc", "--target", self.url, "--agents", ",".join(addresses), "--prepare", *FAST, "--warehouses", "2",
                             "--drop-data", "--duration", "1s", "--operation-timeout", "1h")
            self.wait_for(lambda: any(t["verb"] == "cleanup" for t in self.tasks(addresses[0])), "the task")
            self.processes[0].kill()
            begun = time.monotonic()
            done = self.finish(run, 3)
        self.assertLess(time.monotonic() - begun, 60)
        self.assertIn(addresses[0], done.stderr)

    def test_an_agent_that_is_killed_is_an_event_and_the_rest_goes_on(self):
        addresses = self.agents(3)
        run = self.begin(addresses, "--rate", "300", "--duration", "10s", "--clients", "6")
        self.wait_until_measuring(addresses)
        time.sleep(2)
        self.processes[1].kill()
        done = self.finish(run, code=LOST)
        document = self.document()
        lost = [e for e in document["events"] if e["kind"] == "agent_lost"]
        self.assertTrue(any(addresses[1] in e["text"] for e in lost), document["events"])
        self.assertIn(f"the agent {addresses[1]} was lost", done.stdout)
        self.assertNotIn("tasks//", done.stdout)
        self.assertEqual([bool(a.get("lost")) for a in document["agents"]], [False, True, False])
        self.assertIn(f"\n  {addresses[1]}: lost: ", self.assay("report", self.result).stdout)
        told = json.loads(self.assay("report", self.result, "--format", "json").stdout)["agents"]
        self.assertEqual([a["rate"] is None for a in told], [False, False, False])
        self.assertEqual([a["cpu_cores"] is None for a in told], [False, True, False])
        # What it had told is there, in the whole and in its row: more than nothing, and less than a third.
        first, gone, third = (a["completed"] for a in document["agents"])
        self.assertAlmostEqual(first + third, 2000, delta=100)  # but what was answered behind the end
        self.assertGreater(gone, 50)
        self.assertLess(gone, 1000)
        measured = sum(o["phases"]["measure"]["completed"] for g in document["groups"] for o in g["operations"])
        self.assertEqual(first + gone + third, measured)
        end = max(p["start_ns"] + p["length_ns"] for p in document["phases"])
        for event in lost:
            self.assertGreater(event["length_ns"], 0)
            self.assertLessEqual(event["at_ns"] + event["length_ns"], end, "no event reaches beyond the run")

    def test_a_lost_agent_stops_the_run_when_asked_to(self):
        addresses = self.agents(2)
        run = self.begin(addresses, "--rate", "100", "--duration", "60s", "--clients", "2", "--on-agent-loss", "stop")
        self.wait_until_measuring(addresses)
        self.processes[0].kill()
        begin = time.monotonic()
        self.finish(run, code=LOST)
        self.assertLess(time.monotonic() - begin, 40)
        self.assertTrue(self.document()["partial"])

    def test_an_agent_that_freezes_is_lost_until_it_is_back(self):
        addresses = self.agents(2)
        run = self.begin(addresses, "--rate", "100", "--duration", "16s", "--clients", "2")
        self.wait_until_measuring(addresses)
        self.processes[1].send_signal(signal.SIGSTOP)
        time.sleep(8)
        self.processes[1].send_signal(signal.SIGCONT)
        self.finish(run, code=5)  # it stood still, and says so: its figures are not of the target
        document = self.document()
        lost = [e for e in document["events"] if e["kind"] == "agent_lost"]
        self.assertTrue(any(addresses[1] in e["text"] and e["length_ns"] > 5e9 for e in lost), document["events"])
        self.assertEqual([bool(a.get("lost")) for a in document["agents"]], [False, False])
        self.assertEqual(self.completed(document), 1600)

    def test_ctrl_c_stops_the_agents_and_keeps_what_was_measured(self):
        addresses = self.agents(2)
        run = self.begin(addresses, "--rate", "100", "--duration", "60s", "--clients", "2")
        self.wait_until_measuring(addresses)
        time.sleep(2)
        run.send_signal(signal.SIGINT)
        self.finish(run, code=130)
        document = self.document()
        self.assertTrue(document["partial"])
        self.assertGreater(self.completed(document), 100)
        for address in addresses:
            with urllib.request.urlopen(f"http://{address}/status", timeout=5) as answer:
                self.assertEqual(json.load(answer)["code"], "Idle")

    def page_of(self, run):
        """The address of a run with --ui, and its task."""
        address = re.search(r"ui: http://([0-9.:]+)/", self.wait_for_text(run, r"ui: http\S+\n"))[1]
        return address, self.ask(address, "/api/v1/tasks")["tasks"][0]["id"]

    def log_of(self, address, task):
        """What the log said so far."""
        asked = urllib.request.Request(f"http://{address}/api/v1/tasks/{task}/events")
        said, kind = [], ""
        with urllib.request.urlopen(asked, timeout=30) as stream:
            for line in stream:
                name, _, value = line.decode().strip().partition(": ")
                if name == "event":
                    kind = value
                if name == "data" and kind == "log":
                    said.append(json.loads(value)["text"])
                if name == "event" and value == "live":  # the past is told
                    return said
        return said

    def ask(self, address, path, body=None):
        asked = urllib.request.Request(f"http://{address}{path}", headers={"Content-Type": "application/json"},
                                       data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return json.load(answer)

    def test_a_change_is_shared_out_over_the_agents_at_one_instant(self):
        addresses = self.agents(3)
        run = self.begin(addresses, "--rate", "60", "--duration", "9s", "--clients", "6", "--ui")
        self.wait_until_measuring(addresses)
        page, task = self.page_of(run)
        self.ask(page, f"/api/v1/tasks/{task}/change", {"group": "kv", "rate": "100", "clients": 8, "at": "7s"})
        log = self.log_of(page, task)
        self.assertTrue(any("change asked, for 7s: kv: constant 60/s → constant 100/s, 6 → 8 clients" in text for text in log), log)
        self.finish(run)
        document = self.document()
        change = {"at_ns": 7_000_000_000, "length_ns": 0, "kind": "change", "text": "kv: constant 60/s → constant 100/s, 6 → 8 clients"}
        self.assertEqual([e for e in document["events"] if e["kind"] == "change"], [change], "one change of one run")
        # 420 operations and 200 more, each shared out over 3; of the clients 3, 3 and 2.
        self.assertEqual(self.completed(document), 620)
        self.assertEqual([a["completed"] for a in document["agents"]], [140 + 67, 140 + 67, 140 + 66])
        clients = [self.ask(a, "/api/v1/tasks")["tasks"][0]["groups"][0]["clients"] for a in addresses]
        self.assertEqual(clients, [3, 3, 2])

    def test_an_agent_that_does_not_answer_is_told_of_a_change_when_it_does_again(self):
        addresses = self.agents(2)
        run = self.begin(addresses, "--rate", "20", "--duration", "60s", "--clients", "2", "--ui")
        self.wait_until_measuring(addresses)
        page, task = self.page_of(run)
        self.processes[1].send_signal(signal.SIGSTOP)
        self.ask(page, f"/api/v1/tasks/{task}/change", {"group": "kv", "rate": "40"})
        def schedule(address):
            return self.ask(address, "/api/v1/tasks")["tasks"][0]["groups"][0]["schedule"]
        self.wait_for(lambda: schedule(addresses[0]) == "constant 40/s", "the agent that answers to be told", 30)
        time.sleep(1)  # the instant that was agreed upon, half a second ahead, is over
        self.processes[1].send_signal(signal.SIGCONT)
        self.wait_for(lambda: schedule(addresses[1]) == "constant 40/s", "the other one to be told", 30)
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=60)
        late = [e["text"] for e in self.document()["events"] if e["kind"] == "change"]
        self.assertEqual(late[0], "kv: constant 20/s → constant 40/s", late)
        # A busy machine may make the first one late, too.
        self.assertEqual(set(late[1:]) - {f"{addresses[0]}: {late[0]}"}, {f"{addresses[1]}: {late[0]}"})

    def test_abort_if_looks_at_the_whole(self):
        addresses = self.agents(2)
        begin = time.monotonic()
        done = self.run_with(addresses, "--rate", "200", "--duration", "60s", "--clients", "4", "--abort-if", "rate > 150/s", code=4)
        self.assertIn("aborted", done.stdout)
        self.assertLess(time.monotonic() - begin, 45)

    def test_agents_that_are_not_there_or_busy_are_named(self):
        addresses = self.agents(1)
        self.assertIn("127.0.0.1:1", self.refused("run", "kv", "--target", NULL, "--prepare", "--agents", f"{addresses[0]},127.0.0.1:1", code=3))
        self.assertIn("stands there twice", self.refused("run", "kv", "--target", NULL, "--agents", f"{addresses[0]},{addresses[0]}"))
        for other in (addresses[0].replace("127.0.0.1", "localhost"), addresses[0].replace("127.0.0.1", "127.1")):
            said = self.refused("run", "kv", "--target", NULL, "--prepare", "--agents", f"{addresses[0]},{other}")
            self.assertIn(f"agent {other}: it is the same agent as {addresses[0]}", said)
        self.assertEqual(self.tasks(addresses[0]), [], "nothing was started")
        self.assay("prepare", "kv", "--target", self.url, "--rows", "10")
        busy = self.begin(addresses, "--rate", "10", "--duration", "20s")
        self.wait_until_measuring(addresses)
        for verb in (("run",), ("run", "--prepare"), ("prepare",)):
            said = self.assay(verb[0], "kv", "--target", self.url, "--agents", addresses[0], *verb[1:], code=3).stderr
            self.assertIn(f"agent {addresses[0]}: run of kv is under way", said)
        self.interrupt(busy)
        self.finish(busy, (0, 4, 5, 130))
        self.assertIn("expected at least one for each",
                      self.refused("run", "kv", "--target", NULL, "--clients", "1", "--agents", f"{addresses[0]},127.0.0.1:1"))
        self.assertIn("HOST:PORT", self.refused("run", "kv", "--target", NULL, "--agents", "nowhere"))

    def test_a_page_is_of_this_machine_and_its_agents_are_addresses(self):
        self.assertIn("loopback", self.refused("run", "kv", "--target", NULL, "--prepare", "--rows", "10", "--ui", "0.0.0.0:0"))
        with socket.create_server(("127.0.0.1", 0)) as taken:
            begun = time.monotonic()
            self.assertIn("in use", self.refused("run", "kv", "--target", NULL, "--prepare", "--rows", "10",
                                                 "--ui", f"127.0.0.1:{taken.getsockname()[1]}", code=None))
            self.assertLess(time.monotonic() - begun, 40)  # it waited for a run that nobody begins: 60 s
        self.assertIn("loopback", self.refused("ui", "data", "--listen", "0.0.0.0:0"))
        self.assertIn("HOST:PORT", self.refused("ui", "data", "--agents", "nowhere"))
        self.assertIn("there is no folder nowhere/at/all", self.refused("ui", "nowhere/at/all"))
        self.assertIn("is no folder", self.refused("ui", os.path.abspath(__file__)))
        self.assertIn("no effect without --agents", self.refused("ui", "data", "--agent-ca", "ca.pem"))

    def test_a_run_is_taken_up_with_its_verdict_also_when_its_agents_have_done_other_tasks_since(self):
        addresses = self.agents(2)
        tpcc = ("--prepare", "--check", *FAST, "--warehouses", "2", "--terminals", "2", "--duration", "1s")
        self.assay("run", "tpcc", "--target", self.url, "--agents", ",".join(addresses), *tpcc, code=MEASURED)
        first = next((self.folder / "results").glob("*.json"))
        own, text = json.loads(first.read_text()), first.read_text()
        self.assay("exec", "results", "--agents", ",".join(addresses), code=MEASURED)
        self.assertEqual(first.read_text(), text)  # what the coordinator wrote itself stays
        again = json.loads(first.with_suffix(".taken-up.json").read_text())
        for part in ("requirements", "figures"):
            self.assertTrue(own[part])
            self.assertEqual(again[part], own[part])
        # Agents that began anew do not know what the whole came to: nothing of it is taken for good.
        for process in self.processes:
            process.terminate()
            process.wait()
        addresses = self.agents(2)
        said = self.assay("exec", "results", "--agents", ",".join(addresses), "--result", "late.json", code=(4, 5))
        self.assertIn("what the workload says of the whole could not be had", said.stdout)

    def test_changes_of_a_fleet_are_made_and_told_in_the_order_of_their_instants(self):
        addresses = self.agents(2)
        run = self.begin([*addresses], "--rate", "40", "--duration", "16s", "--clients", "2", "--ui")
        self.wait_until_measuring(addresses)
        page, task = self.page_of(run)
        for at, rate in (("14s", "10"), ("10s", "100"), ("12s", "20")):
            self.ask(page, f"/api/v1/tasks/{task}/change", {"group": "kv", "rate": rate, "at": at})
        self.finish(run, MEASURED)
        events = [(e["at_ns"] // 10**9, e["text"].split(" → ")[1]) for e in self.document()["events"] if e["kind"] == "change"]
        self.assertEqual(events, [(10, "constant 100/s"), (12, "constant 20/s"), (14, "constant 10/s")])
        self.assertEqual(self.completed(self.document()), 10 * 40 + 2 * 100 + 2 * 20 + 2 * 10)

    def test_64_agents_at_once(self):
        addresses = self.agents(64)
        self.run_with(addresses, "--rate", "640", "--duration", "5s", "--clients", "64")
        document = self.document()
        self.assertEqual(len(document["agents"]), 64)
        self.assertEqual(self.completed(document), 3200)

    def test_a_run_whose_coordinator_is_killed_is_taken_up_and_followed_to_its_end(self):
        addresses = self.agents(3)
        run = self.begin(addresses, "--rate", "300", "--duration", "10s", "--clients", "6", "--fail-if", "rate(get) > 1/s")
        self.wait_until_measuring(addresses)
        time.sleep(1)
        run.kill()
        run.wait()
        # In another order, and all that was asked for is still known: the condition too.
        done = self.assay("exec", "results", "--agents", ",".join(reversed(addresses)), "--result", "taken.json", code=LOST)
        document = json.loads((self.folder / "taken.json").read_text())
        self.assertEqual(self.completed(document), 3000)
        self.assertEqual([a["name"] for a in document["agents"]], addresses)
        for agent in document["agents"]:
            self.assertAlmostEqual(agent["completed"], 1000, delta=100)  # but what was answered behind the end
        self.assertEqual(document["groups"][0]["clients"], 6)
        self.assertEqual(document["targets"][0]["server"], "null")
        self.assertFalse(document["partial"])
        self.assertIn("rate(get) > 1/s", done.stdout)
        self.assertTrue(any("taken up by another coordinator" in w for w in document["warnings"]), document["warnings"])
        self.assertLess(max(a["late_ns"] for a in document["agents"]), 500e6)
        self.assertGreaterEqual(min(a["late_ns"] for a in document["agents"]), 0)
        self.assertEqual(document["id"], self.tasks(addresses[0])[0]["run"]["id"])
        # The same again: agents keep what they measured.
        self.assay("exec", "results", "--agents", ",".join(addresses), "--result", "again.json", code=LOST)
        again = json.loads((self.folder / "again.json").read_text())
        self.assertEqual(self.completed(again), 3000)
        self.assertEqual([o["phases"]["measure"]["response"] for o in again["groups"][0]["operations"]],
                         [o["phases"]["measure"]["response"] for o in document["groups"][0]["operations"]])

    def test_a_run_without_a_load_says_how_far_each_agent_came(self):
        addresses = self.agents(2)
        agents = ",".join(addresses)
        self.assertIn("none of the agents has a run that a coordinator began", self.refused("exec", "results", "--agents", agents))
        ids = [self.post(address, "", {
            "workload": "kv", "verb": "run", "target": "null:", "options": {"rows": "10", "clients": "1", "duration": "5s"}, "hold": True,
            "shard": f"{shard}/2", "sharded": True,
            "run": {"id": "abandoned", "agents": 2, "options": {"target": "null:", "clients": "2"}}})["id"]
            for shard, address in enumerate(addresses)]
        for address, task in zip(addresses, ids):
            self.post(address, f"/{task}/stop", {})
        said = self.assay("exec", "results", "--agents", agents, code=3).stderr
        self.assertIn("the run abandoned ended before its load", said)
        for address in addresses:
            self.assertRegex(said, f"agent {address}: (stopped before|the collection .* was not prepared)")

    def test_a_run_whose_agents_are_not_all_ready_is_not_begun_by_who_takes_it_up(self):
        addresses = self.agents(2)
        self.assay("prepare", "kv", "--target", self.url, "--rows", "10")
        for shard, address in enumerate(addresses):
            self.post(address, "", {
                "workload": "kv", "verb": "run", "target": self.url, "options": {"rows": "10", "clients": "1", "duration": "1s"},
                "hold": True, "shard": f"{shard}/2", "sharded": True,
                "run": {"id": "left", "agents": 2, "options": {"target": self.url, "clients": "2"}}})
        for address in addresses:
            self.wait_for(lambda address=address: self.tasks(address)[0]["state"] == "ready", "the agents to be ready")

        class Opening(http.server.BaseHTTPRequestHandler):
            """The second agent, as it was while it opened its sessions: too short a time to be met by chance."""

            def do_GET(self):
                with urllib.request.urlopen(f"http://{addresses[1]}{self.path}", timeout=10) as answer:
                    text = answer.read().replace(b'"state":"ready"', b'"state":"running"')
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Opening)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        early = ",".join([addresses[0], f"127.0.0.1:{server.server_address[1]}"])
        self.assertIn("the run left has not come to its load yet; ask again", self.assay("exec", "results", "--agents", early, code=3).stderr)
        for address in addresses:
            self.assertEqual(self.tasks(address)[0]["state"], "ready")  # nobody was told to begin
        self.assay("exec", "results", "--agents", ",".join(addresses), "--result", "left.json", code=MEASURED)

    def post(self, address, path, body):
        asked = urllib.request.Request(f"http://{address}/api/v1/tasks{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return json.load(answer)

    def test_a_run_that_ended_while_nobody_looked_is_collected_by_its_name_and_a_dead_agent_is_lost(self):
        addresses = self.agents(2)
        runs = []
        for _ in range(2):
            run = self.begin(addresses, "--rate", "200", "--duration", "2s", "--clients", "2")
            self.wait_until_measuring(addresses)
            run.kill()
            run.wait()
            for address in addresses:
                self.wait_for(lambda address=address: self.tasks(address)[0]["state"] == "done", "the agents to end")
            runs.append(self.tasks(addresses[0])[0]["run"]["id"])
        self.assertNotEqual(*runs)
        self.assay("exec", "results", "--agents", ",".join(addresses), "--run", runs[0], "--result", "first.json", code=MEASURED)
        document = json.loads((self.folder / "first.json").read_text())
        self.assertEqual(self.completed(document), 400)
        self.assertTrue(document["requirements"])  # agents still have what an earlier run was
        self.assertIn("has no part in the run nothing", self.refused("exec", "results", "--agents", ",".join(addresses), "--run", "nothing"))
        self.assertIn("no agent here has shard 1", self.refused("exec", "results", "--agents", addresses[0]))
        self.processes[1].kill()
        self.processes[1].wait()
        done = self.assay("exec", "results", "--agents", ",".join(addresses), "--result", "last.json", code=LOST)
        self.assertIn(f"the agent {addresses[1]} was lost", done.stdout)
        self.assertEqual(self.completed(json.loads((self.folder / "last.json").read_text())), 200)
        self.assertNotIn("since then", (self.folder / "last.json").read_text())
        self.post(addresses[0], "", {"workload": "kv", "verb": "cleanup", "target": self.url})
        self.assay("exec", "results", "--agents", ",".join(addresses), "--result", "since.json", code=LOST)
        self.assertIn("since then they were asked for cleanup of kv (", (self.folder / "since.json").read_text())
        self.processes[0].kill()
        self.processes[0].wait()
        self.assertIn(addresses[0], self.refused("exec", "results", "--agents", ",".join(addresses), code=3))

    def test_agents_of_this_machine_are_started_for_the_run_and_stopped_behind_it(self):
        run = self.begin(["3"], "--rate", "300", "--duration", "6s", "--clients", "6", env={"TMPDIR": str(self.folder)})
        started = self.wait_for(lambda: self.children(run.pid) if len(self.children(run.pid)) == 3 else None, "three agents")
        self.assertEqual(len(list(self.folder.glob("assay-agents-*"))), 1)
        done = self.finish(run, MEASURED)
        document = self.document()
        self.assertEqual(self.completed(document), 1800)
        self.assertEqual(len(document["agents"]), 3)
        self.assertIn("Agents", done.stdout)
        self.assertEqual([pid for pid in started if self.lives(pid)], [])
        self.assertEqual(list(self.folder.glob("assay-agents-*")), [])

    def test_agents_of_this_machine_can_be_asked_when_the_command_that_started_them_was_killed(self):
        run = self.begin(["2"], "--rate", "200", "--duration", "5s", "--clients", "2", env={"TMPDIR": str(self.folder)})
        started = self.wait_for(lambda: self.children(run.pid) if len(self.children(run.pid)) == 2 else None, "two agents")
        self.wait_for_text(run, r" 1 s +measure")
        run.kill()
        run.wait()
        folder = next(self.folder.glob("assay-agents-*"))
        self.assertEqual(folder.stat().st_mode & 0o777, 0o700)  # the token is in it
        self.assay("exec", "results", "--agents", folder, "--result", "taken.json", code=MEASURED)
        self.assertEqual(self.completed(json.loads((self.folder / "taken.json").read_text())), 1000)
        self.assertEqual([pid for pid in started if self.lives(pid)], [])
        self.assertFalse(folder.exists())
        self.assertIn("no folder of agents", self.refused("exec", "results", "--agents", folder))
        self.assertTrue(self.folder.exists())

    def test_an_agent_goes_when_who_it_works_for_is_gone_but_not_before_its_task_has_ended(self):
        boss = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(boss.wait)
        self.addCleanup(boss.kill)
        address = self.agents(1, "--coordinator", str(boss.pid), "--linger", "2s", env={"ASSAY_TOKEN": "geheim"})[0]
        self.start("run", "kv", "--target", NULL, "--prepare", "--rows", "10", "--agents", address, "--rate", "10", "--duration", "6s",
                   env={"ASSAY_TOKEN": "geheim"})
        self.wait_until_measuring([address])
        boss.kill()
        boss.wait()
        time.sleep(3)
        self.assertIsNone(self.processes[0].poll())  # the task goes on
        self.assertEqual(self.processes[0].wait(timeout=60), 0)
        self.assertEqual(json.loads(next((self.folder / "agent0" / "tasks").glob("*.json")).read_text())["state"], "done")
        self.assertIn("--linger has no effect without --coordinator", self.refused("agent", "--linger", "1s"))

    def test_an_agent_of_this_machine_that_dies_is_lost_and_its_log_stays(self):
        run = self.begin(["2"], "--rate", "100", "--duration", "10s", "--clients", "2", env={"TMPDIR": str(self.folder)})
        started = self.wait_for(lambda: self.children(run.pid) if len(self.children(run.pid)) == 2 else None, "two agents")
        self.wait_for_text(run, r" 1 s +measure")
        os.kill(started[1], signal.SIGKILL)
        done = self.finish(run, LOST)
        self.assertEqual(sum(bool(a.get("lost")) for a in self.document()["agents"]), 1)
        kept = list(self.folder.glob("assay-agents-*/.assay/run/agent-*/log"))
        self.assertEqual(len(kept), 2)
        self.assertIn(str(kept[0].parents[3]), done.stderr)
        self.assertFalse(self.lives(started[0]))

    def test_numbers_of_agents_that_cannot_be_are_refused(self):
        for options, answer in ((("--agents", "0"), "expected 1 to 256"), (("--agents", "-1"), "expected 1 to 256"), (("--agents", "100000"), "expected 1 to 256"), (("--agents", "300"), "expected 1 to 256"),
                                (("--agents", "2", "--agent-ca", "x"), "no effect on agents that are started for the run"), (("--agents", ""), "is empty"),
                                (("--agents", "127.0.0.1:1", "--agent-ca", "/etc/hostname"), "/etc/hostname has no certificate"),
                                (("--agents", "127.0.0.1:1", "--agent-ca", "nowhere.pem"), "nowhere.pem cannot be read")):
            self.assertIn(answer, self.refused("run", "kv", "--target", NULL, *options))

    def lives(self, pid):
        try:
            return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        except OSError:
            return False

    def children(self, pid):
        """The agents that it started."""
        return [int(p) for p in subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()]

    def tasks(self, address):
        with urllib.request.urlopen(f"http://{address}/api/v1/tasks", timeout=5) as answer:
            return json.load(answer)["tasks"]

    @unittest.skipUnless(os.geteuid() == 0, "network namespaces need root")
    def test_an_agent_that_is_cut_off_is_lost(self):
        part = secrets.token_hex(4)  # a test that begins anew does not meet what the kernel has not removed yet
        name, ours, theirs = f"assay{part}", f"as{part}a", f"as{part}b"
        def ip(*words):
            subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
        try:
            ip("netns", "add", name)
        except (OSError, subprocess.CalledProcessError) as error:
            self.skipTest(f"no network namespaces here: {error}")
        self.addCleanup(subprocess.run, ["ip", "netns", "del", name], capture_output=True)
        ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name)
        self.addCleanup(subprocess.run, ["ip", "link", "del", ours], capture_output=True)
        ip("addr", "add", "10.213.7.1/30", "dev", ours)
        ip("link", "set", ours, "up")
        ip("-n", name, "addr", "add", "10.213.7.2/30", "dev", theirs)
        ip("-n", name, "link", "set", theirs, "up")
        ip("-n", name, "link", "set", "lo", "up")
        token = {"ASSAY_TOKEN": "geheim"}  # beyond loopback an agent asks for one
        near = self.agents(1, env=token)
        far = subprocess.Popen(["ip", "netns", "exec", name, PROGRAM, "agent", "--listen", "10.213.7.2:0", "--data", "far"],
                               cwd=self.folder, env=environment(token), text=True, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.addCleanup(self.discard, far)
        addresses = [*near, re.search(r"http://([0-9.:]+)", far.stderr.readline())[1]]
        run = self.begin(addresses, "--rate", "100", "--duration", "12s", "--clients", "2", env=token)
        self.wait_until_measuring(addresses)
        ip("link", "set", ours, "down")
        self.finish(run, code=LOST)
        document = self.document()
        self.assertEqual([bool(a.get("lost")) for a in document["agents"]], [False, True])
        self.assertTrue(any(e["kind"] == "agent_lost" and addresses[1] in e["text"] for e in document["events"]))


if __name__ == "__main__":
    unittest.main()
