"""TPC-C on PostgreSQL without think times: client CPU a transaction, round trips, and what sending batches saves."""

import programs
from compare import Bench, Goal

WAREHOUSES, SESSIONS, SECONDS = 2, 8, 5


def run(bench, url, pipeline):
    def once():
        load = programs.assay_run(bench, "tpcc", url, [
            "--warehouses", WAREHOUSES, "--terminals", SESSIONS, "--sessions", SESSIONS, "--threads", 1, "--think-times", "false",
            "--pipeline", pipeline, "--warmup", "1s", "--duration", f"{SECONDS}s"], 90)
        # The transactions of the terminals are the mix; what deferred deliveries cost is part of the CPU time.
        terminals = [load.document["groups"][0]["name"]]
        done = load.completed(terminals)
        return {"cpu": load.finished.cpu * 1e6 / done, "trips": load.round_trips() / done, "rate": load.rate(terminals)}

    return once


def column(runs, name):
    return [one[name] for one in runs]


def main():
    bench = Bench("tpcc", "TPC-C on PostgreSQL, no think times: statements in batches against one by one", budget=330)
    bench.note(programs.pinning())
    bench.note(f"{WAREHOUSES} warehouses, {SESSIONS} terminals, {SESSIONS} sessions, one thread; CPU of the whole client process, start "
               "included; a transaction is one of a terminal, deferred deliveries are in the CPU and the round trips only")
    with programs.postgres("shared_buffers=512MB") as url:
        programs.assay(["prepare", "tpcc", "--target", url, "--warehouses", WAREHOUSES, "--quiet"], 300)
        for where, each_way in (("loopback", None), ("1 ms each way", "1ms")):
            if each_way is None:
                batched, single = bench.pairs(run(bench, url, "true"), run(bench, url, "false"), 0.6)
                bench.value("client CPU a transaction, batched", "µs", column(batched, "cpu"), Goal(250))
                bench.ratio("client CPU a transaction", ("batched", column(batched, "cpu")), ("one by one", column(single, "cpu")), unit="µs")
                bench.ratio("round trips a transaction", ("batched", column(batched, "trips")), ("one by one", column(single, "trips")))
            else:
                with programs.delayed(url, each_way) as slow:
                    batched, single = bench.pairs(run(bench, slow, "true"), run(bench, slow, "false"))
            bench.ratio(f"throughput, {where}", ("batched", column(batched, "rate")), ("one by one", column(single, "rate")), unit="/s")
    bench.finish()


if __name__ == "__main__":
    main()
