"""Packages of PyPI for tests: installed once, into an environment of their own beside the build. A test that needs them is skipped
where PyPI is out of reach."""

import fcntl
import os
import pathlib
import subprocess
import sys
import unittest

BUILD = pathlib.Path(os.environ.get("ASSAY_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build"))


def python_with(name, *packages):
    """The interpreter of an environment `name` that has exactly these packages ("numpy==2.2.6"), made when it is not there."""
    home = BUILD / name
    home.mkdir(parents=True, exist_ok=True)
    python = home / "venv" / "bin" / "python"
    with open(home / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several tests may ask at the same time
        done = home / "installed"
        if not done.exists() or done.read_text() != " ".join(packages):
            subprocess.run([sys.executable, "-m", "venv", "--clear", home / "venv"], check=True, capture_output=True)
            install = subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--retries", "1",
                                      "--timeout", "20", *packages], capture_output=True, text=True, check=False)
            if install.returncode != 0:
                raise unittest.SkipTest(f"no registry: {packages[0]} cannot be installed from PyPI: {install.stderr.strip()[-200:]}")
            done.write_text(" ".join(packages))
    return python


def use(name, *packages):
    """Makes these packages importable here."""
    python = python_with(name, *packages)
    place = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], check=True, capture_output=True,
                           text=True).stdout.strip()
    if place not in sys.path:
        sys.path.insert(0, place)
