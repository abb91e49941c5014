"""CSV and JSON Lines files as Python's csv and json read them, and CSV as SQLite's shell imports it: every value by hand."""

import base64
import csv
import datetime
import decimal
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import uuid

EXAMPLE = pathlib.Path(os.environ["ASSAY_BUILD"]) / "tests/files/files_example"
TEXT = "a,b \"quoted\"\r\nsecond line, 東京 🚀\t\x01"
ODD = "an, \"odd\"\nname"
NAMES = ["id", "a_boolean", "a_bigint", "a_real", "a_decimal", "a_text", "some_bytes", "a_uuid", "a_date", "a_time",
         "a_timestamp", "some_json", ODD]
UTC = datetime.timezone.utc
# What files_example.cc writes, as Python's values.
EXPECTED = [
    [1, True, 9007199254740993, 0.1, decimal.Decimal("1234567890123456.78"), TEXT, b"\0\xff\n",
     uuid.UUID("550e8400-e29b-41d4-a716-446655440000"), datetime.date(2024, 2, 29), datetime.time(12, 34, 56, 789000),
     datetime.datetime(2024, 2, 29, 12, 34, 56, 1, UTC), {"a": [1, {"b": "x, \"y\"\n"}]}, ["x", None, 1.5]],
    [2] + 12 * [None],
    [3, False, -1, -1e300, decimal.Decimal("-0.05"), "", b"", uuid.UUID(int=0), datetime.date(1969, 12, 31),
     datetime.time(0, 0), datetime.datetime(1970, 1, 1, tzinfo=UTC), {}, []],
]
READ = [int, {"true": True, "false": False}.__getitem__, int, float, decimal.Decimal, str,
        lambda text: base64.b64decode(text, validate=True), uuid.UUID, datetime.date.fromisoformat,
        datetime.time.fromisoformat, lambda text: datetime.datetime.fromisoformat(re.sub("Z$", "+00:00", text)),
        json.loads, json.loads]


class IndependentReadersTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        subprocess.run([EXAMPLE, self.folder], check=True)

    def test_python_reads_csv_as_it_was_written(self):
        with (self.folder / "every_type.csv").open(newline="", encoding="utf-8") as file:
            lines = list(csv.reader(file, strict=True))
        self.assertEqual(lines[0], NAMES)
        for line, expected in zip(lines[1:], EXPECTED, strict=True):
            # To this reader NULL and "" are the same text.
            values = [None if text == "" and want is None else read(text) for read, text, want in zip(READ, line, expected, strict=True)]
            self.assertEqual(values, expected)

    def test_null_is_an_empty_field_and_an_empty_text_has_quotes(self):
        lines = (self.folder / "every_type.csv").read_bytes().split(b"\n")
        self.assertIn(b"2,,,,,,,,,,,,", lines)
        self.assertTrue(lines[-2].startswith(b'3,false,-1,-1e+300,-0.05,"","",00000000-'), lines[-2])

    def test_python_reads_json_lines_as_they_were_written(self):
        lines = (self.folder / "every_type.jsonl").read_text(encoding="utf-8").split("\n")
        self.assertEqual(lines.pop(), "", "each line has its end")
        for line, expected in zip(lines, EXPECTED, strict=True):
            row = json.loads(line)
            # A column of JSON that is NULL is left out.
            there = [name for name, want in zip(NAMES, expected, strict=True) if want is not None or name not in ("some_json", ODD)]
            self.assertEqual(list(row), there)
            values = []
            for value, read, want in zip(map(row.get, NAMES), READ, expected, strict=True):
                # What JSON has itself stands as it is, and all else as a string.
                own = value is None or not isinstance(value, str) or isinstance(want, str)
                self.assertEqual(own, want is None or isinstance(want, (bool, int, float, str, dict, list)), value)
                values.append(value if own else read(value))
            self.assertEqual(values, expected)
            self.assertEqual([type(value) for value in values], [type(want) for want in expected])

    def test_sqlite_imports_the_csv(self):
        script = f".mode csv\n.import {self.folder / 'every_type.csv'} t\n.mode json\nselect id, a_text, a_date from t order by id;\n"
        try:
            shell = subprocess.run(["sqlite3", "-batch", ":memory:"], input=script, capture_output=True, text=True, check=True)
        except FileNotFoundError:
            self.skipTest("there is no sqlite3 command (package sqlite3)")
        self.assertEqual(shell.stderr, "")
        self.assertEqual(json.loads(shell.stdout), [{"id": "1", "a_text": TEXT, "a_date": "2024-02-29"},
                                                    {"id": "2", "a_text": "", "a_date": ""},
                                                    {"id": "3", "a_text": "", "a_date": "1969-12-31"}])


if __name__ == "__main__":
    unittest.main()
