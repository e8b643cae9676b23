"""The offer, from a checked folder into the database and back into the folder's files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select, update

from civicconnect.catalog import shapes
from civicconnect.catalog.check import CatalogRows
from civicconnect.catalog.models import CityRow, DepartmentRow, GroupRow, OwnerRow, ServiceRow, TemplateRow
from civicconnect.catalog.wording import note_changes
from civicconnect.db import Db, upsert
from civicconnect.tables import told, toml

# What of a service stands in a column of its own; the rest is kept together in `choices`.
COLUMNS = {"code", "group", "department", "name", "hint", "keywords", "question"}


def load(db: Db, found: CatalogRows, stamp: str = "", made_by: str = "civic") -> None:
    """Make the database's catalogue equal to the folder's; what is gone is no longer offered.

    stamp      of the whole folder, for `loaded_stamp`
    made_by    who loads it, for what was changed of a template
    """
    logo_name, logo = found.logo or ("", None)
    drawn = hashlib.sha256(logo).hexdigest()[:12] if logo is not None else ""
    upsert(db, CityRow, ["id"], [{"id": 1, "slug": found.city["slug"], "stamp": stamp, "facts": found.city,
                                  "logo_name": logo_name, "logo": logo, "logo_stamp": drawn}])
    _retire(db, found)
    upsert(db, DepartmentRow, ["code"], [
        {**{key: row[key] for key in ("code", "calendar", "email", "phone", "name")}, "position": n,
         "active": True}
        for n, row in enumerate(found.departments)
    ])
    upsert(db, GroupRow, ["code"], [{**row, "position": n, "active": True}
                                    for n, row in enumerate(found.groups)])
    departments = _ids(db, DepartmentRow)
    groups = _ids(db, GroupRow)
    upsert(db, ServiceRow, ["code"], [
        {"code": row["code"], "group_id": groups[row["group"]],
         "department_id": departments[row["department"]], "name": row["name"],
         "hint": row["hint"], "keywords": row["keywords"], "questions": row["question"],
         "choices": {key: value for key, value in row.items() if key not in COLUMNS},
         "position": n, "active": True}
        for n, row in enumerate(found.services)
    ])
    note_changes(db, made_by, {row["code"]: dict(row) for row in found.templates})
    db.execute(delete(TemplateRow))
    db.add_all(TemplateRow(code=row["code"], position=n, facts=dict(row))
               for n, row in enumerate(found.templates))
    db.execute(delete(OwnerRow))
    db.add_all(OwnerRow(code=row["code"], position=n, facts=dict(row)) for n, row in enumerate(found.owners))
    db.flush()


def hold(db: Db) -> None:
    """Wait until nobody else changes the city, and let nobody else begin: to the end of the transaction."""
    # The embedded engine lets one writer in at a time, and leaves FOR UPDATE out.
    db.execute(select(CityRow.id).with_for_update())


def loaded_stamp(db: Db) -> str:
    """Return the stamp of the folder that was loaded last; "" before the first."""
    return db.scalar(select(CityRow.stamp)) or ""


def _retire(db: Db, found: CatalogRows) -> None:
    # Reports point to them, so they stay, out of sight.
    for model, rows in ((ServiceRow, found.services), (DepartmentRow, found.departments),
                        (GroupRow, found.groups)):
        kept = [row["code"] for row in rows]
        db.execute(update(model).where(model.code.not_in(kept)).values(active=False))


def _ids(db: Db, model: type[DepartmentRow] | type[GroupRow]) -> dict[str, int]:
    return dict(db.execute(select(model.code, model.id)).tuples().all())


def dump(db: Db) -> dict[str, bytes]:
    """Return what stands in the database as the folder's files; {} before a city is loaded."""
    standing = _standing(db)
    return spell(standing) if standing else {}


def _standing(db: Db) -> CatalogRows | None:
    city = db.scalar(select(CityRow))
    if city is None:
        return None
    codes = {id_: code for code, id_ in _ids(db, GroupRow).items()}
    desks = {id_: code for code, id_ in _ids(db, DepartmentRow).items()}
    departments = db.scalars(select(DepartmentRow).where(DepartmentRow.active)
                             .order_by(DepartmentRow.position, DepartmentRow.id))
    groups = db.scalars(select(GroupRow).where(GroupRow.active).order_by(GroupRow.position))
    services = db.scalars(select(ServiceRow).where(ServiceRow.active).order_by(ServiceRow.position))
    return CatalogRows(
        city.facts,
        tuple({"code": d.code, "calendar": d.calendar, "email": d.email, "phone": d.phone, "name": d.name}
              for d in departments),
        tuple({"code": g.code, "icon": g.icon, "name": g.name} for g in groups),
        tuple(s.choices | {"code": s.code, "group": codes[s.group_id], "department": desks[s.department_id],
                           "name": s.name, "hint": s.hint, "keywords": s.keywords, "question": s.questions}
              for s in services),
        tuple(db.scalars(select(TemplateRow.facts).order_by(TemplateRow.position))),
        tuple(db.scalars(select(OwnerRow.facts).order_by(OwnerRow.position))),
        (city.logo_name, city.logo) if city.logo is not None else None,
    )


def spell(found: CatalogRows) -> dict[str, bytes]:
    """Return a checked offer as the folder's files, each in the one way we write it."""
    files = {
        "city.toml": toml(told(shapes.CITY, found.city), "What the city says of itself."),
        "departments.toml": toml(
            _many("department", shapes.DEPARTMENT, found.departments),
            "Who answers. The calendar says in whose hours their promises count."),
        "services.toml": toml(
            _many("group", shapes.GROUP, found.groups)
            | _many("service", shapes.SERVICE, found.services),
            "What residents may ask for, in the order they see it."),
    }
    if found.templates:
        files["templates.toml"] = toml(_many("template", shapes.TEMPLATE, found.templates),
                                       "Words that staff can start from when they take a step.")
    if found.owners:
        files["owners.toml"] = toml(_many("owner", shapes.OWNER, found.owners),
                                    "Who outside the city looks after what people report to it.")
    logo = dict([found.logo]) if found.logo else {}
    return {path: text.encode() for path, text in files.items()} | logo


def _many(key: str, schema: Any, rows: tuple[Mapping[str, Any], ...]) -> dict[str, Any]:
    return {key: [told(schema, row) for row in rows]} if rows else {}
