"""From the form to the export, without a script: what the product is for."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

from civicconnect import clock, jobs, opendata
from civicconnect.app import handlers

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def choose_place(visitor, service="pothole"):
    """Tap the middle of the map, then choose a service; returns the page with the rest."""
    where = visitor.get("/report")
    what = visitor.follow(visitor.get("/report", query_string=where.form("/report", move="n") | {
        "pin.x": "144", "pin.y": "120"}))
    return visitor.get("/report", query_string=what.form("/report") | {"service": service})


def send(visitor, **typed):
    page = choose_place(visitor)
    fields = page.form("/reports") | {"answer-size": "plate", "answer-depth": "4"} | typed
    return visitor.post("/reports", fields)


def rows(page):
    return list(csv.DictReader(io.StringIO(page.text)))


def publish():
    """Do what the worker does within a minute."""
    for seconds in (0, 30):
        with clock.stopped_at(clock.now() + timedelta(seconds=seconds)):
            jobs.drain(handlers())


def test_a_report_travels_from_the_form_to_the_open_data(visitor, signed_in):
    with clock.stopped_at(MONDAY):
        sent = send(visitor, description="Deep, beside the crossing.")
        page = visitor.follow(sent)
    assert "Thank you. We have your report." in page.words
    assert "Streets and Paving looks after it." in page.words
    reference = sent.answer.headers["Location"].split("/")[-1].split("?")[0]

    clerk = signed_in("streets")
    queue = clerk.get("/staff/queue")
    assert reference in queue.words
    report = clerk.get(f"/staff/reports/{reference}")
    fields = report.form("/steps", verb="close")
    with clock.stopped_at(MONDAY + timedelta(hours=5)):
        closed = clerk.follow(clerk.post(f"/staff/reports/{reference}/steps", fields | {
            "verb": "close", "outcome": "fixed", "reason": "Filled this noon."}))
    assert "Filled this noon." in closed.words

    live = next(r for r in rows(visitor.get("/reports.csv")) if r["service_request_id"] == reference)
    assert (live["status"], live["outcome"], live["hours_to_close"]) == ("closed", "fixed", "5.0")
    publish()
    open_data = next(r for r in rows(visitor.get("/data/reports.csv"))
                     if r["service_request_id"] == reference)
    assert open_data == live
    assert "Filled this noon." in visitor.get(f"/reports/{reference}").words
    assert opendata.newest() is not None
