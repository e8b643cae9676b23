"""The house stands as it is drawn, and the drawing notices when it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import plan

HERE = Path(__file__).parent.parent
PACKAGE = HERE / "civicconnect"


def test_the_house_stands_as_it_is_drawn():
    assert plan.faults(PACKAGE) == []


def test_no_template_style_or_script_names_a_real_city():
    files = [f for folder in ("templates", "static/css", "static/js") for f in (HERE / folder).rglob("*.*")]
    assert files
    assert {f.name: named for f in files if (named := plan.named_cities(f))} == {}


def test_every_room_of_the_house_is_in_the_plan():
    rooms = {p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert rooms - {"db"} <= set(plan.MAY)


@pytest.mark.parametrize(("room", "code", "words"), [
    ("geo", "from civicconnect import reports\n", "geo: may not import reports"),
    ("reports", "import civicconnect.web.staff\n", "reports: may not import web"),
    ("queue", "from civicconnect.notify import send\n", "queue: may not import notify"),
    ("queue", "from civicconnect.reports.models import Report\n", "imports reports.models, past its front"),
    ("web", "from civicconnect.geo.spatial import distance\n", "imports geo.spatial, past its front door"),
    ("reports", "fast = db.dialect.name == 'sqlite'\n", "names an engine (sqlite)"),
    ("web", "from sqlalchemy.dialects import postgresql\nx = postgresql.insert\n", "names an engine"),
    ("catalog", "HOME = 'Chicago'\n", "names a real city (chicago)"),
    ("stats", "def f():\n    import json\n    return json\n", "an import inside f()"),
    ("attic", "x = 1\nfrom civicconnect import geo\n", "attic: no such room in the plan"),
    ("db", "from civicconnect import jobs\n", "db: may not import jobs"),
])
def test_a_planted_fault_is_named(tmp_path, room, code, words):
    house = tmp_path / "civicconnect"
    (house / room).mkdir(parents=True)
    (house / room / "__init__.py").write_text(code)
    found = plan.faults(house)
    assert any(words in fault for fault in found), found


def test_a_circle_is_named(tmp_path):
    house = tmp_path / "civicconnect"
    for room, other in (("reports", "geo"), ("geo", "reports")):
        (house / room).mkdir(parents=True)
        (house / room / "__init__.py").write_text(f"from civicconnect import {other}\n")
    assert "geo: imports itself in a circle" in plan.faults(house)


def test_a_time_zone_is_no_city(tmp_path):
    house = tmp_path / "civicconnect"
    (house / "sla").mkdir(parents=True)
    (house / "sla" / "__init__.py").write_text('ZONE = "Europe/Amsterdam"\n')
    assert plan.faults(house) == []
