"""Two of the staff who close one report at the same moment, each on a connection of their own."""

from __future__ import annotations

import threading

from civicconnect import db, reports
from civicconnect.accounts import SYSTEM
from civicconnect.app import create_app
from tests.factories import Staff, reporter
from tests.pages import Visitor


def test_one_closes_the_report_and_the_other_sees_both_sides(own_database, own_settings):
    with db.transaction() as change:
        reference = reporter(change)().reference
    app = create_app(own_settings, own_database)
    address = f"/staff/reports/{reference}"
    clerks = [Visitor(app) for _ in range(2)]
    typed = []
    for clerk, words in zip(clerks, ("Filled on Tuesday.", "There was no hole."), strict=True):
        clerk.sign_in(Staff.named("supervisor"))
        outcome = "fixed" if words.startswith("Filled") else "not_found"
        typed.append(clerk.get(address).form("/steps", verb="close")
                     | {"verb": "close", "outcome": outcome, "reason": words})
    answers: dict[int, object] = {}
    both = threading.Barrier(2)

    def close(n: int) -> None:
        both.wait(30)
        answers[n] = clerks[n].post(f"{address}/steps", typed[n])

    threads = [threading.Thread(target=close, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    statuses = [answers[n].status for n in range(2)]
    assert sorted(statuses) == [303, 409]
    lost = statuses.index(409)
    page = answers[lost]
    for said in ("What you typed", typed[lost]["reason"],
                 "What happened since you opened this page", typed[1 - lost]["reason"]):
        assert said in page.words
    with db.reading() as view:
        report = reports.find(view, reference, SYSTEM)
        closings = [e for e in reports.timeline(view, report, internal=True) if e.verb == "close"]
    assert [e.text["reason"] for e in closings] == [typed[1 - lost]["reason"]]
    with db.reading() as view:
        assert list(reports.check_chains(view)) == []
