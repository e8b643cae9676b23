"""The wheel carries all that the product reads while it runs, inside the package."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
CARRIED = ("templates", "static/css", "static/js", "static/img", "static/vendor", "migrations", "cities")


def files_of(folder: Path) -> set[str]:
    return {str(f.relative_to(ROOT)) for f in folder.rglob("*")
            if f.is_file() and "__pycache__" not in f.parts and f.suffix != ".pyc"}


def test_the_wheel_carries_everything_and_leaves_nothing_loose(tmp_path):
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
                   cwd=ROOT, check=True, capture_output=True)
    inside = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    wanted = files_of(ROOT / "civicconnect") | {
        f"civicconnect/{name}" for folder in CARRIED for name in files_of(ROOT / folder)}
    assert wanted - inside == set()
    assert {name.split("/")[0] for name in inside} == {"civicconnect", "civicconnect-0.1.0.dist-info"}
