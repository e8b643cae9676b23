"""Several reports that tell of the same: merged into a lead, and taken out again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.errors import Conflict, Invalid, Sentence
from civicconnect.geo import Point
from civicconnect.reports import closing, kin
from civicconnect.reports.actions import DOORS, take_step
from civicconnect.reports.assigning import found_for_work, refuse_unseen
from civicconnect.reports.models import Report
from civicconnect.reports.queries import near, place_of, tidy, visible_to

MOST_AT_ONCE = 20
NEARBY_METRES = 150.0
MOST_NEARBY = 12


def merge(
    db: Db, actor: Actor, lead_reference: str, references: Sequence[str], reason: str = "",
    *, seen: int | None = None, read: Mapping[str, int] | None = None,
) -> list[Report]:
    """Close reports as repeats of a lead, in which they go on; whoever hears of several gets one letter.

    reason    what their people read besides
    seen      how many events of the lead the actor had seen
    read      the same of the others, by reference, where they were shown

    Raises NotFound, NotAllowed, Conflict (changed meanwhile) and Invalid
    ("children": which one, and why not).
    """
    wanted = list(dict.fromkeys(tidy(reference) for reference in references if tidy(reference)))
    if not wanted or len(wanted) > MOST_AT_ONCE:
        raise Invalid({"children": [Sentence("Choose at least one report, and at most %(most)s.",
                                             most=MOST_AT_ONCE)]})
    kin.hold_all(db, lead_reference, *wanted)
    lead = found_for_work(db, actor, lead_reference, seen)
    found = {one.reference: one for one in db.scalars(
        select(Report).where(Report.reference.in_(wanted), visible_to(actor)))}
    faults, merged = [], []
    for reference in wanted:
        try:
            report = found.get(reference) or _unknown()
            refuse_unseen(report, (read or {}).get(reference))
            merged.append(take_step(db, actor, report, "close", {
                "outcome": "duplicate", "lead": lead.reference, "reason": reason}))
        except Invalid as fault:
            if "reason" in fault.fields:
                raise
            faults.append(_of(reference, next(iter(fault.fields.values()))[0]))
        except Conflict as fault:
            faults.append(_of(reference, fault.sentence))
    if faults:
        raise Invalid({"children": faults})
    kin.tell_together(db, [(one.number, one.events) for one in merged])
    return merged


def _unknown() -> Report:
    raise Conflict(Sentence("There is no such report here."))


def _of(reference: str, said: str) -> Sentence:
    return Sentence("%(reference)s: %(said)s", reference=reference, said=said)


def take_out(db: Db, actor: Actor, reference: str, *, seen: int | None = None) -> Report:
    """Take a report out of its lead: it stands where it stood before it was merged, and goes on by itself.

    What was added to the lead meanwhile stays there. It may be done whatever became of the lead.
    Raises NotFound, NotAllowed and Conflict (it does not go on in another, or changed since it was seen).
    """
    kin.hold_all(db, reference)
    report = found_for_work(db, actor, reference, seen)
    return closing.put_back(db, actor, report, DOORS)


def mergeable(db: Db, actor: Actor, report: Report) -> list[tuple[Report, float]]:
    """Return open reports nearby that may go on in one, as (report, metres): its own service first."""
    here: Point | None = place_of(db, report)
    if here is None:
        return []
    asked = near(actor, here, report.service_id, NEARBY_METRES).where(
        Report.number != report.number, visible_to(actor))
    if actor.kind == "staff" and not actor.may("see_all"):
        asked = asked.where(Report.department_id == report.department_id)
    return [(one, metres) for one, metres in db.execute(asked.limit(MOST_NEARBY)).tuples()]

