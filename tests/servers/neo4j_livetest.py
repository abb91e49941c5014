"""tests/servers/neo4j: that the server can be crashed, frozen and brought back, as the fault tests need it."""

import os
import pathlib
import re
import socket
import ssl
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).with_name("neo4j")
# Bolt's handshake: a magic number and four versions, of which 5.4 to 5.1 is the first.
GREETING = bytes.fromhex("6060b017" + "00030405" + "00000000" * 3)
BOLT = bytes.fromhex("00000405")


class ServerTest(unittest.TestCase):
    """One server for all: it takes its time to start."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="n4")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.dir = cls.folder.name + "/server"
        cls.addClassCleanup(subprocess.run, [SCRIPT, "down", cls.dir], check=False)
        up = subprocess.run([SCRIPT, "up", cls.dir, "--tls"], capture_output=True, text=True, timeout=300, check=False)
        if up.returncode == 69:
            raise unittest.SkipTest(up.stderr.strip().splitlines()[-1])
        if up.returncode != 0:
            raise AssertionError(up.stderr)

    def script(self, verb, *options, expect=0, folder=None):
        done = subprocess.run([SCRIPT, verb, folder or self.dir, *options], capture_output=True, text=True, timeout=200, check=False)
        self.assertEqual(done.returncode, expect, f"{verb}: {done.stderr}")
        return done.stdout if expect == 0 else done.stderr

    def environment(self):
        return dict(re.findall(r"export (\w+)='(.*)'", self.script("env")))

    def connect(self, timeout=30):
        return socket.create_connection(("127.0.0.1", int(self.environment()["ASSAY_TEST_NEO4J_PORT"])), timeout=timeout)

    def greet(self):
        with self.connect() as peer:
            peer.sendall(GREETING)
            return peer.recv(4)

    def processes(self):
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "cwd") == self.dir + "/data":
                    found.append(process.name)
            except OSError:
                pass  # gone, or a zombie, which has no cwd
        return found

    def test_after_a_kill_it_starts_again_on_the_same_port(self):
        before = self.environment()
        self.assertEqual(self.greet(), BOLT)
        self.assertEqual(len(self.processes()), 1)
        self.script("kill")
        self.assertEqual(self.processes(), [])
        with self.assertRaises(ConnectionRefusedError):
            self.connect()
        self.assertIn("no server runs", self.script("kill", expect=1))
        self.script("start")
        self.assertEqual(self.environment(), before)
        self.assertEqual(self.greet(), BOLT)
        self.assertIn("runs in", self.script("start", expect=1))

    def test_frozen_it_accepts_and_is_silent_until_it_is_thawed(self):
        self.script("freeze")
        with self.connect(timeout=0.5) as peer:
            peer.sendall(GREETING)
            with self.assertRaises(TimeoutError):
                peer.recv(4)
            self.script("thaw")
            peer.settimeout(30)
            self.assertEqual(peer.recv(4), BOLT)

    def test_its_certificate_can_be_verified(self):
        context = ssl.create_default_context(cafile=self.environment()["ASSAY_TEST_NEO4J_CA"])
        with self.connect() as peer, context.wrap_socket(peer, server_hostname="localhost") as wrapped:
            wrapped.sendall(GREETING)
            self.assertEqual(wrapped.recv(4), BOLT)
        with self.connect() as peer, self.assertRaises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(peer, server_hostname="localhost")

    def test_a_folder_that_is_not_its_own_is_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            precious = pathlib.Path(folder) / "precious"
            precious.write_text("x")
            self.assertIn("neither empty nor made by this script", self.script("up", expect=1, folder=folder))
            self.assertEqual(precious.read_text(), "x")


if __name__ == "__main__":
    unittest.main()
