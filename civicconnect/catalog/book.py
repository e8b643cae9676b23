"""The catalogue as plain values: read once a request, handed to every rule that asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from civicconnect.catalog.shapes import ANSWER_DAYS, KEEP_CONTACT_DAYS, PRIORITIES
from civicconnect.errors import NotFound

Words = Mapping[str, str]
SEVERAL = ","  # between the options of one answer; no code has one


def words(given: Words, language: str) -> str:
    """Return the words in a language, else in the first one the city wrote."""
    return given.get(language) or next(iter(given.values()), "")


def chosen(value: str) -> list[str]:
    """Return the codes of the options that an answer holds, as "bent,missing"."""
    return value.split(SEVERAL)


@dataclass(frozen=True)
class Span:
    """A while on the city's own clock, "2026-12-01 08:00" each; "" is open at that end."""

    begins: str = ""
    ends: str = ""

    def holds(self, wall: str) -> bool:
        """Say whether it is on at a minute of the city's clock."""
        return self.begins <= wall and (not self.ends or wall < self.ends)


ALWAYS = Span()


@dataclass(frozen=True)
class Banner:
    """Words above every page for a while."""

    words: Words
    link: str
    shown: Span


@dataclass(frozen=True)
class Storm:
    """When normal services rest and the ones for emergencies are offered."""

    on: bool
    during: Span
    words: Words


@dataclass(frozen=True)
class Asking:
    """What happens while the city waits for a resident's answer.

    days      that they have to answer; remind: so many days before the end they are reminded, 0: never
    closes    without an answer the report is closed, with this reason; else the work goes on
    """

    days: int = ANSWER_DAYS
    remind: int = 3
    closes: bool = False
    reason: Words = field(default_factory=dict)


@dataclass(frozen=True)
class City:
    """What a city says about itself in city.toml."""

    slug: str
    name: Words
    time_zone: str
    languages: tuple[str, ...]
    catch_all: str  # department code
    limit_layer: str
    contact: Mapping[str, str]
    colours: Mapping[str, str]
    centre: tuple[float, float]  # latitude, longitude
    logo: str = ""  # the file's name; "" where there is none
    logo_stamp: str = ""  # another with any other content
    hosts: tuple[str, ...] = ()
    banners: tuple[Banner, ...] = ()
    storm: Storm = field(default=Storm(on=False, during=Span(), words={}))
    notices: Mapping[str, Any] = field(default_factory=dict)
    layers: Mapping[str, Words] = field(default_factory=dict)
    in_part: tuple[str, ...] = ()  # languages of the pages that not all of the city's own words are in
    first_look: bool = False  # strangers see a photo only once somebody of the city has looked at it
    street_view: str = ""  # where staff look at a street: an address with {lat} and {long} in it
    asking: Asking = field(default=Asking())

    @property
    def spoken(self) -> tuple[str, ...]:
        """Return the languages that people may choose."""
        return self.languages + self.in_part

    @property
    def keep_contact(self) -> timedelta:
        """Return how long contact details are kept at most."""
        return timedelta(days=self.notices.get("keep_contact_days", KEEP_CONTACT_DAYS))

    def wall(self, now: datetime) -> str:
        """Return an instant as the city's own clock shows it: "2026-12-01 08:00"."""
        return now.astimezone(ZoneInfo(self.time_zone)).isoformat(" ", "minutes")[:16]

    def day(self, now: datetime) -> date:
        """Return the day that an instant falls on in the city."""
        return now.astimezone(ZoneInfo(self.time_zone)).date()

    def is_storm(self, now: datetime) -> bool:
        """Say whether storm mode is on: by hand or since a date, and no longer than to its end."""
        on, during = self.storm.on or bool(self.storm.during.begins), self.storm.during
        return on and (Span("", during.ends) if self.storm.on else during).holds(self.wall(now))

    def banners_at(self, now: datetime) -> list[Banner]:
        """Return what stands above every page at an instant."""
        return [banner for banner in self.banners if banner.shown.holds(self.wall(now))]


@dataclass(frozen=True)
class Department:
    id: int
    code: str
    name: Words
    calendar: str
    email: str
    phone: str = ""


@dataclass(frozen=True)
class Group:
    id: int
    code: str
    name: Words
    icon: str = ""


@dataclass(frozen=True)
class Condition:
    """An answer that was given."""

    question: str
    option: str

    def holds(self, given: Mapping[str, str]) -> bool:
        """Say whether these answers, by question, hold it."""
        return self.option in chosen(given.get(self.question, ""))


@dataclass(frozen=True)
class Question:
    """One thing to know about a report, or to tell whoever reports. `options`: what is chosen from."""

    code: str
    kind: str  # one_of, several_of, text, number, date; notice: nothing is asked
    required: bool
    words: Words
    options: tuple[tuple[str, Words], ...]
    when: Condition | None = None  # asked only after this answer
    priorities: Mapping[str, str] = field(default_factory=dict)  # option: how soon it makes a report


@dataclass(frozen=True)
class Stopper:
    """Why a report is not taken here, and what to do instead."""

    when: Condition | None  # None: never taken here
    words: Words
    phone: str
    link: str


@dataclass(frozen=True)
class Service:
    id: int
    code: str
    group: str
    department: str
    name: Words
    hint: Words
    questions: tuple[Question, ...]
    active: bool
    icon: str = ""
    priority: str = "normal"
    visibility: str = "public"  # public, private: who sees its reports
    place: str = "exact"  # exact, rounded, area: how much of the place strangers are told
    text: str = "public"  # public, internal: who reads what was written and sees the photos
    contact: str = "optional"  # optional, needed, none
    storm: str = "stops"  # stops, stays, only
    photos: int = 3
    answer_days: int | None = None  # that a resident has to answer a question; None: as the city says
    stoppers: tuple[Stopper, ...] = ()
    keywords: Mapping[str, list[str]] = field(default_factory=dict)
    offered: Span = ALWAYS  # when residents may choose it; beyond it, it stands for its reports

    def asked(self, given: Mapping[str, str]) -> tuple[Question, ...]:
        """Return the questions to be answered after these answers, in their order."""
        found: dict[str, Question] = {}
        for question in self.questions:
            # What hangs on a question that is not asked itself is not asked either.
            if question.when is None or (question.when.question in found and question.when.holds(given)):
                found[question.code] = question
        return tuple(found.values())

    def stopped(self, given: Mapping[str, str]) -> Stopper | None:
        """Return why a report with these answers is not taken; None where it is."""
        asked = {question.code for question in self.asked(given)}
        return next((s for s in self.stoppers
                     if s.when is None or (s.when.question in asked and s.when.holds(given))), None)

    @cached_property
    def _may_raise(self) -> bool:
        return any(question.priorities for question in self.questions)

    def priority_of(self, given: Mapping[str, str]) -> str:
        """Return how soon a report with these answers is looked at: the highest that any of them makes it."""
        if not self._may_raise:
            return self.priority
        made = [q.priorities.get(option, "") for q in self.asked(given)
                for option in chosen(given.get(q.code, ""))]
        return max([self.priority, *filter(None, made)], key=PRIORITIES.index)


@dataclass(frozen=True)
class Template:
    """Words to start from when a step is taken."""

    code: str
    verb: str
    outcome: str
    services: tuple[str, ...]
    name: Words
    words: Words


@dataclass(frozen=True)
class Owner:
    """Somebody outside the city to whom a report is handed over; `contact` and `url` may be ""."""

    code: str
    name: Words
    contact: str
    url: str
    services: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalog:
    """Everything a city offers, by code, in the order the city gave."""

    city: City
    departments: Mapping[str, Department]
    groups: Mapping[str, Group]
    services: Mapping[str, Service]

    @cached_property
    def department_codes(self) -> Mapping[int, str]:
        return {d.id: d.code for d in self.departments.values()}

    @cached_property
    def service_codes(self) -> Mapping[int, str]:
        return {s.id: s.code for s in self.services.values()}

    def service(self, code: str) -> Service:
        """Return a service by its code, or raise NotFound."""
        if code not in self.services:
            raise NotFound(f"no service is called {code}")
        return self.services[code]

    def offers(self, service: Service, now: datetime) -> bool:
        """Say whether residents may choose a service at an instant."""
        resting = "stops" if self.city.is_storm(now) else "only"
        return (service.active and service.storm != resting
                and (service.offered == ALWAYS or service.offered.holds(self.city.wall(now))))

    def offered(self, now: datetime) -> list[tuple[Group, list[Service]]]:
        """Return what residents may choose, by group."""
        grouped = (
            (group, [s for s in self.services.values() if s.group == code and self.offers(s, now)])
            for code, group in self.groups.items()
        )
        return [(group, services) for group, services in grouped if services]
