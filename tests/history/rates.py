#!/usr/bin/env python3
"""How often change points are found that there are not, and missed that there are: the tables of docs/history.md.

rates.py [TABLE [SERIES]]: of the tables alarms, setups, few and power one or all; of so many series or setups each (1000), drawn
from fixed seeds, analysed by build/tests/tools/change_points at a significance of 0.01. Takes some minutes for each table; a
program and no test: what tests hold of it is in src/stats/change_points_test.cc and src/results/history_test.cc.
"""

import json
import os
import pathlib
import random
import subprocess
import sys

BUILD = pathlib.Path(os.environ.get("ASSAY_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build"))
PROGRAM = BUILD / "tests" / "tools" / "change_points"
SERIES = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
VALUES = 12  # of a setup: those that kv has by default


def normal(chance):
    return chance.gauss(0, 1)


def student_3(chance):
    return chance.gauss(0, 1) / (sum(chance.gauss(0, 1)**2 for _ in range(3)) / 3)**0.5


def independent(draw):
    return lambda chance, count: [draw(chance) for _ in range(count)]


def correlated(by):
    """Normal values with deviation 1, each correlated with the one before."""
    def series(chance, count):
        values = [chance.gauss(0, 1)]
        while len(values) < count:
            values.append(by * values[-1] + (1 - by * by)**0.5 * chance.gauss(0, 1))
        return values
    return series


def related(draw):
    """The values of a setup whose runs have good and bad days: half of each one's deviation is that of its run."""
    def setup(chance, count):
        days = [draw(chance) for _ in range(count)]
        return [[day + draw(chance) for day in days] for _ in range(VALUES)]
    return setup


def apart(draw):
    return lambda chance, count: [[draw(chance) for _ in range(count)] for _ in range(VALUES)]


def changes(series, together=1):
    lines = "\n".join(" ".join(f"{value:.9f}" for value in values) for values in series) + "\n"
    said = subprocess.run([PROGRAM, "--significance", "0.01", "--together", str(together)], input=lines, text=True, capture_output=True, check=True)
    return [[change["index"] for change in json.loads(line)] for line in said.stdout.splitlines()]


def percent(hits):
    return f"{100 * sum(hits) / len(hits):.1f} %"


def false_alarms():
    kinds = {
        "normal": independent(normal),
        "lognormal (σ = 0.5)": independent(lambda chance: chance.lognormvariate(0, 0.5)),
        "Student's t with 3 degrees of freedom: heavy tails": independent(student_3),
        "normal, each run correlated 0.2 with the one before": correlated(0.2),
        "normal, correlated 0.5": correlated(0.5),
    }
    lengths = (20, 50, 200)
    print("| values |" + "".join(f" {n} runs |" for n in lengths) + "\n|---|" + "--:|" * len(lengths))
    for name, draw in kinds.items():
        row = [percent([len(found) > 0 for found in changes([draw(random.Random(seed * 1000 + n), n) for seed in range(SERIES)])])
               for n in lengths]
        print(f"| {name} | " + " | ".join(row) + " |", flush=True)


def power():
    shapes = ((10, 10), (20, 20), (20, 5), (50, 10))  # runs before, runs after
    print("\n| step |" + "".join(f" {before} + {after} runs |" for before, after in shapes) + "\n|---|" + "--:|" * len(shapes))
    for step in (1, 1.5, 2, 3, 5):
        row = []
        for before, after in shapes:
            series = []
            for seed in range(SERIES):
                chance = random.Random(seed * 1000 + before + after)
                series.append([chance.gauss(0, 1) + (step if i >= before else 0) for i in range(before + after)])
            answers = changes(series)
            found = [len(found) > 0 for found in answers]
            exact = [any(abs(index - before) <= 1 for index in found) for found in answers]
            row.append(f"{percent(found)}, {percent(exact)}")
        print(f"| {step} | " + " | ".join(row) + " |", flush=True)


def in_setups(setups):
    """Of each setup the changes of each of its values."""
    found = changes([values for setup in setups for values in setup], VALUES)
    return [found[i:i + VALUES] for i in range(0, len(found), VALUES)]


def setup_alarms():
    kinds = {
        "independent, normal": apart(normal),
        "independent, lognormal (σ = 0.5)": apart(lambda chance: chance.lognormvariate(0, 0.5)),
        "independent, Student's t with 3 degrees of freedom": apart(student_3),
        "correlated 0.5 with each other, normal": related(normal),
    }
    lengths = (10, 15, 23, 50)
    print("\n| 12 values of a run |" + "".join(f" {n} runs |" for n in lengths) + "\n|---|" + "--:|" * len(lengths))
    for name, draw in kinds.items():
        row = [percent([any(setup) for setup in in_setups([draw(random.Random(seed * 1000 + n), n) for seed in range(SERIES)])])
               for n in lengths]
        print(f"| {name} | " + " | ".join(row) + " |", flush=True)


def few():
    """Of twelve values one changes; how often it is found."""
    shapes = ((5, 5), (6, 5), (10, 5), (20, 5))
    print("\n| step of one of 12 values |" + "".join(f" {before} + {after} runs |" for before, after in shapes) + "\n|---|" + "--:|" * len(shapes))
    for step in (3, 5, 10, 50):
        row = []
        for before, after in shapes:
            setups = []
            for seed in range(SERIES):
                setup = apart(normal)(random.Random(seed * 1000 + before + after), before + after)
                setup[0] = [value + (step if i >= before else 0) for i, value in enumerate(setup[0])]
                setups.append(setup)
            row.append(percent([len(setup[0]) > 0 for setup in in_setups(setups)]))
        print(f"| {step} | " + " | ".join(row) + " |", flush=True)


TABLES = {"alarms": false_alarms, "setups": setup_alarms, "few": few, "power": power}

if __name__ == "__main__":
    for table in [sys.argv[1]] if len(sys.argv) > 1 else TABLES:
        TABLES[table]()
