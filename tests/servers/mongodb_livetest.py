"""tests/servers/mongodb and ferretdb: that the server that ASSAY_TEST_SERVER names can be crashed, frozen and brought back, as the
fault tests need it."""

import os
import pathlib
import re
import socket
import struct
import subprocess
import tempfile
import unittest

NAME = os.environ.get("ASSAY_TEST_SERVER", "mongodb")
SCRIPT = pathlib.Path(__file__).with_name(NAME)


def request(*elements):
    """An OP_MSG of the documented form: a command of elements that are BSON already, for the database assay."""
    body = b"".join(elements) + b"\x02$db\0" + struct.pack("<i", 6) + b"assay\0\0"
    message = struct.pack("<iB", 0, 0) + struct.pack("<i", len(body) + 4) + body
    return struct.pack("<iiii", 16 + len(message), 1, 0, 2013) + message


PING = request(b"\x10ping\0" + struct.pack("<i", 1))
OK = b"\x01ok\0" + struct.pack("<d", 1)


class ServerTest(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix=NAME)
        self.addCleanup(self.folder.cleanup)
        self.dir = self.folder.name + "/server"
        self.addCleanup(subprocess.run, [SCRIPT, "down", self.dir], capture_output=True, timeout=100, check=False)

    def script(self, verb, *options, expect=0):
        done = subprocess.run([SCRIPT, verb, self.dir, *options], capture_output=True, text=True, timeout=300, check=False)
        if done.returncode == 69:
            self.skipTest(next((line for line in done.stderr.splitlines() if line.startswith("no registry:")), done.stderr))
        self.assertEqual(done.returncode, expect, f"{verb}: {done.stderr}")
        return done.stdout if expect == 0 else done.stderr

    def environment(self):
        return dict(re.findall(r"export (\w+)='(.*)'", self.script("env")))

    def connect(self, timeout=30):
        port = int(self.environment()[f"ASSAY_TEST_{NAME.upper()}_PORT"])
        peer = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.addCleanup(peer.close)
        return peer

    def answer(self, peer):
        size = struct.unpack("<i", peer.recv(4, socket.MSG_WAITALL))[0]
        return peer.recv(size - 4, socket.MSG_WAITALL)

    def ping(self):
        peer = self.connect()
        peer.sendall(PING)
        self.assertIn(OK, self.answer(peer))

    def processes(self):
        """Those of this server that run, without zombies."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "cwd") == self.dir + "/data":
                    found.append(process.name)
            except OSError:
                pass  # gone, or a zombie, which has no cwd
        return found

    def test_a_killed_server_refuses_and_answers_on_the_same_port_when_it_is_started(self):
        self.script("up")
        self.ping()
        before = self.environment()
        self.assertEqual(len(self.processes()), 1)
        self.script("kill")
        self.assertEqual(self.processes(), [])
        with self.assertRaises(ConnectionRefusedError):
            self.connect()
        self.script("start")
        self.assertEqual(self.environment(), before)
        self.ping()
        self.assertIn("runs in", self.script("start", expect=1))

    def test_a_frozen_server_accepts_and_is_silent_until_it_is_thawed(self):
        self.script("up")
        self.script("freeze")
        peer = self.connect(timeout=0.5)
        peer.sendall(PING)
        with self.assertRaises(TimeoutError):
            peer.recv(1)
        self.script("thaw")
        peer.settimeout(30)
        self.assertIn(OK, self.answer(peer))

    def test_a_frozen_server_can_be_killed_and_stopped(self):
        self.script("up")
        self.script("freeze")
        self.script("kill")
        self.script("start")
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
