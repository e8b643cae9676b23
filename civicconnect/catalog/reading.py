"""Reading the catalogue: from what is stored to plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from civicconnect.catalog.book import (
    Asking,
    Banner,
    Catalog,
    City,
    Condition,
    Department,
    Group,
    Owner,
    Question,
    Service,
    Span,
    Stopper,
    Storm,
    Template,
)
from civicconnect.catalog.models import CityRow, DepartmentRow, GroupRow, OwnerRow, ServiceRow, TemplateRow
from civicconnect.db import Db
from civicconnect.errors import NotFound

NO_CITY = "no city is loaded; run: civic city load FOLDER"


def catalog(db: Db) -> Catalog:
    """Read the catalogue: three small statements. Raises NotFound before a city is loaded."""
    city = db.execute(select(CityRow.facts, CityRow.logo_name, CityRow.logo_stamp)).first()
    if city is None:
        raise NotFound(NO_CITY)
    by_position = (DepartmentRow.position, DepartmentRow.id)
    departments = {d.id: d for d in db.scalars(select(DepartmentRow).order_by(*by_position))}
    pairs = db.execute(select(GroupRow, ServiceRow).outerjoin(ServiceRow, ServiceRow.group_id == GroupRow.id)
                       .order_by(GroupRow.position)).tuples().all()
    groups = {group.id: group for group, _ in pairs}
    # A group without services stands there all the same, beside nothing.
    services = sorted((service for _, service in pairs if service is not None), key=lambda s: s.position)
    return Catalog(
        _city(city.facts, city.logo_name, city.logo_stamp),
        {d.code: Department(d.id, d.code, d.name, d.calendar, d.email, d.phone)
         for d in departments.values()},
        {g.code: Group(g.id, g.code, g.name, g.icon) for g in groups.values()},
        {s.code: _service(s, groups[s.group_id].code, departments[s.department_id].code) for s in services},
    )


def time_zone(db: Db) -> str:
    """Read the IANA name of the city's time zone. Raises NotFound before a city is loaded."""
    facts = db.scalar(select(CityRow.facts))
    if facts is None:
        raise NotFound(NO_CITY)
    return str(facts["time_zone"])


def first_look(db: Db) -> bool:
    """Say whether strangers see a photo only once somebody of the city has looked at it."""
    return _first_look(db.scalar(select(CityRow.facts)) or {})


def _first_look(facts: Mapping[str, Any]) -> bool:
    return bool(facts.get("photos", {}).get("first_look", False))


def templates(db: Db, service: str) -> tuple[Template, ...]:
    """Read the words staff may start from for the steps on a report of a service, in their order."""
    rows = db.scalars(select(TemplateRow.facts).order_by(TemplateRow.position))
    return tuple(template_of(t) for t in rows if not t["services"] or service in t["services"])


def template_of(facts: Mapping[str, Any]) -> Template:
    """Return a template as a plain value."""
    return Template(facts["code"], facts["verb"], facts["outcome"], tuple(facts["services"]), facts["name"],
                    facts["words"])


def owners(db: Db, service: str = "") -> tuple[Owner, ...]:
    """Read who outside the city looks after things: first those named for a service, then in their order."""
    rows = db.scalars(select(OwnerRow.facts).order_by(OwnerRow.position))
    found = (Owner(o["code"], o["name"], o["contact"], o["url"], tuple(o["services"])) for o in rows)
    return tuple(sorted(found, key=lambda owner: service not in owner.services))


def logo(db: Db) -> tuple[str, bytes] | None:
    """Return the city's logo: its file's name and content."""
    found = db.execute(select(CityRow.logo_name, CityRow.logo)).first()
    return (found.logo_name, found.logo) if found and found.logo is not None else None


def _city(facts: Mapping[str, Any], logo_name: str, logo_stamp: str) -> City:
    storm = facts.get("storm", {})
    return City(
        facts["slug"], facts["name"], facts["time_zone"], tuple(facts["languages"]),
        facts["catch_all"], facts["limit_layer"], facts["contact"], facts["colours"],
        (facts["centre"]["lat"], facts["centre"]["long"]), logo_name, logo_stamp,
        tuple(facts.get("hosts", ())),
        tuple(Banner(b["words"], b["link"], Span(b["begins"], b["ends"])) for b in facts.get("banner", ())),
        Storm(storm.get("on", False), Span(storm.get("begins", ""), storm.get("ends", "")),
              storm.get("words", {})),
        facts.get("notices", {}), {layer["code"]: layer["name"] for layer in facts.get("layer", ())},
        tuple(facts.get("languages_in_part", ())), _first_look(facts), facts.get("street_view_url", ""),
        _asking(facts.get("questions", {})),
    )


def _asking(row: Mapping[str, Any]) -> Asking:
    usual = Asking()
    return Asking(row.get("days", usual.days), row.get("remind", usual.remind), row.get("then") == "close",
                  row.get("reason", {}))


def _service(row: ServiceRow, group: str, department: str) -> Service:
    c = row.choices
    return Service(
        row.id, row.code, group, department, row.name, row.hint, tuple(map(_question, row.questions)),
        row.active, c["icon"], c["priority"], c["visibility"], c["place"], c["text"], c["contact"],
        c["storm"], c["photos"], c.get("answer_days"),
        tuple(Stopper(_condition(s["when"]), s["words"], s["phone"], s["link"]) for s in c["stopper"]),
        row.keywords, Span(c.get("begins", ""), c.get("ends", "")),
    )


def _condition(row: Mapping[str, str] | None) -> Condition | None:
    return Condition(row["question"], row["option"]) if row else None


def _question(row: Mapping[str, Any]) -> Question:
    options = tuple((o["code"], o["words"]) for o in row["option"])
    priorities = {o["code"]: o["priority"] for o in row["option"] if o.get("priority")}
    return Question(row["code"], row["kind"], row["required"], row["words"], options,
                    _condition(row.get("when")), priorities)
