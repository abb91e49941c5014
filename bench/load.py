"""Loading TPC-C into PostgreSQL: binary COPY against INSERTs of 1,024 rows, same parallelism."""

import programs
from compare import Bench, Goal

WAREHOUSES, PARALLEL = 2, 2


def load(url, how):
    def once():
        target = f"{url}?load={how}" + ("&insert-rows=1024" if how == "insert" else "")
        finished = programs.assay(["prepare", "tpcc", "--target", target, "--warehouses", WAREHOUSES, "--parallel", PARALLEL, "--quiet"], 180, programs.ALL_CPUS)
        programs.assay(["cleanup", "tpcc", "--target", url, "--quiet"], 60)
        return WAREHOUSES * 60 / finished.wall

    return once


def main():
    bench = Bench("load", "Loading TPC-C into PostgreSQL: COPY against INSERTs of 1,024 rows", budget=300)
    bench.note("client and server share all processors; fsync off")
    bench.note(f"{WAREHOUSES} warehouses, {PARALLEL} sessions; the whole of prepare, with indexes and foreign keys; each load into an empty database")
    with programs.postgres("shared_buffers=512MB", "max_wal_size=4GB", cpus=programs.ALL_CPUS) as url:
        copy, insert = bench.pairs(load(url, "copy"), load(url, "insert"))
    bench.ratio("load", ("COPY", copy), ("INSERT", insert), Goal(3, most=False), unit="warehouses/min")
    bench.finish()


if __name__ == "__main__":
    main()
