"""The code is as strict as we say it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent.parent


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *words], cwd=HERE, capture_output=True, text=True)


def test_types_hold_strictly():
    done = run("mypy")
    assert done.returncode == 0, done.stdout


def test_the_linter_is_content():
    done = run("ruff", "check", "--no-cache", ".")
    assert done.returncode == 0, done.stdout


def test_the_launcher_is_plain_shell_and_short():
    text = (HERE / "civic").read_text(encoding="utf-8")
    assert text.startswith("#!/bin/sh\n")
    assert text.count("\n") < 150
    assert subprocess.run(["sh", "-n", HERE / "civic"]).returncode == 0


def test_nothing_names_another_host_in_what_browsers_load():
    for folder in ("templates", "static/css", "static/js"):
        for file in (HERE / folder).rglob("*.*"):
            text = file.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
            assert "http://" not in text, file
            assert "https://" not in text, file
            assert 'src="//' not in text, file
