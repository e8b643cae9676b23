"""Words to start from, changed on the screen: checked as those of a folder are, each change kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect import clock
from civicconnect.catalog import shapes
from civicconnect.catalog.book import Template
from civicconnect.catalog.models import CityRow, ServiceRow, TemplateRow
from civicconnect.catalog.reading import template_of
from civicconnect.db import Base, Db, Instant, Json, Key
from civicconnect.errors import Conflict, Invalid, NotFound, Sentence
from civicconnect.tables import spell


class TemplateChange(Base):
    """One change of a template: who, when, and what stood there before. Never changed itself."""

    __tablename__ = "template_change"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(80), index=True)
    at: Mapped[Instant]
    by: Mapped[str] = mapped_column(String(80))
    before: Mapped[Json]  # {} where it is new
    after: Mapped[Json]  # {} where it is gone


def every_template(db: Db) -> tuple[Template, ...]:
    """Read the words staff may start from, in their order, whatever service they are for."""
    return tuple(map(template_of, db.scalars(select(TemplateRow.facts).order_by(TemplateRow.position))))


def find_template(db: Db, code: str) -> Template:
    """Return one template, or raise NotFound."""
    facts = db.scalar(select(TemplateRow.facts).where(TemplateRow.code == code))
    if facts is None:
        raise NotFound(f"no template is called {code}")
    return template_of(facts)


def template_changes(db: Db, code: str) -> list[TemplateChange]:
    """Return what was changed of a template on the screen, the newest first."""
    asked = select(TemplateChange).where(TemplateChange.code == code)
    return list(db.scalars(asked.order_by(TemplateChange.id.desc())))


def save_template(
    db: Db, by: str, given: Mapping[str, Any], *, is_new: bool, seen: int | None = None
) -> None:
    """Add a template or change it, and keep what stood there before.

    given    a row as in templates.toml
    seen     how many changes its reader had seen; more by now is a Conflict
    Raises Invalid, Conflict and NotFound.
    """
    row = _checked(db, given)
    code = row["code"]
    held = db.scalar(select(TemplateRow).where(TemplateRow.code == code).with_for_update())
    if is_new and held is not None:
        raise Invalid({"code": [Sentence("There is a template of this name already.")]})
    if not is_new and held is None:
        raise NotFound(f"no template is called {code}")
    _refuse_unseen(db, code, seen)
    before = dict(held.facts) if held is not None else {}
    if before == row:
        return
    if held is None:
        last = db.scalar(select(func.max(TemplateRow.position)))
        db.add(TemplateRow(code=code, position=0 if last is None else last + 1, facts=row))
    else:
        held.facts = row
    _keep(db, code, by, before, row)


def remove_template(db: Db, by: str, code: str, *, seen: int | None = None) -> None:
    """Offer a template no more; what it said stays among its changes. Raises NotFound and Conflict."""
    held = db.scalar(select(TemplateRow).where(TemplateRow.code == code).with_for_update())
    if held is None:
        raise NotFound(f"no template is called {code}")
    _refuse_unseen(db, code, seen)
    _keep(db, code, by, dict(held.facts), {})
    db.delete(held)
    db.flush()


def note_changes(db: Db, by: str, after: Mapping[str, Mapping[str, Any]]) -> None:
    """Note how all templates change together: whoever has the form of one of them open is told so.

    after    rows as they are kept, by code. Of a city that has no template yet nothing is noted.
    """
    asked = select(TemplateRow.code, TemplateRow.facts)
    before: dict[str, Any] = dict(db.execute(asked).tuples().all())
    for code in sorted(before.keys() | after.keys()) if before else ():
        was, becomes = before.get(code, {}), after.get(code, {})
        if dict(was) != dict(becomes):
            _keep(db, code, by, was, becomes)


def _refuse_unseen(db: Db, code: str, seen: int | None) -> None:
    count = db.scalar(select(func.count()).select_from(TemplateChange).where(TemplateChange.code == code))
    if seen is not None and seen != count:
        raise Conflict(Sentence("Someone else changed this template while you were writing."))


def _keep(db: Db, code: str, by: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    now: datetime = clock.now()
    db.add(TemplateChange(code=code, at=now, by=by[:80], before=dict(before), after=dict(after)))
    db.flush()


def _checked(db: Db, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as it is kept, or raise Invalid for all that a folder would be refused for."""
    faults: dict[str, list[str]] = {}
    try:
        row: dict[str, Any] = dict(shapes.TEMPLATE.load(dict(given)))
    except ValidationError as fault:
        for key, words in spell(fault.messages):
            faults.setdefault(key.replace(".value", "").replace(".", "-"), []).append(words)
        raise Invalid(faults) from fault
    city: Mapping[str, Any] = db.scalars(select(CityRow.facts)).one()
    for part in ("name", "words"):
        row[part] = {language: said for language, said in row[part].items() if said.strip()}
        for language in city["languages"]:
            if not row[part].get(language):
                faults[f"{part}-{language}"] = [Sentence("Write it in every language of the city.")]
    for language, said in row["words"].items():
        for name in shapes.unknown_fields(said):
            faults.setdefault(f"words-{language}", []).append(Sentence(
                "Nothing can be put in for {%(name)s}. Use one of: %(known)s.", name=name,
                known=", ".join(f"{{{field}}}" for field in shapes.FIELDS)))
        if "{planned_for}" in said and row["verb"] != "plan":
            faults.setdefault(f"words-{language}", []).append(Sentence(
                "Only planning has a day that can be put in for {planned_for}."))
    offered = set(db.scalars(select(ServiceRow.code).where(ServiceRow.active)))
    if set(row["services"]) - offered:
        faults["services"] = [Sentence("Choose services that the city offers.")]
    if row["outcome"] and row["verb"] != "close":
        faults["outcome"] = [Sentence("Only closing has an outcome.")]
    if faults:
        raise Invalid(faults)
    return row
