"""What 64 agents cost their coordinator: CPU for each second of live data that it merges, and how long the final merge takes.

The agents are processes of this machine (`assay run --agents 64`) with the null driver and a bounded rate, so that the machine has
time left. The coordinator's CPU is what the kernel charged all of its threads for (/proc/PID/stat, in
ticks of 10 ms, those that ended included), between two instants of the measured time; divided by the seconds between them. The final merge is from
the end of the load, as the result has it, to the instant at which the result file is there, whole.
"""

import datetime
import json
import os
import pathlib
import subprocess
import tempfile
import time

import programs
from compare import Bench, Goal, pairs_wanted

AGENTS, RATE, SECONDS = 64, 6400, 14
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """Of all threads, also those that ended, without the children: in ticks."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def measured_end(document):
    begin = datetime.datetime.fromisoformat(document["started"].replace("Z", "+00:00")).timestamp()
    return begin + sum(p["length_ns"] for p in document["phases"]) / 1e9


def one_run(folder):
    result = pathlib.Path(folder) / "result.json"
    result.unlink(missing_ok=True)
    process = subprocess.Popen([programs.ASSAY, "run", "kv", "--target", "null:?memory=true", "--prepare", "--rows", "1000", "--agents", str(AGENTS),
                                "--clients", str(AGENTS), "--rate", str(RATE), "--duration", f"{SECONDS}s", "--result", result],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=folder)
    try:
        deadline = time.monotonic() + 120
        for line in process.stderr:  # a line for each second: no terminal is there
            if " measure " in line:
                break
            if time.monotonic() > deadline:
                raise SystemExit("bench: the run does not begin to measure")
        begun, at = cpu_seconds(process.pid), time.monotonic()
        time.sleep(SECONDS - 4)
        used, took = cpu_seconds(process.pid) - begun, time.monotonic() - at
        process.stderr.read()
        process.wait(timeout=120)
    finally:
        if process.poll() is None:
            process.kill()
    if process.returncode not in (0, 5):  # on a crowded machine the load may be invalid; its coordinator did the same
        raise SystemExit(f"bench: the run ended with {process.returncode}")
    document = json.loads(result.read_text())
    return {"cpu": used / took * 1e3, "merge": result.stat().st_mtime - measured_end(document),
            "completed": sum(a["completed"] for a in document["agents"])}


def main():
    bench = Bench("coordinator", f"The coordinator of {AGENTS} agents on null, {RATE} operations/s together", budget=600)
    bench.note(f"agents and coordinator share {len(programs.ALL_CPUS)} processors; {SECONDS} s a run")
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        runs = [one_run(folder) for _ in range(pairs_wanted())]
    bench.value("CPU of the coordinator", "ms a second of live data", [r["cpu"] for r in runs], Goal(20))
    bench.value("final merge: end of the load to the result on disk", "s", [r["merge"] for r in runs], Goal(1))
    bench.finish()


if __name__ == "__main__":
    main()
