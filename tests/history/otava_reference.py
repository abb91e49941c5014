"""What Apache Otava says of series: run by otava_test.py with the Python that has it.

Reads {"least": N, "series": [[number, …], …]} from standard input, writes for each series:
  hunter   change points of its own algorithm (windows of 50, Student's t-test, p below 0.001)
  original those of E-divisive as published (permutation test, 0.01, seed 1)
  cut, end, q   the border and the end for which the statistic is largest, with at least N values on each side, and how large
"""

import json
import sys

import numpy
from otava.analysis import compute_change_points, compute_change_points_orig
from otava.change_point_divisive.calculator import PairDistanceCalculator


def answer(series, least):
    values = numpy.array(series, dtype=float)
    hunter, _ = compute_change_points(list(series))
    original, _ = compute_change_points_orig(values, max_pvalue=0.01, seed=1)
    # Row τ - 1, column κ - 2.
    statistic = PairDistanceCalculator(values)._get_Q_vals(0, len(series))
    cut, end = max(((border, end) for end in range(2 * least, len(series) + 1) for border in range(least, end - least + 1)),
                   key=lambda at: statistic[at[0] - 1][at[1] - 2])
    return {"hunter": [int(c.index) for c in hunter], "original": [int(c.index) for c in original], "cut": cut,
            "end": end, "q": float(statistic[cut - 1][end - 2])}


asked = json.load(sys.stdin)
json.dump([answer(series, asked["least"]) for series in asked["series"]], sys.stdout)
