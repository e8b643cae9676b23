"""What a letter says: one source for its text and its HTML, in the language of whoever gets it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from civicconnect import reports, settings
from civicconnect.catalog import Catalog
from civicconnect.errors import Sentence
from civicconnect.notify.tongue import Tongue
from civicconnect.reports import Entry, Follower, Report, lifecycle

# What is told of each step, and in whose name. A step that is not here is told to nobody.
STEPS: dict[str, Sentence] = {
    "accept": Sentence("%(department)s has accepted the report."),
    "plan": Sentence("%(department)s has planned the work."),
    "unplan": Sentence("%(department)s has called off the plan."),
    "start": Sentence("%(department)s has started to work on it."),
    "wait": Sentence("%(department)s cannot go on at the moment."),
    "resume": Sentence("%(department)s goes on with the work."),
    "close": Sentence("%(department)s has closed the report."),
    "reopen": Sentence("The report is open again."),
    "reroute": Sentence("%(department)s looks after the report now."),
    "dispute": Sentence("The report is open again, because it is still there."),
    "withdraw": Sentence("Whoever sent the report has taken it back."),
    "separate": Sentence("The report goes on by itself again."),
    "split": Sentence("%(department)s has divided the report into parts. Each is answered by itself."),
    "hand_over": Sentence("%(department)s looks after the report from now on."),
    "settle": Sentence("The city has decided: %(department)s looks after the report."),
}
# What only whoever sent it is told.
TO_SENDER: dict[str, Sentence] = {
    "hide": Sentence("The city has hidden your report."),
    "show": Sentence("The city shows your report again."),
    "redact": Sentence("The city has put other words into your report."),
    "photo_hide": Sentence("The city has hidden a photo of your report."),
    "blur": Sentence("The city has blurred parts of a photo of your report."),
    "no_answer": Sentence("We had no answer to our question. %(department)s goes on without it."),
}
QUESTIONS = ("ask", "remind")  # about which whoever sent the report gets a letter of its own kind
BECAUSE = {
    "personal": Sentence("It tells private things of somebody"),
    "insulting": Sentence("It insults or threatens"),
    "not_report": Sentence("It is advertising or no report at all"), "other": Sentence("Something else"),
}


@dataclass(frozen=True)
class Button:
    """Something to tap: words, and the whole address it leads to."""

    words: str
    address: str


@dataclass(frozen=True)
class Letter:
    """A letter before it is laid out.

    quote     what a person of the city wrote, in whatever language
    facts     name and value
    why       why whoever gets it gets it
    stop      the address that ends the letters; "" where there is nothing to end
    thread    what the letters about one thing have in common, and what only this one has
    """

    subject: str
    title: str
    city: str
    code: str
    direction: str
    paragraphs: tuple[str, ...] = ()
    quote: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    question: str = ""
    buttons: tuple[Button, ...] = ()
    why: str = ""
    stop: str = ""
    stop_words: str = ""
    thread: tuple[str, str] = ("", "")


def letter_of_step(
    tongue: Tongue, offer: Catalog, report: Report, entry: Entry, follower: Follower, *, asks: bool,
    lead: Report | None = None,
) -> Letter:
    """Return what a step of a report says to one who hears of it.

    asks    whether people are asked after it if it is fixed
    lead    whose step it was, where the report goes on in that one
    """
    _ = tongue.say
    department = _department(tongue, offer, lead or report)
    if entry.verb == "receive":
        title = _("Thank you. We have your report.")
        said = [_("%(department)s looks after it.", department=department)]
        if report.due_at:
            said.append(_("It should be done by %(moment)s.", moment=tongue.moment(report.due_at)))
    else:
        title, said = _((STEPS | TO_SENDER)[entry.verb], department=department), []
    facts = [*_facts_of(tongue, entry), *_about(tongue, offer, report, follower)]
    only = str(entry.seq)
    if lead is not None:
        facts += [(_("Goes on in report"), lead.reference)] if lead.visibility == "public" else []
        only = f"{lead.reference}.{entry.seq}"  # of its own steps one may have the same place
    buttons, question = [], ""
    if asks:
        question = _("Is it fixed?")
        page = f"follow/{reports.key_of(follower)}/fixed"
        buttons = [Button(tongue.say(words), _page(tongue, page, says=says))
                   for says, words in reports.SAYS.items()]
    if entry.text.get("photos") and entry.verb in STEPS and entry.actor.startswith("staff"):
        said.append(_("The city sent a photo of the work. You find it on the report's page."))
    buttons.append(Button(_("Open the report"), address_of(tongue, report, follower)))
    name = _name(tongue, offer, report)
    return _letter(
        tongue, offer, report, follower, f"{name}: {title}" if entry.verb != "receive" else f"{title} {name}",
        title, only, paragraphs=tuple(said), quote=_quote(entry),
        facts=tuple(facts), question=question, buttons=tuple(buttons))


def _quote(entry: Entry) -> str:
    """Return what a person of the city wrote to whoever gets the letter."""
    return str(entry.text.get("why" if entry.verb in TO_SENDER else "reason", ""))


def letter_of_question(
    tongue: Tongue, offer: Catalog, report: Report, asked: Entry, follower: Follower, *, reminds: int = 0
) -> Letter:
    """Return the letter that asks whoever sent a report something.

    reminds    the event of the reminder; 0: it asks for the first time
    """
    _ = tongue.say
    title = _("Your answer is still missing.") if reminds else _("We have a question about your report.")
    said = [_("%(department)s needs to know this before it can go on.",
              department=_department(tongue, offer, report)),
            _("Answer by %(moment)s. Until then the time of the promise stands still.",
              moment=tongue.moment(datetime.fromisoformat(asked.facts["answer_by"])))]
    who = (_("Only you and the city read question and answer.") if reports.is_for_sender(asked.facts) or
           report.visibility != "public" else _("Everybody can read question and answer."))
    return _letter(
        tongue, offer, report, follower, f"{_name(tongue, offer, report)}: {title}", title,
        str(reminds or asked.seq), paragraphs=(*said, who), quote=str(asked.text.get("question", "")),
        facts=tuple(_about(tongue, offer, report, follower)),
        buttons=(Button(_("Answer the question"), f"{address_of(tongue, report, follower)}#question"),))


def letter_of_welcome(tongue: Tongue, offer: Catalog, report: Report, follower: Follower) -> Letter:
    """Return what is said to somebody who has just asked to be told of a report."""
    _ = tongue.say
    title = _("You will hear of this report.")
    return _letter(
        tongue, offer, report, follower, f"{_name(tongue, offer, report)}: {title}", title, "0",
        paragraphs=(_("Somebody gave this address in order to be told. If it was not you, stop the letters "
                      "below: nothing more will come."),),
        facts=tuple(_about(tongue, offer, report, follower)),
        buttons=(Button(_("Open the report"), address_of(tongue, report, follower)),))


def letter_of_my_reports(tongue: Tongue, offer: Catalog, token: str) -> Letter:
    """Return the letter with the link to all that somebody reported or follows."""
    _ = tongue.say
    city = tongue.of_city(offer.city.name)
    title = _("Your reports in %(city)s", city=city)
    return Letter(
        title, title, city, tongue.code, tongue.direction,
        paragraphs=(_("This link shows all that you report or follow with this address. It works for an "
                      "hour."),),
        buttons=(Button(_("Show my reports"), _page(tongue, "me", token=token)),),
        why=_("You get this because somebody asked for it with your address. If it was not you, do nothing."))


def address_of(tongue: Tongue, report: Report, follower: Follower) -> str:
    """Return where one who has to do with a report reads of it: their own page."""
    if follower.role == "sent":
        return _page(tongue, f"reports/{report.reference}", key=reports.own_key(report.id))
    return _page(tongue, f"follow/{reports.key_of(follower)}")


def _letter(
    tongue: Tongue, offer: Catalog, report: Report, follower: Follower, subject: str, title: str, only: str,
    **more: Any,
) -> Letter:
    _ = tongue.say
    why = _("You get this because you sent the report.") if follower.role == "sent" else _(
        "You get this because you said that it affects you too.") if follower.role == "affected" else _(
        "You get this because you follow the report.")
    return Letter(
        subject, title, tongue.of_city(offer.city.name), tongue.code, tongue.direction, why=why,
        stop=_page(tongue, f"follow/{reports.key_of(follower)}/stop"),
        stop_words=_("No more letters about it"),
        thread=(report.reference, f"{report.reference}.{only}.{follower.id}"), **more)


def _facts_of(tongue: Tongue, entry: Entry) -> list[tuple[str, str]]:
    _, facts = tongue.say, entry.facts
    found = []
    if facts.get("outcome") and entry.verb != "withdraw":
        found.append((_("What came of it"), tongue.say(lifecycle.OUTCOME_SAID[facts["outcome"]])))
    if facts.get("because"):
        found.append((_("Why"), tongue.say(BECAUSE[facts["because"]])))
    if facts.get("planned_for"):
        found.append((_("Planned for"), tongue.day(facts["planned_for"])))
    if entry.verb in ("hand_over", "settle") and facts.get("due_at"):
        found.append((_("Due"), tongue.moment(datetime.fromisoformat(facts["due_at"]))))
    if facts.get("next_owner"):
        found.append((_("Now with"), facts["next_owner"]))
    if facts.get("lead"):
        found.append((_("Repeats report"), facts["lead"]))
    return found


def _about(tongue: Tongue, offer: Catalog, report: Report, follower: Follower) -> list[tuple[str, str]]:
    """Return which report it is. Only whoever sent it is told a place that others are not."""
    _ = tongue.say
    where = report.address if follower.role == "sent" else reports.address_told(report)
    found = [(_("Report"), _service(tongue, offer, report)), (_("Where"), where),
             (_("Reference"), report.reference)]
    return [(name, value) for name, value in found if value]


def _name(tongue: Tongue, offer: Catalog, report: Report) -> str:
    return f"{_service(tongue, offer, report)} {report.reference}"


def _service(tongue: Tongue, offer: Catalog, report: Report) -> str:
    return tongue.of_city(offer.services[offer.service_codes[report.service_id]].name)


def _department(tongue: Tongue, offer: Catalog, report: Report) -> str:
    return tongue.of_city(offer.departments[offer.department_codes[report.department_id]].name)


def _page(tongue: Tongue, path: str, **asked: str) -> str:
    query = f"?{urlencode(asked)}" if asked else ""
    return f"{settings.current().address}/{tongue.code}/{path}{query}"
