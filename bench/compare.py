"""Paired comparison: two things are run in turn, A B, B A, A B …, and what each pair says is summed up by a median with its interval.

A machine that is slower for a while slows both runs of a pair, so the ratio within a pair is steadier than either figure, and
the order is swapped from pair to pair so that neither side always runs on a warmer machine. The median of the ratios is stated
with a 95 % interval that assumes nothing of their distribution: the order statistics x(k) and x(n+1-k), where k is the largest
number with 2·P(B ≤ k-1) ≤ 0.05, B binomial(n, 1/2) (G. Hahn, W. Meeker: "Statistical Intervals", 1991, section 5.2). Fewer than
6 pairs have no such interval.

A goal is met when at least 10 pairs were run and the end of the interval that is farther from the goal lies within 5 % of it.
"""

import dataclasses
import json
import math
import os
import pathlib
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"
LEAST_PAIRS = 10
TOLERANCE = 0.05
OTHERS_EVERY = 4


def pairs_wanted():
    text = os.environ.get("BENCH_PAIRS", str(LEAST_PAIRS))
    if not text.isdigit() or int(text) < 1:
        sys.exit(f"BENCH_PAIRS is '{text}'; expected a whole number of pairs, 1 or more ({LEAST_PAIRS} decide)")
    return int(text)


def median_interval(values, confidence=0.95):
    """The interval of the median by order statistics, or None when there are too few values for it."""
    n, below, k = len(values), 0.0, 0
    while k < n and 2 * (below + math.comb(n, k) / 2**n) <= 1 - confidence:
        below += math.comb(n, k) / 2**n
        k += 1
    if k == 0:
        return None
    ordered = sorted(values)
    return ordered[k - 1], ordered[n - k]


@dataclasses.dataclass(frozen=True)
class Goal:
    """At most (`most` true) or at least `limit`."""
    limit: float
    most: bool = True

    def text(self):
        return f"{'≤' if self.most else '≥'} {number(self.limit)}"

    def verdict(self, values):
        interval = median_interval(values)
        if len(values) < LEAST_PAIRS or interval is None:
            return f"not decided: {len(values)} of {LEAST_PAIRS}"
        worst = interval[1] if self.most else interval[0]
        met = worst <= self.limit * (1 + TOLERANCE) if self.most else worst >= self.limit * (1 - TOLERANCE)
        return "met" if met else "NOT met"


def number(value):
    """Three significant digits, as people read them."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


@dataclasses.dataclass
class Row:
    """One line of the table: what was measured, the values of all pairs, the goal."""
    what: str
    unit: str
    values: list
    goal: Goal | None = None
    sides: dict | None = None  # name → values: what a ratio was made of

    def cells(self):
        interval = median_interval(self.values)
        sides = "; ".join(f"{name} {number(statistics.median(values))}" for name, values in (self.sides or {}).items())
        return [self.what, sides, f"{number(statistics.median(self.values))} {self.unit}".strip(),
                f"{number(interval[0])} – {number(interval[1])}" if interval else "–", str(len(self.values)),
                self.goal.text() if self.goal else "", self.goal.verdict(self.values) if self.goal else ""]

    def document(self):
        return {"what": self.what, "unit": self.unit, "values": self.values, "median": statistics.median(self.values),
                "interval": median_interval(self.values), "goal": self.goal.text() if self.goal else None,
                "verdict": self.goal.verdict(self.values) if self.goal else None, "sides": self.sides}


HEADINGS = ["what", "medians", "median", "95 % interval", "n", "goal", "verdict"]


class Bench:
    """Collects the rows of one benchmark; writes them to the terminal, to results/NAME.json and to results/NAME.md."""

    def __init__(self, name, title, budget):
        """budget: seconds that all of it may take; no pair begins when half a pair would go beyond."""
        self.name, self.title, self.rows, self.notes, self.begun, self.budget = name, title, [], [], time.monotonic(), budget
        print(f"\n{title}", flush=True)

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)

    def value(self, what, unit, values, goal=None):
        self.rows.append(Row(what, unit, values, goal))

    def ratio(self, what, first, second, goal=None, unit=""):
        """first and second: (name, values), one value a pair."""
        ratios = [a / b for a, b in zip(first[1], second[1], strict=True)]
        self.rows.append(Row(what, "×", ratios, goal, {f"{first[0]}{unit and ' ' + unit}": first[1], f"{second[0]}{unit and ' ' + unit}": second[1]}))

    def pairs(self, first, second, until=1.0, others=(), times=1):
        """Runs both in turn, as often as is wanted, in alternating order, one right behind the other. Answers their answers as two
        lists; and for each of the others, which run behind the first pair and behind each fourth from there, a list of its answers
        with second's of the same pair.

        until: the part of the budget by whose end it must be done, when more comparisons follow. times: so many times as many pairs
        as are wanted of each comparison, where a pair is short.
        """
        wanted, answers, beside, begun = pairs_wanted() * times, ([], []), [[] for _ in others], time.monotonic()
        for i in range(wanted):
            a_pair = (time.monotonic() - begun) / max(i, 1)
            if i > 0 and time.monotonic() + a_pair / 2 > self.begun + until * self.budget:
                self.note(f"only {i} of {wanted} pairs fitted into the time")
                break
            for side in (0, 1) if i % 2 == 0 else (1, 0):
                answers[side].append((first, second)[side]())
            for other, found in zip(others, beside, strict=True):
                if i % OTHERS_EVERY == 0:
                    found.append((other(), answers[1][-1]))
            print(f"  pair {i + 1} of {wanted}, {time.monotonic() - self.begun:.0f} s", file=sys.stderr, flush=True)
        return [*answers, *beside]

    def finish(self):
        RESULTS.mkdir(exist_ok=True)
        seconds = round(time.monotonic() - self.begun)
        document = {"name": self.name, "title": self.title, "seconds": seconds, "cpus": os.cpu_count(), "notes": self.notes,
                    "rows": [row.document() for row in self.rows]}
        (RESULTS / f"{self.name}.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
        table = [HEADINGS, *[row.cells() for row in self.rows]]
        lines = ["| " + " | ".join(cells) + " |" for cells in table]
        lines.insert(1, "|" + "---|" * len(HEADINGS))
        markdown = [f"## {self.title}", "", *lines, "", *[f"- {note}" for note in self.notes], f"- {seconds} s, {os.cpu_count()} processors", ""]
        (RESULTS / f"{self.name}.md").write_text("\n".join(markdown))
        widths = [max(len(cells[c]) for cells in table) for c in range(len(HEADINGS))]
        for cells in table:
            print("  " + "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
        for note in self.notes:
            print(f"  - {note}")
        print(flush=True)
