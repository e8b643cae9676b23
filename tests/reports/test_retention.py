"""Contact details go when their time is over; reports stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from civicconnect import accounts, clock, db, jobs, reports
from civicconnect.accounts import ContactDetails
from civicconnect.accounts.models import ContactRow
from civicconnect.app import handlers
from civicconnect.errors import NotFound
from civicconnect.reports import Report
from tests.offers import change_city

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


def given_on(day, make_report, email):
    with clock.stopped_at(MONDAY + timedelta(days=day)):
        return make_report(contact=ContactDetails(email=email))


def test_contact_details_go_with_their_time_and_the_reports_stay(db_, make_report, staff):
    old, young = given_on(0, make_report, "ana@home.example"), given_on(5, make_report, "bo@home.example")
    nobody = make_report()
    assert reports.forget_contacts(db_, MONDAY + timedelta(days=1)) == 1
    db_.expire_all()
    with pytest.raises(NotFound):
        reports.contact(db_, staff, old.reference)
    assert reports.contact(db_, staff, young.reference).email == "bo@home.example"
    assert db_.scalar(select(func.count()).select_from(ContactRow)) == 1
    kept = set(db_.scalars(select(Report.reference)))
    assert {old.reference, young.reference, nobody.reference} <= kept
    assert list(reports.check_chains(db_)) == []
    assert reports.forget_contacts(db_, MONDAY + timedelta(days=1)) == 0


def test_many_go_at_once(db_, make_report, monkeypatch):
    monkeypatch.setattr(reports.retention, "AT_ONCE", 2)
    for number in range(5):
        given_on(0, make_report, f"{number}@home.example")
    assert reports.forget_contacts(db_, MONDAY + timedelta(days=1)) == 5
    assert accounts.contacts_before(db_, MONDAY + timedelta(days=9)) == []


@pytest.mark.parametrize(("days", "is_kept"), [(89, True), (91, False)])
def test_the_daily_job_keeps_what_the_city_says(own_database, given, days, is_kept):
    from_today = clock.now()
    with db.transaction() as db_:
        change_city(db_, notices={"keep_contact_days": 90})
        with clock.stopped_at(from_today):
            accounts.remember(db_, ContactDetails(email="ana@home.example"))
    with clock.stopped_at(from_today + timedelta(days=days)):
        with db.transaction() as db_:
            jobs.enqueue(db_, "forget", key="forget")
        jobs.drain(handlers())
    with db.reading() as db_:
        assert bool(db_.scalar(select(func.count()).select_from(ContactRow))) == is_kept


def test_a_city_that_decides_nothing_keeps_them_a_year(db_):
    change_city(db_, notices={})
    assert reports.desk(db_).catalog.city.keep_contact == timedelta(days=365)
