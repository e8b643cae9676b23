"""What of a city can be set on screen: a form for each kind of row in its folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from civicconnect.catalog import PRIORITIES
from civicconnect.web.city_fields import Field, Form
from civicconnect.web.words import PRIORITY


def _of(codes: Iterable[str], *said: str) -> tuple[tuple[str, str], ...]:
    return tuple(zip(codes, said, strict=True))


RANKED = _of(PRIORITIES, *(PRIORITY[code] for code in PRIORITIES))
RAISED = (("", _l("as the service")), *RANKED)
KINDS = _of(("one_of", "several_of", "text", "number", "date", "notice"), _l("choose one"),
            _l("choose several"), _l("words"), _l("a number"), _l("a day"), _l("nothing is asked, only said"))
CODE = Field("code", "code", _l("Code"), _l(
    "Small letters, digits and hyphens. Left empty, it is made from the words. It never changes later."))
CLOCK = _l("On the city's clock, as 2026-12-01 08:00. Empty: always.")
NAME = Field("name", "words", _l("Name"))
ICON = Field("icon", "choice", _l("Drawing"), options="icons")

SERVICE: Form = (
    CODE, NAME,
    Field("hint", "words", _l("Hint"), _l("What is meant by it, in a sentence.")),
    Field("keywords", "keywords", _l("Other words for it"), _l("With commas between them.")),
    Field("group", "choice", _l("Group"), options="groups"),
    Field("department", "choice", _l("Department"), _l("It answers where no rule says otherwise."),
          options="departments"),
    ICON,
    Field("begins", "moment", _l("Offered from"), CLOCK),
    Field("ends", "moment", _l("Offered until"), _l("Its reports stay. Empty: without an end.")),
    Field("priority", "choice", _l("Priority"), options=RANKED, usual="normal"),
    Field("visibility", "choice", _l("Who sees its reports"), usual="public", options=_of(
        ("public", "private"), _l("everybody"), _l("the city alone"))),
    Field("place", "choice", _l("What strangers are told of the place"), usual="exact", options=_of(
        ("exact", "rounded", "area"), _l("the place itself"), _l("roughly where"), _l("the area alone"))),
    Field("text", "choice", _l("Who reads words and sees photos"), usual="public", options=_of(
        ("public", "internal"), _l("everybody"), _l("the city alone"))),
    Field("contact", "choice", _l("Name and address of who reports"), usual="optional", options=_of(
        ("optional", "needed", "none"), _l("if they wish"), _l("needed"), _l("not asked"))),
    Field("photos", "whole", _l("Photos at most"), _l("From 0 to 5."), usual=3),
    Field("storm", "choice", _l("In a storm"), usual="stops", options=_of(
        ("stops", "stays", "only"), _l("not offered"), _l("offered as always"), _l("offered only then"))),
)
QUESTION: Form = (
    CODE, Field("words", "words", _l("Question")),
    Field("kind", "choice", _l("Answer"), options=KINDS, usual=None),
    Field("required", "yes", _l("It must be answered")),
    Field("when", "when", _l("Asked only after"), options="answers"),
    Field("option", "rows", _l("Options"), _l("For “choose one” and “choose several”."), inner=(
        Field("words", "words", _l("Words")),
        Field("code", "code", _l("Code")),
        Field("priority", "choice", _l("Makes the report's priority"), options=RAISED),
    )),
)
STOPPER: Form = (
    Field("words", "long_words", _l("Why it is not taken here, and what to do")),
    Field("when", "when", _l("Only after the answer"), options="answers"),
    Field("phone", "line", _l("Call")),
    Field("link", "line", _l("Or go to"), _l("An address that begins with https:// or with /.")),
)
GROUP: Form = (CODE, NAME, ICON)
DEPARTMENT: Form = (
    CODE, NAME, Field("calendar", "choice", _l("Calendar"), _l("In its hours promises count."),
                      options="calendars"),
    Field("email", "line", _l("E-mail"), _l("For the city's own people.")),
    Field("phone", "line", _l("Telephone")),
)
_HOURS = _l("As 08:00-12:00, 13:00-17:00. Empty: closed.")
CALENDAR: Form = (
    CODE,
    *(Field(f"hours.{day}", "list", said, hint) for day, said, hint in (
        ("mon", _l("Monday"), _HOURS), ("tue", _l("Tuesday"), ""), ("wed", _l("Wednesday"), ""),
        ("thu", _l("Thursday"), ""), ("fri", _l("Friday"), ""), ("sat", _l("Saturday"), ""),
        ("sun", _l("Sunday"), ""))),
    Field("holidays", "line", _l("Public holidays of"), _l("A country or its part, as CH-ZH or PT-20.")),
    Field("closed", "days", _l("Closed on"), _l("A day a line, with its name: 2026-12-24 Christmas Eve.")),
    Field("open", "days", _l("Open although it is a holiday"), _l("A day a line.")),
    Field("zone", "line", _l("Time zone"), _l("Empty: the city's own.")),
)
PROMISES: Form = (
    Field("promise", "rows", _l("Promises"), _l(
        "The nearest one counts: for the priority and area, else for the priority, else for the area, else "
        "the plain one."), inner=(
        Field("hours", "number", _l("Working hours")),
        Field("priority", "choice", _l("Priority"), options=(("", _l("any")), *RANKED)),
        Field("area", "choice", _l("Area"), options="areas"),
        Field("note", "line", _l("Why so many")),
    )),
)
BANNER: Form = (
    Field("words", "words", _l("Words above every page")),
    Field("link", "line", _l("Read more at"), _l("An address that begins with https:// or with /.")),
    Field("begins", "moment", _l("From"), CLOCK),
    Field("ends", "moment", _l("Until")),
)
LAYER: Form = (NAME,)
OURS = _l("As #0b4f6c. Empty: ours.")
# Parts of city.toml itself.
SECTIONS: dict[str, tuple[str, Form]] = {
    "about": (_l("Name and languages"), (
        Field("name", "words", _l("Name of the city")),
        Field("languages", "list", _l("Languages"), _l(
            "All of the city's words are in them. The first is for visitors whose language is not there.")),
        Field("languages_in_part", "list", _l("Languages of the pages alone"),
              _l("What the city has not written in them is shown in the first language.")),
        Field("catch_all", "choice", _l("What no one else claims goes to"), options="departments"),
    )),
    "contact": (_l("How people reach the city"), (
        Field("contact.emergency", "line", _l("Emergency number")),
        Field("contact.phone", "line", _l("Telephone")), Field("contact.email", "line", _l("E-mail")),
        Field("contact.website", "line", _l("Website")), Field("contact.address", "line", _l("Address")),
    )),
    "notices": (_l("Privacy, terms, accessibility"), (
        Field("notices.controller", "line", _l("Who is responsible for the data")),
        Field("notices.officer", "line", _l("Data protection officer")),
        Field("notices.authority", "line", _l("Where to complain")),
        Field("notices.keep_contact_days", "whole", _l("Days contact details are kept"), usual=365),
        Field("notices.law", "long_words", _l("Why the city may keep reports")),
        Field("notices.terms", "long_words", _l("Terms")),
        Field("notices.accessibility", "line", _l("Whom to ask about accessibility")),
        Field("photos.first_look", "yes", _l("Strangers see a photo only once a moderator has looked at it")),
    )),
    "colours": (_l("Colours"), (
        Field("colours.brand", "colour", _l("Of the city"), OURS, against="#ffffff"),
        Field("colours.link", "colour", _l("Of links"), OURS, against="#f6f5f1"),
    )),
    "storm": (_l("Storm mode"), (
        Field("storm.on", "yes", _l("It is on, by hand")),
        Field("storm.begins", "moment", _l("It begins"), _l("On the city's clock, as 2026-12-01 08:00.")),
        Field("storm.ends", "moment", _l("It ends")),
        Field("storm.words", "long_words", _l("Words above every page meanwhile")),
    )),
}


@dataclass(frozen=True)
class Thing:
    """A kind of row that there are several of."""

    kind: str
    form: Form
    many: str
    add: str = ""  # "" where none can be added
    inside: str = ""  # the kind of row around it


THINGS = {
    "services": Thing("service", SERVICE, _l("Services"), _l("Add a service")),
    "questions": Thing("question", QUESTION, _l("Questions"), _l("Add a question"), "services"),
    "stoppers": Thing("stopper", STOPPER, _l("When it is not taken here"), _l("Add a case"), "services"),
    "groups": Thing("group", GROUP, _l("Groups"), _l("Add a group")),
    "departments": Thing("department", DEPARTMENT, _l("Departments"), _l("Add a department")),
    "calendars": Thing("calendar", CALENDAR, _l("Calendars"), _l("Add a calendar")),
    "promises": Thing("promise", PROMISES, _l("Promises")),
    "banners": Thing("banner", BANNER, _l("Announcements"), _l("Add an announcement")),
    "layers": Thing("layer", LAYER, _l("Layers of areas")),
}
