"""A real server for the tests of the program: a database of its own on the server of the test run, or a server of its own that a
test may freeze and kill (tests/servers). Which kind of server $ASSAY_TEST_SERVER says: postgres or mariadb."""

import contextlib
import hashlib
import os
import pathlib
import re
import secrets
import subprocess
import tempfile

from program import FAST, ROOT, TINY, ProgramTest, environment, unittest

BIN = pathlib.Path("/usr/lib/postgresql/15/bin")


def as_user(url, user):
    """The URL for another user, or for USER:PASSWORD."""
    return re.sub("//[^@]+@", f"//{user}@", url)


def write_secret(path, text):
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


class Postgres:
    """How PostgreSQL is spoken to without assay, and what it says of assay's sessions."""

    name = dialect = scheme = "postgres"
    program = BIN / "postgres"
    drop_database = "drop database if exists {} with (force)"
    tables = "select tablename from pg_tables where schemaname = 'public'"
    busy_sessions = "select count(*) from pg_stat_activity where application_name like 'assay%' and state = 'active' " \
                    "and datname = current_database()"
    partitioned_tables = "select count(distinct inhparent) from pg_inherits join pg_class c on c.oid = inhparent where c.relkind = 'p'"
    lock = "begin; lock table {} in access exclusive mode;"
    share = "begin; lock table {} in share mode;"
    unlock = "rollback;"
    waiting_sessions = "select count(*) from pg_stat_activity where application_name like 'assay%' and wait_event_type = 'Lock' " \
                       "and datname = current_database()"
    keeps_tables = (("create view seen as select * from warehouse", "view seen", "drop view seen"),)  # beside foreign keys
    drop_user = "drop owned by {0}; drop role {0}"
    password_variable = "PGPASSWORD"
    figures = {"xact_commit": "transactions", "blks_hit": "blocks", "wal_bytes": "bytes", "waiting_lock": "sessions"}
    updated_rows = "tup_updated"
    other_types = ("big double precision, small smallint, prefs jsonb, ratio numeric, single real, note varchar(400), kind varchar(9), "
                   "at timestamptz)")
    wrong_type = ("timestamp", "invalid input syntax for type timestamp")  # for whole numbers
    missing_database = 'database "nowhere" does not exist'
    may_not_create = "permission denied"
    may_not_read_the_record = "permission denied for table assay_meta"
    wrong_password = 'password authentication failed for user "{}"'
    missing_password = "password"

    @staticmethod
    def client(url):
        """A program that reads SQL and answers without decoration."""
        return [BIN / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", url]

    def serving(self, sql, _folder):
        """The processes of the server that serve assay."""
        return [int(pid) for pid in sql("select pid from pg_stat_activity where application_name like 'assay%'").split()]

    def end_sessions(self, sql):
        """Ends those of assay, as an administrator does; answers how many."""
        return int(sql("select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name like 'assay%' "
                       "and datname = current_database()"))

    def add_guest(self, sql, user):
        """One who may connect and do nothing."""
        sql(f"revoke create on schema public from public; create role {user} login")

    def add_reader(self, sql, user):
        """One who may change nothing but assay's record."""
        sql(f"create role {user} login; grant select on all tables in schema public to {user}; grant all on assay_meta to {user}")

    def password_user(self):
        """Name and password of a user who needs one."""
        return os.environ["ASSAY_TEST_POSTGRES_SCRAM_USER"], os.environ["ASSAY_TEST_POSTGRES_SCRAM_PASSWORD"]

    def let_in(self, sql, user):
        """The user may make tables in the database."""
        sql(f"grant create on schema public to {user}")

    def password_files(self, folder, url, password):
        """Writes the password into the files that the user may have, and answers the environment that names each."""
        user, host, port = re.search(r"//([^@]+)@([^:/]+):(\d+)/", url).groups()
        for name, variables in (("pgpass", {"PGPASSFILE": str(folder / "pgpass")}), (".pgpass", {"HOME": str(folder)})):
            write_secret(folder / name, f"{host}:{port}:*:{user}:{password}\n")
            yield variables


class Mariadb:
    name = "mariadb"
    dialect = scheme = "mysql"
    program = pathlib.Path("/usr/sbin/mariadbd")
    drop_database = "drop database if exists {}"
    tables = "show tables"
    _OURS = "from information_schema.processlist where db = database() and id <> connection_id()"
    busy_sessions = f"select count(*) {_OURS} and command <> 'Sleep'"
    partitioned_tables = ("select count(distinct table_name) from information_schema.partitions where table_schema = database() "
                          "and partition_name is not null")
    lock = "lock tables {} write;"
    share = "lock tables {} read;"
    unlock = "unlock tables;"
    waiting_sessions = f"select count(*) {_OURS} and state like 'Waiting for table metadata lock%'"
    keeps_tables = ()
    drop_user = "drop user {}"
    password_variable = "MYSQL_PWD"
    figures = {"handler_commit": "commits", "innodb_row_lock_time": "milliseconds", "innodb_os_log_written": "bytes",
               "innodb_history_list_length": "transactions"}
    updated_rows = "handler_update"
    other_types = ("big double, small smallint, prefs longtext, ratio decimal(30, 15), single double, note varchar(400), kind varchar(9), "
                   "at datetime(6)) character set utf8mb4")
    wrong_type = ("tinyint", "a value would not be stored as it is: Out of range")
    missing_database = "Unknown database 'nowhere'"
    may_not_create = "CREATE command denied to user"
    may_not_read_the_record = "(SELECT|UPDATE) command denied to user .* for table .*assay_meta"
    wrong_password = "Access denied for user '{}'"
    missing_password = "Access denied.*using password: NO"

    @staticmethod
    def client(url):
        user, host, port, database = re.match(r"mysql://([^@]+)@([^:]+):(\d+)/(.*)", url).groups()
        return ["mariadb", "--no-defaults", "-nBN", "-h", host, "-P", port, "-u", user, database]

    def serving(self, sql, folder):
        there = int(sql(f"select count(*) {self._OURS}"))
        return [int((pathlib.Path(folder) / "pid").read_text(encoding="utf-8"))] if there else []

    def end_sessions(self, sql):
        sessions = sql(f"select id {self._OURS}").split()
        for session in sessions:
            with contextlib.suppress(AssertionError):  # it may have ended by itself
                sql(f"kill {session}")
        return len(sessions)

    def grant(self, sql, rights, tables, user):
        sql(f"select concat('grant {rights} on ', database(), '.{tables} to {user}') into @grant; execute immediate @grant")

    def add_guest(self, sql, user):
        sql(f"create user {user}")
        self.grant(sql, "trigger", "*", user)  # the server hides tables from whom it gives no right to them at all

    def add_reader(self, sql, user):
        sql(f"create user {user}")
        self.grant(sql, "select", "*", user)
        self.grant(sql, "all", "assay_meta", user)

    def password_user(self):
        return os.environ["ASSAY_TEST_MARIADB_PASSWORD_USER"], os.environ["ASSAY_TEST_MARIADB_PASSWORD"]

    def let_in(self, sql, user):
        self.grant(sql, "all", "*", user)

    def password_files(self, folder, url, password):
        write_secret(folder / ".my.cnf", f"[client]\npassword = {password}\n")
        yield {"HOME": str(folder)}


SERVER = {"postgres": Postgres, "mariadb": Mariadb}[os.environ.get("ASSAY_TEST_SERVER", "postgres")]()
SCRIPT = ROOT / "tests" / "servers" / SERVER.name
VARIABLE = f"ASSAY_TEST_{SERVER.name.upper()}_URL"
needs_server = unittest.skipUnless(SERVER.program.exists(), f"no {SERVER.program} is installed (tools/setup.sh test does)")


class ServerTest(ProgramTest):
    """`self.url` is a database of its own, empty."""

    def setUp(self):
        super().setUp()
        self.server = os.environ.get(VARIABLE)
        if not self.server:
            self.skipTest(f"{VARIABLE} is not set: no server was started (tests/servers/{SERVER.name} up)")
        self.make_database()

    def make_database(self):
        name = f"assay_cli_{secrets.token_hex(6)}"
        self.sql(f"create database {name}", url=self.server)
        self.addCleanup(self.sql, SERVER.drop_database.format(name), url=self.server)
        self.url = re.sub(r"/[^/]*$", f"/{name}", self.server)

    def sql(self, text, url=None):
        """What the server's own client answers, without decoration."""
        done = subprocess.run(SERVER.client(url or self.url), input=text, capture_output=True, text=True, env=environment({}), timeout=60,
                              check=False)
        self.assertEqual(done.returncode, 0, f"{text}: {done.stderr}")
        return done.stdout.strip()

    def client(self):
        """The server's own client under way: what is written to it is carried out line by line."""
        return subprocess.Popen(SERVER.client(self.url), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment({}))

    def tables(self):
        return set(self.sql(SERVER.tables).split())

    def contents(self, file=None):
        """A checksum of every table but assay's own record, over all its rows in order."""
        def checksum(table):
            rows = sorted(self.sql(f"select * from {table}").splitlines())
            return len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()

        return {table: checksum(table) for table in self.tables() - {"assay_meta"}}


@needs_server
class OwnServerTest(ServerTest):
    """A server that nobody else uses, for tests that do it harm."""

    def setUp(self):
        ProgramTest.setUp(self)
        folder = tempfile.TemporaryDirectory(prefix=SERVER.name)
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        self.server_folder = folder.name + "/server"
        self.addCleanup(self.server_script, "down")
        self.server_script("up")
        self.server = self.url = re.search(f"{VARIABLE}='(.*)'", self.server_script("env"))[1]

    def server_script(self, verb):
        done = subprocess.run([SCRIPT, verb, self.server_folder], capture_output=True, text=True, timeout=100, check=False)
        self.assertEqual(done.returncode, 0, f"{verb}: {done.stderr}")
        return done.stdout

    def serving(self):
        """The processes of the server that serve assay."""
        return SERVER.serving(self.sql, self.server_folder)
