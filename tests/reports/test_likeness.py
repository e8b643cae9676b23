"""Already reported? Open reports nearby, the likeliest first, each for its reasons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from civicconnect import clock, reports
from civicconnect.catalog import catalog
from civicconnect.geo import Point
from civicconnect.media import Photo
from tests.factories import HERE
from tests.offers import change_service

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DEGREE = 111_200.0  # metres of a degree of latitude


def north(metres):
    return Point(HERE.lat + metres / DEGREE, HERE.long)


@pytest.fixture
def ask(db_):
    def asked(told="", photos=(), service="pothole", now=NOON):
        return reports.likely(db_, catalog(db_), HERE, service, now, told, photos)
    return asked


def references(found):
    return [one.report.reference for one in found]


def test_the_nearest_of_the_same_kind_comes_first_and_says_how_far(make_report, ask):
    with clock.stopped_at(NOON - timedelta(days=2)):
        far, near = make_report(point=north(60)), make_report(point=north(20))
        make_report(point=north(250))
    found = ask()
    assert references(found) == [near.reference, far.reference]
    assert [round(one.metres) for one in found] == [20, 60]
    assert found[0].same
    assert 0.9 < found[0].score <= 1


def test_a_sibling_is_shown_only_right_here(db_, make_report, ask):
    offer = catalog(db_)
    group = offer.services["pothole"].group
    sibling = next(c for c, s in offer.services.items() if s.group == group and c != "pothole" and s.active
                   and s.visibility == "public" and s.place == "exact" and s.contact == "optional"
                   and s.storm == "stops")
    other = next(c for c, s in offer.services.items() if s.group != group and s.active
                 and s.visibility == "public" and s.contact == "optional" and s.storm == "stops")
    with clock.stopped_at(NOON - timedelta(hours=1)):
        here = make_report(service=sibling, point=north(5))
        make_report(service=sibling, point=north(100))
        make_report(service=other, point=north(5))
    assert references(ask()) == [here.reference]
    assert not ask()[0].same


def test_the_same_words_and_a_photo_that_looks_alike_make_it_likelier(make_report, ask):
    with clock.stopped_at(NOON - timedelta(days=1)):
        make_report(point=north(70), description="Broken bench in the park.")
        twin = make_report(point=north(90), description="Deep hole beside the crossing.",
                           photos=(Photo("a" * 64, 4, 3, 0b1111),))
    assert references(ask())[0] != twin.reference
    said = ask("A hole near the CROSSING!")
    assert (references(said)[0], said[0].words) == (twin.reference, ("crossing", "hole"))
    seen = ask(photos=(0b0111,))
    assert (references(seen)[0], seen[0].is_alike) == (twin.reference, True)
    assert not ask(photos=(-1,))[0].is_alike


def test_old_closed_private_and_vague_ones_are_not_shown(db_, staff, make_report, ask):
    with clock.stopped_at(NOON - timedelta(days=900)):
        make_report()
    with clock.stopped_at(NOON - timedelta(days=1)):
        done = make_report()
        reports.transition(db_, staff, done.reference, "close", {"outcome": "fixed"})
        for choices in ({"visibility": "private"}, {"visibility": "public", "place": "rounded"}):
            change_service(db_, "pothole", **choices)
            make_report()
        change_service(db_, "pothole", place="exact", text="internal")
        quiet = make_report(description="My name is Ana.")
    assert references(ask("ana")) == [quiet.reference]
    assert ask("name ana")[0].words == ()


def test_never_more_than_three(make_report, ask):
    with clock.stopped_at(NOON):
        for _ in range(5):
            make_report()
    assert len(ask()) == 3


def test_the_form_offers_them_before_anything_is_typed(visitor, make_report, db_):
    there = make_report(description="Deep, beside the crossing.")
    page = visitor.get(f"/report?lat={HERE.lat}&long={HERE.long}&service=pothole")
    assert "Is it one of these?" in page.words
    assert "right here" in page.words
    fields = page.form("/me-too")
    thanks = visitor.follow(visitor.post(f"/reports/{there.reference}/me-too", fields))
    assert "You are counted." in thanks.words
    assert reports.count_reports(db_) == 1
