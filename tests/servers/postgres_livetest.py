"""tests/servers/postgres: that the server it makes can be crashed, frozen and brought back, as the fault tests need it."""

import os
import pathlib
import re
import socket
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).with_name("postgres")
BIN = pathlib.Path("/usr/lib/postgresql/15/bin")


@unittest.skipUnless((BIN / "postgres").exists(), "PostgreSQL 15 is not installed (tools/setup.sh test does)")
class PostgresTest(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="pg")
        self.addCleanup(self.folder.cleanup)
        os.chmod(self.folder.name, 0o755)
        self.dir = self.folder.name + "/server"
        self.addCleanup(self.script, "down")

    def script(self, verb, *options, expect=0):
        done = subprocess.run([SCRIPT, verb, self.dir, *options], capture_output=True, text=True, timeout=100, check=False)
        self.assertEqual(done.returncode, expect, f"{verb}: {done.stderr}")
        return done.stdout if expect == 0 else done.stderr

    def environment(self):
        return dict(re.findall(r"export (\w+)='(.*)'", self.script("env")))

    def psql(self, sql, url=None, password=None):
        env = {**os.environ, **({"PGPASSWORD": password} if password else {})}
        command = [BIN / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", url or self.environment()["ASSAY_TEST_POSTGRES_URL"], "-c", sql]
        return subprocess.run(command, capture_output=True, text=True, env=env, timeout=60, check=False)

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

    def test_what_was_committed_survives_kill_and_start_on_the_same_port(self):
        self.script("up")
        before = self.environment()
        self.assertEqual(self.psql("create table t as select 42 as a").returncode, 0)
        self.assertGreater(len(self.processes()), 1)
        self.script("kill")
        self.assertEqual(self.processes(), [])
        self.assertIn("refused", self.psql("select a from t").stderr)
        self.script("start")
        self.assertEqual(self.environment(), before)
        self.assertEqual(self.psql("select a from t").stdout, "42\n")
        self.assertIn("runs in", self.script("start", expect=1))

    def test_a_frozen_server_accepts_and_is_silent_until_it_is_thawed(self):
        self.script("up")
        self.script("freeze")
        port = int(self.environment()["ASSAY_TEST_POSTGRES_PORT"])
        with socket.create_connection(("127.0.0.1", port), timeout=0.5) as peer:
            peer.sendall(bytes.fromhex("0000000804d2162f"))  # SSLRequest: a live server answers S or N
            with self.assertRaises(TimeoutError):
                peer.recv(1)
            self.script("thaw")
            peer.settimeout(30)
            self.assertEqual(peer.recv(1), b"N")

    def test_a_frozen_server_can_be_killed_and_stopped(self):
        self.script("up")
        self.script("freeze")
        self.script("kill")
        self.script("start")
        self.script("freeze")
        self.script("down")
        self.assertEqual(self.processes(), [])
        self.assertIn("no server runs", self.script("kill", expect=1))

    def test_the_password_user_needs_its_password(self):
        self.script("up")
        env = self.environment()
        url = env["ASSAY_TEST_POSTGRES_URL"].replace("postgres@", env["ASSAY_TEST_POSTGRES_SCRAM_USER"] + "@")
        self.assertEqual(self.psql("select 1", url, env["ASSAY_TEST_POSTGRES_SCRAM_PASSWORD"]).stdout, "1\n")
        self.assertIn("password authentication failed", self.psql("select 1", url, "wrong").stderr)

    def test_with_tls_its_certificate_can_be_verified(self):
        self.script("up", "--tls")
        env = self.environment()
        url = f"{env['ASSAY_TEST_POSTGRES_URL']}?sslmode=verify-full&sslrootcert={env['ASSAY_TEST_POSTGRES_CA']}"
        self.assertEqual(self.psql("select ssl from pg_stat_ssl where pid = pg_backend_pid()", url).stdout, "t\n")
        self.assertIn("certificate", self.psql("select 1", url.replace(env["ASSAY_TEST_POSTGRES_CA"], "/etc/hostname")).stderr)

    def test_a_setting_reaches_the_server(self):
        self.script("up", "--set", "max_connections=17")
        self.assertEqual(self.psql("show max_connections").stdout, "17\n")

    def test_a_folder_that_is_not_its_own_is_left_alone(self):
        os.mkdir(self.dir)
        precious = pathlib.Path(self.dir) / "precious"
        precious.write_text("x")
        self.assertIn("neither empty nor made by this script", self.script("up", expect=1))
        self.assertEqual(precious.read_text(), "x")


if __name__ == "__main__":
    unittest.main()
