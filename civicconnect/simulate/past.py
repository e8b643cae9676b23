"""A believable record for the demo: what people reported these last months, and what came of it."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from civicconnect import catalog, clock, geo, reports, sla
from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.errors import Invalid
from civicconnect.reports import Closing, Desk, NewReport, PastReport, Report, lifecycle
from civicconnect.simulate.ground import SEED
from civicconnect.simulate.noise import Floats

RECORD = Actor("history", "simulate")
STAFF = Actor("staff", "staff:demo", frozenset({"queue", "step", "note", "see_all"}))
# Our own namespace: the same number is always the same report, so a second run adds nothing.
NAMESPACE = UUID("5b1c7a52-4f0e-4d0b-9a77-1f6e0c9d3a41")
BATCH = 1000

DAYS = 120
STORM_DAYS_AGO = 47  # the one stormy day of the record: only then is there what a storm brings
WEEKDAYS = (1.0, 0.9, 0.85, 0.85, 0.9, 0.6, 0.45)  # how busy, Monday first
HOURS = (1, 1, 1, 1, 1, 3, 8, 16, 24, 24, 20, 18, 17, 16, 15, 15, 17, 20, 20, 15, 10, 7, 4, 2)
CHANNELS = {"web": 0.42, "app": 0.33, "call": 0.18, "crew": 0.07}
LANGUAGES = {"en": 0.5, "es": 0.2, "pt": 0.18, "ar": 0.12}
OUTCOMES = {"fixed": 0.79, "no_action": 0.07, "not_found": 0.07, "partly_fixed": 0.05,
            "withdrawn": 0.02}
SILENT, CHATTY = 0.12, 0.35  # who writes nothing, and who writes a second sentence
SPREAD = 0.7  # of waiting times round a service's pace: sigma of their logarithm
UNPROMISED_HOURS = 40.0

STEPPED = 25
PATHS = (("accept",), ("accept", "plan"), ("start",), ("accept", "start"), ("plan",))


@dataclass(frozen=True)
class _Story:
    """What people write about one service, from texts.toml."""

    service: catalog.Service
    pace: float
    answers: Sequence[Mapping[str, str]]
    texts: Mapping[str, Sequence[str]]  # by language
    odds: Floats  # of each place, that it happens there; they sum to 1


@dataclass(frozen=True)
class _Stage:
    """Everything that inventing needs, read once."""

    desk: Desk
    places: Sequence[geo.Place]
    stories: Sequence[_Story]
    extra: Mapping[str, Sequence[str]]

    @property
    def city(self) -> catalog.City:
        return self.desk.catalog.city


def invent_past(db: Db, count: int, seed: int = SEED) -> int:
    """Give the city a record of about four months up to now. Returns how many reports are new.

    A second time with the same count adds nothing; with a larger one, only the rest.
    Raises Invalid where the city has no addresses or none of the services we have words for.
    """
    stage, now = _stage(db, seed), clock.now()
    invented = (_invent(stage, seed, number, now) for number in range(1, count + 1))
    new = 0
    while batch := list(islice(invented, BATCH)):
        new += reports.submit_past(db, RECORD, batch)
    if new:
        _take_steps(db, now.astimezone(ZoneInfo(stage.city.time_zone)))
        reports.changed_in_bulk(db)
    return new


def _stage(db: Db, seed: int) -> _Stage:
    desk, told = reports.desk(db), _texts()
    asked = select(geo.Address.street, geo.Address.number, geo.latitude(geo.Address.place),
                   geo.longitude(geo.Address.place)).order_by(geo.Address.id)
    rows = db.execute(asked).all()
    streets = np.asarray([street for street, *_ in rows], dtype=str)
    places = [geo.Place(f"{n} {street}".strip(), geo.Point(y, x)) for street, n, y, x in rows]
    known = {code: words for code, words in told["service"].items() if code in desk.catalog.services}
    if not places or not known:
        raise Invalid({"city": ["Load a city with addresses and the demo's services first."]})
    busy = _busy(streets, seed)
    stories = [_story(desk.catalog.services[code], words, streets, busy) for code, words in known.items()]
    return _Stage(desk, places, stories, told["extra"])


def _texts() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("texts.toml").read_text(encoding="utf-8"))


def _busy(streets: NDArray[np.str_], seed: int) -> Floats:
    """Return how much is reported at each place: in a few streets far more than in the rest.

    streets    shape (places,); returns the same shape, > 0
    """
    names, street = np.unique(streets, return_inverse=True)
    weights: Floats = np.random.default_rng(seed).lognormal(0, 0.8, len(names))
    return weights[street]


def _story(
    service: catalog.Service, words: Mapping[str, Any], streets: NDArray[np.str_], busy: Floats
) -> _Story:
    wanted = np.isin(streets, words["streets"]) if "streets" in words else np.asarray([False])
    odds = np.where(wanted, busy, 0.0) if wanted.any() else busy
    texts = {language: words[language] for language in LANGUAGES}
    return _Story(service, words["pace"], words["answers"], texts, odds / odds.sum())


def _invent(stage: _Stage, seed: int, number: int, now: datetime) -> PastReport:
    # Every report throws its own dice, so that it does not depend on how many are asked for.
    rng = np.random.default_rng((seed, number))
    rarity = 1 / np.arange(2, len(stage.stories) + 2)
    story = stage.stories[int(rng.choice(len(stage.stories), p=rarity / rarity.sum()))]
    place = stage.places[int(rng.choice(len(stage.places), p=story.odds))]
    received_at = _received_at(rng, story.service, stage.city.time_zone, now)
    channel = _pick(rng, _channels(story.service))
    language = _language(rng, stage, channel)
    which = int(rng.integers(len(story.answers)))
    words = _description(rng, stage, story, story.texts[language][which], language)
    external_id = f"demo-{number}"
    new = NewReport(
        id=uuid5(NAMESPACE, external_id), service=story.service.code, point=place.point,
        address=place.label, description=words,
        answers=catalog.answers(story.service, story.answers[which], language),
        language=language, source=channel,
    )
    closing = _closing(rng, stage, new, story.pace, received_at, now)
    return PastReport(new, external_id, received_at, closing)


def _received_at(
    rng: np.random.Generator, service: catalog.Service, zone: str, now: datetime
) -> datetime:
    today = now.astimezone(ZoneInfo(zone)).date()
    stormy = today - timedelta(days=STORM_DAYS_AGO)
    rests = stormy if service.storm == "stops" else None
    day = stormy if service.storm == "only" else _day(rng, today, rests)
    odds = np.asarray(HOURS) / sum(HOURS)
    hour, minute = int(rng.choice(24, p=odds)), int(rng.integers(60))
    wall = datetime.combine(day, time(hour, minute, int(rng.integers(60))))
    instant, _ = sla.local(wall, zone)
    return instant if instant < now else instant - timedelta(days=1)


def _day(rng: np.random.Generator, today: date, rests: date | None) -> date:
    """Return a day up to today, but not the one on which the service rests."""
    while True:
        # A little busier towards today: the city reports more than it did four months ago.
        day = today - timedelta(days=int(DAYS * rng.random() ** 1.4))
        if day != rests and rng.random() <= WEEKDAYS[day.weekday()]:
            return day


def _channels(service: catalog.Service) -> Mapping[str, float]:
    """Return how such a report may come in: no crew asks for a permit, and who calls is not anonymous."""
    left_out = set()
    if service.visibility == "private" or service.contact != "optional":
        left_out.add("crew")
    if service.contact == "none":
        left_out.add("call")
    return {channel: share for channel, share in CHANNELS.items() if channel not in left_out}


def _pick(rng: np.random.Generator, odds: Mapping[str, float]) -> str:
    shares = np.asarray(list(odds.values()))
    return list(odds)[int(rng.choice(len(odds), p=shares / shares.sum()))]


def _language(rng: np.random.Generator, stage: _Stage, channel: str) -> str:
    offered = stage.city.languages
    spoken = {code: share for code, share in LANGUAGES.items() if code in offered} or LANGUAGES
    return next(iter(spoken)) if channel == "crew" else _pick(rng, spoken)


def _description(
    rng: np.random.Generator, stage: _Stage, story: _Story, text: str, language: str
) -> str:
    if rng.random() < SILENT:
        return ""
    # What is added speaks of the street, where everybody passes.
    if rng.random() < CHATTY and story.service.visibility == "public":
        extra = stage.extra[language]
        return f"{text} {extra[int(rng.integers(len(extra)))]}"
    return text


def _closing(
    rng: np.random.Generator, stage: _Stage, new: NewReport, pace: float, received_at: datetime, now: datetime
) -> Closing | None:
    """Return when and how it ended; None where it is still open, as recent ones often are."""
    age_days = (now - received_at) / timedelta(days=1)
    if rng.random() < 0.04 + 0.7 * math.exp(-age_days / 12):
        return None
    decision, due = stage.desk.decide(new, (), received_at)
    department = stage.desk.catalog.departments[decision.department]
    worked = (due.hours if due else UNPROMISED_HOURS) * pace * float(rng.lognormal(0, SPREAD))
    closed_at = sla.due_at(received_at, worked, stage.desk.promises.calendars[department.calendar])
    return Closing(closed_at, _pick(rng, OUTCOMES)) if closed_at < now else None


def _take_steps(db: Db, now: datetime) -> None:
    """Let staff take up some of the open ones, here and there along the queue.

    now    in the city's own zone: a plan names a day there
    """
    waiting = db.scalars(
        select(Report.reference)
        .where(Report.external_id.like("demo-%"), Report.status == lifecycle.RECEIVED)
        .order_by(Report.received_at)
    ).all()
    for n, reference in enumerate(waiting[:: max(1, len(waiting) // STEPPED)][:STEPPED]):
        day = now.date() + timedelta(days=1 + n % 9)
        for verb in PATHS[n % len(PATHS)]:
            given = {"planned_for": day.isoformat()} if verb == "plan" else {}
            reports.transition(db, STAFF, reference, verb, given, goes_on=False)
