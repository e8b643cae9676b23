"""The same thing done to many reports: chosen, looked at, done by the worker in batches, and taken back.

    draft -> asked -> done -> undoing -> undone

Each batch is one transaction, in which its reports change and its items say so. A worker that is killed
leaves whole batches; the next one goes on with the items that still wait.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, literal, or_, select

from civicconnect import accounts, catalog, clock, jobs, reports
from civicconnect.accounts import Actor, Staff
from civicconnect.catalog import Catalog
from civicconnect.db import Db
from civicconnect.errors import Conflict, Invalid, NotFound, Refusal, Sentence
from civicconnect.queue import actions
from civicconnect.queue.actions import Action, Work
from civicconnect.queue.desk import Desk
from civicconnect.queue.models import Bulk, BulkItem
from civicconnect.queue.views import staff_id
from civicconnect.queue.wording import Speak
from civicconnect.queue.worklist import RANKED
from civicconnect.reports import Report, visible_to

DRAFT, ASKED, DONE, UNDOING, UNDONE = "draft", "asked", "done", "undoing", "undone"
NOT_YOURS = Sentence("It is not yours to change any more.")
WAITING, SAME, REFUSED, STAYS = "waiting", "same", "refused", "stays"  # of items; done and undone too
MOST = 10_000
BATCH = 500
UNDO_FOR = timedelta(minutes=10)
# Letters wait a little longer, so that whoever presses in the last second is still in time.
LETTERS_WAIT = UNDO_FOR + timedelta(minutes=1)
FIRST = timedelta(days=-1)  # due since yesterday: somebody looks on, and what follows from it comes after
DRAFTS_KEPT, KEPT = timedelta(days=1), timedelta(days=90)
SAMPLES = 6  # languages in which the words are shown


def begin_selected(db: Db, actor: Actor, selected: Sequence[tuple[str, int]]) -> int:
    """Begin with reports that were ticked: their references, and how many events of each were seen."""
    seen = dict(selected)
    asked = select(Report.number, Report.reference).where(Report.reference.in_(list(seen)), visible_to(actor))
    found = db.execute(asked.order_by(*RANKED)).all()
    if not found:
        raise Invalid({"report": [Sentence("Select at least one report.")]})
    _refuse_more_than(len(found))
    number = _begin(db, actor)
    db.execute(insert(BulkItem), [
        {"bulk_id": number, "report_number": row.number, "seen": seen[row.reference], "state": WAITING}
        for row in found])
    return number


def begin_view(db: Db, actor: Actor, desk: Desk, offer: Catalog) -> int:
    """Begin with every report of a view, as it stands now."""
    number = _begin(db, actor)
    chosen = (select(literal(number), Report.number, Report.events, literal(WAITING))
              .where(*desk.seek(db, offer).where(actor, offer, clock.now())).limit(MOST + 1))
    db.execute(insert(BulkItem).from_select(["bulk_id", "report_number", "seen", "state"], chosen))
    total = db.scalar(select(func.count()).select_from(BulkItem).where(BulkItem.bulk_id == number)) or 0
    if not total:
        raise Invalid({"report": [Sentence("No report is in this view.")]})
    _refuse_more_than(total)
    return number


def _refuse_more_than(total: int) -> None:
    if total > MOST:
        raise Invalid({"report": [Sentence("Choose at most %(most)s reports at once. "
                                           "Narrow the view with filters.", most=MOST)]})


def _begin(db: Db, actor: Actor) -> int:
    if not (actor.may("step") or actor.may("note")):
        raise NotFound("nothing to do in bulk for this role")
    row = Bulk(staff_id=staff_id(actor), action="", given={}, state=DRAFT, made_at=clock.now())
    db.add(row)
    db.flush()
    return row.id


def find_bulk(db: Db, actor: Actor, number: int, *, lock: bool = False) -> Bulk:
    """Return what somebody does to many reports; NotFound for others, but for who sees all those reports.

    lock    to change it, which is for nobody but who began it: it is done in their name
    """
    asked = select(Bulk).where(Bulk.id == number)
    if lock:
        asked = asked.where(_begun_by(actor)).with_for_update().execution_options(populate_existing=True)
    else:
        asked = asked.where(_seen_by(actor))
    found = db.scalar(asked)
    if found is None:
        raise NotFound(f"there is no bulk {number} here")
    return found


def bulks(db: Db, actor: Actor) -> list[tuple[Bulk, str, int]]:
    """Return what was done in bulk, the newest first: each with who did it and to how many."""
    total = select(func.count()).where(BulkItem.bulk_id == Bulk.id).scalar_subquery()
    asked = (select(Bulk, Staff.name, total).join(Staff, Staff.id == Bulk.staff_id)
             .where(Bulk.state != DRAFT, _seen_by(actor)).order_by(Bulk.id.desc()).limit(50))
    return [(row, name, count) for row, name, count in db.execute(asked)]


def is_own(actor: Actor, row: Bulk) -> bool:
    """Say whether somebody may go on with it: others only look."""
    return row.staff_id == staff_id(actor)


def _begun_by(actor: Actor) -> ColumnElement[bool]:
    return Bulk.staff_id == staff_id(actor)


def _seen_by(actor: Actor) -> ColumnElement[bool]:
    """Return the condition for what somebody began, and for others' where they see each of its reports."""
    if not actor.may("see_all"):
        return _begun_by(actor)
    hidden = (select(BulkItem.report_number).join(Report, Report.number == BulkItem.report_number)
              .where(BulkItem.bulk_id == Bulk.id, ~visible_to(actor)))
    return or_(_begun_by(actor), ~hidden.exists())


# Looking before doing

@dataclass(frozen=True)
class Refused:
    """One report that stays as it is, and why."""

    reference: str
    why: Sentence


@dataclass(frozen=True)
class Preview:
    """What will change: how many reports, which will not, how many people are told, and what they read.

    words    a language, and the words in it, as one report of that language would carry them
    mark     of what was settled: other words need another look
    """

    total: int
    refused: tuple[Refused, ...]
    people: int
    words: tuple[tuple[str, str], ...]
    mark: str

    @property
    def possible(self) -> int:
        return self.total - len(self.refused)


def settle(db: Db, actor: Actor, number: int, code: str, given: Mapping[str, str]) -> None:
    """Keep what shall be done, while nothing is. Raises Invalid and Conflict (it is being done already)."""
    row = find_bulk(db, actor, number, lock=True)
    if row.state != DRAFT:
        raise Conflict(Sentence("This has been sent already."))
    offer = catalog.catalog(db)
    people = actions.people_for(db, actor, offer)
    action, kept = actions.choose(code, given, reports.clocks(db), offer, people)
    row.action, row.given = action.code, kept


def preview(db: Db, actor: Actor, row: Bulk, offer: Catalog, speak: Speak) -> Preview:
    """Return what would come of it now."""
    chosen = select(BulkItem.report_number).where(BulkItem.bulk_id == row.id)
    action, work = actions.BY_CODE[row.action], Work(db, actor, chosen, row.given, offer, speak)
    asked = (select(Report, BulkItem.seen).join(BulkItem, BulkItem.report_number == Report.number)
             .where(BulkItem.bulk_id == row.id, visible_to(actor)).order_by(*RANKED))
    refused, possible, words = [], [], dict[str, str]()
    found = db.execute(asked).all()
    for report, seen in found:
        why = _why_not(action, work, report, seen)
        if why is not None:
            refused.append(Refused(report.reference, why))
            continue
        possible.append(report.number)
        if action.public and report.language not in words and len(words) < SAMPLES:
            given = work.words_for(report)
            words[report.language] = given.get("reason", given.get("why", ""))
    people = reports.count_told(db, possible) if action.public and possible else 0
    read = tuple((k, v) for k, v in words.items() if v)
    return Preview(len(found), tuple(refused), people, read, mark_of(row))


def mark_of(row: Bulk) -> str:
    """Return a mark of what shall be done: anything else that is settled makes another."""
    return hashlib.sha256(json.dumps([row.action, row.given], sort_keys=True).encode()).hexdigest()[:16]


def _why_not(action: Action, work: Work, report: Report, seen: int) -> Sentence | None:
    try:
        reports.refuse_unseen(report, seen)
        action.check(work, report)
    except Refusal as fault:
        return said(fault)
    return None


def said(fault: Refusal) -> Sentence:
    """Return a refusal as one sentence."""
    if isinstance(fault, Invalid):
        first = next(sentence for sentences in fault.fields.values() for sentence in sentences)
        return first if isinstance(first, Sentence) else Sentence(first)
    sentence = fault.sentence
    return sentence if isinstance(sentence, Sentence) else Sentence("You may not do this to it.")


# Doing

def start(db: Db, actor: Actor, number: int, mark: str | None = None) -> None:
    """Ask for it to be done. A second press asks for nothing more.

    mark    of what the actor looked at; where something else was settled since, that is a Conflict
    """
    row = find_bulk(db, actor, number, lock=True)
    if not row.action:
        raise Invalid({"action": [Sentence("Choose what shall be done.")]})
    if row.state == DRAFT:
        if mark is not None and mark != mark_of(row):
            raise Conflict(Sentence("You changed this draft in another window. Here it is as it stands now."))
        row.state = ASKED
        jobs.enqueue(db, "bulk", {"bulk": row.id}, wait=FIRST)


def work_on(db: Db, number: int, speak: Speak) -> bool:
    """Do the next batch, or take it back. Returns whether there may be more."""
    row = db.scalar(select(Bulk).where(Bulk.id == number, Bulk.state.in_((ASKED, UNDOING))).with_for_update())
    if row is None:
        return False
    waits = WAITING if row.state == ASKED else DONE
    items = list(db.scalars(select(BulkItem).where(BulkItem.bulk_id == number, BulkItem.state == waits)
                            .order_by(BulkItem.report_number).limit(BATCH)))
    if not items:
        _finish(row)
        return False
    try:
        actor = accounts.actor_of(db, row.staff_id)
    except NotFound:  # whoever asked for it has left meanwhile: nothing more is done in their name
        for item in items:
            item.state = REFUSED if row.state == ASKED else STAYS
            item.said = spelled(NOT_YOURS)
        return True
    if row.started_at is None:
        row.started_at = clock.now()
        row.undo_until = row.started_at + UNDO_FOR
    asked = select(Report).where(Report.number.in_([item.report_number for item in items]), visible_to(actor))
    found = {report.number: report for report in db.scalars(asked.order_by(Report.number).with_for_update())}
    action = actions.BY_CODE[row.action]
    with reports.gathering(db, LETTERS_WAIT if row.state == ASKED else timedelta()):
        if row.state == ASKED:
            _do(items, found, action, Work(db, actor, found, row.given, catalog.catalog(db), speak))
        else:
            _take_back(db, actor, items, found, action)
    return True


def _finish(row: Bulk) -> None:
    row.state = DONE if row.state == ASKED else UNDONE
    row.finished_at = clock.now()
    # What people wrote stands on the timelines, where the law can erase it.
    row.given = {name: text for name, text in row.given.items() if name not in ("reason", "note", "why")}


def _do(items: Sequence[BulkItem], found: Mapping[int, Report], action: Action, work: Work) -> None:
    for item in items:
        report = found.get(item.report_number)
        try:
            if report is None:
                raise NotFound(NOT_YOURS)
            reports.refuse_unseen(report, item.seen)
            before = reports.kept(report)
            action.do(work, report)
        except Refusal as fault:
            item.state, item.said = REFUSED, spelled(said(fault))
            continue
        if report.events == item.seen:
            item.state = SAME
        else:
            item.state, item.seq, item.before = DONE, report.events, before


# Taking back

def undo(db: Db, actor: Actor, number: int) -> None:
    """Ask for it to be taken back. Raises Conflict where it is too late, or is still being done."""
    row = find_bulk(db, actor, number, lock=True)
    if row.state in (UNDOING, UNDONE):
        return
    if not may_undo(row, clock.now()):
        raise Conflict(Sentence("The ten minutes are over. "
                                "What is done stays, and can be changed report by report."))
    row.state = UNDOING
    jobs.enqueue(db, "bulk", {"bulk": row.id}, wait=FIRST)


def may_undo(row: Bulk, now: datetime) -> bool:
    """Say whether it can still be taken back."""
    return row.state == DONE and row.undo_until is not None and now < row.undo_until


def _take_back(
    db: Db, actor: Actor, items: Sequence[BulkItem], found: Mapping[int, Report], action: Action
) -> None:
    related = reports.related(db, found)
    for item in items:
        report = found.get(item.report_number)
        if report is None or report.events != item.seq or not item.before:
            item.state, item.said = STAYS, spelled(Sentence("Something else has happened to it since."))
        else:
            reports.put_back(db, actor, report, item.before, item.seq, public=action.public,
                             since=item.seen, alone=report.number not in related)
            item.state = UNDONE


# What became of it

@dataclass(frozen=True)
class Progress:
    """How far it is: reports by what became of them, and those that stayed as they were."""

    counts: Mapping[str, int]
    refused: tuple[Refused, ...]  # as many as a page shows
    stays: tuple[Refused, ...]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def settled(self) -> int:
        """Return how many need nothing more to be done."""
        return self.total - self.counts[WAITING]


def progress(db: Db, row: Bulk, most: int = 200) -> Progress:
    """Return how far it is: two statements, one where none has stayed as it was."""
    sums = select(BulkItem.state, func.count()).where(BulkItem.bulk_id == row.id).group_by(BulkItem.state)
    counts = Counter(dict(db.execute(sums).tuples().all()))
    asked = (select(BulkItem.state, BulkItem.said, Report.reference)
             .join(Report, Report.number == BulkItem.report_number)
             .where(BulkItem.bulk_id == row.id, BulkItem.state.in_((REFUSED, STAYS)))
             .order_by(BulkItem.report_number).limit(most))
    kept: dict[str, list[Refused]] = {REFUSED: [], STAYS: []}
    for state, why, reference in db.execute(asked) if counts[REFUSED] or counts[STAYS] else ():
        kept[state].append(Refused(reference, read_back(why)))
    return Progress(counts, tuple(kept[REFUSED]), tuple(kept[STAYS]))


def forget_bulks(db: Db, now: datetime) -> None:
    """Forget what was begun and never sent, and after some months what was done."""
    for state, before in ((Bulk.state == DRAFT, now - DRAFTS_KEPT), (Bulk.state != DRAFT, now - KEPT)):
        old = select(Bulk.id).where(state, Bulk.made_at < before)
        db.execute(delete(BulkItem).where(BulkItem.bulk_id.in_(old)), execution_options=UNSEEN)
        db.execute(delete(Bulk).where(state, Bulk.made_at < before), execution_options=UNSEEN)


UNSEEN = {"synchronize_session": False}


def spelled(sentence: Sentence) -> dict[str, Any]:
    """Return a sentence as JSON keeps it, so that each reader still reads it in their own language."""
    return {"words": sentence.words, "values": {
        name: spelled(value) if isinstance(value, Sentence) else value
        for name, value in sentence.values.items()}}


def read_back(kept: Mapping[str, Any] | None) -> Sentence:
    """Return the sentence that was kept."""
    if not kept:
        return Sentence("")
    return Sentence(kept["words"], **{name: read_back(value) if isinstance(value, Mapping) else value
                                      for name, value in kept["values"].items()})
