"""What assay says and writes: tables, JSON, the live panel on a terminal, plain lines elsewhere, the result file."""

import contextlib
import csv
import io
import json
import os
import pathlib
import pty
import re
import signal
import subprocess

from program import FAST, ROOT, ProgramTest, unittest

ESCAPE = "\x1b["


class OutputTest(ProgramTest):

    def run_tpcc(self, *options, code=0, **more):
        return self.assay("run", "tpcc", "--target", self.url, *FAST, "--duration", "1s", *options, code=code, **more)

    def test_json_is_one_document_on_stdout(self):
        self.prepare()
        numbers = json.loads(self.run_tpcc("--json").stdout)
        self.assertEqual(numbers["format"], "assay-report")
        self.assertIn("new_order", {o["operation"] for o in numbers["operations"]})

    def test_plain_lines_leave_no_failure_out(self):
        url = "null:?memory=true&latency=10ms&fail=rejected&fail-every=5"
        done = self.assay("run", "kv", "--prepare", "--target", url, "--rows", "100", "--clients", "2", "--duration", "6s", "--result", "r.json")
        told = sum(int(n) for n in re.findall(r"(?m)^ +\d+ s  .* errors (\d+)  retries", done.stderr))
        errors = sum(o["errors"] for o in self.report("r.json")["by_name"].values() if o["operation"] != "all")
        self.assertGreater(told, errors / 2, "a line is told every five seconds")
        self.assertLessEqual(told, errors)

    def test_json_of_check_tells_what_was_found(self):
        self.prepare()
        done = self.assay("check", "tpcc", "--target", self.url, "--json")
        self.assertEqual(json.loads(done.stdout), {
            "consistent": True, "conditions": 12,
            "looked_at": "12 of the 12 conditions of TPC-C 3.3.2, and the cardinalities of 1.2.1", "findings": []})
        self.damage()
        found = json.loads(self.assay("check", "tpcc", "--target", self.url, "--json", code=6).stdout)
        self.assertFalse(found["consistent"])
        self.assertEqual([f["condition"] for f in found["findings"]], ["3.3.2.1", "3.3.2.8"])
        self.assertIn("w_id = 1", found["findings"][0]["rows"][0])
        self.assertIn("(1 violation)\n", self.assay("check", "tpcc", "--target", self.url, code=6).stderr)

    def damage(self):
        """W_YTD is in conditions 1 (districts) and 8 (history)."""
        self.execute("update warehouse set w_ytd = w_ytd + 100")

    def test_json_of_selftest_is_json(self):
        numbers = json.loads(self.assay("selftest", "--duration", "200ms", "--json").stdout)
        self.assertGreater(numbers["ops_per_second"], 1000)

    def test_quiet_says_nothing_on_stderr(self):
        for command in (("prepare",), ("run", "--think-times", "false", "--check", "--duration", "1s"), ("check",), ("cleanup",)):
            small = ("--scale-down", "100") if command[0] in ("prepare", "run") else ()
            done = self.assay(command[0], "tpcc", "--target", self.url, "--quiet", *small, *command[1:])
            self.assertEqual(done.stderr, "", command)

    def test_quiet_does_not_hide_what_is_wrong(self):
        self.prepare()
        self.damage()
        self.assertIn("3.3.2.1", self.assay("check", "tpcc", "--target", self.url, "--quiet", code=6).stderr)

    def test_without_a_terminal_progress_is_plain_lines(self):
        done = self.assay("run", "tpcc", "--target", self.url, *FAST, "--prepare", "--check", "--duration", "2s")
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        self.assertNotIn("\r", done.stdout + done.stderr)
        self.assertRegex(done.stderr, r"(?m)^loading tpcc: .*rows/s")
        self.assertRegex(done.stderr, r"(?m)^ +\d+ s  measure +terminals +[\d.k]+/s  p50 .* left$")
        self.assertIn("Operations, measured for 2s", done.stdout)

    def test_on_a_terminal_the_panel_is_redrawn_and_taken_away(self):
        self.prepare()
        written = self.on_a_terminal("run", "tpcc", "--target", self.url, *FAST, "--duration", "4s")
        # A panel is a title, a line for the whole and one for each of two groups; each but the first is drawn over the one before.
        panels = re.findall(r"tpcc on sqlite:\S+\s+measure  \d+ s, .* errors", written)
        erased = written.count(f"{ESCAPE}4A\r{ESCAPE}J")
        self.assertGreater(len(panels), 1)
        drawn = len(re.findall(r"tpcc on sqlite:\S+\s+(?:ramp|warmup|measure|drain)  \d+ s", written))
        self.assertEqual(erased, drawn, "each panel is erased, the last one before the table")
        self.assertLess(written.rfind(f"{ESCAPE}4A"), written.find("Operations, measured"))

    def test_on_a_narrow_terminal_no_line_of_the_panel_wraps_which_would_leave_pieces_of_it(self):
        self.prepare()
        written = self.on_a_terminal("run", "tpcc", "--target", self.url, *FAST, "--duration", "3s", columns=60)
        panels = re.findall(r"\x1b\[(\d+)A\r\x1b\[J((?:.*\r\n)*?.*?)(?=\x1b)", written)
        self.assertGreaterEqual(len(panels), 2)
        for _, panel in panels:
            for line in panel.split("\r\n"):
                self.assertLess(len(line), 60, line)

    def test_on_a_terminal_progress_is_one_line_redrawn(self):
        written = self.on_a_terminal("prepare", "tpcc", "--target", self.url, "--scale-down", "10", "--warehouses", "8")
        self.assertGreaterEqual(written.count(f"\r{ESCAPE}Kloading tpcc"), 2)
        self.assertIn("left", written)

    def test_no_color_takes_colors_away_and_nothing_else(self):
        result = self.folder / "r.json"
        self.prepare()
        self.run_tpcc("--result", result, "--quiet")
        colored = self.on_a_terminal("report", result)
        plain = self.on_a_terminal("report", result, env={"NO_COLOR": "1"})
        color = re.compile(r"\x1b\[[0-9;]*m")
        self.assertRegex(colored, color)
        self.assertNotIn("\x1b", plain)
        self.assertEqual(color.sub("", colored), plain)
        self.assertNotIn("\x1b", self.on_a_terminal("report", result, env={"TERM": "dumb"}))

    def test_every_format_of_the_report_tells_the_same(self):
        result = self.folder / "r.json"
        self.prepare()
        self.run_tpcc("--result", result, "--quiet")
        numbers = self.report(result)
        rows = list(csv.DictReader(io.StringIO(self.assay("report", result, "--format", "csv").stdout)))
        self.assertEqual([(r["group"], r["operation"], int(r["count"])) for r in rows],
                         [(o["group"], o["operation"], o["count"]) for o in numbers["operations"]])
        count = numbers["by_name"]["new_order"]["count"]
        self.assertGreater(count, 0)
        self.assertRegex(self.assay("report", result).stdout, rf"(?m)^ +new_order +{count} ")
        page = self.assay("report", result, "--format", "html").stdout
        self.assertTrue(page.lower().startswith("<!doctype html>"))
        self.assertIn("new_order", page)

    def test_the_series_is_a_block_for_each_interval(self):
        result = self.folder / "r.json"
        self.prepare()
        self.assay("run", "tpcc", "--target", self.url, *FAST, "--duration", "3s", "--result", result, "--quiet")
        rows = list(csv.DictReader(io.StringIO(self.assay("report", result, "--format", "csv", "--series").stdout)))
        self.assertGreaterEqual(len({r["start_s"] for r in rows}), 3)
        measured = [r for r in rows if r["operation"] == "new_order" and r["phase"] == "measure"]
        whole = self.report(result)["by_name"]["new_order"]
        self.assertEqual(sum(int(r["count"]) for r in measured), whole["completed"])
        self.assertIn("--series goes with --format csv", self.refused("report", result, "--series"))

    def test_a_report_is_written_to_a_file(self):
        result = self.folder / "r.json"
        self.prepare()
        self.run_tpcc("--result", result, "--quiet")
        done = self.assay("report", result, "--format", "html", "--output", self.folder / "deep" / "r.html")
        self.assertEqual(done.stdout, "")
        self.assertIn("new_order", (self.folder / "deep" / "r.html").read_text())
        self.refused("report", result, "--output", "/proc/none/r.txt", code=7)

    def test_a_report_that_nobody_reads_fails(self):
        result = self.folder / "r.json"
        self.prepare()
        self.run_tpcc("--result", result, "--quiet")
        with open("/dev/full", "w", encoding="utf-8") as full:
            process = self.start("report", result, stdout=full)
            self.assertIn("stdout cannot be written to", self.finish(process, 7).stderr)

    def test_who_closes_the_pipe_has_read_enough(self):
        read, write = os.pipe()
        os.close(read)
        with open(write, "wb") as closed:
            process = self.start("plan", "schema", stdout=closed)
            self.assertEqual(self.finish(process, 7).stderr, "")

    def test_a_result_that_nobody_reads_fails_the_run_and_is_saved(self):
        self.prepare()
        for options in ((), ("--json",)):
            with open("/dev/full", "w", encoding="utf-8") as full:
                process = self.start("run", "tpcc", "--target", self.url, *FAST, "--duration", "500ms", "--result", "r.json", *options,
                                     stdout=full)
                self.assertIn("stdout cannot be written to", self.finish(process, 7).stderr)
            self.report("r.json")
            (self.folder / "r.json").unlink()

    def test_that_nobody_hears_what_is_said_ends_nothing(self):
        self.prepare()
        run = ("run", "tpcc", "--target", self.url, *FAST, "--duration", "1500ms")
        with open("/dev/full", "w", encoding="utf-8") as full:
            self.finish(self.start(*run, "--result", "full.json", stderr=full))
        self.finish(self.start(*run, "--result", "closed.json", preexec_fn=lambda: os.close(2)))
        reader, writer = os.pipe()
        process = self.start(*run, "--result", "pipe.json", stderr=writer)
        os.close(writer)
        os.read(reader, 1)
        os.close(reader)  # while the run goes on
        self.finish(process)
        ours, theirs = pty.openpty()
        process = self.start(*run, "--result", "hung-up.json", stderr=theirs,
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        os.close(theirs)
        os.read(ours, 1)
        os.close(ours)
        self.finish(process)
        for name in ("full", "closed", "pipe", "hung-up"):
            self.assertGreater(self.report(f"{name}.json")["by_name"]["new_order"]["count"], 0, name)
        self.assertIn("consistent", self.assay("check", "tpcc", "--target", self.url).stderr)

    def test_a_database_is_not_opened_as_somebody_s_stderr(self):
        """With stderr closed, the next file to be opened would get its number, and what is said would be written into it."""
        self.finish(self.start("prepare", "kv", "--target", self.url, "--rows", "100", preexec_fn=lambda: os.close(2)))
        self.finish(self.start("run", "kv", "--target", self.url, "--duration", "500ms", preexec_fn=lambda: os.close(2)))
        self.assertEqual(self.rows("pragma integrity_check"), [("ok",)])


class ResultFileTest(ProgramTest):

    def setUp(self):
        super().setUp()
        self.prepare()

    def run_tpcc(self, *options, code=0, **more):
        return self.assay("run", "tpcc", "--target", self.url, *FAST, "--duration", "500ms", *options, code=code, **more)

    def test_the_result_has_a_readable_name_of_its_own_in_results(self):
        said = self.run_tpcc().stderr
        self.run_tpcc()
        names = sorted(p.name for p in (self.folder / "results").iterdir())
        self.assertEqual(len(names), 2)
        for name in names:
            self.assertRegex(name, r"^\d{4}-\d\d-\d\dT\d{6}Z-tpcc-sqlite-[0-9a-f]{4}\.json$")
        self.assertIn(re.search(r"result: results/(\S+)", said)[1], names)

    def test_a_result_that_cannot_be_written_is_told_before_the_run(self):
        before = self.contents()
        for path in ("/proc/none/r.json", self.folder, self.file / "r.json", "/dev/full"):
            said = self.refused("run", "tpcc", "--target", self.url, *FAST, "--duration", "1h", "--result", path, code=7)
            self.assertIn("cannot be written", said)
        self.assertEqual(self.contents(), before)

    def test_a_result_that_cannot_be_written_keeps_prepare_from_beginning(self):
        other = self.folder / "other.db"
        self.refused("run", "tpcc", "--target", f"sqlite:{other}", *FAST, "--prepare", "--result", "/proc/none/r.json", code=7)
        self.assertFalse(other.exists())

    def test_a_disk_without_room_for_a_result_is_told_before_the_run(self):
        with self.small_disk(8) as disk:
            said = self.refused("run", "tpcc", "--target", self.url, *FAST, "--duration", "1h", "--result", disk / "r.json", code=7)
            self.assertRegex(said, r"assay: .*r\.json cannot be written: .*No space left on device")
            self.assertEqual(list(disk.iterdir()), [])

    def test_a_disk_that_fills_up_in_the_run_fails_it_when_its_figures_have_been_shown(self):
        with self.small_disk(200) as disk:
            process = self.start("run", "tpcc", "--target", self.url, *FAST, "--duration", "2s", "--result", disk / "r.json")
            self.wait_for_text(process, "measure")
            with contextlib.suppress(OSError), open(disk / "somebody's", "wb", buffering=0) as file:
                while file.write(b"x" * 1024):
                    pass
            done = self.finish(process, 7)
            self.assertRegex(done.stderr, r"assay: .*r\.json cannot be written: .*No space left on device")
            self.assertIn("new_order", done.stdout, "what was measured is lost")
            self.assertEqual([p.name for p in disk.iterdir()], ["somebody's"], "half of a result, or its temporary file, was left")
        self.assertIn("consistent", self.assay("check", "tpcc", "--target", self.url).stderr)
        self.run_tpcc("--check")

    def test_the_result_holds_the_seed_the_options_and_the_versions(self):
        self.run_tpcc("--seed", "1", "--result", "r.json")
        result = json.loads((self.folder / "r.json").read_text())
        self.assertEqual(result["seed"], "1")
        self.assertEqual(result["workload"]["options"]["scale-down"], "100")
        self.assertEqual(result["targets"][0]["server"], "SQLite")
        self.assertFalse(result["partial"])
        self.assertNotEqual(result["verdict"]["verdict"], "fail")

    def test_the_result_of_a_real_run_is_what_the_schema_says(self):
        try:
            from jsonschema import Draft202012Validator
        except ImportError:
            self.skipTest("python3-jsonschema is not installed (tools/setup.sh test does)")
        self.run_tpcc("--check", "--result", "r.json")
        validator = Draft202012Validator(json.loads((ROOT / "docs" / "result.schema.json").read_text()))
        errors = validator.iter_errors(json.loads((self.folder / "r.json").read_text()))
        self.assertEqual([f"{error.json_path}: {error.message}" for error in errors], [])


class ExitCodesTest(ProgramTest):
    """Those of docs/exit-codes.md that have no test of their own elsewhere."""

    def test_what_strict_makes_decide_is_a_threshold(self):
        self.prepare()
        done = self.assay("run", "tpcc", "--target", self.url, *FAST, "--duration", "500ms", "--strict", code=4)
        self.assertIn("measurement interval", done.stdout)

    def test_a_condition_that_holds_fails_the_run_and_every_report_tells_it(self):
        run = ("run", "kv", "--target", "null:?memory=true&latency=2ms", "--rows", "100", "--prepare", "--mix", "get=1", "--count", "200",
               "--clients", "2", "--result", "r.json", "--fail-if")
        self.assay(*run, "p50(get) > 1s; errors > 0.1%; rate < 1/m")
        done = self.assay(*run, "p50(get) > 1ms; errors > 0.1%", code=4)
        self.assertRegex(done.stdout, r"FAIL +p50\(get\) > 1ms +p50\(get\) = 2\.\d+ ms +that it does not hold +--fail-if \(decides\)")
        self.assertRegex(done.stdout, r"PASS +errors > 0\.1% +errors = 0 %")
        self.assertIn("<failure message=\"p50(get) = 2.", self.assay("report", "r.json", "--format", "junit").stdout)
        self.assertIn("| ❌ | p50(get) \\> 1ms |", self.assay("report", "r.json", "--format", "markdown").stdout)
        # What cannot be judged does not pass.
        self.assertIn("cpu = ", self.assay(*run, "wait.p99(get) > 1h or cpu > 1h or figure(values_verified) < 1").stdout)
        self.assay(*run, 'failed("values verified")', code=4)
        self.assertIn("there is no requirement 'values verified'; expected one of every value read is what was written",
                      self.report("r.json")["verdict"]["reasons"][0])

    def test_a_condition_that_makes_no_sense_is_refused_before_the_run(self):
        for condition, message in (("p99(got) > 1ms", "there is no operation 'got'; expected one of all, get"),
                                   ("p99(get) > 1", "\np99(get) > 1\n            ^ 1 has no unit; expected a unit of time")):
            self.assertIn(message, self.refused("run", "kv", "--target", "null:?memory=true", "--rows", "100", "--prepare", "--quiet",
                                                "--fail-if", condition))

    def stopped_while_running(self, milliseconds, times, *options):
        """A constant rate on a target that answers at once; assay itself is stopped in the middle. Answers how it ended."""
        process = self.start("run", "kv", "--target", "null:?memory=true", "--rows", "1000", "--prepare", "--rate", "1000", "--clients", "4",
                             "--result", "r.json", *options)
        self.wait_for_text(process, r"(?m)^ +\d+ s  measure ")
        for _ in range(times):
            process.send_signal(signal.SIGSTOP)
            self.wait_for(lambda: "T (stopped)" in pathlib.Path(f"/proc/{process.pid}/status").read_text(), "the stop")
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=milliseconds / 1000)
            process.send_signal(signal.SIGCONT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.1)
        return process

    def test_a_run_that_assay_itself_spoiled_is_invalid(self):
        for milliseconds, times in ((1000, 1), (150, 4)):
            process = self.stopped_while_running(milliseconds, times, "--duration", "4s")
            self.assertRegex(self.finish(process, 5).stdout, r"INVALID(.|\n)*assay itself stood still for")
            stalled = [e for e in json.loads((self.folder / "r.json").read_text())["events"] if e["kind"] == "stalled"]
            self.assertGreaterEqual(sum(e["length_ns"] for e in stalled), 0.8e6 * milliseconds * times)

    def test_what_was_due_while_assay_stood_still_is_its_lag_and_not_the_target_s_wait(self):
        process = self.stopped_while_running(150, 1, "--duration", "3s")
        process.communicate(timeout=60)
        get = self.report("r.json")["by_name"]["get"]
        self.assertGreater(get["lag_ms"]["max"], 100)
        self.assertLess(get["wait_ms"]["max"], 100)

    def test_the_null_target_plays_its_script_under_load_only(self):
        # Each of the 1000 rows loaded and checked would take 10 ms, or fail.
        self.assay("run", "kv", "--target", "null:?memory=true&latency=100ms", "--rows", "1000", "--mix", "get=1", "--prepare", "--check",
                   "--clients", "1", "--count", "5", "--operation-timeout", "50ms", "--result", "r.json", code=4)
        self.assertEqual({f["kind"] for f in self.report("r.json")["failures"]}, {"timeout"})
        self.assay("run", "kv", "--target", "null:?memory=true&fail=rejected&fail-every=1", "--rows", "1000", "--mix", "get=1",
                   "--prepare", "--check", "--count", "5", code=4)

    def test_the_null_target_without_memory_says_that_it_keeps_nothing(self):
        self.assertIn("give memory=true: null:?memory=true", self.refused("run", "kv", "--target", "null:", "--prepare"))

    def test_inconsistent_data_is_named_and_fails_the_run(self):
        self.prepare()
        self.execute("delete from new_order where no_w_id = 1 and no_d_id = 1 and "
                     "no_o_id = (select max(no_o_id) - 1 from new_order where no_d_id = 1)")
        done = self.assay("run", "tpcc", "--target", self.url, *FAST, "--duration", "500ms", "--check", code=6)
        self.assertIn("3.3.2.3", done.stderr)
        self.assertRegex(done.stderr, r"no_w_id = 1, no_d_id = 1, min\(no_o_id\)")


if __name__ == "__main__":
    unittest.main()
