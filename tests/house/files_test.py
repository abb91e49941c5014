"""What every file of the repository keeps to: sizes, names, a README where a folder is large, nothing left half done."""

import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MOST_LINES = 800  # a file longer than this fails
MANY_LINES = 400  # a file longer than this is listed
MOST_COLUMNS = 130  # clang-format breaks code at 120; it leaves comments and strings alone
MANY_FILES = 5  # a folder of src/ with more C++ files than this explains itself in a README.md
LEFT_OVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
BANNED_NAMES = re.compile(r"(^|_)(utils?|helpers?|managers?|impl|misc|common)(_|\.|$)")
CODE = (".h", ".cc")


def tracked(root):
    """What git knows or would add; in an unpacked archive without git, every file outside the build folders."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        names = listed.stdout.splitlines()
    else:
        skip = {"build", "demo", "results", "node_modules", ".git"}
        names = [p.relative_to(root).as_posix() for p in root.rglob("*") if not skip & set(p.relative_to(root).parts)]
    return [root / name for name in names if (root / name).is_file()]


def under_src(root):
    return [file for file in tracked(root) if file.relative_to(root).parts[0] == "src"]


def too_long(files, most):
    sizes = [(len(file.read_text().splitlines()), file) for file in files if file.suffix in (*CODE, ".py", ".ts")]
    return sorted((lines, file) for lines, file in sizes if lines > most)


def too_wide(files):
    return [f"{file}:{number}: {len(line)} columns" for file in files if file.suffix in CODE
            for number, line in enumerate(file.read_text().splitlines(), 1) if len(line) > MOST_COLUMNS and "https://" not in line]


def left_over(files):
    return [f"{file}:{number}: {line.strip()}" for file in files
            for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1) if LEFT_OVER.search(line)]


def without_readme(files):
    counts = {}
    for file in files:
        if file.suffix in CODE and not file.stem.endswith(("_test", "_livetest")):
            counts[file.parent] = counts.get(file.parent, 0) + 1
    return [folder for folder, count in counts.items() if count > MANY_FILES and folder / "README.md" not in files]


def without_opening(files):
    """Headers that do not begin by saying what they are."""
    return [str(file) for file in files if file.suffix == ".h" and not file.read_text().startswith("// ")]


def without_pragma_once(files):
    return [str(file) for file in files if file.suffix == ".h" and "\n#pragma once\n" not in file.read_text()]


class FilesTest(unittest.TestCase):

    def assert_none(self, found):
        self.assertEqual(found, [], "\n" + "\n".join(map(str, found)))

    def test_no_file_is_too_long_to_read(self):
        files = tracked(ROOT)
        for lines, file in too_long(files, MANY_LINES):
            print(f"long: {file.relative_to(ROOT)} has {lines} lines")
        self.assert_none(too_long(files, MOST_LINES))

    def test_no_line_of_code_is_too_wide_to_read(self):
        self.assert_none(too_wide(tracked(ROOT)))

    def test_nothing_in_src_is_left_for_later(self):
        self.assert_none(left_over(under_src(ROOT)))

    def test_every_large_folder_of_src_explains_itself(self):
        self.assert_none(without_readme(under_src(ROOT)))

    def test_every_header_says_first_what_it_is(self):
        self.assert_none(without_opening(under_src(ROOT)))

    def test_every_header_can_be_included_twice(self):
        self.assert_none(without_pragma_once(under_src(ROOT)))

    def test_no_file_of_src_has_a_name_that_says_nothing(self):
        self.assert_none([file for file in under_src(ROOT) if BANNED_NAMES.search(file.name)])

    def test_scripts_can_be_run(self):
        self.assert_none([f for f in tracked(ROOT) if f.read_bytes()[:2] == b"#!" and not f.stat().st_mode & 0o111])

    def test_each_of_these_rules_can_fail(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "src").mkdir()
            bad = root / "src" / "a.h"
            bad.write_text("int x;  // " + "TODO" + "\n" * 900 + "/" * 131 + "\n")
            for i in range(MANY_FILES):
                (root / "src" / f"b{i}.cc").write_text("")
            files = tracked(root)
            self.assertEqual(len(too_long(files, MOST_LINES)), 1)
            self.assertEqual(len(too_wide(files)), 1)
            self.assertEqual(len(left_over(files)), 1)
            self.assertEqual(without_readme(under_src(root)), [root / "src"])
            self.assertEqual(without_opening(files), [str(bad)])
            self.assertEqual(without_pragma_once(files), [str(bad)])
            self.assertTrue(BANNED_NAMES.search("string_utils.h") and BANNED_NAMES.search("session_impl.cc"))
            self.assertFalse(BANNED_NAMES.search("simplex.cc") or BANNED_NAMES.search("implicit.h"))


if __name__ == "__main__":
    unittest.main()
