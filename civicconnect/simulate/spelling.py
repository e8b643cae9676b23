"""How a report's cells are spelled in a published extract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import orjson

from civicconnect.simulate import notes, words
from civicconnect.simulate.day import DUPLICATE, Day
from civicconnect.simulate.dirt import Habits
from civicconnect.simulate.parameters import CHANNELS
from civicconnect.simulate.spots import NOWHERE
from civicconnect.simulate.wallclock import EPOCH, HOUR, NEVER, Wall
from civicconnect.simulate.world import Integers, Plan

COLUMNS = ("id", "opened", "closed", "due", "status", "type", "group", "department", "channel", "address",
           "area", "lat", "long", "text", "closing_note", "parent_id")
# The same columns as the city called them in its later years.
LATER = ("case_number", "open_date", "close_date", "due_date", "case_status", "request_type", "category",
         "agency", "source", "location", "district", "latitude", "longitude", "description", "resolution",
         "parent_case")
CHANNEL_NAMES = {"call": "Phone call", "crew": "Entered by a crew", "web": "Website", "app": "Mobile app",
                 "email": "E-mail", "partner": "Partner system", "social": "Social network"}
# "local" is the clock on the wall; "utc" carries its offset; "shifted" is a known fault: the wall's
# clock, marked as if it were UTC, and so off by the offset.
TIMES = ("local", "utc", "shifted")
FIRST_ID = 1_000_000
NOTING = 5  # a stream of dice of its own
UNEVEN = 7919  # a prime: by its multiples one comes to all addresses, in no order to be seen
CUT = 20  # characters
SENTINELS = {"sentinel_1900": "1900-01-01", "sentinel_2100": "2100-01-01"}
SPELLINGS = ("CLOSED", "closed", "Closed ")
TEST = "Closed - Testing"


class Speller:
    """Turns the columns of a day into rows of cells, clean ones."""

    def __init__(self, plan: Plan, seed: int, wall: Wall, chosen: Habits, times: str) -> None:
        self._plan, self._wall, self._times, self._seed = plan, wall, times, seed
        self._names = [f"{service.name} (général)" if index == chosen.letters else service.name
                       for index, service in enumerate(plan.services)]
        self._languages = list(plan.languages)

    def rows(self, day: Day) -> Iterator[list[str]]:
        """Yield a day's rows in the order of COLUMNS."""
        plan = self._plan
        closed_at = day.finally_closed_at
        promised = np.nan_to_num(day.promised_hours)
        due = day.opened_at + (promised * HOUR).astype(np.int64)
        due = np.where(np.isnan(day.promised_hours), NEVER, due)
        dice = np.random.default_rng((self._seed, NOTING, *day.number[:1].tolist())).random(len(day))
        texts = self.texts(day)
        columns = zip(
            day.number.tolist(), self.written(day.opened_at), self.written(closed_at), self.written(due),
            day.service.tolist(), day.channel.tolist(), day.place.tolist(), day.area.tolist(),
            day.lat.tolist(), day.long.tolist(), texts, day.outcome.tolist(), day.duplicate_of.tolist(), dice,
            strict=True)
        for (number, opened, closed, until, service, channel, place, area, lat, long, text, outcome, first,
             chance) in columns:
            told = plan.services[service]
            yield [
                str(FIRST_ID + number), opened, closed, until, "Closed" if closed else "Open",
                self._names[service], told.group, told.department, CHANNEL_NAMES[CHANNELS[channel]],
                self._address(place, number), plan.areas.codes[area] if area >= 0 else "",
                "" if lat != lat else f"{lat:.6f}", "" if long != long else f"{long:.6f}", text,
                notes.note(outcome, chance) if closed else "",
                str(FIRST_ID + first) if closed and outcome == DUPLICATE else "",
            ]

    def _address(self, place: int, number: int) -> str:
        """Return the address; on the fallback point it is one the city could not find."""
        labels = self._plan.places.label
        known = place if place >= 0 else number * UNEVEN % len(labels)
        return "" if place == NOWHERE else labels[known]

    def texts(self, day: Day) -> list[str]:
        """Return what was written in each report."""
        services, labels = self._plan.services, self._plan.places.label
        return [
            words.description(services[service], text, self._languages[language],
                              labels[place] if place >= 0 else "")
            for service, text, language, place in zip(
                day.service.tolist(), day.text.tolist(), day.language.tolist(), day.place.tolist(),
                strict=True)
        ]

    def written(self, instants: Integers) -> list[str]:
        """Return instants as the extract spells them; "" for NEVER."""
        known = instants != NEVER
        safe = np.where(known, instants, 0)
        shown = safe if self._times == "utc" else self._wall.shown(safe)
        spelled = np.datetime_as_string(shown.astype("datetime64[us]"), unit="s").tolist()
        mark = "" if self._times == "local" else "+00:00"
        return [f"{text.replace('T', ' ')}{mark}" if there else ""
                for text, there in zip(spelled, known.tolist(), strict=True)]


def soiled(row: list[str], kinds: list[str], number: int) -> list[str]:
    """Return a row with its pieces of dirt; the order of the columns stays.

    number    of the report: the dice for what a kind leaves open
    """
    if not kinds:
        return row
    cells: dict[str, str] = dict(zip(COLUMNS, row, strict=True))
    for kind in kinds:
        cells |= _CHANGES[kind](cells, number) if kind in _CHANGES else {}
    return list(cells.values())


def _negative(cells: Mapping[str, str], number: int) -> dict[str, str]:
    opened = datetime.fromisoformat(cells["opened"])
    return {"closed": str(opened - timedelta(hours=1 + number % 47))}


def _double_blank(cells: Mapping[str, str], _: int) -> dict[str, str]:
    return {"address": cells["address"].replace(" ", "  ", 1) if " " in cells["address"]
            else cells["address"] + "  "}


def _personal(cells: Mapping[str, str], number: int) -> dict[str, str]:
    dice = (number, number // 3, number // 7, number // 11)
    return {"closing_note": cells["closing_note"] + notes.leak(dice)}


def _sentinel(kind: str) -> Any:
    return lambda cells, _: {"closed": f"{SENTINELS[kind]} 00:00:00{cells['opened'][19:]}"}


_CHANGES: Mapping[str, Any] = {
    "midnight_closing": lambda cells, _: {"closed": f"{cells['closed'][:10]} 00:00:00{cells['closed'][19:]}"},
    "blank_address": lambda cells, _: {"address": ""},
    "negative_duration": _negative,
    "sentinel_1900": _sentinel("sentinel_1900"),
    "sentinel_2100": _sentinel("sentinel_2100"),
    "open_with_closing": lambda cells, _: {"status": "Open"},
    "closed_without_closing": lambda cells, _: {"closed": ""},
    "status_spelling": lambda cells, number: {"status": SPELLINGS[number % len(SPELLINGS)]},
    "missing_coordinates": lambda cells, _: {"lat": "", "long": ""},
    "zero_coordinates": lambda cells, _: {"lat": "0", "long": "0"},
    "outside_coordinates": lambda cells, _: {"lat": f"{float(cells['lat']) + 5:.6f}"},
    "rounded_coordinates": lambda cells, _: {name: f"{float(cells[name]):.2f}" for name in ("lat", "long")},
    "double_blank": _double_blank,
    "cut_text": lambda cells, _: {"text": cells["text"][:CUT]},
    "blank_category": lambda cells, _: {"type": ""},
    "personal_data": _personal,
}
# What is written a second time, beside the row itself.
EXTRA: Mapping[str, Any] = {
    "repeated_id": lambda cells: {"closing_note": "Entry corrected."},
    "exact_copy": lambda cells: {},
    "test_row": lambda cells: {"id": f"TEST-{cells['id']}", "status": TEST, "text": "Only a test.",
                               "closing_note": "", "parent_id": ""},
}


def once_more(row: list[str], kind: str) -> list[str]:
    """Return the row that is written once more for a kind of EXTRA."""
    cells = dict(zip(COLUMNS, row, strict=True))
    return list((cells | EXTRA[kind](cells)).values())


def utc(instant: int) -> str:
    """Return an instant for the files of the truth, in UTC with its offset; "" for NEVER."""
    if instant == NEVER:
        return ""
    return orjson.dumps(EPOCH + timedelta(microseconds=instant))[1:-1].decode()  # as isoformat, in a tenth


