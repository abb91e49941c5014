"""`assay history`: results of many runs, as files in a folder."""

import datetime
import json
import shutil

from program import ProgramTest, unittest

START = datetime.datetime(2026, 10, 1, 12, tzinfo=datetime.timezone.utc)
RUNS = 30


class HistoryTest(ProgramTest):
    """The runs are copies of one real run, a day apart, with other rates: what completed in the measured time is a plain number in the file; the
    rest of what the histograms hold is said to have ended in the drain."""

    def setUp(self):
        super().setUp()
        self.results = self.folder / "results"
        one = self.folder / "one.json"
        self.assay("run", "kv", "--target", "null:?memory=true", "--prepare", "--rows", "1000", "--mix", "get=50,put=50", "--count", "100000", "--warmup", "0",
                   "--quiet", "--result", one)
        self.real = json.loads(one.read_text())
        self.real["verdict"] = {"verdict": "pass", "reasons": []}

    def write(self, day, rate, name=None, **changes):
        """A result of that day whose every operation completed so often a second."""
        document = json.loads(json.dumps(self.real))
        started = (START + datetime.timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%S.000000000Z")
        document.update({"id": f"run-{day:02}", "started": started, "ended": started})
        for phase in document["phases"]:
            if phase["phase"] == "measure":
                phase["length_ns"] = 10**9
        for operation in document["groups"][0]["operations"]:
            measured = operation["phases"]["measure"]
            completed = rate + 7 * (day * 5 % 11)  # some noise
            drained = operation["phases"].setdefault("drain", {name: {} if name == "failures" else "" if isinstance(value, str) else 0
                                                               for name, value in measured.items()})
            drained["completed"] += measured["completed"] - completed
            measured["completed"] = completed
        document.update(changes)
        path = self.results / (name or f"run-{day:02}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document))
        return path

    def step(self, before, after, at=20):
        for day in range(RUNS):
            self.write(day, before if day < at else after, assay_version="0.1.0" if day < at else "0.2.0")

    def row(self, text, value):
        rows = [line.split() for line in text.splitlines() if line.split()[:1] == [value]]
        self.assertEqual(len(rows), 1, text)
        return rows[0]

    def test_a_rate_that_fell_is_found_where_it_fell_and_ends_with_4(self):
        self.step(10000, 8000)
        said = self.assay("history", self.results, "--values", "rate(get)", code=4)
        self.assertEqual(said.stderr, "")
        self.assertIn("kv on null: 30 runs from 2026-10-01T12:00:00Z to 2026-10-30T12:00:00Z", said.stdout)
        self.assertIn("2026-10-21", self.row(said.stdout, "rate(get)"))
        self.assertIn("WORSE", self.row(said.stdout, "rate(get)"))
        self.assertIn("changed with run-20 of 2026-10-21T12:00:00Z (run 21 of 30)", said.stdout)
        self.assertIn("new with it: assay: 0.1.0 → 0.2.0", said.stdout)
        self.assertIn("WORSE: of 1 values 1 are worse", said.stdout)

    def test_a_rate_that_rose_or_fell_by_less_than_the_tolerance_or_not_at_all_ends_with_0(self):
        self.step(8000, 10000)
        self.assertIn("better", self.row(self.assay("history", self.results, "--values", "rate(get)").stdout, "rate(get)"))
        self.step(10000, 9000)
        self.assay("history", self.results, "--values", "rate(get)", "--tolerance", "15%")
        self.step(10000, 10000)
        said = self.assay("history", self.results)
        self.assertIn("not worse: of 12 values 0 are worse", said.stdout)  # get, put and all: rate, p50, p99, errors

    def test_what_cannot_be_known_yet_is_not_said_to_be_not_worse(self):
        for day in range(9):
            self.write(day, 10000 if day < 5 else 100)
        said = self.assay("history", self.results, code=4)
        self.assertIn("too few runs to tell: 10 needed", said.stdout)
        self.assertIn("CANNOT TELL: of 12 values 0 are worse", said.stdout)
        self.assertNotIn("not worse", said.stdout)
        for day in range(15):
            self.write(day, 10000 if day < 10 else 100)
        said = self.assay("history", self.results, code=4)  # of all twelve values
        self.assertIn("WORSE", self.row(said.stdout, "rate(get)"))
        self.assertIn("2026-10-11", self.row(said.stdout, "rate(get)"))
        for day in range(22):
            self.write(day, 10000 if day < 20 else 5000)
        said = self.assay("history", self.results, code=4)
        self.assertRegex(said.stdout, r"rate\(get\) .* too few to judge: newest 2 runs \(5\.?0")
        self.assertIn("CANNOT TELL: of 12 values 0 are worse", said.stdout)

    def test_an_old_step_is_forgotten_with_since(self):
        self.step(10000, 8000, at=12)
        self.assay("history", self.results, code=4)
        self.assay("history", self.results, "--since", "2026-10-13")
        self.assay("history", self.results, "--since", "2026-10-13T11:59:59Z")
        self.assertIn("--since", self.refused("history", self.results, "--since", "2031-01-01"))
        for day in ("2026-11-31", "2026-1-1", "2026-11-01T12:00", "2026-11-01 "):
            self.assertIn(f"--since is '{day}'; expected a day", self.refused("history", self.results, "--since", day))

    def test_what_is_no_result_is_named_and_skipped_and_what_does_not_count_is_said(self):
        self.step(10000, 10000)
        self.write(40, 10000, verdict={"verdict": "invalid", "reasons": ["lag p99 was 80 ms"]})
        self.write(41, 10000, partial=True)
        (self.results / "package.json").write_text("{}")
        (self.results / "cut.json").write_text((self.results / "run-00.json").read_text()[:-5])
        self.write(42, 10000, name="newer.json", version=4)
        shutil.copy(self.results / "run-03.json", self.results / "same.json")
        (self.results / "report.html").write_text("<html>")
        said = self.assay("history", self.results)
        for words in ("package.json is skipped: this is no result of assay", "cut.json is skipped: result: the file is cut off",
                      "newer.json is skipped: result: its format has version 4", "same.json is skipped: the same run as"):
            self.assertIn(words, said.stderr)
        self.assertEqual(len(said.stderr.splitlines()), 4)
        self.assertIn("30 runs from", said.stdout)
        self.assertIn("run-40.json: invalid: lag p99 was 80 ms", said.stdout)
        self.assertIn("run-41.json: partial: the run was interrupted", said.stdout)

    def test_runs_of_another_machine_are_no_change_unless_the_machine_is_ignored(self):
        for day in range(RUNS):
            machine = {**self.real["machine"], "cpus": 2 if day < 15 else 64}
            self.write(day, 20000 if day < 15 else 10000, machine=machine)
        said = self.assay("history", self.results, "--values", "rate(get)")
        self.assertIn("kv on null, machine.cpus 64: 15 runs", said.stdout)
        self.assertIn("kv on null, machine.cpus 2: 15 runs", said.stdout)
        self.assertIn("WORSE", self.assay("history", self.results, "--ignore", "machine.cpus", "--values", "rate(get)", code=4).stdout)

    def test_the_formats_say_the_same(self):
        self.step(10000, 8000)
        markdown = self.assay("history", self.results, "--values", "rate(get)", "--format", "markdown", code=4).stdout
        self.assertIn("## assay history: ❌ WORSE", markdown)
        self.assertRegex(markdown, r"\| rate\(get\) \| 80\d\d /s \| 10\.0k /s \| −(19\.9|20\.\d) % \| run-20 \| 10 \| ❌ worse \|")
        csv = self.assay("history", self.results, "--values", "rate(get)", "--format", "csv", code=4).stdout.splitlines()
        self.assertEqual(csv[0], "setup,value,unit,run,started,number,segment,segment_mean,p")
        self.assertEqual(len(csv), 1 + RUNS)
        self.assertTrue(csv[1].startswith("kv on null,rate(get),1/s,run-00,2026-10-01T12:00:00Z,10000,1,"))
        self.assertEqual([row.split(",")[6] for row in csv[1:]], ["1"] * 20 + ["2"] * 10)
        page = self.folder / "history.html"
        self.assertEqual(self.assay("history", self.results, "--format", "html", "--output", page, code=4).stdout, "")
        self.assertTrue(page.read_text().startswith("<!doctype html>"))

    def test_mistakes_are_refused_together_before_anything_is_read(self):
        said = self.refused("history", self.folder / "none", "--tolerance", "5", "--since", "yesterday", "--values", "p99 >")
        self.assertIn("--tolerance is '5'; expected a percentage", said)
        self.assertIn("--since is 'yesterday'; expected a day", said)
        self.assertIn("found '>'", said)
        self.assertIn("none is not there", self.refused("history", self.folder / "none"))
        self.assertIn("expected a folder of results", self.refused("history"))
        (self.folder / "empty").mkdir()
        self.assertIn("there is no result in", self.refused("history", self.folder / "empty"))
        self.write(0, 1000)
        self.assertIn("no run has p99(gett)", self.refused("history", self.results, "--values", "p99(gett)"))
        self.assertIn("no run has a circumstance 'machin'", self.refused("history", self.results, "--ignore", "machin"))


if __name__ == "__main__":
    unittest.main()
