"""The words pages share: statuses, outcomes, steps and waiting times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from flask import Flask, g
from flask_babel import format_date, format_decimal, format_percent, format_time, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from civicconnect import catalog, db, reports
from civicconnect.catalog import Service, Words
from civicconnect.errors import Sentence
from civicconnect.geo import AreaHit, NamedArea
from civicconnect.web import language

STATUS = {
    "received": _l("Received"), "accepted": _l("Accepted"), "planned": _l("Planned"),
    "in_progress": _l("In progress"), "waiting": _l("Waiting"), "closed": _l("Closed"),
}
OUTCOME = {code: _l(said) for code, said in reports.lifecycle.OUTCOME_SAID.items()}
STEP = {
    "accept": _l("Accept"), "plan": _l("Plan"), "start": _l("Start work"), "wait": _l("Wait"),
    "resume": _l("Resume work"), "close": _l("Close"), "reopen": _l("Reopen"),
}
EVENT = {
    "receive": _l("Report received"), "route": _l("Sent to the department"),
    "accept": _l("Accepted"), "plan": _l("Work planned"), "start": _l("Work started"),
    "wait": _l("Waiting"), "resume": _l("Work resumed"), "close": _l("Closed"),
    "reopen": _l("Reopened"), "note": _l("Internal note"),
    "look": _l("Contact details looked at"), "erase": _l("Words removed"),
    "support": _l("It affects somebody else too"), "add": _l("More was added"),
    "answer": _l("Somebody looked whether it is fixed"), "withdraw": _l("Taken back by its sender"),
    "dispute": _l("Reopened: it is still there"),
    "hide": _l("Hidden by the city"), "show": _l("Shown again"),
    "redact": _l("The city put other words there"),
    "move": _l("Moved to where it belongs"), "photo_hide": _l("A photo hidden by the city"),
    "photo_show": _l("A photo looked at and shown"), "blur": _l("The city blurred parts of a photo"),
    "reveal": _l("The original of a blurred photo looked at"), "unflag": _l("Looked at: nothing to do"),
    "assign": _l("Given to somebody"), "reclassify": _l("It is about something else"),
    "reroute": _l("Sent on"), "promise": _l("Promised anew"), "rank": _l("Priority changed"),
    "undo": _l("A step was taken back"),
}
# Why something should not be seen: who flags it chooses from these, and moderators too.
REASON = {
    "personal": _l("It tells private things of somebody"), "insulting": _l("It insults or threatens"),
    "not_report": _l("It is advertising or no report at all"), "other": _l("Something else"),
}
SOURCE = {
    "web": _l("Website"), "call": _l("Telephone"), "app": _l("App"), "crew": _l("City crew"),
    "partner": _l("Partner"), "social": _l("Social media"), "staff": _l("Staff"),
    "counter": _l("Counter"), "email": _l("E-mail"), "letter": _l("Letter"),
    "unknown": _l("the record does not say how"),
}
SAYS = {code: _l(said) for code, said in reports.SAYS.items()}
VERIFICATION = {
    "confirmed": _l("People confirm that it is fixed"), "disputed": _l("People say that it is still there"),
    "audited_fixed": _l("Checked: it is fixed"), "audited_not_fixed": _l("Checked: it is not fixed"),
    "audited_cannot_tell": _l("Checked: nobody can tell"),
}
# What is said after each thing somebody did on their own page.
THANKS = {
    "affected": _l("You are counted. Give an address below to be told what happens."),
    "follows": _l("You will be told of each step."), "more": _l("We have added it."),
    "fixed": _l("We have your answer."), "words": _l("It is changed, and what stood there is erased."),
    "withdraw": _l("The report is taken back."), "address": _l("You will be told of each step."),
    "flagged": _l("Thank you. Somebody of the city looks at it."),
}
PERSONAL = {
    "email": _l("An e-mail address"), "phone": _l("A telephone number"), "plate": _l("A number plate"),
    "name": _l("A name"),
}
PRIORITY = {"low": _l("Low"), "normal": _l("Normal"), "high": _l("High"), "urgent": _l("Urgent")}
# Why somebody hears of a report.
TIE = {"sent": _l("whoever sent it"), "affected": _l("whom it affects too"), "follows": _l("who follows it")}
ROLE = {
    "readonly": _l("Reader"), "inspector": _l("Inspector"), "staff": _l("Staff"), "auditor": _l("Auditor"),
    "supervisor": _l("Supervisor"), "admin": _l("Administrator"),
}
PERMISSION = {
    "queue": _l("See the reports of their departments"), "see_all": _l("See the reports of all departments"),
    "step": _l("Take steps"), "note": _l("Write internal notes"), "enter": _l("Enter reports for others"),
    "contact": _l("See contact details"), "moderate": _l("Hide and change what strangers see"),
    "break_glass": _l("Open one report elsewhere, with a reason"), "audit": _l("Read the audit"),
    "people": _l("Invite people and change rights"), "city": _l("Change the city's settings"),
}
WAY = {
    "password": _l("Password"), "link": _l("Link by e-mail"), "passkey": _l("Passkey"),
    "oidc": _l("The city's own sign-in"), "invitation": _l("Invitation"),
}

KIND = {
    "text": _l("text"), "number": _l("number"), "integer": _l("whole number"),
    "yes_no": _l("yes or no"), "instant": _l("date and time"),
}


def read_catalog() -> catalog.Catalog:
    """Return the city's catalogue, read once a request."""
    if "catalog" not in g:
        with db.reading() as db_:
            g.catalog = catalog.catalog(db_)
        g.city = g.catalog.city
    return g.catalog  # type: ignore[no-any-return]  # kept untyped by Flask


def say(given: Words) -> str:
    """Return a city's words in the language of the page."""
    return catalog.words(given, language.chosen())


def area_name(area: AreaHit | NamedArea) -> str:
    """Return an area's name in the language of the page, where the city wrote it."""
    return area.names.get(language.chosen()) or area.name


def translated(sentence: str) -> str:
    """Return a sentence that a room wrote in the language of the page."""
    if not isinstance(sentence, Sentence):
        return str(_(str(sentence))) if sentence else ""
    values = {name: translated(value) if isinstance(value, Sentence) else value
              for name, value in sentence.values.items()}
    return str(_(sentence.words, **values))


def moment(instant: datetime | None) -> str:
    """Return an instant in the city's own time: its day and the minute, no seconds."""
    if instant is None:
        return ""
    return language.comma().join((format_date(instant, "medium"), format_time(instant, "short")))


def day(text: str) -> str:
    """Return a day, written as 2026-11-24, as people write it."""
    return str(format_date(date.fromisoformat(text), "medium"))


def moment_day(instant: datetime | None) -> str:
    """Return the day of an instant in the city's own time."""
    return str(format_date(instant, "medium")) if instant else ""


def month(instant: datetime | None) -> str:
    """Return the month of an instant in the city's own time, with its year: "March 2026"."""
    return str(format_date(instant, "LLLL y")) if instant else ""


def share(part: float | None) -> str:
    """Return a share as people read it, "83%"; "" where there is none."""
    return "" if part is None else str(format_percent(part))


def asked(answer: Mapping[str, str], service: Service, language_: str) -> tuple[str, str]:
    """Return a question and its answer in the language of the page.

    answer       as it was frozen with the report, in `language_`
    A question that the city has since put into other words stays as the resident saw it.
    """
    for question in service.questions:
        same = question.code == answer["code"] and question.words.get(language_) == answer["question"]
        value = answer["value"]
        if same and catalog.said(question, value, language_) == answer["answer"]:
            return say(question.words), catalog.said(question, value, language.chosen())
    return answer["question"], answer["answer"]


def waiting(hours: float | None) -> str:
    """Return a waiting time in words: minutes, hours or days, as people would say it."""
    if hours is None:
        return str(_("not reached"))
    if hours < 1:
        minutes = max(1, round(hours * 60))
        return str(ngettext("%(num)d minute", "%(num)d minutes", minutes))
    if hours < 48:
        return str(_("%(hours)s hours", hours=_one_place(hours)))
    return str(_("%(days)s days", days=_one_place(hours / 24)))


def _one_place(number: float) -> str:
    return str(format_decimal(number, "0.0"))


def hang(app: Flask) -> None:
    """Give every template the words it may use."""
    app.jinja_env.filters.update(
        say=say, area_name=area_name, address_told=reports.address_told, translated=translated,
        moment=moment, moment_day=moment_day, month=month,
        language_name=language.name, day=day, waiting=waiting, share=share,
        status_words=lambda code: STATUS.get(code, code),
        outcome_words=lambda code: OUTCOME.get(code, code),
        step_words=lambda code: STEP.get(code, code),
        event_words=lambda code: EVENT.get(code, code),
        source_words=lambda code: SOURCE.get(code, code),
        kind_words=lambda code: KIND.get(code, code),
        thanks_words=lambda code: THANKS.get(code, ""),
        personal_words=lambda code: PERSONAL.get(code, code),
        says_words=lambda code: SAYS.get(code, code),
        verification_words=lambda code: VERIFICATION.get(code, code),
        reason_words=lambda code: REASON.get(code, code),
        tie_words=lambda code: TIE.get(code, code),
        role_words=lambda code: ROLE.get(code, code),
        permission_words=lambda code: PERMISSION.get(code, code),
        way_words=lambda code: WAY.get(code, code),
        department_words=lambda code: say(read_catalog().departments[code].name),
        priority_words=lambda code: PRIORITY.get(code, code),
    )
    app.add_template_global(asked)
