"""populate into CSV and JSON Lines files: loaded, read back, damaged, killed, shared, out of room."""

import csv
import json
import pathlib
import resource
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from program import PROGRAM, ROOT, ProgramTest, environment, unittest

EVERY_TYPE = ROOT / "schemas/every-type.yaml"
SHOP = ROOT / "schemas/shop.yaml"


class FilesCase:
    """A test with a directory as target. FORMAT is csv or jsonl."""

    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"
        self.out.mkdir()
        self.url = f"{self.FORMAT}:{self.out}"

    def table(self, name):
        return self.out / f"{name}.{self.FORMAT}"

    def load(self, schema, *options, code=0, **popen):
        return self.assay("prepare", "populate", "--target", self.url, "--schema", schema, "--quiet", *options, code=code, **popen)

    def check(self, code=0):
        done = self.assay("check", "populate", "--target", self.url, code=code)
        return done.stdout + done.stderr

    def rows(self, name):
        """The rows of a table, with another reader than the program's."""
        with self.table(name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file)) if self.FORMAT == "csv" else [json.loads(line) for line in file]

    def lines(self, name):
        return self.table(name).read_text(encoding="utf-8").splitlines(keepends=True)

    def test_every_type_is_loaded_read_back_and_removed(self):
        self.load(EVERY_TYPE, "--row-count", "2000")
        self.assertEqual(len(self.rows("authors")), 2000)
        self.assertEqual([file.suffix for file in self.out.iterdir() if not file.name.startswith(".")],
                         len(list(self.out.glob(f"*.{self.FORMAT}"))) * [f".{self.FORMAT}"])
        self.check()
        self.assay("cleanup", "populate", "--target", self.url)
        self.assertEqual(list(self.out.iterdir()), [])

    def test_what_is_missing_changed_or_there_twice_is_found_and_named(self):
        self.load(SHOP, "--row-count", "300")
        whole = self.lines("users")
        ids = [str(row["id"]) for row in self.rows("users")]
        damaged = list(whole)
        first = 1 if self.FORMAT == "csv" else 0
        gone, changed = ids[10], ids[20]
        damaged[first + 20] = damaged[first + 20].replace("@", "#", 1)
        damaged.append(damaged[first + 30])
        del damaged[first + 10]
        self.table("users").write_text("".join(damaged), encoding="utf-8")
        said = self.check(code=6)
        for word in (f"id = {gone}", f"id = {changed}", f"id = {ids[30]}", "email", "#"):
            self.assertIn(word, said)
        self.table("users").write_text("".join(whole) + "{ no row\n", encoding="utf-8")
        self.assertRegex(self.check(code=6), rf"users: extra[^$]*users\.{self.FORMAT}:{len(whole) + 1}: found")
        self.table("users").write_text("".join(whole), encoding="utf-8")
        self.check()

    def test_a_line_that_is_no_row_is_named_by_its_place(self):
        self.load(SHOP, "--row-count", "100")
        lines = self.lines("users")
        lines[50] = "17\n"
        self.table("users").write_text("".join(lines), encoding="utf-8")
        self.assertIn(f"{self.table('users')}:51: found ", self.check(code=None))

    def test_a_load_that_was_killed_goes_on_where_it_stopped(self):
        options = ("--row-count", "20000", "--batch-size", "200")
        process = self.start("prepare", "populate", "--target", self.url, "--schema", SHOP, "--quiet", *options)
        self.wait_for(lambda: self.table("orders").exists() and len(self.table("orders").read_bytes()) > 100_000, "rows")
        process.kill()
        process.wait()
        self.assertLess(len(self.rows("users")) + len(self.lines("orders")), 20_000 + 5 * 20_000, "it was killed too late")
        self.load(SHOP, *options)
        self.assertEqual(len(self.rows("users")), 20_000)
        self.check()

    def test_processes_that_share_a_load_make_one_file_of_each_table(self):
        parts = [self.start("prepare", "populate", "--target", self.url, "--schema", SHOP, "--quiet", "--row-count", "3000", "--shard",
                            f"{i}/3") for i in range(3)]
        for part in parts:
            self.finish(part)
        self.assertEqual(len(self.rows("users")), 3000)
        self.assertEqual({file.name for file in self.out.glob("[!.]*")},
                         {f"{table}.{self.FORMAT}" for table in ("users", "products", "orders", "order_items")})
        self.check()

    def test_a_full_disk_is_told_and_with_room_the_load_goes_on(self):
        with self.small_disk(512) as disk:
            self.url = f"{self.FORMAT}:{disk}"
            process = subprocess.Popen([PROGRAM, "prepare", "populate", "--target", self.url, "--schema", str(SHOP), "--quiet",
                                        "--row-count", "3000"], env=environment({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       text=True)
            self.addCleanup(self.discard, process)
            said = self.finish(process, 3).stderr
            self.assertIn("No space left on device", said)
            self.assertIn(str(disk), said)
            subprocess.run(["mount", "-o", "remount,size=16m", disk], check=True)
            self.load(SHOP, "--row-count", "3000")
            self.check()

    def test_a_file_that_may_grow_no_further_is_an_error_and_no_end_by_a_signal(self):
        most = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
        said = self.load(SHOP, "--row-count", "20000", code=3, preexec_fn=most).stderr
        self.assertIn("File too large", said)
        self.load(SHOP, "--row-count", "20000")
        self.check()

    def test_ctrl_c_ends_a_load_that_then_goes_on(self):
        options = ("--row-count", "20000", "--batch-size", "200")
        process = self.start("prepare", "populate", "--target", self.url, "--schema", SHOP, "--quiet", *options)
        self.wait_for(lambda: self.table("orders").exists(), "a table")
        process.send_signal(signal.SIGINT)
        self.finish(process, (0, 130))
        self.load(SHOP, *options)
        self.check()

    def test_a_table_that_is_there_is_not_touched(self):
        self.table("users").write_text("mine\n")
        self.assertIn("users", self.refused("prepare", "populate", "--target", self.url, "--schema", SHOP, "--quiet", code=2))
        self.assertEqual([file.name for file in self.out.iterdir()], [f"users.{self.FORMAT}"])
        self.assertEqual(self.table("users").read_text(), "mine\n")

    def test_a_directory_that_is_not_there_is_named(self):
        missing = self.folder / "nowhere"
        said = self.refused("prepare", "populate", "--target", f"{self.FORMAT}:{missing}", "--schema", SHOP, code=3)
        self.assertIn(f"the directory {missing} is not there", said)


class CsvTest(FilesCase, ProgramTest):
    FORMAT = "csv"


class JsonlTest(FilesCase, ProgramTest):
    FORMAT = "jsonl"


if __name__ == "__main__":
    unittest.main()
