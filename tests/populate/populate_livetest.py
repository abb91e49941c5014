"""The workload populate on a real server of the kind that $ASSAY_TEST_SERVER names: every type, servers that are killed, and what only
servers do."""

import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from database_server import SERVER, OwnServerTest, ServerTest, unittest
from program import ROOT
from schemas import CIRCLE, LONG, OTHERS, SHOP

EVERY_TYPE = ROOT / "schemas" / "every-type.yaml"


def schema(test, text):
    path = test.folder / "schema.yaml"
    path.write_text(text, encoding="utf-8")
    return path


class PopulateServerTest(ServerTest):

    def populate(self, text, *options, code=0):
        return self.assay("prepare", "populate", "--target", self.url, "--schema", schema(self, text), *options, code=code)

    def check(self, code=0):
        return self.assay("check", "populate", "--target", self.url, code=code).stderr

    def test_every_type_comes_back_from_the_server_as_it_was_written(self):
        self.assay("prepare", "populate", "--target", self.url, "--schema", EVERY_TYPE, "--row-count", "33200")
        self.assertEqual(self.sql("select count(*) from all_types"), "66400")
        self.assertIn("100100 rows in 3 tables", self.check())
        self.assay("cleanup", "populate", "--target", self.url)
        self.assertEqual(self.tables(), set())

    def test_each_kind_of_damage_on_the_server_is_named(self):
        self.populate(SHOP)
        for statement, says in (("delete from log where n = 17", r"log: missing"),
                                ("update people set age = 123456 where id = 4", r"people\.age: different.*\n?.*"),
                                ("insert into people values (5000, 'x@y', 1)", r"people: extra"),
                                ("update orders set total = total + 1", r"orders\.total: different"),
                                ("alter table orders drop column total", r"orders: unreadable")):
            self.sql(statement)
            self.assertRegex(self.check(code=6), says)

    def test_circles_and_tables_before_their_rows_on_the_server(self):
        self.populate(CIRCLE, "--batch-size", "50")
        self.check()
        self.assay("cleanup", "populate", "--target", self.url)
        self.populate(SHOP, "--schema-only")
        self.populate(SHOP, "--data-only", "--batch-size", "100")
        self.check()
        self.assay("cleanup", "populate", "--target", self.url)
        self.assertEqual(self.tables(), set())

    def test_truncate_on_the_server_exchanges_the_rows(self):
        self.populate(SHOP)
        self.populate(SHOP, "--mode", "truncate", "--seed", "6")
        self.check()

    def test_shards_on_the_server_write_each_row_once(self):
        path = schema(self, SHOP)
        both = [self.start("prepare", "populate", "--target", self.url, "--schema", path, "--shard", f"{i}/2", "--batch-size", "100") for i in (0, 1)]
        for process in both:
            self.finish(process)
        self.check()

    def test_rows_that_are_there_are_told_on_the_server(self):
        self.populate(SHOP, "--schema-only")
        self.sql("insert into people values (450, 'x@y', 1)")
        said = self.assay("prepare", "populate", "--target", self.url, "--schema", schema(self, SHOP), "--data-only", code=3).stderr
        self.assertRegex(said, "(?i)table people, rows 0 to 899: .*duplicate")

    def test_tables_of_somebody_else_get_rows_of_the_types_that_they_have(self):
        self.sql(f"create table users (id bigint primary key, {SERVER.other_types}")
        self.populate(OTHERS, "--mode", "append")
        self.check()
        self.assertEqual(self.sql("select count(*) from users where big between 1 and 100000 and big = floor(big) and small between 1 and 1000"), "2000")
        self.assertEqual(self.sql("select count(distinct id) from users where at >= '2024-01-01' and kind in ('a', 'b')"), "2000")
        self.assay("cleanup", "populate", "--target", self.url)

    def test_a_value_that_somebody_elses_column_does_not_take_is_told_with_the_column_and_without_advice_to_empty_the_table(self):
        wrong, says = SERVER.wrong_type
        other = SERVER.other_types.replace("big double precision", f"big {wrong}").replace("big double", f"big {wrong}")
        self.sql(f"create table users (id bigint primary key, {other}")
        said = self.assay("prepare", "populate", "--target", self.url, "--schema", schema(self, OTHERS), "--mode", "append", code=3).stderr
        self.assertRegex(said, f"table users, rows 0 to 1999: .*{says}")
        self.assertNotIn("--mode truncate", said)
        self.assertEqual(self.sql("select count(*) from users"), "0")

    def test_a_key_of_bytes_is_refused_before_anything_is_noted_where_there_is_none(self):
        text = "tables: [{name: b, rows: 50, columns: [{name: id, type: TYPE, primary_key: true}]}]"
        refused = SERVER.name == "mariadb"
        said = self.populate(text.replace("TYPE", "blob"), code=2 if refused else 0).stderr
        if refused:
            self.assertIn("the column 'id' of 'b' is of bytes, without a length", said)
            self.populate(text.replace("TYPE", "int"))
        self.check()

    def test_a_load_on_the_server_that_was_killed_goes_on(self):
        process = self.start("prepare", "populate", "--target", self.url, "--schema", schema(self, LONG), "--batch-size", "500")
        self.wait_for(lambda: "events" in self.tables() and int(self.sql("select count(*) from events")) > 20000, "some rows")
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assay("prepare", "populate", "--target", self.url)
        self.assertEqual(self.sql("select count(*) from events"), "400000")
        self.check()

    def test_changes_on_the_server_are_followed_to_the_last_row(self):
        self.populate(SHOP)
        run = ("run", "populate", "--target", self.url, "--changes", "insert=20,update=60,delete=20", "--quiet")
        self.assay(*run, "--count", "1000", code=(0, 5))
        self.check()
        process = self.start(*run, "--duration", "60s")
        time.sleep(2)  # it changes something all the time: whenever is as good
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.check()

    def test_the_load_as_a_run_on_the_server_ends_with_its_rows(self):
        self.assay("run", "populate", "--target", self.url, "--schema", schema(self, SHOP), "--batch-size", "100", "--quiet", code=(0, 5))
        self.check()


class KilledServerTest(OwnServerTest):

    def test_a_server_that_is_killed_meanwhile_has_each_row_once(self):
        process = self.start("prepare", "populate", "--target", self.url, "--schema", schema(self, LONG), "--batch-size", "500", "--max-rate", "100k")
        self.wait_for(lambda: "events" in self.tables() and int(self.sql("select count(*) from events")) > 20000, "some rows")
        self.server_script("kill")
        self.server_script("start")
        self.finish(process)
        self.assertEqual(self.sql("select count(*) from events"), "400000")
        self.assertEqual(self.sql("select count(*) from plain"), "50000")
        self.assay("check", "populate", "--target", self.url)

    def test_a_server_that_is_killed_under_changes_has_those_that_are_noted(self):
        self.assay("prepare", "populate", "--target", self.url, "--schema", schema(self, SHOP))
        process = self.start("run", "populate", "--target", self.url, "--changes", "insert=1,update=2,delete=1", "--duration", "6s", "--quiet")
        time.sleep(2)
        self.server_script("kill")
        self.server_script("start")
        self.finish(process, code=(0, 4, 5))
        self.assay("check", "populate", "--target", self.url)


if __name__ == "__main__":
    unittest.main(verbosity=2)
