"""Ctrl-C in every phase, and kill -9 in the middle of a load, on SQLite."""

import contextlib
import json
import pathlib
import signal
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from program import FAST, ProgramTest, unittest

LOAD = ("--scale-down", "10", "--warehouses", "4")  # takes seconds, so that it can be caught in the middle


class InterruptTest(ProgramTest):

    def interrupted(self, process):
        """Ctrl-C: the program says so, ends with 130 and shows no inner workings."""
        self.interrupt(process)
        done = self.finish(process, 130)
        for word in ("terminate called", "Aborted", "core dumped", "Assertion", "Traceback"):
            self.assertNotIn(word, done.stderr)
        return done

    def interrupt_in(self, phase, *options):
        """A run that is stopped as soon as it says that it is in this phase; answers the result."""
        self.prepare(workload="kv")
        process = self.start("run", "kv", "--target", self.url, "--rows", "1000", "--mix", "get=50,put=50", "--clients", "2", "--result",
                             "r.json", *options)
        self.wait_for_text(process, rf"(?m)^ +\d+ s  {phase} ")
        done = self.interrupted(process)
        self.assertIn("result: r.json", done.stderr)
        result = json.loads((self.folder / "r.json").read_text())
        self.assertTrue(result["partial"])
        self.assertIn("interrupted", [e["kind"] for e in result["events"]])
        self.assertRegex(self.assay("report", "r.json").stdout, "(?i)partial|interrupted")
        self.assay("check", "kv", "--target", self.url)
        return result

    def phases(self, result):
        return [p["phase"] for p in result["phases"]]

    def test_ctrl_c_in_the_ramp_saves_what_was_measured(self):
        result = self.interrupt_in("ramp", "--ramp-up", "1h", "--duration", "1h")
        self.assertNotIn("measure", self.phases(result))
        self.assertEqual(result["verdict"]["verdict"], "fail", "nothing was measured")

    def test_ctrl_c_in_the_warm_up_saves_what_was_measured(self):
        result = self.interrupt_in("warmup", "--warmup", "1h", "--duration", "1h")
        self.assertNotIn("measure", self.phases(result))
        self.assertEqual(result["verdict"]["verdict"], "fail", "nothing was measured")

    def test_ctrl_c_while_measuring_saves_what_was_measured(self):
        result = self.interrupt_in("measure", "--duration", "1h")
        self.assertIn("measure", self.phases(result))
        numbers = self.report("r.json")
        self.assertGreater(numbers["by_name"]["get"]["count"], 0)
        measured = next(p for p in result["phases"] if p["phase"] == "measure")
        self.assertLess(measured["length_ns"], 60e9)

    def test_ctrl_c_in_the_drain_saves_what_was_measured(self):
        # What is due and cannot end: somebody else has the file locked.
        self.prepare(workload="kv")
        process = self.start("run", "kv", "--target", self.url + "?busy-timeout=1h", "--rows", "1000", "--mix", "put=1", "--rate", "50", "--result", "r.json",
                             "--duration", "2s", "--drain", "1h", "--operation-timeout", "1h")
        self.wait_for_text(process, r"(?m)^ +\d+ s  measure ")
        with contextlib.closing(sqlite3.connect(self.file, timeout=30)) as database:
            database.execute("begin immediate")
            self.wait_for_text(process, r"(?m)^ +\d+ s  drain ")
            self.interrupted(process)
        result = json.loads((self.folder / "r.json").read_text())
        self.assertTrue(result["partial"])
        self.assertGreater(self.report("r.json")["by_name"]["put"]["count"], 0)
        self.assay("check", "kv", "--target", self.url)

    def test_ctrl_c_in_a_run_of_tpcc_leaves_its_data_consistent(self):
        self.prepare()
        process = self.start("run", "tpcc", "--target", self.url, *FAST, "--duration", "1h", "--check")
        self.wait_for_text(process, r"(?m)^ +\d+ s  measure ")
        done = self.interrupted(process)
        self.assertIn("check after the run: consistent", done.stderr)
        self.assertIn("PASS  New-Orders in the target", done.stdout)

    def test_sigterm_does_as_ctrl_c(self):
        self.prepare(workload="kv")
        process = self.start("run", "kv", "--target", self.url, "--rows", "1000", "--duration", "1h", "--result", "r.json")
        self.wait_for_text(process, r"(?m)^ +\d+ s  measure ")
        process.send_signal(signal.SIGTERM)
        self.finish(process, 130)
        self.assertTrue(json.loads((self.folder / "r.json").read_text())["partial"])

    def test_two_signals_in_one_moment_are_one_request(self):
        # As `timeout` sends them, to its child and to the group.
        self.prepare(workload="kv")
        process = self.start("run", "kv", "--target", self.url, "--rows", "1000", "--duration", "1h", "--result", "r.json")
        self.wait_for_text(process, r"(?m)^ +\d+ s  measure ")
        process.send_signal(signal.SIGSTOP)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGCONT)
        self.assertNotIn("ended at once", self.finish(process, 130).stderr)
        self.assertTrue(json.loads((self.folder / "r.json").read_text())["partial"])

    def test_a_second_ctrl_c_ends_at_once(self):
        # The first leaves what is under way its time, and that waits for somebody's lock.
        self.prepare(workload="kv")
        process = self.start("run", "kv", "--target", self.url + "?busy-timeout=1h", "--rows", "1000", "--mix", "put=1", "--rate", "50",
                             "--duration", "1h", "--drain", "1h", "--operation-timeout", "1h")
        self.wait_for_text(process, r"(?m)^ +\d+ s  measure ")
        with contextlib.closing(sqlite3.connect(self.file, timeout=30)) as database:
            database.execute("begin immediate")
            self.interrupt(process)
            self.wait_for_text(process, "stopping; what was measured is saved. Once more to end at once")
            self.wait_for_text(process, r"(?m)^ +\d+ s  drain ")
            self.interrupt(process)
            self.assertIn("ended at once", self.finish(process, 130).stderr)
        self.assay("check", "kv", "--target", self.url)

    def test_ctrl_c_ends_a_load_that_waits_for_somebody_s_lock(self):
        load = ("--scale-down", "10", "--warehouses", "100")
        process = self.start("prepare", "tpcc", "--target", self.url + "?busy-timeout=1h", "--operation-timeout", "1h", *load)
        self.wait_for(lambda: self.chunks() >= 1, "the first rows")
        with contextlib.closing(sqlite3.connect(self.file, timeout=30)) as database:
            database.execute("begin immediate")
            self.assertIsNone(process.poll(), "the load was over before the lock was had")
            self.assertIn("what was loaded stays", self.interrupted(process).stderr)
        self.assay("cleanup", "tpcc", "--target", self.url)
        self.assertEqual(self.tables(), set())

    def test_ctrl_c_in_prepare_can_be_resumed(self):
        whole = self.uninterrupted()
        process = self.start("prepare", "tpcc", "--target", self.url, *LOAD)
        self.wait_for(lambda: self.chunks() >= 3, "the first rows")
        self.assertIn("interrupted", self.interrupted(process).stderr)
        self.assertLess(self.chunks(), 2 * 12 + 1)
        self.assertIn("not finished", self.refused("run", "tpcc", "--target", self.url, *LOAD))
        self.assertIn("going on with the load", self.assay("prepare", "tpcc", "--target", self.url, *LOAD).stderr)
        self.assertEqual(self.contents(), whole)

    # What the tests of prepare have in common.

    def uninterrupted(self):
        file = self.folder / "whole.db"
        self.assay("prepare", "tpcc", "--target", f"sqlite:{file}", *LOAD, "--quiet")
        return self.contents(file)

    def entries(self):
        """assay's own record, empty as long as there is none."""
        try:
            with contextlib.closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as database:
                return dict(database.execute("select name, value from assay_meta where workload = 'tpcc'"))
        except sqlite3.Error:
            return {}

    def chunks(self):
        return sum(name.startswith("load/") for name in self.entries())

    def killed_when(self, condition, what):
        process = self.start("prepare", "tpcc", "--target", self.url, *LOAD, stderr=None)
        self.wait_for(lambda: condition() or process.poll() is not None, what)
        self.assertIsNone(process.poll(), f"the load was over before {what}")
        process.kill()
        process.wait()

    def test_kill_in_the_middle_of_a_load_can_be_resumed_to_the_same_data(self):
        whole = self.uninterrupted()
        seen = []
        for condition, what in ((lambda: "state" in self.entries(), "its record was there"),
                                (lambda: self.chunks() >= 1, "the first rows"),
                                (lambda: self.chunks() >= 8, "a third of the rows"),
                                (lambda: self.chunks() >= 20, "most rows")):
            self.killed_when(condition, what)
            seen.append(self.chunks())
            self.refused("run", "tpcc", "--target", self.url, *LOAD)
        self.assertEqual(seen, sorted(seen), "what was loaded stays loaded")
        self.assay("prepare", "tpcc", "--target", self.url, *LOAD)
        self.assertEqual(self.contents(), whole)
        self.assay("check", "tpcc", "--target", self.url)

    def test_kill_at_any_time_leaves_something_that_can_be_resumed(self):
        whole = self.uninterrupted()
        killed = 0
        for milliseconds in range(10, 2000, 35):
            process = self.start("prepare", "tpcc", "--target", self.url, *LOAD, "--quiet")
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=milliseconds / 1000)
            if process.poll() is not None:
                self.finish(process)
                break
            process.kill()
            process.wait()
            killed += 1
        self.assertGreater(killed, 2)
        self.assay("prepare", "tpcc", "--target", self.url, *LOAD)
        self.assertEqual(self.contents(), whole)

    def test_kill_at_any_time_in_a_load_of_kv_leaves_something_that_can_be_resumed(self):
        load = ("prepare", "kv", "--rows", "30k", "--quiet", "--target")
        whole = self.folder / "whole.db"
        self.assay(*load, f"sqlite:{whole}")
        killed = 0
        for milliseconds in range(5, 2000, 20):
            process = self.start(*load, self.url)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=milliseconds / 1000)
            if process.poll() is not None:
                self.finish(process)
                break
            process.kill()
            process.wait()
            killed += 1
        self.assertGreater(killed, 2)
        self.assay(*load, self.url)
        self.assertEqual(self.contents(), self.contents(whole))
        self.assay("check", "kv", "--target", self.url, "--rows", "30k")

    def test_kill_while_indexes_are_made_can_be_resumed_to_the_same_data(self):
        whole = self.uninterrupted()
        self.killed_when(lambda: self.entries().get("state") == "indexing", "the indexes")
        self.assay("prepare", "tpcc", "--target", self.url, *LOAD)
        self.assertEqual(self.contents(), whole)
        self.assay("check", "tpcc", "--target", self.url)

    def test_what_a_killed_load_left_can_be_cleaned_up(self):
        self.killed_when(lambda: self.chunks() >= 3, "the first rows")
        self.assay("cleanup", "tpcc", "--target", self.url)
        self.assertEqual(self.tables(), set())

    def test_what_a_killed_clean_up_left_is_never_taken_for_the_whole(self):
        for workload, size in (("tpcc", LOAD), ("kv", ("--rows", "30k"))):
            table = "order_line" if workload == "tpcc" else "assay_kv"
            for again in ("cleanup", "prepare"):
                self.assay("prepare", workload, "--target", self.url, *size)
                process = self.start("cleanup", workload, "--target", self.url)
                # Its record says so before the first table goes.
                self.wait_for(lambda: process.poll() is not None or self.removing(), "the clean-up")
                process.kill()
                process.wait()
                if self.file.exists() and self.removing():
                    for verb in ("run", "check"):
                        self.assertIn("was not finished", self.refused(verb, workload, "--target", self.url))
                self.assay(again, workload, "--target", self.url, *(size if again == "prepare" else ()))
                if again == "prepare":
                    self.assay("check", workload, "--target", self.url)
                    self.assertIn(table, self.tables())
                self.assay("cleanup", workload, "--target", self.url)
                self.assertEqual(self.tables(), set())

    def removing(self):
        try:
            return bool(self.rows("select 1 from assay_meta where value = 'removing' or name = 'removing'"))
        except sqlite3.OperationalError:  # locked, or gone already
            return False


if __name__ == "__main__":
    unittest.main()
