"""The page of one report, for everybody, for who sent it, and for who follows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Response, make_response, render_template, request
from flask_babel import gettext as _

from civicconnect import clock, db, reports
from civicconnect.accounts import Actor
from civicconnect.db import Db, transaction
from civicconnect.errors import NotFound
from civicconnect.media import Photo
from civicconnect.reports import Follower, Report
from civicconnect.web import errors, photos, relations, telling
from civicconnect.web.headers import secret
from civicconnect.web.photos import Faults
from civicconnect.web.usual import usual
from civicconnect.web.words import REASON, SAYS, read_catalog


@dataclass(frozen=True)
class Typed:
    """What was typed into one of the page's small forms and refused.

    form    which of them: more, question, fixed, words-1, address, withdraw, follow, flag
    """

    form: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    photos: tuple[Photo, ...] = ()
    faults: Faults = field(default_factory=dict)
    status: int = 422

    def value(self, form: str, name: str, otherwise: str = "") -> str:
        """Return what stands in a field of a form."""
        return self.values.get(name, otherwise) if form == self.form else otherwise

    def faults_of(self, form: str) -> Faults:
        return self.faults if form == self.form else {}

    def tokens(self, form: str) -> list[str]:
        return [photos.token_of(photo) for photo in self.photos] if form == self.form else []


NOTHING = Typed()


def public_page(reference: str, actor: Actor, typed: Typed = NOTHING) -> Response:
    """Show what everybody may see of a report."""
    with db.reading() as view:
        try:
            report = reports.find(view, reference, actor)
        except NotFound:
            if reports.is_hidden(view, reference):
                return make_response(errors.page(404, _("The city does not show this report any more. If you "
                                                        "need to know why, ask the city.")))
            raise
        return make_response(_render(view, report, None, typed), 422 if typed.faults else 200)


def own_page(reference: str, key: str) -> Response | None:
    """Show all of a report to whoever sent it; None where this is not their key."""
    with db.reading() as view:
        report = reports.find_own(view, reference, key)
        follower = reports.known_sender(view, report) if report else None
    if report is None:
        return None
    if follower is None:
        with transaction() as change:  # the first time it writes down that somebody sent it
            follower = reports.sender(change, report)
    return page_of(follower)


def page_of(follower: Follower, typed: Typed = NOTHING) -> Response:
    """Show a report to one who has to do with it, with all they may do."""
    with db.reading() as view:
        page = _render(view, reports.report_of(view, follower), follower, typed)
    return secret(make_response(page, typed.status if typed.faults else 200))


def _render(view: Db, report: Report, follower: Follower | None, typed: Typed) -> str:
    beside, now = reports.around(view, report), clock.now()
    offer = read_catalog()
    is_sender = follower is not None and follower.role == "sent"
    entries = reports.timeline(view, report, internal=False, sender=is_sender)
    told = (telling.to_sender(report, beside, reports.own_key(report.id)) if is_sender
            else telling.to_all(report, beside))
    if follower is not None and not is_sender and report.visibility != "public":
        raise NotFound("this report is no longer public")
    code = offer.service_codes[report.service_id]
    question = reports.live_question(view, report) if is_sender else None
    its_words = {entry.seq: entry.text.get("question", "") for entry in entries if entry.verb == "ask"}
    return render_template(
        "resident/report.html", question=question,
        its_words=its_words.get(question.seq, "") if question else "",
        report=report, told=told, areas=beside.areas, entries=entries, catalog=offer,
        service=offer.services[code],
        usual=usual(view, code, beside.areas) if report.status != "closed" else None,
        department=offer.departments[offer.department_codes[report.department_id]],
        relations=relations.beside(view, report, entries, internal=False, sender=is_sender),
        just_sent=is_sender and "sent" in request.args, thanks=request.args.get("thanks", ""),
        is_late=reports.is_late(report, now), follower=follower, is_sender=is_sender,
        key=reports.key_of(follower) if follower else "", typed=typed, answers=SAYS.items(),
        can_answer=follower is not None and reports.can_answer(reports.asked_about(view, follower), now),
        said=reports.said_by(view, follower) if follower and report.status == "closed" else "",
        own_words=reports.own_words(view, report) if is_sender else [],
        photo_states=beside.states if is_sender else {}, reasons=REASON.items(),
        hidden=next((e for e in reversed(entries) if e.verb == "hide"), None)
        if report.visibility == "hidden" else None,
        can_join=report.outcome not in ("withdrawn", "invalid") and report.visibility == "public",
    )
