"""What `assay ui` answers its page with: the results of a folder, damaged ones too."""

import json
import re
import shutil

from agents import Agent, AgentTest, main


class PageTest(AgentTest):

    def page(self, folder):
        process = self.start("ui", folder)
        return Agent(process, re.search(r"ui: (http://[0-9.:]+)/", self.wait_for_text(process, r"ui: http\S+\n"))[1])

    def test_damaged_results_are_listed_with_the_reason_and_cannot_be_opened(self):
        folder = self.folder / "past"
        (folder / "results").mkdir(parents=True)
        self.assay("run", "kv", "--target", "null:?memory=true", "--prepare", "--rows", "10", "--duration", "100ms", "--result", folder / "good.json", code=(0, 5))
        good = (folder / "good.json").read_bytes()
        (folder / "half.json").write_bytes(good[:len(good) // 2])
        (folder / "2026-11-21T141153Z-kv-null-2979.json").write_bytes(b"")
        (folder / "newer.json").write_bytes(re.sub(rb'"version": *\d+', b'"version": 9999', good, count=1))
        (folder / "results" / "task.json").write_text("{")
        (folder / "package.json").write_text('{"name": "of somebody else"}')  # no result, and was none
        (folder / "notes.json").write_text("[1, 2]")
        (folder / "cut.json").write_text("[1, 2")  # no JSON at all: whose it was nobody can tell
        (folder / "zero.json").write_text("")
        page = self.page(folder)
        listed = page.get("/api/v1/results", judge=False).json["results"]
        damaged = {entry["file"]: entry for entry in listed if "damaged" in entry}
        self.assertEqual([entry["file"] for entry in listed if "damaged" not in entry], ["good.json"])
        self.assertEqual(set(damaged), {"half.json", "2026-11-21T141153Z-kv-null-2979.json", "newer.json", "task.json", "cut.json", "zero.json"})
        self.assertIn("version 9999", damaged["newer.json"]["damaged"])
        for entry in damaged.values():
            self.assertNotIn("id", entry)
            self.assertRegex(entry["changed"], r"^\d{4}-\d\d-\d\dT[0-9:.]+Z$")
            self.assertTrue(entry["damaged"])
            for name in (entry["file"], entry["file"].removesuffix(".json")):
                for what in ("report.html", "result.json"):
                    self.refused(page.get(f"/api/v1/results/{name}/{what}", judge=False), 404)
        # Mended, it is one again.
        shutil.copy(folder / "good.json", folder / "half.json")
        listed = page.get("/api/v1/results", judge=False).json["results"]
        self.assertEqual(sorted(entry["file"] for entry in listed if "id" in entry), ["good.json", "half.json"])
        self.assertEqual(json.loads(good)["id"], next(entry["id"] for entry in listed if entry["file"] == "good.json"))


if __name__ == "__main__":
    main()
