"""The assay program as a person runs it: what the tests of tests/cli and tests/faults are written with.

The program is $ASSAY, or `assay` in the build folder $ASSAY_BUILD. Each test has a folder of its own, which is the current
folder of what it runs. A test that fails shows what the program said.
"""

import contextlib
import fcntl
import functools
import json
import os
import pathlib
import pty
import re
import select
import signal
import sqlite3
import struct
import subprocess
import tempfile
import termios
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("ASSAY") or str(pathlib.Path(os.environ.get("ASSAY_BUILD", ROOT / "build")) / "assay")
SECONDS = 90  # what nothing here comes near, on a busy machine either
TINY = ("--scale-down", "100")  # TPC-C with 30 customers a district: loads in a fraction of a second
FAST = (*TINY, "--think-times", "false")

# SQLite's own statistics, which no program makes, are left out.
TABLES = "select name from sqlite_master where type = 'table' and name not like 'sqlite%' order by 1"


def environment(changes):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "MYSQL_")) and name != "NO_COLOR"}
    clean.setdefault("TERM", "xterm")
    clean.update(changes)
    return {name: value for name, value in clean.items() if value is not None}


ATTEMPTS = 12
LOADS = ("run", "plan", "exec")  # commands whose exit code may be that of an invalid run, or of something graver beside it


class Spoiled(AssertionError):
    """The run was INVALID because the machine had no processor for it: rightly so, and no answer to what is tested."""


def needs_the_processor(test):
    """For a test whose answer is true only where the program gets a processor in time: what a target can do in a second, say.
    A machine that takes it away for a while changes the answer without making the run invalid; then it is asked again."""
    @functools.wraps(test)
    def attempt(self):
        try:
            return test(self)
        except Spoiled:
            raise
        except AssertionError as failure:
            raise Spoiled(f"not once in {ATTEMPTS} attempts: {failure}") from failure
    return attempt


class ProgramTest(unittest.TestCase):
    """A test with a folder and a database file `self.url` in it, not made yet."""

    seconds = SECONDS  # for what a test runs to its end

    def _callSetUp(self):
        """A test whose run the machine spoiled begins anew, be it while it is set up or later; one that it spoils every time has
        failed."""
        for attempt in range(ATTEMPTS):
            try:
                return super()._callSetUp()
            except Spoiled:
                if attempt + 1 == ATTEMPTS:
                    raise
                self.doCleanups()
                time.sleep(0.2 * attempt)  # what keeps the machine busy may be over soon

    def _callTestMethod(self, method):
        for attempt in range(ATTEMPTS):
            try:
                return super()._callTestMethod(method)
            except Spoiled:
                if attempt + 1 == ATTEMPTS:
                    raise
                self.doCleanups()
                time.sleep(0.2 * attempt)  # what keeps the machine busy may be over soon
                self._callSetUp()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="assay-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "bench.db"
        self.url = f"sqlite:{self.file}"

    def start(self, *arguments, env=(), **popen):
        """A process under way, which is ended with the test."""
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], cwd=self.folder, env=environment(dict(env)), text=True,
                                   stdin=subprocess.DEVNULL,
                                   **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **popen})
        self.addCleanup(self.discard, process)
        return process

    @staticmethod
    def discard(process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()

    def finish(self, process, code=0):
        """Waits for its end and wants this exit code, or one of them; None: any failure."""
        out, err = process.communicate(timeout=self.seconds)
        done = subprocess.CompletedProcess(process.args, process.returncode, out, err)
        self.require_unspoiled(process.args, done.returncode, code, out)
        told = f"{' '.join(process.args)}\n--- stdout\n{out}\n--- stderr\n{err}"
        if code is None:
            self.assertNotEqual(done.returncode, 0, told)
        else:
            self.assertIn(done.returncode, code if isinstance(code, tuple) else (code,), told)
        self.assertNotIn("this is a bug", err or "")
        return done

    @staticmethod
    def require_unspoiled(words, found, wanted, said):
        """`said` on stdout. Of several runs one may be invalid, and another be why the program fails as it does."""
        invalid = found == 5 or (any(word in LOADS for word in words[1:2]) and "invalid" in (said or "").lower())
        if invalid and wanted != 5 and not (isinstance(wanted, tuple) and 5 in wanted) and "assay itself " in (said or ""):
            raise Spoiled(said)

    def assay(self, *arguments, code=0, **options):
        """Runs the program to its end and wants this exit code."""
        return self.finish(self.start(*arguments, **options), code)

    @contextlib.contextmanager
    def small_disk(self, kilobytes):
        folder = tempfile.mkdtemp(prefix="assay-disk-")
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", folder], capture_output=True,
                                 text=True, check=False)
        if os.geteuid() != 0 or mounted.returncode != 0:
            os.rmdir(folder)
            self.skipTest(f"mounting a small disk needs root: {mounted.stderr.strip()}")
        try:
            yield pathlib.Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)
            os.rmdir(folder)

    def refused(self, *arguments, code=2, **options):
        """Wants a failure with a message and nothing on stdout; answers the message."""
        done = self.assay(*arguments, code=code, **options)
        self.assertEqual(done.stdout, "")
        self.assertTrue(done.stderr.startswith("assay: "), done.stderr)
        return done.stderr

    def prepare(self, *options, url=None, workload="tpcc"):
        small = TINY if workload == "tpcc" else ("--rows", "1000")
        return self.assay("prepare", workload, "--target", url or self.url, "--quiet", *small, *options)

    def report(self, result):
        """The numbers of a result, by operation too."""
        numbers = json.loads(self.assay("report", result, "--format", "json").stdout)
        numbers["by_name"] = {o["operation"]: o for o in numbers["operations"] if o["group"] != "all"}
        return numbers

    def wait_for(self, condition, what, seconds=SECONDS):
        end = time.monotonic() + seconds
        while not (answer := condition()):
            self.assertLess(time.monotonic(), end, f"waited for {what}")
            time.sleep(0.01)
        return answer

    def wait_for_text(self, process, text):
        """Reads stderr until `text` has been said; answers what was read."""
        said = ""
        end = time.monotonic() + SECONDS
        while not re.search(text, said):
            self.assertLess(time.monotonic(), end, f"waited for {text!r}; it said:\n{said}")
            ready, _, _ = select.select([process.stderr], [], [], 1)
            if ready:
                piece = os.read(process.stderr.fileno(), 65536).decode()
                self.assertTrue(piece, f"ended before it said {text!r}:\n{said}")
                said += piece
        return said

    def on_a_terminal(self, *arguments, code=0, env=(), columns=100):
        """Runs with stdout and stderr on a terminal; answers all that was written to it."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        try:
            process = self.start(*arguments, stdout=theirs, stderr=theirs, env=env)
        finally:
            os.close(theirs)
        written = b""
        end = time.monotonic() + SECONDS
        with contextlib.suppress(OSError):  # the terminal's end, when the last writer has gone
            while time.monotonic() < end:
                if not select.select([ours], [], [], 1)[0]:
                    continue
                piece = os.read(ours, 65536)
                if not piece:
                    break
                written += piece
        os.close(ours)
        said = written.decode()
        self.require_unspoiled(process.args, process.wait(timeout=SECONDS), code, said)
        self.assertEqual(process.returncode, code, said)
        return said

    def agents(self, count, *options, env=()):
        """Starts agents; answers their addresses."""
        self.processes = []
        addresses = []
        for i in range(count):
            process = subprocess.Popen([PROGRAM, "agent", "--listen", "127.0.0.1:0", "--data", f"agent{i}", *options],
                                       cwd=self.folder, env=environment(dict(env)), text=True, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            self.addCleanup(self.discard, process)
            self.processes.append(process)
        for process in self.processes:
            line = process.stderr.readline()
            found = re.search(r"http://([0-9.:]+)", line)
            self.assertTrue(found, line)
            addresses.append(found[1])
        return addresses

    def interrupt(self, process):
        process.send_signal(signal.SIGINT)

    def rows(self, query):
        """Of the SQLite file, read with another library than the program's."""
        with contextlib.closing(sqlite3.connect(self.file, timeout=30)) as database:
            return database.execute(query).fetchall()

    def execute(self, statement, file=None):
        """Somebody else changes the database."""
        with contextlib.closing(sqlite3.connect(file or self.file, timeout=30)) as database, database:
            database.execute(statement)

    def contents(self, file=None):
        """Every table but assay's own record, with all its rows in order: two equal answers are equal data."""
        with contextlib.closing(sqlite3.connect(file or self.file)) as database:
            names = [name for (name,) in database.execute(TABLES)]
            return {name: sorted(database.execute(f'select * from "{name}"').fetchall(), key=repr)
                    for name in names if name != "assay_meta"}

    def tables(self):
        return {name for (name,) in self.rows(TABLES)}
