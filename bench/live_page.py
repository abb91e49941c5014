"""The live page in Chromium: a day of a run on 64 agents is replayed to it (live_page.mjs); its heap, and the script time of an update."""

import json
import sys

import programs
from compare import ROOT, Bench, Goal

NODE = ["cmake", f"-DFOLDER={ROOT}/ui", "-DNEEDS=uplot,playwright-core", "-P", f"{ROOT}/cmake/NpmInstall.cmake"]


def main():
    bench = Bench("live_page", "The live page after a replay of 86,400 seconds from 64 agents", budget=420)
    programs.run(NODE, 120)
    said = programs.run(["node", ROOT / "bench/live_page.mjs"], 400, programs.SERVER_CPUS + programs.CLIENT_CPUS).output
    try:
        found = json.loads(said.splitlines()[-1])
    except (IndexError, ValueError):
        sys.exit(f"bench: live_page.mjs printed no JSON:\n{said[-2000:]}")
    bench.note("all processors: a browser is many processes")
    bench.note("Chromium's own counters; heap: JSHeapUsedSize every 4,000 seconds of the replay, with what waits for its collection")
    bench.note("an update: an interval of five operations and the figures of 64 agents, drawn by itself with the day in the page")
    bench.value("JS heap", "MB", found["heap_mb"], Goal(100))
    bench.value("JS heap, the most", "MB", [max(found["heap_mb"])])
    bench.value("JS heap after a collection", "MB", [found["heap_kept_mb"]])
    bench.value("script time of an update", "ms", found["script_ms"], Goal(16))
    bench.value("style and layout of an update", "ms", found["layout_ms"])
    bench.finish()


if __name__ == "__main__":
    main()
