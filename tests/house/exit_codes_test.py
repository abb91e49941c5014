"""docs/exit-codes.md lists exactly the exit codes of src/base/error.h."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def declared(text):
    body = re.search(r"enum class ExitCode : int \{(.*?)\};", text, re.DOTALL)[1]
    return {name: int(value) for name, value in re.findall(r"^\s*(\w+) = (\d+),", body, re.MULTILINE)}


def documented(text):
    return {name: int(value) for value, name in re.findall(r"^\| (\d+) \| `(\w+)` \|", text, re.MULTILINE)}


class ExitCodesTest(unittest.TestCase):

    def test_the_document_lists_exactly_the_codes_of_the_source(self):
        codes = declared((ROOT / "src/base/error.h").read_text())
        self.assertEqual(documented((ROOT / "docs/exit-codes.md").read_text()), codes)
        self.assertEqual(codes["ok"], 0)
        self.assertEqual(len(set(codes.values())), len(codes), "two names for one code")

    def test_a_code_that_one_side_lacks_is_a_difference(self):
        source = "enum class ExitCode : int {\n  ok = 0,\n  usage = 2,  // bad flag\n};"
        self.assertEqual(declared(source), {"ok": 0, "usage": 2})
        self.assertEqual(documented("| 0 | `ok` | fine |\n"), {"ok": 0})


if __name__ == "__main__":
    unittest.main()
