"""Trying a rule book on reports of the past: what would have gone elsewhere, and which rules do nothing.

Nothing is changed. Areas are those a report lay in; things nearby are looked up as they stand today.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select

from civicconnect import geo
from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.geo import Point, latitude, longitude
from civicconnect.reports.actions import desk
from civicconnect.reports.intake import STAND_IN, Desk
from civicconnect.reports.models import Report, ReportArea
from civicconnect.reports.queries import visible_to
from civicconnect.routing import CATCH_ALL, Case, Decision, Fault, Rule, RuleBook, shadows

LAST = 5000
MOST = 100_000  # of more nobody waits for the answer
BATCH = 2500
BORDER_METRES = 25.0
SAMPLE = 20


@dataclass(frozen=True)
class Moved:
    """A report that would have gone to another department."""

    reference: str
    service: str
    received_at: datetime
    before: Decision
    after: Decision


@dataclass
class Judged:
    """What one rule of the book did in the replay.

    fits        reports that fit it
    decides     those of them that no earlier rule took
    fails       reports over which nobody can say whether they fit
    takers      what decided over those that fit: earlier rules, by code
    shadow      the earlier rule that takes all that could ever fit; "" where there is none
    faults      what it names that is not there
    border      reports that fit it but for the area, or with it, and lie at the border of an area it names
    """

    rule: Rule
    fits: int = 0
    decides: int = 0
    fails: int = 0
    takers: Counter[str] = field(default_factory=Counter)
    shadow: str = ""
    faults: Sequence[Fault] = ()
    border: int = 0
    border_sample: list[str] = field(default_factory=list)

    @property
    def says(self) -> str:
        """Return what is to be said of it: fails, shadowed, never; "" where it does its work."""
        if self.faults:
            return "fails"
        if self.shadow or (self.fits and not self.decides):
            return "shadowed"
        return "" if self.fits else "never"


@dataclass
class Replay:
    """What a rule book would have made of past reports.

    asked     how many were replayed; first and last: when they came in
    moves     how many would have gone from one department to another: (from, to)
    reasons   how many would have been decided by another rule, department aside
    caught    how many reached the catch-all because a rule failed
    """

    asked: int = 0
    first: datetime | None = None
    last: datetime | None = None
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: int = 0
    caught: int = 0
    sample: list[Moved] = field(default_factory=list)
    rules: list[Judged] = field(default_factory=list)

    @property
    def moved(self) -> int:
        return sum(self.moves.values())


@dataclass(frozen=True)
class _Past:
    """A report as it is replayed."""

    reference: str
    received_at: datetime
    case: Case
    point: Point | None


def replay(db: Db, actor: Actor, book: RuleBook, *, last: int = LAST, sample: int = SAMPLE) -> Replay:
    """Return what a rule book would have made of the last reports an actor may see, beside what is in force.

    last      how many, the newest first
    sample    how many of those that move are named, spread over the ways they move
    Two statements for some thousand reports, and a few besides.
    """
    # Things are read whichever of the two books asks for them.
    here = replace(desk(db), assets=geo.asset_index(db))
    reach = {**here.rules.reach}
    for layer, metres in book.reach.items():
        reach[layer] = max(metres, reach.get(layer, 0.0))
    taken = shadows(book.rules, here.world)
    found = Replay(rules=[Judged(rule, shadow=taken.get(rule.code, ""), faults=rule.faults(here.world))
                          for rule in book.rules])
    judged = {one.rule.code: one for one in found.rules}
    ways: dict[tuple[str, str], list[Moved]] = {}
    for past in _batches(db, actor, here, reach, min(last, MOST)):
        for one in past:
            _try(found, judged, ways, here, book, one, sample)
        _at_borders(judged, here, book, past)
    found.sample = _spread(ways, sample)
    return found


def _try(found: Replay, judged: dict[str, Judged], ways: dict[tuple[str, str], list[Moved]], here: Desk,
         book: RuleBook, past: _Past, sample: int) -> None:
    before, after = here.decided(past.case), here.decided(past.case, book)
    found.asked += 1
    found.last = found.last or past.received_at
    found.first = past.received_at
    decided = after.failed.rule if after.failed else after.rule
    for rule in book.rules_for(past.case.service):
        held, one = rule.fits(past.case, here.world), judged[rule.code]
        if held is None:
            one.fails += 1
        elif held:
            one.fits += 1
            if decided == rule.code:
                one.decides += 1
            else:
                one.takers[decided] += 1
    found.caught += after.rule == CATCH_ALL and after.failed is not None
    found.reasons += before.rule != after.rule
    if before.department != after.department:
        way = before.department, after.department
        found.moves[way] += 1
        if len(ways.setdefault(way, [])) < sample:
            ways[way].append(Moved(past.reference, past.case.service, past.received_at, before, after))


def _spread(ways: dict[tuple[str, str], list[Moved]], most: int) -> list[Moved]:
    """Return some of the reports that move, so that each way is there before one is there twice."""
    found: list[Moved] = []
    for place in range(most):
        found += [moved[place] for moved in ways.values() if place < len(moved)]
    return found[:most]


def _at_borders(judged: dict[str, Judged], here: Desk, book: RuleBook, past: Sequence[_Past]) -> None:
    """Count, for each rule that names areas, the reports at their borders."""
    placed = [one for one in past if one.point is not None]
    for rule in book.rules:
        if not rule.areas:
            continue
        chosen_ = [one for one in placed if rule.fits_but_for_areas(one.case, here.world)]
        points = [one.point for one in chosen_ if one.point is not None]
        near = here.areas.near_border(points, rule.areas, BORDER_METRES)
        told = judged[rule.code]
        told.border += int(near.sum())
        at = [one.reference for one, is_near in zip(chosen_, near.tolist(), strict=True) if is_near]
        told.border_sample += at[:max(0, 5 - len(told.border_sample))]


def _batches(db: Db, actor: Actor, here: Desk, reach: dict[str, float], last: int) -> Any:
    """Yield past reports, the newest first, some thousand at a time."""
    keys = {area.id: area.key for area in here.areas.areas}
    asked = (
        select(Report.number, Report.reference, Report.received_at, Report.service_id, Report.answers,
               Report.source, Report.place_told, latitude(Report.place), longitude(Report.place))
        .where(visible_to(actor)).order_by(Report.received_at.desc(), Report.number.desc())
    )
    beyond: Any = True
    while last > 0:
        rows = db.execute((asked if beyond is True else asked.where(beyond)).limit(min(BATCH, last))).all()
        if not rows:
            return
        last -= len(rows)
        at, number = rows[-1].received_at, rows[-1].number
        beyond = or_(Report.received_at < at, and_(Report.received_at == at, Report.number < number))
        areas: dict[int, list[str]] = {}
        inside = select(ReportArea.report_number, ReportArea.area_id).where(
            ReportArea.report_number.in_([row.number for row in rows]))
        for report, area in db.execute(inside):
            areas.setdefault(report, []).append(keys[area])
        # Where no address was found, the place only stands in for one, and lies nowhere.
        points = [Point(lat, long) if lat is not None and told != STAND_IN and number in areas else None
                  for number, *_, told, lat, long in rows]
        near = here.assets.near_many(points, reach) if here.assets else [{}] * len(rows)
        yield [_Past(row.reference, row.received_at,
                     _case(here, row, sorted(areas.get(row.number, ())), beside), point)
               for row, point, beside in zip(rows, points, near, strict=True)]


def _case(here: Desk, row: Any, areas: Sequence[str], near: Any) -> Case:
    service = here.catalog.services[here.catalog.service_codes[row.service_id]]
    given = {answer["code"]: answer["value"] for answer in row.answers}
    # How pressing it was when it came in: staff may have said otherwise since.
    return Case(service.code, areas, given, service.priority_of(given), row.source,
                here.catalog.city.wall(row.received_at), near)
