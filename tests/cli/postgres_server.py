"""A real PostgreSQL for the tests of the program: a database of its own on the server of the test run, or a server of its own
that a test may freeze and kill (tests/servers/postgres)."""

import os
import pathlib
import re
import secrets
import subprocess
import tempfile

from program import FAST, ROOT, TINY, ProgramTest, environment, unittest

SCRIPT = ROOT / "tests" / "servers" / "postgres"
BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
needs_postgres = unittest.skipUnless((BIN / "postgres").exists(), "PostgreSQL 15 is not installed (tools/setup.sh test does)")


class PostgresTest(ProgramTest):
    """`self.url` is a database of its own, empty."""

    def setUp(self):
        super().setUp()
        self.server = os.environ.get("ASSAY_TEST_POSTGRES_URL")
        if not self.server:
            self.skipTest("ASSAY_TEST_POSTGRES_URL is not set: no PostgreSQL server was started (tests/servers/postgres up)")
        self.make_database()

    def make_database(self):
        name = f"assay_cli_{secrets.token_hex(6)}"
        self.sql(f"create database {name}", url=self.server)
        self.addCleanup(self.sql, f"drop database if exists {name} with (force)", url=self.server)
        self.url = re.sub(r"/[^/]*$", f"/{name}", self.server)

    def sql(self, text, url=None):
        """What psql answers, without decoration."""
        done = subprocess.run([BIN / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", url or self.url, "-c", text], capture_output=True,
                              text=True, env=environment({}), timeout=60, check=False)
        self.assertEqual(done.returncode, 0, f"{text}: {done.stderr}")
        return done.stdout.strip()

    def tables(self):
        return set(self.sql("select tablename from pg_tables where schemaname = 'public'").split())

    def contents(self, file=None):
        """A checksum of every table but assay's own record, over all its rows in order."""
        return {table: self.sql(f"select count(*) || ' ' || md5(string_agg(t::text, chr(10) order by t::text)) from {table} t")
                for table in self.tables() - {"assay_meta"}}


@needs_postgres
class OwnServerTest(PostgresTest):
    """A server that nobody else uses, for tests that do it harm."""

    def setUp(self):
        ProgramTest.setUp(self)
        folder = tempfile.TemporaryDirectory(prefix="pg")
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        self.server_folder = folder.name + "/server"
        self.addCleanup(self.server_script, "down")
        self.server_script("up")
        self.server = self.url = re.search(r"POSTGRES_URL='(.*)'", self.server_script("env"))[1]

    def server_script(self, verb):
        done = subprocess.run([SCRIPT, verb, self.server_folder], capture_output=True, text=True, timeout=100, check=False)
        self.assertEqual(done.returncode, 0, f"{verb}: {done.stderr}")
        return done.stdout

    def backends(self):
        """The processes of the server that serve assay."""
        return [int(pid) for pid in self.sql("select pid from pg_stat_activity where application_name like 'assay%'").split()]
