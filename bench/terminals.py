"""10,000 TPC-C terminals with keying and think times in one process: what they cost in memory and CPU above 10 terminals."""

import programs
from compare import Bench, Goal

WAREHOUSES, TERMINALS, SESSIONS = 1000, 10_000, 32


def run(bench, url, terminals):
    def once():
        # The first transactions are due within the first keying and think times; the warm-up is longer than most of them.
        load = programs.assay_run(bench, "tpcc", url, [
            "--warehouses", WAREHOUSES, "--terminals", terminals, "--sessions", min(SESSIONS, terminals), "--threads", 1,
            "--scale-down", 100, "--warmup", "6s", "--duration", "12s"], 120)
        return {"rss": load.finished.rss / 2**20, "cores": load.document["own_cost"]["cpu_seconds"] / load.seconds(),
                "rate": load.rate([load.document["groups"][0]["name"]])}

    return once


def main():
    bench = Bench("terminals", f"{TERMINALS:,} terminals with think times in one process, against 10", budget=480)
    bench.note(programs.pinning())
    bench.note(f"{WAREHOUSES} warehouses of data scaled down by 100, {SESSIONS} sessions (10 for the 10 terminals), one thread")
    with programs.postgres("shared_buffers=1GB", "max_wal_size=4GB") as url:
        programs.assay(["prepare", "tpcc", "--target", url, "--warehouses", WAREHOUSES, "--scale-down", 100, "--quiet"], 400)
        many, few = bench.pairs(run(bench, url, TERMINALS), run(bench, url, 10))
    bench.value("memory above 10 terminals (RSS)", "MiB", [m["rss"] - f["rss"] for m, f in zip(many, few, strict=True)], Goal(50))
    bench.value("CPU", "cores", [m["cores"] for m in many], Goal(0.2))
    bench.value("transactions", "/s", [m["rate"] for m in many])
    bench.finish()


if __name__ == "__main__":
    main()
