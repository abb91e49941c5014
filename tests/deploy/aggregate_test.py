"""assay aggregate: workers' reports as one, on the command line."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from program import ProgramTest, unittest  # noqa: E402


def report(number, **changes):
    """As the documentation of the load test shows one, without anything of ours."""
    return {
        "worker_id": f"worker-{number}", "hostname": f"loadtest-worker-{number}-abc123", "started_at": "2024-01-15T10:00:00Z",
        "completed_at": "2024-01-15T10:05:32Z", "success": True,
        "environment": {"cpu_cores": 2, "memory_mb": 2048, "tmpfs_enabled": True, "tmpfs_size_mb": 1024},
        "tables_processed": ["users", "orders"], "operation": "populate",
        "metrics": {"rows_processed": 50000, "duration_ms": 332000, "batch_count": 500, "rows_per_second": 150.6,
                    "bytes_written": 12500000},
        "errors": [], "verification_report": None, **changes}


class AggregateTest(ProgramTest):

    def setUp(self):
        super().setUp()
        self.results = self.folder / "results"
        self.results.mkdir()

    def put(self, name, content):
        (self.results / name).write_text(content if isinstance(content, str) else json.dumps(content))

    def aggregate(self, *options, code=0):
        return self.assay("aggregate", "--results-dir", self.results, *options, code=code).stdout

    def whole(self, *options, code=0):
        return json.loads(self.aggregate("--output-format", "json", *options, code=code))

    def test_documented_reports_are_added_up(self):
        self.put("worker-1.json", report(1))
        self.put("worker-2.json", report(2, completed_at="2024-01-15T10:06:40Z"))
        whole = self.whole("--expect-workers", "2")
        self.assertEqual((whole["total_workers"], whole["completed_workers"], whole["failed_workers"]), (2, 2, 0))
        self.assertEqual(whole["total_rows_populated"], 100000)
        self.assertEqual(whole["wall_clock_duration_secs"], 400)
        self.assertEqual(whole["aggregate_rows_per_second"], 250)
        self.assertEqual([w["worker_id"] for w in whole["workers"]], ["worker-1", "worker-2"])

    def test_every_format_names_every_worker(self):
        self.put("a.json", report(1))
        self.put("b.json", report(2, success=False, errors=["the disk is full"]))
        for form in ("table", "markdown", "json"):
            shown = self.aggregate("--output-format", form, code=4).replace("\\", "")
            for text in ("worker-1", "worker-2", "the disk is full"):
                self.assertIn(text, shown, form)

    def test_a_report_that_is_cut_off_is_named_and_fails_the_whole(self):
        self.put("worker-1.json", report(1))
        self.put("worker-2.json", json.dumps(report(2))[:200])
        shown = self.aggregate(code=4)
        self.assertRegex(shown, r"worker-2\.json is not read, .* cut off: it ends after 200 bytes")
        self.assertEqual(self.whole(code=4)["total_rows_populated"], 50000)

    def test_an_empty_report_is_lost_too(self):
        self.put("worker-1.json", report(1))
        self.put("worker-2.json", "")
        self.assertEqual([r["file"] for r in self.whole(code=4)["unreadable_reports"]], ["worker-2.json"])

    def test_json_of_something_else_is_named_and_passed_over(self):
        self.put("worker-1.json", report(1))
        self.put("package.json", {"name": "thing"})
        self.assertIn("package.json is passed over", self.aggregate())

    def test_the_same_worker_twice_counts_once_and_the_newest_wins(self):
        self.put("one.json", report(1))
        self.put("two.json", report(1, completed_at="2024-01-15T11:00:00Z",
                                    metrics={"rows_processed": 7, "duration_ms": 1000}))
        whole = self.whole()
        self.assertEqual(whole["total_rows_populated"], 7)
        self.assertEqual([r["file"] for r in whole["superseded_reports"]], ["one.json"])
        self.assertIn("one.json does not count", self.aggregate())

    def test_workers_that_never_reported_are_named(self):
        self.put("worker-1.json", report(1))
        self.put("worker-3.json", report(3))
        self.assertEqual(self.whole("--expect-workers", "3", code=4)["missing_workers"], ["worker-2"])
        self.assertEqual(self.whole("--expect-workers", "worker-1,worker-3,other", code=4)["missing_workers"], ["other"])
        self.assertIn("worker-2 never reported", self.aggregate("--expect-workers", "3", code=4))

    def test_a_verification_that_found_something_has_its_exit_code(self):
        self.put("worker-1.json", report(1))
        found = {"consistent": False, "conditions": 1, "looked_at": "users", "findings": [
            {"condition": "users", "text": "every row is there", "violations": 3, "rows": ["id 7"]}],
            "tables": [{"table_name": "users", "expected": 10, "found": 8, "missing": 3, "mismatched": 2, "matched": 5}],
            "total_expected": 10, "total_found": 8, "total_missing": 3, "total_mismatched": 2, "total_matched": 5}
        self.put("verify.json", report(1, operation="verify", success=False, verification_report=found))
        self.assertIn("every row is there", self.aggregate(code=6))
        self.assertEqual(self.whole(code=6)["verification_summary"], {
            "reports": 1, "consistent": 0, "conditions": 1, "findings": 1, "total_expected": 10, "total_found": 8, "total_missing": 3,
            "total_mismatched": 2, "total_matched": 5, "pass_rate": 0.5})

    def test_mistakes_say_what_is_expected(self):
        self.assertIn("--results-dir is missing", self.refused("aggregate"))
        self.assertIn("which is no folder", self.refused("aggregate", "--results-dir", self.folder / "nowhere"))
        self.assertIn("holds no report of a worker", self.refused("aggregate", "--results-dir", self.results))
        self.put("package.json", {})
        self.assertIn("package.json is something else", self.refused("aggregate", "--results-dir", self.results))
        message = self.refused("aggregate", "--results-dir", self.results, "--output-format", "xml")
        self.assertIn("json", message)
        self.assertIn("--expect-workers is 0", self.refused("aggregate", "--results-dir", self.results, "--expect-workers", "0"))

    def test_it_changes_nothing_and_says_the_same_again(self):
        self.put("worker-1.json", report(1))
        before = sorted((p.name, p.read_bytes()) for p in self.results.iterdir())
        self.assertEqual(self.aggregate(), self.aggregate())
        self.assertEqual(sorted((p.name, p.read_bytes()) for p in self.results.iterdir()), before)


if __name__ == "__main__":
    unittest.main()
