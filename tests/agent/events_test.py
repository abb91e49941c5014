"""The stream of events of a task: all that a page draws, resumed where it was cut."""

import itertools

from agents import AgentTest, main, measured


class EventsTest(AgentTest):

    def test_a_run_is_told_as_it_goes_on_and_its_intervals_add_up_to_the_result(self):
        agent = self.agent()
        task = self.run_kv(agent, "3s")
        events = list(agent.events(task["id"]))
        kinds = [kind for _, kind, _ in events]
        self.assertEqual((kinds[0], kinds[-1], kinds.count("end")), ("state", "end", 1))
        self.assertTrue({"state", "live", "interval", "log", "end"} >= set(kinds) - {"progress"}, kinds)
        self.assertGreaterEqual(kinds.count("live"), 2)
        self.assertTrue(all(number for number, _, _ in events), "each has an id")
        self.assertEqual(events[-1][2]["state"], "done")
        intervals = [data for _, kind, data in events if kind == "interval"]
        indices = [i["index"] for i in intervals]
        self.assertEqual(indices, sorted(set(indices)), "each once, in order")
        told = sum(group["all"]["completed"] for i in intervals for group in i["groups"])
        self.assertEqual(told, sum(measured(self.result(agent, task)).values()))
        phases = [data["phase"] for _, kind, data in events if kind == "state" and data["phase"]]
        self.assertIn("measure", phases)

    def test_sessions_with_a_thread_each_and_little_to_do_are_told_in_time(self):
        file = self.folder / "few.db"
        self.assay("prepare", "kv", "--target", f"sqlite:{file}", "--rows", "100", "--quiet")
        agent = self.agent()
        task = agent.post("/api/v1/tasks", {"verb": "run", "workload": "kv", "target": f"sqlite:{file}", "options": {
            "rows": "100", "rate": "40", "clients": "16", "warmup": "1s", "duration": "3s"}}).json
        events = list(agent.events(task["id"]))
        phases = [p for g in self.result(agent, task)["groups"] for o in g["operations"] for p in o["phases"].values()]
        total = sum(p["completed"] for p in phases)
        self.assertGreater(total, 100)
        self.assertEqual(sum(g["all"]["completed"] for _, kind, i in events if kind == "interval" for g in i["groups"]), total)
        lives = [data["operations"] for _, kind, data in events if kind == "live"]
        self.assertEqual(lives, sorted(lives), "they count from the begin of the run")
        self.assertEqual(lives[-1], total)

    def test_who_comes_later_is_told_what_was_and_everything_once(self):
        agent = self.agent()
        task = self.run_kv(agent, "3s")
        self.measuring(agent, task)
        readers = []
        while agent.get(f"/api/v1/tasks/{task['id']}").json["state"] not in ("done", "failed", "stopped"):
            if len(readers) < 40:  # an agent has 256 connections at most
                readers.append(agent.events(task["id"]))
                next(readers[-1])
        total = sum(measured(self.result(agent, task)).values())
        for reader in readers:
            events = list(reader)
            self.assertEqual([k for _, k, _ in events].count("end"), 1)
            self.assertEqual(events[-1][1], "end")
            intervals = [data for _, kind, data in events if kind == "interval"]
            self.assertEqual(len({i["index"] for i in intervals}), len(intervals))
            self.assertEqual(sum(g["all"]["completed"] for i in intervals for g in i["groups"]), total)
        after = list(agent.events(task["id"]))
        self.assertEqual(after[-1][1], "end")
        self.assertEqual([k for _, k, _ in after].count("end"), 1)
        self.assertGreater(len(readers), 2)

    def test_a_reader_resumes_behind_the_last_event_that_it_had(self):
        agent = self.agent()
        task = self.run_kv(agent, "3s")
        first = list(itertools.islice(agent.events(task["id"]), 6))
        last = first[-1][0]
        rest = list(agent.events(task["id"], last))
        numbers = [int(number) for number, _, _ in rest]
        self.assertEqual(numbers, list(range(int(last) + 1, int(last) + 1 + len(numbers))))
        self.assertEqual(rest[-1][1], "end")
        again = list(agent.events(task["id"], last))
        self.assertEqual(again, rest)
        self.assertEqual(list(agent.events(task["id"], rest[-1][0])), [])
        self.assertEqual(list(agent.events(task["id"], 10 ** 9))[-1][1], "end", "an id that never was: from the begin")

    def test_a_load_tells_its_progress(self):
        agent = self.agent()
        task = self.task(agent, "prepare", "tpcc", self.url, {"scale-down": "10"})
        rows = [data for _, kind, data in agent.events(task["id"]) if kind == "progress" and data["unit"] == "rows"]
        self.assertTrue(rows)
        self.assertEqual([r["done"] for r in rows], sorted(r["done"] for r in rows))
        self.assertEqual(rows[-1]["done"], rows[-1]["total"])

    def test_who_follows_a_task_is_told_its_end_when_the_agent_ends(self):
        agent = self.agent()
        task = self.run_kv(agent)
        self.measuring(agent, task)
        readers = [agent.events(task["id"]) for _ in range(20)]
        for reader in readers:
            next(reader)
        self.terminate(agent)
        for reader in readers:
            events = list(reader)
            self.assertEqual((events[-1][1], events[-1][2]["state"]), ("end", "stopped"))

    def test_of_an_earlier_task_its_end_is_told(self):
        agent = self.agent()
        first = self.ended(agent, self.run_kv(agent, "100ms"))
        self.ended(agent, self.run_kv(agent, "100ms"))
        self.assertEqual([(kind, data["id"]) for _, kind, data in agent.events(first["id"])], [("end", first["id"])])


if __name__ == "__main__":
    main()
