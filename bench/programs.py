"""The programs that benchmarks run: assay itself, its peers, database servers, the delaying proxy; each bounded in time.

CPU time is what the kernel charged a process and its children for (user and system, from wait4), from its start to its end.
Where there are at least two processors the server is kept on the first half of them and the load on the other, so that the
scheduler moves neither: that takes most of the noise away.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from compare import ROOT

BUILD = pathlib.Path(os.environ.get("ASSAY_BUILD", ROOT / "build")).resolve()
ASSAY = BUILD / "assay"
PGBENCH = pathlib.Path("/usr/lib/postgresql/15/bin/pgbench")  # not Debian's wrapper, whose own CPU time would count
_CPUS = sorted(os.sched_getaffinity(0))
ALL_CPUS = _CPUS
SERVER_CPUS = _CPUS[:len(_CPUS) // 2] or _CPUS
CLIENT_CPUS = _CPUS[len(_CPUS) // 2:]

def _terminated(*_):
    """SIGTERM ends a benchmark as Ctrl-C does: the server that it started is stopped. A second one must not cut that short."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(143)


signal.signal(signal.SIGTERM, _terminated)


def pinning():
    if len(_CPUS) < 2:
        return "one processor for server and client: nothing was pinned"
    return f"server pinned to processors {SERVER_CPUS}, client to {CLIENT_CPUS}; TCP over loopback; fsync off"


@dataclasses.dataclass
class Finished:
    output: str
    code: int
    wall: float  # seconds
    cpu: float  # seconds, user and system
    rss: int  # bytes, the most that was resident


def run(command, timeout, cpus=CLIENT_CPUS, good=(0,)):
    """Runs a program to its end; a bad exit code or a run beyond its time ends the benchmark."""
    command = [str(part) for part in command]
    with tempfile.TemporaryFile() as out:
        begun = time.monotonic()
        # start_new_session: what is ended in time of need is this program and its children, and nothing else.
        process = subprocess.Popen(["taskset", "-c", ",".join(map(str, cpus)), *command], stdout=out, stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL, start_new_session=True)
        late = threading.Timer(timeout, lambda: os.killpg(process.pid, 9))
        late.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, 9)
            raise
        finally:
            late.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - begun
        out.seek(0)
        text = out.read().decode(errors="replace")
    if process.returncode not in good:
        why = f"took longer than {timeout} s" if process.returncode == -9 else f"ended with {process.returncode}"
        sys.exit(f"{' '.join(command)}\n{text[-2000:]}\nbench: the program above {why}")
    return Finished(text, process.returncode, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


class Load:
    """A run of assay: what it cost as a process, and its result document."""

    def __init__(self, finished, document):
        self.finished, self.document = finished, document

    def completed(self, groups=None, phase=None):
        """Operations that succeeded, of the groups with these names (all without) in one phase (or all)."""
        return sum(stats["completed"] for group in self.document["groups"] if groups is None or group["name"] in groups
                   for operation in group["operations"] for name, stats in operation["phases"].items() if phase in (None, name))

    def seconds(self, phase="measure"):
        return sum(span["length_ns"] for span in self.document["phases"] if span["phase"] == phase) / 1e9

    def rate(self, groups=None):
        return self.completed(groups, "measure") / self.seconds()

    def round_trips(self):
        return sum(group["round_trips"] for group in self.document["groups"])

    def failures(self):
        return sum(sum(stats["failures"].values()) for group in self.document["groups"]
                   for operation in group["operations"] for stats in operation["phases"].values())


def assay(arguments, timeout, cpus=CLIENT_CPUS, good=(0,)):
    return run([ASSAY, *arguments], timeout, cpus, good)


def assay_run(bench, workload, url, arguments, timeout, cpus=CLIENT_CPUS):
    """`assay run`; a run that is invalid or fails a threshold counts, and is told of."""
    with tempfile.TemporaryDirectory() as folder:
        result = pathlib.Path(folder) / "result.json"
        finished = assay(["run", workload, "--target", url, "--quiet", "--result", result, *arguments], timeout, cpus, good=(0, 4, 5))
        document = json.loads(result.read_text())
    load = Load(finished, document)
    if finished.code != 0:
        bench.note(f"a run of assay was {document['verdict']['verdict']}: {'; '.join(document['verdict']['reasons'])}")
    if load.failures():
        bench.note(f"a run of assay had {load.failures()} failed operations")
    return load


def gets(bench, url, sessions, seconds):
    """Keys read by one thread of assay, on all processors: client CPU of one in µs, and how many a second."""
    load = assay_run(bench, "kv", url, ["--mix", "get=100", "--distribution", "uniform", "--clients", sessions, "--sessions", sessions,
                                        "--threads", 1, "--warmup", "0s", "--duration", f"{seconds}s"], 60, cpus=ALL_CPUS)
    return load.finished.cpu * 1e6 / load.completed(), load.rate()


@dataclasses.dataclass
class Pgbench:
    finished: Finished
    transactions: int
    rate: float


def pgbench(arguments, url, timeout, cpus=CLIENT_CPUS):
    finished = run([PGBENCH, *arguments, url], timeout, cpus)
    done = re.search(r"number of transactions actually processed: (\d+)", finished.output)
    rate = re.search(r"tps = ([\d.]+) \(without initial connection time\)", finished.output)
    if not done or not rate or not re.search(r"number of failed transactions: 0 ", finished.output):
        sys.exit(f"{finished.output}\nbench: pgbench's output above is not as expected")
    return Pgbench(finished, int(done[1]), float(rate[1]))


@dataclasses.dataclass
class Sysbench:
    finished: Finished
    events: int
    rate: float


def sysbench(arguments, timeout, cpus=CLIENT_CPUS):
    """`sysbench … run`: its events, as many as it took in its own time."""
    finished = run(["sysbench", *arguments, "run"], timeout, cpus)
    events = re.search(r"total number of events:\s+(\d+)", finished.output)
    seconds = re.search(r"total time:\s+([\d.]+)s", finished.output)
    if not events or not seconds:
        sys.exit(f"{finished.output}\nbench: sysbench's output above is not as expected")
    return Sysbench(finished, int(events[1]), int(events[1]) / float(seconds[1]))


def postgres(*settings, cpus=SERVER_CPUS):
    """A server of our own with an empty database; answers its URL. Stopped and removed at the end."""
    return _server("postgres", settings, cpus)


def psql(command, url):
    return run(["/usr/lib/postgresql/15/bin/psql", "-XAtqc", command, url], 60).output.strip()


def by_unix_socket(url):
    """The same server of PostgreSQL, without TCP."""
    user, port, database = re.match(r"postgres://([^@]+)@[^:]+:(\d+)/(.*)", url).groups()
    folder = psql("show unix_socket_directories", url).split(",")[0].strip()
    return f"postgres://{user}@/{database}?host={urllib.parse.quote(folder, safe='')}&port={port}"


def mariadb(*settings, cpus=SERVER_CPUS):
    return _server("mariadb", settings, cpus)


@contextlib.contextmanager
def _server(kind, settings, cpus):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-bench-"))
    folder.chmod(0o755)  # the server may run as another user
    script, directory = ROOT / "tests" / "servers" / kind, folder / "server"
    chosen = [word for setting in settings for word in ("--set", setting)]
    try:
        run([script, "up", directory, *chosen], 120, cpus=cpus)
        variables = dict(re.findall(r"export (\w+)='([^']*)'", run([script, "env", directory], 30).output))
        yield variables[f"ASSAY_TEST_{kind.upper()}_URL"]
    finally:
        run([script, "down", directory], 60)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def delayed(url, delay):
    """The same server behind a proxy that delays each direction; answers the URL through it."""
    port = re.search(r":(\d+)/", url)[1]
    command = [BUILD / "tests" / "tools" / "delay_proxy", "--to", port, "--delay", delay, "--with-parent"]
    proxy = subprocess.Popen(list(map(str, ["taskset", "-c", ",".join(map(str, SERVER_CPUS)), *command])), stdout=subprocess.PIPE, text=True)
    try:
        yield url.replace(f":{port}/", f":{int(proxy.stdout.readline())}/")
    finally:
        proxy.terminate()
        proxy.wait(10)
