"""assay compare: results against each other, runs made in pairs for it, and what it refuses."""

import base64
import csv
import io
import json
import re
import signal

from program import ProgramTest, Spoiled, unittest

# A target whose truth is scripted: an operation takes so long, and nothing else happens.
KV = ("kv", "--rows", "1", "--prepare", "--clients", "4")


def null(milliseconds):
    return f"null:?memory=true&latency={milliseconds}ms"


def repeated(histogram, times):
    """The encoded histogram of the same values so many times (docs/result.md): after the version numbers of seven bits a byte:
    minimum, range, sum, then for each bucket the gap before it and its count."""
    if not histogram:
        return histogram
    data = base64.b64decode(histogram)
    numbers, value, shift = [], 0, 0
    for byte in data[1:]:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(value)
            value, shift = 0, 0
    numbers = [n * times if i >= 2 and i % 2 == 0 else n for i, n in enumerate(numbers)]
    out = bytearray(data[:1])
    for n in numbers:
        while n >= 0x80:
            out.append(n & 0x7F | 0x80)
            n >>= 7
        out.append(n)
    return base64.b64encode(out).decode()


class CompareTest(ProgramTest):

    def run_kv(self, *names_and_latencies):
        """Runs of 2 s, as fast as 4 clients go, all at once."""
        runs = [(name, self.start("run", *KV, "--target", null(latency), "--duration", "2s", "--quiet", "--result", name))
                for name, latency in names_and_latencies]
        for name, process in runs:
            self.finish(process)
            self.change(name, name, self.settle)

    @staticmethod
    def settle(document):
        """What is tested is the comparison, not whether this machine had time for the run."""
        if document["verdict"]["verdict"] == "invalid":
            document["verdict"] = {"verdict": "pass", "reasons": []}

    def lengthen(self, name, times=5):
        """As if the measured 2 s had been repeated: a run that is long enough for intervals, in the time of a short one."""
        def repeat(document):
            document["phases"] = [{"phase": "measure", "start_ns": 0, "length_ns": times * 2_000_000_000}]
            group = document["groups"][0]
            for operation in group["operations"]:
                for stats in operation["phases"].values():
                    stats["completed"] *= times
                    stats["response"] = repeated(stats["response"], times)
            seconds = [i for i in group["series"]["intervals"] if i["index"] < 2]
            group["series"]["intervals"] = [{**seconds[i % 2], "index": i} for i in range(2 * times)]
        self.change(name, name, repeat)

    def change(self, name, new, change):
        document = json.loads((self.folder / name).read_text())
        document["id"] = new
        change(document)
        (self.folder / new).write_text(json.dumps(document))
        return new

    def compare(self, *arguments, code=0):
        return self.assay("compare", *arguments, code=code).stdout

    def figures(self, *arguments, code=0):
        rows = csv.DictReader(io.StringIO(self.compare(*arguments, "--format", "csv", code=code)))
        return {(row["operation"], row["figure"]): row for row in rows}


class TwoResultsTest(CompareTest):

    def setUp(self):
        super().setUp()
        self.run_kv(("a.json", 2), ("b.json", 8))
        for name in ("a.json", "b.json"):
            self.lengthen(name)

    def test_a_target_that_answers_later_is_worse_and_fails_a_tolerance(self):
        rows = self.figures("a.json", "b.json")
        median = rows["get", "p50"]
        # 2 and 8 ms, and what the machine adds to both; 4 clients, each of which waits for its answer.
        self.assertAlmostEqual(float(median["change"]), 3, delta=1.2)
        self.assertGreater(float(median["low"]), 0)
        self.assertEqual(median["standing"], "worse")
        self.assertLess(float(rows["get", "rate"]["high"]), 0)
        text = self.compare("a.json", "b.json", "--tolerance", "10%", code=4)
        self.assertRegex(text, r"(?m)^FAIL: worse by more than 10 %: get \([^)]*p50")
        self.assertIn("PASS: nothing is worse", self.compare("a.json", "b.json", "--tolerance", "900%"))
        self.assertRegex(self.compare("b.json", "a.json"), r"get +rate .* better")

    def test_what_differs_is_told_before_any_figure(self):
        self.change("b.json", "c.json", lambda d: d["targets"][0].update(server_version="9.9"))
        text = self.compare("a.json", "c.json")
        self.assertRegex(text, r"target\.main\.url +null:\?memory=true&latency=2ms +null:\?memory=true&latency=8ms")
        self.assertRegex(text, r"target\.main\.server_version .* 9\.9")
        self.assertLess(text.index("What differs besides"), text.index("Operations"))

    def test_every_format_tells_the_same(self):
        found = json.loads(self.compare("a.json", "b.json", "--format", "json"))
        rate = next(f for f in found["operations"] if (f["operation"], f["figure"]) == ("get", "rate"))
        row = self.figures("a.json", "b.json")["get", "rate"]
        self.assertEqual(rate["against"][0]["change"], float(row["change"]))
        self.assertEqual(rate["values"], [float(row["a"]), float(row["b"])])
        self.assertRegex(self.compare("a.json", "b.json", "--format", "markdown"), r"\| get \| rate \| ")
        self.compare("a.json", "b.json", "--format", "html", "--output", "page.html")
        self.assertTrue((self.folder / "page.html").read_text().startswith("<!doctype html>"))
        self.compare("a.json", "b.json", "--format", "png", "--dark", "--output", "pictures")
        for name in ("differences", "matrix-rate", "throughput-get", "percentiles-get"):
            self.assertTrue((self.folder / "pictures" / f"{name}.png").read_bytes().startswith(b"\x89PNG"), name)

    def test_a_percentile_that_is_asked_for_is_compared(self):
        rows = self.figures("a.json", "b.json", "--statistics", "p90,p99.5")
        self.assertEqual({figure for operation, figure in rows if operation == "get"}, {"p90", "p99.5"})
        self.assertIn("'max' is nothing that is compared", self.refused("compare", "a.json", "b.json", "--statistics", "max"))
        self.assertIn("p90 twice", self.refused("compare", "a.json", "b.json", "--statistics", "p90,p90"))

    def test_one_that_is_not_measured_long_enough_has_a_page_too(self):
        self.run_kv(("short.json", 2))
        page = self.compare("a.json", "short.json", "--format", "html")
        self.assertIn("has 2 whole intervals; 8 are needed", page)

    def test_more_results_are_a_matrix(self):
        self.change("a.json", "c.json", lambda d: d["targets"][0].update(server="other"))
        text = self.compare("a.json", "b.json", "c.json")
        self.assertIn("rate (completed per second)", text)
        self.assertRegex(text, r"get +\S+ /s +\S+ /s +-\S+ % +\(-\S+ … -\S+ %\) ✗ +\S+ /s +0\.00 % +\(\S+ … \S+ %\) [=?]")
        rows = list(csv.DictReader(io.StringIO(self.compare("a.json", "b.json", "c.json", "--format", "csv"))))
        self.assertEqual({row["side"] for row in rows}, {"B", "C"})

    def test_an_invalid_result_is_shown_and_proves_nothing(self):
        def spoil(document):
            document["verdict"] = {"verdict": "invalid", "reasons": ["assay itself was late"]}
        self.change("b.json", "c.json", spoil)
        text = self.compare("a.json", "c.json", "--tolerance", "900%", code=5)
        self.assertIn("INVALID: assay itself was late", text)
        self.assertIn("INVALID: B must not be quoted", text)

    def test_a_partial_and_a_failed_result_are_compared_and_said_to_be(self):
        def stop(document):
            document["partial"] = True
            document["verdict"] = {"verdict": "fail", "reasons": ["p99 > 1 ms"]}
        self.change("b.json", "c.json", stop)
        text = self.compare("a.json", "c.json")
        self.assertIn("PARTIAL: it was interrupted", text)
        self.assertIn("FAIL: p99 > 1 ms", text)

    def test_refuses_what_cannot_be_compared(self):
        self.change("a.json", "other.json", lambda d: d["workload"].update(name="tpcc"))
        def rename(document):
            document["groups"][0]["operations"][0]["name"] = "scan"
            document["groups"][0]["operations"][1:] = []
            for interval in document["groups"][0]["series"]["intervals"]:
                interval["operations"][1:] = []
        self.change("a.json", "scan.json", rename)
        def before_it_measured(document):
            document["phases"] = [{"phase": "warmup", "start_ns": 0, "length_ns": 2_000_000_000}]
            document["partial"] = True
            for operation in document["groups"][0]["operations"]:
                operation["phases"] = {}
            document["groups"][0]["series"]["intervals"] = []
        self.change("a.json", "stopped.json", before_it_measured)
        self.change("a.json", "newer.json", lambda d: d.update(version=d["version"] + 1))
        whole = (self.folder / "b.json").read_text()
        (self.folder / "cut.json").write_text(whole[:len(whole) // 2])
        self.compare("a.json", "b.json", "--format", "json", "--output", "comparison.json")
        (self.folder / "text.json").write_text("{")
        (self.folder / "empty").mkdir()
        for arguments, message in (
                ((), "expected two results or more"),
                (("a.json",), "found one: a.json"),
                (("a.json", "a.json"), "are the same result"),
                (("a.json", "other.json"), "a.json is a run of the workload kv, and other.json one of tpcc"),
                (("a.json", "b.json", "scan.json"), "a.json and scan.json have no operation in common"),
                (("a.json", "stopped.json"), "stopped.json: nothing was measured in this run"),
                (("a.json", "newer.json"), "newer.json: "),
                (("a.json", "cut.json"), "cut.json: "),
                (("a.json", "comparison.json"), "comparison.json: "),
                (("a.json", "text.json"), "text.json: "),
                (("a.json", "none.json"), "none.json cannot be read"),
                (("empty",), "holds no pairs of results"),
                (("a.json", "b.json", "--tolerance", "5"), "--tolerance is '5'; expected a percentage"),
                (("a.json", "b.json", "--confidence", "99.9%"), "expected a percentage of 50% to 99%"),
                (("a.json", "b.json", "--tolerance-errors", "1%"), "no effect without --tolerance"),
                (("a.json", "b.json", "--results", "x"), "--results goes with --pairs"),
                (("a.json", "b.json", "--", "kv"), "go with --pairs N"),
                (("a.json", "b.json", "--output", "b.json"), "is one of the results"),
                (("a.json", "b.json", "--format", "png"), "name their folder with --output"),
                (("a.json", "b.json", "--format", "png", "--output", "b.json"), "b.json is a file, expected a folder"),
                (("a.json", "b.json", "--dark"), "--dark goes with --format png"),
                (("--pairs", "3"), "takes the options of two runs"),
                (("--pairs", "3", "a.json", "--", "kv", "--", "kv"), "takes the options of two runs")):
            with self.subTest(arguments=arguments):
                self.assertIn(message, self.refused("compare", *arguments))

    def test_a_run_that_is_too_short_has_no_interval_and_passes_no_tolerance(self):
        self.run_kv(("short.json", 2))
        text = self.compare("a.json", "short.json")
        self.assertIn("no interval: the measured time of B has 2 whole intervals; 8 are needed", text)
        self.assertIn("FAIL: there is no interval", self.compare("a.json", "short.json", "--tolerance", "50%", code=4))


class PairsTest(CompareTest):

    def pairs(self, *options, a=2, b=3, count=2, run=("--duration", "300ms"), code=0):
        return self.assay("compare", "--pairs", count, "--results", "kept", *options, "--", *KV, "--target", null(a), *run,
                          "--", *KV, "--target", null(b), *run, code=code)

    def test_runs_are_made_in_turn_and_kept_and_can_be_compared_again(self):
        done = self.pairs(count=3)
        self.assertEqual(re.findall(r"pair (\d) of 3, run ([AB])", done.stderr),
                         [("1", "A"), ("1", "B"), ("2", "B"), ("2", "A"), ("3", "A"), ("3", "B")])
        self.assertEqual(sorted(p.name for p in (self.folder / "kept").iterdir()),
                         [f"0{n}-{side}.json" for n in (1, 2, 3) for side in "ab"])
        self.assertIn("B against A", done.stdout)
        targets = [json.loads((self.folder / "kept" / f"02-{side}.json").read_text())["targets"][0]["url"] for side in "ab"]
        self.assertEqual(targets, [null(2), null(3)])
        if "left out" not in done.stdout:
            self.assertIn("no interval: 3 pairs; 6 are needed", done.stdout)
            self.assertEqual(self.compare("kept"), done.stdout)

    def test_six_pairs_have_an_interval(self):
        done = self.pairs("--format", "json", "--quiet", "--tolerance", "5%", a=2, b=20, count=6, code=4)
        found = json.loads(done.stdout)
        if found["pairs"] < 6:
            raise Spoiled(done.stdout)
        self.assertEqual(done.stderr, "")
        rate = next(f for f in found["operations"] if (f["operation"], f["figure"]) == ("get", "rate"))
        self.assertEqual([len(side) for side in rate["runs"]], [6, 6])
        self.assertAlmostEqual(rate["against"][0]["change"], -0.9, delta=0.15)
        self.assertEqual(rate["against"][0]["standing"], "beyond")
        self.assertEqual(rate["against"][0]["effect"], -1)

    def test_mistakes_in_the_runs_options_are_told_before_anything_is_run(self):
        good = (*KV, "--target", null(1))
        for a, b, message in (
                ((*good, "--rowss", "1"), good, "compare: run A: unknown option 'rowss'"),
                (good, (*good, "--result", "x.json"), "compare: run B: --result does not go with --pairs"),
                (good, (*good, "--json"), "--json does not go with --pairs"),
                (good, ("tpcc", "--target", self.url), "it is of the workload tpcc, and A of kv"),
                (good, ("nothing", "--target", self.url), "compare: run B: "),
                (good, (*good, "--fail-if", "p99 >"), "compare: run B: ")):
            with self.subTest(message=message):
                self.assertIn(message, self.refused("compare", "--pairs", "2", "--results", "kept", "--", *a, "--", *b))
                self.assertFalse(list(self.folder.glob("kept/*.json")))
        self.assertIn("expected --pairs 6 or more",
                      self.refused("compare", "--pairs", "5", "--tolerance", "5%", "--", *good, "--", *good))

    def test_a_folder_with_results_is_not_written_to(self):
        self.pairs()
        self.assertIn("has results of pairs already",
                      self.refused("compare", "--pairs", "2", "--results", "kept", "--", *KV, "--target", null(1), "--", *KV,
                                   "--target", null(1)))

    def test_a_run_that_cannot_be_made_ends_all(self):
        done = self.assay("compare", "--pairs", "2", "--results", "kept", "--quiet", "--", *KV, "--target", null(1), "--duration",
                          "200ms", "--", "kv", "--target", "postgres://nobody@127.0.0.1:1/none", "--duration", "200ms", code=3)
        self.assertIn("the run of kept/01-b.json ended with exit code 3", done.stderr)
        self.assertTrue((self.folder / "kept" / "01-a.json").exists())

    def start_pairs(self):
        process = self.start("compare", "--pairs", "20", "--results", "kept", "--", *KV, "--target", null(1), "--duration", "300ms",
                             "--", *KV, "--target", null(1), "--duration", "300ms")
        self.wait_for(lambda: (self.folder / "kept" / "02-a.json").exists(), "the second pair")
        return process

    def test_ctrl_c_ends_the_run_and_all_to_come_and_compares_the_pairs_there_are(self):
        for by in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(by=by):
                process = self.start_pairs()
                process.send_signal(by)
                out, err = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 130, err)
                self.assertLess(len(list(self.folder.glob("kept/*.json"))), 12)
                if "INVALID" not in err:
                    self.assertIn("Stopped before all pairs were made.", out)
                for file in self.folder.glob("kept/*.json"):
                    json.loads(file.read_text())  # whole, each of them
                    file.unlink()

    def test_a_second_ctrl_c_ends_at_once_and_leaves_no_run_behind(self):
        long = ("--duration", "1h")
        process = self.start("compare", "--pairs", "2", "--results", "kept", "--", *KV, "--target", null(1), *long, "--", *KV,
                             "--target", null(1), *long)
        self.wait_for_text(process, r"measure|  1 s")
        children = self.wait_for(lambda: self.children_of(process.pid), "the run's process")
        process.send_signal(signal.SIGINT)
        self.wait_for_text(process, "stopping")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.wait_for(lambda: not any(self.alive(child) for child in children), "the run's end")

    @staticmethod
    def children_of(pid):
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]

    @staticmethod
    def alive(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
        except FileNotFoundError:
            return False


if __name__ == "__main__":
    unittest.main()
