"""After a report was sent: people add to it, take words back, withdraw it, and say whether it is fixed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select

from civicconnect import accounts, clock
from civicconnect.accounts import SYSTEM, Actor
from civicconnect.db import Db, upsert
from civicconnect.errors import Conflict, Invalid, NotFound, Sentence
from civicconnect.media import Photo
from civicconnect.reports import blocking
from civicconnect.reports.actions import LONGEST_TEXT, take_step
from civicconnect.reports.attaching import add_photos, state_of_new
from civicconnect.reports.following import LEFT, SENT, asked_about, report_of
from civicconnect.reports.kin import Part
from civicconnect.reports.lifecycle import CLOSED
from civicconnect.reports.models import Event, EventText, Flag, Follower, Report, ReportPhoto, Verdict
from civicconnect.reports.queries import HIDDEN
from civicconnect.reports.recording import record
from civicconnect.reports.story import WROTE, story

RESIDENT = Actor("resident", "resident")
FIXED, STILL_THERE, CANNOT_TELL = "fixed", "still_there", "cannot_tell"
SAYS = {FIXED: Sentence("It is fixed"), STILL_THERE: Sentence("It is still there"),
        CANNOT_TELL: Sentence("I cannot tell")}
# The closings after which we ask: the others do not claim that anything was mended.
ASKED_AFTER = ("fixed", "partly_fixed", "not_found")
ANSWERED_WITHIN = timedelta(days=90)  # of the closing; after that it is a new report
ENOUGH = 2  # people who say "still there", none of whom sent the report
MOST_ADDED = 5  # photos at once
LONGEST_PLACE = 200  # characters of a place told in words
MOST_PHOTOS = 30  # of one report, whoever sent them


def add(db: Db, follower: Follower, words: str, photos: Sequence[Photo]) -> Report:
    """Add words, photos or both to a report. Raises Invalid: nothing to add, or too much."""
    report = report_of(db, follower, lock=True)
    told = checked(words)
    _may_speak(report, follower)
    blocking.refuse_known(db, follower.person, "words")
    if not told and not photos:
        raise Invalid({"words": [Sentence("Write something, or choose a photo.")]})
    fresh = photos_added(db, report, photos)
    if told or fresh:
        record(db, report, "add", RESIDENT, {"by": follower.role}, text=text_of(told, fresh))
    return report


def _may_speak(report: Report, follower: Follower) -> None:
    if report.visibility == HIDDEN and follower.role != SENT:
        raise NotFound("this report is no longer public")


def withdraw(db: Db, report: Report, reason: str = "") -> Report:
    """Close an open report because whoever sent it needs it no longer; a second time changes nothing.

    Raises Conflict (the city has closed it meanwhile) and Invalid.
    """
    if report.status == CLOSED and report.outcome == "withdrawn":
        return report
    return take_step(db, RESIDENT, report, "withdraw", {"reason": reason})


def can_answer(report: Report, now: datetime) -> bool:
    """Say whether people are asked if a report is fixed."""
    return (report.status == CLOSED and report.outcome in ASKED_AFTER and report.closed_at is not None
            and now - report.closed_at <= ANSWERED_WITHIN)


def answer(db: Db, follower: Follower, says: str, words: str = "", photos: Sequence[Photo] = ()) -> Report:
    """Keep what somebody found after the closing, and reopen the report where that is due.

    It reopens where whoever sent it says "still there", or two others do, each for themselves.
    Raises Conflict (not closed as mended, or too long ago) and Invalid.
    """
    report = asked_about(db, follower, lock=True)
    _may_speak(report, follower)
    if says not in SAYS:
        raise Invalid({"says": [Sentence("Choose one of these.")]})
    if not can_answer(report, clock.now()):
        raise Conflict(Sentence("We do not ask about this report any more. Send a new one if it is there."))
    told, closing = checked(words), _closing(db, report)
    if told or photos:
        blocking.refuse_known(db, follower.person, "words")
    before = db.scalar(_verdicts(report, closing).where(Verdict.follower_id == follower.id))
    fresh = photos_added(db, report, photos)
    if before != says or told or fresh:
        upsert(db, Verdict, ["report_number", "closing", "follower_id"], [
            {"report_number": report.number, "closing": closing, "follower_id": follower.id, "says": says,
             "at": clock.now()}])
        report.verification = verification(db, report, closing)
        record(db, report, "answer", RESIDENT, {"says": says, "by": follower.role}, text=text_of(told, fresh))
    if says == STILL_THERE and _is_disputed(db, report, closing):
        take_step(db, SYSTEM, report, "dispute", {})
    return report


def verification(db: Db, report: Report, closing: int) -> str:
    """Return what is known of a closing from those who looked."""
    said = set(db.scalars(_verdicts(report, closing)))
    if STILL_THERE in said:
        return "disputed"
    return "confirmed" if FIXED in said else "unverified"


def said_by(db: Db, follower: Follower) -> str:
    """Return what somebody said of the last closing; "" before that."""
    asked = (select(Verdict.says).where(Verdict.follower_id == follower.id)
             .order_by(Verdict.closing.desc()).limit(1))
    return db.scalar(asked.where(Verdict.closing == _closing(db, asked_about(db, follower)))) or ""


def _is_disputed(db: Db, report: Report, closing: int) -> bool:
    found = db.execute(
        select(Follower.role, Follower.person).join(Verdict, Verdict.follower_id == Follower.id)
        .where(Verdict.report_number == report.number, Verdict.closing == closing,
               Verdict.says == STILL_THERE, Follower.role != LEFT)).all()
    return SENT in {one.role for one in found} or len({one.person for one in found}) >= ENOUGH


def _verdicts(report: Report, closing: int) -> Any:
    return (select(Verdict.says).join(Follower, Follower.id == Verdict.follower_id)
            .where(Verdict.report_number == report.number, Verdict.closing == closing, Follower.role != LEFT))


def _closing(db: Db, report: Report) -> int:
    """Return the place of the last closing on a report's timeline; 0 where there is none."""
    asked = select(func.max(Event.seq)).where(Event.report_number == report.number, Event.verb == "close")
    return db.scalar(asked) or 0


def redact(db: Db, report: Report, seq: int, words: str, without: Collection[str] = (),
           place: str | None = None) -> Report:
    """Replace one's own words and take out photos. What stood there is erased for good.

    seq        the event that the words came with: 1 for the report itself
    words      what stands there instead; "" for nothing
    without    digests of photos to take out
    place      of a report whose place was told in words alone: what these become; None: they stay

    Raises NotFound (nobody wrote there) and Invalid.
    """
    told = checked(words)
    told_before = story(db, report)
    rows, newest = told_before.holding(seq), told_before.now(seq)
    if not rows:
        raise NotFound("nothing was written there, or it is erased")
    name = WROTE[told_before.verb(seq)]
    kept = {key: value for key, value in newest.items() if key != name} | ({name: told} if told else {})
    where = _place_in_words(newest, place)
    if where is not None:
        kept = {key: value for key, value in kept.items() if key != "address"} | (
            {"address": where} if where else {})
    if "photos" in kept:
        kept["photos"] = [digest for digest in kept["photos"] if digest not in without]
    if kept == newest:
        return report
    is_new = told not in ("", newest.get(name, "")) or where not in (None, "", newest.get("address"))
    if is_new and told_before.is_rewritten(seq):
        _look_again(db, report)
    gone = [digest for digest in newest.get("photos", ()) if digest in without]
    # The report ends with this event before the texts go: at no moment do they lack their explanation.
    facts = {"seqs": [row.seq for row in rows], "of": seq} | told_before.told_to(seq)
    record(db, report, "erase", RESIDENT, facts, text=kept or None)
    db.execute(delete(EventText).where(EventText.report_number == report.number,
                                       EventText.seq.in_([row.seq for row in rows])))
    if gone:  # at its parts too, if it was divided
        parts = select(Part.child_number).where(Part.parent_number == report.number)
        db.execute(delete(ReportPhoto).where(
            or_(ReportPhoto.report_number == report.number, ReportPhoto.report_number.in_(parts)),
            ReportPhoto.digest.in_(gone)))
    if seq == 1:
        report.description = told
        report.address = report.address if where is None else where
    db.flush()
    return report


def _place_in_words(told: Mapping[str, Any], place: str | None) -> str | None:
    """Return what the words about a place become; None where they stay, or are the city's own address."""
    if place is None or "address" not in told or "lat" in told:
        return None
    where = " ".join(place.split())
    if len(where) > LONGEST_PLACE:
        raise Invalid({"place": [Sentence("Use at most %(most)s characters.", most=LONGEST_PLACE)]})
    return where


def _look_again(db: Db, report: Report) -> None:
    """Bring a report before the moderators once more: what they rewrote was written anew."""
    upsert(db, Flag, ["report_number", "person"], [
        {"report_number": report.number, "person": accounts.keyed_hash("person", "rewritten"),
         "reason": "other", "words": "", "at": clock.now(), "decided_at": None, "decided_by": ""}])


def own_words(db: Db, report: Report) -> list[tuple[int, Mapping[str, Any]]]:
    """Return what whoever sent a report wrote, by the event it came with: first the report itself."""
    return [(event.seq, now) for event, now in story(db, report).written()
            if event.verb in ("receive", "withdraw") or event.facts.get("by") == SENT]


def photos_added(db: Db, report: Report, photos: Sequence[Photo], state: str = "") -> list[str]:
    """Put photos of somebody outside behind those of a report, and return their digests. Raises Invalid.

    state    who sees them; "": as the city shows new ones
    """
    count = db.scalar(select(func.count()).select_from(ReportPhoto)
                      .where(ReportPhoto.report_number == report.number)) or 0
    if len(photos) > MOST_ADDED or count + len(photos) > MOST_PHOTOS:
        raise Invalid({"photo": [Sentence("This report has enough photos. Send your words without.")]})
    return add_photos(db, report.number, photos, "more",
                      state or (state_of_new(db, RESIDENT) if photos else "shown"))


def text_of(words: str, photos: Sequence[str]) -> dict[str, Any]:
    return ({"words": words} if words else {}) | ({"photos": list(photos)} if photos else {})


def checked(words: str) -> str:
    told = words.replace("\r\n", "\n").strip()
    if len(told) > LONGEST_TEXT:
        raise Invalid({"words": [Sentence("Use at most %(most)s characters.", most=LONGEST_TEXT)]})
    return told
