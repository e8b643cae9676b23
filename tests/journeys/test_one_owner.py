"""However a report comes in, the same department answers it: form, counter, partner, phone, record.

CIVIC_CASES says how many invented reports are sent through every door; docs/proof/routing.md has the 200.
"""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass
from uuid import uuid4

import pytest
from sqlalchemy import select

from civicconnect import accounts, catalog, clock, geo, reports, routing
from civicconnect.accounts import Actor
from civicconnect.geo import Point
from civicconnect.reports import NewReport, PastReport, Report
from civicconnect.routing import Near, Rule
from tests.web.test_partner import signed

CASES = int(os.environ.get("CIVIC_CASES", "24"))
# Rules with every condition that does not ask how it came in, before those of the demo city.
RULES = (
    Rule("county-roads", "desk", frozenset({"pothole", "pavement", "road-sign"}),
         near=Near("roads", 60, "county")),
    Rule("any-road", "mobility", frozenset({"graffiti", "street-light"}), near=Near("roads", 25)),
    Rule("two-answers", "cleaning", frozenset({"tree", "pothole"}),
         answers={"state": frozenset({"on_road", "roots"})}),
    Rule("by-day", "parks", frozenset({"litter-bin", "bus-stop"}), hours=("06:00-18:00",)),
    Rule("pressing", "streets", frozenset({"playground", "seafront"}),
         priorities=frozenset({"high", "urgent"})),
    Rule("weekend", "water", frozenset({"noise", "pests"}), days=frozenset({"sat", "sun"}),
         areas=frozenset({"district:harbour", "district:old-town", "district:saltmarket"})),
)


@dataclass(frozen=True)
class Case:
    """Something to report: what, where, and the answers by question."""

    service: str
    point: Point
    answers: dict[str, str]


@pytest.fixture
def cases(db_) -> list[Case]:
    """Reports that nobody thought up: any service, any place on a street, any answers."""
    rng, offer = random.Random(2026), catalog.catalog(db_)  # noqa: S311  no secret
    now = clock.now()
    services = [s for s in offer.services.values() if offer.offers(s, now) and s.contact != "needed"]
    roads = [shape for layer in geo.asset_index(db_).layers.values() for shape in layer.shapes]
    found: list[Case] = []
    while len(found) < CASES:
        service = rng.choice(services)
        x, y = rng.choice(roads).interpolate(rng.random(), normalized=True).coords[0]
        point = Point(round(y + rng.uniform(-0.001, 0.001), 6), round(x + rng.uniform(-0.001, 0.001), 6))
        given = answers(rng, service)
        inside = any(a.layer == offer.city.limit_layer for a in geo.areas_at(db_, point, offer.city.day(now)))
        if inside and not service.stopped(given):
            found.append(Case(service.code, point, given))
    return found


def answers(rng, service) -> dict[str, str]:
    """Answer what is asked, one question after the other."""
    given: dict[str, str] = {}
    while True:
        left = [q for q in service.asked(given) if q.kind != "notice" and q.code not in given]
        if not left:
            return given
        question = left[0]
        given[question.code] = (rng.choice(question.options)[0] if question.options else
                                {"number": "3", "date": "2026-11-02"}.get(question.kind, "A few words."))


def by_form(client, case, *, queued=False):
    """Send the form that a browser shows; or the same from a phone's queue, which asks for JSON."""
    fields = client.page("/report", service=case.service, lat=case.point.lat, long=case.point.long,
                         address="1 Test Street")
    fields |= {f"answer-{code}": value for code, value in case.answers.items()}
    wishes = {"Accept": "application/json"} if queued else {}
    answer = client.client.post("/reports", data=fields, headers=wishes)
    if queued:
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return answer.get_json()["reference"]
    assert answer.status_code == 303, answer.get_data(as_text=True)[:3000]
    return answer.location.split("/reports/")[1][:8]


class Client:
    """A browser that reads one form of each address, and sends it as often as it likes, under a new id."""

    def __init__(self, visitor) -> None:
        self.visitor, self.client, self.known = visitor, visitor.client, {}

    def page(self, path, **query):
        key = path, query.get("service")
        if key not in self.known:
            page = self.visitor.get(path, query_string=query)
            self.known[key] = page.form("/reports" if path == "/report" else path)
        fields = self.known[key]
        return fields | {"id": str(uuid4())} | {k: str(v) for k, v in query.items() if k in fields}


def at_the_counter(client, case):
    fields = client.page("/staff/new") | {
        "place": f"{case.point.lat},{case.point.long},1 Test Street", "service": case.service, "do": "send"}
    fields |= {f"answer-{code}": value for code, value in case.answers.items()}
    answer = client.client.post("/staff/new", data=fields)
    assert answer.status_code == 303, answer.get_data(as_text=True)[:3000]
    return answer.location.rsplit("=", 1)[-1].rsplit("/", 1)[-1]


def by_partner(client, key, case):
    raw = json.dumps({"service_code": case.service, "lat": case.point.lat, "long": case.point.long,
                      "address": "1 Test Street", "answers": case.answers}).encode()
    headers = signed(key, raw, str(uuid4()), clock.now().timestamp())
    answer = client.post("/intake/partner", data=raw, headers=headers, content_type="application/json")
    assert answer.status_code == 201, answer.get_json()
    return answer.get_json()["reference"]


def from_a_record(db_, cases, at):
    """Take all in as another system's record, and return their references."""
    offer, made = catalog.catalog(db_), []
    for case in cases:
        given = catalog.answers(offer.services[case.service], case.answers, "en")
        new = NewReport(uuid4(), case.service, case.point, "1 Test Street", answers=given, source="unknown")
        made.append(PastReport(new, str(new.id), at))
    reports.submit_past(db_, Actor("history", "import:test"), made)
    known = {r.id: r.reference for r in db_.scalars(select(Report).where(
        Report.id.in_([past.new.id for past in made])))}
    return [known[past.new.id] for past in made]


def test_one_department_answers_whichever_way_a_report_comes_in(app, db_, visitor, signed_in, cases):
    routing.load(db_, RULES + routing.rule_book(db_).rules)
    key = accounts.add_partner(db_, "harbour-app")
    form, desk, partner = Client(visitor), Client(signed_in("supervisor")), app.test_client()
    now = clock.now()
    with clock.stopped_at(now):
        doors = {
            "form": [by_form(form, case) for case in cases],
            "queue": [by_form(form, case, queued=True) for case in cases],
            "counter": [at_the_counter(desk, case) for case in cases],
            "partner": [by_partner(partner, key, case) for case in cases],
            "record": from_a_record(db_, cases, now),
        }
    db_.expire_all()
    made = {r.reference: r for r in db_.scalars(select(Report))}
    decided = {door: [(made[ref].department_id, made[ref].why["rule"], made[ref].why["matched"])
                      for ref in references] for door, references in doors.items()}
    for door, owners in decided.items():
        assert owners == decided["form"], door
    rules = {rule for _, rule, _ in decided["form"]}
    assert len(rules) > min(4, CASES / 20)  # they are not all decided alike
