#!/usr/bin/env python3
"""The fatal clang-tidy list (.clang-tidy): tools/tidy.py [--all | FILE...]

Without arguments: the .cc files of base, stats, runtime and core, which is what `make test` checks. Tests are left out unless they are
named: they double the time, and do on purpose what the list forbids (use after move).

Files that the preset `tidy` compiles together are read together, their headers once; with a file its neighbours are
checked. What was found clean is noted in ~/.cache/assay/tidy by all that it depends on (text after the preprocessor with its
comments, options, list, version), and is not read again. The preset is configured, not built.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "tidy"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "assay" / "tidy"
FLOORS = ("src/base", "src/stats", "src/runtime", "src/core")
TIDY = shutil.which("clang-tidy-14") or "clang-tidy"
CLANG = shutil.which("clang++-14") or "clang++"


def is_test(file):
    return file.endswith(("_test.cc", "_livetest.cc"))


def chosen(arguments):
    """The files to check, relative to the root."""
    if arguments and arguments != ["--all"]:
        return {os.path.relpath(pathlib.Path(name).resolve(), ROOT) for name in arguments}
    folders = ["src"] if arguments else FLOORS
    files = {str(f.relative_to(ROOT)) for folder in folders for f in (ROOT / folder).rglob("*.cc")}
    return {file for file in files if not is_test(file)}


def units():
    """{what the compiler is given: ([files of ours in it], its options)}"""
    found = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        unit = pathlib.Path(entry["file"])
        names = [str(unit)]
        if unit.name.startswith("unity_"):
            names = re.findall(r'#include "(.+)"', unit.read_text())
        options = [word for word in shlex.split(entry["command"])[1:] if not word.startswith(("-ffile-prefix-map", "-Wno-restrict"))]
        at = options.index("-c")
        del options[at:at + 2]
        at = options.index("-o")
        del options[at:at + 2]
        if options and options[0].endswith("c++"):  # behind a launcher
            del options[0]
        found[str(unit)] = ([os.path.relpath(name, ROOT) for name in names], options)
    return found


def key(unit, options):
    text = subprocess.run([CLANG, *options, "-E", "-C", unit], cwd=BUILD, capture_output=True)
    if text.returncode != 0:
        return None  # clang-tidy will say why
    said = hashlib.sha256(text.stdout.replace(str(ROOT).encode(), b"."))
    said.update((ROOT / ".clang-tidy").read_bytes())
    said.update(" ".join(options).replace(str(ROOT), ".").encode())
    said.update(VERSION.encode())
    return CACHE / said.hexdigest()


def check(unit, options):
    """None when it is clean, otherwise what was found."""
    noted = key(unit, options)
    if noted and noted.exists():
        noted.touch()
        return None
    done = subprocess.run([TIDY, "--quiet", unit, "--", *options], cwd=BUILD, capture_output=True, text=True)
    if done.returncode != 0:
        return done.stdout + done.stderr
    if noted:
        noted.touch()
    return None


def main():
    global VERSION
    VERSION = subprocess.run([TIDY, "--version"], capture_output=True, text=True, check=True).stdout
    subprocess.run([ROOT / "tools" / "build.sh", "tidy", "help"], check=True, stdout=subprocess.DEVNULL)
    CACHE.mkdir(parents=True, exist_ok=True)
    files = chosen(sys.argv[1:])
    # Only what is compiled here: the code of a driver whose library is absent cannot be read. Of several units with a file, one.
    todo, covered = {}, set()
    for unit, (names, options) in units().items():
        if (files & set(names)) - covered:
            todo[unit] = options
            covered.update(names)
    if not todo:
        sys.exit("tools/tidy.py: not one file to check")
    wrong = False
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(check, todo, todo.values()):
            if found:
                wrong = True
                print(found, flush=True)
    if wrong:
        sys.exit(1)
    print(f"{len(covered & files)} files are clean")


main()
