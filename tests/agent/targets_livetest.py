"""An agent finds its PostgreSQL as pgdistbench's driver does, by the environment, or by a mounted secret as CloudNativePG makes it."""

import re
import sys

from agents import AgentTest, main
from database_server import ServerTest


class TargetsTest(AgentTest, ServerTest):

    def parts(self):
        user, password, host, port, database = re.match(r"postgres(?:ql)?://([^:@/]+)(?::([^@]*))?@([^:/]+):(\d+)/(\w+)", self.url).groups()
        return user, password or "", host, port, database

    def goes_through(self, agent):
        self.assertEqual(agent.get("/healthz").json, "Idle")
        config = {"warehouses": 1}
        self.assertEqual(agent.post("/work/tpcc/check", config).status, 200)
        self.assertIn("error", self.idle(agent)["last"], "nothing is prepared yet")
        self.ended(agent, self.task(agent, "prepare", "tpcc", "", {"scale-down": "100"}))
        self.assertIn("warehouse", self.tables())
        started = agent.post("/work/tpcc/run", {**config, "active_terminals": 2, "duration": "500ms", "wait_thinking": False, "isolation_level": "repeatable_read"})
        self.assertEqual(started.status, 200, started.body)
        self.assertGreater(sum(row["count"] for row in self.idle(agent)["last"]["value"]["Stats"]), 0)
        agent.post("/work/tpcc/cleanup")
        self.assertEqual(self.idle(agent)["last"], {})
        self.assertEqual(self.tables(), set())

    def test_the_environment_names_the_database(self):
        user, password, host, port, database = self.parts()
        agent = self.agent(env={"PGHOST": host, "PGPORT": port, "PGUSER": user, "PGPASS": password or "x", "PGDATABASE": database, "PGSSLMODE": "disable"})
        self.assertIn(f"target postgres://{user}@{host}:{port}/{database}", self.said)
        self.goes_through(agent)

    def test_a_mounted_secret_names_the_database(self):
        user, password, host, port, database = self.parts()
        secret = self.folder / "secret"
        secret.mkdir()
        for name, value in {"host": host, "port": port, "username": user, "password": password or "x", "dbname": database}.items():
            (secret / name).write_text(value + "\n")
        self.goes_through(self.agent("--target-secret", "secret"))

    def test_prepare_can_be_stopped_on_a_server_too(self):
        agent = self.agent("--target", self.url)
        task = self.task(agent, "prepare", "tpcc", "", {"warehouses": "500"})
        self.wait_for(lambda: agent.get(f"/api/v1/tasks/{task['id']}").json["phase"] == "prepare", "the load to begin")
        self.stop(agent, task)
        self.ended(agent, self.task(agent, "cleanup", "tpcc", ""))
        self.assertEqual(self.tables(), set())


if __name__ == "__main__":
    main(argv=sys.argv)
