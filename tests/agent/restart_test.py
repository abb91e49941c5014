"""What an agent knows of its tasks outlives it, however it ends."""

import shutil
import signal

from agents import AgentTest, main


class RestartTest(AgentTest):

    def kill(self, agent):
        agent.process.send_signal(signal.SIGKILL)
        agent.process.wait()

    def test_tasks_and_results_are_known_after_a_restart(self):
        agent = self.agent()
        first = self.ended(agent, self.run_kv(agent, "200ms"))
        second = self.ended(agent, self.task(agent, target=self.url), "failed")
        tasks, result = agent.get("/api/v1/tasks").json, agent.get(f"/api/v1/tasks/{first['id']}/result").body
        self.terminate(agent)
        agent = self.agent()
        self.assertEqual(agent.get("/api/v1/tasks").json, tasks)
        self.assertEqual([t["id"] for t in tasks["tasks"]], [second["id"], first["id"]])
        self.assertEqual(agent.get(f"/api/v1/tasks/{first['id']}/result").body, result)
        self.assertEqual(agent.get(f"/api/v1/tasks/{first['id']}?wait=10s").json, first)
        self.refused(agent.post(f"/api/v1/tasks/{first['id']}/change", {"group": "x"}), 409, "over")
        self.refused(agent.get(f"/api/v1/tasks/{first['id']}/intervals"), 409, "over")
        self.assertEqual(agent.post(f"/api/v1/tasks/{first['id']}/stop").json, first)

    def test_a_key_is_known_after_a_restart(self):
        agent = self.agent()
        body = {"workload": "kv", "target": "null:?memory=true", "options": {"duration": "100ms", "prepare": "true"}}
        first = agent.post("/api/v1/tasks", body, headers={"Idempotency-Key": "k"}).json
        self.ended(agent, first)
        self.terminate(agent)
        again = self.agent().post("/api/v1/tasks", body, headers={"Idempotency-Key": "k"})
        self.assertEqual((again.status, again.json["id"]), (200, first["id"]))

    def test_what_was_under_way_when_it_was_killed_has_failed(self):
        agent = self.agent()
        task = self.run_kv(agent)
        self.measuring(agent, task)
        self.kill(agent)
        agent = self.agent()
        found = agent.get(f"/api/v1/tasks/{task['id']}").json
        self.assertEqual((found["state"], found["has_result"]), ("failed", False))
        self.assertIn("while the task was under way", found["error"])
        self.assertEqual(agent.get("/status").json["last"], {"error": found["error"]})
        self.refused(agent.get(f"/api/v1/tasks/{task['id']}/result"), 404)
        self.ended(agent, self.run_kv(agent, "100ms"))

    def test_a_result_that_was_saved_before_the_kill_is_found(self):
        agent = self.agent()
        task = self.run_kv(agent, "500ms")
        record = self.folder / "data" / "tasks" / f"{task['id']}.json"
        shutil.copy(record, self.folder / "begun.json")  # as it is while the task is under way
        self.ended(agent, task)
        result = self.result(agent, task)
        self.kill(agent)
        shutil.copy(self.folder / "begun.json", record)  # killed between the result and the record
        agent = self.agent()
        found = agent.get(f"/api/v1/tasks/{task['id']}").json
        self.assertEqual((found["state"], found["has_result"]), ("failed", True))
        self.assertEqual(self.result(agent, task), result)
        self.assertEqual(found["verdict"], result["verdict"]["verdict"])

    def test_a_record_that_cannot_be_read_is_left_out_and_told_of(self):
        agent = self.agent()
        task = self.ended(agent, self.run_kv(agent, "100ms"))
        self.terminate(agent)
        (self.folder / "data" / "tasks" / "broken.json").write_text("{")
        agent = self.agent()
        self.assertIn("broken.json is left out", self.said)
        self.assertEqual([t["id"] for t in agent.get("/api/v1/tasks").json["tasks"]], [task["id"]])

    def test_two_agents_do_not_share_a_folder(self):
        self.agent()
        said = self.refused("agent", "--listen", "127.0.0.1:0", "--data", "data")
        self.assertIn("in use by another agent or page", said)
        self.agent(data="other")

    def test_a_target_that_no_task_could_use_is_told_at_the_start(self):
        for target, why in (("bogus://x", "bogus"), ("kafka://", "kafka"), ("postgres://h:99999/", "99999")):
            self.assertIn(why, self.refused("agent", "--listen", "127.0.0.1:0", "--data", "data", "--target", target))

    def test_sigterm_keeps_the_partial_result_and_is_no_failure(self):
        agent = self.agent()
        task = self.run_kv(agent)
        self.measuring(agent, task)
        self.terminate(agent)
        agent = self.agent()
        found = agent.get(f"/api/v1/tasks/{task['id']}").json
        self.assertEqual((found["state"], found["has_result"]), ("stopped", True))
        self.assertIn(found["exit_code"], (130, 5))  # 5: the machine had no time for it, which is graver
        result = self.result(agent, task)
        self.assertTrue(result["partial"])
        self.assertGreater(sum(o["phases"]["measure"]["completed"] for o in result["groups"][0]["operations"]), 0)

    def test_readers_of_events_are_told_the_end_before_the_agent_ends(self):
        agent = self.agent()
        task = self.run_kv(agent)
        self.measuring(agent, task)
        reader = agent.events(task["id"])
        next(reader)
        agent.process.send_signal(signal.SIGTERM)
        self.assertEqual(list(reader)[-1][1], "end")
        self.assertEqual(agent.process.wait(60), 0)


if __name__ == "__main__":
    main()
