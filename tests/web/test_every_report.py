"""Real imported reports opened one after the other: every timeline, promise and routing decision is shown.

In the suite a few of the first rows of two records. With CIVIC_LONG_TESTS=1 two hundred of ten thousand rows
of each, drawn at random: docs/proof/staff-pages.md.
"""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest
from sqlalchemy import select

from civicconnect import commands, db, settings
from civicconnect.app import create_app
from civicconnect.reports import Report
from tests.conftest import SHARED
from tests.factories import Staff
from tests.history.real import KNOWN, beginning, brought, everything, services_asked, undone, write_city
from tests.pages import Visitor

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the folder with real records is not here")
LONG = bool(os.environ.get("CIVIC_LONG_TESTS"))
ROWS, OPENED = (10_000, 200) if LONG else (250, 12)
SEED = 20_261_126
NAMES = ("boston", "zurich", "losangeles", "council") if LONG else ("boston", "zurich")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    asked = (name for key in NAMES for name in services_asked(KNOWN[key]))
    return write_city(tmp_path_factory.mktemp("everywhere") / "city", asked)


@pytest.fixture(scope="module")
def everywhere(engine, templates, folder, tmp_path_factory):
    with everything(engine, templates, folder, tmp_path_factory.mktemp(engine)) as opened:
        yield opened


def story(page):
    return next(e for e in page.tree.iter("ol") if e.get("class") == "timeline")


@pytest.mark.parametrize("name", NAMES)
def test_every_staff_page_of_an_imported_report_shows_all_there_is(everywhere, tmp_path, name):
    known = KNOWN[name]
    with undone(everywhere):
        brought([beginning(known.paths[0], tmp_path, ROWS)], commands.profile_named(known.profile), tmp_path)
        with db.reading() as view:
            every = list(view.scalars(select(Report).order_by(Report.number)))
        assert len(every) > 0.9 * ROWS
        clerk = Visitor(create_app(settings.current(), db.current()))
        clerk.sign_in(Staff.named("supervisor"))
        promised = 0
        chosen = [every[n] for n in np.random.default_rng(SEED).choice(len(every), OPENED, replace=False)]
        for report in chosen:
            page = clerk.get(f"/staff/reports/{report.reference}")
            assert page.status == 200, report.reference
            assert len(story(page).findall("li")) == report.events
            head = " ".join("".join(page.tree.find(".//main").itertext()).split())
            why = ("No rule names a department", "It looks after everything of this kind", "Rule ")
            assert any(words in head for words in why), report.reference
            assert ("due " in head) == (report.due_at is not None)
            promised += report.due_at is not None
            paper = clerk.get(f"/staff/reports/{report.reference}/print?notes=1")
            assert len(story(paper).findall("li")) == report.events
        sys.stdout.write(f"\n{name}: {len(every):,} imported, {len(chosen)} opened, {promised} promised, "
                         f"{sum(r.events for r in chosen)} events")
