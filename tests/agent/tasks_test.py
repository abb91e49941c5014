"""Tasks of an agent by its own API: started, followed, changed, stopped, and their results."""

import concurrent.futures
import contextlib
import json
import sqlite3
import time

from agents import KV, NULL, AgentTest, main, measured, unix_ns


class TasksTest(AgentTest):

    def test_a_run_is_carried_out_and_its_result_is_a_result(self):
        agent = self.agent()
        task = self.run_kv(agent, "1s")
        self.assertIn(task["state"], ("waiting", "running"))
        ended = self.ended(agent, task)
        self.assertEqual((ended["verb"], ended["workload"], ended["target"], ended["shard"]), ("run", "kv", NULL, "0/1"))
        self.assertEqual(ended["options"], {**KV, "duration": "1s", "target": NULL})
        self.assertTrue(ended["has_result"])
        self.assertNotIn("live", ended)
        self.assertIn(ended["verdict"], ("pass", "invalid"))  # invalid on a machine that has no time for it
        self.assertEqual([g["clients"] for g in ended["groups"]], [2])
        self.assertLessEqual(int(ended["accepted_unix_ns"]), int(ended["started_unix_ns"]))
        self.assertLess(int(ended["started_unix_ns"]) + 1e9, int(ended["ended_unix_ns"]))
        answer = agent.get(f"/api/v1/tasks/{task['id']}/result.json")
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        (self.folder / "fetched.json").write_bytes(answer.body)
        numbers = self.report("fetched.json")  # its histograms are encoded, and can be read
        counted = {o["name"]: o["phases"]["measure"]["completed"] for o in answer.json["groups"][0]["operations"]}
        self.assertEqual(set(numbers["by_name"]) - {"all"}, set(counted))
        for name, count in counted.items():  # those that were due while it measured may end behind it
            self.assertAlmostEqual(numbers["by_name"][name]["count"], count, delta=2)
        self.assertGreater(numbers["by_name"]["get"]["count"], 0)
        self.assertEqual(answer.json, self.result(agent, task))
        page = agent.get(f"/api/v1/tasks/{task['id']}/report.html")
        self.assertEqual((page.status, page.type), (200, "text/html"))
        self.assertIn(b"</html>", page.body)

    def test_every_verb_is_a_task_on_a_real_database(self):
        agent = self.agent("--target", self.url)
        options = {"rows": "500"}
        self.ended(agent, self.task(agent, "prepare", target="", options=options))
        self.assertEqual(self.tables() - {"assay_meta"}, {"assay_kv"})
        self.assertTrue(self.file.exists())
        found = self.ended(agent, self.task(agent, "check", target="", options=options))
        self.assertEqual(found["check"]["findings"], [])
        self.assertEqual(found["exit_code"], 0)
        run = self.ended(agent, self.task(agent, "run", target="", options={**options, "duration": "500ms"}))
        self.assertTrue(run["has_result"])
        self.ended(agent, self.task(agent, "cleanup", target=""))
        self.assertEqual(self.tables(), set())
        verbs = [task["verb"] for task in agent.get("/api/v1/tasks").json["tasks"]]
        self.assertEqual(verbs, ["cleanup", "run", "check", "prepare"], "newest first")

    def test_a_start_may_wait_for_the_end_and_knows_its_query(self):
        agent = self.agent()
        run = {"verb": "run", "workload": "kv", "target": "null:?memory=true", "options": {"duration": "300ms", "prepare": "true"}}
        for query, why in (("wait=soon", "'soon'"), ("wiat=1s", "no 'wiat' in the query")):
            self.refused(agent.post(f"/api/v1/tasks?{query}", run), 400, why)
        self.assertEqual(agent.get("/api/v1/tasks").json, {"tasks": []})
        done = agent.post("/api/v1/tasks?wait=30s", run)
        self.assertEqual((done.status, done.json["state"]), (201, "done"))
        stop = f"/api/v1/tasks/{done.json['id']}/stop"
        self.refused(agent.post(f"{stop}?now=1"), 400, "expected none")
        self.assertEqual(agent.post(stop).status, 200, "it is over already")

    def test_a_failed_task_is_failed_and_says_why(self):
        agent = self.agent()
        task = self.ended(agent, self.task(agent, "run", target=self.url, options={"duration": "1s"}), "failed")
        self.assertIn("bench.db", task["error"])
        self.assertNotEqual(task["exit_code"], 0)
        self.assertFalse(task["has_result"])
        self.refused(agent.get(f"/api/v1/tasks/{task['id']}/result"), 404)
        self.refused(agent.get(f"/api/v1/tasks/{task['id']}/report.html"), 404)
        log = [data for _, kind, data in agent.events(task["id"]) if kind in ("log", "end")]
        self.assertEqual(log[-1]["state"], "failed")

    def test_data_that_is_not_consistent_fails_the_check(self):
        agent = self.agent("--target", self.url)
        self.ended(agent, self.task(agent, "prepare", "tpcc", "", {"scale-down": "100"}))
        self.execute("update district set d_next_o_id = d_next_o_id + 5 where d_id = 1")
        task = self.ended(agent, self.task(agent, "check", "tpcc", ""), "failed")
        self.assertEqual(task["exit_code"], 6)
        self.assertTrue(task["check"]["findings"])
        self.assertIn("not consistent", task["error"])

    def test_a_full_disk_loses_no_result_and_nothing_else_is_begun(self):
        with self.small_disk(200) as disk:
            agent = self.agent(data=disk / "data")
            task = self.run_kv(agent, "2s")
            self.measuring(agent, task)
            with contextlib.suppress(OSError), open(disk / "somebody's", "wb", buffering=0) as file:
                while file.write(b"x" * 1024):
                    pass
            ended = self.ended(agent, task, "failed")
            self.assertEqual((ended["exit_code"], ended["has_result"]), (7, True))
            self.assertIn("No space left on device", ended["error"])
            result = self.result(agent, ended)
            self.assertNotIn("saved right after the load", json.dumps(result["verdict"]))
            self.assertGreater(sum(measured(result).values()), 0)
            self.assertEqual(agent.get(f"/api/v1/tasks/{task['id']}/report.html").status, 200)
            said = self.refused(agent.post("/api/v1/tasks", {"verb": "run", "workload": "kv", "target": NULL, "options": dict(KV)}), 500)
            self.assertIn("nothing was begun", said)
            self.assertEqual(len(agent.get("/api/v1/tasks").json["tasks"]), 1)
            (disk / "somebody's").unlink()
            self.ended(agent, self.run_kv(agent, "100ms"))
            agent.process.terminate()
            agent.process.wait(timeout=60)

    def test_mistakes_are_told_all_at_once_and_start_nothing(self):
        agent = self.agent()
        def post(body, status=400, *texts):
            return self.refused(agent.post("/api/v1/tasks", body), status, *texts)
        said = post({"verb": "run", "workload": "kv", "target": "null:", "shard": "9/3", "hold": 1, "surprise": True,
                     "options": {"duration": "soon", "cients": "2", "rows": [], "rate": "fast"}})
        for mistake in ("hold is 1", "surprise", "duration", "'cients'; did you mean 'clients'", "rows", "'9/3'", "rate"):
            self.assertIn(mistake, said)
        self.assertGreaterEqual(len(said.splitlines()), 7, said)
        post({"verb": "rn", "workload": "kvx"}, 400, "the verb is 'rn'", "kvx")
        post({"verb": "run"}, 400, "workload")
        post({"verb": "run", "workload": "kv", "target": "nil:"}, 400, "nil")
        post({"verb": "run", "workload": "kv", "target": "null:", "options": {"warehouses": "1"}}, 400, "warehouses")
        post({"verb": "prepare", "workload": "kv", "target": "null:", "hold": True}, 400, "only a run")
        post({"verb": "run", "workload": "kv", "target": "null:", "start_at_unix_ns": "soon"}, 400, "nanoseconds")
        post({"verb": "run", "workload": "kv"}, 400, "target")
        post("[1]", 415)
        for text, why in (("{", "no JSON"), ("[1]", "object"), ('{"verb": "run", "options": {"rows": "1", "rows": "2"}}', "the name 'rows' twice"), ('{"verb": "\xff"}'.encode("latin-1"), "no JSON")):
            self.refused(agent.post("/api/v1/tasks", text, headers={"Content-Type": "application/json"}), 400, why)
        self.assertEqual(agent.get("/api/v1/tasks").json, {"tasks": []})

    def test_paths_and_methods_that_are_none_are_refused(self):
        agent = self.agent()
        self.refused(agent.get("/api/v1/tasks/none"), 404, "none")
        for verb in ("start", "stop", "change", "conclude"):
            self.refused(agent.post(f"/api/v1/tasks/none/{verb}", {}), 404)
        for part in ("result", "result.json", "report.html", "events", "intervals"):
            self.refused(agent.get(f"/api/v1/tasks/none/{part}"), 404)
        self.refused(agent.get("/api/v2/tasks"), 404)
        answer = agent.ask("DELETE", "/api/v1/tasks")
        self.refused(answer, 405)
        self.assertEqual(set(answer.headers["Allow"].split(", ")), {"GET", "HEAD", "POST"})

    def test_while_a_task_is_under_way_another_is_refused_and_changes_nothing(self):
        agent = self.agent()
        first = self.run_kv(agent)
        self.measuring(agent, first)
        for _ in range(3):
            said = self.refused(agent.post("/api/v1/tasks", {"workload": "tpcc", "target": self.url}), 409, "under way")
            self.assertIn(first["id"], said)
        self.assertEqual([t["id"] for t in agent.get("/api/v1/tasks").json["tasks"]], [first["id"]])
        self.stop(agent, first)
        result = self.result(agent, first)
        self.assertEqual((result["workload"]["name"], result["partial"]), ("kv", True))
        self.assertFalse(self.file.exists())

    def test_of_many_who_start_at_once_one_wins(self):
        agent = self.agent()
        agent.get("/api/v1/time")
        body = {"workload": "kv", "target": NULL, "options": {**KV, "duration": "1h"}}
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: agent.post("/api/v1/tasks", body), range(16)))
        self.assertEqual(sorted(a.status for a in answers), [201] + [409] * 15)
        self.assertEqual(len(agent.get("/api/v1/tasks").json["tasks"]), 1)

    def test_the_same_idempotency_key_is_the_same_task(self):
        agent = self.agent()
        body = {"workload": "kv", "target": NULL, "options": {**KV, "duration": "1h"}}
        key = {"Idempotency-Key": "a1"}
        first, again = agent.post("/api/v1/tasks", body, headers=key), agent.post("/api/v1/tasks", body, headers=key)
        self.assertEqual((first.status, again.status), (201, 200))
        self.assertEqual(first.json["id"], again.json["id"])
        self.refused(agent.post("/api/v1/tasks", body, headers={"Idempotency-Key": "a2"}), 409)
        self.stop(agent, first.json)
        self.assertEqual(agent.post("/api/v1/tasks", body, headers=key).json["state"], "stopped")
        other = agent.post("/api/v1/tasks", body, headers={"Idempotency-Key": "a2"})
        self.assertEqual(other.status, 201)
        self.assertNotEqual(other.json["id"], first.json["id"])

    def test_an_idempotency_key_with_another_request_is_refused_and_changes_nothing(self):
        agent = self.agent("--target", NULL)
        config = {**KV, "duration": "200ms"}
        for path, first, other in (("/work/kv/run", config, {**config, "duration": "300ms"}), ("/work/kv/cleanup", None, {"operation-timeout": "5s"}),
                                   ("/api/v1/tasks", {"workload": "kv", "options": config}, {"workload": "kv", "options": {**config, "clients": "1"}})):
            key = {"Idempotency-Key": f"key of {path} {first}"}
            started = agent.post(path, first, headers=key)
            self.assertIn(started.status, (200, 201), started.body)
            self.refused(agent.post(path, other, headers=key), 422, key["Idempotency-Key"])
            self.refused(agent.post("/work/kv/prepare", first, headers=key), 422)
            # The same, written in another way.
            text = json.dumps({k: v for k, v in reversed(first.items())}, indent=3) if first else "{}"
            again = agent.post(path, text, headers={**key, "Content-Type": "application/json"})
            self.assertEqual((again.status, again.json["id"]), (200, started.json["id"]), again.body)
            self.idle(agent)
            self.refused(agent.post(path, other, headers=key), 422)
        self.assertEqual(len(agent.get("/api/v1/tasks").json["tasks"]), 3)
        task = self.run_kv(agent, options={"rate": "20"})
        self.measuring(agent, task)
        path, key = f"/api/v1/tasks/{task['id']}/change", {"Idempotency-Key": "c"}
        for _ in range(2):
            self.assertEqual(agent.post(path, {"group": "kv", "rate": "30"}, headers=key).status, 200)
        self.refused(agent.post(path, {"group": "kv", "rate": "40"}, headers=key), 422)
        self.terminate(agent)
        agent = self.agent("--target", NULL)
        self.refused(agent.post("/work/kv/cleanup", {"operation-timeout": "5s"}, headers={"Idempotency-Key": "key of /work/kv/cleanup None"}), 422)
        # Nothing is kept by which one password could be told from another.
        body = {"workload": "kv", "verb": "check", "target": "postgres://u:one@127.0.0.1:1/d"}
        first = agent.post("/api/v1/tasks", body, headers={"Idempotency-Key": "p"})
        again = agent.post("/api/v1/tasks", {**body, "target": "postgres://u:two@127.0.0.1:1/d"}, headers={"Idempotency-Key": "p"})
        self.assertEqual((first.status, again.status, again.json["id"]), (201, 200, first.json["id"]))
        self.ended(agent, first.json, "failed")

    def test_queries_and_instants_that_mean_nothing_are_refused(self):
        agent = self.agent()
        task = self.run_kv(agent, "20s", options={"rate": "20"})
        self.measuring(agent, task)
        path = f"/api/v1/tasks/{task['id']}"
        for query, texts in (("?wait=abc", ("wait", "'abc'")), ("?wait=", ("wait", "''")), ("?wait=-1s", ("wait", "'-1s'")), ("?wiat=1s", ("'wiat'", "wait")),
                             ("/intervals?since=-1", ("since is '-1'", "from 0")), ("/intervals?since=1x", ("since is '1x'",)),
                             ("/intervals?since=99999999999999999999", ("since",)), ("/intervals?from=1", ("'from'", "since"))):
            self.refused(agent.get(path + query), 400, *texts)
        self.refused(agent.get(path + "/events", headers={"Last-Event-ID": "last"}), 400, "Last-Event-ID is 'last'")
        self.refused(agent.post("/api/v1/describe?groups=perhaps", {"workload": "kv", "target": NULL}), 400, "groups is 'perhaps'", "true or false")
        for change, texts in (({"at": "30s"}, ("at is 30s", "20s")), ({"at": "20s"}, ("at is 20s",)), ({"at": ""}, ('at is ""', "12.5s")), ({"at": "-1s"}, ("at: '-1s'",)),
                              ({"rate": ""}, ('rate is ""',)), ({"think_time": ""}, ('think_time is ""',))):
            self.refused(agent.post(path + "/change", {"group": "kv", "rate": "30", **change}), 400, *texts)
        self.assertEqual(agent.get(path).json["groups"][0]["schedule"], "constant 20/s")
        self.stop(agent, task)
        def at(value):
            return agent.post("/api/v1/tasks", {"workload": "kv", "target": NULL, "options": {**KV, "duration": "100ms"}, "start_at_unix_ns": value})
        seconds, far = unix_ns()[:10], unix_ns(400 * 86400)
        for wrong in (seconds, unix_ns()[:13], unix_ns(-7200), far, " " + unix_ns(), "-5", "1e18", "", "9" * 30):
            self.refused(at(wrong), 400, "start_at_unix_ns is", "nanoseconds since 1970")
        self.assertIn("1970-01-01", at(seconds).error)
        for wrong in ("soon", "2026-11-22T16:30:00", "2026-11-22T16:30:00+01:00", "1999-01-01T00:00:00Z"):
            self.refused(agent.post("/api/v1/tasks", {"workload": "kv", "target": NULL, "start_at": wrong}), 400, f"start_at is '{wrong}'", "Z'" if "1999" in wrong else "Z, in UTC")
        held = self.run_kv(agent, "100ms", hold=True)
        self.wait_for(lambda: agent.get(f"/api/v1/tasks/{held['id']}").json["state"] == "ready", "the run to be ready")
        for wrong in (seconds, "", far):
            self.refused(agent.post(f"/api/v1/tasks/{held['id']}/start", {"at_unix_ns": wrong}), 400, "at_unix_ns is")
        self.assertEqual(agent.get(f"/api/v1/tasks/{held['id']}").json["state"], "ready")
        agent.post(f"/api/v1/tasks/{held['id']}/start", {})
        self.ended(agent, held)

    def test_the_id_of_a_run_is_that_of_its_result(self):
        agent = self.agent()
        task = self.ended(agent, self.run_kv(agent, "100ms"))
        self.assertEqual(self.result(agent, task)["id"], task["id"])

    def test_waiting_ends_with_the_task_or_with_the_time(self):
        agent = self.agent()
        task = self.run_kv(agent)
        path = f"/api/v1/tasks/{task['id']}?wait="
        self.assertIn(agent.get(path + "100ms").json["state"], ("waiting", "running"))
        self.refused(agent.get(path + "long"), 400, "long")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(agent.get, path + "60s")
            agent.post(f"/api/v1/tasks/{task['id']}/stop")
            self.assertEqual(waiting.result().json["state"], "stopped")

    def test_prepare_and_cleanup_can_be_stopped(self):
        agent = self.agent()
        load = {"warehouses": "500"}  # minutes of it
        task = self.task(agent, "prepare", "tpcc", self.url, load)
        self.wait_for(lambda: any(kind == "progress" for _, kind, _ in self.first_events(agent, task)), "progress")
        task = self.stop(agent, task)
        self.assertEqual((task["exit_code"], task["has_result"]), (130, False))
        held = self.locked()
        task = self.task(agent, "cleanup", "tpcc", self.url + "?busy-timeout=1h", {"operation-timeout": "1h"})
        self.wait_for(lambda: agent.get(f"/api/v1/tasks/{task['id']}").json["phase"] == "cleanup", "the cleanup to begin")
        self.stop(agent, task)
        held.rollback()
        self.ended(agent, self.task(agent, "cleanup", "tpcc", self.url))
        self.assertEqual(self.tables(), set())

    def first_events(self, agent, task):
        for event in agent.events(task["id"]):
            yield event
            if event[1] in ("progress", "end"):
                return

    def locked(self):
        database = sqlite3.connect(self.file, timeout=30, isolation_level=None)
        self.addCleanup(database.close)
        database.execute("begin exclusive")
        return database

    def test_a_held_run_begins_when_it_is_told_to(self):
        agent = self.agent()
        task = self.run_kv(agent, "200ms", hold=True)
        path = f"/api/v1/tasks/{task['id']}"
        self.wait_for(lambda: agent.get(path).json["state"] == "ready", "the run to be ready")
        self.refused(agent.post(path + "/start", {"at": "now"}), 400, "at")
        at = unix_ns(0.5)
        self.assertIn(agent.post(path + "/start", {"at_unix_ns": at}).json["state"], ("ready", "running"))
        self.refused(agent.post(path + "/start", {}), 400, "does not wait")
        ended = self.ended(agent, task)
        self.assertGreater(int(ended["ended_unix_ns"]), int(at) + 200_000_000)
        self.refused(agent.post(path + "/start", {}), 400)
        second = (int(unix_ns()) // 1_000_000_000 + 2)
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
        ended = self.ended(agent, self.run_kv(agent, "200ms", start_at=at))
        self.assertEqual(ended["start_at"], at)
        self.assertGreater(int(ended["ended_unix_ns"]), second * 1_000_000_000 + 200_000_000)

    def test_a_held_run_can_be_stopped_before_it_begins(self):
        agent = self.agent()
        task = self.run_kv(agent, hold=True)
        self.wait_for(lambda: agent.get(f"/api/v1/tasks/{task['id']}").json["state"] == "ready", "the run to be ready")
        self.assertFalse(self.stop(agent, task)["has_result"])
        far = self.run_kv(agent, start_at_unix_ns=unix_ns(3600))
        self.stop(agent, far)

    def test_a_run_begins_at_the_instant_that_it_was_given(self):
        agent = self.agent()
        at = unix_ns(1)
        ended = self.ended(agent, self.run_kv(agent, "200ms", start_at_unix_ns=at))
        self.assertGreater(int(ended["ended_unix_ns"]), int(at) + 200_000_000)

    def test_rate_and_clients_are_changed_while_it_runs(self):
        agent = self.agent()
        task = self.run_kv(agent, options={"clients": "4", "rate": "20"})
        path = f"/api/v1/tasks/{task['id']}/change"
        group = self.measuring(agent, task)["groups"][0]["name"]
        for change, why in (({"group": "nobody", "rate": "5"}, group), ({"group": group}, "changes nothing"),
                            ({"group": group, "clients": -1}, "clients"), ({"group": group, "clients": 1.5}, "clients"),
                            ({"group": group, "rate": "fast"}, "fast"), ({"group": group, "pace": "5"}, "pace"),
                            ({"group": group, "clients": 3, "arrival": "poisson"}, "arrival"),
                            ({"group": group, "remove": "yes", "clients": "x"}, "clients is")):
            self.refused(agent.post(path, change), 400, why)
        self.assertEqual(agent.post(path, {"group": group, "rate": "300", "clients": 8}).json, {"status": "ok"})
        def faster():
            live = agent.get(f"/api/v1/tasks/{task['id']}").json["live"]
            return live["groups"][0]["rate"] > 100
        self.wait_for(faster, "the new rate")
        self.stop(agent, task)
        changes = [e["text"] for e in self.result(agent, task)["events"] if e["kind"] == "change"]
        self.assertEqual(len(changes), 1, changes)
        self.assertIn("300", changes[0])
        self.refused(agent.post(path, {"group": group, "rate": "5"}), 400, "over")

    def test_a_change_is_carried_out_at_the_instant_that_it_says(self):
        agent = self.agent()
        task = self.run_kv(agent, "6s", options={"rate": "20"})
        path = f"/api/v1/tasks/{task['id']}/change"
        group = self.measuring(agent, task)["groups"][0]["name"]
        self.refused(agent.post(path, {"group": group, "rate": "5", "at": "soon"}), 400, "soon")
        for _ in range(3):  # one change by its key
            self.assertEqual(agent.post(path, {"group": group, "rate": "200", "at": "5s"}, headers={"Idempotency-Key": "faster"}).json,
                             {"status": "ok"})
        found = agent.get(f"/api/v1/tasks/{task['id']}").json
        if found["live"]["at_s"] < 4:  # else the machine has not let us look in time
            self.assertEqual(found["groups"][0]["schedule"], "constant 20/s", "not before its instant")
        found = self.ended(agent, task)
        self.assertEqual(found["groups"][0]["schedule"], "constant 200/s")
        log = [data for _, kind, data in agent.events(task["id"]) if kind == "log"]
        asked = next(line for line in log if "asked" in line["text"])
        self.assertIn("for 5s", asked["text"])
        self.assertIn("constant 20/s → constant 200/s", asked["text"])
        made = next(line for line in log if line["text"].startswith("change:"))
        begun = (int(found["started_unix_ns"]) - int(found["accepted_unix_ns"])) / 1e9
        self.assertGreaterEqual(made["at_s"] - begun, 5, "the change is logged when it is made")
        result = self.result(agent, found)
        self.assertEqual([(e["at_ns"], e["kind"]) for e in result["events"] if e["kind"] == "change"], [(5_000_000_000, "change")])
        # 20 a second for 5 seconds, 200 for the sixth.
        self.assertEqual(sum(measured(result).values()), 300)

    def test_a_change_that_the_run_ended_before_was_none(self):
        agent = self.agent()
        task = self.run_kv(agent, options={"rate": "20"})
        self.measuring(agent, task)
        agent.post(f"/api/v1/tasks/{task['id']}/change", {"group": "kv", "rate": "200", "at": "30m"})
        found = self.stop(agent, task)
        self.assertEqual(found["groups"][0]["schedule"], "constant 20/s")
        self.assertEqual([e for e in self.result(agent, task)["events"] if e["kind"] == "change"], [])
        log = [data["text"] for _, kind, data in agent.events(task["id"]) if kind == "log"]
        self.assertTrue(any("asked for 30m was not made" in text for text in log), log)

    def test_a_stop_of_what_has_ended_changes_nothing(self):
        agent = self.agent()
        task = self.ended(agent, self.run_kv(agent, "100ms"))
        self.assertEqual(agent.post(f"/api/v1/tasks/{task['id']}/stop").json, task)

    def test_the_catalogue_has_what_a_form_needs(self):
        agent = self.agent()
        catalogue = agent.get("/api/v1/catalogue").json
        workloads = {w["name"]: {o["name"] for o in w["options"]} for w in catalogue["workloads"]}
        self.assertIn("warehouses", workloads["tpcc"])
        self.assertIn("rows", workloads["kv"])
        self.assertTrue({"duration", "clients", "rate", "seed"} <= {o["name"] for o in catalogue["load"]})
        self.assertTrue({"null", "sqlite"} <= {d["name"] for d in catalogue["drivers"]})

    def test_what_a_run_would_be_is_described_without_one(self):
        agent = self.agent()
        self.prepare(workload="kv")
        body = {"workload": "kv", "target": self.url, "options": {"clients": "3", "rows": "1000"}}
        answer = agent.post("/api/v1/describe?groups=true", body)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.json["server"]["name"].lower(), "sqlite")
        self.assertEqual(sum(g["clients"] for g in answer.json["groups"]), 3)
        self.assertEqual(agent.get("/api/v1/tasks").json, {"tasks": []})

    def test_a_shard_gives_its_time_line_in_pieces_that_add_up(self):
        agent = self.agent()
        task = self.run_kv(agent, "3s", sharded=True, shard="0/1")
        ended = self.ended(agent, task)
        pieces = agent.get(f"/api/v1/tasks/{task['id']}/intervals?since=0").json
        self.assertEqual((pieces["lost"], pieces["state"]), (0, "done"))
        self.assertEqual(pieces["last"], len(pieces["pieces"]))
        self.assertGreaterEqual(pieces["last"], 3)
        self.assertEqual(agent.get(f"/api/v1/tasks/{task['id']}/intervals?since={pieces['last']}").json["pieces"], [])
        for piece in pieces["pieces"]:
            json.loads(piece)
        result = agent.get(f"/api/v1/tasks/{task['id']}/result").body
        whole = agent.post(f"/api/v1/tasks/{task['id']}/conclude", result, headers={"Content-Type": "application/json"})
        self.assertEqual(whole.status, 200, whole.body)
        self.assertGreater(sum(measured(json.loads(result)).values()), 0)
        self.assertEqual(ended["exit_code"] in (0, 5), True)


if __name__ == "__main__":
    main()
