"""assay plan: every shipped plan is good, what is published is what the program says, and the JSON Schema agrees with the reader."""

import copy
import json
import os
import pathlib
import stat
import subprocess
import sys

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "cli"), str(ROOT / "tests" / "tools")]
import pypi  # noqa: E402
from program import PROGRAM, ProgramTest, environment, unittest  # noqa: E402

PLANS = sorted((ROOT / "plans").glob("*.yaml"))

GOOD = {
    "systems": {
        "one": {"kind": "static", "url": "sqlite:one.db", "connect-timeout": "5s"},
        "two": {"kind": "STATIC", "spec": {"host": "db", "port": 5433, "password": {"env": "P"}, "sslmode": "require"}},
        "three": {"kind": "cnpg", "count": 2, "metadata": {"labels": {"a": "b"}}, "spec": {"anything": [{"at": {"all": None}}]}},
    },
    "runners": {
        "here": {"kind": "process", "agents": 4, "systems": ["one"]},
        "there": {"addresses": ["10.0.0.1:8080"], "token": {"file": "/run/t"}, "systems": [{"name": "two", "kind": "static"}]},
        "pods": {"systems": [{"name": "three", "kind": "CNPG"}], "spec": {"replicas": 2}, "imagePullPolicy": "Never", "image": "x:1"},
    },
    "benchmarks": {
        "plain": {"system": "one", "workload": "tpcc", "options": {"warehouses": "2k", "think-times": False}, "load": {"duration": "1m30s", "rate": 100},
                  "seed": 7, "prepare": True, "repetitions": 2, "thresholds": {"fail-if": ["p99 > 5ms"], "abort-if": "errors > 1%"}},
        "steps": {"system": "one", "workload": "kv", "options": {"rows": "10k"}, "steps": [{"name": "a", "load": {"rate": 5}}, {"load": {"rate": "1k"}}]},
        "groups": {"system": "one", "workload": "kv", "groups": [{"name": "a", "clients": 3}, {"name": "b", "rate": 7, "arrival": "poisson"}],
                   "actions": [{"at": "5s", "kind": "clients", "group": "a", "clients": 9}]},
        "old": {"runner": {"name": "pods", "namespace": "n"}, "benchmark": "tpcc", "config": {"warehouses": 3, "duration": 60000000000}},
        "older": {"runner": "pods", "benchmark": "tpch", "config": {"queries": ["q1"]}},
    },
    "x-mine": {"what": "ever"},
}

# (where, what is put there): each is wrong, to the reader and to the schema.
DELETE = object()
BAD = [
    (("systems", "one", "kind"), "statik"), (("systems", "one", "kind"), DELETE), (("systems", "one", "knid"), "static"),
    (("systems", "one"), []), (("systems",), "x"), (("systems", "one", "connect-timeout"), "5 seconds"), (("systems", "one", "url"), ["x"]),
    (("systems", "two", "spec", "host"), DELETE), (("systems", "two", "spec", "port"), 0), (("systems", "two", "spec", "hots"), "x"),
    (("systems", "two", "spec", "password"), {"value": "x"}), (("systems", "two", "spec", "password"), {"env": "A", "file": "B"}),
    (("systems", "three", "count"), 0), (("systems", "three", "spec"), "x"), (("systems", "three", "metadata"), 1),
    (("runners", "here", "agents"), "many"), (("runners", "here", "kind"), "docker"), (("runners", "there", "token"), "secret"),
    (("runners", "pods", "imagePullPolicy"), "Sometimes"), (("runners", "pods", "systems"), "three"),
    (("benchmarks", "plain", "workload"), "tpcx"), (("benchmarks", "plain", "options", "warehouse"), 1),
    (("benchmarks", "plain", "options", "warehouses"), 0), (("benchmarks", "plain", "options", "think-times"), "maybe"),
    (("benchmarks", "plain", "load", "duration"), 60), (("benchmarks", "plain", "load", "fail-if"), "p99 > 5ms"),
    (("benchmarks", "plain", "seed"), -1), (("benchmarks", "plain", "repetitions"), None), (("benchmarks", "plain", "thresholds"), ["p99 > 5ms"]),
    (("benchmarks", "steps", "steps"), {"a": 1}), (("benchmarks", "groups", "groups", 0, "name"), DELETE),
    (("benchmarks", "groups", "groups", 1, "arrival"), "uniform"), (("benchmarks", "groups", "actions", 0, "at"), DELETE),
    (("benchmarks", "groups", "actions", 0, "kind"), "explode"), (("benchmarks", "old", "config", "warehuoses"), 3),
    (("benchmarks", "old", "config", "duration"), "5 minutes"), (("benchmarks", "older", "config", "count"), 0), (("surprise",), {}),
]


def changed(plan, where, what):
    plan = copy.deepcopy(plan)
    at = plan
    for step in where[:-1]:
        at = at[step]
    if what is DELETE:
        del at[where[-1]]
    else:
        at[where[-1]] = what
    return plan


class PlansTest(ProgramTest):

    def lint(self, plan, code=0, **options):
        file = self.folder / "plan.json"
        file.write_text(plan if isinstance(plan, str) else json.dumps(plan))
        return self.assay("plan", "lint", file, code=code, **options)

    def program_with_kcl(self):
        """The environment in which `kcl` is found."""
        python = pypi.python_with("kcl", "kcl-lib==0.13.2", "protobuf==7.36.2")
        program = self.folder / "bin" / "kcl"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {python} {ROOT / "tests/tools/kcl.py"} "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return {"PATH": f"{program.parent}:{os.environ['PATH']}", "XDG_CACHE_HOME": str(self.folder), "KCL_PKG_PATH": str(self.folder)}.items()

    def test_every_shipped_plan_is_good_and_shows_itself_the_same_again(self):
        self.assertGreaterEqual(len(PLANS), 5)
        said = self.assay("plan", "lint", *PLANS)
        self.assertEqual(said.stderr, "")
        self.assertEqual(said.stdout.count(": good: "), len(PLANS))
        for plan in PLANS:
            with self.subTest(plan.name):
                shown = self.assay("plan", "show", plan).stdout
                again = self.folder / "again.yaml"
                again.write_text(shown)
                self.assertEqual(self.assay("plan", "show", again).stdout, shown)

    def test_what_is_published_is_what_the_program_says(self):
        """With all drivers in the build, whose options are a part of it."""
        if "not in this build" in self.assay("drivers").stdout:
            self.skipTest("this build lacks a driver, and what is published has the options of all")
        for form, file in (("json", "docs/plan.schema.json"), ("kcl", "plans/kcl-package/schema.k")):
            self.assertEqual(self.assay("plan", "schema", "--format", form).stdout, (ROOT / file).read_text(),
                             f"make it anew: assay plan schema --format {form} > {file}")
        self.assertIn(self.assay("plan", "schema", "--format", "markdown").stdout.strip(), (ROOT / "docs/plans.md").read_text(),
                      "put what `assay plan schema --format markdown` prints behind 'What there is' of docs/plans.md")

    def test_the_json_schema_takes_what_the_reader_takes(self):
        schema = json.loads((ROOT / "docs/plan.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        self.lint(GOOD)
        self.assertEqual([f"{e.json_path}: {e.message}" for e in validator.iter_errors(GOOD)], [])
        for file in PLANS:
            self.assertEqual([f"{file.name} {e.json_path}: {e.message}" for e in validator.iter_errors(yaml.safe_load(file.read_text()))], [])

    def test_the_json_schema_refuses_what_the_reader_refuses(self):
        validator = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/plan.schema.json").read_text()))
        for where, what in BAD:
            with self.subTest(".".join(map(str, where)), what=what):
                plan = changed(GOOD, where, what)
                self.lint(plan, code=2)
                self.assertFalse(validator.is_valid(plan))

    def test_mistakes_are_told_with_their_places_and_exit_code_2(self):
        said = self.lint('{"systems": {\n  "a": {"kind": "static", "url": "sqlite:x", "count": "many"},\n  "b": {}}}', code=2)
        self.assertEqual(said.stdout, "")
        self.assertEqual([line.split("plan.json:")[1].split(" ")[0] for line in said.stderr.splitlines()], ["2:55:", "3:8:"])

    def test_several_files_are_each_judged_and_one_bad_one_decides(self):
        (self.folder / "bad.yaml").write_text("systems: [\n")
        said = self.assay("plan", "lint", PLANS[0], "bad.yaml", PLANS[1], code=2)
        self.assertEqual(said.stdout.count(": good: "), 2)
        self.assertIn("bad.yaml:", said.stderr)

    def test_a_plan_may_come_on_stdin(self):
        done = subprocess.run([PROGRAM, "plan", "lint", "-"], input="systems: {a: {kind: nope}}\n", text=True, capture_output=True, check=False,
                              env=environment({}))
        self.assertEqual((done.returncode, done.stderr), (2, "-:1:21: kind: 'nope' is none of static, cnpg\n"))

    def test_questions_that_cannot_be_answered_are_refused(self):
        for words, message in ((("plan",), "expected lint, show, schema or run"), (("plan", "lnit", "x"), "unknown word 'lnit'"),
                               (("plan", "lint"), "the file is missing"), (("plan", "show", "a", "b"), "2 files; expected one"),
                               (("plan", "schema", "x"), "unexpected word 'x'"), (("plan", "lint", "x", "--format", "kcl"), "--format has no effect"), (("plan", "lint", "x", "--only", "y"), "--only has no effect"),
                               (("plan", "lint", "nowhere.yaml"), "nowhere.yaml cannot be read"), (("plan", "lint", "."), ". is a folder")):
            with self.subTest(words):
                self.assertIn(message, self.refused(*words))

    def test_a_password_of_the_environment_is_shown_nowhere(self):
        plan = {"systems": {"a": {"kind": "static", "url": "${TARGET}"}}}
        (self.folder / "plan.json").write_text(json.dumps(plan))
        said = self.assay("plan", "show", "plan.json", env={"TARGET": "postgres://u:geheim@h/d"}.items())
        self.assertNotIn("geheim", said.stdout + said.stderr)
        self.assertIn("${TARGET}", said.stdout)

    def test_without_kcl_it_is_said_how_to_get_it(self):
        said = self.assay("plan", "lint", ROOT / "plans/kcl/ladder.k", code=2, env={"PATH": str(self.folder)}.items())
        self.assertIn("the program kcl is not installed", said.stderr)
        self.assertIn("go install kcl-lang.io/cli/cmd/kcl@", said.stderr)

    def test_plans_in_kcl_are_evaluated(self):
        env = self.program_with_kcl()
        for plan in sorted((ROOT / "plans/kcl").glob("*.k")):
            self.assertIn("good: 1 system, 0 runners, 1 benchmark", self.assay("plan", "lint", plan, env=env).stdout)
        shown = self.assay("plan", "show", ROOT / "plans/kcl/ladder.k", env=env).stdout
        self.assertEqual([step["load"]["rate"] for step in yaml.safe_load(shown)["benchmarks"]["ladder"]["steps"]], [100, 200, 400])

    def test_plans_of_pgdistbench_in_kcl_need_another_import_and_nothing_else(self):
        env = self.program_with_kcl()
        kinds = ROOT / "tests/plans/kcl"
        shown = yaml.safe_load(self.assay("plan", "show", kinds / "generated.k", env=env).stdout)
        self.assertEqual({name: b["benchmark"] for name, b in shown["benchmarks"].items()},
                         {"tpcc-1": "tpcc", "tpcc-4": "tpcc", "mixed": "chbench", "queries": "tpch"})
        self.assertEqual(shown["benchmarks"]["tpcc-4"]["config"]["active_terminals"], 40)
        self.assertEqual(shown["systems"]["db"]["spec"], {"storage": {"size": "1Gi"}})
        self.assertIn("good: 1 system, 1 runner, 1 benchmark", self.assay("plan", "lint", kinds / "static.k", env=env).stdout)
        churn = yaml.safe_load(self.assay("plan", "show", kinds / "churn.k", env=env).stdout)["benchmarks"]["churn"]
        self.assertEqual(churn["benchmark"], "k8stress")
        self.assertEqual(churn["config"]["users"][0]["configs"][0]["instance"]["spec"], {"instances": 1, "storage": {"size": "1Gi"}})

    def test_what_is_wrong_in_kcl_is_told(self):
        env = self.program_with_kcl()
        said = self.assay("plan", "lint", ROOT / "tests/plans/kcl/wrong.k", code=2, env=env).stderr
        self.assertIn("wrong.k: systems.db.connect_timeout: unknown name 'connect_timeout'; did you mean 'connect-timeout'?", said)
        said = self.assay("plan", "lint", ROOT / "tests/plans/kcl/wrong_type.k", code=2, env=env).stderr
        self.assertIn("wrong_type.k:5", said)
        self.assertNotIn("\x1b", said)


if __name__ == "__main__":
    unittest.main()
