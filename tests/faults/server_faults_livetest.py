"""A real server of the test's own that is frozen, killed and brought back under load."""

import base64
import json
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from database_server import FAST, OwnServerTest, unittest


def state_of(pid):
    """The letter of /proc/PID/stat: T is stopped, Z is dead; "" when there is no such process."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1]
    except OSError:
        return ""


class Watch(threading.Thread):
    """Notes when a process stopped, went on and ended, closer than the scripts that make it do so can tell."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.stopped, self.resumed, self.ended, self.over = pid, None, None, None, False
        self.start()

    def run(self):
        while not self.over and self.ended is None:
            state, now = state_of(self.pid), time.monotonic()
            if state == "T" and self.stopped is None:
                self.stopped = now
            elif state != "T" and self.stopped is not None and self.resumed is None:
                self.resumed = now
            if state in ("", "Z", "X"):
                self.ended = now
            time.sleep(0.001)


def buckets(text):
    """A histogram of the result as docs/result.md describes it: (lower bound in ns, count) of each bucket that is not empty."""
    data = base64.b64decode(text)
    numbers, value, shift = [], 0, 0
    for byte in data[1:]:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(value)
            value = shift = 0
    index, out = -1, []
    for gap, count in zip(numbers[3::2], numbers[4::2]):
        index += gap + 1
        octave, step = divmod(index, 128)
        out.append((index if octave == 0 else (128 + step) << (octave - 1), count))
    return out


def stalled_quantile(q, stall, duration):
    """Rate r, hardly any service time, nothing answered from a to a + s in a run of length d. The r·s operations due in the
    stall end with it: one due at a + u takes s − u, u uniform on [0, s]. All others take next to nothing. So the fraction that
    takes longer than x is (s − x)/d, and the q-quantile of the response is s − (1 − q)·d."""
    return stall - (1 - q) * duration


class FrozenServerTest(OwnServerTest):

    def test_a_frozen_server_shows_in_response_as_theory_says_and_in_service_once_a_session(self):
        duration, rate, sessions = 5, 100, 4
        self.prepare(workload="kv")
        process = self.start("run", "kv", "--target", self.url, "--rows", "1000", "--mix", "get=1", "--rate", rate, "--clients", "50",
                             "--sessions", sessions, "--duration", f"{duration}s", "--result", "r.json")
        self.wait_for_text(process, "measure")
        backends = self.wait_for(self.serving, "sessions")
        watch = Watch(backends[0])
        self.server_script("freeze")
        self.wait_for(lambda: watch.stopped, "the freeze")
        time.sleep(max(0.0, watch.stopped + 0.9 - time.monotonic()))
        self.server_script("thaw")
        self.finish(process)  # 0: the target's slowness makes no run invalid
        stall = watch.resumed - watch.stopped
        watch.over = True
        numbers = self.report("r.json")
        get = numbers["by_name"]["get"]
        self.assertEqual((get["count"], get["errors"]), (duration * rate, 0))
        for name, q in (("p90", 0.90), ("p95", 0.95), ("p99", 0.99)):
            want = 1000 * stalled_quantile(q, stall, duration)
            self.assertLess(abs(get["response_ms"][name] - want), 0.1 * want, f"{name}: {get['response_ms']}, stall {stall}")
        self.assertLess(get["response_ms"]["p50"], 100)
        # What a tool would say that starts the clock when it sends.
        result = json.loads((self.folder / "r.json").read_text())
        service = buckets(result["groups"][0]["operations"][0]["phases"]["measure"]["service"])
        self.assertEqual(sum(count for _, count in service), duration * rate)
        shown = sum(count for low, count in service if low > 0.5e9)
        self.assertGreaterEqual(shown, 1)
        self.assertLessEqual(shown, sessions)


class StoppedInFrontOfAFrozenServerTest(OwnServerTest):
    """One Ctrl-C ends a command that waits for a server which does not answer; without it, it would wait for the time-outs."""

    TIMEOUTS = ("--connect-timeout", "1h", "--operation-timeout", "1h")

    def interrupted_within(self, seconds, process, says):
        self.interrupt(process)
        began = time.monotonic()
        done = self.finish(process, 130)
        self.assertLess(time.monotonic() - began, seconds)
        self.assertIn(says, done.stderr)
        return done

    def frozen(self):
        self.server_script("freeze")
        self.addCleanup(self.server_script, "thaw")

    def test_before_anything_is_known_of_the_server(self):
        self.prepare(workload="kv")
        self.frozen()
        for verb, says in (("prepare", "what was loaded stays"), ("check", "nothing was changed"), ("cleanup", "called again"),
                           ("run", "what was measured is saved")):
            process = self.start(verb, "kv", "--target", self.url, *self.TIMEOUTS)
            self.wait_for(lambda process=process: self.connecting(process.pid), f"{verb} to connect")
            self.interrupted_within(20, process, says)

    def connecting(self, pid):
        """Whether the process has a socket."""
        try:
            return any("socket:" in str(p.readlink()) for p in pathlib.Path(f"/proc/{pid}/fd").iterdir())
        except OSError:
            return False

    def test_in_the_middle_of_a_load(self):
        load = ("prepare", "tpcc", "--target", self.url, "--scale-down", "10", "--warehouses", "16")
        process = self.start(*load, *self.TIMEOUTS)
        self.wait_for_text(process, "loading tpcc")
        self.server_script("freeze")
        self.interrupted_within(20, process, "what was loaded stays")
        self.server_script("thaw")
        self.assertIn("going on with the load", self.assay(*load).stderr)
        self.assay("check", "tpcc", "--target", self.url)

    def test_a_run_whose_server_stands_still_at_its_end_is_saved_and_can_be_ended(self):
        self.prepare()
        process = self.start("run", "tpcc", "--target", self.url, *FAST, "--duration", "3s", "--drain", "1s", "--result", "r.json",
                             *self.TIMEOUTS)
        self.wait_for_text(process, r"(?m)^ +\d+ s  measure +terminals ")
        self.frozen()
        # Right after the load: what comes then asks the server.
        self.wait_for(lambda: (self.folder / "r.json").exists() and (self.folder / "r.json").stat().st_size > 0, "the result", 30)
        self.interrupted_within(20, process, "what was measured is saved")
        self.assertGreater(self.report("r.json")["by_name"]["new_order"]["count"], 0)


    def test_who_stops_a_run_in_front_of_it_does_not_wait_for_the_drain_nor_for_the_time_outs(self):
        self.prepare()
        process = self.start("run", "tpcc", "--target", self.url, *FAST, "--duration", "1h", "--drain", "10m", "--result", "r.json",
                             *self.TIMEOUTS)
        self.wait_for_text(process, r"(?m)^ +\d+ s  measure +terminals ")
        self.frozen()
        # 3 s for what is under way, 3 s for what asks the server behind the run, 1 s to take its mark away.
        self.interrupted_within(30, process, "what was measured is saved")
        self.assertGreater(self.report("r.json")["by_name"]["new_order"]["count"], 0)


class ServerThatNeverAnswersAgainTest(OwnServerTest):

    def test_a_run_whose_server_stood_still_until_its_end_is_no_pass(self):
        self.prepare(workload="kv")
        for options in ((), ("--operation-timeout", "1s"), ("--rate", "200")):
            process = self.start("run", "kv", "--target", self.url, "--clients", "8", "--duration", "3s", "--drain", "1s",
                                 "--connect-timeout", "1s", "--result", "r.json", *options)
            self.wait_for_text(process, r"(?m)^ +\d+ s  measure ")
            self.server_script("freeze")
            try:
                self.finish(process, 3)
            finally:
                self.server_script("thaw")
            numbers = self.report("r.json")
            self.assertEqual(numbers["verdict"]["verdict"], "fail", options)
            kinds = {event["kind"] for event in numbers["events"]}
            self.assertTrue(kinds & {"unanswered", "outage"}, f"{options}: {kinds}")


class KilledServerTest(OwnServerTest):

    def events(self, numbers, kind):
        return [event for event in numbers["events"] if event["kind"] == kind]

    def crash(self, freeze_first):
        """A run of TPC-C in which the server is killed and started again; answers the numbers, and how long it was away at
        least and at most."""
        self.prepare("--warehouses", "4")
        process = self.start("run", "tpcc", "--target", self.url, *FAST, "--warehouses", "4", "--clients", "16", "--duration", "9s",
                             "--result", "r.json", "--check")
        self.wait_for_text(process, r"(?m)^ +\d+ s  measure +terminals ")
        watch = Watch(self.wait_for(self.serving, "sessions")[0])
        began = time.monotonic()
        if freeze_first:
            self.server_script("freeze")
        self.server_script("kill")
        killed = self.wait_for(lambda: watch.ended, "the end of the server")
        time.sleep(0.5)
        starting = time.monotonic()
        self.server_script("start")
        ready = time.monotonic()
        done = self.finish(process)
        self.assertIn("check after the run: consistent", done.stderr)
        self.assay("check", "tpcc", "--target", self.url)
        return self.report("r.json"), starting - killed, ready - began

    def assert_survived(self, numbers, least, most):
        self.assertNotEqual(numbers["verdict"]["verdict"], "fail", numbers["verdict"])
        # One for both groups of the run, the terminals and the deferred deliveries, and nothing of it told twice.
        outages = self.events(numbers, "outage")
        self.assertEqual((len(outages), self.events(numbers, "sessions_lost")), (1, []), numbers["events"])
        length = outages[0]["length_s"]
        self.assertGreaterEqual(length, least)
        # A session comes back at the latest one pause of its back-off (1.5 s) and an operation after the server did.
        self.assertLessEqual(length, most + 3)
        kinds = {failure["kind"] for failure in numbers["failures"]}
        self.assertTrue(kinds and kinds <= {"disconnected", "overloaded"}, numbers["failures"])
        errors = sum(o["errors"] for o in numbers["by_name"].values())
        self.assertGreater(errors, 0)
        self.assertGreater(numbers["by_name"]["new_order"]["count"], 0)
        # The database's own count of New-Orders is ours, but for those of which nobody knows.
        check = [r for r in numbers["requirements"] if r["name"] == "New-Orders in the target"]
        self.assertEqual([r["verdict"] for r in check], ["pass"])
        figures = {f["name"]: f["value"] for f in numbers["figures"]}
        surplus = figures["new_orders_in_target"] - figures["new_orders_committed"]
        self.assertGreaterEqual(surplus, 0)
        self.assertLessEqual(surplus, numbers["in_doubt"])

    def test_a_server_that_is_killed_and_started_again_is_an_outage_and_the_run_goes_on(self):
        numbers, least, most = self.crash(freeze_first=False)
        self.assert_survived(numbers, least, most)
        # After the outage the load was there again: the last second that was measured is not empty.
        self.assay("report", "r.json", "--format", "csv", "--series", "--output", "s.csv")
        last = [line.split(",") for line in (self.folder / "s.csv").read_text().splitlines() if ",measure,terminals,all," in line][-1]
        self.assertGreater(int(last[5]), 0)

    def test_commits_that_a_crash_left_unanswered_are_counted_as_in_doubt(self):
        # Frozen first: what was sent then stays unanswered for ever, commits among it.
        numbers, least, most = self.crash(freeze_first=True)
        self.assert_survived(numbers, least, most)
        self.assertGreater(numbers["in_doubt"], 0)

    def test_a_server_that_does_not_come_back_ends_the_run_with_what_was_measured(self):
        self.prepare()
        process = self.start("run", "tpcc", "--target", self.url, *FAST, "--duration", "3s", "--drain", "1s", "--connect-timeout", "1s",
                             "--result", "r.json")
        self.wait_for_text(process, r"(?m)^ +\d+ s  measure +terminals ")
        self.server_script("kill")
        self.assertIn("result: r.json", self.finish(process, 3).stderr)
        numbers = self.report("r.json")
        self.assertIn("nothing worked again before the end of the run", " ".join(e["text"] for e in self.events(numbers, "outage")))
        self.assertGreater(numbers["by_name"]["new_order"]["count"], 0)
        self.assertEqual(numbers["verdict"]["verdict"], "fail")
        self.assertIn("after the run: ", " ".join(numbers["verdict"]["reasons"]))

    def test_a_run_of_kv_whose_server_does_not_come_back_ends_with_3_too(self):
        self.prepare(workload="kv")
        process = self.start("run", "kv", "--target", self.url, "--duration", "3s", "--drain", "1s", "--connect-timeout", "1s",
                             "--result", "r.json")
        self.wait_for_text(process, r"(?m)^ +\d+ s  measure ")
        self.server_script("kill")
        self.finish(process, 3)
        self.assertIn(f"cannot use {self.url.split('@')[0]}@", " ".join(self.report("r.json")["verdict"]["reasons"]))

    def test_a_run_of_tpcc_that_was_killed_takes_nothing_from_the_next_one_on_a_server(self):
        self.prepare()
        process = self.start("run", "tpcc", "--target", self.url, *FAST, "--duration", "1h")
        self.wait_for_text(process, r"(?m)^ +\d+ s  measure +terminals ")
        process.kill()
        process.wait()
        self.assay("run", "tpcc", "--target", self.url, *FAST, "--duration", "500ms", "--result", "r.json")
        check = [r for r in self.report("r.json")["requirements"] if r["name"] == "New-Orders in the target"]
        self.assertEqual([r["verdict"] for r in check], ["pass"])


if __name__ == "__main__":
    unittest.main()
