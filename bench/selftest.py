"""The engine without a target: assay's no-operation against sysbench's empty Lua event, one thread each."""

import json
import pathlib

import programs
from compare import Bench, Goal

SECONDS = 2


def ours():
    finished = programs.assay(["selftest", "--json", "--duration", f"{SECONDS}s"], 60)
    return json.loads(finished.output)


def sysbench():
    script = pathlib.Path(__file__).with_name("empty.lua")
    done = programs.sysbench(["--threads=1", "--events=0", f"--time={SECONDS}", script], 60)
    return {"rate": done.rate, "ns": done.finished.cpu * 1e9 / done.events}


def main():
    bench = Bench("selftest", "Engine alone: assay selftest against sysbench's empty event, one thread", budget=90)
    mine, theirs = bench.pairs(ours, sysbench)
    bench.value("assay, full recording", "M operations/s", [m["ops_per_second"] / 1e6 for m in mine], Goal(10, most=False))
    bench.ratio("rate", ("assay", [m["ops_per_second"] / 1e6 for m in mine]), ("sysbench", [t["rate"] / 1e6 for t in theirs]),
                unit="M/s")
    bench.ratio("CPU an operation", ("assay", [m["cpu_ns_per_operation"] for m in mine]), ("sysbench", [t["ns"] for t in theirs]),
                unit="ns")
    bench.value("recording an operation", "ns", [m["ns_per_record"] for m in mine])
    bench.value("reading the clock", "ns", [m["clock_ns"] for m in mine])
    bench.note("sysbench's CPU includes its start; assay's is that of the measured phase")
    bench.finish()


if __name__ == "__main__":
    main()
