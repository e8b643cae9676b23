"""What moderators do to a report: hide it, replace words, move it; its sender is told why.

Nothing is erased here: what stood there before stays on the timeline, for those with the right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update

from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.errors import Conflict, Invalid, NotFound, Sentence
from civicconnect.geo import Point, cell_of
from civicconnect.reports import flagging, following, kin
from civicconnect.reports.actions import LONGEST_ADDRESS, areas_inside, count_anew, desk
from civicconnect.reports.afterwards import checked
from civicconnect.reports.blocking import must_moderate
from civicconnect.reports.intake import STAND_IN
from civicconnect.reports.lifecycle import CLOSED
from civicconnect.reports.models import Event, Report, ReportArea
from civicconnect.reports.queries import HIDDEN, Entry, find, place_of
from civicconnect.reports.recording import record
from civicconnect.reports.rerouting import COUNTED, reroute
from civicconnect.reports.story import WROTE, story

LONGEST_REASON = 500


def found_for(db: Db, actor: Actor, reference: str) -> Report:
    """Return a report for a moderator, locked. Raises NotFound and NotAllowed."""
    report = find(db, reference, actor, lock=True)
    must_moderate(actor)
    return report


def why(because: str, words: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a moderator's reason as facts and text of an event, or raise Invalid.

    because    one of flagging.REASONS
    words      what its sender reads besides; needed where the reason is "other"
    """
    told = words.strip()
    faults: dict[str, list[str]] = {}
    if because not in flagging.REASONS:
        faults["because"] = [Sentence("Choose why.")]
    if (because == "other" and not told) or len(told) > LONGEST_REASON:
        faults["why"] = [Sentence("Tell whoever sent it why, in at most %(most)s characters.",
                                  most=LONGEST_REASON)]
    if faults:
        raise Invalid(faults)
    return {"because": because}, {"why": told} if told else {}


def hide(db: Db, actor: Actor, reference: str, because: str, words: str = "") -> Report:
    """Let nobody see a report but its sender and staff; nor its photos, where they stand at its parts.

    Raises NotFound, NotAllowed, Invalid and Conflict.
    """
    kin.hold_all(db, reference)  # whoever hides a photo at a part at this moment takes the same locks in turn
    report = found_for(db, actor, reference)
    facts, text = why(because, words)
    if report.visibility == HIDDEN:
        raise Conflict(Sentence("This report is hidden already."))
    was = report.visibility
    _show_to(db, report, HIDDEN)
    record(db, report, "hide", actor, facts | {"was": was}, text=text, public=False)
    for part, photo in kin.photos_at_parts(db, report.number):
        photo.state = HIDDEN
        record(db, part, "photo_hide", actor, facts | {"photo": photo.digest}, text=text, public=False)
    flagging.decide(db, actor, report)
    return report


def show(db: Db, actor: Actor, reference: str) -> Report:
    """Let those see a report again who saw it before it was hidden. Raises NotFound, NotAllowed, Conflict."""
    report = found_for(db, actor, reference)
    if report.visibility != HIDDEN:
        raise Conflict(Sentence("This report is not hidden."))
    hidings = select(Event.facts).where(Event.report_number == report.number, Event.verb == "hide")
    facts = db.scalar(hidings.order_by(Event.seq.desc()).limit(1)) or {}
    _show_to(db, report, facts.get("was", "private"))
    record(db, report, "show", actor, {}, public=False)
    return report


def _show_to(db: Db, report: Report, visibility: str) -> None:
    was, report.visibility = report.visibility, visibility
    db.flush()
    count_anew(db, report, place_of(db, report), visibility=was)
    following.recount(db, report)


def rewrite(
    db: Db, actor: Actor, reference: str, seq: int, words: str, because: str, why_words: str = "",
    address: str | None = None,
) -> Report:
    """Replace for everybody what somebody wrote; the first words stay for those with the right.

    seq        the event that the words came with: 1 for the report itself
    words      what stands there instead; "" for nothing
    address    the same for the place in words, of the report itself; None: as it is

    Raises NotFound (also where nobody wrote there, or it is erased), NotAllowed and Invalid.
    """
    report = found_for(db, actor, reference)
    known = story(db, report)
    verb, before = known.verb(seq), known.now(seq)
    if not verb or not (before.get(WROTE[verb]) or (before and seq == 1)):
        raise NotFound("nobody from outside wrote there, or it is erased")
    facts, text = why(because, why_words)
    told = checked(words)
    new = {WROTE[verb]: told} | ({"address": _address(address)} if address is not None and seq == 1 else {})
    old = {"description": report.description, "address": report.address} if seq == 1 else before
    changed = {key: value for key, value in new.items() if value != (old.get(key) or "")}
    if not changed:
        raise Invalid({"words": [Sentence("Change the words first.")]})
    stands = before | changed
    record(db, report, "redact", actor, facts | {"of": seq, "fields": sorted(changed)} | known.told_to(seq),
           text={key: value for key, value in stands.items() if value != ""} | text)
    if seq == 1:
        report.description = changed.get("description", report.description)
        report.address = changed.get("address", report.address)
    flagging.decide(db, actor, report)
    return report


def _address(address: str) -> str:
    told = " ".join(address.split())
    if len(told) > LONGEST_ADDRESS:
        raise Invalid({"address": [Sentence("Use at most %(most)s characters.", most=LONGEST_ADDRESS)]})
    return told


@dataclass(frozen=True)
class Versions:
    """What people outside wrote, and every event with every version of its words.

    written    its place on the timeline, what it is (description, words, reason), and how it stands now
    """

    written: Sequence[tuple[int, str, Mapping[str, Any]]]
    entries: Sequence[Entry]

    @property
    def changed(self) -> int:
        """Return how often the city put other words there or moved it; the entries tell what stood before."""
        return sum(entry.verb in ("redact", "move") for entry in self.entries)


def versions(db: Db, report: Report) -> Versions:
    """Read a report for those with the right: one statement. The photos are not told."""
    known = story(db, report, photos=False)
    return Versions([(event.seq, WROTE[event.verb], now) for event, now in known.written()], known.entries())


def move(db: Db, actor: Actor, reference: str, point: Point, address: str) -> Report:
    """Put a report where it belongs. Who answers an open one is decided anew, and promised anew.

    Raises NotFound, NotAllowed and Invalid (outside the city, or where it is already).
    """
    report = found_for(db, actor, reference)
    told, before = _address(address), place_of(db, report)
    if point == before and told == report.address:
        raise Invalid({"place": [Sentence("It is there already. Choose another place.")]})
    here = desk(db)
    offer = here.catalog
    areas = areas_inside(here.areas, offer.city, point, report.received_at, offer.city.languages[0])
    was = {name: getattr(report, name) for name in COUNTED}
    if report.place_told == STAND_IN:  # now somebody knows where it is
        report.place_told = offer.services[offer.service_codes[report.service_id]].place
    report.address = told
    db.flush()
    db.execute(update(Report).where(Report.number == report.number).values(
        place=f"SRID=4326;POINT({point.long} {point.lat})", cell=cell_of(point)),
        execution_options={"synchronize_session": False})
    db.execute(delete(ReportArea).where(ReportArea.report_number == report.number))
    db.add_all(ReportArea(report_number=report.number, area_id=area.id) for area in areas)
    db.flush()
    db.refresh(report, ["place"])
    record(db, report, "move", actor, {"areas": [area.key for area in areas]},
           text={"address": told, "lat": point.lat, "long": point.long})
    if report.status != CLOSED:
        reroute(db, here, report, [area.key for area in areas], point, "place")
    count_anew(db, report, before, **was)
    return report
