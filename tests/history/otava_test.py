"""Our change points against those of Apache Otava (formerly Hunter, of DataStax), a public program for the same purpose, on the
same series. Installs it from PyPI once, beside the build; without PyPI these tests are skipped.

Otava has two algorithms: E-divisive as published, of which ours differs by the shortest segment, and its own, with a t-test in
windows. docs/history.md tells the differences.
"""

import json
import pathlib
import random
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))
from pypi import BUILD, python_with  # noqa: E402

OURS = BUILD / "tests" / "tools" / "change_points"
PACKAGES = ("apache-otava==0.8.0", "numpy==2.2.6", "scipy==1.16.3")  # of its dependencies those that the algorithms need
LEAST = 5


def otava(series, least=LEAST):
    said = subprocess.run([python_with("otava", *PACKAGES), HERE / "otava_reference.py"], input=json.dumps({"least": least, "series": series}), text=True,
                          capture_output=True, check=True)
    return json.loads(said.stdout)


def ours(series, least=LEAST):
    lines = "\n".join(" ".join(map(repr, values)) for values in series) + "\n"
    said = subprocess.run([OURS, "--q", "--least", str(least)], input=lines, text=True, capture_output=True, check=True)
    answers = [json.loads(line) for line in said.stdout.splitlines()]
    for answer in answers:
        answer["changes"] = [change["index"] for change in answer["changes"]]
    return answers


def stretches(seed, deviation, *levels):
    """Normal values around levels, each (level, count)."""
    chance = random.Random(seed)
    return [level + deviation * chance.gauss(0, 1) for level, count in levels for _ in range(count)]


class OtavaTest(unittest.TestCase):

    def test_the_statistic_and_the_best_cut_are_the_same_on_any_series(self):
        chance = random.Random(1)
        series = [stretches(seed, 2, (100, 40)) for seed in range(10)]
        series += [stretches(seed, 5, (100, 20), (110, 15), (90, 30)) for seed in range(10)]
        series += [[chance.expovariate(1) for _ in range(n)] for n in (10, 37, 120)]
        series += [[1e9 + chance.random() for _ in range(60)], [float(chance.randrange(3)) for _ in range(50)]]
        for mine, theirs in zip(ours(series), otava(series), strict=True):
            self.assertEqual((mine["cut"], mine["end"]), (theirs["cut"], theirs["end"]))
            self.assertAlmostEqual(mine["q"] / theirs["q"], 1, places=6)

    def test_clear_steps_are_found_at_the_same_runs_by_all_three(self):
        series = [stretches(1, 2, (100, 30), (110, 30)), stretches(2, 2, (100, 25), (120, 25), (90, 25), (100, 25)),
                  stretches(3, 1, (50, 12), (45, 40)), stretches(4, 3, (200, 60), (230, 20), (200, 60)),
                  stretches(5, 0.001, (1, 15), (1.02, 15))]
        truth = [[30], [25, 50, 75], [12], [60, 80], [15]]
        mine, theirs = ours(series), otava(series)
        self.assertEqual([answer["changes"] for answer in mine], truth)
        self.assertEqual([answer["original"] for answer in theirs], truth)
        self.assertEqual([answer["hunter"] for answer in theirs], truth)

    def test_noise_and_a_single_outlier_are_no_change_to_any(self):
        outlier = stretches(6, 2, (100, 60))
        outlier[30] = 150
        series = [stretches(seed, 2, (100, 50)) for seed in range(100, 140)] + [outlier]
        mine, theirs = ours(series), otava(series)
        self.assertEqual(mine[-1]["changes"] + theirs[-1]["hunter"] + theirs[-1]["original"], [])
        for found in ([answer["changes"] for answer in mine], [answer["original"] for answer in theirs], [answer["hunter"] for answer in theirs]):
            self.assertLessEqual(sum(bool(changes) for changes in found), 4)  # of 40 at 1 %: more has a probability below 0.01 %

    def test_steps_of_three_deviations_are_found_alike(self):
        series = [stretches(seed, 1, (100, 25), (103, 25)) for seed in range(60)]
        alike = sum(len(mine["changes"]) == len(theirs["original"]) == 1 and abs(mine["changes"][0] - theirs["original"][0]) <= 1
                    for mine, theirs in zip(ours(series), otava(series), strict=True))
        self.assertGreaterEqual(alike, 54)  # each finds now and then a second one, with 1 %, or is a run off

    def test_where_they_differ_it_is_by_the_shortest_segment(self):
        late = stretches(6, 2, (100, 40), (130, 3))
        spike = stretches(8, 2, (100, 30), (140, 4), (100, 30))
        dip = stretches(9, 2, (100, 30), (120, 12), (100, 30))
        theirs, of_five, of_three = otava([late, spike, dip]), ours([late, spike, dip]), ours([late, spike, dip], least=3)
        for name in ("original", "hunter"):
            self.assertEqual([answer[name] for answer in theirs], [[40], [30, 34], [30, 42]])
        self.assertEqual([answer["changes"] for answer in of_three], [[40], [30, 34], [30, 42]])
        self.assertEqual(of_five[0]["changes"], [38])  # as late as it may be
        self.assertEqual(of_five[2]["changes"], [30, 42])


if __name__ == "__main__":
    unittest.main()
