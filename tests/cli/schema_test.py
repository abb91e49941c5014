"""assay schema: every shipped schema is good, what is shown is a schema, and values are what docs/schema.md says they are."""

import re

from program import ROOT, ProgramTest, unittest

M = 2**64 - 1
K = 0xd6e8feb86659fd93
SCHEMAS = sorted((ROOT / "schemas").glob("*.yaml"))


# The function of docs/schema.md, from its text and the publications that it names.
def mix(x):
    x = (x + 0x9e3779b97f4a7c15) & M
    x = ((x ^ (x >> 30)) * 0xbf58476d1ce4e5b9) & M
    x = ((x ^ (x >> 27)) * 0x94d049bb133111eb) & M
    return x ^ (x >> 31)


def fnv(text):
    value = 0xcbf29ce484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001b3) & M
    return value


def key(seed, table, column):
    return mix(mix(mix(seed) ^ (fnv(table) * K & M)) ^ (fnv(column) * K & M))


def hash_of(column_key, row):
    return mix(column_key ^ (row * K & M))


def below(number, n):
    return number * n >> 64


class Draws:
    def __init__(self, state):
        self.state = state

    def below(self, n):
        value, self.state = mix(self.state), (self.state + 0x9e3779b97f4a7c15) & M
        return below(value, n)


class SchemaTest(ProgramTest):

    def shown_rows(self, text, *arguments):
        """Each table's rows as they are shown, as maps of texts."""
        (self.folder / "schema.yaml").write_text(text)
        rows, table = {}, None
        for line in self.assay("schema", "show", "schema.yaml", *arguments).stdout.splitlines():
            if begin := re.fullmatch(r"# (\w+): \d+ of \d+ rows", line):
                table = rows.setdefault(begin[1], [])
            elif line.startswith("#   "):
                table.append(dict(cell.split(": ", 1) for cell in line[4:].split(", ")))
        return rows

    def test_every_schema_that_is_shipped_is_good(self):
        said = self.assay("schema", "lint", *SCHEMAS)
        self.assertEqual(said.stderr, "")
        self.assertEqual(len(re.findall(r": good: \d+ tables, \d+ columns, \d+ rows$", said.stdout, re.M)), len(SCHEMAS))

    def test_what_is_shown_is_the_same_schema(self):
        for schema in SCHEMAS:
            first = self.assay("schema", "show", schema, "--rows", "5").stdout
            (self.folder / "again.yaml").write_text(first)
            self.assertEqual(self.assay("schema", "show", "again.yaml", "--rows", "5").stdout, first, schema)

    def test_mistakes_are_told_all_at_once_and_end_with_2(self):
        (self.folder / "bad.yaml").write_text("tables:\n- name: a\n  colums: []\n  columns:\n  - {name: x, type: text, generator: sequential}\n")
        said = self.assay("schema", "lint", "bad.yaml", SCHEMAS[0], code=2)
        self.assertIn("bad.yaml:3:3: unknown name 'colums'; did you mean 'columns'?", said.stderr)
        self.assertIn("bad.yaml:5:38: the generator sequential makes no text; expected one of", said.stderr)
        self.assertIn(f"{SCHEMAS[0]}: good", said.stdout)
        self.assertEqual(self.assay("schema", "show", "bad.yaml", code=2).stdout, "")
        self.assertIn("none.yaml cannot be read; expected a file with a schema", self.assay("schema", "lint", "none.yaml", code=2).stderr)

    def test_names_that_many_stores_cannot_tell_apart_and_that_of_the_record_are_mistakes(self):
        file = self.folder / "names.yaml"
        file.write_text("version: 1\ntables:\n- name: a\n  columns:\n  - {name: z, type: int}\n  - {name: Z, type: int}\n"
                        "- name: A\n  columns: [{name: z, type: int}]\n- name: Assay_Meta\n  columns: [{name: z, type: int}]\n")
        said = self.assay("schema", "lint", file, code=2)
        for mistake in ("column 'Z' differs from 'z' in case only", "table 'A' differs from 'a' in case only",
                        "table 'Assay_Meta' would be where assay keeps its record"):
            self.assertIn(mistake, said.stdout + said.stderr)

    def test_questions_that_cannot_be_answered_are_refused(self):
        for arguments, text in ((("schema",), "expected lint or show"), (("schema", "lnit", "x"), "unknown word 'lnit'"),
                                (("schema", "lint"), "the file is missing"), (("schema", "show", "a", "b"), "2 files; expected one"),
                                (("schema", "lint", SCHEMAS[0], "--rows", "1"), "--rows has no effect")):
            self.assertIn(text, self.assay(*arguments, code=2).stderr)

    def test_whole_numbers_and_choices_are_those_of_the_documentation(self):
        text = """
seed: 7
tables:
- name: readings
  rows: 40
  columns:
  - {name: id, type: big_int, primary_key: true, generator: {type: sequential, start: 100, step: 5}}
  - {name: temperature, type: int, generator: {type: int_range, min: -40, max: 60}}
  - {name: any, type: big_int, generator: {type: int_range, min: -9223372036854775808, max: 9223372036854775807}}
  - {name: price, type: {type: decimal, precision: 6, scale: 2}, generator: {type: decimal_range, min: 1.5, max: 99.99}}
  - {name: unit, type: int, generator: {type: one_of, values: [11, 22, 33]}}
  - {name: sensor, type: big_int, references: sensors}
- {name: sensors, rows: 9, id: {type: big_int, generator: {type: sequential, start: 1000}}}
"""
        for seed, arguments in ((7, ()), (2**64 - 1, ("--seed", 2**64 - 1))):
            rows = self.shown_rows(text, "--rows", "40", *arguments)["readings"]
            self.assertEqual(len(rows), 40)
            for n, row in enumerate(rows):
                hashed = {name: hash_of(key(seed, "readings", name), n) for name in row}
                self.assertEqual(int(row["id"]), 100 + 5 * n)
                self.assertEqual(int(row["temperature"]), -40 + below(hashed["temperature"], 101))
                self.assertEqual(int(row["any"]), hashed["any"] - 2**63)
                cents = 150 + below(hashed["price"], 9850)
                self.assertEqual(row["price"], f"{cents // 100}.{cents % 100:02}")
                self.assertEqual(int(row["unit"]), (11, 22, 33)[below(hashed["unit"], 3)])
                # The key of a purpose: as the version's, with the purpose's name.
                reference = mix(mix(key(seed, "readings", "sensor")) ^ (fnv("reference") * K & M))
                self.assertEqual(int(row["sensor"]), 1000 + below(hash_of(reference, n), 9))

    def test_strings_draw_from_the_stream_of_the_documentation(self):
        text = "tables:\n- name: t\n  rows: 30\n  columns:\n  - {name: s, type: text, generator: {type: string, min_length: 2, max_length: 8, alphabet: lower}}\n"
        for n, row in enumerate(self.shown_rows(text, "--rows", "30")["t"]):
            draws = Draws(hash_of(key(42, "t", "s"), n))
            length, left = 2 + draws.below(7), mix(draws.state)
            letters = ""
            while len(letters) < length:
                left *= 26
                letters += chr(ord("a") + (left >> 64))
                left &= M
            self.assertEqual(row["s"], f"'{letters}'")

    def test_unique_numbers_are_a_feistel_network_of_the_row(self):
        text = "tables:\n- name: t\n  rows: 1000\n  columns:\n  - {name: n, type: int, unique: true, generator: {type: int_range, min: 0, max: 999}}\n"
        seed = mix(mix(key(42, "t", "n")) ^ (fnv("unique") * K & M))
        keys = [mix(mix(seed) ^ (round_ * K & M)) for round_ in range(4)]

        def permuted(x):
            while True:
                left, right = x >> 5, x & 31  # 1,000 numbers have 10 bits
                for round_key in keys:
                    left, right = right, left ^ (mix(right ^ round_key) & 31)
                x = left << 5 | right
                if x < 1000:
                    return x

        rows = self.shown_rows(text, "--rows", "1000")["t"]
        self.assertEqual([int(row["n"]) for row in rows], [permuted(n) for n in range(1000)])
        self.assertEqual(sorted(int(row["n"]) for row in rows), list(range(1000)))

    def test_every_type_and_generator_is_documented(self):
        documented = (ROOT / "docs/schema.md").read_text()
        for section, wrong in (("Types", "type: xxxxxxxxxx"), ("Generators", "type: int, generator: xxxxxxxxxx")):
            (self.folder / "bad.yaml").write_text(f"tables:\n- name: t\n  columns:\n  - {{name: c, {wrong}}}\n")
            said = self.assay("schema", "lint", "bad.yaml", code=2).stderr
            names = re.search(r"expected one of (.*)", said)[1].split(", ")
            part = documented.split(f"\n## {section}\n")[1].split("\n## ")[0]
            table = set(re.findall(r"`(\w+)`", " ".join(line.split("|")[1] for line in part.splitlines() if line.startswith("| `"))))
            self.assertEqual(set(names), table)


if __name__ == "__main__":
    unittest.main()
