"""Runs that end early, or are repeated, because a person said when: --abort-if, --until-steady, --find-max.

The target is null, whose truth is scripted: with a latency of 10 ms and 2 sessions it answers 200 operations a second.
"""

import json
import resource
import signal
import time

from program import ProgramTest, needs_the_processor, unittest

NULL = "null:?memory=true&latency="
KV = ("--prepare", "--rows", "1", "--quiet", "--mix", "get=100")


class LoadTest(ProgramTest):

    def run_kv(self, latency, *options, code=0):
        """Runs against null; answers what was said and the result."""
        done = self.assay("run", "kv", "--target", NULL + latency, *KV, "--result", "r.json", *options, code=code)
        return done, json.loads((self.folder / "r.json").read_text())

    def measured(self, result):
        return next(p["length_ns"] for p in result["phases"] if p["phase"] == "measure") / 1e9


class SessionsTest(LoadTest):

    def test_sessions_that_the_machine_has_no_threads_for_are_told_and_nothing_hangs(self):
        self.assay("prepare", "kv", "--target", self.url, "--rows", "100")
        address_space = 2_000_000_000
        said = self.refused("run", "kv", "--target", self.url, "--clients", "20000", "--sessions", "20000", "--quiet", code=3,
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space)))
        self.assertRegex(said, r"no thread for session \d+ of 20000")


class AbortTest(LoadTest):

    def test_a_run_ends_when_the_condition_holds_and_fails(self):
        begun = time.monotonic()
        done, result = self.run_kv("1ms", "--rate", "100", "--duration", "60s", "--abort-if", "errors > 0; count > 150", code=4)
        self.assertLess(time.monotonic() - begun, 30)
        self.assertTrue(result["partial"])
        self.assertEqual([e["kind"] for e in result["events"]], ["aborted"])
        # Looked at after each second: 100 operations are not above 150, 200 are.
        self.assertGreater(self.measured(result), 2)
        self.assertRegex(result["verdict"]["reasons"][0], r"aborted: count > 150 after 2s of measuring: count = 200")
        self.assertIn("FAIL", done.stdout)

    def test_a_condition_that_never_holds_changes_nothing(self):
        _, result = self.run_kv("1ms", "--rate", "100", "--duration", "2s", "--abort-if", "p99 > 1s")
        self.assertEqual(result["verdict"]["verdict"], "pass")
        self.assertEqual(result["events"], [])

    def test_what_is_known_only_at_the_end_is_refused(self):
        for condition in ("figure(x) > 1", "failed", "cpu > 1us", "abandoned > 0"):
            self.assertIn("is known only when all is over; expected it in --fail-if",
                          self.refused("run", "kv", "--target", NULL + "1ms", *KV, "--abort-if", condition))

    def test_an_empty_condition_and_a_kind_of_event_that_there_is_not_are_refused(self):
        run = ("run", "kv", "--target", NULL + "1ms", *KV)
        for option in ("--fail-if", "--abort-if", "--find-max"):
            for empty in ("", " ; "):
                self.assertIn(f"{option} is empty; expected a condition", self.refused(*run, option, empty))
            self.assertIn("'outtage' is no kind of event; expected one of outage,", self.refused(*run, option, "event(outtage) > 0"))

    def test_an_operation_that_there_is_not_is_named(self):
        self.assertIn("there is no operation 'gets'; expected one of",
                      self.refused("run", "kv", "--target", NULL + "1ms", *KV, "--abort-if", "p99(gets) > 1s"))
        self.refused("run", "kv", "--target", self.url, "--prepare", "--rows", "100", "--duration", "1s", "--fail-if", "p99(gets) > 1s")
        self.assertFalse(self.file.exists(), "it is told before anything is loaded")


class SteadyTest(LoadTest):

    def test_a_steady_load_ends_when_it_was_steady_for_so_long(self):
        _, result = self.run_kv("1ms", "--rate", "200", "--duration", "60s", "--until-steady", "10s", "--steady-limit", "20")
        self.assertFalse(result["partial"])
        self.assertGreaterEqual(self.measured(result), 10)
        self.assertLess(self.measured(result), 40)
        self.assertEqual([e["kind"] for e in result["events"]], ["steady"])
        self.assertEqual([r["verdict"] for r in result["requirements"] if r["name"] == "steady"], ["pass"])

    def test_a_load_that_grows_is_not_steady_and_the_run_fails(self):
        _, result = self.run_kv("1ms", "--rate", "100..600@12s", "--duration", "12s", "--until-steady", "10s", code=4)
        steady = [r for r in result["requirements"] if r["name"] == "steady"]
        self.assertEqual(steady[0]["verdict"], "fail")
        # From 100 to 600 in 12 s: the line of the last 10 s rises by about 10/12 of 500 over a mean of about 390.
        self.assertRegex(steady[0]["actual"], r"throughput drift \+(8|9|10|11)\d?\.\d %")

    def test_windows_that_cannot_be_judged_are_refused(self):
        for options, answer in ((("--until-steady", "5s"), "expected 10s or more"),
                                (("--until-steady", "30s", "--duration", "20s"), "expected more"),
                                (("--steady-limit", "3"), "no effect without --until-steady")):
            self.assertIn(answer, self.refused("run", "kv", "--target", NULL + "1ms", *KV, *options))


class FindMaxTest(LoadTest):

    def search(self, *options, code=0):
        return self.run_kv("10ms", "--clients", "2", "--sessions", "2", "--duration", "1s", "--find-max-precision", "25",
                           "--find-max-steps", "2", *options, code=code)

    @needs_the_processor
    def test_finds_what_two_sessions_of_ten_milliseconds_can_do(self):
        done, result = self.search("--find-max", "p99 < 60ms and errors == 0")
        self.assertIn(("highest_rate", result["search"]["highest"]), [(f["name"], f["value"]) for f in result["figures"]])
        found = result["search"]
        self.assertTrue(found["complete"])
        # They answer at most 200 a second. Above it what waits grows by the rest: at 5 % more 50 ms in the second.
        self.assertLessEqual(found["highest"], 212)
        self.assertGreater(found["highest"], 150)
        self.assertGreater(found["lowest_failed"], 190)
        self.assertLessEqual(found["lowest_failed"], found["highest"] * 1.2501)
        self.assertEqual(found["held"], 2)
        held = [s for s in found["steps"] if s["rate"] == found["highest"]]
        self.assertEqual([s["held"] for s in held], [True, True])
        self.assertTrue(all("p99 =" in s["why"] for s in found["steps"]))
        # The run that is reported is the last step, at the highest rate.
        self.assertIn(f"constant {found['highest']:.3g}"[:11], result["schedule"])
        self.assertIn("Search for the highest rate with p99 < 60ms and errors == 0", done.stdout)
        self.assertRegex(done.stdout, r"held in 2 of 2 steps \(so it does in at least 22 % of all, with 95 % confidence\)")

    @needs_the_processor
    def test_begins_with_the_rate_that_is_given(self):
        _, result = self.search("--rate", "50", "--find-max", "p99 < 60ms")
        rates = [s["rate"] for s in result["search"]["steps"]]
        self.assertEqual(rates[:2], [50, 100])

    @needs_the_processor
    def test_a_step_in_which_assay_itself_stood_still_is_taken_again(self):
        process = self.start("run", "kv", "--target", NULL + "1ms", "--prepare", "--rows", "1", "--mix", "get=100", "--rate", "20", "--duration", "2s",
                             "--find-max", "p50 < 1s", "--find-max-steps", "1", "--find-max-precision", "100", "--result", "r.json")
        said = self.wait_for_text(process, "find-max: step 1: .* (held|did not hold): ")
        time.sleep(0.5)  # in step 2
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.8)
        process.send_signal(signal.SIGCONT)
        said += self.wait_for_text(process, "find-max: step 2: [^\n]* is taken again: assay itself was the limit: ")
        said += self.wait_for_text(process, "find-max: step 2: .* held: ")
        self.interrupt(process)
        self.finish(process, 130)
        step = json.loads((self.folder / "r.json").read_text())["search"]["steps"][1]
        self.assertTrue(step["held"], said)
        self.assertIn("taken again because assay itself was the limit", step["why"])

    def test_where_no_rate_holds_the_run_fails(self):
        done, result = self.search("--rate", "100", "--find-max", "p50 < 1ms", code=4)
        self.assertEqual(result["search"]["highest"], 0)
        self.assertFalse(result["search"]["complete"])
        self.assertIn("no rate held", done.stdout)

    def test_combinations_without_sense_are_refused(self):
        for options, answer in ((("--find-max", "p99 < 1s", "--rate", "1..9@3s"), "expected a constant one"),
                                (("--find-max", "p99 < 1s", "--rate", "10@3s,20"), "expected a constant one"),
                                (("--find-max", "p99 < 1s", "--count", "5"), "expected --duration"),
                                (("--find-max", "p99 <"), "^"),
                                (("--find-max-steps", "4"), "no effect without --find-max")):
            self.assertIn(answer, self.refused("run", "kv", "--target", NULL + "1ms", *KV, *options))

    def test_an_interrupt_ends_the_search_and_keeps_what_was_found(self):
        process = self.start("run", "kv", "--target", NULL + "10ms", "--prepare", "--rows", "1", "--mix", "get=100", "--rate", "10",
                             "--duration", "2s", "--find-max", "p99 < 60ms", "--result", "r.json")
        self.wait_for_text(process, "find-max: step 1: .* (held|did not hold): ")
        self.interrupt(process)
        self.finish(process, 130)
        found = json.loads((self.folder / "r.json").read_text())["search"]
        self.assertGreaterEqual(len(found["steps"]), 1)
        self.assertFalse(found["complete"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
