"""Generated data: values of a kind that one thread makes in a second of processor time (bench/generate_rows.cc)."""

import json
import statistics

import programs
from compare import Bench, Goal

GOALS = {"integers": 20, "short_strings": 5}  # million a second


def values():
    finished = programs.run([programs.BUILD / "bench" / "generate_rows"], 60)
    return json.loads(finished.output)


def main():
    bench = Bench("generate", "Generated data: values a second of processor time, one thread", budget=90)
    ours, again = bench.pairs(values, values)
    runs = ours + again
    for name in runs[0]:
        goal = Goal(GOALS[name], most=False) if name in GOALS else None
        bench.value(name.replace("_", " "), "M/s", [run[name] / 1e6 for run in runs], goal)
    total = statistics.median(run["integers"] for run in runs)
    bench.note(f"into batches of 1,024 rows of 4 columns; an integer is {1e9 / total:.1f} ns")
    bench.finish()


if __name__ == "__main__":
    main()
