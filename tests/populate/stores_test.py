"""A hundred thousand rows of every type in the store that $ASSAY_TEST_STORE names (the SQL servers have populate_livetest.py): all of
them are read back, and what is not as it was written is found."""

import os
import pathlib
import re
import secrets
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from program import ROOT, ProgramTest, unittest
from schemas import SHOP

EVERY_TYPE = ROOT / "schemas" / "every-type.yaml"
STORE = os.environ["ASSAY_TEST_STORE"]


class StoresTest(ProgramTest):

    seconds = 400

    def setUp(self):
        super().setUp()
        if STORE in ("csv", "jsonl"):
            (self.folder / "out").mkdir()
            self.url = f"{STORE}:{self.folder / 'out'}"
            return
        server = f"ASSAY_TEST_{STORE.upper()}"
        variable = server + ("_MEMORY_URL" if STORE == "mongodb" else "_URL")  # the server that keeps them in a file is slow
        url = os.environ.get(variable)
        if not url:
            self.skipTest(os.environ.get(f"{server}_URL_MISSING") or f"{variable} is not set")
        own = f"every_{secrets.token_hex(4)}"
        # Neo4j's free edition has one database: its tables are those that no other test has.
        self.url = {"mongodb": lambda: re.sub(r"/[^/]*$", f"/{own}", url), "kafka": lambda: f"{url}?prefix={own}.",
                    "neo4j": lambda: url}[STORE]()

    def test_a_hundred_thousand_rows_of_every_type_come_back_as_they_were_written(self):
        self.assay("prepare", "populate", "--target", self.url, "--schema", EVERY_TYPE, "--row-count", "33200", "--quiet")
        self.addCleanup(self.assay, "cleanup", "populate", "--target", self.url)
        self.assertIn("100100 rows in 3 tables", self.assay("check", "populate", "--target", self.url).stderr)
        # The same rows are not those of another seed.
        other = self.assay("check", "populate", "--target", self.url, "--seed", "8", code=None)
        self.assertRegex(other.stdout + other.stderr, "seed|different|missing")

    def test_a_name_that_the_store_cannot_have_is_refused_before_anything_is_noted(self):
        name = secrets.token_hex(4)
        table, column = {"mongodb": (name, "a.b"), "neo4j": (name, "a\\\\b")}.get(STORE, (f"a/{name}", "b"))
        schema = self.folder / "schema.yaml"
        text = 'tables: [{name: "TABLE", rows: 5, columns: [{name: id, type: int, primary_key: true}, {name: "COLUMN", type: int}]}]'
        schema.write_text(text.replace("TABLE", table).replace("COLUMN", column), encoding="utf-8")
        self.assay("prepare", "populate", "--target", self.url, "--schema", schema, code=2)
        schema.write_text(text.replace("TABLE", name).replace("COLUMN", "b"), encoding="utf-8")
        self.assay("prepare", "populate", "--target", self.url, "--schema", schema)
        self.addCleanup(self.assay, "cleanup", "populate", "--target", self.url)
        self.check()

    def test_ten_thousand_columns_are_written_or_refused_with_the_limit(self):
        name = f"wide_{secrets.token_hex(4)}"
        columns = "\n".join(f"  - {{name: c{i}, type: int}}" for i in range(9999))
        schema = self.folder / "schema.yaml"
        schema.write_text(f"tables:\n- name: {name}\n  rows: 5\n  columns:\n  - {{name: id, type: int, primary_key: true}}\n{columns}\n")
        code, says = {"kafka": (3, r"key populate/schema, \d{7,} bytes.* message\.max\.bytes"), "neo4j": (2, "at most 1000")}.get(STORE, (0, "5 of 5 rows"))
        self.addCleanup(self.assay, "cleanup", "populate", "--target", self.url)
        self.assertRegex(self.assay("prepare", "populate", "--target", self.url, "--schema", schema, code=code).stderr, says)
        if code == 0:
            self.check()

    def test_changes_are_followed_to_the_last_row_also_of_clients_that_were_killed(self):
        schema = self.folder / "schema.yaml"
        schema.write_text(SHOP, encoding="utf-8")
        self.assay("prepare", "populate", "--target", self.url, "--schema", schema, "--quiet")
        self.addCleanup(self.assay, "cleanup", "populate", "--target", self.url)
        change = ("run", "populate", "--target", self.url, "--changes", "insert=20,update=60,delete=20", "--quiet")
        if STORE in ("csv", "jsonl", "kafka"):  # rows are not found by a key
            return self.assertIn("--changes needs rows that are found by their key", self.assay(*change, "--count", "10", code=2).stderr)
        self.assay(*change, "--count", "300", "--clients", "3", "--sessions", "2", code=(0, 5))
        self.assertNotIn("killed", self.check())
        process = self.start(*change, "--clients", "8", "--duration", "60s")
        time.sleep(3)  # it changes something all the time: whenever is as good
        process.send_signal(signal.SIGKILL)
        process.wait()
        # A change and its note are two writes: the last change of each of the eight may have been made or not.
        self.assertRegex(self.check(), "the last changes of [1-8] killed clients may have been made or not")
        self.assay(*change, "--count", "100", "--clients", "2", "--seed", "7", code=(0, 5))  # settles them first
        self.assertNotIn("killed", self.check())
        self.assay(*change, "--count", "100", "--clients", "4", "--agents", "2", code=(0, 5))
        self.check()
        # What a live run has not noted yet is not settled by another, which is refused.
        live = self.start(*change, "--clients", "4", "--duration", "5s")
        time.sleep(2)
        self.assertIn("another run changes the same rows", self.assay(*change, "--count", "10", code=3).stderr)
        self.finish(live, code=(0, 5))
        self.check()

    def check(self):
        return self.assay("check", "populate", "--target", self.url).stderr


if __name__ == "__main__":
    unittest.main(verbosity=2)
