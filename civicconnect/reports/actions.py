"""The one place where a report changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from civicconnect import accounts, clock, geo, jobs, settings
from civicconnect.accounts import Actor, ContactDetails
from civicconnect.catalog import Catalog, City, catalog, time_zone, words
from civicconnect.db import Db, insert_new
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound, Sentence
from civicconnect.media import Photo
from civicconnect.reports import blocking, closing, following, intake, kin, lifecycle, squares, standing
from civicconnect.reports.arrivals import NewReport
from civicconnect.reports.assigning import refuse_unseen
from civicconnect.reports.attaching import add_photos, state_of_new
from civicconnect.reports.intake import Desk, Draft
from civicconnect.reports.models import Event, EventText, Report, ReportArea
from civicconnect.reports.queries import SHOWN, find, place_of
from civicconnect.reports.recording import count_moved, record
from civicconnect.reports.standing import Standing
from civicconnect.reports.words import keep_words
from civicconnect.routing import Case, World, rule_book
from civicconnect.sla import Hours, calendars, promise_book

LONGEST_TEXT = 4000
LONGEST_ADDRESS = 300
MOST_FURTHER = 5  # places that one report names besides its own


@dataclass(frozen=True)
class Receipt:
    """What submitting came to: the report's reference, and whether it is a new one."""

    reference: str
    number: int
    is_new: bool


def desk(db: Db) -> Desk:
    """Read what deciding needs."""
    rules = rule_book(db)
    return Desk(catalog(db), rules, promise_book(db), settings.current().secret_key.encode(),
                geo.area_index(db), geo.asset_index(db) if rules.reach else None)


def who_answers(
    db: Db, offer: Catalog, service: str, point: geo.Point | None, areas: Sequence[str], at: datetime
) -> str:
    """Return the code of the department that would answer for a service at a place, before any question.

    areas    as "layer:code"
    """
    rules, wanted = rule_book(db), offer.services[service]
    drawn = geo.area_index(db).drawn
    things = geo.asset_index(db) if rules.reach else None
    (near,) = things.near_many([point], rules.reach) if things and point else ({},)
    case = Case(service, areas, {}, wanted.priority_of({}), "web", offer.city.wall(at), near)
    world = World.of(offer, drawn, things.owners if things else {})
    return rules.decide(case, world, wanted.department, offer.city.catch_all).department


def submit(db: Db, actor: Actor, new: NewReport, received_at: datetime | None = None) -> Receipt:
    """Take in a report, once: the same id again gives the same receipt.

    received_at    when it came in, for a letter of some days ago; the promise counts from then. None: now

    Raises Invalid (what to correct) and Conflict (the id belongs to a different report).
    """
    known = _known(db, new)
    if known:
        return known
    here = desk(db)
    _check(here, new)
    if actor.kind != "staff":
        blocking.refuse_person(db, here.catalog.city, new.contact)
    if here.catalog.services[new.service].contact == "none":
        new = replace(new, contact=ContactDetails())  # for this service nobody may be named
    now = clock.now()
    came = received_at or now
    areas = _areas_inside(here, new, came)
    # Where nobody may be named, nobody can be asked to be.
    may_name = here.catalog.services[new.service].contact != "none"
    if actor.kind != "staff" and may_name and not (new.contact.email or new.contact.phone):
        blocking.refuse_area(db, here.catalog.city, [area.key for area in areas])
    composed = intake.draft(here, actor, new, areas, came, now)
    composed = replace(composed, areas=_with_further(here, new, composed.areas, came))
    number = _insert(db, composed, new)
    if number is None:  # the same id arrived twice in one instant, and the other was first
        return _known(db, new) or _lost(new)
    _insert_beside(db, actor, number, composed, new)
    squares.count(db, [_spot(composed.report, new.point)])
    # Of what staff write down for others, `entering` says who hears of it; a part, `splitting`.
    if actor.kind == "resident" or (actor.kind == "partner" and new.contact.email):
        following.sender(db, db.get_one(Report, number), new.contact, new.language)
    jobs.enqueue(db, "event", {"report": number, "seq": len(composed.events), "verb": "receive"})
    return Receipt(composed.report["reference"], number, is_new=True)


def _known(db: Db, new: NewReport) -> Receipt | None:
    asked = select(Report.reference, Report.number, Report.fingerprint).where(Report.id == new.id)
    row = db.execute(asked).first()
    if row is None:
        return None
    if row.fingerprint != intake.fingerprint(new):
        raise Conflict(Sentence("This form was already sent with other words. Open a new one to "
                                "report something else."))
    return Receipt(row.reference, row.number, is_new=False)


def _lost(new: NewReport) -> Receipt:
    raise Conflict(Sentence("This report is just being written. Send it again."))


def _check(here: Desk, new: NewReport) -> None:
    faults: dict[str, list[str]] = {}
    service = here.catalog.services.get(new.service)
    if service is None or not here.catalog.offers(service, clock.now()):
        faults["service"] = [Sentence("Choose what your report is about.")]
    elif service.contact == "needed" and not (new.contact.email or new.contact.phone):
        faults["email"] = [Sentence("For this we need to reach you: give an e-mail address or a telephone "
                                    "number.")]
    if new.point is None and not (new.area and new.address):
        faults["place"] = [Sentence("Tell us where it is: search an address or tap the map.")]
    if len(new.description) > LONGEST_TEXT:
        faults["description"] = [_at_most(LONGEST_TEXT)]
    if len(new.address) > LONGEST_ADDRESS:
        faults["address"] = [_at_most(LONGEST_ADDRESS)]
    if faults:
        raise Invalid(faults)


def _at_most(most: int) -> Sentence:
    return Sentence("Use at most %(most)s characters.", most=most)


def _areas_inside(
    here: Desk, new: NewReport, at: datetime
) -> tuple[geo.AreaHit, ...]:
    city = here.catalog.city
    if new.point is None:
        layer, _, code = new.area.partition(":")
        named = here.areas.called(layer, code, city.day(at))
        if named is None:
            raise Invalid({"place": [Sentence("Choose the part of the city from the list.")]})
        return (named,)
    return areas_inside(here.areas, city, new.point, at, new.language)


def _with_further(
    here: Desk, new: NewReport, areas: tuple[int, ...], at: datetime
) -> tuple[int, ...]:
    """Return the areas of a report's place and of its further ones; the first decides who answers."""
    found = list(areas)
    for place in new.also[:MOST_FURTHER]:
        there = areas_inside(here.areas, here.catalog.city, place.point, at, new.language)
        found += [area.id for area in there]
    return tuple(dict.fromkeys(found))


def areas_inside(
    index: geo.AreaIndex, city: City, point: geo.Point, at: datetime, language: str
) -> tuple[geo.AreaHit, ...]:
    """Return the areas that a place lay in at an instant, or raise Invalid: it is outside the city."""
    (areas,) = index.of_many([point], [city.day(at)])
    if city.limit_layer and not any(a.layer == city.limit_layer for a in areas):
        raise Invalid({"place": [Sentence(
            "This place is outside %(city)s. Choose a place inside the city; for one beyond it, "
            "ask the council that looks after it.", city=words(city.name, language))]})
    return areas


def _insert(db: Db, composed: Draft, new: NewReport) -> int | None:
    row = composed.report
    row["reference"] = intake.reference_at_random()
    while db.scalar(select(Report.number).where(Report.reference == row["reference"])):
        row["reference"] = intake.reference_at_random()
    point: geo.Point | None = row["place"]
    stored = row | {"place": f"SRID=4326;POINT({point.long} {point.lat})" if point else None}
    number: int | None = insert_new(db, Report, ["id"], stored, Report.number)
    if number is not None:
        keep_words(db, row, number)
    return number


def _spot(row: Mapping[str, Any], place: geo.Point | None) -> squares.Spot:
    return squares.spot(row["visibility"], row["service_id"], row["department_id"], row["status"],
                        row["place_told"], place)


def _insert_beside(db: Db, actor: Actor, number: int, composed: Draft, new: NewReport) -> None:
    for event in composed.events:
        db.add(Event(report_number=number, **event._asdict()))
    if new.contact:  # kept only now: of two posts in one instant, the second comes no further than the row
        kept = accounts.remember(db, new.contact)
        db.execute(update(Report).where(Report.number == number).values(contact_id=kept))
    db.flush()
    db.add_all(EventText(report_number=number, **text._asdict()) for text in composed.texts)
    db.add_all(ReportArea(report_number=number, area_id=area) for area in composed.areas)
    add_photos(db, number, new.photos, "report", state_of_new(db, actor) if new.photos else SHOWN)


def transition(
    db: Db,
    actor: Actor,
    reference: str,
    verb: str,
    given: Mapping[str, str] | None = None,
    *,
    seen: int | None = None,
    photos: Sequence[Photo] = (),
    goes_on: bool = True,
) -> Report:
    """Move a report one step and write that step on its timeline.

    given    what the step owes: reason, outcome, planned_for …
    photos   of the finished work
    seen     how many events the actor had seen; more by now is a Conflict
    goes_on  whether one that repeats another goes on in it; else it is only said, as records of the past do

    Raises NotFound, NotAllowed (wrong person), Conflict (wrong moment), Invalid (something owed).
    """
    if verb in closing.VERBS:
        kin.hold_all(db, reference, (given or {}).get("lead", ""))
    report = find(db, reference, actor, lock=True)
    refuse_unseen(report, seen)
    return take_step(db, actor, report, verb, given or {}, photos, goes_on=goes_on)


def take_step(
    db: Db, actor: Actor, report: Report, verb: str, given: Mapping[str, str], photos: Sequence[Photo] = (),
    *, clocks: Clocks | None = None, goes_on: bool = True, alone: bool = False,
) -> Report:
    """Move a report that was found for this actor, and locked, as `transition` does.

    clocks    what the clocks say, where many are moved at once; None: it is asked for
    alone     it is known to belong together with no other one, and nobody asks again
    """
    step = lifecycle.choose(verb, report.status, actor)
    return carry_out(db, actor, report, step, given, photos, clocks=clocks, goes_on=goes_on, alone=alone)


def carry_out(
    db: Db, actor: Actor, report: Report, step: lifecycle.Step, given: Mapping[str, str],
    photos: Sequence[Photo] = (), *, clocks: Clocks | None = None, goes_on: bool = True, alone: bool = False,
) -> Report:
    """Take a step that this actor may take now, and write it on the timeline. Raises Invalid."""
    kept = lifecycle.settle(step, given, clocks.day if clocks else _today(db))
    lead = closing.lead_for(db, actor, report, kept["lead"]) if "lead" in kept and goes_on else None
    rules = [] if alone else closing.due(db, actor, report, "merge" if lead else step.verb, given)
    if lead is not None:
        kept["lead"] = lead.reference
    before = closing.where_it_stands(report)
    kept = moved(db, actor, report, step, kept, clocks=clocks)
    kept_photos = add_photos(db, report.number, photos, "done") if photos else []
    text = {"reason": kept.pop("reason", ""), "photos": kept_photos}
    record(db, report, step.verb, actor, kept, text={name: value for name, value in text.items() if value})
    if lead is not None:
        closing.begin(db, actor, report, lead, before)
    closing.follow(db, actor, report, rules, given, DOORS)
    return report


def moved(
    db: Db, actor: Actor, report: Report, step: lifecycle.Step, kept: Mapping[str, str],
    *, clocks: Clocks | None = None,
) -> dict[str, str]:
    """Put a report where a step leads; the caller records it. Returns what the timeline keeps of it."""
    was = report.status
    stands, facts = standing.after(_standing(report), step, kept, clock.now(), answers=actor.kind == "staff",
                                   opening=_opening(db, report, clocks))
    for name in _STANDING:
        setattr(report, name, getattr(stands, name))
    if actor.kind == "staff":
        report.answered_at = None  # somebody has looked at what its sender answered
    if step.end == lifecycle.CLOSED:  # nobody has looked at this closing yet
        report.verification = intake.UNVERIFIED
    if (was == lifecycle.CLOSED) != (report.status == lifecycle.CLOSED):
        count_anew(db, report, place_of(db, report), status=was)
    return facts


def count_anew(db: Db, report: Report, before: geo.Point | None, **was: Any) -> None:
    """Count a report where it stands now, and no more as it was.

    before    the place it had
    was       what else of it has changed: status, visibility, place_told
    """
    same = ("visibility", "service_id", "department_id", "status", "place_told")
    known = {name: getattr(report, name) for name in same}
    count_moved(db, come=[_spot(known, place_of(db, report))], gone=[_spot(known | was, before)])


@dataclass(frozen=True)
class Clocks:
    """What steps are counted by, read once for many: the day on the city's clock, and the calendars."""

    day: date
    calendars: Mapping[str, Hours]


def clocks(db: Db) -> Clocks:
    """Read what the clocks say."""
    return Clocks(_today(db), calendars(db))


DOORS = closing.Doors(take_step, count_anew)
_STANDING = Standing._fields


def _standing(report: Report) -> Standing:
    return Standing(*(getattr(report, name) for name in _STANDING))


def _opening(db: Db, report: Report, clocks: Clocks | None) -> Hours | None:
    """Return the calendar of a report's promise, where a step may need it."""
    if report.status != lifecycle.WAITING or report.due_at is None:
        return None
    known = clocks.calendars if clocks else calendars(db)
    return known.get(report.why.get("calendar", ""))


def note(db: Db, actor: Actor, reference: str, told: str) -> Report:
    """Write an internal note on a report's timeline; residents never see it.

    Raises NotFound, NotAllowed and Invalid (no words, or too many).
    """
    return write_note(db, actor, find(db, reference, actor, lock=True), told)


def write_note(db: Db, actor: Actor, report: Report, told: str) -> Report:
    """Write a note on a report that was found for this actor, and locked, as `note` does."""
    if not actor.may("note"):
        raise NotAllowed(Sentence("Your role may not write notes. Ask a colleague who works on this report."))
    record(db, report, "note", actor, {}, text={"note": checked_note(told)}, public=False)
    return report


def checked_note(told: str) -> str:
    """Return a note as it is kept, or raise Invalid: it has no words, or too many."""
    if not told.strip() or len(told) > LONGEST_TEXT:
        raise Invalid({"note": [Sentence("Write a note of at most %(most)s characters.", most=LONGEST_TEXT)]})
    return told.strip()


def contact(db: Db, actor: Actor, reference: str) -> accounts.ContactDetails:
    """Return how to reach the resident, and write on the timeline, for colleagues, who looked.

    Raises NotFound (also where nobody left any) and NotAllowed.
    """
    report = find(db, reference, actor, lock=True)
    if not actor.may("contact"):
        raise NotAllowed(Sentence("Your role may not see contact details."))
    if report.contact_id is None:
        raise NotFound("nobody left contact details with this report")
    found = accounts.read_contact(db, report.contact_id)
    record(db, report, "look", actor, {}, public=False)
    return found.details


def _today(db: Db) -> date:
    return clock.now().astimezone(ZoneInfo(time_zone(db))).date()
