"""Two at once on one round: a step and a round are there once, whoever asks first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from civicconnect import clock, db, reports, settings
from civicconnect.catalog import catalog
from civicconnect.errors import Conflict
from civicconnect.reports import FieldStep, FieldWork, Round
from tests.factories import RESIDENT, new_report, staff_actor


@pytest.fixture
def at_once(own_database, given):
    """Do something in several threads at the same time; return what each came to."""
    def run(*works):
        def one(work):
            with db.bound(own_database), settings.bound(given):
                return work()
        with ThreadPoolExecutor(len(works)) as pool:
            return [answer.result(60) for answer in [pool.submit(one, work) for work in works]]
    return run


@pytest.fixture
def stop(own_database):
    """The stop of a round of today; returns its id and how many events its report has."""
    with db.transaction() as change:
        me = staff_actor(change, "streets")
        day = catalog(change).city.day(clock.now())
        round_ = reports.make_round(change, me, "streets", day, reports.staff_id_of(me))
        reference = reports.submit(change, RESIDENT, new_report()).reference
        made = reports.put_on_round(change, me, round_, reference)
        return made.id, reports.find(change, reference, me).events


def act(work):
    with db.transaction() as change:
        return reports.take_field_step(change, staff_actor(change, "streets"), work)


def test_one_step_that_arrives_twice_in_an_instant_is_there_once_and_answered_alike(at_once, stop):
    work = FieldWork(uuid4(), stop[0], "close", clock.now(), stop[1], given={"outcome": "fixed"})
    answers = at_once(*[lambda: act(work)] * 4)
    assert answers == [answers[0]] * 4
    with db.reading() as view:
        assert view.scalar(select(func.count()).select_from(FieldStep)) == 1
        report = view.scalars(select(reports.Report)).one()
        assert [e.verb for e in reports.timeline(view, report, internal=True)].count("close") == 1
        assert not list(reports.check_chains(view))


def test_of_a_closing_at_the_desk_and_one_in_the_street_one_succeeds_and_the_other_sees_it(at_once, stop):
    def street():
        try:
            return act(FieldWork(uuid4(), stop[0], "close", clock.now(), stop[1], given={"outcome": "fixed"}))
        except Conflict as fault:
            return fault

    def desk():
        try:
            with db.transaction() as change:
                boss = staff_actor(change, "supervisor")
                reference = change.scalars(select(reports.Report.reference)).one()
                reports.transition(change, boss, reference, "close", {"outcome": "not_found"}, seen=stop[1])
        except Conflict as fault:
            return fault

    answers = at_once(street, desk)
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1
    if isinstance(answers[0], reports.Overtaken):
        assert [entry.facts["outcome"] for entry in answers[0].since] == ["not_found"]


def test_two_who_make_one_persons_round_make_one(at_once, own_database):
    def make():
        with db.transaction() as change:
            me = staff_actor(change, "streets")
            day = catalog(change).city.day(clock.now()) + timedelta(days=1)
            return reports.make_round(change, me, "streets", day, reports.staff_id_of(me)).id

    assert len(set(at_once(make, make))) == 1
    with db.reading() as view:
        assert view.scalar(select(func.count()).select_from(Round)) == 1
