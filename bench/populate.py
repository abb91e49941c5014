"""Populate on PostgreSQL: a million rows written, and each of their values checked."""

import pathlib
import re
import sys
import tempfile

import programs
from compare import Bench, Goal

ROWS, PARALLEL = 1_000_000, 2
SCHEMA = """
tables:
- name: orders
  rows: 1000000
  columns:
  - {name: id, type: big_int, primary_key: true}
  - {name: code, type: uuid}
  - {name: customer, type: int, generator: {type: int_range, min: 1, max: 100000}}
  - {name: total, type: {decimal: {precision: 12, scale: 2}}}
  - {name: note, type: text, generator: {type: words, min_words: 3}, nullable: true, null_rate: 0.2}
  - {name: at, type: timestamp}
  - {name: doc, type: json}
  - {name: open, type: bool}
"""


def rate(finished, what):
    took = re.search(rf"{what} populate: .*, took ([\d.]+) s", finished.output)
    if not took:
        sys.exit(f"{finished.output}\nbench: the output above does not say how long it took")
    return ROWS / float(took[1])


def main():
    bench = Bench("populate", "Populate: a million rows of eight columns into PostgreSQL, and checked", budget=300)
    bench.note("client and server share all processors; fsync off")
    with tempfile.TemporaryDirectory() as folder, programs.postgres("shared_buffers=512MB", "max_wal_size=4GB", cpus=programs.ALL_CPUS) as url:
        schema = pathlib.Path(folder) / "schema.yaml"
        schema.write_text(SCHEMA, encoding="utf-8")

        def once():
            loaded = programs.assay(["prepare", "populate", "--target", url, "--schema", schema, "--parallel", PARALLEL], 180, programs.ALL_CPUS)
            checked = programs.assay(["check", "populate", "--target", url, "--parallel", PARALLEL], 180, programs.ALL_CPUS)
            programs.assay(["cleanup", "populate", "--target", url, "--quiet"], 60)
            return {"load": rate(loaded, "loading"), "check": checked.wall}

        ours, again = bench.pairs(once, once)
    runs = ours + again
    bench.value("rows written", "rows/s", [run["load"] for run in runs])
    bench.value("check of all values", "s", [run["check"] for run in runs], Goal(60))
    bench.finish()


if __name__ == "__main__":
    main()
