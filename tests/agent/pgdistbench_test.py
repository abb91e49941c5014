"""The HTTP API of pgdistbench's benchdriver, as its own tools use it, and what it got wrong put right."""

import concurrent.futures
import json

from agents import KV, NULL, SECONDS, AgentTest, main

JSON = {"Content-Type": "application/json"}
SLOW = {**KV, "duration": "1h", "target": NULL}


class PgdistbenchTest(AgentTest):

    def start_work(self, agent, workload="kv", verb="run", config=None, query=""):
        answer = agent.post(f"/work/{workload}/{verb}{query}", SLOW if config is None else config)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def last(self, agent):
        return self.idle(agent)["last"]

    def result_of(self, agent, started):
        return self.result(agent, {"id": started["id"]})

    def test_an_agent_that_did_nothing_yet_is_idle(self):
        agent = self.agent()
        self.assertEqual(agent.get("/status").json, {"code": "Idle"})
        self.assertEqual(agent.get("/healthz").json, "Idle")
        self.assertEqual(agent.get("/ping").body, b".")
        self.assertEqual((agent.ask("HEAD", "/ping").status, agent.ask("HEAD", "/ping").body), (200, b""))
        self.assertEqual(agent.post("/work/stop").json, {"Status": "ok"})
        routes = {(r["method"], r["path"]) for r in agent.get("/").json["routes"]}
        self.assertTrue({("GET", "/status"), ("GET", "/healthz"), ("GET", "/metrics"), ("POST", "/work/stop")} <= routes)
        self.assertEqual(agent.get("/work/tpcc").json["routes"],
                         [{"method": "POST", "path": f"/work/tpcc/{verb}"} for verb in ("prepare", "run", "check", "cleanup")])
        self.assertEqual(agent.get("/status/").json, agent.get("//status").json)

    def test_tpcc_goes_through_all_its_verbs_with_the_documented_config(self):
        agent = self.agent("--target", self.url)
        self.assertEqual(self.start_work(agent, "tpcc", "prepare", {"warehouses": 1, "partitions": 1, "partition_type": "hash",
                                                                    "use_foreign_keys": True, "drop_data": False})["Status"], "ok")
        self.assertEqual(self.last(agent), {}, "well, and no value")
        self.start_work(agent, "tpcc", "check", {})
        self.assertEqual(self.last(agent), {})
        config = {"warehouses": 1, "active_terminals": 3, "duration": "1s", "wait_thinking": False, "isolation_level": "default",
                  "verify": False, "live_stats_period": "10s", "live_min_age": "1m"}
        started = self.start_work(agent, "tpcc", "run", config)
        status = self.idle(agent)
        self.assertEqual((status["last_task"], status["id"]), ("tpcc/run", started["id"]))
        value = status["last"]["value"]
        self.assertEqual(set(value["Summary"]), {"tpmC", "tpmTotal"})  # no efficiency without think times
        stats = {row["operation"]: row for row in value["Stats"]}
        self.assertTrue({"new_order", "payment", "order_status", "delivery", "stock_level"} <= set(stats), stats)
        result = self.result_of(agent, started)
        (self.folder / "result.json").write_text(json.dumps(result))
        numbers = self.report("result.json")["by_name"]
        operations = {o["name"]: o["phases"]["measure"] for g in result["groups"] for o in g["operations"]}
        seconds = next(p["length_ns"] for p in result["phases"] if p["phase"] == "measure") / 1e9
        figures = {f["name"]: f["value"] for f in result["figures"]}
        for name, row in stats.items():
            self.assertEqual(row["prefix"], "[Summary] ")
            if name in operations:
                self.assertEqual(row["count"], numbers[name]["count"])
            self.assertAlmostEqual(row["sum_ms"], row["avg_ms"] * row["count"])
            self.assertLessEqual(row["median_ms"], row["p99_ms"])
            self.assertLessEqual(row["p99_ms"], row["max_ms"])
        self.assertAlmostEqual(value["Summary"]["tpmC"], figures["nopm"])
        self.assertGreaterEqual(value["Summary"]["tpmTotal"], value["Summary"]["tpmC"])
        self.assertLess(abs(value["Summary"]["tpmC"] - operations["new_order"]["completed"] * 60 / seconds), 1e-6 + figures["nopm"])
        self.assertEqual(result["groups"][0]["clients"], 3)
        self.start_work(agent, "tpcc", "cleanup", "ignored")
        self.assertEqual(self.last(agent), {})
        self.assertEqual(self.tables(), set())

    def test_terminals_are_of_the_agent_and_count_is_of_each_terminal(self):
        agent = self.agent("--target", self.url)
        self.prepare()
        config = {"warehouses": 1, "active_terminals": 2, "count": 7, "duration": "1h", "wait_thinking": False}
        started = self.start_work(agent, "tpcc", "run", config)
        self.idle(agent)
        result = self.result_of(agent, started)
        terminals = next(g for g in result["groups"] if g["name"] != "deferred")
        done = sum(stats["completed"] + sum(stats["failures"].values())
                   for o in terminals["operations"] for stats in o["phases"].values())
        self.assertEqual((terminals["clients"], done), (2, 14))
        started = self.start_work(agent, "tpcc", "run", {"duration": 100_000_000, "wait_thinking": False})
        self.idle(agent)
        result = self.result_of(agent, started)
        self.assertEqual(result["groups"][0]["clients"], 10, "ten a warehouse without active_terminals")
        measured = next(p for p in result["phases"] if p["phase"] == "measure")
        self.assertEqual(measured["length_ns"], 100_000_000)

    def test_no_body_is_all_defaults_and_a_duration_of_0_runs_until_it_is_stopped(self):
        agent = self.agent("--target", self.url)
        self.prepare()
        self.assertEqual(agent.post("/work/tpcc/check").json["Status"], "ok")
        self.assertEqual(self.last(agent), {})
        self.start_work(agent, "tpcc", "run", {"duration": 0, "wait_thinking": False})
        live = self.wait_for(lambda: agent.get("/status").json.get("live"), "live figures")
        self.assertIsNone(live["left_s"], "it has no end")
        self.wait_for(lambda: agent.get("/status").json.get("phase") == "measure", "the run to measure")
        self.assertEqual(agent.post("/work/stop").json, {"Status": "ok"})
        last = self.last(agent)
        self.assertEqual((last["stopped"], last["value"]["partial"]), (True, True))
        self.assertNotIn("error", last)

    def test_what_is_under_way_is_told_and_a_409_changes_nothing(self):
        agent = self.agent("--target", self.url)
        started = self.start_work(agent)
        status = agent.get("/status").json
        self.assertEqual((status["code"], status["task"], status["id"]), ("Busy", "kv/run", started["id"]))
        self.assertNotIn("last", status)
        self.wait_for(lambda: agent.get("/status").json.get("phase") == "measure", "the run to measure")
        for workload, verb in (("kv", "run"), ("kv", "prepare"), ("tpcc", "cleanup"), ("kv", "cleanup")) * 3:
            self.refused(agent.post(f"/work/{workload}/{verb}", {"target": self.url} if workload == "kv" else {}), 409)
        self.assertEqual(agent.get("/healthz").json, "Busy")
        self.assertEqual(agent.get("/status").json["id"], started["id"])
        agent.post("/work/stop")
        status = self.idle(agent)
        self.assertEqual((status["id"], status["last_task"]), (started["id"], "kv/run"))
        self.assertGreater(sum(row["count"] for row in status["last"]["value"]["Stats"]), 0)
        self.assertEqual(self.result_of(agent, started)["workload"]["name"], "kv")
        self.assertEqual(len(agent.get("/api/v1/tasks").json["tasks"]), 1)

    def test_questions_at_once_never_mix(self):
        agent = self.agent()
        agent.get("/ping")
        self.start_work(agent)

        def ask(number):
            path = "/status" if number % 2 else "/healthz"
            return path, agent.get(path)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for path, answer in pool.map(ask, range(200)):
                self.assertEqual(answer.status, 200)
                if path == "/healthz":
                    self.assertEqual(answer.json, "Busy")
                else:
                    self.assertEqual((answer.json["code"], answer.json["task"]), ("Busy", "kv/run"))

    def test_mistakes_in_a_config_are_400_all_at_once(self):
        agent = self.agent("--target", "null:")
        said = self.refused(agent.post("/work/tpcc/run", {"warehouses": 0, "duration": "soon", "count": -1, "active_terminals": 1.5, "surprise": 1,
                                                          "isolation_level": "none", "wait_thinking": "perhaps"}), 400)
        for mistake in ("warehouses is 0", "duration: ", "count is -1", "active_terminals is 1.5", "surprise", "isolation-level", "think-times"):
            self.assertIn(mistake, said)
        said = self.refused(agent.post("/work/kv/run", {"rows": None, "claents": 5, "duration": "5"}), 400)
        for mistake in ("rows is null", "'claents'; did you mean 'clients'", "duration"):
            self.assertIn(mistake, said)
        self.refused(agent.post("/work/tpcc/run", {"warehouses": 2, "partitions": 5}), 400, "partitions is 5 with 2 warehouses")
        self.refused(agent.post("/work/tpcc/prepare", {"warehouses": 2, "partitions": 5}), 400, "partitions")
        for body in ("{", "[1]", '"text"', '{"warehouses": 99999999999999999999}', '{"duration": -1}'):
            self.refused(agent.post("/work/tpcc/run", body, headers=JSON), 400)
        for workload in ("kv", "tpcc"):
            twice = '{"duration": "1s", "duration": "2s"}'
            self.refused(agent.post(f"/work/{workload}/run", twice, headers=JSON), 400, "the config has the name 'duration' twice")
        self.refused(agent.post("/work/kv/run?wait=long", {"prepare": True}), 400, "long")
        self.assertEqual(agent.get("/status").json, {"code": "Idle"})

    def test_other_mistakes_have_the_statuses_that_are_documented(self):
        agent = self.agent("--target", "null:")
        said = self.refused(agent.post("/work/tpch/run", {}), 501)
        self.assertIn("kv, populate, tpcc", said)
        self.refused(agent.get("/work/tpch"), 501, "tpcc")
        self.assertIn({"method": "POST", "path": "/work/tpcc/prepare"}, agent.get("/").json["routes"])
        self.refused(agent.post("/work/tpcc/dance", {}), 404)
        self.refused(agent.get("/nowhere"), 404)
        for method, path in (("POST", "/status"), ("GET", "/work/stop"), ("GET", "/work/tpcc/run"), ("PUT", "/healthz")):
            answer = agent.ask(method, path)
            self.refused(answer, 405)
            self.assertTrue(answer.headers["Allow"])
        self.refused(agent.post("/work/tpcc/run", "a=b", headers={"Content-Type": "application/x-www-form-urlencoded"}), 415)
        config = json.dumps({**KV, "duration": "100ms"})
        started = agent.post("/work/kv/run", config, headers={"Content-Type": "Application/JSON; charset=utf-8"})
        self.assertEqual(started.status, 200, "a charset is fine")
        self.idle(agent)
        chunked = agent.post("/work/kv/run", iter([b'{"surprise"', b": 1}"]), headers=JSON)
        self.refused(chunked, 400, "surprise")

    def test_a_task_that_fails_has_failed(self):
        agent = self.agent("--target", self.url)
        self.start_work(agent, "tpcc", "run", {"duration": "1s"})
        last = self.last(agent)
        self.assertIn("bench.db", last["error"])
        self.assertNotIn("value", last)

    def test_health_asks_the_target_when_idle(self):
        agent = self.agent("--target", "sqlite:nowhere/at.db")
        self.refused(agent.get("/healthz"), 500, "nowhere/at.db")
        self.assertEqual(self.agent("--target", "null:", data="other").get("/healthz").json, "Idle")

    def test_without_a_target_the_config_says_so(self):
        agent = self.agent()
        self.refused(agent.post("/work/tpcc/run", {"partition_type": "foo"}), 400, "'foo' is none of hash, range, list_hash, list_range")
        self.refused(agent.post("/work/tpcc/run", {"surprise": 1, "isolation_level": "bad", "partition_type": "foo", "partitions": 2}), 400,
                     "no target", "surprise", "isolation-level", "partition-type")
        self.refused(agent.post("/work/kv/run", {"rows": 10, "bogus": 1}), 400, "no target", "bogus")

    def test_wait_answers_when_the_task_has_ended(self):
        agent = self.agent()
        answer = agent.post(f"/work/kv/run?wait={SECONDS}s", {**SLOW, "duration": "300ms"})
        self.assertEqual((answer.json["code"], answer.json["last_task"]), ("Idle", "kv/run"))
        self.assertIn("value", answer.json["last"])


if __name__ == "__main__":
    main()
