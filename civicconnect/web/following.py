"""What people do after a report was sent: say that it affects them, follow it, add to it, answer, stop."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from civicconnect import clock, db, notify, reports
from civicconnect.accounts import Actor, ContactDetails
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound
from civicconnect.media import Photo
from civicconnect.reports import Follower, Person
from civicconnect.web import device, one_report, photos
from civicconnect.web.given import whole
from civicconnect.web.headers import secret
from civicconnect.web.language import chosen
from civicconnect.web.one_report import Typed
from civicconnect.web.photos import Faults
from civicconnect.web.report_form import email_fault
from civicconnect.web.words import SAYS, read_catalog

pages = Blueprint("following", __name__)
RESIDENT = Actor("resident", "resident")
MOST_PHOTOS = 5


# Joining a report of somebody else

@pages.post("/reports/<reference>/me-too")
def affects_me(reference: str) -> ResponseReturnValue:
    """Count one more person whom a report affects: one tap, and nothing need be typed."""
    return _join(reference, affected=True)


@pages.post("/reports/<reference>/follow")
def follow(reference: str) -> ResponseReturnValue:
    """Let somebody hear of a report that does not affect them."""
    return _join(reference, affected=False)


def _join(reference: str, *, affected: bool) -> ResponseReturnValue:
    email = "" if affected else request.form.get("email", "").strip()
    if fault := "" if affected else email_fault(email):
        return one_report.public_page(
            reference, RESIDENT, Typed("follow", request.form, (), {"email": [fault]}))
    if affected and device.has_sent(reports.tidy(reference)):
        # Who sent it counts already. Their own page stays theirs: others may sit at this browser now.
        return redirect(url_for("resident.show", reference=reference, thanks="affected"), 303)
    held = device.known() or device.fresh()
    person = Person(held, ContactDetails(email=email), chosen())
    with transaction() as change:
        follower = reports.joined(change, RESIDENT, reference, person, affected=affected)
        notify.plan_welcome(change, follower)
    thanks = "affected" if affected else "follows"
    # Whoever types an address may be anybody: the key to the page goes there, by letter.
    where = url_for("resident.show", reference=reference, thanks=thanks) if email else _at(follower, thanks)
    answer = make_response(redirect(where, 303))
    return device.keep(answer, held)


# One's own page

@pages.get("/follow/<key>")
def show(key: str) -> ResponseReturnValue:
    """Show a report to one who has to do with it."""
    with db.reading() as view:
        follower = reports.find_follower(view, key)
    return one_report.page_of(follower)


@pages.post("/follow/<key>/more")
def add_more(key: str) -> ResponseReturnValue:
    """Add words or photos."""
    def add(change: Db, follower: Follower, chosen_: tuple[Photo, ...]) -> None:
        reports.add(change, follower, request.form.get("words", ""), chosen_)
    return _change(key, "more", add, thanks="more")


@pages.post("/follow/<key>/reply")
def answer_question(key: str) -> ResponseReturnValue:
    """Answer what the city asked; what comes too late stays typed, to be added instead."""
    words, seq = request.form.get("words", ""), whole(request.form.get("seq", ""), 0)

    def reply(change: Db, follower: Follower, chosen_: tuple[Photo, ...]) -> None:
        try:
            reports.reply(change, follower, seq, words, chosen_)
        except Conflict as fault:
            raise TooLate(fault.sentence, chosen_) from None
    try:
        return _change(key, "question", reply, thanks="reply")
    except TooLate as late:
        return _to_be_added(key, words, late)


class TooLate(Conflict):
    """Words that nobody waits for any more, with the photos that came with them."""

    def __init__(self, sentence: str, photos_: tuple[Photo, ...]) -> None:
        super().__init__(sentence)
        self.photos = photos_


def _to_be_added(key: str, words: str, late: TooLate) -> ResponseReturnValue:
    """Show one's own page, where what came too late stands ready to be added instead."""
    with db.reading() as view:
        follower = reports.find_follower(view, key)
    return one_report.page_of(follower, Typed("more", {"words": words}, late.photos,
                                              {"words": [late.sentence]}, 409))


@pages.get("/follow/<key>/fixed")
def ask_fixed(key: str) -> ResponseReturnValue:
    """Ask once more for an answer tapped in a letter: mail programs follow links too, and say nothing."""
    with db.reading() as view:
        follower = reports.find_follower(view, key)
        report, asked = reports.report_of(view, follower), reports.asked_about(view, follower)
    offer = read_catalog()
    says = request.args.get("says", "")
    answer = make_response(render_template(
        "resident/fixed.html", key=key, report=report, says=says if says in reports.SAYS else "",
        answers=SAYS.items(), service=offer.services[offer.service_codes[report.service_id]],
        can_answer=reports.can_answer(asked, clock.now()), back=_at(follower)))
    return secret(answer)


@pages.post("/follow/<key>/fixed")
def say_fixed(key: str) -> ResponseReturnValue:
    """Keep what somebody found after the closing."""
    def say(change: Db, follower: Follower, chosen_: tuple[Photo, ...]) -> None:
        if held := device.known():
            reports.same_person(change, follower, Person(held))
        reports.answer(change, follower, request.form.get("says", ""), request.form.get("words", ""), chosen_)
    return _change(key, "fixed", say, thanks="fixed")


@pages.post("/follow/<key>/words")
def take_back(key: str) -> ResponseReturnValue:
    """Replace or remove one's own words and photos."""
    seq = request.form.get("seq", "")
    # What was not on the page that was sent, like a photo blurred meanwhile, stays.
    kept, offered = set(request.form.getlist("photo")), set(request.form.getlist("photo_offered"))

    def redact(change: Db, follower: Follower, _chosen: tuple[Photo, ...]) -> None:
        report = reports.report_of(change, _must_be_sender(follower), lock=True)
        written = dict(reports.own_words(change, report)).get(whole(seq, 0))
        if written is None:
            raise NotFound("nobody wrote there")
        gone = {digest for digest in written.get("photos", ()) if digest in offered - kept}
        reports.redact(change, report, whole(seq, 0), request.form.get("words", ""), gone,
                       request.form.get("place"))
    return _change(key, f"words-{seq}", redact, thanks="words", with_photos=False)


@pages.post("/follow/<key>/withdraw")
def withdraw(key: str) -> ResponseReturnValue:
    """Take a report back; the reason for one that the city has closed meanwhile stays typed."""
    reason = request.form.get("reason", "")

    def close(change: Db, follower: Follower, _chosen: tuple[Photo, ...]) -> None:
        report = reports.report_of(change, _must_be_sender(follower), lock=True)
        try:
            reports.withdraw(change, report, reason)
        except Conflict as fault:
            raise TooLate(fault.sentence, ()) from None
    try:
        return _change(key, "withdraw", close, thanks="withdraw", with_photos=False)
    except TooLate as late:
        return _to_be_added(key, reason, late)


@pages.post("/follow/<key>/address")
def give_address(key: str) -> ResponseReturnValue:
    """Be told by e-mail from now on."""
    email = request.form.get("email", "").strip()

    def give(change: Db, follower: Follower, _chosen: tuple[Photo, ...]) -> Follower:
        if fault := email_fault(email):
            raise Invalid({"email": [fault]})
        told = reports.give_address(change, follower, ContactDetails(email=email))
        notify.plan_welcome(change, told)
        return told
    return _change(key, "address", give, thanks="address", with_photos=False)


@pages.get("/follow/<key>/stop")
def ask_stop(key: str) -> ResponseReturnValue:
    """Ask whether the letters about a report shall end."""
    with db.reading() as view:
        follower = reports.find_follower(view, key)
        report = reports.report_of(view, follower)
    return secret(make_response(render_template(
        "resident/stop.html", report=report, follower=follower, back=_at(follower), key=key)))


@pages.post("/follow/<key>/stop")
def stop(key: str) -> ResponseReturnValue:
    """End the letters about a report, at one click in a mail program (RFC 8058) or on our page."""
    with transaction() as change:
        reports.stop(change, reports.find_follower(change, key))
    return redirect(url_for("following.ask_stop", key=key), 303)


def _change(
    key: str, form: str, do: Callable[[Db, Follower, tuple[Photo, ...]], Follower | None], *, thanks: str,
    with_photos: bool = True,
) -> ResponseReturnValue:
    """Do what a small form of one's own page asks for; where it is refused, show it again with every word."""
    faults: Faults = {}
    sent = photos.read_photos(request, MOST_PHOTOS, faults) if with_photos else ()
    with db.reading() as view:
        follower = reports.find_follower(view, key)
    try:
        if faults:
            raise Invalid(faults)
        with transaction() as change:
            follower = reports.find_follower(change, key)
            follower = do(change, follower, sent) or follower
    except Invalid as fault:
        return one_report.page_of(follower, Typed(form, request.form, sent, fault.fields))
    return redirect(_at(follower, thanks=thanks), 303)


def _must_be_sender(follower: Follower) -> Follower:
    if follower.role != "sent":
        raise NotAllowed("only whoever sent a report may take it back")
    return follower


def _at(follower: Follower, thanks: str | None = None) -> str:
    """Return the address of one's own page."""
    return url_for("following.show", key=reports.key_of(follower), thanks=thanks)


# All that is one's own

@pages.get("/me")
def mine() -> ResponseReturnValue:
    """Show all that somebody reports or follows, by the link of a letter; without it, offer to send one."""
    token = request.args.get("token", "")
    if not token:
        return _mine("asked" in request.args)
    try:
        person = reports.person_of_token(token)
    except NotFound:
        return _mine(is_old=True), 410
    with db.reading() as view:
        found = reports.reports_of(view, person)
    answer = make_response(render_template(
        "resident/mine.html", found=[(_at(follower), follower, report) for follower, report in found],
        catalog=read_catalog()))
    return secret(answer)


@pages.post("/me")
def ask_mine() -> ResponseReturnValue:
    """Send the link. Whether anything is known of an address, nobody learns here."""
    email = request.form.get("email", "").strip()
    if fault := email_fault(email):
        return _mine(typed=email, faults={"email": [fault]}), 422
    with transaction() as change:
        notify.ask_for_my_reports(change, email, chosen())
    return redirect(url_for("following.mine", asked=1), 303)


def _mine(
    is_asked: bool = False, *, is_old: bool = False, typed: str = "", faults: Faults | None = None
) -> str:
    return render_template("resident/me.html", is_asked=is_asked, is_old=is_old, typed=typed,
                           faults=faults or {})
