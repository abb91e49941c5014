"""assay worker: its environment, its share, its report, whatever ends it."""

import json
import os
import pathlib
import signal
import sqlite3
import sys

import jsonschema

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from program import ROOT, ProgramTest, unittest  # noqa: E402

SCHEMA = """
version: 1
tables:
- name: users
  id: {type: big_int, generator: {type: sequential}}
  fields:
  - {name: name, type: text, generator: name}
- name: orders
  id: {type: big_int, generator: {type: sequential}}
  fields:
  - {name: amount, type: {type: decimal, precision: 10, scale: 2}, generator: {type: decimal_range, min: 1, max: 99}}
"""
REPORT = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/worker-metrics.schema.json").read_text()))
NO_VARIABLES = dict.fromkeys(("CONTAINER_ID", "HOSTNAME", "ASSAY_TARGET"))


class WorkerTest(ProgramTest):

    def setUp(self):
        super().setUp()
        self.schema = self.folder / "schema.yaml"
        self.schema.write_text(SCHEMA)
        self.results = self.folder / "results"
        self.results.mkdir()

    def words(self, number, *options, schema=True):
        words = ["worker", "--worker-id", f"worker-{number}", "--source", "sqlite", "--connection-string", self.url,
                 "--metrics-output", self.results / f"worker-{number}.json", *options]
        return words + ["--schema", self.schema, "--row-count", "1000", "--batch-size", "100", "--seed", "42"] if schema else words

    def read(self, number):
        content = json.loads((self.results / f"worker-{number}.json").read_text())
        REPORT.validate(content)
        return content

    def rows(self, table):
        with sqlite3.connect(self.file) as database:
            return database.execute(f"select count(*) from {table}").fetchone()[0]

    def test_a_share_is_written_and_reported(self):
        said = self.assay(*self.words(1), env=NO_VARIABLES).stderr
        self.assertIn("=== Runtime Environment Verification ===\nCPU cores visible: ", said)
        self.assertRegex(said, r"\ncgroup memory limit: (none|\d+)\ncgroup CPU quota: (none|\d+ \d+)\n=+\n")
        content = self.read(1)
        self.assertEqual((content["worker_id"], content["state"], content["success"]), ("worker-1", "completed", True))
        self.assertEqual(content["tables_processed"], ["users", "orders"])
        self.assertEqual(content["metrics"]["rows_processed"], 2000)
        self.assertEqual(content["metrics"]["batch_count"], 20)
        self.assertEqual({t["table"]: t["count"] for t in content["latency"]}, {"users": 10, "orders": 10})
        self.assertEqual((self.rows("users"), self.rows("orders")), (1000, 1000))
        whole = json.loads(self.assay("aggregate", "--results-dir", self.results, "--expect-workers", "1", "--output-format", "json").stdout)
        self.assertEqual(whole["total_rows_populated"], 2000)
        self.assertEqual([t["count"] for t in whole["latency"] if t["table"] == "all"], [20])

    def test_shards_together_write_every_row_once(self):
        workers = [self.start(*self.words(n + 1, "--shard", f"{n}/3")) for n in range(3)]
        for worker in workers:
            self.finish(worker)
        self.assertEqual((self.rows("users"), self.rows("orders")), (1000, 1000))
        self.assertEqual(sum(self.read(n)["metrics"]["rows_processed"] for n in (1, 2, 3)), 2000)
        self.assay("aggregate", "--results-dir", self.results, "--expect-workers", "3")
        self.assay("check", "populate", "--target", self.url)

    def test_shares_that_are_not_equal_are_told_exactly(self):
        for n in range(3):  # the shares of 1000 rows are 333, 333 and 334
            metrics = [self.run_part(n)["metrics"] for _ in range(2)]
            rows = metrics[0]["rows_processed"]
            self.assertEqual([m["rows_already_there"] for m in metrics], [0, rows])
            self.assertEqual(metrics[1]["rows_processed"], 0)
        self.assertEqual((self.rows("users"), self.rows("orders")), (1000, 1000))

    def run_part(self, n):
        """A third of the rows, by their numbers."""
        bounds = (0, 333, 666, 1000)
        self.assay(*self.words(n + 1, "--rows", f"{bounds[n]}..{bounds[n + 1]}"))
        return self.read(n + 1)

    def test_a_worker_that_is_started_again_finds_its_rows(self):
        self.assay(*self.words(1))
        self.assay(*self.words(1))
        metrics = self.read(1)["metrics"]
        self.assertEqual((metrics["rows_processed"], metrics["rows_already_there"]), (0, 2000))

    def test_a_dry_run_makes_rows_and_sends_none(self):
        self.assay(*self.words(1, "--dry-run"))
        content = self.read(1)
        self.assertTrue(content["dry_run"])
        self.assertEqual(content["metrics"]["rows_processed"], 2000)
        self.assertFalse(self.file.exists())
        self.assertIn("2,000 rows of dry runs", self.assay("aggregate", "--results-dir", self.results).stdout)

    def test_tables_alone_are_no_rows(self):
        self.assertIn("0 rows in", self.assay(*self.words(1, "--schema-only")).stderr)
        content = self.read(1)
        self.assertEqual(content["tables_processed"], ["users", "orders"])
        self.assertEqual((content["metrics"]["rows_processed"], content["metrics"]["rows_already_there"]), (0, 0))
        self.assertEqual(self.rows("users"), 0)

    def test_workers_of_whole_tables_with_seeds_of_their_own_are_beside_one_another(self):
        for n, table in ((1, "users"), (2, "orders")):
            arguments = list(self.words(n, "--tables", table))
            arguments[arguments.index("--seed") + 1] = str(41 + n)
            self.assay(*arguments)
            self.assertEqual(self.read(n)["seed"], 41 + n)
        self.assertEqual((self.rows("users"), self.rows("orders")), (1000, 1000))
        for n in (1, 2):
            self.assay("check", "populate", "--target", self.url, "--record", f"worker-{n}")
            self.assay(*self.words(n, "--operation", "verify", "--record", f"worker-{n}", schema=False))

    def test_how_long_it_took_is_the_time_of_writing(self):
        # 2000 rows at 4000 a second; what comes before and behind the rows is not of it.
        self.assay(*self.words(1, "--max-rate", "4k"))
        metrics = self.read(1)["metrics"]
        self.assertGreater(metrics["duration_ms"], 400)
        self.assertLess(metrics["duration_ms"], 5000)
        self.assertAlmostEqual(metrics["rows_per_second"], 2000 / (metrics["duration_ms"] / 1000), delta=0.01 * metrics["rows_per_second"])

    def test_an_environment_that_is_not_what_was_asked_for_ends_it_before_anything_is_done(self):
        message = self.assay(*self.words(1, "--expect-cpus", "777", "--expect-memory", "3Ti", "--expect-tmpfs",
                                         f"{self.folder}/nowhere:1Mi,/proc"), code=8).stderr
        for text in ("expected a limit of 777", "expected a limit of 3145728 MB", f"{self.folder}/nowhere: there is no such folder; expected a tmpfs of 1 MB", "/proc: on proc"):
            self.assertIn(text, message)
        self.assertFalse(self.file.exists())
        content = self.read(1)
        self.assertEqual((content["state"], content["metrics"]["rows_processed"]), ("failed", 0))
        self.assertIn("expected a limit of 777", content["errors"][0])

    def test_what_was_asked_for_is_found(self):
        with self.small_disk(1024) as disk:
            self.assay(*self.words(1, "--expect-tmpfs", f"{disk}:1Mi"))
            folder = next(f for f in self.read(1)["environment"]["folders"] if f["path"] == str(disk))
            self.assertEqual((folder["filesystem"], folder["tmpfs_bytes"]), ("tmpfs", 1024 * 1024))
            message = self.assay(*self.words(1, "--expect-tmpfs", f"{disk}:2Mi"), code=8).stderr
            self.assertIn(f"{disk}: a tmpfs of 1 MB; expected a tmpfs of 2 MB", message)

    def test_visible_processors_are_those_of_the_affinity(self):
        one = sorted(os.sched_getaffinity(0))[:1]
        worker = self.start(*self.words(1), preexec_fn=lambda: os.sched_setaffinity(0, one))
        self.assertIn("CPU cores visible: 1\n", self.finish(worker).stderr)
        self.assertEqual(self.read(1)["environment"]["cpu_cores"], 1)

    def test_a_target_that_cannot_be_used_is_reported(self):
        self.file.write_text("this is no database " * 100)
        message = self.assay(*self.words(1), code=None).stderr
        content = self.read(1)
        self.assertEqual((content["success"], content["state"]), (False, "failed"))
        self.assertIn("not a database", message)
        self.assertIn("not a database", content["errors"][0])

    def test_mistakes_are_told_together_and_reported(self):
        self.schema.write_text("version: 1\ntables: []\n")
        message = self.refused(*self.words(1, "--expect-cpus", "many", "--shard", "3/2"))
        self.assertIn("--expect-cpus: 'many'", message)
        self.assertIn("--shard is '3/2'", message)
        self.assertFalse(self.read(1)["success"])

    def test_a_report_that_cannot_be_written_stops_it_first(self):
        words = self.words(1)
        words[words.index("--metrics-output") + 1] = "/proc/report.json"
        self.refused(*words, code=7)
        self.assertFalse(self.file.exists())

    def test_a_stopped_worker_reports_how_far_it_came(self):
        worker = self.start(*self.words(1, "--max-rate", "500"))
        self.wait_for(lambda: self.file.exists() and self.has_rows("users"), "rows of users")
        worker.send_signal(signal.SIGTERM)
        self.finish(worker, 130)
        content = self.read(1)
        self.assertEqual((content["state"], content["success"]), ("failed", False))
        self.assertIn("interrupted", content["errors"][0])
        self.assertEqual(content["metrics"]["rows_processed"], self.rows("users") + self.rows("orders"))
        self.assertGreater(content["metrics"]["rows_processed"], 0)
        self.assertLess(content["metrics"]["rows_processed"], 2000)
        self.assay("aggregate", "--results-dir", self.results, code=4)
        self.assay(*self.words(1))
        content = self.read(1)["metrics"]
        self.assertGreater(content["rows_already_there"], 0)
        self.assertEqual(content["rows_processed"] + content["rows_already_there"], 2000)

    def has_rows(self, table):
        try:
            return self.rows(table)
        except sqlite3.OperationalError:
            return 0  # not made yet

    def test_a_killed_worker_has_left_that_it_began(self):
        worker = self.start(*self.words(1, "--max-rate", "500"))
        self.wait_for(lambda: self.file.exists() and self.has_rows("users"), "rows of users")
        worker.kill()
        worker.wait()
        self.assertEqual(self.read(1)["state"], "running")
        self.assertIn("never ended", self.assay("aggregate", "--results-dir", self.results, code=4).stdout)

    def test_a_mistake_of_the_connection_is_told_once(self):
        for words in (("--connection-string", "postgres://x"), ()):
            said = self.assay("worker", "--source", "mysql", "--schema", self.schema, *words, code=2, env=NO_VARIABLES).stderr
            self.assertIn("connection string", said)
            self.assertEqual(len(said.splitlines()), 1, said)

    def test_a_verification_finds_what_was_damaged(self):
        self.assay(*self.words(1))
        verify = self.words(2, "--operation", "verify", schema=False)
        self.assay(*verify)
        self.assertTrue(self.read(2)["verification_report"]["consistent"])
        self.assertEqual(self.read(2)["seed"], self.read(1)["seed"], "that of the data")
        with sqlite3.connect(self.file) as database:
            database.execute("delete from users where id = 7")
            database.execute("update users set id = id + 1000000 where id in (8, 9)")
        self.assay(*verify, code=6)
        content = self.read(2)
        self.assertFalse(content["verification_report"]["consistent"])
        self.assertTrue(content["verification_report"]["findings"])
        rows = self.rows("users") + 1  # that were written
        users = next(t for t in content["verification_report"]["tables"] if t["table_name"] == "users")
        self.assertEqual(users, {"table_name": "users", "expected": rows, "found": rows - 1, "missing": 3, "mismatched": 0, "matched": rows - 3})
        summary = json.loads(self.assay("aggregate", "--results-dir", self.results, "--output-format", "json", code=6).stdout)["verification_summary"]
        report = content["verification_report"]
        self.assertEqual({k: v for k, v in summary.items() if k.startswith("total_")}, {k: v for k, v in report.items() if k.startswith("total_")})
        self.assertEqual(summary["pass_rate"], report["total_matched"] / report["total_expected"])

    def test_the_name_and_the_place_come_from_the_environment(self):
        words = ["worker", "--source", "sqlite", "--dry-run", "--schema", self.schema, "--row-count", "10", "--metrics-output",
                 self.results / "worker-1.json"]
        place = {"SQLITE_CONNECTION_STRING": self.url}
        self.assay(*words, env={**NO_VARIABLES, **place, "HOSTNAME": "pod-7", "CONTAINER_ID": "populate-2"})
        self.assertEqual(self.read(1)["worker_id"], "populate-2")
        self.assay(*words, env={**NO_VARIABLES, **place, "HOSTNAME": "pod-7"})
        self.assertEqual(self.read(1)["worker_id"], "pod-7")
        message = self.refused(*words, env=NO_VARIABLES)
        self.assertIn("SQLITE_CONNECTION_STRING", message)
        self.assay(*[w for w in words if w not in ("--source", "sqlite")], env={**NO_VARIABLES, "ASSAY_TARGET": self.url})

    def test_a_connection_string_of_another_source_is_refused_without_its_secret(self):
        words = self.words(1)
        words[words.index(self.url)] = "postgresql://user:geheim@db/loadtest"
        message = self.refused(*words)
        self.assertIn("none of the source sqlite", message)
        self.assertNotIn("geheim", message)
        self.assertNotIn("geheim", (self.results / "worker-1.json").read_text())

    def test_the_password_of_a_target_is_in_no_report(self):
        words = self.words(1, "--connect-timeout", "2s")
        words[words.index("sqlite")] = "postgresql"
        words[words.index(self.url)] = "postgresql://user:geheim@127.0.0.1:1/loadtest"
        said = self.assay(*words, code=3).stderr
        self.assertNotIn("geheim", said)
        self.assertNotIn("geheim", (self.results / "worker-1.json").read_text())
        self.assertEqual(self.read(1)["source"], "postgresql")

    def test_names_that_are_no_names_of_files_are_refused(self):
        words = self.words(1)
        words[words.index("worker-1")] = "../worker"
        self.assertIn("the worker's name is '../worker'", self.refused(*words))


if __name__ == "__main__":
    unittest.main()
