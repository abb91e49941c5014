#!/usr/bin/env python3
"""Adds up what tools/test.sh ran: test_summary.py STAGES_TSV

A test that failed beside others and passed when it ran again alone (NAME.again.xml beside NAME.xml) counts as passed, and is named, if it
is one of those that are about the clock of the machine: live, cli, browser, or labelled `clock` (NAME.tests.json, what `ctest
--show-only=json-v1` says). It does not if it crashed, timed out, or a sanitizer had something to say.

Each line of the file is a stage: name, verdict, seconds, file. Verdict `passed` or `failed`: the stage counts as one, and the
file is its log. Verdict `tests`: the file is ctest's JUnit output, each test counts. Prints failures with their output, what
was skipped and why, and as the last line `N passed, N failed, N skipped`. Exit code 1 when anything failed.
"""

import json
import os
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

TOLERATED_SKIP = "no registry:"  # the reason of a skip that is no failure in CI
LAST_LINES = 60
CLOCK = {"clock", "live", "cli", "browser"}


def tail(text):
    lines = text.rstrip().splitlines()
    cut = [f"… {len(lines) - LAST_LINES} lines above, in build/test-logs/ …"] if len(lines) > LAST_LINES else []
    return "\n".join("    " + line for line in cut + lines[-LAST_LINES:])


def skip_reason(case):
    """GoogleTest prints the reason below `file:line: Skipped`, unittest after `skipped`; ctest keeps both in system-out."""
    output = case.findtext("system-out") or ""
    found = re.search(r": Skipped\n(.+)", output) or re.search(r"skipped ['\"](.+)['\"]", output)
    return found.group(1).strip() if found else "no reason given"


def of_the_clock(path):
    """The names of tests that may be forgiven when they pass alone."""
    try:
        tests = json.loads(path.with_name(path.stem + ".tests.json").read_text())["tests"]
    except (OSError, ValueError, KeyError):
        return set()
    labels = {t["name"]: {label for p in t.get("properties", []) if p["name"] == "LABELS" for label in p["value"]} for t in tests}
    return {name for name, own in labels.items() if own & CLOCK}


def passed_alone(path):
    """The names of tests that ran again, and passed."""
    try:
        cases = ElementTree.parse(path.with_name(path.stem + ".again.xml")).getroot().iter("testcase")
    except (OSError, ElementTree.ParseError):
        return set()
    return {case.get("name") for case in cases if case.get("status") == "run"}


def forgivable(output):
    return "FAILED" in output and "Sanitizer" not in output and "runtime error:" not in output


def read_tests(stage, path, again):
    """Answers (passed, failures, skips): a number, [(name, output)], [(name, reason)]. Adds to `again` what passed only alone."""
    path = pathlib.Path(path)
    try:
        cases = ElementTree.parse(path).getroot().iter("testcase")
    except (OSError, ElementTree.ParseError) as error:
        return 0, [(stage, f"ctest left no result: {error}")], []
    passed, failures, skips, seen = 0, [], [], 0
    alone = passed_alone(path) & of_the_clock(path)
    for case in cases:
        seen += 1
        name = f"{stage}: {case.get('name')}"
        if case.get("status") == "run":
            passed += 1
        elif case.find("skipped") is not None and case.get("status") != "fail":
            skips.append((name, skip_reason(case)))
        else:
            output = case.findtext("system-out") or ""
            if case.get("name") in alone and forgivable(output):
                passed += 1
                again.append(name)
                continue
            # A crash or a timeout has no words of its own.
            verdict = "" if "FAILED" in output else f"\nended without a verdict (status {case.get('status')}): crashed or timed out"
            failures.append((name, output.strip() + verdict))
    if seen == 0:
        failures.append((stage, "not one test was found"))
    return passed, failures, skips


def main(stages_file):
    strict = os.environ.get("CI", "").lower() in ("true", "1", "yes")
    passed, failures, skips, times, again = 0, [], [], [], []
    for line in pathlib.Path(stages_file).read_text().splitlines():
        name, verdict, seconds, file = line.split("\t")
        times.append((name, int(seconds)))
        if verdict == "passed":
            passed += 1
        elif verdict == "failed":
            failures.append((name, pathlib.Path(file).read_text(errors="replace")))
        else:
            more, failed, skipped = read_tests(name, file, again)
            passed += more
            failures += failed
            skips += skipped
    tolerated = []
    for name, reason in skips:
        if strict and not reason.startswith(TOLERATED_SKIP):
            failures.append((name, f"skipped, which CI does not accept: {reason}"))
        else:
            tolerated.append((name, reason))

    # Twice: who sees but a part of it still knows what failed.
    for name, output in failures:
        print(f"\nFAILED {name}\n{tail(output)}")
    if failures:
        print("\nfailed:" + "".join(f"\n  {name}" for name, _ in failures))
    for name in again:
        print(f"passed only when it ran again alone: {name}")
    for name, reason in tolerated:
        print(f"skipped {name}: {reason}")
    print("\n" + ", ".join(f"{name} {seconds} s" for name, seconds in times) + f"; {sum(s for _, s in times)} s in all")
    print(f"{passed} passed, {len(failures)} failed, {len(tolerated)} skipped")
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: test_summary.py STAGES_TSV")
    sys.exit(main(sys.argv[1]))
