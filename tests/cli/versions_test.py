"""Results as files that somebody else wrote: of every version of the format, of one to come, and cut off."""

import json
import re

from program import ROOT, ProgramTest, unittest

HEADER = (ROOT / "src/results/document.h").read_text()
NEWEST = int(re.search(r"kVersion = (\d+);", HEADER)[1])
OLDEST = int(re.search(r"kOldestVersion = (\d+);", HEADER)[1])


def path_of(version):
    return ROOT / "tests" / "results" / f"version-{version}.json"


class VersionsTest(ProgramTest):

    def test_a_result_of_each_version_is_read_and_says_what_it_said(self):
        self.assertLess(OLDEST, NEWEST)
        for version in range(OLDEST, NEWEST + 1):
            written = json.loads(path_of(version).read_text())
            self.assertEqual(written["version"], version)
            read = self.report(path_of(version))
            self.assertEqual(read["id"], written["id"])
            completed = {o["name"]: o["phases"]["measure"]["completed"] for g in written["groups"] for o in g["operations"]}
            self.assertEqual({name: o["completed"] for name, o in read["by_name"].items() if name in completed}, completed)
            self.assertIn(f"{written['workload']['name']} on ", self.assay("history", path_of(version), code=4).stdout)

    def test_one_of_a_version_to_come_and_one_before_the_first_are_refused_by_name(self):
        for version, words in ((NEWEST + 1, ": a newer assay wrote it"), (OLDEST - 1, "")):
            path = self.folder / "other.json"
            path.write_text(path_of(NEWEST).read_text().replace(f'"version": {NEWEST}', f'"version": {version}', 1))
            for command in (("report", path), ("history", path), ("compare", path, path_of(NEWEST))):
                said = self.refused(*command)
                self.assertIn(f"other.json: result: its format has version {version}, and this assay reads version {OLDEST} to {NEWEST}{words}\n", said)

    def test_one_that_is_cut_off_anywhere_is_refused_with_where_it_ends(self):
        # At every byte: src/results/document_test.cc. Here that the program says so.
        text = path_of(NEWEST).read_bytes()
        path = self.folder / "cut.json"
        for length in (0, 1, 2, len(text) // 3, len(text) // 2, len(text) - 2):
            path.write_bytes(text[:length])
            words = "the file is empty" if length == 0 else f"the file is cut off: it ends after {length} bytes"
            self.assertEqual(self.refused("report", path), f"assay: {path}: result: {words}\n")


if __name__ == "__main__":
    unittest.main()
