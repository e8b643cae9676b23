"""What a page asks of the database does not grow with the reports, and is little."""

from __future__ import annotations

import pytest

from civicconnect import reports
from civicconnect.accounts import SYSTEM
from civicconnect.geo import Point
from civicconnect.reports import Person, places
from tests.counting import counted
from tests.factories import RESIDENT, staff_actor

MOST = 12
PUBLIC = ("/report?lat=41.2&long=-33.4&words=a+hole+in+the+road", "/performance/suggestion", "/reports",
          "/reports?status=open", "/reports?service=pothole", "/map", "/map?status=open",
          "/map?service=pothole", "/map?lat=41.2&long=-33.4&zoom=16", "/reports/{reference}")
MODERATOR = ("/staff/queue", "/staff/reports/{reference}", "/staff/moderation", "/staff/moderation/blocks",
             "/staff/reports/{reference}/moderation", "/staff/reports/{reference}/moderation?q=oak")
STAFF = ("/staff/queue", "/staff/queue?page=2", "/staff/queue?status=closed", "/staff/reports/{reference}",
         "/staff/reports/{reference}/print?notes=1", "/staff/templates", "/staff/templates/fixed")


@pytest.fixture
def reference(db_, make_report):
    """Reports at many places, some of them closed; the reference of an open one."""
    made = [make_report(point=Point(41.2 + n / 20000, -33.4 + n % 5 / 5000)) for n in range(40)]
    return made[0].reference


@pytest.mark.parametrize("many", [False, True], ids=["few", "many"])
@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_page_asks_at_most_twelve_times(visitor, database, reference, monkeypatch, address, many):
    if many:  # as it is where the map is drawn from squares and blocks
        monkeypatch.setattr(places, "MANY", 1)
        monkeypatch.setattr(places, "CROWD", 1)
    with counted(database) as asked:
        assert visitor.get(address.format(reference=reference)).status == 200
    assert len(asked) <= MOST, "\n".join(asked)


@pytest.mark.parametrize("address", MODERATOR)
def test_a_page_of_moderators_asks_at_most_twelve_times(signed_in, db_, database, reference, address):
    report = reports.find(db_, reference, SYSTEM)
    for n in range(20):
        reports.flag(db_, RESIDENT, reference, Person(str(n)), "personal")
        reports.add(db_, reports.sender(db_, report), f"More {n}.", ())
    me = signed_in("supervisor")
    with counted(database) as asked:
        assert me.get(address.format(reference=reference)).status == 200
    assert len(asked) <= MOST, "\n".join(asked)


@pytest.mark.parametrize("address", STAFF)
def test_a_page_of_staff_asks_at_most_twelve_times(signed_in, db_, database, reference, address):
    me = signed_in("streets")
    assert staff_actor(db_, "streets").departments
    with counted(database) as asked:
        assert me.get(address.format(reference=reference)).status == 200
    assert len(asked) <= MOST, "\n".join(asked)
