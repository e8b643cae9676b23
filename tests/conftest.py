"""Both engines under every test that touches a database; each such test is undone by a rollback.

`database` is a database held by one connection and rolled back. `own_database` is a copy that a
test has for itself, with real commits, for whatever runs in several threads or processes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from civicconnect import accounts, city, db, settings
from civicconnect.app import create_app
from civicconnect.db import Database
from civicconnect.settings import Settings
from tests.factories import Staff, make_staff, reporter, staff_actor
from tests.pages import Visitor
from tests.passes import cookie_of, hash_quickly
from tests.postgres import cluster

ENGINES = ("spatialite", "postgis")
HERE = Path(__file__).parent.parent
SHARED = HERE.parent / "shared" / "data"
_numbers = count(1)
hash_quickly()


def make_settings(folder: Path, url: str = "") -> Settings:
    """Return settings for one test: its own folder, loose limits, the demo city."""
    environ = {"CIVIC_DATA": str(folder), "CIVIC_DATABASE_URL": url, "CIVIC_SECRET_KEY": "s" * 40,
               "CIVIC_CONTACT_KEY": "c" * 40, "CIVIC_POSTS_AN_HOUR": "1000000",
               "CIVIC_TRIES_AN_HOUR": "1000000"}
    return settings.load(environ)


@dataclass(frozen=True)
class Template:
    """A migrated database with the demo city and its staff, to be copied."""

    url: str
    server: str = ""  # address of the PostgreSQL server with {} for the database's name

    @contextmanager
    def copy(self, folder: Path) -> Iterator[str]:
        """Yield the address of a copy of one's own."""
        if not self.server:
            file = folder / f"copy{next(_numbers)}.sqlite"
            shutil.copy(self.url.removeprefix("sqlite:///"), file)
            yield f"sqlite:///{file}"
            return
        name, source = f"copy{next(_numbers)}", make_url(self.url).database
        with psycopg.connect(self.server.format("postgres"), autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE {name} TEMPLATE {source}')
        yield self.server.format(name)
        with psycopg.connect(self.server.format("postgres"), autocommit=True) as admin:
            admin.execute(f'DROP DATABASE {name} WITH (FORCE)')


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A private PostgreSQL server's address, with {} for the database's name."""
    with cluster() as address:
        yield address


def fill(url: str, folder: Path) -> None:
    """Migrate a database and load the demo city and its staff."""
    given = make_settings(folder, url)
    database = db.open_database(url)
    with settings.bound(given), db.bound(database):
        db.migrate(database, settings.home() / "migrations")
        checked = city.check_folder(given.city_folder)
        with create_app(given, database).app_context(), db.transaction() as change:
            city.load_city(change, checked)
            make_staff(change)
    database.engine.dispose()


@pytest.fixture(scope="session")
def templates(tmp_path_factory, request) -> dict[str, Template]:
    """The template of each engine, made when first asked for."""
    made: dict[str, Template] = {}
    folder = tmp_path_factory.mktemp("templates")

    def make(engine: str) -> Template:
        if engine not in made:
            if engine == "spatialite":
                made[engine] = Template(f"sqlite:///{folder / 'template.sqlite'}")
            else:
                address = request.getfixturevalue("server")
                with psycopg.connect(address.format("postgres"), autocommit=True) as admin:
                    admin.execute("CREATE DATABASE civic_template")
                made[engine] = Template(address.format("civic_template"), address)
            fill(made[engine].url, folder)
        return made[engine]

    return make


@pytest.fixture(scope="session", params=ENGINES)
def engine(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def shared_database(engine, templates, tmp_path_factory) -> Iterator[Database]:
    # A copy as well: PostgreSQL copies no database that anybody is connected to.
    with templates(engine).copy(tmp_path_factory.mktemp("shared")) as url:
        opened = db.open_database(url)
        yield opened
        opened.engine.dispose()


@pytest.fixture
def given(tmp_path) -> Settings:
    """Settings of this test alone, in force while it runs."""
    for name in ("photos", "publication", "seals"):
        (tmp_path / name).mkdir()
    made = make_settings(tmp_path)
    with settings.bound(made):
        yield made


@pytest.fixture
def database(shared_database, given) -> Iterator[Database]:
    """The demo city's database; whatever the test does is undone."""
    with shared_database.engine.connect() as connection:
        undone = connection.begin()
        held = Database(shared_database.engine, held=connection)
        with db.bound(held):
            yield held
        undone.rollback()


@pytest.fixture
def db_(database):
    """A session in the test's own transaction."""
    with db.transaction() as session:
        yield session


@pytest.fixture
def own_database(engine, templates, given, tmp_path) -> Iterator[Database]:
    """A database of the test's own, with real commits."""
    with ExitStack() as stack:
        opened = db.open_database(stack.enter_context(templates(engine).copy(tmp_path)))
        with db.bound(opened):
            yield opened
        opened.engine.dispose()


@pytest.fixture
def own_settings(own_database, given) -> Settings:
    """The settings that point another process at `own_database`."""
    return replace(given, database_url=own_database.engine.url.render_as_string(hide_password=False))


@pytest.fixture
def empty_url(engine, tmp_path, request) -> Iterator[str]:
    """The address of a database with nothing in it."""
    if engine == "spatialite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    server = request.getfixturevalue("server")
    name = f"empty{next(_numbers)}"
    with psycopg.connect(server.format("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    yield server.format(name)
    with psycopg.connect(server.format("postgres"), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def furnished(tmp_path_factory) -> Flask:
    """The application, built once: two hundred addresses take longer to hang up than a page to open."""
    return create_app(make_settings(tmp_path_factory.mktemp("furnished")), Database(create_engine("sqlite://")))


@pytest.fixture
def app(furnished, database, given):
    """The application, with the settings and the database of this test."""
    furnished.extensions["civic"] = given, database
    return furnished


@pytest.fixture
def visitor(app) -> Visitor:
    """Somebody with a browser; every page they see is checked."""
    return Visitor(app)


@pytest.fixture
def someone(app):
    """Make visitors: each call is another browser."""
    return lambda: Visitor(app)


@pytest.fixture
def signed_in(app):
    """Make visitors who signed in: `signed_in("streets")`."""
    def make(who: str) -> Visitor:
        visitor = Visitor(app)
        visitor.client.set_cookie("civic", cookie_of(app, Staff.named(who).email))
        return visitor
    return make


@pytest.fixture
def staff(db_) -> accounts.Actor:
    """A member of the streets department."""
    return staff_actor(db_, "streets")


@pytest.fixture
def moderator(db_) -> accounts.Actor:
    """Somebody who may hide, rewrite and block."""
    return staff_actor(db_, "supervisor")


@pytest.fixture
def make_report(db_):
    """Make reports that are nobody's in particular; the test names what matters."""
    return reporter(db_)


@pytest.fixture(scope="session")
def photo_file(tmp_path_factory) -> Path:
    """A photo as a phone takes it."""
    file = tmp_path_factory.mktemp("photo") / "hole.jpg"
    picture = Image.effect_noise((1200, 900), 20).convert("RGB")
    picture.save(file, quality=60)  # under half a megabyte: the test client spools more to a file
    return file
