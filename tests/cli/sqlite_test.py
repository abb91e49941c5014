"""The commands on SQLite: prepare, run, check and cleanup, the same data from the same seed, and targets that are not as they
should be."""

import json
import os
import pathlib
import shutil
import subprocess

from program import FAST, PROGRAM, TINY, ProgramTest, environment, unittest


class CommandsTest(ProgramTest):

    def test_run_does_all_in_one(self):
        done = self.assay("run", "tpcc", "--target", self.url, *FAST, "--prepare", "--check", "--cleanup", "--duration", "1s")
        self.assertIn("check before the run: consistent", done.stderr)
        self.assertIn("check after the run: consistent", done.stderr)
        self.assertEqual(self.tables(), set())

    def test_a_second_run_with_prepare_and_check_takes_the_data_as_they_are(self):
        for _ in range(2):
            self.assay("run", "tpcc", "--target", self.url, *FAST, "--prepare", "--check", "--duration", "500ms")

    def test_prepare_of_loaded_data_changes_nothing(self):
        self.prepare()
        before = self.contents()
        self.assertIn("already loaded", self.assay("prepare", "tpcc", "--target", self.url, *TINY).stderr)
        self.assertEqual(self.contents(), before)

    def test_check_knows_what_holds_only_right_after_the_load(self):
        # Condition 11 counts the orders that are not new: with the oldest new one gone as a delivery takes it, it is broken.
        self.prepare()
        gone = ("delete from new_order where (no_d_id, no_o_id) = "
                "(select no_d_id, no_o_id from new_order order by no_d_id, no_o_id limit 1)")  # of a district that has any
        self.assertIn("consistent", self.assay("check", "tpcc", "--target", self.url).stderr)
        self.execute(gone)
        self.assertIn("3.3.2.11", self.assay("check", "tpcc", "--target", self.url, code=6).stderr)
        self.prepare("--drop-data")
        self.assay("run", "tpcc", "--target", self.url, *FAST, "--count", "100", "--check")
        self.assay("run", "tpcc", "--target", self.url, *FAST, "--count", "100", "--check")
        self.execute(gone)
        self.assertNotIn("3.3.2.11", self.assay("check", "tpcc", "--target", self.url, code=6).stderr)

    def test_a_count_ends_the_run_after_exactly_that_many(self):
        self.prepare(workload="kv")
        self.assay("run", "kv", "--target", self.url, "--rows", "1000", "--count", "500", "--result", "r.json")
        numbers = self.report("r.json")
        self.assertEqual(sum(o["count"] for o in numbers["by_name"].values() if o["operation"] != "all"), 500)

    def test_a_constant_rate_is_kept_exactly(self):
        self.prepare(workload="kv")
        self.assay("run", "kv", "--target", self.url, "--rows", "1000", "--rate", "200", "--duration", "2s", "--result", "r.json")
        operations = self.report("r.json")["by_name"].values()
        self.assertEqual(sum(o["count"] + o["errors"] for o in operations if o["operation"] != "all"), 400)

    def test_what_is_not_given_is_as_it_was_loaded_and_the_result_says_so(self):
        self.prepare("--warehouses", "3", "--foreign-keys", "false")
        done = self.assay("run", "tpcc", "--target", self.url, "--think-times", "false", "--count", "50", "--result", "r.json")
        self.assertRegex(done.stderr, "as the target was loaded: foreign-keys false, scale-down 100, warehouses 3")
        options = json.loads((self.folder / "r.json").read_text())["workload"]["options"]
        self.assertEqual([options[n] for n in ("warehouses", "scale-down", "foreign-keys", "terminals", "think-times", "mix")],
                         ["3", "100", "false", "4", "false", "deck"])
        figures = {f["name"]: f["value"] for f in self.report("r.json")["figures"]}
        self.assertEqual(figures["warehouses"], 3)
        self.prepare(workload="kv")
        done = self.assay("run", "kv", "--target", self.url, "--count", "50", "--result", "r.json")
        self.assertRegex(done.stderr, "as the target was loaded: .*rows 1000")
        options = json.loads((self.folder / "r.json").read_text())["workload"]["options"]
        self.assertEqual([options[n] for n in ("rows", "mix", "distribution")], ["1000", "get=95,put=5", "uniform"])

    def test_weights_that_are_given_are_in_the_result_as_they_were_in_force(self):
        self.prepare()
        for given, mix, weights in (((), "deck", "new_order=10,payment=10,order_status=1,delivery=1,stock_level=1"),
                                    (("--mix", "weighted"), "weighted", "new_order=10,payment=10,order_status=1,delivery=1,stock_level=1"),
                                    (("--weights", "payment=2,new_order=1.5"), "weighted", "new_order=1.5,payment=2")):
            self.assay("run", "tpcc", "--target", self.url, *FAST, *given, "--count", "20", "--result", "r.json")
            options = json.loads((self.folder / "r.json").read_text())["workload"]["options"]
            self.assertEqual((options["mix"], options["weights"]), (mix, weights))

    def test_a_rate_leaves_keying_and_thinking_out_and_the_result_says_so(self):
        self.prepare()
        self.assay("run", "tpcc", "--target", self.url, *TINY, "--rate", "50", "--duration", "1s", "--result", "r.json")
        options = json.loads((self.folder / "r.json").read_text())["workload"]["options"]
        self.assertEqual(options["think-times"], "false")

    def test_prepare_verifies_when_asked_to(self):
        said = self.assay("prepare", "tpcc", "--target", self.url, *TINY, "--verify").stderr
        self.assertIn("check after prepare: consistent: 12 of the 12 conditions of TPC-C 3.3.2, and the cardinalities of 1.2.1", said)
        self.execute("update warehouse set w_ytd = w_ytd + 100")
        said = self.assay("prepare", "tpcc", "--target", self.url, *TINY, "--verify", code=6).stderr
        self.assertIn("3.3.2.1", said)

    def test_all_64_bits_of_a_seed_work(self):
        most = 2**64 - 1
        self.prepare("--seed", most)
        first = self.contents()
        self.assay("run", "tpcc", "--target", self.url, *FAST, "--seed", most, "--count", "20", "--result", "r.json")
        self.assertEqual(json.loads((self.folder / "r.json").read_text())["seed"], str(most))
        self.assertEqual(json.loads(self.assay("report", "r.json", "--format", "json").stdout)["seed"], str(most))
        # As an IEEE double this is the same number; as a seed it is not.
        self.prepare("--seed", most - 1, "--drop-data")
        self.assertNotEqual(self.contents()["customer"], first["customer"])
        for seed in (2**53 + 1, 2**63):
            self.prepare("--seed", seed, "--collection", f"kv_{seed % 10}", workload="kv")
            self.assay("run", "kv", "--target", self.url, "--collection", f"kv_{seed % 10}", "--seed", seed, "--count", "20")
            self.assertEqual(self.rows(f"select value from assay_meta where name = 'seed' and workload = 'kv:kv_{seed % 10}'"),
                             [(str(seed),)])

    def test_a_flag_stands_alone_or_with_a_value(self):
        for flag, checks in (("--check", 1), ("--check=true", 1), ("--check=false", 0), ("--prepare=true", 0)):
            done = self.assay("run", "tpcc", "--target", self.url, *FAST, "--prepare" if "prepare" not in flag else "--check=off",
                              flag, "--count=20", "--duration=10s")
            self.assertEqual(done.stderr.count("check after the run"), checks, flag)

    def test_cleanup_removes_what_prepare_made_and_nothing_else(self):
        self.execute("create table mine (a)")
        self.execute("insert into mine values (42)")
        self.prepare()
        self.prepare(workload="kv")
        self.assay("cleanup", "tpcc", "--target", self.url)
        self.assertEqual(self.tables(), {"mine", "assay_kv", "assay_meta"})
        self.assay("check", "kv", "--target", self.url)  # the other workload's data and record are untouched
        self.assay("cleanup", "kv", "--target", self.url)
        self.assertEqual(self.tables(), {"mine"})
        self.assertEqual(self.rows("select a from mine"), [(42,)])
        self.assertIn("nothing to clean up", self.assay("cleanup", "tpcc", "--target", self.url).stderr)

    def test_tables_that_assay_did_not_make_are_left_alone(self):
        for table in ("warehouse", "assay_kv"):
            self.execute(f"create table {table} (a)")
            self.execute(f"insert into {table} values (42)")
        before = self.rows("select * from sqlite_master order by name")
        self.assertIn("warehouse", self.refused("prepare", "tpcc", "--target", self.url, *TINY))
        self.assertIn("not made by assay", self.refused("prepare", "kv", "--target", self.url))
        self.assertIn("nothing to clean up", self.assay("cleanup", "tpcc", "--target", self.url).stderr)
        self.assertIn("nothing to remove", self.assay("cleanup", "kv", "--target", self.url).stderr)
        self.refused("prepare", "tpcc", "--target", self.url, *TINY, "--drop-data")
        self.assertEqual(self.rows("select a from warehouse"), [(42,)])
        self.assertEqual(self.rows("select a from assay_kv"), [(42,)])
        self.assertEqual(self.rows("select * from sqlite_master order by name"), before)


class SameSeedTest(ProgramTest):

    def load(self, name, *options):
        file = self.folder / name
        self.prepare("--warehouses", "2", *options, url=f"sqlite:{file}")
        return self.contents(file)

    def test_the_same_seed_gives_the_same_tables_and_another_seed_others(self):
        first = self.load("a.db", "--seed", "7", "--parallel", "1")
        self.assertEqual(len(first), 9)
        self.assertEqual(len(first["warehouse"]), 2)
        self.assertEqual(self.load("b.db", "--seed", "7", "--parallel", "4"), first)
        self.assertNotEqual(self.load("c.db", "--seed", "8")["customer"], first["customer"])

    def test_two_shards_make_the_tables_that_one_process_makes(self):
        whole = self.load("a.db", "--seed", "7")
        command = ("prepare", "tpcc", "--target", self.url, *TINY, "--warehouses", "2", "--seed", "7", "--quiet", "--shard")
        first, second = self.start(*command, "0/2"), self.start(*command, "1/2")
        self.finish(second)
        self.finish(first)
        self.assertEqual(self.contents(), whole)
        self.assay("check", "tpcc", "--target", self.url)

    def test_the_same_seed_gives_the_same_keys_and_values_from_shards_too(self):
        for name, options in (("a.db", ("0/1",)), ("b.db", ("0/2", "1/2"))):
            for shard in options:
                self.prepare("--seed", "7", "--shard", shard, url=f"sqlite:{self.folder / name}", workload="kv")
        self.assertEqual(len(self.contents(self.folder / "a.db")["assay_kv"]), 1000)
        self.assertEqual(self.contents(self.folder / "a.db"), self.contents(self.folder / "b.db"))


class BadTargetTest(ProgramTest):

    def run_refused(self, *options, code=2, url=None, workload="tpcc"):
        return self.refused("run", workload, "--target", url or self.url, *options, code=code)

    def test_a_file_that_is_not_there_is_named_and_only_prepare_makes_it(self):
        for workload in ("tpcc", "kv"):
            for command in ("run", "check", "cleanup"):
                said = self.refused(command, workload, "--target", self.url, code=3)
                self.assertIn(f"cannot open {self.file}: there is no such file; `assay prepare` makes it", said)
        self.assertFalse(self.file.exists())
        self.assertIn("there is no such file", self.refused("prepare", "tpcc", "--target", self.url + "?create=false", code=3))
        self.assertFalse(self.file.exists())
        self.assay("run", "kv", "--target", self.url, "--rows", "100", "--prepare", "--count", "10")
        self.assertTrue(self.file.exists())

    def test_a_run_before_prepare_says_how_to_load(self):
        self.file.touch()
        self.assertIn("assay prepare tpcc", self.run_refused())
        self.assertIn("assay prepare kv", self.run_refused(workload="kv"))
        self.assertIn("assay prepare tpcc", self.refused("check", "tpcc", "--target", self.url))

    def test_other_data_than_loaded_are_refused_with_what_is_there(self):
        self.prepare()
        before = self.contents()
        self.assertRegex(self.run_refused(*TINY, "--warehouses", "2"), r"--warehouses is 2, .* holds 1 warehouse")
        self.assertRegex(self.run_refused("--scale-down", "10"), "--scale-down is 10, .* scale-down 100")
        said = self.refused("prepare", "tpcc", "--target", self.url, *TINY, "--seed", "2")
        self.assertIn("seed 1", said)
        self.assertIn("--drop-data", said)
        self.prepare(workload="kv")
        self.assertIn("--rows", self.run_refused("--rows", "2000", workload="kv"))
        self.assertEqual({k: v for k, v in self.contents().items() if k != "assay_kv"}, before)

    def test_what_sqlite_lacks_is_refused(self):
        self.assertIn("--partitions is 2, and sqlite has no partitions",
                      self.refused("prepare", "tpcc", "--target", self.url, *TINY, "--warehouses", "2", "--partitions", "2"))
        self.prepare()
        self.assertRegex(self.run_refused(*TINY, "--isolation-level", "snapshot"),
                         "--isolation-level is snapshot, which sqlite does not have; expected .*serializable")

    def test_a_file_that_is_no_database_is_left_as_it_is(self):
        self.file.write_bytes(b"dear diary\n" * 1000)
        for command in ("prepare", "run", "check", "cleanup"):
            said = self.refused(command, "tpcc", "--target", self.url, code=3)
            self.assertIn("is not a SQLite database", said)
        self.assertEqual(self.file.read_bytes(), b"dear diary\n" * 1000)

    def test_a_folder_that_is_not_there_is_named(self):
        said = self.refused("prepare", "tpcc", "--target", "sqlite:no/such/bench.db", *TINY, code=3)
        self.assertIn("the directory no/such is not there", said)

    def test_a_folder_that_cannot_be_written_is_named(self):
        folder = self.folder / "locked"
        folder.mkdir()
        program, arguments = PROGRAM, ["prepare", "tpcc", "--target", f"sqlite:{folder}/bench.db", *TINY]
        if os.geteuid() == 0:  # to whom nothing is read-only: as nobody, with a copy of the program within his reach
            os.chmod(self.folder, 0o755)
            program = shutil.copy(PROGRAM, self.folder / "assay")
            as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        else:
            as_nobody = []
            folder.chmod(0o555)
            self.addCleanup(folder.chmod, 0o755)
        done = subprocess.run([*as_nobody, program, *arguments], capture_output=True, text=True, env=environment({}), check=False,
                              timeout=60, cwd=self.folder)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("is read-only to us", done.stderr)
        self.assertEqual(list(pathlib.Path(folder).iterdir()), [])

    def test_two_runs_at_once_on_one_file_both_pass_and_leave_it_consistent(self):
        self.prepare()
        command = ("run", "tpcc", "--target", self.url, *FAST, "--clients", "2", "--duration", "2s", "--result")
        first, second = self.start(*command, "a.json"), self.start(*command, "b.json")
        self.finish(first)
        self.finish(second)
        self.assertIn("consistent", self.assay("check", "tpcc", "--target", self.url).stderr)
        # Both really worked at the same time, and together they are all that the database counted.
        grown = self.rows("select sum(d_next_o_id) from district")[0][0] - 10 * 31
        counted = 0
        for name in ("a.json", "b.json"):
            figures = {f["name"]: f["value"] for f in self.report(name)["figures"]}
            self.assertGreater(figures["new_orders_committed"], 0)
            counted += figures["new_orders_committed"]
        self.assertEqual(grown, counted)

    def test_a_run_alone_is_cross_checked_strictly_also_after_others(self):
        self.prepare()
        for name in ("a.json", "b.json"):
            self.assay("run", "tpcc", "--target", self.url, *FAST, "--duration", "500ms", "--result", name)
            check = [r for r in self.report(name)["requirements"] if r["name"] == "New-Orders in the target"]
            self.assertEqual([r["verdict"] for r in check], ["pass"])

    def cross_check(self, result):
        """The verdict on New-Orders against the growth of the database's own numbers, and the reason."""
        return [(r["verdict"], r["actual"]) for r in self.report(result)["requirements"] if r["name"] == "New-Orders in the target"][0]

    def marks(self):
        return {name: value for name, value in self.rows("select name, value from assay_meta where name like 'run/%'")}

    def killed_in_the_middle(self, **more):
        process = self.start("run", "tpcc", "--target", self.url, *FAST, "--clients", "2", "--duration", "1h", **more)
        self.wait_for_text(process, r"(?m)^ +\d+ s  measure +terminals ")
        return process

    def test_a_run_that_was_killed_takes_nothing_from_the_next_one(self):
        self.prepare()
        process = self.killed_in_the_middle()
        process.kill()
        process.wait()
        self.assertEqual(len(self.marks()), 1)
        self.assay("run", "tpcc", "--target", self.url, *FAST, "--duration", "500ms", "--result", "r.json")
        self.assertEqual(self.cross_check("r.json")[0], "pass")
        self.assertEqual(len(self.marks()), 1, "the mark of the killed run is still there")

    def test_a_run_that_was_killed_on_another_machine_is_found_out_by_its_silence(self):
        self.prepare()
        self.execute("insert into assay_meta values ('tpcc', 'run/elsewhere', '0/1 3 other-boot,pid:[1],7,7')")
        self.assay("run", "tpcc", "--target", self.url, *FAST, "--duration", "500ms", "--result", "r.json")
        self.assertEqual(self.cross_check("r.json")[0], "pass")
        self.assertNotIn("run/elsewhere", self.marks())

    def test_who_loads_or_drops_beside_a_run_or_a_load_is_told_so_and_touches_nothing(self):
        self.prepare()
        before = self.rows("select count(*) from customer")
        run = self.killed_in_the_middle()
        for command in (("prepare", "tpcc", "--target", self.url, *TINY, "--drop-data"), ("cleanup", "tpcc", "--target", self.url)):
            self.assertIn("another assay is at work on the tpcc data", self.refused(*command, code=2))
        run.kill()
        run.wait()
        self.assertEqual(self.rows("select count(*) from customer"), before)
        self.prepare("--drop-data")  # as soon as it is gone
        self.assertEqual(self.marks(), {})
        self.assay("cleanup", "tpcc", "--target", self.url)

    def test_of_two_loads_at_once_one_is_refused_and_the_other_is_whole(self):
        load = ("prepare", "tpcc", "--target", self.url, "--warehouses", "3")  # takes longer than a load needs to be seen alive
        first = self.start(*load)
        self.wait_for(lambda: "assay_meta" in self.tables() and self.marks(), "the mark of the load")
        self.assertIn("another assay is at work on the tpcc data", self.refused(*load, code=2))
        self.finish(first)
        self.assertIn("already loaded", self.assay(*load).stderr)
        self.assertIn("consistent", self.assay("check", "tpcc", "--target", self.url).stderr)

    def test_a_run_whose_sibling_is_killed_in_the_middle_does_not_blame_the_database(self):
        self.prepare()
        sibling = self.killed_in_the_middle()
        process = self.start("run", "tpcc", "--target", self.url, *FAST, "--clients", "2", "--duration", "4s", "--result", "r.json")
        self.wait_for_text(process, r"(?m)^ +\d+ s  measure +terminals ")
        sibling.kill()
        sibling.wait()
        self.finish(process)
        verdict, actual = self.cross_check("r.json")
        self.assertEqual(verdict, "not_applicable", actual)
        self.assertIn("another run was under way", actual)

    def test_a_run_that_is_alive_is_not_taken_for_dead(self):
        self.prepare()
        sibling = self.killed_in_the_middle()
        first = self.marks()
        self.wait_for(lambda: self.marks() != first, "the beat of the run")
        self.assay("run", "tpcc", "--target", self.url, *FAST, "--clients", "2", "--duration", "1s", "--result", "r.json")
        self.assertEqual(self.cross_check("r.json")[0], "not_applicable")
        self.interrupt(sibling)
        self.finish(sibling, 130)
        self.assay("run", "tpcc", "--target", self.url, *FAST, "--duration", "500ms", "--result", "r.json")
        self.assertEqual(self.cross_check("r.json")[0], "pass")

    def test_two_runs_of_kv_at_once_on_one_file_verify_every_value(self):
        self.prepare(workload="kv")
        command = ("run", "kv", "--target", self.url, "--rows", "1000", "--mix", "get=50,put=50", "--clients", "2", "--duration", "2s")
        runs = [self.start(*command), self.start(*command)]
        for run in runs:
            self.finish(run)
        self.assay("check", "kv", "--target", self.url)


if __name__ == "__main__":
    unittest.main()
