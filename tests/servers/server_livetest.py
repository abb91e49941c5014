"""tests/servers/postgres and mariadb: that the server that ASSAY_TEST_SERVER names can be crashed, frozen and brought back, as the
fault tests need it."""

import os
import pathlib
import re
import socket
import subprocess
import tempfile
import unittest


class Postgres:
    """What is PostgreSQL's own: each method takes the environment that the script tells."""
    folder = "pg"
    program = pathlib.Path("/usr/lib/postgresql/15/bin/postgres")
    port = "ASSAY_TEST_POSTGRES_PORT"
    greeting = bytes.fromhex("0000000804d2162f")  # SSLRequest: a live server answers S or N
    processes = 2  # at least
    refusal, denial = "refused", "password authentication failed"
    stranger = None  # the script trusts whoever comes from this machine
    max_connections = "show max_connections"
    encrypted = "select case when ssl then 1 else 0 end from pg_stat_ssl where pid = pg_backend_pid()"

    def client(self, env, sql, password=None, ca=None):
        url = env["ASSAY_TEST_POSTGRES_URL"]
        if password:
            url = url.replace("postgres@", env["ASSAY_TEST_POSTGRES_SCRAM_USER"] + "@")
        if ca:
            url += f"?sslmode=verify-full&sslrootcert={ca}"
        return [self.program.with_name("psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", url, "-c", sql], {"PGPASSWORD": password} if password else {}

    def password(self, env):
        return env["ASSAY_TEST_POSTGRES_SCRAM_PASSWORD"]

    def authority(self, env):
        return env["ASSAY_TEST_POSTGRES_CA"]


class Mariadb:
    folder = "my"
    program = pathlib.Path("/usr/sbin/mariadbd")
    port = "ASSAY_TEST_MARIADB_PORT"
    greeting = b""  # a live server speaks first
    processes = 1
    refusal, denial = "Can't connect", "Access denied"
    stranger = "nobody_of_us"
    max_connections = "select @@max_connections"
    encrypted = "select variable_value <> '' from information_schema.session_status where variable_name = 'Ssl_cipher'"

    def client(self, env, sql, password=None, ca=None, user="assay"):
        user = env["ASSAY_TEST_MARIADB_PASSWORD_USER"] if password else user
        options = ["-p" + password] if password else []
        if ca:
            options += ["--ssl-verify-server-cert", "--ssl-ca=" + ca]
        return ["mariadb", "--no-defaults", "-h127.0.0.1", "-P" + env[self.port], "-u" + user, "-BN", *options, "assay", "-e", sql], {}

    def password(self, env):
        return env["ASSAY_TEST_MARIADB_PASSWORD"]

    def authority(self, env):
        return env["ASSAY_TEST_MARIADB_CA"]


NAME = os.environ.get("ASSAY_TEST_SERVER", "postgres")
SERVER = {"postgres": Postgres, "mariadb": Mariadb}[NAME]()
SCRIPT = pathlib.Path(__file__).with_name(NAME)


@unittest.skipUnless(SERVER.program.exists(), f"{SERVER.program} is not installed (tools/setup.sh test does)")
class ServerTest(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix=SERVER.folder)
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

    def sql(self, text, **options):
        command, more = SERVER.client(self.environment(), text, **options)
        return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **more}, timeout=60, check=False)

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
        self.assertGreaterEqual(len(self.processes()), SERVER.processes)
        self.script("kill")
        self.assertEqual(self.processes(), [])
        self.assertIn(SERVER.refusal, self.sql("select a from t").stderr)
        self.script("start")
        self.assertEqual(self.environment(), before)
        self.assertEqual(self.sql("select a from t").stdout, "42\n")
        self.assertIn("runs in", self.script("start", expect=1))

    def test_a_frozen_server_accepts_and_is_silent_until_it_is_thawed(self):
        self.script("up")
        self.script("freeze")
        with socket.create_connection(("127.0.0.1", int(self.environment()[SERVER.port])), timeout=0.5) as peer:
            peer.sendall(SERVER.greeting)
            with self.assertRaises(TimeoutError):
                peer.recv(1)
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
        self.assertEqual(self.sql("select 1", password=SERVER.password(self.environment())).stdout, "1\n")
        self.assertIn(SERVER.denial, self.sql("select 1", password="wrong").stderr)
        if SERVER.stranger:
            self.assertIn(SERVER.denial, self.sql("select 1", user=SERVER.stranger).stderr)

    def test_with_tls_its_certificate_can_be_verified(self):
        self.script("up", "--tls")
        self.assertEqual(self.sql(SERVER.encrypted, ca=SERVER.authority(self.environment())).stdout, "1\n")
        others = "/etc/ssl/certs/ca-certificates.crt"
        self.assertIn("certificate", self.sql(SERVER.encrypted, ca=others).stderr)

    def test_a_setting_reaches_the_server(self):
        self.script("up", "--set", "max_connections=17")
        self.assertEqual(self.sql(SERVER.max_connections).stdout, "17\n")

    def test_a_folder_that_is_not_its_own_is_left_alone(self):
        os.mkdir(self.dir)
        precious = pathlib.Path(self.dir) / "precious"
        precious.write_text("x")
        self.assertIn("neither empty nor made by this script", self.script("up", expect=1))
        self.assertEqual(precious.read_text(), "x")


if __name__ == "__main__":
    unittest.main()
