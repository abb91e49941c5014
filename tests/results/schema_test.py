"""The result that is really written is what docs/result.schema.json describes, and the schema would notice if it were not.

Usage: schema_test.py SCHEMA COMMAND...   where COMMAND prints a result document.
"""

import copy
import json
import re
import subprocess
import sys
import unittest
from pathlib import Path

from jsonschema import Draft202012Validator

SCHEMA, COMMAND = Path(sys.argv[1]), sys.argv[2:]


def places(value, path=()):
    """Every object of the document with its path."""
    if isinstance(value, dict):
        yield path, value
        for key, item in value.items():
            yield from places(item, path + (key,))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, path + (index,))

OPTIONAL = {"search", "agents", "lost"}  # of a search, of several agents


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        cls.validator = Draft202012Validator(cls.schema)
        cls.document = json.loads(subprocess.run(COMMAND, check=True, capture_output=True).stdout)

    def test_the_schema_is_a_schema(self):
        Draft202012Validator.check_schema(self.schema)

    def test_the_document_is_valid(self):
        errors = [f"{e.json_path}: {e.message}" for e in self.validator.iter_errors(self.document)]
        self.assertEqual(errors, [])

    def test_a_member_too_many_is_noticed_anywhere_but_in_settings(self):
        free = re.compile(r"(options|settings)$")
        seen = set()
        for path, _ in places(self.document):
            shape = tuple(key if isinstance(key, str) else 0 for key in path)
            if shape in seen or (path and free.search(str(path[-1]))):
                continue
            seen.add(shape)
            damaged = copy.deepcopy(self.document)
            at = damaged
            for key in path:
                at = at[key]
            at["surprise"] = 1
            self.assertFalse(self.validator.is_valid(damaged), f"{path} takes a member that it does not have")

    def test_each_required_member_is_missed(self):
        for name in self.document:
            damaged = dict(self.document)
            del damaged[name]
            self.assertEqual(self.validator.is_valid(damaged), name in OPTIONAL, name)

    def test_each_member_is_in_the_documentation(self):
        text = (SCHEMA.parent / "result.md").read_text(encoding="utf-8")
        words = set(re.findall(r"[a-z_0-9]+", " ".join(re.findall(r"`([^`]+)`", text))))

        def names(schema):
            for key, value in schema.items() if isinstance(schema, dict) else ():
                if key == "properties":
                    yield from value
                yield from names(value)

        self.assertEqual(sorted(set(names(self.schema)) - words), [])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
