"""The demo's invented record keeps to what its city asks for, refuses and hides."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from civicconnect import catalog, city, clock, settings, simulate
from civicconnect.catalog import words
from civicconnect.reports import Report
from civicconnect.simulate import past

WORDS = tomllib.loads(Path(past.__file__).with_name("texts.toml").read_text(encoding="utf-8"))
OFFER = city.check_folder(settings.home() / "cities" / "larkmouth").offer
TAKEN = [row["code"] for row in OFFER.services if not any(s["when"] is None for s in row["stopper"])]


@pytest.fixture
def record(db_):
    """Six hundred invented reports, as the demo has them, by the code of their service."""
    assert simulate.invent_past(db_, 600) == 600
    codes = catalog.catalog(db_).service_codes
    found: dict[str, list[Report]] = {}
    for report in db_.scalars(select(Report)):
        found.setdefault(codes[report.service_id], []).append(report)
    return found


def test_there_are_words_for_everything_that_may_be_reported_and_for_nothing_else():
    assert len(OFFER.services) == len(TAKEN) + 1
    assert sorted(WORDS["service"]) == sorted(TAKEN)


def test_the_record_speaks_all_languages_of_the_city():
    spoken = list(past.LANGUAGES)
    assert spoken == OFFER.city["languages"]
    for code, told in WORDS["service"].items():
        assert {len(told[language]) for language in spoken} == {len(told["answers"])}, code
        assert len(told["answers"]) > 1, code
    assert len({len(WORDS["extra"][language]) for language in spoken}) == 1


def test_every_invented_answer_is_one_that_the_form_would_take(db_):
    services = catalog.catalog(db_).services
    for code, told in WORDS["service"].items():
        for given in told["answers"]:
            for language in past.LANGUAGES:
                taken = catalog.answers(services[code], given, language)
                assert {a.code: a.value for a in taken} == given, code


def test_the_record_is_as_private_as_the_services_are(db_, record):
    services = catalog.catalog(db_).services
    for code, found in record.items():
        service = services[code]
        assert {r.visibility for r in found} == {service.visibility}
        assert {(r.place_told, r.text_told) for r in found} == {(service.place, service.text == "public")}
        assert {r.contact_id for r in found} == {None}
    assert {r.source for r in record["dumping-witnessed"]} <= {"web", "app"}
    private = [r for code, found in record.items() if services[code].visibility == "private" for r in found]
    assert len(private) > 10
    assert "crew" not in {r.source for r in private}


def test_a_storm_came_once_and_what_can_wait_waited(db_, record):
    offer = catalog.catalog(db_)
    zone = ZoneInfo(offer.city.time_zone)
    stormy = clock.now().astimezone(zone).date() - timedelta(days=past.STORM_DAYS_AGO)
    days = {code: Counter(r.received_at.astimezone(zone).date() for r in found)
            for code, found in record.items()}
    brought = [code for code in days if offer.services[code].storm == "only"]
    assert brought
    assert {day for code in brought for day in days[code]} == {stormy}
    assert not any(days[code][stormy] for code in days if offer.services[code].storm == "stops")


def test_each_language_has_about_its_share(record):
    told = Counter(report.language for found in record.values() for report in found)
    for language, share in past.LANGUAGES.items():
        assert told[language] / 600 == pytest.approx(share, abs=0.08)


def test_a_report_has_the_words_of_its_own_language(db_, record):
    services = catalog.catalog(db_).services
    for code, found in record.items():
        for report in found:
            for answer in report.answers:
                question = next(q for q in services[code].questions if q.code == answer["code"])
                assert answer["question"] == words(question.words, report.language)
            if report.description:
                assert report.description.startswith(tuple(WORDS["service"][code][report.language]))
