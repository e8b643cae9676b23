"""The house stands as it is drawn, and the drawing notices when it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import plan

HERE = Path(__file__).parent.parent
PACKAGE = HERE / "civicconnect"
# A house with one room that has a front door, a rule behind the door and a rule shown at it.
REPORTS = {
    "__init__.py": "from civicconnect.reports import lifecycle\n"
                   "from civicconnect.reports.models import Report\n\n__all__ = ['Report', 'lifecycle']\n",
    "lifecycle.py": "OPEN = 'open'\n",
    "models.py": "class Report: ...\n",
    "queries.py": "from civicconnect.reports.models import Report\n",
}


@pytest.fixture
def house(tmp_path):
    reports = tmp_path / "civicconnect" / "reports"
    reports.mkdir(parents=True)
    for name, code in REPORTS.items():
        (reports / name).write_text(code)
    return tmp_path


def plant(house: Path, file: str, code: str) -> list[plan.Fault]:
    """Write a file into a house and return what the plan now says."""
    place = house / file
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(code, encoding="utf-8")
    return plan.faults(house / "civicconnect")


def test_the_house_stands_as_it_is_drawn():
    assert plan.faults(PACKAGE) == []


def test_the_pages_beside_the_package_are_read_too():
    read = {f.relative_to(HERE).as_posix() for f in plan.written(PACKAGE)}
    assert read >= {
        "civicconnect/simulate/texts.toml", "civicconnect/web/translations/es/LC_MESSAGES/messages.po",
        "templates/resident/home.html", "static/css/tokens.css", "static/js/start.js", "migrations/env.py",
    }


def test_every_room_of_the_house_is_in_the_plan():
    rooms = {p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert rooms - {"db"} <= set(plan.MAY)


@pytest.mark.parametrize(("file", "code", "words"), [
    ("geo/planted.py", "from civicconnect import reports", "geo: may not import reports"),
    ("reports/planted.py", "import civicconnect.web.staff", "reports: may not import web"),
    ("queue/planted.py", "from civicconnect.notify import send", "queue: may not import notify"),
    ("attic/planted.py", "from civicconnect import geo", "attic: no such room in the plan"),
    ("db/planted.py", "from civicconnect import jobs", "db: may not import jobs"),
    ("jobs.py", "from civicconnect import reports", "jobs: may not import reports"),
    # an arrow drawn from where the file stands
    ("reports/planted.py", "from ..web import x", "reports: may not import web"),
    ("reports/planted.py", "from ..web.staff import x", "reports: may not import web"),
    ("reports/part/planted.py", "from ...web import x", "reports: may not import web"),
    ("reports/__init__.py", "from ..web import x", "reports: may not import web"),
    ("geo/planted.py", "from .. import reports", "geo: may not import reports"),
    ("geo/__init__.py", "from .. import reports", "geo: may not import reports"),
    ("geo/planted.py", "from .. import reports as r", "geo: may not import reports"),
    ("jobs.py", "from . import reports", "jobs: may not import reports"),
    ("jobs.py", "from .reports import Report", "jobs: may not import reports"),
    # an arrow drawn by attribute
    ("reports/planted.py", "import civicconnect\nx = civicconnect.web", "reports: may not import web"),
    ("reports/planted.py", "import civicconnect\ncivicconnect.web.staff.f()", "reports: may not import web"),
    ("reports/planted.py", "import civicconnect as us\nx = us.web.staff", "reports: may not import web"),
    ("reports/planted.py", "import civicconnect.geo\nx = civicconnect.web", "reports: may not import web"),
])
def test_an_arrow_that_is_not_drawn_is_named(house, file, code, words):
    found = plant(house, f"civicconnect/{file}", code)
    assert any(words in fault for fault in found), found


@pytest.mark.parametrize(("file", "code", "name"), [
    ("queue/planted.py", "from civicconnect.reports.models import Report", "reports.models"),
    ("web/planted.py", "from civicconnect.geo.spatial import distance", "geo.spatial"),
    ("cli.py", "from civicconnect.reports.models import Report", "reports.models"),
    ("web/planted.py", "from civicconnect.reports import queries", "reports.queries"),
    ("web/planted.py", "from civicconnect.reports import Report, queries as q", "reports.queries"),
    ("web/planted.py", "from civicconnect.reports.lifecycle import OPEN", "reports.lifecycle"),
    ("web/planted.py", "import civicconnect.reports.queries", "reports.queries"),
    ("web/planted.py", "import civicconnect.reports.queries as q", "reports.queries"),
    ("web/planted.py", "from ..reports.models import Report", "reports.models"),
    ("web/__init__.py", "from ..reports.models import Report", "reports.models"),
    ("web/planted.py", "from ..reports import queries", "reports.queries"),
    ("web/planted.py", "from civicconnect import reports\nx = reports.models.Report", "reports.models"),
    ("web/planted.py", "from civicconnect import reports\ndef f():\n    return reports.queries.Report",
     "reports.queries"),
    ("web/planted.py", "from civicconnect import reports as r\nx = r.models", "reports.models"),
    ("web/planted.py", "from .. import reports\nx = reports.models.Report", "reports.models"),
    ("web/planted.py", "import civicconnect.reports as r\nx = r.models.Report", "reports.models"),
    ("web/planted.py", "import civicconnect\nx = civicconnect.reports.models.Report", "reports.models"),
])
def test_a_back_door_is_named(house, file, code, name):
    found = plant(house, f"civicconnect/{file}", code)
    assert any(f"imports {name}, past its front door" in fault for fault in found), found


@pytest.mark.parametrize(("code", "words"), [
    ("def f():\n    import json", "an import inside f()"),
    ("async def f():\n    import json", "an import inside f()"),
    ("class Letter:\n    def send(self):\n        import json", "an import inside send()"),
    ("class Letter:\n    import json", "an import inside class Letter"),
    ("class Letter:\n    if True:\n        from json import dumps", "an import inside class Letter"),
    ("def f():\n    if TYPE_CHECKING:\n        import json", "an import inside f()"),
    ("def f():\n    try:\n        import json\n    finally:\n        pass", "an import inside f()"),
    ("f = lambda: __import__('json')", "loads a module by its name (__import__)"),
    ("import importlib\nweb = importlib.import_module('civicconnect.web')", "by its name (import_module)"),
    ("from importlib import import_module\nx = import_module('json')", "by its name (import_module)"),
    ("from importlib import import_module as fetch", "by its name (import_module)"),
    ("def f():\n    return __import__('civicconnect.web')", "by its name (__import__)"),
    ("import builtins\nx = builtins.__import__('json')", "by its name (__import__)"),
    ("from werkzeug.utils import import_string", "by its name (import_string)"),
])
def test_a_hidden_import_is_named(house, code, words):
    found = plant(house, "civicconnect/stats/planted.py", code)
    assert any(words in fault for fault in found), found


@pytest.mark.parametrize(("code", "word"), [
    ("from sqlalchemy.dialects.postgresql import insert", "sqlalchemy.dialects.postgresql.insert"),
    ("from sqlalchemy.dialects import postgresql", "sqlalchemy.dialects.postgresql"),
    ("from sqlalchemy import dialects", "sqlalchemy.dialects"),
    ("import sqlalchemy.dialects.sqlite as lite", "sqlalchemy.dialects.sqlite"),
    ("import sqlalchemy as sa\nx = sa.dialects", "dialects"),
    ("import sqlite3", "sqlite3"),
    ("import pysqlite3", "pysqlite3"),
    ("import psycopg", "psycopg"),
    ("from psycopg.rows import dict_row", "psycopg.rows.dict_row"),
    ("fast = db.dialect.name == 'sqlite'", "sqlite"),
    ("fast = db.get_bind().dialect", "dialect"),
    ("slow = dialect.name.startswith('postgres')", "postgres"),
    ("slow = dialect.name.startswith('post')", "dialect"),
    ("slow = dialect.name != 'pg'", "dialect"),
    ("fast = database.embedded", "embedded"),
    ("fast = make_url(url).get_backend_name()", "get_backend_name"),
    ("fast = url.startswith('sqlite:')", "sqlite:"),
    ("fast = 'sqlite:' in url", "sqlite:"),
    ("slow = name in ('postgresql+psycopg', 'x')", "postgresql+psycopg"),
    ("slow = 'PostGIS' in describe()", "PostGIS"),
    ("fast = re.match('sqlite:.*', url)", "sqlite:.*"),
    ("match name:\n    case 'sqlite':\n        x = 1", "sqlite"),
    ("match name:\n    case 'SpatiaLite 5' | 'x':\n        x = 1", "SpatiaLite 5"),
    ("insert = {'sqlite': 1}[name]", "sqlite"),
    ("Key = BigInteger().with_variant(Integer, 'sqlite')", "sqlite"),
    ("x = postgresql.insert", "postgresql"),
])
@pytest.mark.parametrize("file", ["catalog/planted.py", "geo/planted.py", "commands.py", "jobs.py"])
def test_telling_the_engines_apart_is_named(house, file, code, word):
    found = plant(house, f"civicconnect/{file}", code)
    assert any(f"names an engine ({word})" in fault for fault in found), found


@pytest.mark.parametrize(("file", "code", "city"), [
    ("civicconnect/catalog/planted.py", "HOME = 'Chicago'", "chicago"),
    ("civicconnect/catalog/planted.py", "boston_rows = []", "boston"),
    ("civicconnect/catalog/planted.py", "class BostonProfile: ...", "boston"),
    ("civicconnect/catalog/planted.py", "class NYCProfile: ...", "nyc"),
    ("civicconnect/catalog/planted.py", "read_nyc311 = 1", "nyc"),
    ("civicconnect/catalog/planted.py", "readNewYork = 1", "new york"),
    ("civicconnect/catalog/planted.py", "NEW_YORK = 1", "new_york"),
    ("civicconnect/catalog/planted.py", "# as they do in Los\tAngeles", "los\tangeles"),
    ("civicconnect/catalog/planted.py", "'''In Züri, as in Köln.'''", "züri"),
    ("civicconnect/catalog/planted.py", "'''In ZÜRICH.'''", "zürich"),
    ("civicconnect/catalog/philadelphia.py", "", "philadelphia"),
    ("civicconnect/simulate/texts.toml", "street = 'San Diego Avenue'", "san diego"),
    ("civicconnect/web/translations/es/messages.po", 'msgid "Welcome to Portland"', "portland"),
    ("templates/resident/home.html", "<h1>Report it to\nSan\n  Francisco</h1>", "san\n  francisco"),
    ("static/css/components/map.css", ".map--seattle { color: red }", "seattle"),
    ("static/js/components/here.js", "const torontoHall = [0, 0];", "toronto"),
    ("migrations/versions/0002_x.py", "op.execute('-- Houston')", "houston"),
])
def test_a_real_city_is_named(house, file, code, city):
    found = plant(house, file, code)
    assert any(f"names a real city ({city})" in fault for fault in found), found


@pytest.mark.parametrize(("file", "code"), [
    ("reports/planted.py", "from .models import Report"),
    ("reports/planted.py", "from . import queries\nx = queries.Report"),
    ("reports/planted.py", "from civicconnect.reports import queries\nfrom civicconnect import reports\n"
                           "x = reports.models.Report"),
    ("reports/planted.py", "from ..clock import now\nfrom .. import errors, geo\nx = geo.Point"),
    ("web/planted.py", "from civicconnect.reports import Report\nx = Report.models"),
    ("web/planted.py", "from civicconnect.reports import *"),
    ("web/planted.py", "from civicconnect.reports import Report, lifecycle\nx = lifecycle.OPEN"),
    ("web/planted.py", "from civicconnect import reports\nx = reports.lifecycle.OPEN, reports.Report"),
    ("web/planted.py", "import civicconnect\nx = civicconnect.__version__, civicconnect.reports.Report"),
    ("web/planted.py", "import numpy as np\nx = np.models.queries"),
    ("web/planted.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import json"),
    ("web/planted.py", "try:\n    import orjson\nexcept ModuleNotFoundError:\n    orjson = None"),
    ("web/planted.py", "def f():\n    return 'from civicconnect.web import x; import sqlite3'"),
    ("web/planted.py", "def f(import_row):\n    '''Import a row. import_module is for others.'''"),
    ("settings.py", "address = f'sqlite:///{folder}'"),
    ("stats/planted.py", "def f():\n    '''As SQLite and PostgreSQL say it.'''"),
    ("stats/planted.py", "raise ValueError('Type: apt-get install libsqlite3-mod-spatialite')"),
    ("db/planted.py", "import sqlite3\nfast = db.dialect.name == 'sqlite'"),
    ("geo/spatial.py", "@compiles(_InBox, 'sqlite')\ndef f(): ..."),
    ("sla/planted.py", 'ZONE = "Europe/Amsterdam"'),
    ("stats/planted.py", "parish = 'compare, boned, austinite'"),
])
def test_innocent_code_is_left_in_peace(house, file, code):
    assert plant(house, f"civicconnect/{file}", code) == []


@pytest.mark.parametrize("file", [
    "cities/boston/city.toml", "docs/boston.md", "tests/test_boston.py", "static/vendor/boston.js",
])
def test_data_docs_tests_and_other_peoples_scripts_may_name_a_city(house, file):
    assert plant(house, file, "boston = 'Boston'\n") == []


def test_a_fault_says_where_it_stands(house):
    found = plant(house, "civicconnect/geo/planted.py", "x = 1\n\nfrom civicconnect import reports\n")
    assert "geo: may not import reports (civicconnect/geo/planted.py:3)" in found


def test_a_circle_is_named(house):
    plant(house, "civicconnect/reports/planted.py", "from civicconnect import geo\n")
    assert "geo: imports itself in a circle" in plant(
        house, "civicconnect/geo/planted.py", "from .. import reports\n")
