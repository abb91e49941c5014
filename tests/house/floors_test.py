"""Reads every #include under src/ and fails on an edge that tests/house/floors.txt does not allow.

Static libraries do not enforce the floors: a header of any folder can be included from any other. This does.
"""

import fnmatch
import pathlib
import re
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = pathlib.Path(__file__).with_name("floors.txt")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
POSIX = re.compile(
    r"(sys|netinet|arpa|net|bits)/\w+\.h$|(aio|assert|cpuid|ctype|cxxabi|dirent|dlfcn|errno|execinfo|fcntl|fenv|float|getopt|"
    r"immintrin|inttypes|limits|locale|malloc|math|netdb|poll|pthread|pwd|sched|semaphore|setjmp|signal|spawn|stdarg|stddef|"
    r"stdint|stdio|stdlib|string|strings|sysexits|termios|time|unistd|x86intrin)\.h$")


class Table:
    """floors.txt, parsed. An unknown line is an error: a rule that is misspelt would otherwise not be a rule."""

    def __init__(self, text):
        self.own, self.private, self.tests, self.apart, self.headers = {}, {}, {}, set(), []
        for number, raw in enumerate(text.splitlines(), 1):
            line = raw.split("#")[0].strip()
            if not line:
                continue
            if found := re.fullmatch(r"header (\S+): (.+)", line):
                self.headers.append((found[1], found[2].split()))
            elif found := re.fullmatch(r"tests ([a-z]+): (.+)", line):
                self.tests[found[1]] = set(found[2].split())
            elif found := re.fullmatch(r"apart ([a-z]+)", line):
                self.apart.add(found[1])
            elif found := re.fullmatch(r"([a-z]+):\s*([a-z ]*?)\s*(?:\(([a-z/ ]+)\))?", line):
                self.own[found[1]] = set(found[2].split())
                self.private[found[1]] = set((found[3] or "").split())
            else:
                raise ValueError(f"floors.txt:{number}: cannot read {raw!r}")
        for folder in self.own:
            for below in self.own[folder] | self.private[folder]:
                if below.split("/")[0] not in self.own:
                    raise ValueError(f"floors.txt: {folder} names {below}, which has no line of its own")
        for folder in self.tests.keys() | self.apart:
            if folder not in self.own:
                raise ValueError(f"floors.txt: {folder} has no line of its own")

    def reach(self, folder):
        """All folders that `folder` may include, itself too."""
        seen, todo = {folder}, list(self.own[folder])
        while todo:
            below = todo.pop()
            if below not in seen:
                seen.add(below)
                todo += self.own[below]
        return seen | self.private[folder]


def is_test(path):
    return path.endswith(("_test.cc", "_livetest.cc", "_fixture.h", "_fixture.cc"))


def own_include_fault(table, path, included):
    """Why `path` may not include "included" (both relative to src/), or None."""
    here, there = path.split("/"), included.split("/")
    folder, other = here[0], there[0]
    if len(there) == 1:
        return f'"{included}" is not a path from src/: write "{"/".join(here[:-1])}/{included}"'
    if other not in table.own:
        return f"{other}/ has no line in floors.txt"
    extra = table.tests.get(folder, set()) if is_test(path) else set()
    extra = extra | table.private[folder]
    if other in extra or "/".join(there[:2]) in extra:
        return None
    if other not in table.reach(folder):
        return f"{folder}/ may not include {other}/ (it may: {', '.join(sorted(table.reach(folder)))})"
    # A file directly in an `apart` folder (drivers/x.h) is shared by all of its subfolders.
    if other == folder and folder in table.apart and len(there) > 2 and here[1] != there[1]:
        return f"{'/'.join(here[:2])} may not include {'/'.join(there[:2])}: the folders of {folder}/ stand apart"
    return None


def system_include_fault(table, path, header):
    for prefix, places in table.headers:
        if header.startswith(prefix):
            allowed = any(
                place == "any" or (place == "tests" and is_test(path)) or fnmatch.fnmatchcase(path, place) for place in places)
            return None if allowed else f"<{header}> may stand only in: {', '.join(places)}"
    if "." not in header or POSIX.fullmatch(header):
        return None
    return f"<{header}> is neither of the standard library nor named in floors.txt: say there who may include it"


def faults(table, src):
    found = []
    for file in sorted(src.rglob("*")):
        if file.suffix not in (".h", ".cc") or not file.is_file():
            continue
        path = file.relative_to(src).as_posix()
        if path.split("/")[0] not in table.own:
            found.append(f"src/{path}: its folder has no line in floors.txt")
            continue
        text = file.read_text()
        for match in INCLUDE.finditer(text):
            fault = (own_include_fault if match[1] == '"' else system_include_fault)(table, path, match[2])
            if fault:
                found.append(f"src/{path}:{text.count(chr(10), 0, match.start(1)) + 1}: {fault}")
    return found


class FloorsTest(unittest.TestCase):

    def setUp(self):
        self.table = Table(TABLE.read_text())

    def verdict(self, path, line):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / path
            file.parent.mkdir(parents=True)
            file.write_text(f"// first line\n{line}\n")
            return faults(self.table, pathlib.Path(folder))

    def test_every_include_under_src_is_allowed(self):
        found = faults(self.table, ROOT / "src")
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_every_folder_of_src_has_a_line_and_is_a_lower_floor_than_its_users(self):
        folders = {p.name for p in (ROOT / "src").iterdir() if p.is_dir()}
        self.assertLessEqual(folders, set(self.table.own))
        for folder in self.table.own:
            for below in self.table.reach(folder) - {folder}:
                self.assertNotIn(folder, self.table.reach(below.split("/")[0]), f"{folder} and {below} use one another")

    def test_an_edge_upwards_is_found_with_file_and_line(self):
        found = self.verdict("stats/a.cc", '#include "core/driver.h"')
        self.assertEqual(len(found), 1)
        self.assertTrue(found[0].startswith("src/stats/a.cc:2: stats/ may not include core/"), found)

    def test_an_indented_include_counts_and_a_commented_one_does_not(self):
        self.assertEqual(len(self.verdict("stats/a.cc", '  #  include "core/driver.h"')), 1)
        self.assertEqual(self.verdict("stats/a.cc", '// #include "core/driver.h"'), [])

    def test_what_is_below_through_another_floor_is_allowed(self):
        self.assertEqual(self.verdict("workloads/tpcc/a.cc", '#include "base/time.h"'), [])

    def test_what_registry_uses_is_not_for_those_who_use_registry(self):
        self.assertEqual(self.verdict("registry/all.cc", '#include "drivers/sqlite/driver.h"'), [])
        self.assertEqual(self.verdict("cli/main.cc", '#include "registry/all.h"'), [])
        self.assertEqual(len(self.verdict("cli/main.cc", '#include "drivers/sqlite/driver.h"')), 1)
        self.assertEqual(len(self.verdict("plan/plan.cc", '#include "registry/all.h"')), 1)

    def test_the_self_test_may_have_the_null_driver_and_no_other(self):
        self.assertEqual(self.verdict("cli/cmd_selftest.cc", '#include "drivers/null/null.h"'), [])
        self.assertEqual(len(self.verdict("cli/cmd_selftest.cc", '#include "drivers/postgres/postgres.h"')), 1)

    def test_drivers_stand_apart_and_so_do_workloads(self):
        self.assertEqual(len(self.verdict("drivers/sqlite/a.cc", '#include "drivers/postgres/driver.h"')), 1)
        self.assertEqual(len(self.verdict("workloads/kv/a.cc", '#include "workloads/tpcc/tables.h"')), 1)
        self.assertEqual(self.verdict("drivers/sqlite/a.cc", '#include "drivers/sqlite/driver.h"'), [])

    def test_only_a_drivers_tests_may_include_the_conformance_suite(self):
        line = '#include "drivers/conformance/suite.h"'
        self.assertEqual(self.verdict("drivers/sqlite/sqlite_test.cc", line), [])
        self.assertEqual(self.verdict("drivers/postgres/postgres_livetest.cc", line), [])
        self.assertEqual(len(self.verdict("drivers/sqlite/sqlite.cc", line)), 1)

    def test_a_workload_never_names_a_driver_but_its_tests_may(self):
        line = '#include "drivers/sqlite/driver.h"'
        self.assertEqual(len(self.verdict("workloads/tpcc/check.cc", line)), 1)
        self.assertEqual(self.verdict("workloads/tpcc/check_test.cc", line), [])

    def test_a_client_header_stands_only_in_its_drivers_own_cc(self):
        self.assertEqual(self.verdict("drivers/postgres/session.cc", "#include <libpq-fe.h>"), [])
        self.assertEqual(len(self.verdict("drivers/postgres/session.h", "#include <libpq-fe.h>")), 1)
        self.assertEqual(len(self.verdict("core/engine.cc", "#include <sqlite3.h>")), 1)

    def test_fibers_and_epoll_are_the_runtimes_business(self):
        self.assertEqual(self.verdict("runtime/fiber.cc", "#include <boost/context/fiber.hpp>"), [])
        self.assertEqual(len(self.verdict("core/a.cc", "#include <boost/context/fiber.hpp>")), 1)
        self.assertEqual(len(self.verdict("drivers/postgres/a.cc", "#include <sys/epoll.h>")), 1)

    def test_a_library_without_a_line_is_refused(self):
        self.assertEqual(len(self.verdict("core/a.cc", "#include <curl/curl.h>")), 1)
        self.assertEqual(self.verdict("core/a.cc", "#include <vector>"), [])
        self.assertEqual(self.verdict("core/a.cc", "#include <sys/socket.h>"), [])

    def test_a_path_that_does_not_start_at_src_is_refused(self):
        self.assertEqual(len(self.verdict("core/a.cc", '#include "engine.h"')), 1)

    def test_a_misspelt_line_of_the_table_is_an_error(self):
        for text in ("base\n", "core: stat\n", "headers x: any\n", "apart nothing\n"):
            with self.assertRaises(ValueError, msg=text):
                Table(text)


if __name__ == "__main__":
    unittest.main()
