"""The migrations climb from nothing to the models, and back, whatever stands in the tables."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import JSON, CheckConstraint, inspect, select, text

from civicconnect import accounts, city, db, reports, settings
from civicconnect.db import Base
from civicconnect.media import Photo
from tests.factories import RESIDENT, new_report

MIGRATIONS = settings.home() / "migrations"
OURS = set(Base.metadata.tables)
BEFORE_MODERATION = "0007"
GENERATED = {("report", "rank")}  # by the database; tests/queue/test_ranking.py holds what it counts
SHAPES = {("area", "shape"), ("address", "place"), ("map_shape", "shape"), ("report", "place"),
          ("asset", "shape")}


def is_ours(thing, name, kind, reflected, beside):
    """Leave out what SpatiaLite and PostGIS keep for themselves, and the columns they made."""
    if kind == "table":
        return name in OURS
    if kind == "column" and (thing.table.name, name) in SHAPES | GENERATED:
        return False
    return not (kind == "index" and name.startswith("idx_"))


def unlike(_context, _inspected, column, *_):
    """Leave out what an engine cannot compare: JSON on one, the empty text on the other. None: compare."""
    empty = column.server_default is not None and column.server_default.arg == ""
    return False if empty or isinstance(column.type, JSON) else None


@pytest.fixture
def empty(empty_url):
    opened = db.open_database(empty_url)
    yield opened
    opened.engine.dispose()


def use(database):
    """Load the demo city where there is none, and leave a report with everything a report can have."""
    with db.bound(database), db.transaction() as change:
        city.load_city(change, city.check_folder(settings.current().city_folder))
        new = new_report(description="A hole.", contact=accounts.ContactDetails(email="ana@home.example"),
                         photos=(Photo("a" * 64, 40, 30),))
        receipt = reports.submit(change, RESIDENT, new)
        clerk = accounts.Actor("staff", "staff:1", frozenset({"step", "see_all"}))
        reports.transition(change, clerk, receipt.reference, "close", {"outcome": "fixed"})


def tables(database):
    with database.engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def shapes(database):
    """Return the spatial columns of ours that the engine knows of: table, column, kind, SRID."""
    question = ("SELECT f_table_name, f_geometry_column, geometry_type, srid FROM geometry_columns"
                if database.embedded else
                "SELECT f_table_name, f_geometry_column, type, srid FROM geometry_columns")
    with database.engine.connect() as connection:
        return {tuple(row) for row in connection.execute(text(question)) if row[0] in OURS}


def test_climbing_from_nothing_finds_exactly_the_models(empty):
    db.migrate(empty, MIGRATIONS)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={
            "include_object": is_ours, "compare_type": True, "compare_server_default": unlike})
        assert compare_metadata(context, Base.metadata) == []
        inspector = inspect(connection)
        for name, table in Base.metadata.tables.items():
            columns = {column["name"]: column["nullable"] for column in inspector.get_columns(name)}
            wanted = {column.name: column.nullable for column in table.columns}
            for shape in SHAPES:
                if shape[0] == name:  # every engine leaves a shape column nullable
                    wanted[shape[1]] = columns[shape[1]]
            assert columns == wanted, name
            checks = {c["name"] for c in inspector.get_check_constraints(name) if c["name"]}
            ours = {c.name for c in table.constraints if isinstance(c, CheckConstraint) and c.name}
            assert ours <= checks, name


def test_each_shape_of_the_models_is_known_to_the_engine_with_its_kind_and_its_index(empty):
    db.migrate(empty, MIGRATIONS)
    kinds = {1: "POINT", 6: "MULTIPOLYGON", 0: "GEOMETRY"}  # SpatiaLite writes OGC codes
    known = {(table, column, kinds.get(kind, kind), srid) for table, column, kind, srid in shapes(empty)}
    assert known == {
        (table, column, Base.metadata.tables[table].c[column].type.geometry_type, 4326)
        for table, column in SHAPES
    }
    with empty.engine.connect() as connection:
        for table, column in SHAPES:
            if empty.embedded:
                assert f"idx_{table}_{column}" in inspect(connection).get_table_names()
            else:
                assert f"idx_{table}_{column}" in {i["name"] for i in inspect(connection).get_indexes(table)}


def test_going_back_to_nothing_and_up_again_works_with_a_city_and_reports_inside(own_database):
    use(own_database)
    before = shapes(own_database)
    db.migrate(own_database, MIGRATIONS, "base")
    assert tables(own_database) & OURS == set()
    assert shapes(own_database) == set()
    assert not {f"idx_{table}_{column}" for table, column in SHAPES} & tables(own_database)
    db.migrate(own_database, MIGRATIONS)
    assert tables(own_database) >= OURS
    assert shapes(own_database) == before
    with db.reading() as view:
        standing = {n for n, table in Base.metadata.tables.items() if view.execute(select(table)).first()}
    assert standing == set()
    use(own_database)  # the new tables take a city and its reports as the old ones did


def test_a_database_is_current_only_at_the_newest_revision(empty):
    assert not db.is_current(empty, MIGRATIONS)
    db.migrate(empty, MIGRATIONS)
    assert db.is_current(empty, MIGRATIONS)
    db.migrate(empty, MIGRATIONS)  # a second time there is nothing to do
    assert db.is_current(empty, MIGRATIONS)
    db.migrate(empty, MIGRATIONS, "base")
    assert not db.is_current(empty, MIGRATIONS)


def test_climbing_to_moderation_lets_supervisors_moderate_and_going_back_takes_it_away(empty):
    def permissions():
        with empty.engine.connect() as connection:
            return dict(connection.execute(text("SELECT name, permissions FROM role")).tuples().all())

    db.migrate(empty, MIGRATIONS, BEFORE_MODERATION)
    before = {"staff": "queue,step", "supervisor": "queue,see_all", "admin": "queue,city", "guest": "queue"}
    with empty.engine.begin() as connection:
        for name, told in before.items():
            connection.execute(text("INSERT INTO role (name, permissions) VALUES (:name, :told)"),
                               {"name": name, "told": told})
    db.migrate(empty, MIGRATIONS, "0008")
    assert permissions() == before | {"supervisor": "queue,see_all,moderate", "admin": "queue,city,moderate"}
    db.migrate(empty, MIGRATIONS, BEFORE_MODERATION)
    assert permissions() == before


def test_climbing_to_the_inbox_lets_the_known_roles_enter_reports_and_going_back_takes_it_away(empty):
    def permissions():
        with empty.engine.connect() as connection:
            return dict(connection.execute(text("SELECT name, permissions FROM role")).tuples().all())

    db.migrate(empty, MIGRATIONS, "0003")
    before = {"staff": "queue,step,note", "admin": "queue,step,note,see_all,people,city", "guest": "queue"}
    with empty.engine.begin() as connection:
        for name, told in before.items():
            connection.execute(text("INSERT INTO role (name, permissions) VALUES (:name, :told)"),
                               {"name": name, "told": told})
    db.migrate(empty, MIGRATIONS, "0004")
    assert permissions() == {"staff": f"{before['staff']},enter", "admin": f"{before['admin']},enter",
                             "guest": "queue"}
    db.migrate(empty, MIGRATIONS, "0003")
    assert permissions() == before
