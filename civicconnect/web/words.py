"""The words pages share: statuses, outcomes, steps and waiting times."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from flask import Flask, g
from flask_babel import format_date, format_decimal, format_percent, format_time, format_timedelta, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from civicconnect import catalog, db, reports
from civicconnect.catalog import Service, Words
from civicconnect.errors import Sentence
from civicconnect.geo import AreaHit, NamedArea
from civicconnect.web import language

NUMBER = re.compile(r"\+?[0-9][0-9 ()\-]{4,}[0-9]")  # of a telephone, in a sentence
STATUS = {
    "received": _l("Received"), "accepted": _l("Accepted"), "planned": _l("Planned"),
    "in_progress": _l("In progress"), "waiting": _l("Waiting"), "closed": _l("Closed"),
}
OUTCOME = {code: _l(said) for code, said in reports.lifecycle.OUTCOME_SAID.items()}
STEP = {
    "accept": _l("Accept"), "plan": _l("Plan"), "unplan": _l("Call off the plan"),
    "start": _l("Start work"), "wait": _l("Wait"), "resume": _l("Resume work"),
    "close": _l("Close"), "reopen": _l("Reopen"), "ask": _l("Ask whoever sent it"),
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
    "reroute": _l("Sent on"), "break_glass": _l("Opened from elsewhere, with a reason"),
    "promise": _l("Promised anew"), "rank": _l("Priority changed"),
    "undo": _l("A step was taken back"),
    "touch_start": _l("Work begun on the spot"), "touch_finish": _l("Work ended on the spot"),
    "photos": _l("Photos from the street"), "no_access": _l("Could not get in"),
    "field_drop": _l("What was done in the street was not kept"),
    "merge": _l("Another report goes on in this one"), "let_go": _l("A report goes on by itself again"),
    "unplan": _l("The plan is called off"), "uncover": _l("Taken out of a planned work"),
    "separate": _l("It goes on by itself again"), "split": _l("Divided into parts"),
    "ask": _l("A question to whoever reported it"), "reply": _l("The question was answered"),
    "remind": _l("Reminded of the question"), "no_answer": _l("Nobody answered the question"),
    "hand_over": _l("Handed over to another department"),
    "settle": _l("Decided who looks after it, for good"), "overdue": _l("Overdue: nobody has acted in time"),
    "escalate": _l("Nobody has acted in time"),
    "commission": _l("Given to a firm that works for the city"),
    "work_accept": _l("The contractor does it"), "work_refuse": _l("The contractor does not do it"),
    "work_note": _l("The contractor tells"), "work_done": _l("The contractor says that it is done"),
    "work_revoke": _l("Taken back from the contractor"),
    "work_publish": _l("From the firm that does the work"),
}
# How a stop of a round stands.
STOP = {
    "todo": _l("To do"), "doing": _l("Being worked on"), "finished": _l("Worked on"), "done": _l("Closed"),
    "no_access": _l("Could not get in"), "removed": _l("Taken off the round"),
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
    "withdraw": _l("The report is taken back."),
    "reply": _l("We have your answer. The work goes on."), "address": _l("You will be told of each step."),
    "flagged": _l("Thank you. Somebody of the city looks at it."),
}
PERSONAL = {
    "email": _l("An e-mail address"), "phone": _l("A telephone number"), "plate": _l("A number plate"),
    "name": _l("A name"),
}
# Why a task is there, how far a contractor is, and whom a rule tells.
TASK = {
    "third_hop": _l("It goes from one department to another: decide who looks after it."),
    "escalated": _l("Nobody has acted on it in time."),
    "check_work": _l("A contractor says that it is done: look at it, then close it."),
    "refused": _l("A contractor does not do it: find another."),
}
WORK = {
    "sent": _l("Not answered yet"), "accepted": _l("Accepted"), "refused": _l("Refused"), "done": _l("Done"),
    "revoked": _l("Taken back"),
}
TOLD = {
    "staff": _l("Staff of the department"), "supervisor": _l("Supervisors"), "admin": _l("Administrators"),
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
    "contact": _l("See contact details"), "supervise": _l("Decide who answers for good"),
    "moderate": _l("Hide and change what strangers see"),
    "break_glass": _l("Open one report elsewhere, with a reason"), "audit": _l("Read the audit"),
    "people": _l("Invite people and change rights"), "city": _l("Change the city's settings"),
}
# What the audit keeps beside the timelines. A word that is not here stands as it is.
AUDIT = {
    "sign_in": _l("Signed in"), "sign_in_failed": _l("A sign-in failed"), "sign_out": _l("Sessions ended"),
    "invite": _l("Invited"), "invite_again": _l("Invitation sent again"), "rights": _l("Rights changed"),
    "leave": _l("Left"), "come_back": _l("Came back"), "password": _l("Password changed"),
    "factor": _l("Second factor set up"), "factor_dropped": _l("Second factor taken away"),
    "recovery_code": _l("A code on paper was used"), "recovery_codes": _l("New codes on paper"),
    "break_glass": _l("Opened from elsewhere, with a reason"),
    "audit_csv": _l("The audit was taken away as CSV"),
    "city_zip": _l("The city's settings were taken away as a folder"),
    "versions": _l("Earlier words of a report looked at"),
    "passkey": _l("Passkey added"), "passkey_dropped": _l("Passkey removed"),
    "identity": _l("Linked to the sign-on"), "identity_dropped": _l("Link to the sign-on taken away"),
    "rights_given": _l("Rights came from the sign-on"), "by_hand": _l("A link to sign in was made by hand"),
}
WAY = {
    "password": _l("Password"), "link": _l("Link by e-mail"), "passkey": _l("Passkey"),
    "invitation": _l("Invitation"), "sign_on": _l("The city's sign-on"), "by_hand": _l("Link made by hand"),
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


def department_name(code: str) -> str:
    """Return how a department is called, in the language of the page; one that is gone by its code."""
    department = read_catalog().departments.get(code)
    return say(department.name) if department else code


def owner_of(code: str) -> catalog.Owner | None:
    """Return somebody outside the city by their code; None where the city knows them no more."""
    with db.reading() as db_:
        return next((owner for owner in catalog.owners(db_) if owner.code == code), None)


def area_name(area: AreaHit | NamedArea) -> str:
    """Return an area's name in the language of the page, where the city wrote it."""
    return area.names.get(language.chosen()) or area.name


def translated(sentence: str) -> str:
    """Return a sentence that a room wrote in the language of the page."""
    if not isinstance(sentence, Sentence):
        return _dialled(str(_(str(sentence)))) if sentence else ""
    values = {name: translated(value) if isinstance(value, Sentence) else value
              for name, value in sentence.values.items()}
    return _dialled(str(_(sentence.words, **values)))


def _dialled(text: str) -> str:
    """Keep the telephone numbers of a sentence in their order, where it is written from right to left."""
    if catalog.direction(language.chosen()) != "rtl":
        return text
    return NUMBER.sub("\N{LEFT-TO-RIGHT ISOLATE}\\g<0>\N{POP DIRECTIONAL ISOLATE}", text)


def left_to_right(text: str) -> Markup:
    """Return a text, to stand in the page, that keeps its order between words of Arabic too."""
    return Markup('<bdi dir="ltr">{}</bdi>').format(text)


def moment(instant: datetime | None) -> str:
    """Return an instant in the city's own time: its day and the minute, no seconds."""
    if instant is None:
        return ""
    time = format_time(instant, "short").replace(" ", "\N{NO-BREAK SPACE}")  # a lone م on a line says nothing
    return language.comma().join((format_date(instant, "medium"), time))


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


def roughly(hours: float, *, at_most: bool = False) -> str:
    """Return a waiting time in whole hours or days, as one is told what to expect.

    at_most    it is a bound: never shorter than it was counted
    """
    if hours < 1:
        return waiting(hours)
    whole = math.ceil if at_most else round
    unit, number = ("hour", whole(hours)) if hours < 48 else ("day", whole(hours / 24))
    if language.chosen() == "ht":  # of which Babel knows no units, and would take the French ones
        return str(_("%(hours)s hours", hours=number) if unit == "hour" else _("%(days)s days", days=number))
    # A threshold beyond every number: else eleven days were two weeks.
    return str(format_timedelta(timedelta(**{f"{unit}s": number}), granularity=unit, threshold=10**9))


def _one_place(number: float) -> str:
    return str(format_decimal(number, "0.0"))


def hang(app: Flask) -> None:
    """Give every template the words it may use."""
    app.jinja_env.filters.update(
        say=say, area_name=area_name, address_told=reports.address_told, translated=translated,
        left_to_right=left_to_right,
        moment=moment, moment_day=moment_day, month=month,
        language_name=language.name, day=day, waiting=waiting, roughly=roughly, share=share,
        department_name=department_name,
        instant_words=lambda text: moment(datetime.fromisoformat(text)),
        task_words=lambda code: TASK.get(code, code),
        work_words=lambda code: WORK.get(code, code),
        told_words=lambda code: TOLD.get(code, code),
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
        audit_words=lambda code: AUDIT.get(code, EVENT.get(code, code)),
        way_words=lambda code: WAY.get(code, code),
        department_words=lambda code: say(read_catalog().departments[code].name),
        priority_words=lambda code: PRIORITY.get(code, code),
        stop_words=lambda code: STOP.get(code, code),
    )
    app.add_template_global(asked)
    app.add_template_global(owner_of)
