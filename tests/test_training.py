"""The command that learns: from words of people alone, for the service a report stands under now."""

from __future__ import annotations

import csv
from datetime import timedelta
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from civicconnect import catalog, clock, reports, routing, training
from civicconnect.accounts import Actor
from civicconnect.cli import civic
from civicconnect.errors import Conflict
from civicconnect.reports import PastReport, Report
from tests.factories import new_report

SAYINGS = {"pothole": "zorp blent", "street-light": "quiddle mook", "tree": "fnarr vizzug"}
RECORD, SIMULATION = Actor("history", "import:some-city"), Actor("history", "simulate")


@pytest.fixture
def told(db_):
    """Bring in reports with words: many at once, as a record that is written down later."""
    def bring(count: int = 240, actor: Actor = Actor("resident", "resident"), sayings=SAYINGS,  # noqa: B008
              prefix: str = "they") -> None:
        start = clock.now() - timedelta(days=30)
        past = []
        for n in range(count):
            code, words = list(sayings.items())[n % len(sayings)]
            new = new_report(id=uuid4(), service=code, description=f"{words} number{n} word{n % 30}")
            past.append(PastReport(new, f"{prefix}-{n}", start + timedelta(hours=n), None))
        reports.submit_past(db_, actor, past)
        db_.flush()
    return bring


@pytest.fixture
def offer(db_):
    return catalog.catalog(db_)


def suggested(offer, words: str) -> list[str]:
    model = routing.read_model(routing.models_folder())
    return [one.service for one in routing.suggest(words, offer, clock.now(), model)]


def test_the_command_learns_says_how_good_it_is_and_puts_it_in_force(told, offer, capsys):
    told()
    assert "tree" not in suggested(offer, "vizzug")
    training.train()
    assert suggested(offer, "vizzug")[0] == "tree"
    said = capsys.readouterr().out
    assert "Learned from 240 reports, 3 of " in said
    assert "The newest fifth, not learned from: 48 reports. Right first 100%" in said
    assert "simulated" not in said
    record = routing.read_record(routing.models_folder())
    assert (record.learned_from, record.figures.tested, record.is_invented) == (240, 48, False)
    with (routing.models_folder() / training.TABLE).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(row["reports"]) for row in rows) == 48
    assert {row["service_meant"] for row in rows} == set(SAYINGS)


def test_what_staff_corrected_counts_as_corrected(told, offer, db_):
    told()
    pavement = offer.services["pavement"].id
    db_.execute(update(Report).where(Report.description.like("zorp%")).values(service_id=pavement))
    training.train()
    assert suggested(offer, "zorp")[0] == "pavement"


def test_texts_of_imported_records_teach_nothing_unless_asked_for(told, offer):
    told(actor=RECORD)
    with pytest.raises(Conflict, match="0 reports have words of people"):
        training.train()
    assert routing.read_model(routing.models_folder()) is None
    training.train(imported=True)
    assert suggested(offer, "vizzug")[0] == "tree"


def test_silent_reports_and_what_was_no_report_teach_nothing(told, db_, offer):
    told()
    db_.execute(update(Report).where(Report.description.like("%word7")).values(description=""))
    numbers = select(Report.number).where(Report.description.like("%word9"))
    db_.execute(update(Report).where(Report.number.in_(numbers)).values(
        status="closed", closed_at=clock.now(), outcome="invalid"))
    found = reports.lessons(db_, offer)
    assert len(found) == 224
    assert not [one for one in found if one.words.endswith(("word7", "word9"))]


def test_lessons_come_the_oldest_first(told, db_, offer):
    told(30)
    assert [one.words.split()[2] for one in reports.lessons(db_, offer)] == [f"number{n}" for n in range(30)]


def test_too_little_leaves_the_model_that_stands(told, db_):
    told()
    training.train()
    before = (routing.models_folder() / "suggestion.npz").read_bytes()
    db_.execute(update(Report).values(description=""))
    with pytest.raises(Conflict, match="0 reports have words of people to learn from, and 200 are needed"):
        training.train()
    assert (routing.models_folder() / "suggestion.npz").read_bytes() == before


def test_of_a_simulated_city_it_says_so(told, capsys):
    told(actor=SIMULATION, prefix="simulated")
    training.train()
    assert "say nothing about people" in capsys.readouterr().out
    assert routing.read_record(routing.models_folder()).is_invented


def test_the_command_refuses_in_a_sentence(own_database, own_settings, monkeypatch):
    for name in ("data", "database_url", "secret_key", "contact_key"):
        monkeypatch.setenv(f"CIVIC_{name.upper()}", str(getattr(own_settings, name)))
    told = CliRunner().invoke(civic, ["train"])
    assert isinstance(told.exception, Conflict)
    assert "200 are needed" in str(told.exception)
