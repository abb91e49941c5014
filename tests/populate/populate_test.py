"""The workload populate on SQLite: every row as it was written, loads that are killed, shared out, begun twice, and each kind of damage
found and named."""

import json
import pathlib
import re
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from program import ROOT, ProgramTest, unittest
from schemas import CIRCLE, LONG, SHOP

EVERY_TYPE = ROOT / "schemas" / "every-type.yaml"


class PopulateTest(ProgramTest):

    def schema(self, text, name="schema.yaml"):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def populate(self, text, *options, code=0, **more):
        return self.assay("prepare", "populate", "--target", self.url, "--schema", self.schema(text), *options, code=code, **more)

    def check(self, code=0):
        return self.assay("check", "populate", "--target", self.url, code=code).stderr

    def cleanup(self):
        return self.assay("cleanup", "populate", "--target", self.url)


class RowsTest(PopulateTest):

    def test_every_type_comes_back_as_it_was_written(self):
        self.assay("prepare", "populate", "--target", self.url, "--schema", EVERY_TYPE, "--row-count", "50000")
        self.assertEqual(self.rows("select count(*) from all_types"), [(100000,)])
        self.assertIn("150500 rows in 3 tables", self.check())
        self.cleanup()
        self.assertEqual(self.tables(), set())

    def test_shards_in_two_processes_write_each_row_once(self):
        first = self.start("prepare", "populate", "--target", self.url, "--schema", self.schema(SHOP), "--shard", "0/2", "--batch-size", "100")
        second = self.start("prepare", "populate", "--target", self.url, "--schema", self.schema(SHOP), "--shard", "1/2", "--batch-size", "100")
        self.finish(first)
        self.finish(second)
        self.assertEqual(self.rows("select count(*) from log"), [(2000,)])
        self.check()
        whole = self.contents()
        self.cleanup()
        self.populate(SHOP)
        self.assertEqual(self.contents(), whole)

    def test_loads_with_names_are_beside_one_another(self):
        text = "tables:\n" + "".join(f"- {{name: {name}, rows: 500, columns: [{{name: id, type: big_int, primary_key: true}}, "
                                     "{name: n, type: int}]}\n" for name in ("a", "b"))
        self.populate(text, "--tables", "a", "--seed", "42")
        self.assertIn("the target holds other populated data", self.populate(text, "--tables", "b", "--seed", "43", code=2).stderr)
        self.populate(text, "--tables", "b", "--seed", "43", "--record", "worker-2")
        self.execute("update b set n = n + 1 where id = (select min(id) from b)")
        self.check()
        self.assay("check", "populate", "--target", self.url, "--record", "worker-2", code=6)
        self.assertIn("no populated data", self.assay("check", "populate", "--target", self.url, "--record", "other", code=2).stderr)
        self.assertIn("--record is 'a b'", self.assay("check", "populate", "--target", self.url, "--record", "a b", code=2).stderr)
        self.assay("cleanup", "populate", "--target", self.url, "--record", "worker-2")
        self.assertEqual(self.tables(), {"a", "assay_meta"})
        self.check()
        self.cleanup()
        self.assertEqual(self.tables(), set())

    def test_agents_share_the_rows(self):
        self.assay("prepare", "populate", "--target", self.url, "--schema", self.schema(SHOP), "--agents", ",".join(self.agents(2)))
        self.check()

    def test_ranges_of_rows_are_the_whole_when_the_last_is_there(self):
        said = self.populate(SHOP, "--rows", "0..1000").stderr
        self.assertIn("still to come", said)
        self.assertIn("was not finished", self.refused("check", "populate", "--target", self.url))
        self.assertIn("no table has more than 3000 rows: up to the last of them", self.populate(SHOP, "--rows", "1500..5000").stderr)
        self.populate(SHOP, "--rows", "1000..1500")
        self.check()
        self.assertEqual(self.rows("select count(*) from pragma_foreign_key_list('orders')"), [(1,)])

    def test_a_load_that_was_killed_goes_on_and_ends_with_the_same_rows(self):
        self.populate(LONG)
        whole = self.rows("select count(*), sum(n) from events"), self.rows("select count(*), sum(n) from plain")
        self.cleanup()
        process = self.start("prepare", "populate", "--target", self.url, "--schema", self.schema(LONG), "--batch-size", "500", "--max-rate", "200k")
        self.wait_for(lambda: self.file.exists() and self.tables() >= {"events"} and self.rows("select count(*) > 20000 from events") == [(1,)],
                      "some rows")
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertLess(self.rows("select count(*) from events")[0][0], 400000)
        self.assertIn("was not finished: it is loading", self.refused("check", "populate", "--target", self.url))
        self.assertIn("going on with the load of 2 tables", self.assay("prepare", "populate", "--target", self.url).stderr)
        self.assertEqual((self.rows("select count(*), sum(n) from events"), self.rows("select count(*), sum(n) from plain")), whole)
        self.check()

    def test_a_second_prepare_changes_nothing_and_another_one_is_refused(self):
        self.populate(SHOP)
        before = self.contents()
        self.assertIn("already loaded: 3 tables, 5900 rows, seed 5", self.populate(SHOP).stderr)
        other = self.schema(SHOP.replace("3000", "3001"), "other.yaml")
        self.assertIn("3 tables, 5900 rows, seed 5; asked for: 3 tables, 5901 rows, seed 5",
                      self.refused("prepare", "populate", "--target", self.url, "--schema", other))
        self.assertIn("seed 6", self.refused("prepare", "populate", "--target", self.url, "--schema", self.schema(SHOP), "--seed", "6"))
        same = self.schema(SHOP.replace("max: 50", "max: 60"), "same.yaml")
        self.assertIn("of another schema", self.refused("prepare", "populate", "--target", self.url, "--schema", same))
        self.assertEqual(self.contents(), before)

    def test_truncate_exchanges_the_rows(self):
        self.populate(SHOP)
        before = self.contents()
        said = self.populate(SHOP, "--mode", "truncate", "--seed", "6").stderr
        self.assertIn("emptying the tables of a load", said)
        self.assertNotIn("going on", said)
        after = self.contents()
        self.assertEqual(len(after["orders"]), 3000)
        self.assertNotEqual(after["orders"], before["orders"])
        self.check()
        self.cleanup()
        self.assertEqual(self.tables(), set())

    def test_only_some_tables(self):
        self.populate(SHOP, "--tables", "orders")
        self.assertEqual(self.tables(), {"orders", "assay_meta"})
        self.check()
        self.assertIn("--tables names 'order'; the schema has people, orders, log",
                      self.refused("prepare", "populate", "--target", "sqlite:other.db", "--schema", self.schema(SHOP), "--tables", "order"))

    def test_all_tables_are_not_some_of_them(self):
        self.populate(SHOP, "--tables", "people,orders")
        said = self.refused("prepare", "populate", "--target", self.url, "--schema", self.schema(SHOP))
        self.assertIn("asked for: the tables log, orders, people", said)
        self.assertIn("a --record of their own", said)
        self.assertIn("already loaded", self.populate(SHOP, "--tables", "people,orders").stderr)

    def test_a_dry_run_leaves_nothing(self):
        self.assertIn("made 5900 rows", self.populate(SHOP, "--dry-run").stderr)
        self.assertFalse(self.file.exists())
        self.assay("prepare", "populate", "--target", "postgres://nobody@127.0.0.1:1/none", "--schema", self.schema(SHOP), "--dry-run")

    def test_a_range_behind_all_rows_is_told(self):
        for options in ((), ("--dry-run",)):
            said = self.refused("prepare", "populate", "--target", self.url, "--schema", self.schema(SHOP), "--rows", "3000..3100", *options)
            self.assertIn("--rows is 3000..3100, and no table has more than 3000 rows", said)

    def test_a_rate_is_kept(self):
        # 3000 rows at 3000 a second: the last batch begins 0.9 s after the first.
        seconds = self.timed("prepare", "populate", "--target", "sqlite:slow.db", "--schema", self.schema(SHOP), "--max-rate", "3k", "--batch-size", "300",
                             "--tables", "orders")
        self.assertGreater(seconds, 0.85)

    def timed(self, *arguments):
        begin = time.monotonic()
        self.assay(*arguments)
        return time.monotonic() - begin


class KeysTest(PopulateTest):

    def test_foreign_keys_in_a_circle_are_there_in_the_end(self):
        self.populate(CIRCLE, "--batch-size", "50")
        self.check()
        self.assertEqual(self.rows("select count(*) from pragma_foreign_key_list('members')"), [(2,)])
        self.assertEqual(self.rows("pragma foreign_key_check"), [])
        self.cleanup()
        self.assertEqual(self.tables(), set())

    def test_tables_first_and_rows_later(self):
        self.populate(SHOP, "--schema-only")
        self.assertEqual(self.rows("select count(*) from orders"), [(0,)])
        self.assertEqual(self.rows("select count(*) from pragma_foreign_key_list('orders')"), [(1,)])
        self.populate(SHOP, "--data-only", "--batch-size", "100")
        self.check()
        self.cleanup()
        self.assertEqual(self.tables(), set())

    def test_rows_alone_need_the_tables(self):
        self.assertIn("none named people, orders, log",
                      self.refused("prepare", "populate", "--target", self.url, "--schema", self.schema(SHOP), "--data-only"))

    def test_tables_of_somebody_else_are_not_touched(self):
        self.execute("create table orders (mine integer)")
        self.assertIn("has tables named orders that assay did not make; nothing was touched",
                      self.refused("prepare", "populate", "--target", self.url, "--schema", self.schema(SHOP)))
        self.assertEqual(self.tables(), {"orders"})

    def test_rows_are_added_to_somebody_elses_table_which_stays(self):
        self.execute("create table people (id integer primary key, mail text not null, age integer)")
        self.execute("insert into people values (10000, 'a@b', null)")
        self.populate(SHOP, "--mode", "append", "--tables", "people")
        self.assertEqual(self.rows("select count(*) from people"), [(901,)])
        self.assertIn("people: extra", self.check(code=6))
        self.assertIn("people stay with their rows", self.cleanup().stderr)
        self.assertEqual(self.tables(), {"people"})
        # The same rows once more: they are there.
        said = self.refused("prepare", "populate", "--target", self.url, "--schema", self.schema(SHOP), "--mode", "append", "--tables", "people",
                            code=3)
        self.assertRegex(said, "table people, rows 0 to 899: .*(?i:unique).*rows of an earlier load.*--mode truncate")

    def test_columns_that_somebody_elses_table_lacks_are_told_before_anything_is_written(self):
        self.execute("create table people (id integer primary key, age integer)")
        self.execute("create table log (line text)")
        for mode in ("append", "truncate"):
            said = self.refused("prepare", "populate", "--target", self.url, "--schema", self.schema(SHOP), "--mode", mode)
            self.assertRegex(said, "table people that is there has other columns than the schema: .*mail")
            self.assertRegex(said, "table log that is there has other columns than the schema")
        self.assertEqual(self.tables(), {"people", "log"})

    def test_rows_of_ones_own_load_are_made_more_by_changes(self):
        self.populate(SHOP)
        said = self.refused("prepare", "populate", "--target", self.url, "--schema", self.schema(SHOP.replace("900", "950")), "--mode", "append")
        self.assertIn("run populate --changes insert=1 --count N", said)

    def test_more_columns_than_the_target_takes_are_refused_by_name(self):
        columns = "\n".join(f"  - {{name: c{i}, type: int}}" for i in range(10000))
        wide = f"tables:\n- name: wide\n  rows: 1\n  columns:\n  - {{name: id, type: int, primary_key: true}}\n{columns}\n"
        self.assertIn("table wide has 10001 columns; the target takes at most 2000",
                      self.refused("prepare", "populate", "--target", self.url, "--schema", self.schema(wide)))

    def test_mistakes_of_a_schema_are_told_with_their_place(self):
        self.assertRegex(self.refused("prepare", "populate", "--target", self.url, "--schema", self.schema("tables:\n- {name: t, columns: [{name: a, type: wrd}]}\n")),
                         r"schema\.yaml:2:\d+: ")
        self.assertIn("--schema is missing", self.refused("prepare", "populate", "--target", self.url))


class DamageTest(PopulateTest):

    def damaged(self, statement, *says):
        self.execute(statement)
        report = self.check(code=6)
        for text in says:
            self.assertRegex(report, text)
        return report

    def test_each_kind_of_damage_is_named(self):
        self.populate(SHOP)
        self.check()
        self.damaged("delete from people where id in (5, 700)", r"people: missing", r"id = 5\b", r"id = 700\b")
        self.damaged("update orders set total = total + 1 where id = (select max(id) from orders)", r"orders\.total: different", r"found \d+\.\d\d, expected \d+\.\d\d")
        self.damaged("insert into people values (5000, 'x@y', 1)", r"people: extra", r"id = 5000")
        report = self.damaged("update people set age = 7 where id = (select id from people where age is null limit 1)", r"people\.age: different",
                              r"found 7, expected NULL")
        self.assertNotIn("log:", report)
        self.damaged("delete from log where rowid in (select rowid from log limit 3)", r"log: missing")
        self.damaged("update log set doc = '{\"a\": 1}' where rowid = (select max(rowid) from log)", r"log: extra", r'doc = \{"a": 1\}')
        self.damaged("insert into log select * from log where rowid = 10", r"log: extra")

    def test_a_null_where_none_may_be_is_named(self):
        self.execute("create table people (id integer primary key, mail text, age integer)")
        self.populate(SHOP, "--mode", "append", "--tables", "people")
        self.check()
        self.damaged("update people set mail = null where id = 9", r"people\.mail: null", r"id = 9: null, expected '")

    def test_values_of_the_target_give_no_commands_to_a_terminal(self):
        self.populate(SHOP)
        report = self.damaged("update people set mail = 'a' || char(27) || '[2J' || char(155) || char(10) || char(9) where id = 9",
                              r"people\.mail: different", r"found 'a\\x1b\[2J\\xc2\\x9b\\n\\t'")
        self.assertFalse(set(report) & {"\x1b", "\x9b", "\t"})
        self.execute("update people set mail = cast(x'61ff' as text) where id = 9")
        self.assertIn("found 'a\\xff'", self.check(code=6))

    def test_a_table_that_is_gone_is_named(self):
        self.populate(SHOP)
        self.damaged("drop table log", r"log: missing", r"the table is not there")

    def test_documents_are_compared_by_what_they_say(self):
        self.populate(SHOP)
        self.execute("update log set doc = ' ' || replace(doc, ', ', ',  ') || ' '")
        self.check()


class RunTest(PopulateTest):

    def result(self, name="r.json"):
        return json.loads((self.folder / name).read_text())

    def test_the_load_is_a_run_that_ends_with_its_rows(self):
        self.file.touch()  # a run makes no database
        self.assay("run", "populate", "--target", self.url, "--schema", self.schema(SHOP), "--batch-size", "100", "--result", "r.json", "--quiet",
                   "--clients", "2", code=(0, 5))
        measured = {o["name"]: o for g in self.result()["groups"] for o in g["operations"]}
        # 900, 3000 and 2000 rows in batches of 100.
        self.assertEqual({name: o["phases"]["measure"]["completed"] for name, o in measured.items()}, {"people": 9, "orders": 30, "log": 20})
        self.check()
        self.assertIn("all rows are there already", self.refused("run", "populate", "--target", self.url))

    def test_a_run_that_ends_early_is_gone_on_with(self):
        self.file.touch()
        self.assay("run", "populate", "--target", self.url, "--schema", self.schema(SHOP), "--batch-size", "50", "--rate", "20", "--duration", "1s",
                   "--clients", "1", "--quiet", code=(4, 5))
        self.assertIn("was not finished", self.refused("check", "populate", "--target", self.url))
        self.assertIn("going on", self.assay("prepare", "populate", "--target", self.url).stderr)
        self.check()

    def change(self, *options, code=(0, 5), **more):
        return self.assay("run", "populate", "--target", self.url, "--changes", "insert=20,update=60,delete=20", "--quiet", *options, code=code, **more)

    def test_changes_are_followed_to_the_last_row(self):
        self.populate(SHOP)
        before = self.contents()
        self.change("--count", "700", "--clients", "3", "--sessions", "2")
        self.assertIn("populate", self.check())
        after = self.contents()
        self.assertNotEqual(after["orders"], before["orders"])
        self.assertEqual(after["log"], before["log"])
        self.change("--count", "300", "--clients", "2", "--seed", "9")  # on what the first run left
        self.check()
        self.execute("update people set age = coalesce(age, 0) + 1 where id = 17")
        self.assertRegex(self.check(code=6), r"people\.age: different")

    def test_changes_of_the_same_seed_are_the_same(self):
        found = []
        for name, sessions in (("one.db", "1"), ("two.db", "4")):
            self.file = self.folder / name
            self.url = f"sqlite:{self.file}"
            self.populate(SHOP)
            self.change("--count", "201", "--clients", "4", "--sessions", sessions, "--seed", "4")
            found.append(self.contents())
            self.assertEqual(self.rows("select sum(cast(value as integer)) from assay_meta where name like 'change/%'"), [(201,)])
        self.assertEqual(found[0], found[1])

    def test_changes_that_were_killed_are_known_to_the_last_one(self):
        self.populate(SHOP)
        process = self.start("run", "populate", "--target", self.url, "--changes", "insert=1,update=1,delete=1", "--clients", "3", "--duration", "60s", "--quiet")
        self.wait_for(lambda: self.rows("select count(*) from assay_meta where name like 'change/%'") == [(3,)], "changes of each client")
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.check()
        self.change("--count", "100", "--clients", "4")
        self.check()

    def test_a_second_run_of_changes_beside_the_first_is_refused(self):
        self.populate(SHOP)
        first = self.start("run", "populate", "--target", self.url, "--changes", "update=1", "--clients", "1", "--rate", "20", "--duration", "6s", "--quiet")
        self.wait_for(lambda: self.rows("select count(*) from assay_meta where name like 'change/%'") == [(1,)], "a change")
        self.assertIn("another run changes the same rows", self.change("--count", "10", code=3).stderr)
        self.finish(first, code=(0, 5))
        self.check()
        self.change("--count", "10")
        self.check()

    def test_a_check_while_rows_are_changed_says_so(self):
        self.populate(SHOP)
        run = self.start("run", "populate", "--target", self.url, "--changes", "update=1", "--clients", "1", "--duration", "60s", "--quiet")
        self.wait_for(lambda: self.rows("select count(*) from assay_meta where name like 'change/%'") == [(1,)], "a change")
        said = self.check(code=6)  # thousands of changes a second
        self.assertIn("a run of changes is under way, and what is changed meanwhile is taken for a mistake", said)
        run.send_signal(signal.SIGKILL)
        run.wait()
        self.assertNotIn("under way", self.check())

    def test_changes_that_cannot_be_made_as_asked_fail_the_run(self):
        self.populate("tables:\n- {name: few, rows: 100, columns: [{name: id, type: tiny_int, primary_key: true}, {name: x, type: int}]}\n")
        run = ("run", "populate", "--target", self.url, "--clients", "2", "--quiet")
        said = self.assay(*run, "--changes", "insert=1", "--count", "100", code=4)
        self.assertRegex(said.stdout + said.stderr, "as many changes are made as --count says")
        said = self.assay(*run, "--changes", "insert=1,update=1", "--count", "50", code=4)
        self.assertRegex(said.stdout + said.stderr, "changes are of the kinds that --changes says")
        self.check()

    def test_a_table_that_is_gone_is_told_by_prepare(self):
        self.populate(SHOP)
        self.execute("drop table log")
        self.assertIn("the table log was made, and is not there any more", self.refused("prepare", "populate", "--target", self.url, code=3))

    def test_agents_change_rows_of_their_own(self):
        self.populate(SHOP)
        self.change("--count", "300", "--clients", "4", "--agents", ",".join(self.agents(2)))
        self.check()

    def test_what_cannot_be_changed_is_refused(self):
        self.populate(CIRCLE)
        self.assertIn("expected delete=0", self.refused("run", "populate", "--target", self.url, "--changes", "delete=1"))
        self.assertIn("names 'upsert'", self.refused("run", "populate", "--target", self.url, "--changes", "upsert=1"))
        self.assay("run", "populate", "--target", self.url, "--changes", "update=1", "--count", "100", "--quiet")
        self.check()

    def test_a_row_that_is_not_there_when_it_is_changed_fails_the_run(self):
        self.populate(SHOP, "--tables", "people")
        self.execute("delete from people")
        said = self.assay("run", "populate", "--target", self.url, "--changes", "update=1", "--duration", "1s", code=6)
        self.assertTrue(re.search("every row that is changed is there", said.stdout + said.stderr), said.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
