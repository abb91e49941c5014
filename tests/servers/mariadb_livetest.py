"""tests/servers/mariadb: that the server it makes can be crashed, frozen and brought back, as the fault tests need it."""

import os
import pathlib
import re
import socket
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).with_name("mariadb")


@unittest.skipUnless(pathlib.Path("/usr/sbin/mariadbd").exists(), "MariaDB is not installed (tools/setup.sh test does)")
class MariadbTest(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="my")
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

    def sql(self, text, *options, user="assay"):
        command = ["mariadb", "--no-defaults", "-h127.0.0.1", "-P" + self.environment()["ASSAY_TEST_MARIADB_PORT"], "-u" + user, "-BN",
                   *options, "assay", "-e", text]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

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
        self.assertEqual(self.sql("create table t as select 42 as a").returncode, 0)
        self.assertEqual(len(self.processes()), 1)
        self.script("kill")
        self.assertEqual(self.processes(), [])
        self.assertIn("Can't connect", self.sql("select a from t").stderr)
        self.script("start")
        self.assertEqual(self.environment(), before)
        self.assertEqual(self.sql("select a from t").stdout, "42\n")
        self.assertIn("runs in", self.script("start", expect=1))

    def test_a_frozen_server_accepts_and_is_silent_until_it_is_thawed(self):
        self.script("up")
        self.script("freeze")
        port = int(self.environment()["ASSAY_TEST_MARIADB_PORT"])
        with socket.create_connection(("127.0.0.1", port), timeout=0.5) as peer:
            with self.assertRaises(TimeoutError):
                peer.recv(1)  # a live server greets
            self.script("thaw")
            peer.settimeout(30)
            self.assertEqual(len(peer.recv(1)), 1)

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
        user = env["ASSAY_TEST_MARIADB_PASSWORD_USER"]
        self.assertEqual(self.sql("select 1", "-p" + env["ASSAY_TEST_MARIADB_PASSWORD"], user=user).stdout, "1\n")
        self.assertIn("Access denied", self.sql("select 1", "-pwrong", user=user).stderr)
        self.assertIn("Access denied", self.sql("select 1", user="nobody_of_us").stderr)

    def test_with_tls_its_certificate_can_be_verified(self):
        self.script("up", "--tls")
        cipher = "select variable_value <> '' from information_schema.session_status where variable_name = 'Ssl_cipher'"
        verify = ("--ssl-verify-server-cert", "--ssl-ca=" + self.environment()["ASSAY_TEST_MARIADB_CA"])
        self.assertEqual(self.sql(cipher, *verify).stdout, "1\n")
        self.assertIn("certificate", self.sql(cipher, verify[0], "--ssl-ca=/etc/ssl/certs/ca-certificates.crt").stderr)

    def test_a_setting_reaches_the_server(self):
        self.script("up", "--set", "max_connections=17")
        self.assertEqual(self.sql("select @@max_connections").stdout, "17\n")

    def test_a_folder_that_is_not_its_own_is_left_alone(self):
        os.mkdir(self.dir)
        precious = pathlib.Path(self.dir) / "precious"
        precious.write_text("x")
        self.assertIn("neither empty nor made by this script", self.script("up", expect=1))
        self.assertEqual(precious.read_text(), "x")


if __name__ == "__main__":
    unittest.main()
