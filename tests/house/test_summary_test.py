"""tools/test_summary.py decides whether CI is green: what it counts, and what it must not overlook."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PASSED = '<testcase name="Clock.ticks" status="run"><system-out>[  PASSED  ] 1 test.</system-out></testcase>'
FAILED = '<testcase name="Clock.tocks" status="fail"><failure message=""/><system-out>1 &lt; 2\n[  FAILED  ] Clock.tocks</system-out></testcase>'
CRASHED = '<testcase name="Clock.stops" status="fail"><failure message=""/><system-out>[ RUN ] Clock.stops</system-out></testcase>'
SKIPPED = '<testcase name="Clock.{0}" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/><system-out>a.cc:3: Skipped\n{1}\n\n[  SKIPPED ]</system-out></testcase>'


class SummaryTest(unittest.TestCase):

    def summary(self, stages, cases=None, ci="false", again=(), labels=None):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "log").write_text("\n".join(f"line {i}" for i in range(200)))
            if cases is not None:
                (root / "xml").write_text(f'<?xml version="1.0"?><testsuite name="x">{"".join(cases)}</testsuite>')
            (root / "xml.again.xml").write_text(f'<?xml version="1.0"?><testsuite name="x">{"".join(again)}</testsuite>')
            (root / "xml.tests.json").write_text(json.dumps({"tests": [
                {"name": name, "properties": [{"name": "LABELS", "value": own}]} for name, own in (labels or {}).items()]}))
            lines = [f"{name}\t{verdict}\t3\t{root / 'xml' if verdict == 'tests' else root / 'log'}\n" for name, verdict in stages]
            (root / "stages.tsv").write_text("".join(lines))
            done = subprocess.run([sys.executable, "-B", ROOT / "tools/test_summary.py", root / "stages.tsv"], capture_output=True,
                                  text=True, env={**os.environ, "CI": ci}, check=False)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def test_stages_and_tests_are_added_up_in_the_last_line(self):
        code, text = self.summary([("format", "passed"), ("release tests", "tests")], [PASSED, PASSED, SKIPPED.format("a", "no server")])
        self.assertEqual(code, 0)
        self.assertEqual(text.splitlines()[-1], "3 passed, 0 failed, 1 skipped")
        self.assertIn("skipped release tests: Clock.a: no server", text)
        self.assertIn("format 3 s, release tests 3 s; 6 s in all", text)

    def test_a_failed_test_fails_and_its_output_is_shown(self):
        code, text = self.summary([("release tests", "tests")], [PASSED, FAILED])
        self.assertEqual((code, text.splitlines()[-1]), (1, "1 passed, 1 failed, 0 skipped"))
        self.assertIn("FAILED release tests: Clock.tocks\n    1 < 2", text)

    def test_what_passes_alone_counts_only_of_tests_about_the_clock_and_is_named(self):
        alone = [FAILED.replace("fail", "run", 1).replace("<failure message=\"\"/>", "")]
        stage = [("release tests", "tests")]
        code, text = self.summary(stage, [PASSED, FAILED], again=alone, labels={"Clock.tocks": ["cli"]})
        self.assertEqual((code, text.splitlines()[-1]), (0, "2 passed, 0 failed, 0 skipped"))
        self.assertIn("passed only when it ran again alone: release tests: Clock.tocks", text)
        for cases, again, labels in (([FAILED], alone, {"Clock.tocks": ["unit"]}), ([FAILED], alone, {}), ([FAILED], [FAILED], {"Clock.tocks": ["cli"]}),
                                     ([CRASHED], [CRASHED.replace("fail", "run", 1)], {"Clock.stops": ["cli"]}),
                                     ([FAILED.replace("1 &lt; 2", "ERROR: AddressSanitizer: x")], alone, {"Clock.tocks": ["clock"]})):
            self.assertEqual(self.summary(stage, cases, again=again, labels=labels)[0], 1, cases)

    def test_a_crash_is_a_failure_and_called_one(self):
        code, text = self.summary([("release tests", "tests")], [CRASHED])
        self.assertEqual(code, 1)
        self.assertIn("crashed or timed out", text)

    def test_a_failed_stage_fails_and_the_end_of_its_log_is_shown(self):
        code, text = self.summary([("tidy", "failed")])
        self.assertEqual((code, text.splitlines()[-1]), (1, "0 passed, 1 failed, 0 skipped"))
        self.assertIn("line 199", text)
        self.assertNotIn("line 100\n", text)

    def test_in_ci_a_skip_is_a_failure_unless_the_server_cannot_be_fetched(self):
        cases = [SKIPPED.format("a", "no server"), SKIPPED.format("b", "no registry: of server b")]
        code, text = self.summary([("release tests", "tests")], cases, ci="true")
        self.assertEqual((code, text.splitlines()[-1]), (1, "0 passed, 1 failed, 1 skipped"))
        code, text = self.summary([("release tests", "tests")], cases, ci="false")
        self.assertEqual((code, text.splitlines()[-1]), (0, "0 passed, 0 failed, 2 skipped"))

    def test_no_test_at_all_and_no_result_at_all_are_failures(self):
        self.assertEqual(self.summary([("release tests", "tests")], [])[0], 1)
        self.assertEqual(self.summary([("release tests", "tests")])[0], 1)


if __name__ == "__main__":
    unittest.main()
