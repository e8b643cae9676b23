"""One report that tells of several troubles: divided into parts, each answered and promised by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import select, update

from civicconnect import accounts, clock
from civicconnect.accounts import Actor, ContactDetails
from civicconnect.catalog import catalog
from civicconnect.db import Db, insert_ignoring
from civicconnect.errors import Conflict, Invalid, Sentence
from civicconnect.geo import Point
from civicconnect.reports import kin
from civicconnect.reports.actions import LONGEST_TEXT, count_anew, submit
from civicconnect.reports.arrivals import NewReport
from civicconnect.reports.assigning import found_for_work
from civicconnect.reports.following import LEFT, SENT, recount
from civicconnect.reports.kin import Part
from civicconnect.reports.lifecycle import CLOSED, LONGEST
from civicconnect.reports.models import Follower, Report
from civicconnect.reports.pictures import photos_to_part, stand_too
from civicconnect.reports.queries import areas_of, place_of
from civicconnect.reports.recording import record
from civicconnect.reports.rerouting import SEEN, TOLD

MOST_PARTS, LEAST_PARTS = 10, 2


@dataclass(frozen=True)
class NewPart:
    """One of the troubles that a report tells of.

    description    the clerk's words: everybody may read them
    point          None: where the report is
    photos         digests of those of the report that show this trouble
    """

    service: str
    description: str
    point: Point | None = None
    address: str = ""
    photos: tuple[str, ...] = ()


def split(
    db: Db, actor: Actor, reference: str, parts: Sequence[NewPart], reason: str = "",
    *, seen: int | None = None,
) -> list[Report]:
    """Make a report of each trouble that one tells of; each who hears of it hears of each, told once.

    A part comes in when its parent did: whoever reported it has waited since then, and so its promise counts.
    It is never read by more people than its parent. Photos stay at the parent, and stand at the parts they
    were chosen for too.

    Raises NotFound, NotAllowed, Conflict (closed, or changed) and Invalid ("service-1" for the first part …).
    """
    parent = found_for_work(db, actor, reference, seen)
    if parent.status == CLOSED:
        raise Conflict(Sentence("A closed report is not divided. Open it again first."))
    if kin.parent_of(db, parent) is not None:
        raise Conflict(Sentence("This report is a part itself. Divide the report that it is a part of."))
    _check(db, parent, parts, reason)
    made = [_make(db, actor, parent, part, number) for number, part in enumerate(parts, 1)]
    shown = {part.reference: taken for part, wanted in zip(made, parts, strict=True)
             if (taken := stand_too(db, parent, part, wanted.photos))}
    if parent.first_response_at is None:
        parent.first_response_at = clock.now()
    facts = {"parts": [part.reference for part in made]} | ({"photos": shown} if shown else {})
    record(db, parent, "split", actor, facts, text={"reason": reason.strip()} if reason.strip() else None)
    return made


def _check(db: Db, parent: Report, parts: Sequence[NewPart], reason: str) -> None:
    known, there = len(kin.parts_of(db, parent.number)), set(photos_to_part(db, parent))
    faults: dict[str, list[str]] = {}
    if len(parts) < (1 if known else LEAST_PARTS) or known + len(parts) > MOST_PARTS:
        faults["parts"] = [Sentence("A report has at least %(least)s parts, and at most %(most)s.",
                                    least=LEAST_PARTS, most=MOST_PARTS)]
    for number, part in enumerate(parts, 1):
        if not part.description.strip() or len(part.description) > LONGEST_TEXT:
            faults[f"description-{number}"] = [Sentence(
                "Say what this part is about, in at most %(most)s characters.", most=LONGEST_TEXT)]
        if not there.issuperset(part.photos):
            faults[f"photos-{number}"] = [Sentence("The report has this photo no more. Choose again.")]
    if len(reason) > LONGEST["reason"]:
        faults["reason"] = [Sentence("Use at most %(most)s characters.", most=LONGEST["reason"])]
    if faults:
        raise Invalid(faults)


def _make(db: Db, actor: Actor, parent: Report, part: NewPart, number: int) -> Report:
    there = place_of(db, parent)
    is_there = part.point is None or part.point == there
    new = NewReport(
        uuid4(), part.service, there if is_there else part.point,
        parent.address if is_there else part.address, part.description.strip(), language=parent.language,
        source=parent.source, contact=_reached(db, parent, part.service),
        area=_area_of(db, parent) if is_there else "")
    try:
        receipt = submit(db, actor, new, parent.received_at)
    except Invalid as fault:
        raise Invalid({f"{_field(name)}-{number}": told for name, told in fault.fields.items()}) from None
    made = db.scalars(select(Report).where(Report.number == receipt.number)).one()
    db.add(Part(child_number=made.number, parent_number=parent.number))
    _belongs_to_the_same(db, parent, made)
    _hush(db, parent, made, is_there=is_there)
    db.flush()
    return made


def _hush(db: Db, parent: Report, made: Report, *, is_there: bool) -> None:
    """Tell strangers no more of a part than of its parent; of its place, where it is the same."""
    was = {"visibility": made.visibility, "place_told": made.place_told}
    made.visibility = max(made.visibility, parent.visibility, key=SEEN.index)
    made.text_told = made.text_told and parent.text_told
    if is_there:
        made.place_told = max(made.place_told, parent.place_told, key=TOLD.index)
    if was != {"visibility": made.visibility, "place_told": made.place_told}:
        count_anew(db, made, place_of(db, made), **was)


def _field(name: str) -> str:
    return {"place": "address", "email": "service"}.get(name, name)


def _reached(db: Db, parent: Report, code: str) -> ContactDetails:
    """Return how to reach whoever sent the parent, where a part's service asks for it."""
    service = catalog(db).services.get(code)
    is_needed = service is not None and service.contact == "needed" and parent.contact_id is not None
    return accounts.read_contact(db, parent.contact_id or 0).details if is_needed else ContactDetails()


def _area_of(db: Db, parent: Report) -> str:
    """Return the area that a parent told in words alone lies in, as "layer:code"."""
    if place_of(db, parent) is not None:
        return ""
    areas = areas_of(db, [parent.number]).get(parent.number, ())
    return areas[0].key if areas else ""


def _belongs_to_the_same(db: Db, parent: Report, part: Report) -> None:
    """Let whoever sent the parent be who sent the part, and whoever hears of the one hear of the other.

    Their contact details stay the parent's own row: they are kept no longer because a report was divided.
    """
    extra, service = part.contact_id, catalog(db).service_codes[part.service_id]
    may_name = catalog(db).services[service].contact != "none"
    part.contact_id = parent.contact_id if may_name else None
    db.flush()
    if extra is not None:
        db.execute(update(Follower).where(Follower.contact_id == extra).values(contact_id=None))
        accounts.erase_contacts(db, [extra])
    asked = select(Follower).where(Follower.report_number == parent.number, Follower.role != LEFT)
    for one in db.scalars(asked):
        is_named = may_name or one.role != SENT
        insert_ignoring(db, Follower, {
            "report_number": part.number, "person": one.person, "role": one.role,
            "contact_id": one.contact_id if is_named else None, "language": one.language,
            "since": clock.now(), "is_told": one.is_told and is_named})
    recount(db, part)
