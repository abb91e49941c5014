"""Loading TPC-C into PostgreSQL: binary COPY against INSERTs of 1,024 rows, same parallelism."""

import re
import sys

import programs
from compare import Bench, Goal

WAREHOUSES, PARALLEL = 2, 2


def load(url, how):
    def once():
        target = f"{url}?load={how}" + ("&insert-rows=1024" if how == "insert" else "")
        finished = programs.assay(["prepare", "tpcc", "--target", target, "--warehouses", WAREHOUSES, "--parallel", PARALLEL], 180,
                                  programs.ALL_CPUS)
        programs.assay(["cleanup", "tpcc", "--target", url, "--quiet"], 60)
        rows = re.search(r"loading tpcc: .*, took ([\d.]+) s", finished.output)
        if not rows:
            sys.exit(f"{finished.output}\nbench: the output of prepare above does not say how long the rows took")
        return {"rows": WAREHOUSES * 60 / float(rows[1]), "whole": WAREHOUSES * 60 / finished.wall}

    return once


def main():
    bench = Bench("load", "Loading TPC-C into PostgreSQL: COPY against INSERTs of 1,024 rows", budget=300)
    bench.note("client and server share all processors; fsync off")
    bench.note(f"{WAREHOUSES} warehouses, {PARALLEL} sessions; each load into an empty database; the whole of prepare also has the "
               "indexes and foreign keys, which cost the same both ways")
    with programs.postgres("shared_buffers=512MB", "max_wal_size=4GB", cpus=programs.ALL_CPUS) as url:
        copy, insert = bench.pairs(load(url, "copy"), load(url, "insert"))
    for what, name in (("rows", "rows"), ("whole of prepare", "whole")):
        bench.ratio(what, ("COPY", [c[name] for c in copy]), ("INSERT", [i[name] for i in insert]), Goal(3, most=False),
                    unit="warehouses/min")
    bench.finish()


if __name__ == "__main__":
    main()
