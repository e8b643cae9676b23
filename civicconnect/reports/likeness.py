"""Whether a trouble was reported before: open reports nearby, scored, each with its reasons.

A score is a rough chance, 0 to 1, that both tell of the same thing. It is a product of what speaks for
and against, so that nothing alone outweighs everything: a mile of distance, another kind of service.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from civicconnect.catalog import Catalog
from civicconnect.db import Db
from civicconnect.geo import Point, cells_around, distance
from civicconnect.reports.models import IS_OPEN, Report, ReportPhoto
from civicconnect.reports.queries import PUBLIC, SHOWN

REACH_METRES = 200.0
SURE_METRES = 15.0  # what a phone outdoors is off by: nearer than that says nothing more
FADE_METRES = 60.0  # and from there on it becomes three times as unlikely every so often
FADE_DAYS = 180.0
SIBLING = 0.35  # of another service under the same heading: people choose one or the other
SHOWN_FROM = 0.2
MOST = 3
OLDEST = timedelta(days=700)  # by then nothing that speaks for it makes up for the years
MEASURED = 150  # the newest ones: where an archive puts all that it does not find, thousands lie on one spot
LOOKED_AT = 60  # the nearest ones of those
FEWEST_LETTERS = 4  # of a word that says something
ALL_BITS = 2**64 - 1  # they are kept as signed numbers
ALIKE_BITS = 12  # of 64: photos that differ by no more show the same thing
PHOTO_SPEAKS = 4.0  # times as likely


@dataclass(frozen=True)
class Likely:
    """An open report that may tell of the same thing.

    metres      from the place that was chosen
    same        it asks for the very service
    words       those that both say
    is_alike    a photo of it looks like one that was chosen now
    score       0 to 1
    """

    report: Report
    metres: float
    same: bool
    words: tuple[str, ...]
    is_alike: bool
    score: float


def likely(
    db: Db, offer: Catalog, here: Point, service: str, now: datetime, told: str = "",
    photos: Sequence[int] = (),
) -> list[Likely]:
    """Return the open reports that may tell of the same thing as is about to be reported, likeliest first.

    Only public ones whose exact place everybody knows: whoever asks may be anybody.

    told      what was written until now
    photos    likenesses of photos chosen until now, 64 bits each: `media.Photo.likeness`
    """
    wanted = offer.services[service]
    family = {s.id: s.code == service for s in offer.services.values() if s.group == wanted.group}
    away = distance(Report.place, here)
    recent = (
        select(Report.number).where(
            Report.cell.in_(cells_around(here, REACH_METRES)), IS_OPEN, Report.service_id.in_(family),
            Report.received_at > now - OLDEST, Report.place_told == "exact", PUBLIC)
        .order_by(Report.received_at.desc(), Report.number).limit(MEASURED)
    )
    # Each distance is measured once: one engine would measure it again for the choice and for the order.
    there = (select(Report.number, away.label("metres")).where(Report.number.in_(recent))
             .cte("there").prefix_with("MATERIALIZED"))
    asked = (
        select(Report, there.c.metres).join(there, there.c.number == Report.number)
        .where(there.c.metres <= REACH_METRES).order_by(there.c.metres, Report.number).limit(LOOKED_AT)
    )
    near = db.execute(asked).all()
    alike = _alike(db, [report.number for report, _ in near], photos)
    said = _words(told)
    found = [_scored(report, metres, family[report.service_id], now, said, report.number in alike)
             for report, metres in near]
    shown = [one for one in found if one.score >= SHOWN_FROM]
    return sorted(shown, key=lambda one: (-one.score, one.metres, one.report.number))[:MOST]


def _scored(
    report: Report, metres: float, same: bool, now: datetime, said: frozenset[str], is_alike: bool
) -> Likely:
    both = said & _words(report.description) if report.text_told else frozenset[str]()
    odds = _near(metres) * _young(now - report.received_at) * (1.0 if same else SIBLING)
    if said and report.text_told and report.description:
        odds *= 1.0 + len(both) / max(len(said), 1) if both else 0.8
    if is_alike:
        odds *= PHOTO_SPEAKS
    return Likely(report, metres, same, tuple(sorted(both)), is_alike, min(odds, 1.0))


def _near(metres: float) -> float:
    return math.exp(-max(metres - SURE_METRES, 0.0) / FADE_METRES)


def _young(age: timedelta) -> float:
    return math.exp(-max(age.total_seconds(), 0.0) / 86400 / FADE_DAYS)


def _words(text: str) -> frozenset[str]:
    words = "".join(c if c.isalnum() else " " for c in text.casefold()).split()
    return frozenset(word for word in words if len(word) >= FEWEST_LETTERS)


def _alike(db: Db, numbers: Sequence[int], photos: Sequence[int]) -> set[int]:
    """Return which of these reports have a photo that looks like one of ours."""
    if not photos or not numbers:
        return set()
    asked: Any = select(ReportPhoto.report_number, ReportPhoto.likeness).where(
        ReportPhoto.report_number.in_(numbers), ReportPhoto.stage != "done",
        ReportPhoto.state == SHOWN, ReportPhoto.likeness.is_not(None))
    return {number for number, likeness in db.execute(asked)
            if any(((likeness ^ ours) & ALL_BITS).bit_count() <= ALIKE_BITS for ours in photos)}
