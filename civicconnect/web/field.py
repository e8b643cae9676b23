"""A round on a phone: its stops in order, what is done at each, and both sides where two did something.

The same steps come from a form, from the page's queue and from the service worker; docs/field.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security import auth_required

from civicconnect import accounts, clock, db, geo, reports
from civicconnect.accounts import Actor
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal, Sentence
from civicconnect.geo import Pin, View
from civicconnect.media import Photo
from civicconnect.reports import Entry, FieldWork, Halt, Overtaken, Round, TooEarly, lifecycle
from civicconnect.web import in_json, photos, replies
from civicconnect.web.given import whole
from civicconnect.web.listing import PICTURE
from civicconnect.web.photos import Faults
from civicconnect.web.staff import actor
from civicconnect.web.words import EVENT, OUTCOME, STATUS, moment, read_catalog, translated

pages = Blueprint("field", __name__, url_prefix="/staff")
MOST_PHOTOS = 5
MAP = (360, 300)  # CSS pixels
PRIVATE_PICTURE = PICTURE | {"Cache-Control": "private, max-age=3600"}
GIVEN = ("outcome", "reason", "note", "stage", "lead", "next_owner", "of", "why")
OUTCOMES = ("fixed", "partly_fixed", "no_action", "not_found", "handed_over", "duplicate")


class NotTheirs(NotAllowed):
    """Somebody else is signed in than who did it."""


@pages.get("/round")
@auth_required("session")
def walk() -> ResponseReturnValue:
    """Show my round of today, or another that I may walk."""
    return _page(whole(request.args.get("round", ""), 0, most=10**9), {})


def _page(round_id: int, faults: Faults, stop_id: int = 0, typed: Mapping[str, Any] | None = None) -> str:
    offer, now = read_catalog(), clock.now()
    today = offer.city.day(now)
    with db.reading() as db_:
        me = actor(db_)
        found = reports.rounds_to_walk(db_, me, today)
        round_ = _chosen(db_, me, round_id, found)
        halts = reports.halts(db_, me, round_) if round_ else []
        pictures = reports.photos_on(db_, [halt.report.number for halt in halts])
        prepared = replies.closing_words(db_, offer, [halt.report for halt in halts], OUTCOMES)
    midnight = datetime.combine(today + timedelta(days=1), time(), ZoneInfo(offer.city.time_zone))
    return render_template(
        "staff/round.html", round=round_, rounds=found, halts=halts, catalog=offer, pictures=pictures,
        legs=reports.walking_legs(halts, round_.start if round_ else None), today=today,
        me=reports.staff_id_of(me), may_walk=bool(round_ and reports.may_walk(me, round_)),
        may_enter=me.may("enter"), until=midnight.astimezone(UTC), outcomes=OUTCOMES, key=uuid4,
        late={halt.stop.id for halt in halts if reports.is_late(halt.report, now)}, faults=faults,
        wrong_stop=stop_id, anchors=_anchors(faults, stop_id, typed or {}), typed=typed or {},
        most_photos=MOST_PHOTOS, replies=prepared, drawn=_drawn(halts), sizes=MAP,
        owed=lambda code: next(iter(lifecycle.BY_OUTCOME[code].owes), ""))


def _drawn(halts: Sequence[Halt]) -> str:
    """Return a mark of what the map of a round shows: a phone that keeps another one asks for it anew."""
    if not any(halt.point for halt in halts):
        return ""
    told = [(halt.stop.id, halt.stop.state, halt.point) for halt in halts]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


@pages.get("/round/map.svg")
@auth_required("session")
def drawn_round() -> Response:
    """Draw the way of a round: its stops in walking order, with the numbers that they have on the page."""
    with db.reading() as db_:
        me = actor(db_)
        round_ = reports.find_round(db_, me, whole(request.args.get("round", ""), 0, most=10**9))
        halts = reports.halts(db_, me, round_)
        pins = [Pin(halt.point, "closed" if halt.stop.state in ("done", "finished") else "open",
                    halt.report.reference, number) for number, halt in enumerate(halts, 1) if halt.point]
        way = [*([round_.start] if round_.start else []), *(pin.point for pin in pins)]
        if not pins:
            raise NotFound("no stop of this round has a place")
        view = View(way[0], geo.NEAREST, *MAP).holding(way)
        drawing = geo.draw_map(db_, view, pins, _("Map of the round"), way=way)
    return Response(drawing, mimetype="image/svg+xml", headers=PRIVATE_PICTURE)


def _anchors(faults: Faults, stop_id: int, typed: Mapping[str, Any]) -> Faults:
    """Return faults by the id of what they are about: the field, or what stands at the stop in its place."""
    beside = ("outcome", "next_owner", "lead", "reason") if typed.get("kind") == "close" else ()
    return {f"s{stop_id}-{name}{'' if name in beside else '-wrong'}": said for name, said in faults.items()}


def _chosen(db_: Db, me: Actor, round_id: int, found: list[Round]) -> Round | None:
    if round_id:
        return reports.find_round(db_, me, round_id)
    mine = [one for one in found if one.staff_id is not None]
    return mine[0] if mine else found[0] if len(found) == 1 else None


@pages.post("/round/stops/<int(max=999999999):stop_id>/steps")
@auth_required("session")
def take_step(stop_id: int) -> ResponseReturnValue:
    """Write down one step at a stop, once: from a form, or from a phone's queue that asks for JSON."""
    faults: Faults = {}
    taken = photos.read_photos(request, MOST_PHOTOS, faults)
    try:
        if faults:
            raise Invalid(faults)
        work = _work(stop_id, taken)
        with transaction() as db_:
            me = actor(db_)
            _check_owner(me)
            answer = reports.take_field_step(db_, me, work)
    except Refusal as fault:
        if in_json.is_wished():
            return _refused(fault)
        return _shown(fault, stop_id, taken)
    if in_json.is_wished():
        return jsonify(answer), 200, {"Cache-Control": "no-store"}
    round_id = whole(request.form.get("round", ""), 0, most=10**9) or None
    return redirect(url_for("field.walk", round=round_id, _anchor=f"stop-{stop_id}"), 303)


def _work(stop_id: int, taken: tuple[Photo, ...]) -> FieldWork:
    form = request.form
    tapped = _milliseconds("at")
    given = {name: form[name].strip() for name in GIVEN if form.get(name, "").strip()}
    if form.get("template", "").strip() and "reason" not in given:  # nobody wrote words of their own
        given["reason"] = form["template"].strip()
    return FieldWork(
        _uuid("key"), stop_id, form.get("kind", ""), reports.tapped_at(tapped, _milliseconds("sent")),
        whole(form.get("seen", ""), 0), tapped, _uuid("after") if form.get("after") else None,
        given, taken)


def _uuid(name: str) -> UUID:
    try:
        return UUID(request.form.get(name, ""))
    except ValueError:
        raise Invalid({"kind": [Sentence("This form is damaged. Open the page again.")]}) from None


def _milliseconds(name: str) -> int | None:
    """Return milliseconds since 1970 as a phone tells them; None where there are none."""
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _check_owner(me: Actor) -> None:
    """Refuse what somebody else did on this phone: it waits there until they sign in again."""
    owner = request.form.get("owner", "")
    if owner and owner != str(reports.staff_id_of(me)):
        raise NotTheirs(Sentence("Somebody else did this on this phone. It waits until they sign in."))


def _refused(fault: Refusal) -> ResponseReturnValue:
    """Answer a queue: what was done meanwhile, what is to correct, or that it comes too early."""
    told: dict[str, Any]
    if isinstance(fault, Overtaken):
        told = {"conflict": translated(fault.sentence), "status": str(STATUS[fault.status]),
                "events": fault.events, "since": _since(fault.since)}
        return jsonify(told), 409
    if isinstance(fault, TooEarly):
        return jsonify(said=translated(fault.sentence)), 425
    if isinstance(fault, Invalid):
        return in_json.faulty(fault.fields)
    if isinstance(fault, Conflict):
        return in_json.faulty({"kind": [fault.sentence]}, 409)
    if isinstance(fault, NotTheirs):
        return jsonify(said=translated(fault.sentence), signin=True), 403
    if isinstance(fault, NotAllowed):
        return in_json.faulty({"kind": [fault.sentence]}, 403)
    return jsonify(errors={"kind": [_("This report is no longer in your department.")]}), 404


def _since(entries: Sequence[Entry]) -> list[dict[str, str]]:
    with db.reading() as db_:
        names = accounts.names_by_id(db_, {_staff_id(entry) for entry in entries})
    return [{"what": _what(entry), "when": moment(entry.occurred_at),
             "who": names.get(_staff_id(entry), ""), "words": " ".join(
                 str(entry.text[name]) for name in ("reason", "words", "note") if entry.text.get(name))}
            for entry in entries]


def _staff_id(entry: Entry) -> int:
    """Return who of the staff did something; 0: nobody of them."""
    return int(entry.actor.removeprefix("staff:")) if entry.actor.startswith("staff:") else 0


def _what(entry: Entry) -> str:
    outcome = entry.facts.get("outcome")
    said = str(EVENT.get(entry.verb, entry.verb))
    return f"{said}: {OUTCOME.get(outcome, outcome)}" if outcome else said


def _shown(fault: Refusal, stop_id: int, taken: tuple[Photo, ...]) -> ResponseReturnValue:
    """Answer a form as a page."""
    round_id = whole(request.form.get("round", ""), 0, most=10**9)
    kept = {"photo_tokens": [photos.token_of(photo) for photo in taken]}
    if isinstance(fault, Overtaken):
        return render_template(
            "staff/round_conflict.html", said=fault.sentence, since=_since(fault.since), stop_id=stop_id,
            status_=fault.status, events=fault.events, given=request.form, tokens=kept["photo_tokens"],
            round_id=round_id), 409
    if isinstance(fault, Invalid):
        if request.form.get("kind") == "drop":
            raise fault
        return _page(round_id, fault.fields, stop_id, request.form.to_dict() | kept), 422
    raise fault
