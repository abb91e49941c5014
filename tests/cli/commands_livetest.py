"""The commands on PostgreSQL, and every way in which a server or what is in it is not as it should be."""

import os
import pathlib
import re
import socket
import subprocess
import time

from postgres_server import BIN, FAST, TINY, PostgresTest, unittest


class PostgresCommandsTest(PostgresTest):

    def test_run_does_all_in_one_on_postgres(self):
        done = self.assay("run", "tpcc", "--target", self.url, *FAST, "--prepare", "--check", "--cleanup", "--duration", "1s")
        self.assertIn("check before the run: consistent", done.stderr)
        self.assertIn("check after the run: consistent", done.stderr)
        self.assertEqual(self.tables(), set())

    def test_cleanup_on_postgres_removes_what_prepare_made_and_nothing_else(self):
        self.sql("create table mine (a int); insert into mine values (42)")
        self.prepare("--warehouses", "2", "--partitions", "2", "--partition-type", "list_range")
        self.prepare(workload="kv")
        self.assay("cleanup", "tpcc", "--target", self.url)
        self.assertEqual(self.tables(), {"mine", "assay_kv", "assay_meta"})
        self.assay("cleanup", "kv", "--target", self.url)
        self.assertEqual(self.tables(), {"mine"})
        self.assertEqual(self.sql("select a from mine"), "42")

    def test_cleanup_on_postgres_takes_nothing_from_what_somebody_built_on_the_tables(self):
        self.prepare()
        before = self.contents()
        for statement, says, undo in (("create view seen as select * from warehouse", "view seen", "drop view seen"),
                                      ("create table mine (w integer references warehouse)", "mine_w_fkey", "drop table mine")):
            self.sql(statement)
            self.assertIn(says, self.refused("cleanup", "tpcc", "--target", self.url, code=3))
            self.sql(undo)
            self.assertEqual(self.contents(), before)
        # Somebody wanted it gone: nothing runs on it any more.
        self.assertIn("run assay cleanup tpcc again", self.refused("run", "tpcc", "--target", self.url))
        self.assay("cleanup", "tpcc", "--target", self.url)
        self.assertEqual(self.tables(), set())

    def test_what_is_done_to_whole_tables_may_take_longer_than_an_operation(self):
        """Indexes, foreign keys, dropping: here somebody's lock makes them wait for longer than the time-out."""
        self.prepare()
        with subprocess.Popen([BIN / "psql", "-XqAt", self.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as locker:
            locker.stdin.write("begin; lock table order_line in share mode; select 'locked';\n")
            locker.stdin.flush()
            self.assertEqual(locker.stdout.readline().strip(), "locked")
            process = self.start("cleanup", "tpcc", "--target", self.url, "--operation-timeout", "300ms")
            self.wait_for(lambda: self.sql("select count(*) from pg_stat_activity where application_name like 'assay%' and "
                                           "wait_event_type = 'Lock'") == "1", "the DDL to wait")
            time.sleep(1)  # more than three times the time-out
            locker.stdin.write("rollback;\n")
            locker.stdin.close()
        self.finish(process)
        self.assertEqual(self.tables(), set())

    def test_a_run_whose_transactions_are_all_refused_fails(self):
        self.prepare()
        role = "assay_reader_" + self.url[-12:]
        self.sql(f"create role {role} login; grant select on all tables in schema public to {role}; "
                 f"grant all on assay_meta to {role}")
        self.addCleanup(self.sql, f"drop owned by {role}; drop role {role}")
        done = self.assay("run", "tpcc", "--target", self.url.replace("postgres@", f"{role}@"), *FAST, "--duration", "1s", code=4)
        self.assertRegex(done.stdout, r"all \d+ new_order of the measured time failed")

    def test_tables_of_somebody_else_on_postgres_are_left_alone(self):
        self.sql("create table orders (a int); insert into orders values (42); create table assay_kv (a int)")
        self.assertIn("orders", self.refused("prepare", "tpcc", "--target", self.url, *TINY))
        self.assertIn("not made by assay", self.refused("prepare", "kv", "--target", self.url))
        self.assertIn("nothing to clean up", self.assay("cleanup", "tpcc", "--target", self.url).stderr)
        self.assertIn("nothing to remove", self.assay("cleanup", "kv", "--target", self.url).stderr)
        self.assertEqual(self.tables(), {"orders", "assay_kv"})
        self.assertEqual(self.sql("select a from orders"), "42")

    def test_the_same_seed_on_postgres_gives_the_same_tables_from_shards_too(self):
        self.prepare("--warehouses", "2", "--seed", "7")
        whole = self.contents()
        self.assertEqual(len(whole), 9)
        for options in (("--drop-data",), ("--partitions", "2", "--drop-data")):
            self.prepare("--warehouses", "2", "--seed", "7", *options)
            self.assertEqual({t: c for t, c in self.contents().items() if t in whole}, whole)
        self.assay("cleanup", "tpcc", "--target", self.url)
        command = ("prepare", "tpcc", "--target", self.url, *TINY, "--warehouses", "2", "--seed", "7", "--quiet", "--shard")
        shards = [self.start(*command, "0/2"), self.start(*command, "1/2")]
        for shard in shards:
            self.finish(shard)
        self.assertEqual(self.contents(), whole)

    def test_two_runs_at_once_on_postgres_both_pass(self):
        self.prepare()
        command = ("run", "tpcc", "--target", self.url, *FAST, "--clients", "2", "--duration", "2s", "--check")
        runs = [self.start(*command), self.start(*command)]
        for run in runs:
            self.finish(run)
        self.assay("check", "tpcc", "--target", self.url)

    def test_two_shards_of_a_run_are_each_cross_checked(self):
        self.prepare("--warehouses", "2")
        command = ("run", "tpcc", "--target", self.url, *FAST, "--warehouses", "2", "--duration", "2s", "--shard")
        runs = [self.start(*command, f"{i}/2", "--result", f"{i}.json") for i in (0, 1)]
        for run in runs:
            self.finish(run)
        for i in (0, 1):
            check = [r for r in self.report(f"{i}.json")["requirements"] if r["name"] == "New-Orders in the target"]
            self.assertEqual([r["verdict"] for r in check], ["pass"])


class BadServerTest(PostgresTest):

    def unreachable(self, url, *options, **more):
        return self.refused("run", "tpcc", "--target", url, "--prepare", *TINY, *options, code=3, **more)

    def test_an_unknown_host_is_named(self):
        self.assertIn("unknown host 'no-such-host.invalid'", self.unreachable("postgres://postgres@no-such-host.invalid/assay"))

    def test_a_closed_port_is_named(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can take it
            port = listener.getsockname()[1]
            self.assertRegex(self.unreachable(f"postgres://postgres@127.0.0.1:{port}/assay"), f"{port} failed: Connection refused")

    def test_a_server_that_does_not_answer_is_given_up(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            url = f"postgres://postgres@127.0.0.1:{listener.getsockname()[1]}/assay"
            self.assertRegex(self.unreachable(url, "--connect-timeout", "300ms"), "300 ?ms|timeout|timed out")

    def test_a_missing_database_is_named(self):
        self.assertIn('database "nowhere" does not exist', self.unreachable(re.sub("/[^/]*$", "/nowhere", self.url)))

    def test_a_run_on_postgres_before_prepare_says_how_to_load(self):
        self.assertIn("assay prepare tpcc", self.refused("run", "tpcc", "--target", self.url))
        self.assertIn("assay prepare kv", self.refused("run", "kv", "--target", self.url))
        self.assertEqual(self.tables(), set())

    def test_an_isolation_level_that_postgres_lacks_is_refused(self):
        self.prepare()
        self.assertRegex(self.refused("run", "tpcc", "--target", self.url, *TINY, "--isolation-level", "linearizable"),
                         "--isolation-level is linearizable, which postgres does not have; expected .*serializable")

    def test_a_user_who_may_not_create_tables_is_told_so(self):
        self.sql("revoke create on schema public from public")
        role = "assay_guest_" + self.url[-12:]
        self.sql(f"create role {role} login")
        self.addCleanup(self.sql, f"drop owned by {role}; drop role {role}")
        url = self.url.replace("postgres@", f"{role}@")
        self.assertIn("permission denied", self.refused("prepare", "tpcc", "--target", url, *TINY, code=3))
        self.assertIn("permission denied", self.refused("prepare", "kv", "--target", url, code=3))

    def test_a_user_who_may_not_use_the_record_of_assay_is_told_so(self):
        self.prepare()
        self.prepare(workload="kv")
        role = "assay_guest_" + self.url[-12:]
        self.sql(f"create role {role} login")
        self.addCleanup(self.sql, f"drop owned by {role}; drop role {role}")
        url = self.url.replace("postgres@", f"{role}@")
        for workload in ("tpcc", "kv"):
            for command in ("prepare", "run", "check", "cleanup"):
                said = self.refused(command, workload, "--target", url, code=3)
                self.assertIn("permission denied for table assay_meta", said)


class SeveralHostsTest(PostgresTest):
    """One that cannot be reached does not keep assay from the next, whatever keeps it from answering."""

    def address(self):
        return re.search(r"@([^/]+)/", self.url)[1]

    def with_hosts(self, *hosts):
        return re.sub(r"@[^/]+/", f"@{','.join(hosts)}/", self.url)

    def test_an_unknown_host_is_passed_over(self):
        self.prepare(workload="kv", url=self.with_hosts("no-such-host.invalid:1", self.address()))

    def test_a_host_that_refuses_or_says_nothing_is_passed_over_after_its_time_out(self):
        with socket.socket() as deaf, socket.socket() as closed:
            for listener in (deaf, closed):
                listener.bind(("127.0.0.1", 0))
            deaf.listen()
            hosts = [f"127.0.0.1:{s.getsockname()[1]}" for s in (closed, deaf)] + [self.address()]
            self.prepare("--connect-timeout", "500ms", workload="kv", url=self.with_hosts(*hosts))
            self.assertRegex(self.refused("check", "kv", "--target", self.with_hosts(*hosts[:2]), "--connect-timeout", "300ms", code=3),
                             "cannot connect")

    def test_what_a_host_answers_is_the_answer(self):
        url = re.sub("/[^/]*$", "/nowhere", self.with_hosts(self.address(), "127.0.0.1:1"))
        self.assertIn('database "nowhere" does not exist', self.refused("check", "kv", "--target", url, code=3))

    def test_the_attributes_of_a_session_are_asked_for(self):
        primary, either = self.url + "?target_session_attrs=primary", self.url + "?target_session_attrs=prefer-standby"
        self.prepare(workload="kv", url=primary)
        self.assay("check", "kv", "--target", either)
        self.assertIn("cannot connect", self.refused("check", "kv", "--target", self.url + "?target_session_attrs=standby", code=3))


class PasswordTest(PostgresTest):
    """No password is ever shown, be it right or wrong, wherever it came from."""

    def setUp(self):
        super().setUp()
        self.user, self.password = os.environ["ASSAY_TEST_POSTGRES_SCRAM_USER"], os.environ["ASSAY_TEST_POSTGRES_SCRAM_PASSWORD"]
        self.sql(f"grant create on schema public to {self.user}")
        self.without = self.url.replace("postgres@", f"{self.user}@")

    def with_password(self, password):
        return self.url.replace("postgres@", f"{self.user}:{password.replace(' ', '%20')}@")

    def assert_secret(self, secret, *texts):
        for text in (*texts, *(file.read_text(errors="replace") for file in pathlib.Path(self.folder).rglob("*.json"))):
            for form in (secret, secret.replace(" ", "%20")):
                self.assertNotIn(form, text)

    def test_a_wrong_password_is_refused_and_not_shown(self):
        said = self.refused("prepare", "tpcc", "--target", self.with_password("s3cret horse"), code=3)
        self.assertIn(f'password authentication failed for user "{self.user}"', said)
        self.assert_secret("s3cret horse", said)

    def test_a_missing_password_is_told(self):
        self.assertIn("password", self.refused("prepare", "tpcc", "--target", self.without, code=3))

    def test_the_right_password_works_and_is_in_no_output_and_no_result(self):
        url = self.with_password(self.password)
        texts = []
        for command in (("run", *FAST, "--prepare", "--check", "--duration", "1s", "--result", "r.json"), ("check", ), ("cleanup",)):
            done = self.assay(command[0], "tpcc", "--target", url, *command[1:])
            texts += [done.stdout, done.stderr]
        for form in ("table", "csv", "json", "html"):
            texts.append(self.assay("report", "r.json", "--format", form).stdout)
        self.assertIn(self.user, texts[0])  # the URL is shown, without the password
        self.assert_secret(self.password, *texts)

    def test_the_live_panel_does_not_show_the_password(self):
        url = self.with_password(self.password)
        self.assay("prepare", "tpcc", "--target", url, "--quiet", *TINY)
        written = self.on_a_terminal("run", "tpcc", "--target", url, *FAST, "--duration", "3s")
        self.assertIn("tpcc on postgres://", written)
        self.assert_secret(self.password, written)

    def test_the_password_comes_from_the_environment_or_a_file(self):
        self.assay("prepare", "kv", "--target", self.without, "--rows", "100", env={"PGPASSWORD": self.password})
        host, port = re.search(r"@([^:/]+):(\d+)/", self.url).groups()
        secrets = self.folder / "pgpass"
        secrets.write_text(f"{host}:{port}:*:{self.user}:{self.password}\n")
        secrets.chmod(0o600)
        self.assay("check", "kv", "--target", self.without, env={"PGPASSFILE": str(secrets)})
        (self.folder / ".pgpass").write_text(secrets.read_text())
        (self.folder / ".pgpass").chmod(0o600)
        self.assay("check", "kv", "--target", self.without, env={"HOME": str(self.folder)})

    def test_the_list_of_processes_does_not_show_the_password(self):
        self.assay("prepare", "kv", "--target", self.with_password(self.password), "--rows", "100", "--quiet")
        process = self.start("run", "kv", "--target", self.with_password(self.password), "--duration", "2s")
        said = self.wait_for_text(process, "measure")
        shown = pathlib.Path(f"/proc/{process.pid}/cmdline").read_text(encoding="utf-8")
        self.assertIn(f"postgres://{self.user}:", shown)
        self.assert_secret(self.password, shown, said, self.finish(process).stdout)

    def test_a_password_that_is_not_encoded_is_not_shown_in_pieces(self):
        host = re.search(r"@([^/]+)/", self.url)[1]
        for password in ("100%secret", "a?secret", "a@secret", "a#secret", "a/secret", "a:secret@", "a b@secret"):
            said = self.refused("check", "kv", "--target", f"postgres://{self.user}:{password}@{host}/assay", code=None)
            self.assertNotIn("secret", said, password)
        self.assertNotIn("secret", self.refused("check", "kv", "--target", f"host=127.0.0.1 user={self.user} password=secret"))

    def test_mistakes_do_not_show_the_password(self):
        url = self.with_password(self.password)
        for options in (("--warehouse", "2"), ("--rate", "-1"), ("--isolation-level", "linearizable")):
            self.assert_secret(self.password, self.refused("run", "tpcc", "--target", url, *options))
        self.assert_secret(self.password, self.refused("run", "tpcc", "--target", url + "?no-such=1"),
                           self.refused("run", "tpcc", "--target", url.replace("postgres://", "postgrez://")),
                           self.refused("run", "tpcc", "--target", url, "--target", url),
                           self.start("run", "tpcc", "--target", "postgres://me:correct%20horse/2@127.0.0.1:1/x").communicate()[1],
                           self.refused("run", "tpcc", url), self.refused("run", url), self.refused(url))


if __name__ == "__main__":
    unittest.main()
