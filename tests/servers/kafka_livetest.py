"""tests/servers/kafka: that the broker can be crashed, frozen and brought back, as the fault tests need it."""

import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import unittest

SCRIPT = pathlib.Path(__file__).with_name("kafka")


@unittest.skipUnless(shutil.which("java") and shutil.which("mvn"), "no Java or no Maven (tools/setup.sh test installs them)")
class KafkaServerTest(unittest.TestCase):

    def setUp(self):
        missing = os.environ.get("ASSAY_TEST_KAFKA_URL_MISSING")
        if missing:
            self.skipTest(missing)
        self.folder = tempfile.TemporaryDirectory(prefix="kafka")
        self.addCleanup(self.folder.cleanup)
        self.dir = self.folder.name + "/server"
        self.addCleanup(self.script, "down")

    def script(self, verb, *options, expect=0):
        done = subprocess.run([SCRIPT, verb, self.dir, *options], capture_output=True, text=True, timeout=180, check=False)
        self.assertEqual(done.returncode, expect, f"{verb}: {done.stderr}")
        return done.stdout if expect == 0 else done.stderr

    def environment(self):
        return dict(re.findall(r"export (\w+)='(.*)'", self.script("env")))

    def ask(self, timeout, port="ASSAY_TEST_KAFKA_PORT"):
        """The answer to a request for the versions of the API (key 18, version 0, correlation 7)."""
        with socket.create_connection(("127.0.0.1", int(self.environment()[port])), timeout=timeout) as peer:
            request = struct.pack(">hhih", 18, 0, 7, -1)
            peer.sendall(struct.pack(">i", len(request)) + request)
            return peer.recv(1024)

    def answer_at_last(self):
        """A broker that begins, or has missed its heartbeats, may cut off whom it accepted."""
        for _ in range(60):
            try:
                return self.ask(30)
            except ConnectionResetError:
                time.sleep(0.5)
        return self.ask(30)

    def processes(self):
        """Those of this server that run, without zombies."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "cwd") == self.dir + "/run":
                    found.append(process.name)
            except OSError:
                pass  # gone, or a zombie, which has no cwd
        return found

    def test_it_is_killed_frozen_thawed_and_started_on_the_same_ports(self):
        self.script("up", "--tls", "--set", "message.max.bytes=54321")
        before = self.environment()
        self.assertEqual(struct.unpack(">i", self.ask(5)[4:8])[0], 7)
        self.assertIn("message.max.bytes=54321", pathlib.Path(self.dir, "server.properties").read_text())
        self.assertTrue(os.path.exists(before["ASSAY_TEST_KAFKA_CA"]))
        self.script("freeze")
        with self.assertRaises(TimeoutError):
            self.ask(0.5)
        self.script("thaw")
        self.assertGreater(len(self.answer_at_last()), 8)
        self.script("kill")
        self.assertEqual(self.processes(), [])
        with self.assertRaises(ConnectionRefusedError):
            self.ask(5)
        self.script("start")
        self.assertEqual(self.environment(), before)
        self.assertGreater(len(self.answer_at_last()), 8)
        self.assertIn("runs in", self.script("start", expect=1))
        self.script("freeze")
        self.script("down")
        self.assertEqual(self.processes(), [])
        self.assertIn("no server runs", self.script("kill", expect=1))

    def test_a_folder_that_is_not_its_own_is_left_alone(self):
        os.mkdir(self.dir)
        precious = pathlib.Path(self.dir) / "precious"
        precious.write_text("x")
        self.assertIn("neither empty nor made by this script", self.script("up", expect=1))
        self.assertEqual(precious.read_text(), "x")


if __name__ == "__main__":
    unittest.main()
