"""How assay is asked: help, completion, and every mistake a person makes on the command line."""

import pathlib
import re
import shutil
import subprocess

from program import PROGRAM, ROOT, ProgramTest, environment, unittest

COMMANDS = ("run", "prepare", "check", "cleanup", "report", "compare", "history", "plan", "schema", "generate", "worker", "aggregate", "systems", "runner", "exec", "agent", "ui", "drivers", "workloads", "selftest", "completion")
WORKLOADS = ("tpcc", "kv", "populate")


def options_in(*files):
    """The names of the option tables in the source: `{.name = "x"`."""
    found = set()
    for file in files:
        text = (ROOT / "src" / file).read_text()
        found |= set(re.findall(r'\{\.name = "([a-z-]+)",\s*\.(?:type|help|default_value)', text))
    return found


# What has no effect in a verb is no option of it.
NOT_OF = {"prepare": set(), "check": {"seed"}, "cleanup": {"seed", "shard", "parallel"}}
OF = {
    ("prepare", "tpcc"): {"warehouses", "scale-down", "partitions", "partition-type", "foreign-keys", "verify", "drop-data"},
    ("check", "tpcc"): set(),
    ("cleanup", "tpcc"): set(),
    ("prepare", "kv"): {"rows", "preset", "value-size", "collection", "key-prefix", "key-digits", "key-order"},
    ("check", "kv"): {"rows", "value-size", "collection", "key-prefix", "key-digits", "key-order"},
    ("cleanup", "kv"): {"collection"},
    ("prepare", "populate"): {"schema", "row-count", "mode", "batch-size", "tables", "rows", "record", "schema-only", "data-only", "dry-run", "max-rate"},
    ("check", "populate"): {"record"},
    ("cleanup", "populate"): {"record"},
}


TABLES = {
    "tpcc": options_in("workloads/tpcc/options.cc"),
    "kv": options_in("workloads/kv/kv_options.cc"),
    "populate": options_in("workloads/populate/options.cc"),
    "job": options_in("job/setup.cc", "cli/job_arguments.cc"),
    "run": options_in("cli/cmd_run.cc", "cli/agents_options.cc", "job/load_options.cc"),
    "check": options_in("cli/cmd_check.cc"),
    "agents": options_in("cli/agents_options.cc") - {"on-agent-loss"},
    "report": options_in("cli/cmd_report.cc"),
    "compare": options_in("cli/cmd_compare.cc"),
    "history": options_in("cli/cmd_history.cc"),
    "selftest": options_in("cli/cmd_selftest.cc"),
    "agent": options_in("cli/cmd_agent.cc"),
    "ui": options_in("cli/cmd_ui.cc", "cli/agents_options.cc"),
}


class HelpTest(ProgramTest):

    def listed(self, *arguments):
        return set(re.findall(r"^  --([a-z-]+)\b", self.assay(*arguments).stdout, re.MULTILINE))

    def test_the_tables_were_found_in_the_source(self):
        self.assertTrue({"warehouses", "isolation-level", "partition-type"} <= TABLES["tpcc"])
        self.assertTrue({"rows", "preset", "mix"} <= TABLES["kv"])
        self.assertTrue({"target", "seed", "shard", "quiet"} <= TABLES["job"])
        self.assertTrue({"duration", "rate", "result"} <= TABLES["run"])

    def test_the_program_lists_every_command(self):
        for flag in ("--help", "-h", "help"):
            listed = re.findall(r"^  ([a-z]+) +[A-Z]", self.assay(flag).stdout, re.MULTILINE)
            self.assertEqual(sorted(listed), sorted(COMMANDS))

    def test_the_help_of_every_command_lists_every_option_of_its_tables(self):
        for command in ("prepare", "cleanup"):
            self.assertEqual(self.listed(command, "--help"), TABLES["job"] - NOT_OF[command] | TABLES["agents"])
        self.assertEqual(self.listed("check", "--help"), TABLES["job"] - NOT_OF["check"] | TABLES["check"] | TABLES["agents"])
        self.assertEqual(self.listed("run", "--help"), TABLES["job"] | TABLES["run"])
        self.assertEqual(self.listed("report", "--help"), TABLES["report"])
        self.assertEqual(self.listed("compare", "--help"), TABLES["compare"])
        self.assertEqual(self.listed("history", "--help"), TABLES["history"])
        self.assertEqual(self.listed("selftest", "--help"), TABLES["selftest"])
        self.assertEqual(self.listed("agent", "--help"), TABLES["agent"])
        self.assertEqual(self.listed("ui", "--help"), TABLES["ui"])

    def test_the_help_of_a_command_with_a_workload_lists_its_options_too(self):
        for workload in WORKLOADS:
            self.assertEqual(self.listed("run", workload, "--help"), TABLES["job"] | TABLES["run"] | TABLES[workload])
            self.assertEqual(self.listed("workloads", workload), TABLES[workload])
        for (command, workload), options in OF.items():
            of_the_command = self.listed(command, "--help")
            self.assertEqual(self.listed(command, workload, "--help") - of_the_command, options, (command, workload))

    def test_every_command_has_help_that_ends_with_0(self):
        for command in COMMANDS:
            self.assertTrue(self.assay(command, "--help").stdout.startswith(f"usage: assay {command}"))

    def test_the_drivers_are_listed_with_their_urls_and_one_with_its_options(self):
        listed = self.assay("drivers").stdout
        for start in ("null ", "sqlite ", "postgres "):
            self.assertRegex(listed, f"(?m)^{start}")
        self.assertTrue({"journal-mode", "synchronous", "busy-timeout"} <= self.listed("drivers", "sqlite"))
        self.assertTrue({"latency", "stall", "fail"} <= self.listed("drivers", "null"))

    def test_the_workloads_are_listed(self):
        self.assertEqual(sorted(re.findall(r"(?m)^([a-z]+) ", self.assay("workloads").stdout)), sorted(WORKLOADS))

    def test_what_a_killed_process_left_in_shared_memory_is_nothing_to_a_later_one_of_its_pid(self):
        left = self.folder / "left"
        done = subprocess.run(["sh", "-c", f'echo /dev/shm/mongoc-$$ >{left}; : >/dev/shm/mongoc-$$; exec "$0" --version', PROGRAM],
                              capture_output=True, text=True, check=True)
        pathlib.Path(left.read_text().strip()).unlink(missing_ok=True)
        self.assertEqual(done.stderr, "")

    def test_the_version_is_that_of_the_build(self):
        version = re.search(r"project\(assay VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
        self.assertEqual(self.assay("--version").stdout, f"assay {version}\n")


class CompletionTest(ProgramTest):

    def complete(self, *words):
        """What bash offers for the last word."""
        script = ('eval "$("$0" completion bash)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _assay; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "--norc", "-c", script, PROGRAM, "assay", *words], cwd=self.folder, capture_output=True,
                              text=True, env=environment({}), timeout=60, check=True)
        self.assertEqual(done.stderr, "")
        return set(done.stdout.split())

    def test_bash_completes_commands_workloads_and_drivers(self):
        self.assertEqual(self.complete(""), set(COMMANDS))
        self.assertEqual(self.complete("c"), {"check", "cleanup", "compare", "completion"})
        self.assertEqual(self.complete("run", ""), set(WORKLOADS))
        self.assertEqual(self.complete("workloads", "t"), {"tpcc"})
        self.assertTrue({"null", "sqlite"} <= self.complete("drivers", ""))
        self.assertEqual(self.complete("completion", ""), {"bash", "zsh"})
        self.assertEqual(self.complete("plan", ""), {"lint", "show", "schema", "run"})
        self.assertEqual(self.complete("schema", ""), {"lint", "show"})
        self.assertEqual(self.complete("exec", "re"), {"results"})
        self.assertEqual(self.complete("runner", "re"), {"restart"})
        self.assertEqual(self.complete("systems", "s"), {"status"})
        self.assertEqual(self.complete("agent", "--tls"), {"--tls-certificate", "--tls-key"})

    def test_bash_completes_options_of_the_command_and_of_the_workload(self):
        options = {f"--{name}" for name in TABLES["job"] | TABLES["run"] | TABLES["tpcc"]} | {"--help"}
        self.assertEqual(self.complete("run", "tpcc", "--"), options)
        self.assertEqual(self.complete("run", "kv", "--zipf"), {"--zipfian-constant"})
        self.assertEqual(self.complete("prepare", "tpcc", "--ra"), set())  # --rate and --ramp-up are of run only
        self.assertEqual(self.complete("prepare", "tpcc", "--t"), {"--target"})  # --terminals and --think-times too
        self.assertEqual(self.complete("cleanup", "kv", "--c"), {"--connect-timeout", "--collection"})

    def test_bash_completes_values(self):
        self.assertEqual(self.complete("run", "tpcc", "--partition-type", "list_"), {"list_hash", "list_range"})
        self.assertEqual(self.complete("run", "tpcc", "--prepare", "t"), {"true"})
        # Two commands have an option of this name, with other values.
        self.assertIn("junit", self.complete("report", "r.json", "--format", ""))
        self.assertEqual(self.complete("history", "results", "--format", ""), {"table", "csv", "html", "markdown"})
        self.assertEqual(self.complete("run", "tpcc", "--target", "sq"), {"sqlite:"})
        self.assertEqual(self.complete("report", "r.json", "--format", "h"), {"html", "hlog"})

    def test_bash_completes_what_follows_a_flag(self):
        self.assertEqual(self.complete("run", "tpcc", "--check", ""), {"true", "false"})
        self.assertEqual(self.complete("run", "tpcc", "--check", "--dur"), {"--duration"})

    def test_bash_completes_values_of_the_workload_s_own_option(self):
        self.assertEqual(self.complete("run", "tpcc", "--mix", ""), {"deck", "weighted"})
        self.assertFalse({"deck", "weighted"} & self.complete("run", "kv", "--mix", ""), "those are tpcc's")

    def test_bash_completes_files_of_results(self):
        (self.folder / "mine.json").touch()
        self.assertEqual(self.complete("report", "mi"), {"mine.json"})
        self.assertEqual(self.complete("run", "tpcc", "--result", "mi"), {"mine.json"})

    def test_the_zsh_script_loads_what_bash_completion_needs_and_zsh_takes_it_where_it_is_installed(self):
        script = self.assay("completion", "zsh").stdout
        self.assertLess(script.index("bashcompinit"), script.index("complete -o default -F _assay assay"))
        if shutil.which("zsh"):
            subprocess.run(["zsh", "-n"], input=script, text=True, check=True, timeout=60)


class MistakesTest(ProgramTest):

    def run_refused(self, *options, workload="tpcc"):
        return self.refused("run", workload, "--target", self.url, *options)

    def tearDown(self):
        self.assertFalse(self.file.exists(), "a mistake on the command line touched the target")

    def test_without_a_command_the_usage_is_shown_and_the_code_is_2(self):
        self.assertIn("usage: assay COMMAND", self.assay(code=2).stderr)

    def test_an_unknown_command_is_answered_with_the_nearest(self):
        self.assertIn("unknown command 'chekc'; did you mean 'check'?", self.refused("chekc"))

    def test_an_unknown_workload_is_answered_with_the_nearest(self):
        self.assertIn("unknown workload 'tpc'; did you mean 'tpcc'?", self.refused("run", "tpc", "--target", self.url))
        self.assertIn("did you mean 'tpcc'?", self.refused("workloads", "tppc"))

    def test_an_unknown_driver_is_answered_with_those_there_are(self):
        self.assertIn("unknown driver 'sqlight'; did you mean 'sqlite'?", self.refused("drivers", "sqlight"))
        said = self.refused("run", "tpcc", "--target", "sqlit:bench.db")
        self.assertIn("no driver for 'sqlit:'", said)
        self.assertIn("sqlite:bench.db", said)

    def test_an_unknown_option_is_answered_with_the_nearest(self):
        self.assertIn("unknown option 'warehouse'; did you mean 'warehouses'?", self.run_refused("--warehouse", "2"))
        self.assertIn("unknown option '-d'", self.run_refused("-d", "2s"))

    def test_an_option_of_another_command_is_unknown(self):
        self.assertIn("unknown option 'rate'", self.refused("prepare", "tpcc", "--target", self.url, "--rate", "10"))
        self.assertIn("unknown option 'json'", self.refused("prepare", "tpcc", "--target", self.url, "--json"))

    def test_an_unknown_option_of_a_driver_is_refused(self):
        self.assertIn("journal", self.refused("run", "tpcc", "--target", self.url + "?journalmode=wal"))

    def test_all_mistakes_are_told_at_once(self):
        said = self.run_refused("--warehouse", "2", "--duration", "-2s", "--rate", "-3", "--isolation-level", "strong", "--shard",
                                "2/2", "--terminals", "many", "surplus", "--seed")
        for part in ("'warehouse'", "--duration", "'-3' is not a rate", "'strong' is none of", "--shard is '2/2'", "--terminals",
                     "unexpected word 'surplus'", "--seed needs a value"):
            self.assertIn(part, said)

    def test_an_impossible_number_is_refused_with_what_is_expected(self):
        for option, value, expected in (("--warehouses", "0", "expected 1 to"), ("--rate", "-3", "a number above 0"),
                                        ("--rate", "0", "a number above 0"), ("--duration", "0s", "expected 0.001 to 316224000 s"),
                                        ("--clients", "-1", "--clients"), ("--warmup", "-1s", "not a duration"),
                                        ("--weights", "new_order=-1", "'new_order=-1' is negative"),
                                        ("--weights", "new_order=nan", "'nan' is not a number"),
                                        ("--weights", "new_order=inf", "'inf' is not a number"),
                                        ("--weights", "", "nothing has a weight"),
                                        ("--weights", "new_order=1,", "ends with a comma"),
                                        ("--weights", "new_order=", "'' is not a number"),
                                        ("--weights", "new_order=1,new_order=2", "'new_order' is named twice"),
                                        ("--seed", "18446744073709551616", "is not a whole number from 0 to 18446744073709551615"),
                                        ("--seed", "-1", "is not a whole number from 0")):
            self.assertIn(expected, self.run_refused(option, value), option)
        self.assertIn("at most one partition a warehouse", self.run_refused("--partitions", "2", "--warehouses", "1"))
        self.assertIn("--rows is 0", self.run_refused("--rows", "0", workload="kv"))

    def test_times_whose_sum_leaves_the_clock_are_refused(self):
        self.assertIn("--warmup is 60000d", self.run_refused("--duration", "60000d", "--warmup", "60000d"))

    def test_options_that_contradict_each_other_are_refused(self):
        self.assertIn("contradict", self.run_refused("--preset", "a", "--mix", "get=1", workload="kv"))
        self.assertIn("--weights has no effect", self.run_refused("--mix", "deck", "--weights", "payment=1"))

    def test_options_without_an_effect_are_refused_with_what_they_need(self):
        for options, expected in (
                (("--arrival", "poisson"), "--arrival has no effect without --rate"),
                (("--rate", "10", "--think-times", "true"), "--think-times has no effect with --rate"),
                (("--rate", "10", "--think-time", "1s"), "think time and a rate exclude each other"),
                (("--drop-data",), "--drop-data has no effect in this run; it needs --prepare"),
                (("--parallel", "2"), "--parallel has no effect in this run; it needs --prepare or --check"),
                (("--threads", "2"), "--threads has no effect with sqlite"),
                (("--mix", "deck", "--weights", "payment=1"), "--weights has no effect"),
                (("--partition-type", "range"), "--partition-type has no effect without --partitions"),
                (("--clients", "4", "--sessions", "5"), "--sessions is 5 with 4 clients"),
                (("--terminals", "3", "--clients", "4"), "--terminals and --clients are given and differ")):
            self.assertIn(expected, self.run_refused(*options))
        for options, expected in (
                (("--zipfian-constant", "1.1"), "--zipfian-constant has no effect with the distribution uniform"),
                (("--zipfian-constant", "1.1", "--distribution", "sequential"), "with the distribution sequential"),
                (("--batch-size", "5"), "--batch-size has no effect without batch_get or batch_put in the mix"),
                (("--scan-length", "5", "--preset", "a"), "--scan-length has no effect without scan in the mix"),
                (("--mix", "get=1,"), "ends with a comma")):
            self.assertIn(expected, self.run_refused(*options, workload="kv"))

    def test_options_of_another_verb_are_refused_with_the_verbs_that_have_them(self):
        for command, workload, option, value, expected in (
                ("prepare", "tpcc", "--terminals", "5", "it is an option of run"),
                ("prepare", "tpcc", "--think-times", "false", "it is an option of run"),
                ("check", "tpcc", "--warehouses", "1", "it is an option of prepare or run"),
                ("check", "tpcc", "--seed", "7", "it is an option of prepare or run"),
                ("cleanup", "tpcc", "--shard", "0/2", "it is an option of prepare or run or check"),
                ("cleanup", "tpcc", "--parallel", "2", "it is an option of prepare or check"),
                ("cleanup", "kv", "--rows", "5", "it is an option of prepare or run or check"),
                ("check", "kv", "--preset", "a", "it is an option of prepare or run"),
                ("prepare", "kv", "--mix", "get=1", "it is an option of run")):
            said = self.refused(command, workload, "--target", self.url, option, value)
            self.assertIn(f"{option} has no effect in {command}; {expected}", said)

    def test_one_process_of_several_cannot_verify_what_all_prepare(self):
        said = self.refused("prepare", "tpcc", "--target", self.url, "--verify", "--shard", "0/2")
        self.assertIn("--verify with --shard", said)

    def test_options_of_a_driver_without_an_effect_are_refused(self):
        for url, expected in ((self.url + "?journal-mode=delete&wal-autocheckpoint=5", "wal-autocheckpoint has no effect"),
                              ("null:?stall-at=1s", "stall-at has no effect without stall"),
                              ("null:?fail=timeout", "fail has no effect without fail-every"),
                              ("null:?fail=timeout&fail-every=3&refuse-for=1s", "refuse-for has no effect without")):
            self.assertIn(expected, self.refused("run", "kv", "--target", url))

    def test_options_of_tables_are_refused_by_a_workload_without_tables(self):
        for url in ("mysql://u@h/d?load=bulk", "postgres://u@h/d?load=insert&insert-rows=5"):
            said = self.refused("prepare", "kv", "--target", url)
            self.assertIn("the option load has no effect in this workload, which does not use the facet rows", said)
        # A workload with tables gets as far as the server, which is not there.
        self.assertIn("cannot use", self.refused("prepare", "tpcc", "--target", "postgres://u@127.0.0.1:1/d?load=insert&insert-rows=5", code=3))

    def test_a_run_that_is_refused_leaves_nothing(self):
        self.refused("run", "tpcc", "--target", "null:", "--duration", "1s")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_threads_that_serve_nobody_are_refused(self):
        self.assertIn("--threads is 4 with 2 sessions", self.refused("run", "kv", "--target", "null:?memory=true", "--prepare", "--rows",
                                                                     "1", "--clients", "2", "--threads", "4", "--quiet"))

    def test_an_option_given_twice_is_refused(self):
        self.assertIn("--check is given twice", self.run_refused("--check", "--check=false"))
        self.assertIn("twice", self.refused("run", "kv", "--target", "null:?latency=1ms&latency=2ms"))
        self.assertIn("--seed is given twice: 1 and 2", self.run_refused("--seed", "1", "--seed", "2"))

    def test_a_missing_target_or_workload_is_named(self):
        self.assertIn("--target is missing", self.refused("run", "tpcc"))
        self.assertIn("the workload is missing", self.refused("check", "--target", self.url))

    def test_a_url_in_the_place_of_a_file_is_quoted_without_its_password(self):
        for url in ("mysql://u:hunter2@h/x", "u:hunter2@h/x", "postgres://h/x?password=hunter2", "host=h password=hunter2"):
            for words in (("report", url), ("report", "x.json", "--format", url), ("compare", url, "x.json"), ("history", url),
                          ("plan", "lint", url), ("run", url), ("run", "kv", "--target", "null:", "--duration", url), (url,)):
                said = self.refused(*words)
                self.assertNotIn("hunter2", said, words)

    def test_a_port_that_is_none_is_told(self):
        for scheme in ("mysql", "mariadb", "postgres"):
            self.assertIn("the port is 99999; expected 1 to 65535", self.refused("run", "kv", "--target", f"{scheme}://u@h:99999/d"))

    def test_a_word_too_many_is_refused_by_every_command(self):
        for words in (("drivers", "sqlite", "null"), ("workloads", "kv", "tpcc"), ("selftest", "now"), ("completion", "bash", "zsh"),
                      ("report", "a.json", "b.json")):
            self.refused(*words)

    def test_an_unknown_format_or_file_of_a_report_is_refused(self):
        self.assertIn("no-such.json cannot be read", self.refused("report", "no-such.json"))
        (self.folder / "r.json").write_text("{}")
        self.assertIn("'pdf' is none of table, csv, json, jsonl, html, markdown, junit", self.refused("report", "r.json", "--format", "pdf"))
        self.assertIn("r.json", self.refused("report", "r.json"))


if __name__ == "__main__":
    unittest.main()
