"""What a status request costs an agent while it runs at full load on the null driver: CPU of the threads that answer HTTP.

The kernel charges each thread in whole ticks of 10 ms (/proc/PID/task/TID/stat) and in nanoseconds (/proc/PID/task/TID/schedstat, whose
first number is what it spent on a processor); the second is read, before and after each batch of requests on one connection, which has one
thread of the agent for itself. Threads that answer are those that were not there before the connection was made.
"""

import http.client
import json
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

import programs
from compare import Bench, Goal, pairs_wanted

BATCH = 200


def threads(pid):
    return {entry.name for entry in pathlib.Path(f"/proc/{pid}/task").iterdir()}


def cpu(pid, names):
    """Seconds on a processor."""
    return sum(int(pathlib.Path(f"/proc/{pid}/task/{name}/schedstat").read_text().split()[0]) for name in names) / 1e9


class Agent:
    def __init__(self, folder):
        self.process = subprocess.Popen([programs.ASSAY, "agent", "--listen", "127.0.0.1:0", "--data", folder], stderr=subprocess.PIPE, text=True)
        self.address = re.search(r"http://(\S+)", self.process.stderr.readline())[1]

    def ask(self, connection, method, path, body=None):
        connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"} if body else {})
        response = connection.getresponse()
        answer = response.read()
        if response.status >= 300:
            raise SystemExit(f"bench: {method} {path} answered {response.status}: {answer.decode()}")
        return json.loads(answer)

    def run(self):
        """A closed loop on every processor, until it is stopped."""
        connection = http.client.HTTPConnection(self.address, timeout=30)
        self.ask(connection, "POST", "/work/kv/run", {"target": "null:?memory=true", "prepare": True, "rows": 1000, "clients": 64,
                                                      "threads": len(programs.ALL_CPUS), "duration": "1h"})
        deadline = time.monotonic() + 30
        while (status := self.ask(connection, "GET", "/status")).get("phase") != "measure":
            if status["code"] != "Busy" or time.monotonic() > deadline:
                raise SystemExit(f"bench: the run does not begin to measure: {status}")
            time.sleep(0.05)
        connection.close()
        time.sleep(2)  # for the live figures, and for the thread of this connection to end

    def batch(self):
        before = threads(self.process.pid)
        connection = http.client.HTTPConnection(self.address, timeout=30)
        status = self.ask(connection, "GET", "/status")
        answering = threads(self.process.pid) - before
        if len(answering) != 1 or status["code"] != "Busy" or "live" not in status:
            raise SystemExit(f"bench: {len(answering)} threads answer, expected 1; the status is {status}")
        begun, wall = cpu(self.process.pid, answering), time.monotonic()
        for _ in range(BATCH):
            self.ask(connection, "GET", "/status")
        used, took = cpu(self.process.pid, answering) - begun, time.monotonic() - wall
        connection.close()
        time.sleep(0.2)
        return {"cpu": used / BATCH * 1e3, "wall": took / BATCH * 1e3, "rate": status["live"]["groups"][0]["rate"] / 1e6}

    def stop(self):
        self.process.terminate()
        self.process.communicate(timeout=60)


def main():
    bench = Bench("agent_status", "A status request to an agent at full load on null", budget=60)
    bench.note(f"{BATCH} requests a batch, one after the other on one connection; load and requests share all processors")
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        agent = Agent(folder)
        try:
            agent.run()
            batches = [agent.batch() for _ in range(max(pairs_wanted(), 3))]
        finally:
            agent.stop()
    bench.value("CPU of the answering thread", "ms a request", [b["cpu"] for b in batches], Goal(1))
    bench.value("answered after", "ms", [b["wall"] for b in batches])
    bench.note(f"the load meanwhile: {statistics.median(b['rate'] for b in batches):.2f} million operations/s")
    bench.finish()


if __name__ == "__main__":
    main()
