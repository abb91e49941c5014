"""Every relative link and every path of the repository that stands in a Markdown file leads somewhere."""

import pathlib
import re
import tempfile
import unittest
import urllib.parse

import files_test

ROOT = files_test.ROOT
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
CODE_SPAN = re.compile(r"`([^`\n]+)`")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
# A path in code style is checked when it starts at a folder of the repository, or of src/, and names one thing, no pattern.
PATH = re.compile(r"(?:src|tests|tools|docs|cmake|bench|plans|deploy|ui|\.ci)/[\w./-]*")


def anchors(text):
    """The anchors that GitHub gives to headings: lower case, punctuation dropped, spaces to hyphens."""
    found = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.replace("`", ""))
        found.add(re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-"))
    return found


def broken(root, file):
    text = file.read_text()
    prose = FENCE.sub(lambda m: "\n" * m[0].count("\n"), text)
    where = lambda match: f"{file.relative_to(root)}:{prose.count(chr(10), 0, match.start()) + 1}: "
    found = []
    for match in LINK.finditer(CODE_SPAN.sub(lambda m: " " * len(m[0]), prose)):
        path, _, anchor = urllib.parse.unquote(match[1]).partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        goal = (file.parent / path) if path else file
        if not goal.exists() or not goal.resolve().is_relative_to(root.resolve()):
            found.append(where(match) + f"{match[1]} does not exist")
        elif anchor and goal.suffix == ".md" and anchor not in anchors(goal.read_text()):
            found.append(where(match) + f"{path or file.name} has no heading for #{anchor}")
    for match in CODE_SPAN.finditer(prose):
        if PATH.fullmatch(match[1]) and not any((root / folder / match[1]).exists() for folder in ("", "src")):
            found.append(where(match) + f"`{match[1]}` does not exist")
    return found


class LinksTest(unittest.TestCase):

    def test_every_path_in_a_document_exists(self):
        found = [fault for file in files_test.tracked(ROOT) if file.suffix == ".md" for fault in broken(ROOT, file)]
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_a_dead_link_a_dead_path_and_a_dead_anchor_are_found(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "docs").mkdir()
            (root / "docs" / "b.md").write_text("# The `first` one, really\n")
            page = root / "a.md"
            page.write_text("# A\n[b](docs/b.md) [b](docs/b.md#the-first-one-really) [a](#a) [w](https://x.example/y) `docs/b.md`\n"
                            "```\n[c](no.md) `docs/no.md`\n```\n`[c](no.md)` `docs/*.md` `docs/NAME.md: x`\n")
            self.assertEqual(broken(root, page), [])
            page.write_text("ok\n[c](docs/c.md) [b](docs/b.md#second) `src/none.h` [out](../x.md)\n")
            self.assertEqual([fault.split(":")[:2] for fault in broken(root, page)], [["a.md", "2"]] * 4)


if __name__ == "__main__":
    unittest.main()
