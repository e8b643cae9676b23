"""Rounds: whose way through the city on a day leads to which reports, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect import accounts, clock
from civicconnect.accounts import Actor
from civicconnect.catalog import Catalog, catalog
from civicconnect.db import Base, Db, Instant, Key, Reference, insert_new
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound, Sentence
from civicconnect.geo import Point, latitude, longitude, metres_between, walk
from civicconnect.reports.assigning import LONGEST_TEAM, assign, refuse_unseen
from civicconnect.reports.filter import Filter
from civicconnect.reports.lifecycle import CLOSED
from civicconnect.reports.models import IS_OPEN, Report, ReportPhoto
from civicconnect.reports.queries import HIDDEN, find, visible_to

TODO, DOING, FINISHED, DONE, NO_ACCESS, REMOVED = "todo", "doing", "finished", "done", "no_access", "removed"
MOST_STOPS = 60  # nobody walks to more in a day, and the order of more takes too long to find
LONGEST_NAME = 80  # characters
FURTHEST_DAYS = 366


class Round(Base):
    """One way through the city on one day: a person's, or a team's."""

    __tablename__ = "round"
    __table_args__ = (
        UniqueConstraint("staff_id", "day"),
        Index("ix_round_department_id_day", "department_id", "day"),
        CheckConstraint("staff_id IS NOT NULL OR team <> ''", name="is_somebodys"),
    )
    id: Mapped[Key]
    department_id: Mapped[Reference] = mapped_column(ForeignKey("department.id"))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    day: Mapped[date]
    staff_id: Mapped[Reference | None] = mapped_column(ForeignKey("staff.id"))
    team: Mapped[str] = mapped_column(String(LONGEST_TEAM))
    lat: Mapped[float | None] = mapped_column(Double)  # where it begins; None: at its first stop
    long: Mapped[float | None] = mapped_column(Double)
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[Instant]
    started_at: Mapped[Instant | None]
    finished_at: Mapped[Instant | None]

    @property
    def start(self) -> Point | None:
        return None if self.lat is None or self.long is None else Point(self.lat, self.long)


class RoundStop(Base):
    """One report on a round. Taken off, it stays: what was done there in the meantime still has its place."""

    __tablename__ = "round_stop"
    __table_args__ = (UniqueConstraint("round_id", "report_number"),)
    id: Mapped[Key]
    round_id: Mapped[Reference] = mapped_column(ForeignKey("round.id"))
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"), index=True)
    position: Mapped[int]
    state: Mapped[str] = mapped_column(String(12))  # todo, doing, finished, done, no_access, removed
    started_at: Mapped[Instant | None]  # the last tap on "Start"
    finished_at: Mapped[Instant | None]
    seconds: Mapped[int]  # spent there in all, between the taps


@dataclass(frozen=True)
class Halt:
    """One stop as it is read: with its report and where that is."""

    stop: RoundStop
    report: Report
    point: Point | None


def staff_id_of(actor: Actor) -> int:
    """Return the id of a member of staff; NotAllowed for everybody else."""
    if actor.kind != "staff":
        raise NotAllowed("rounds are walked by staff")
    return int(actor.name.removeprefix("staff:"))


def rounds_seen(actor: Actor, since: date) -> Select[Round]:
    """Select the rounds from a day on that an actor may see, by day."""
    return select(Round).where(_seen_by(actor), Round.day >= since).order_by(Round.day, Round.name, Round.id)


def _seen_by(actor: Actor) -> ColumnElement[bool]:
    mine: ColumnElement[bool] = Round.staff_id == staff_id_of(actor)
    theirs = Round.department_id.in_(actor.departments)
    return true() if actor.may("see_all") else or_(mine, theirs) if actor.may("queue") else mine


def find_round(db: Db, actor: Actor, round_id: int, *, lock: bool = False) -> Round:
    """Return a round, or raise NotFound: also where it is not for this actor."""
    asked = select(Round).where(Round.id == round_id, _seen_by(actor))
    found = db.scalar(asked.with_for_update() if lock else asked)
    if found is None:
        raise NotFound("there is no such round here")
    return found


def rounds_to_walk(db: Db, actor: Actor, day: date) -> list[Round]:
    """Return the rounds of a day that an actor may walk: their own first, then those of teams."""
    asked = rounds_seen(actor, day).where(Round.day == day)
    mine = staff_id_of(actor)
    found = [one for one in db.scalars(asked) if one.staff_id in (mine, None)]
    return sorted(found, key=lambda one: one.staff_id is None)


def may_walk(actor: Actor, round_: Round) -> bool:
    """Say whether an actor may take steps on a round they can see: it is theirs, or a team's."""
    return actor.may("step") and round_.staff_id in (staff_id_of(actor), None)


def halts(db: Db, actor: Actor, round_: Round) -> list[Halt]:
    """Return the stops of a round in their order, with the reports that the actor may open: one statement."""
    asked = (
        select(RoundStop, Report, latitude(Report.place), longitude(Report.place))
        .join(Report, Report.number == RoundStop.report_number)
        .where(RoundStop.round_id == round_.id, RoundStop.state != REMOVED, visible_to(actor))
        .order_by(RoundStop.position, RoundStop.id)
    )
    return [Halt(stop, report, None if lat is None else Point(lat, long))
            for stop, report, lat, long in db.execute(asked)]


def stops_by_state(db: Db, numbers: Sequence[int]) -> dict[int, dict[str, int]]:
    """Return of some rounds, by id, how many stops stand how: one statement."""
    asked = (select(RoundStop.round_id, RoundStop.state, func.count())
             .where(RoundStop.round_id.in_(numbers), RoundStop.state != REMOVED)
             .group_by(RoundStop.round_id, RoundStop.state).order_by(RoundStop.state))
    found: dict[int, dict[str, int]] = {number: {} for number in numbers}
    for number, state, many in db.execute(asked):
        found[number][state] = many
    return found


def photos_on(db: Db, numbers: Sequence[int]) -> dict[int, list[tuple[str, bool]]]:
    """Return the photos of some reports but the hidden ones: digest, and whether it shows the trouble."""
    asked = (select(ReportPhoto.report_number, ReportPhoto.digest, ReportPhoto.stage)
             .where(ReportPhoto.report_number.in_(numbers), ReportPhoto.state != HIDDEN)
             .order_by(ReportPhoto.report_number, ReportPhoto.position))
    found: dict[int, list[tuple[str, bool]]] = {}
    for number, digest, stage in db.execute(asked):
        found.setdefault(number, []).append((digest, stage != "done"))
    return found


def make_round(
    db: Db, actor: Actor, department: str, day: date, staff_id: int | None = None, team: str = "",
    *, name: str = "", start: Point | None = None,
) -> Round:
    """Return the round of a person or a team on a day, made where there is none.

    department    its code
    start         where it begins; kept from before where None

    Raises NotAllowed and Invalid.
    """
    may_plan(actor)
    row = catalog(db).departments.get(department)
    if row is None or not (actor.may("see_all") or row.id in actor.departments):
        raise Invalid({"department": [Sentence("Choose one of your departments.")]})
    _check(db, row.id, day, staff_id, team.strip(), name.strip())
    found = _known(db, row.id, day, staff_id, team.strip())
    if found is None:
        new = {"department_id": row.id, "name": name.strip(), "day": day, "staff_id": staff_id,
               "team": team.strip(), "made_by": actor.name, "made_at": clock.now()}
        number = insert_new(db, Round, ["staff_id", "day"], new, Round.id)
        # None: somebody else made it in this instant.
        found = db.get(Round, number) if number else _known(db, row.id, day, staff_id, team.strip())
    if found is None:
        raise Conflict(Sentence("This round is just being made. Try again."))
    if found.department_id != row.id:
        raise Conflict(Sentence("This person has a round of another department that day."))
    found.name = name.strip() or found.name
    if start:
        found.lat, found.long = start.lat, start.long
    db.flush()
    return found


def may_plan(actor: Actor) -> None:
    """Raise NotAllowed where somebody may not change reports, and so no rounds."""
    if actor.kind != "staff" or not actor.may("step"):
        raise NotAllowed(Sentence("Your role may look, but not change reports."))


def _check(db: Db, department_id: int, day: date, staff_id: int | None, team: str, name: str) -> None:
    faults: dict[str, list[str]] = {}
    today = catalog(db).city.day(clock.now())
    if not today <= day <= today + timedelta(days=FURTHEST_DAYS):
        faults["day"] = [Sentence("Give a day from today on, within a year.")]
    if staff_id is not None and staff_id not in accounts.colleagues(db, department_id):
        faults["person"] = [Sentence("Choose somebody who works in this department.")]
    elif staff_id is None and not team:
        faults["person"] = [Sentence("Choose who walks it, or name a team.")]
    for field, text, most in (("team", team, LONGEST_TEAM), ("name", name, LONGEST_NAME)):
        if len(text) > most:
            faults[field] = [Sentence("Use at most %(most)s characters.", most=most)]
    if faults:
        raise Invalid(faults)


def _known(db: Db, department_id: int, day: date, staff_id: int | None, team: str) -> Round | None:
    asked = select(Round).where(Round.day == day)
    if staff_id is not None:
        return db.scalar(asked.where(Round.staff_id == staff_id))
    return db.scalar(asked.where(Round.department_id == department_id, Round.staff_id.is_(None),
                                 Round.team == team).limit(1))


def fitting_round(
    db: Db, actor: Actor, round_: Round, view: Filter, offer: Catalog, *, unclaimed: bool
) -> list[str]:
    """Return references of open reports for a round, the most pressing first: those of its person or team.

    view         narrows by service and area
    unclaimed    those that nobody has yet, too
    """
    theirs = Report.assigned_to == round_.staff_id if round_.staff_id else Report.team == round_.team
    nobodys = Report.assigned_to.is_(None) & (Report.team == "")
    walker = [visible_to(accounts.actor_of(db, round_.staff_id))] if round_.staff_id else []
    planned = (select(RoundStop.report_number).join(Round, Round.id == RoundStop.round_id)
               .where(RoundStop.state.in_((TODO, DOING)), Round.day >= offer.city.day(clock.now())))
    view = view.seek(db, offer, strangers=False)
    asked = (
        select(Report.reference)
        .where(IS_OPEN, visible_to(actor), *walker, Report.department_id == round_.department_id,
               Report.place.is_not(None), or_(theirs, nobodys) if unclaimed else theirs,
               Report.number.not_in(planned), *view.where(offer, strangers=False))
        .order_by(Report.due_at.asc().nulls_last(), Report.received_at, Report.number).limit(MOST_STOPS)
    )
    return list(db.scalars(asked))


def put_on_round(
    db: Db, actor: Actor, round_: Round, reference: str, *, seen: int | None = None
) -> RoundStop:
    """Put a report at the end of a round and give it to whoever walks that; other rounds to come let it go.

    Raises NotFound, NotAllowed, Conflict (it changed, is closed, the round is full) and Invalid.
    """
    may_plan(actor)
    db.execute(select(Round.id).where(Round.id == round_.id).with_for_update())  # always before its reports
    report = find(db, reference, actor, lock=True)
    refuse_unseen(report, seen)
    if report.status == CLOSED:
        raise Conflict(Sentence("This report is closed. Reopen it before you send somebody."))
    stops = list(db.scalars(select(RoundStop).where(RoundStop.round_id == round_.id)))
    if sum(stop.state != REMOVED for stop in stops) >= MOST_STOPS:
        raise Conflict(Sentence("A round has at most %(most)s stops.", most=MOST_STOPS))
    assign(db, actor, reference, round_.staff_id, round_.team)
    _leave_others(db, round_, report.number)
    stop = next((one for one in stops if one.report_number == report.number), None)
    if stop is None:
        stop = RoundStop(round_id=round_.id, report_number=report.number, seconds=0, state=REMOVED)
        db.add(stop)
    if stop.state == REMOVED:
        stop.state, stop.position = TODO, max((one.position for one in stops), default=0) + 1
    round_.finished_at = None
    db.flush()
    return stop


def _leave_others(db: Db, round_: Round, number: int) -> None:
    others = (select(RoundStop).join(Round, Round.id == RoundStop.round_id)
              .where(RoundStop.report_number == number, RoundStop.state == TODO, Round.id != round_.id,
                     Round.day >= round_.day))
    for stop in db.scalars(others):
        stop.state = REMOVED


def take_off_round(db: Db, actor: Actor, stop_id: int) -> Round:
    """Take a stop off its round where no work was begun; the report stays whose it is."""
    stop, round_ = found_to_plan(db, actor, stop_id)
    if stop.state != TODO:
        raise Conflict(Sentence("Somebody began to work there. It stays on the round."))
    stop.state = REMOVED
    db.flush()
    settle(db, round_)
    return round_


def found_to_plan(db: Db, actor: Actor, stop_id: int) -> tuple[RoundStop, Round]:
    """Return a stop and its round, locked, for whoever may plan it; or raise NotFound or NotAllowed."""
    may_plan(actor)
    stop = db.get(RoundStop, stop_id)
    if stop is None:
        raise NotFound("there is no such stop")
    return stop, find_round(db, actor, stop.round_id, lock=True)


def move_stop(db: Db, actor: Actor, stop_id: int, by: int) -> Round:
    """Move a stop up (-1) or down (1) among those of its round."""
    stop, round_ = found_to_plan(db, actor, stop_id)
    order = [halt.stop for halt in halts(db, actor, round_)]
    if stop in order:
        at = order.index(stop)
        to = min(max(at + by, 0), len(order) - 1)
        order.insert(to, order.pop(at))
        _number(order)
        db.flush()
    return round_


def sort_round(db: Db, actor: Actor, round_: Round, start: Point | None = None) -> None:
    """Put what is still to do of a round in walking order; what was done stands before it, as it was.

    start    where somebody stands; None: where the round begins, or else at the most pressing stop
    """
    may_plan(actor)
    found = halts(db, actor, round_)
    before = [halt.stop for halt in found if halt.stop.state != TODO]
    placed = [(halt.stop, halt.point) for halt in found if halt.stop.state == TODO and halt.point]
    nowhere = [halt.stop for halt in found if halt.stop.state == TODO and not halt.point]
    order = walk([point for _, point in placed], start or round_.start)
    _number([*before, *(placed[at][0] for at in order), *nowhere])
    db.flush()


def _number(stops: Sequence[RoundStop]) -> None:
    for position, stop in enumerate(stops, 1):
        stop.position = position


def settle(db: Db, round_: Round) -> None:
    """Write down whether a round is finished: nothing is to do on it any more."""
    is_left = or_(RoundStop.state == DOING, (RoundStop.state == TODO) & IS_OPEN)  # colleagues close some too
    left = (select(RoundStop.id).join(Report, Report.number == RoundStop.report_number)
            .where(RoundStop.round_id == round_.id, is_left))
    if db.scalar(left.limit(1)) is not None:
        round_.finished_at = None
    elif round_.finished_at is None and round_.started_at is not None:
        round_.finished_at = clock.now()


def walking_legs(found: Sequence[Halt], start: Point | None) -> list[float | None]:
    """Return the metres to each stop from the last one before it that has a place; None: not known."""
    told: list[float | None] = []
    before = start
    for halt in found:
        told.append(metres_between(before, halt.point) if before and halt.point else None)
        before = halt.point or before
    return told
