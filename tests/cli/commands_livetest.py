"""The commands on a real server of the kind that $ASSAY_TEST_SERVER names, and every way in which it, or what is in it, is not as
it should be."""

import json
import pathlib
import re
import socket
import time

from database_server import FAST, SERVER, TINY, ServerTest, as_user, unittest

# Not every server has foreign keys between partitioned tables.
WITHOUT_KEYS = ("--foreign-keys", "false")


class CommandsTest(ServerTest):

    def test_run_does_all_in_one_on_a_server(self):
        done = self.assay("run", "tpcc", "--target", self.url, *FAST, "--prepare", "--check", "--cleanup", "--duration", "1s")
        self.assertIn("check before the run: consistent", done.stderr)
        self.assertIn("check after the run: consistent", done.stderr)
        self.assertEqual(self.tables(), set())

    def test_cleanup_on_a_server_removes_what_prepare_made_and_nothing_else(self):
        self.sql("create table mine (a int); insert into mine values (42)")
        self.prepare("--warehouses", "2", "--partitions", "2", "--partition-type", "list_range", *WITHOUT_KEYS)
        self.assertEqual(self.sql(SERVER.partitioned_tables), "8")
        self.prepare(workload="kv")
        self.assay("cleanup", "tpcc", "--target", self.url)
        self.assertEqual(self.tables(), {"mine", "assay_kv", "assay_meta"})
        self.assay("cleanup", "kv", "--target", self.url)
        self.assertEqual(self.tables(), {"mine"})
        self.assertEqual(self.sql("select a from mine"), "42")

    def test_cleanup_on_a_server_takes_nothing_from_what_somebody_built_on_the_tables(self):
        self.prepare()
        before = self.contents()
        for statement, says, undo in (("create table mine (w integer, foreign key (w) references warehouse (w_id))", "table mine",
                                       "drop table mine"), *SERVER.keeps_tables):
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
        with self.client() as locker:
            locker.stdin.write(SERVER.share.format("order_line") + " select 'locked';\n")
            locker.stdin.flush()
            self.assertEqual(locker.stdout.readline().strip(), "locked")
            process = self.start("cleanup", "tpcc", "--target", self.url, "--operation-timeout", "300ms")
            self.wait_for(lambda: self.sql(SERVER.waiting_sessions) == "1", "the DDL to wait")
            time.sleep(1)  # more than three times the time-out
            locker.stdin.write(SERVER.unlock + "\n")
            locker.stdin.close()
        self.finish(process)
        self.assertEqual(self.tables(), set())

    def test_a_run_whose_transactions_are_all_refused_fails(self):
        self.prepare()
        user = "assay_reader_" + self.url[-12:]
        SERVER.add_reader(self.sql, user)
        self.addCleanup(self.sql, SERVER.drop_user.format(user))
        done = self.assay("run", "tpcc", "--target", as_user(self.url, user), *FAST, "--duration", "1s", code=4)
        self.assertRegex(done.stdout, r"all \d+ new_order of the measured time failed")

    def test_tables_of_somebody_else_on_a_server_are_left_alone(self):
        self.sql("create table orders (a int); insert into orders values (42); create table assay_kv (a int)")
        self.assertIn("orders", self.refused("prepare", "tpcc", "--target", self.url, *TINY))
        self.assertIn("not made by assay", self.refused("prepare", "kv", "--target", self.url))
        self.assertIn("nothing to clean up", self.assay("cleanup", "tpcc", "--target", self.url).stderr)
        self.assertIn("nothing to remove", self.assay("cleanup", "kv", "--target", self.url).stderr)
        self.assertEqual(self.tables(), {"orders", "assay_kv"})
        self.assertEqual(self.sql("select a from orders"), "42")

    def test_the_same_seed_on_a_server_gives_the_same_tables_from_shards_too(self):
        self.prepare("--warehouses", "2", "--seed", "7")
        whole = self.contents()
        self.assertEqual(len(whole), 9)
        for options in (("--drop-data",), ("--partitions", "2", *WITHOUT_KEYS, "--drop-data")):
            self.prepare("--warehouses", "2", "--seed", "7", *options)
            self.assertEqual({t: c for t, c in self.contents().items() if t in whole}, whole)
        self.assay("cleanup", "tpcc", "--target", self.url)
        command = ("prepare", "tpcc", "--target", self.url, *TINY, "--warehouses", "2", "--seed", "7", "--quiet", "--shard")
        shards = [self.start(*command, "0/2"), self.start(*command, "1/2")]
        for shard in shards:
            self.finish(shard)
        self.assertEqual(self.contents(), whole)

    def test_two_runs_at_once_on_a_server_both_pass(self):
        self.prepare()
        command = ("run", "tpcc", "--target", self.url, *FAST, "--clients", "2", "--duration", "2s", "--check")
        runs = [self.start(*command), self.start(*command)]
        for run in runs:
            self.finish(run)
        self.assay("check", "tpcc", "--target", self.url)

    def test_every_operation_of_kv_runs_on_a_server_and_leaves_what_it_should(self):
        operations = ("get", "put", "update", "insert", "delete", "scan", "batch_get", "batch_put", "read_modify_write")
        # 20,000 rows are ten parts, loaded four at a time.
        done = self.assay("run", "kv", "--target", self.url, "--rows", "20000", "--parallel", "4", "--prepare", "--check", "--cleanup",
                          "--mix", ",".join(f"{name}=1" for name in operations), "--clients", "8", "--duration", "2s", "--result", "r.json")
        self.assertIn("check before the run: consistent", done.stderr)
        self.assertIn("check after the run: consistent", done.stderr)
        numbers = self.report("r.json")["by_name"]
        for name in operations:
            self.assertGreater(numbers[name]["count"], 0, name)
            self.assertEqual(numbers[name]["errors"], 0, name)
        self.assertEqual(self.tables(), set())

    def test_the_servers_own_figures_are_on_the_time_line(self):
        self.prepare(workload="kv")
        self.assay("run", "kv", "--target", self.url, "--mix", "update=1", "--count", "2000", "--rate", "1000", "--result", "r.json")
        series = {s["name"]: s for s in json.loads((self.folder / "r.json").read_text())["target_series"]}
        for name, unit in SERVER.figures.items():
            self.assertEqual(series[name]["unit"], unit)
        counted = series[SERVER.updated_rows]
        self.assertTrue(counted["counter"])
        # Counters begin with 0. The last sample is taken up to an interval, of a second, before the end.
        at_ns, last = counted["samples"][-1]
        self.assertGreaterEqual(last, 500, f"at {at_ns / 1e9} s of 2")

    def test_two_shards_of_a_run_are_each_cross_checked(self):
        self.prepare("--warehouses", "2")
        command = ("run", "tpcc", "--target", self.url, *FAST, "--warehouses", "2", "--duration", "2s", "--shard")
        runs = [self.start(*command, f"{i}/2", "--result", f"{i}.json") for i in (0, 1)]
        for run in runs:
            self.finish(run)
        for i in (0, 1):
            check = [r for r in self.report(f"{i}.json")["requirements"] if r["name"] == "New-Orders in the target"]
            self.assertEqual([r["verdict"] for r in check], ["pass"])


class BadServerTest(ServerTest):

    def unreachable(self, url, *options, **more):
        return self.refused("run", "tpcc", "--target", url, "--prepare", *TINY, *options, code=3, **more)

    def test_an_unknown_host_is_named(self):
        self.assertIn("unknown host 'no-such-host.invalid'", self.unreachable(f"{SERVER.scheme}://me@no-such-host.invalid/assay"))

    def test_a_closed_port_is_named(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can take it
            port = listener.getsockname()[1]
            self.assertRegex(self.unreachable(f"{SERVER.scheme}://me@127.0.0.1:{port}/assay"), f"{port}.*: Connection refused")

    def test_a_server_that_does_not_answer_is_given_up(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            url = f"{SERVER.scheme}://me@127.0.0.1:{listener.getsockname()[1]}/assay"
            self.assertRegex(self.unreachable(url, "--connect-timeout", "300ms"), "300 ?ms|timeout|timed out")

    def test_a_missing_database_is_named(self):
        self.assertIn(SERVER.missing_database, self.unreachable(re.sub("/[^/]*$", "/nowhere", self.url)))

    def test_a_run_on_a_server_before_prepare_says_how_to_load(self):
        self.assertIn("assay prepare tpcc", self.refused("run", "tpcc", "--target", self.url))
        self.assertIn("assay prepare kv", self.refused("run", "kv", "--target", self.url))
        self.assertEqual(self.tables(), set())

    def test_an_isolation_level_that_the_server_lacks_is_refused(self):
        self.prepare()
        self.assertRegex(self.refused("run", "tpcc", "--target", self.url, *TINY, "--isolation-level", "linearizable"),
                         f"--isolation-level is linearizable, which {SERVER.dialect} does not have; expected .*serializable")

    def guest(self):
        """The URL for a user who may connect, and see that there are tables."""
        user = "assay_guest_" + self.url[-12:]
        SERVER.add_guest(self.sql, user)
        self.addCleanup(self.sql, SERVER.drop_user.format(user))
        return as_user(self.url, user)

    def test_a_user_who_may_not_create_tables_is_told_so(self):
        url = self.guest()
        self.assertRegex(self.refused("prepare", "tpcc", "--target", url, *TINY, code=3), SERVER.may_not_create)
        self.assertRegex(self.refused("prepare", "kv", "--target", url, code=3), SERVER.may_not_create)

    def test_a_user_who_may_not_use_the_record_of_assay_is_told_so(self):
        self.prepare()
        self.prepare(workload="kv")
        url = self.guest()
        for workload in ("tpcc", "kv"):
            for command in ("prepare", "run", "check", "cleanup"):
                said = self.refused(command, workload, "--target", url, code=3)
                self.assertRegex(said, SERVER.may_not_read_the_record)


class PasswordTest(ServerTest):
    """No password is ever shown, be it right or wrong, wherever it came from."""

    def setUp(self):
        super().setUp()
        self.user, self.password = SERVER.password_user()
        SERVER.let_in(self.sql, self.user)
        self.without = as_user(self.url, self.user)

    def with_password(self, password):
        return as_user(self.url, f"{self.user}:{password.replace(' ', '%20')}")

    def assert_secret(self, secret, *texts):
        for text in (*texts, *(file.read_text(errors="replace") for file in pathlib.Path(self.folder).rglob("*.json"))):
            for form in (secret, secret.replace(" ", "%20")):
                self.assertNotIn(form, text)

    def test_a_wrong_password_is_refused_and_not_shown(self):
        said = self.refused("prepare", "tpcc", "--target", self.with_password("s3cret horse"), code=3)
        self.assertIn(SERVER.wrong_password.format(self.user), said)
        self.assert_secret("s3cret horse", said)

    def test_a_missing_password_is_told(self):
        self.assertRegex(self.refused("prepare", "tpcc", "--target", self.without, code=3), SERVER.missing_password)

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
        self.assertIn(f"tpcc on {SERVER.scheme}://", written)
        self.assert_secret(self.password, written)

    def test_the_password_comes_from_the_environment_or_a_file(self):
        self.assay("prepare", "kv", "--target", self.without, "--rows", "100", env={SERVER.password_variable: self.password})
        for variables in SERVER.password_files(self.folder, self.without, self.password):
            self.assay("check", "kv", "--target", self.without, env=variables)

    def test_the_list_of_processes_does_not_show_the_password(self):
        self.assay("prepare", "kv", "--target", self.with_password(self.password), "--rows", "100", "--quiet")
        process = self.start("run", "kv", "--target", self.with_password(self.password), "--duration", "2s")
        said = self.wait_for_text(process, "measure")
        shown = pathlib.Path(f"/proc/{process.pid}/cmdline").read_text(encoding="utf-8")
        self.assertIn(f"{SERVER.scheme}://{self.user}:", shown)
        self.assert_secret(self.password, shown, said, self.finish(process).stdout)

    def test_a_password_that_is_not_encoded_is_not_shown_in_pieces(self):
        host = re.search(r"@([^/]+)/", self.url)[1]
        for password in ("100%secret", "a?secret", "a@secret", "a#secret", "a/secret", "a:secret@", "a b@secret"):
            said = self.refused("check", "kv", "--target", f"{SERVER.scheme}://{self.user}:{password}@{host}/assay", code=None)
            self.assertNotIn("secret", said, password)
        self.assertNotIn("secret", self.refused("check", "kv", "--target", f"host=127.0.0.1 user={self.user} password=secret"))

    def test_what_lacks_its_scheme_does_not_show_the_password_either(self):
        for words in (("check", "kv", "--target", "someone:s3cret@127.0.0.1/assay"), ("drivers", "mysql://u:s3cret@h/db"),
                      ("check", "kv", "--target", "some_one:s3cret@127.0.0.1/assay")):
            self.assertNotIn("s3cret", self.refused(*words))

    def test_mistakes_do_not_show_the_password(self):
        url = self.with_password(self.password)
        for options in (("--warehouse", "2"), ("--rate", "-1"), ("--isolation-level", "linearizable")):
            self.assert_secret(self.password, self.refused("run", "tpcc", "--target", url, *options))
        self.assert_secret(self.password, self.refused("run", "tpcc", "--target", url + "?no-such=1"),
                           self.refused("run", "tpcc", "--target", url.replace(SERVER.scheme, "no-" + SERVER.scheme)),
                           self.refused("run", "tpcc", "--target", url, "--target", url),
                           self.start("run", "tpcc", "--target", f"{SERVER.scheme}://me:correct%20horse/2@127.0.0.1:1/x").communicate()[1],
                           self.refused("run", "tpcc", url), self.refused("run", url), self.refused(url))


if __name__ == "__main__":
    unittest.main()
