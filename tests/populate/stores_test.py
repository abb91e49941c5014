"""A hundred thousand rows of every type in the store that $ASSAY_TEST_STORE names (the SQL servers have populate_livetest.py): all of
them are read back, and what is not as it was written is found."""

import os
import pathlib
import re
import secrets
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from program import ROOT, ProgramTest, unittest

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


if __name__ == "__main__":
    unittest.main(verbosity=2)
