"""The demo city with another wish: a service that asks, hides or stops, a storm, a banner, colours."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect, select

from civicconnect.catalog.models import USUAL, CityRow, GroupRow, ServiceRow, TemplateRow
from civicconnect.db import Db


def offer_of(db: Db) -> list[tuple[Any, dict[str, Any]]]:
    """Return what the city offers, row by row, for `give_back`."""
    rows = [*db.scalars(select(ServiceRow)), *db.scalars(select(GroupRow)), *db.scalars(select(CityRow))]
    return [((type(row), row.id), {c.key: getattr(row, c.key) for c in inspect(type(row)).columns})
            for row in rows]


def give_back(db: Db, before: list[tuple[Any, dict[str, Any]]]) -> None:
    """Let the city offer again what it did."""
    for (kind, key), values in before:
        row = db.get(kind, key)
        for name, value in values.items():
            setattr(row, name, value)
    db.flush()


def make_plain(db: Db) -> None:
    """Let the demo city wish for nothing special, so that a test names all it relies on."""
    for service in db.scalars(select(ServiceRow)):
        service.choices = USUAL
    for group in db.scalars(select(GroupRow)):
        group.icon = ""
    city = db.scalars(select(CityRow)).one()
    city.logo_name, city.logo = "", None
    change_city(db, colours={}, notices={}, storm={}, banner=[])


def change_service(
    db: Db, code: str, *, questions: list[dict[str, Any]] | None = None, **choices: Any
) -> None:
    """Give a service other choices (visibility, photos, storm …) or other questions."""
    row = db.scalars(select(ServiceRow).where(ServiceRow.code == code)).one()
    row.choices = row.choices | choices
    if questions is not None:
        row.questions = questions
    db.flush()


def change_city(db: Db, **facts: Any) -> None:
    """Give the city other facts: storm, banner, colours, notices …"""
    row = db.scalars(select(CityRow)).one()
    row.facts = row.facts | facts
    db.flush()


def question(code: str, kind: str = "one_of", *, required: bool = True, when: tuple[str, str] | None = None,
             options: tuple[str, ...] = ("yes", "no"), words: str = "") -> dict[str, Any]:
    """Return a question as a city folder gives it."""
    return {"code": code, "kind": kind, "required": required,
            "words": {"en": words or f"What about {code}?"},
            "option": [{"code": o, "words": {"en": o.capitalize()}, "priority": ""} for o in options]
            if kind in ("one_of", "several_of") else [],
            "when": {"question": when[0], "option": when[1]} if when else None}


def stopper(
    words: str, *, when: tuple[str, str] | None = None, phone: str = "", link: str = ""
) -> dict[str, Any]:
    """Return a stopper as a city folder gives it."""
    return {"when": {"question": when[0], "option": when[1]} if when else None, "words": {"en": words},
            "phone": phone, "link": link}


def make_template(db: Db, code: str, verb: str, *, outcome: str = "", services: list[str] | None = None,
                  words: dict[str, str]) -> None:
    """Give the city words to start from at a step."""
    db.add(TemplateRow(code=code, position=0, facts={
        "code": code, "verb": verb, "outcome": outcome, "services": services or [], "name": {"en": code},
        "words": words}))
    db.flush()
