"""What is done in bulk is done by nobody but whoever began it, and not to reports that drag others along."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from civicconnect import accounts, notify, queue, reports
from civicconnect.accounts import SYSTEM
from civicconnect.errors import NotFound
from civicconnect.queue import BulkItem
from civicconnect.reports import NewPart
from tests.factories import put_elsewhere, staff_actor, ward_of

CLOSE = {"verb": "close", "outcome": "fixed", "reason": "Mended."}


def speak(language):
    return notify.Tongue(language, ZoneInfo("UTC"))


def run(db_, actor, chosen, action, given):
    number = queue.begin_selected(db_, actor, [(report.reference, report.events) for report in chosen])
    queue.settle(db_, actor, number, action, given)
    queue.start(db_, actor, number)
    while queue.work_on(db_, number, speak):
        pass
    db_.flush()
    db_.expire_all()
    return list(db_.scalars(select(BulkItem.state).where(BulkItem.bulk_id == number)))


@pytest.mark.parametrize("role", ["auditor", "supervisor"])
def test_nobody_goes_on_with_what_another_began_or_takes_it_back(db_, staff, make_report, role):
    other = replace(staff_actor(db_, "supervisor"), permissions=frozenset(accounts.ROLES[role]))
    report = make_report()
    number = queue.begin_selected(db_, staff, [(report.reference, report.events)])
    assert queue.find_bulk(db_, other, number)  # to look at
    for act in (lambda: queue.settle(db_, other, number, "step", CLOSE),
                lambda: queue.start(db_, other, number), lambda: queue.undo(db_, other, number)):
        with pytest.raises(NotFound):
            act()


@pytest.mark.parametrize("role", ["auditor", "supervisor"])
def test_who_does_not_see_all_its_reports_finds_no_trace_of_a_bulk(db_, staff, make_report, role):
    report, far = make_report(), make_report()
    here, there = (frozenset({area.id}) for area in (ward_of(db_, report), put_elsewhere(db_, far)))
    other = replace(staff_actor(db_, "supervisor"), permissions=frozenset(accounts.ROLES[role]))
    both, one = (queue.begin_selected(db_, staff, [(each.reference, each.events) for each in chosen])
                 for chosen in ((report, far), (report,)))
    for number in (both, one):
        queue.settle(db_, staff, number, "note", {"note": "Same man."})
        queue.start(db_, staff, number)
    for areas, seen in ((frozenset(), {both, one}), (here | there, {both, one}), (here, {one}),
                        (there, set()), (frozenset({0}), set())):
        limited = replace(other, areas=areas)
        assert {row.id for row, _name, _count in queue.bulks(db_, limited)} == seen, areas
        for number in {both, one} - seen:
            with pytest.raises(NotFound):
                queue.find_bulk(db_, limited, number)
        assert all(queue.find_bulk(db_, limited, number) for number in seen)
    assert len(queue.bulks(db_, replace(staff, areas=there))) == 2  # their own, wherever they work by now


@pytest.mark.parametrize("is_closed", [False, True])
def test_parts_and_parents_are_left_to_their_own_pages(db_, staff, make_report, is_closed):
    parent = make_report()
    parts = reports.split(db_, staff, parent.reference, [NewPart("pothole", "a"), NewPart("pothole", "b")])
    if is_closed:
        for part in parts:
            reports.transition(db_, staff, part.reference, "close", {"outcome": "fixed"})
    step = {"verb": "reopen", "reason": "It is back."} if is_closed else CLOSE
    before = [(part.status, part.events) for part in parts]
    chosen = [*parts, *([] if is_closed else [reports.find(db_, parent.reference, SYSTEM)])]
    assert set(run(db_, staff, chosen, "step", step)) == {"refused"}
    assert [(part.status, part.events) for part in parts] == before


def test_a_bulk_of_somebody_who_left_ends(db_, staff, make_report):
    report, admin = make_report(), staff_actor(db_, "admin")
    number = queue.begin_selected(db_, staff, [(report.reference, report.events)])
    queue.settle(db_, staff, number, "priority", {"priority": "high"})
    queue.start(db_, staff, number)
    accounts.dismiss(db_, admin, int(staff.name.removeprefix("staff:")), {})
    while queue.work_on(db_, number, speak):
        pass
    assert db_.scalars(select(BulkItem.state).where(BulkItem.bulk_id == number)).all() == ["refused"]
    assert queue.find_bulk(db_, admin, number).state == "done"
    assert report.priority != "high"
