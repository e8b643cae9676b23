"""Many cities in one process: each host name its own city, and nothing of one in another."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, event, select
from werkzeug.test import Client

from civicconnect import accounts, cities, db, jobs, reports, settings
from civicconnect.catalog.models import CityRow
from civicconnect.cities import Roof, by_host, host_of, site
from civicconnect.errors import Conflict
from civicconnect.jobs import Handler
from civicconnect.settings import Settings
from tests.factories import RESIDENT, Staff, new_report
from tests.pages import Visitor

HOW_MANY = {"spatialite": 20, "postgis": 4}
TOWN = re.compile(r"town\d\d")
LOOSE = {"CIVIC_POSTS_AN_HOUR": "10000", "CIVIC_TRIES_AN_HOUR": "10000"}


class AtHost(Client):
    """A browser that asks the roof for one host name."""

    def __init__(self, roof: Roof, host: str) -> None:
        super().__init__(roof)
        self.host = host

    def open(self, *args, **options):
        return super().open(*args, **{"base_url": f"http://{self.host}"} | options)


@dataclass
class Towns:
    """Cities that differ in their names and hold one report each."""

    together: Settings
    roof: Roof | None = None
    references: dict[str, str] = field(default_factory=dict)
    at_rest: list[int] = field(default_factory=list)  # connections that were open before the first request

    @property
    def slugs(self) -> list[str]:
        return list(self.references)

    def visitor(self, slug: str) -> Visitor:
        host = f"{slug}.localhost"

        class App:
            test_client = staticmethod(lambda: AtHost(self.roof, host))
        return Visitor(App())

    def open(self) -> None:
        """Put the roof over them; the one before it goes."""
        self.close()
        self.roof = cities.open_all(self.together)
        opened = [door.database for door in self.roof.doors.values() if door.database]
        self.at_rest = [database.engine.pool.checkedin() for database in opened]

    def close(self) -> None:
        if self.roof:
            self.roof.close()

    def found(self, slug: str) -> None:
        """Make a city's folder, secrets and database, and report something there."""
        write_folder(self.together.cities_folder, slug)
        settings.make_city_secrets(self.together, slug)
        with cities.entered(self.together, slug) as (own, _), db.transaction() as change:
            for name in ("photos", "publication", "seals"):
                (own.data_folder / name).mkdir()
            row = change.scalars(select(CityRow)).one()
            row.slug = slug
            name = {"en": f"The {slug}"}
            row.facts = row.facts | {"slug": slug, "name": name, "hosts": [f"311.{slug}.example"]}
            said = reports.submit(change, RESIDENT, new_report(description=f"A hole in {slug}"))
            self.references[slug] = said.reference


def write_folder(home: Path, slug: str) -> None:
    """Write as much of a city's folder as the roof ever reads."""
    (home / slug).mkdir(parents=True)
    (home / slug / "city.toml").write_text(f'slug = "{slug}"\nhosts = ["311.{slug}.example"]\n')


@contextmanager
def founded(template, folder: Path, count: int, **more: str) -> Iterator[Towns]:
    """Found so many cities, each on a copy of the template."""
    slugs = [f"town{n:02}" for n in range(count)]
    environ = {"CIVIC_DATA": str(folder / "data"), "CIVIC_CITIES": str(folder / "cities")} | LOOSE | more
    with ExitStack() as stack:
        if template.server:
            mark = next(unused)
            environ["CIVIC_DATABASE_URL"] = template.server.format(f"many{mark}_{{slug}}")
            for slug in slugs:
                stack.enter_context(copied(template, f"many{mark}_{slug}"))
        else:
            for slug in slugs:
                (folder / "data" / slug).mkdir(parents=True)
                shutil.copy(template.url.removeprefix("sqlite:///"), folder / "data" / slug / "civic.sqlite")
        towns = Towns(settings.shared(environ))
        for slug in slugs:
            towns.found(slug)
        stack.callback(towns.close)
        yield towns


unused = iter(range(1000))


@contextmanager
def copied(template, name: str) -> Iterator[None]:
    with psycopg.connect(template.server.format("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE civic_template")
        yield
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def towns(engine, templates, tmp_path_factory) -> Iterator[Towns]:
    """Twenty cities under one roof."""
    with founded(templates(engine), tmp_path_factory.mktemp("many"), HOW_MANY[engine]) as made:
        made.open()
        yield made


@pytest.fixture
def two(templates, tmp_path) -> Iterator[Towns]:
    """Two cities of the test's own, to do harm to."""
    with founded(templates("spatialite"), tmp_path, 2) as made:
        yield made


@pytest.fixture
def witness() -> Iterator[list[tuple[str, str]]]:
    """Every statement of any engine: the city that was asked in that thread, and the database's city."""
    seen: list[tuple[str, str]] = []

    def note(connection, *_):
        seen.append((asked.slug, TOWN.search(connection.engine.url.database).group()))

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


asked = threading.local()


def get(towns: Towns, slug: str, path: str, **options):
    """Ask a city for a page, as nobody in particular; what it costs to read it well is left out."""
    asked.slug = slug
    return AtHost(towns.roof, f"{slug}.localhost").get(path, **options)


# Which city

@pytest.mark.parametrize(("header", "host"), [
    ("311.city.example", "311.city.example"), ("311.City.EXAMPLE", "311.city.example"),
    ("311.city.example:8311", "311.city.example"), ("311.city.example.", "311.city.example"),
    ("311.city.example.:80", "311.city.example"), ("311.city.example:", "311.city.example"),
    ("[2001:db8::1]", "[2001:db8::1]"), ("[2001:DB8::1]:8311", "[2001:db8::1]"),
    ("", ""), (":8311", ""), ("a.example:b.example", ""), ("a.example:80:80", "a.example:80"),
    ("a.example, b.example", "a.example, b.example"), ("user@a.example", "user@a.example"),
])
def test_a_host_header_names_a_host_however_it_is_spelt(header, host):
    assert host_of(header) == host


def test_every_host_name_of_a_city_leads_to_it_and_to_no_other(towns):
    for number, slug in enumerate(towns.slugs):
        hosts = (f"311.{slug}.example", f"{slug}.localhost:8311", f"{slug.upper()}.LocalHost.")
        for host in hosts if number < 3 else hosts[:1]:
            page = get(towns, slug, "/", headers={"Host": host})
            assert (page.status_code, set(TOWN.findall(page.text))) == (200, {slug}), host


UNKNOWN = ("", "localhost", "127.0.0.1:8311", "[::1]:8311", "town00", "town00.example", "x.town00.localhost",
           "town00.localhost.example", "town00.localhost:x", "town00.localhost, town01.localhost")


def test_an_unknown_host_gets_a_page_that_names_nobody(towns):
    for host, path in product(UNKNOWN, ("/", "/sign-in", "/reports.csv", "/readyz", "/static/x/css/a.css")):
        answer = Client(towns.roof).get(path, headers={"Host": host})
        assert (answer.status_code, answer.text) == (404, cities.NOBODY), (host, path)
        assert "Set-Cookie" not in answer.headers
    assert not TOWN.search(cities.NOBODY)


def test_a_request_without_a_host_is_nobodys(towns):
    def ask(environ, start_response):
        environ.pop("HTTP_HOST")
        return towns.roof(environ, start_response)

    assert Client(ask).get("/").status_code == 404


def test_whoever_asks_by_address_learns_that_the_process_is_alive_and_no_more(towns):
    answer = Client(towns.roof).get("/healthz", headers={"Host": "10.0.0.7"})
    assert (answer.status_code, answer.get_json()) == (200, {"alive": True})
    assert Client(towns.roof).get("/readyz", headers={"Host": "10.0.0.7"}).status_code == 404


def test_only_the_trusted_proxy_says_for_which_host(towns):
    def title(peer, proxy, **headers):
        roof = Roof(towns.roof.doors.values(), proxy)
        return Client(roof).get("/", headers={"Host": "town00.localhost"} | headers,
                                environ_base={"REMOTE_ADDR": peer}).text

    sent = {"X-Forwarded-Host": "311.town01.example"}
    assert "The town01" in title("10.0.0.1", "10.0.0.1", **sent)
    assert "The town00" in title("10.0.0.2", "10.0.0.1", **sent)
    assert "The town00" in title("10.0.0.1", "", **sent)
    sent = {"X-Forwarded-Host": "town00.localhost, else.example"}  # what the proxy said stands last
    assert title("10.0.0.1", "10.0.0.1", **sent) == cities.NOBODY


def test_one_city_alone_has_no_roof_over_it(given, own_database):
    assert site(given).name == "civicconnect.app"


# Nothing of one in another

SPOT = "lat=41.2&long=-33.4"
PAGES = ("/", "/report", f"/report?{SPOT}", f"/report?{SPOT}&service=pothole", "/reports", "/es/reports",
         "/reports?q=hole", "/reports.csv", "/reports.geojson", "/data", "/performance", f"/map.svg?{SPOT}",
         "/sign-in", "/staff/queue", "/readyz", "/healthz", "/nothing")


def test_no_statement_of_one_city_reaches_anothers_database(towns, witness):
    for number, slug in enumerate(towns.slugs):
        for path in (*(PAGES if number < 2 else PAGES[:1]), f"/reports/{towns.references[slug]}"):
            page = get(towns, slug, path)
            assert page.status_code in (200, 302, 404, 503), path
            assert set(TOWN.findall(page.text)) <= {slug}, path
    assert {of for _, of in witness} == set(towns.slugs)
    assert [(who, of) for who, of in witness if who != of] == []


def test_a_report_sent_to_one_city_stands_in_that_one_alone(towns, witness):
    here, *others = towns.slugs[:3]
    asked.slug = here
    resident = towns.visitor(here)
    fields = resident.get("/report?lat=41.2&long=-33.4&service=pothole").form("/reports")
    sent = resident.post("/reports", fields | {"description": "Only here", "answer-size": "plate"})
    assert sent.status == 303, sent.words
    reference = sent.answer.headers["Location"].partition("?")[0].rpartition("/")[2]
    assert {of for _, of in witness} == {here}
    assert "Only here" in resident.follow(sent).words
    for other in others:
        assert get(towns, other, f"/reports/{reference}").status_code == 404
        assert "Only here" not in get(towns, other, "/reports.csv").text


def test_two_hundred_requests_in_eight_threads_never_mix(towns, witness):
    def ask(number):
        slug = towns.slugs[number % len(towns.slugs)]
        reports_own = f"/reports/{towns.references[slug]}"
        path = ("/", "/reports.csv", "/reports.geojson", reports_own)[number // 7 % 4]
        page = get(towns, slug, path)
        return slug, path, page.status_code, set(TOWN.findall(page.text))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(200)))
    assert len({path for _, path, *_ in answers}) > 3
    assert [a for a in answers if a[2] != 200 or a[3] != {a[0]}] == []
    assert [(who, of) for who, of in witness if who != of] == []


def test_an_answer_that_is_still_being_read_stays_with_its_city(towns):
    here, other = towns.slugs[:2]
    stream = AtHost(towns.roof, f"{here}.localhost").get("/reports.geojson", buffered=False)
    chunks = stream.iter_encoded()
    first = next(chunks)
    with ThreadPoolExecutor(1) as pool:
        between = pool.submit(lambda: get(towns, other, "/reports.geojson").text).result()
    rest = b"".join(chunks).decode()
    stream.close()
    assert first.startswith(b'{"type":"FeatureCollection"')
    assert set(TOWN.findall(rest)) == {here}
    assert set(TOWN.findall(between)) == {other}


@pytest.fixture(scope="module")
def clerk(towns) -> Visitor:
    """Somebody who signed in at the first city."""
    person, marked = Staff.named("supervisor"), {}
    for slug in towns.slugs:
        with cities.entered(towns.together, slug), db.transaction() as change:
            row = change.scalars(select(accounts.Staff).where(accounts.Staff.email == person.email)).one()
            marked[slug] = (row.id, row.fs_uniquifier)
            if slug == "town00":
                with towns.roof.doors[slug].answers.app_context():
                    accounts.add_staff(change, person.email, person.password, person.role, [])
                row.fs_uniquifier = marked[slug][1]
    assert len(set(marked.values())) == 1  # they are the same to the database: the keys alone tell them apart
    made = towns.visitor("town00")
    made.sign_in(person)
    return made


def borrowed(towns: Towns, clerk: Visitor, slug: str) -> Visitor:
    """Return a visitor of another city with a copy of the clerk's cookie."""
    made = towns.visitor(slug)
    cookie = clerk.client.get_cookie("civic", "town00.localhost")
    made.client.set_cookie("civic", cookie.value, domain=f"{slug}.localhost")
    return made


def test_a_cookie_of_one_city_is_worthless_in_another(towns, clerk):
    assert "A hole in town00" in clerk.get(f"/staff/reports/{towns.references['town00']}").words
    for slug in towns.slugs[1:]:
        stranger = borrowed(towns, clerk, slug)
        for path in ("/staff", "/staff/queue", f"/staff/reports/{towns.references[slug]}"):
            page = stranger.get(path)
            assert (page.status, page.answer.headers["Location"].partition("?")[0]) == (302, "/sign-in"), path


def test_with_a_foreign_cookie_nobody_learns_which_references_exist(towns, clerk):
    stranger = borrowed(towns, clerk, "town01")

    def seen(reference):
        page = stranger.get(f"/staff/reports/{reference}")
        location = page.answer.headers["Location"]
        return page.status, page.text.replace(reference, ""), location.replace(reference, "")

    known, foreign, nobodys = towns.references["town01"], towns.references["town00"], "ZZZZZZZZ"
    assert seen(known) == seen(foreign) == seen(nobodys)


def test_the_reports_of_one_city_are_not_found_in_another(towns, clerk):
    here, there = towns.references["town00"], towns.references["town01"]
    assert towns.visitor("town01").get(f"/reports/{here}").status == 404
    assert clerk.get(f"/staff/reports/{there}").status == 404


def test_a_form_of_one_city_cannot_be_sent_to_another(towns, clerk):
    fields = clerk.get(f"/staff/reports/{towns.references['town00']}").form("/notes")
    stranger = borrowed(towns, clerk, "town01")
    address = f"/staff/reports/{towns.references['town01']}/notes"
    assert stranger.post(address, fields | {"note": "From next door"}).status == 400


def test_every_city_has_secrets_of_its_own(towns):
    keys = [key for slug in towns.slugs
            for own in [settings.of_city(towns.together, slug)] for key in (own.secret_key, own.contact_key)]
    assert len(set(keys)) == 2 * len(towns.slugs)
    assert (towns.together.secret_key, towns.together.contact_key) == ("", "")


def test_what_one_city_has_had_too_often_another_takes(two):
    two.together = settings.shared({"CIVIC_DATA": two.together.data, "CIVIC_CITIES": two.together.cities,
                                    "CIVIC_TRIES_AN_HOUR": "1"})
    two.open()

    def try_(slug):
        visitor = two.visitor(slug)
        return visitor.post("/sign-in", visitor.get("/sign-in").form("/sign-in")
                            | {"email": "ana@city.example", "password": "wrong"}).status

    assert [try_("town00"), try_("town00"), try_("town01")] == [200, 429, 200]


# One that is broken

def test_a_city_that_cannot_be_opened_says_so_and_the_others_serve(two, capsys):
    (two.together.data_folder / "town00" / "civic.sqlite").write_bytes(b"no database" * 1000)
    two.open()
    for host in ("town00.localhost", "311.town00.example"):
        answer = Client(two.roof).get("/reports", headers={"Host": host})
        assert (answer.status_code, answer.text) == (503, cities.NOT_READY)
        assert answer.headers["Retry-After"] == "60"
    assert Client(two.roof).get("/healthz", headers={"Host": "311.town00.example"}).status_code == 200
    assert "The town01" in two.visitor("town01").get("/").words
    assert '"city": "town00"' in capsys.readouterr().err


def test_a_folder_that_cannot_be_read_leaves_the_city_as_it_was_loaded(two):
    (two.together.cities_folder / "town00" / "city.toml").write_bytes(b"slug = \xff")
    two.open()
    page = two.visitor("town00").get("/", headers={"Host": "311.town00.example"})
    assert (page.status, "The town00" in page.words) == (200, True)


def test_a_city_whose_database_was_away_is_back_when_it_is(two):
    file = two.together.data_folder / "town00" / "civic.sqlite"
    away = file.rename(file.with_suffix(".away"))
    file.mkdir()
    two.open()
    page = two.visitor("town00").get("/", headers={"Host": "311.town00.example"})
    assert (page.status, "Try again in a minute" in page.words) == (503, True)
    assert two.visitor("town01").get("/").status == 200
    file.rmdir()
    away.rename(file)
    assert "The town00" in two.visitor("town00").get("/").words


def test_a_database_that_holds_another_city_is_not_shown_as_this_one(two, capsys):
    data = two.together.data_folder
    shutil.copy(data / "town01" / "civic.sqlite", data / "town00" / "civic.sqlite")
    two.open()
    assert Client(two.roof).get("/", headers={"Host": "town00.localhost"}).text == cities.NOT_READY
    assert "holds the city 'town01'" in capsys.readouterr().err


def test_where_no_city_can_be_served_nothing_starts(two):
    shutil.rmtree(two.together.data_folder)
    with pytest.raises(Conflict, match="No city can be served"):
        cities.open_all(two.together)


@pytest.mark.parametrize("claim", ["311.town00.example", "311.Town00.Example.", "town00.localhost"])
def test_two_cities_that_claim_one_host_stop_the_start(two, claim):
    with cities.entered(two.together, "town01"), db.transaction() as change:
        row = change.scalars(select(CityRow)).one()
        row.facts = row.facts | {"hosts": [claim]}
    with pytest.raises(Conflict, match="'town00' and 'town01' both claim the host name") as said:
        cities.open_all(two.together)
    assert claim.lower().removesuffix(".") in str(said.value)


def test_a_claim_of_nothing_makes_nobody_the_owner_of_requests_without_a_host():
    assert by_host({"a": ["", ":80", "a.localhost"], "b": ["", "b.localhost"]}) == {
        "a.localhost": "a", "b.localhost": "b"}


# The worker

@contextmanager
def at_work(together: Settings) -> Iterator[None]:
    """Run a worker for all cities meanwhile."""
    stop = threading.Event()
    worker = threading.Thread(target=cities.work_all, args=(together, stop))
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join(timeout=60)
    assert not worker.is_alive()


def published(together: Settings, slug: str) -> Path:
    return together.data_folder / slug / "publication" / "newest"


def wait_for(is_there) -> None:
    pause = threading.Event()
    for _ in range(600):
        if is_there():
            return
        pause.wait(0.05)
    raise AssertionError("not there within 30 seconds")


def ask_to_publish(towns: Towns, slugs: list[str]) -> None:
    for slug in slugs:
        with cities.entered(towns.together, slug), db.transaction() as change:
            jobs.enqueue(change, "publish")


def test_one_worker_publishes_every_city_into_its_own_folder(towns):
    slugs = towns.slugs[:4]
    ask_to_publish(towns, slugs)
    with at_work(towns.together):
        wait_for(lambda: all(published(towns.together, slug).is_file() for slug in slugs))
    for slug in slugs:
        home = published(towns.together, slug)
        rows = (home.parent / home.read_text() / "reports.csv").read_text()
        assert set(TOWN.findall(rows)) == {slug}
        assert towns.references[slug] in rows


def test_a_city_without_its_database_keeps_no_other_waiting_for_the_worker(two):
    (two.together.data_folder / "town00" / "civic.sqlite").write_bytes(b"no database" * 1000)
    ask_to_publish(two, ["town01"])
    with at_work(two.together):
        wait_for(published(two.together, "town01").is_file)


def test_a_long_job_of_one_city_keeps_no_other_waiting(two, monkeypatch):
    begun, done, order = threading.Event(), threading.Event(), []

    def run(_db, payload):
        slug = settings.current().city_folder.name
        if slug == "town00" and not begun.is_set():
            begun.set()
            assert done.wait(30)
        if slug == "town01":
            assert begun.wait(30)
            done.set()
        order.append(slug)

    monkeypatch.setattr(cities, "handlers", lambda: {"long": Handler(run, reads=True)})
    monkeypatch.setattr(cities, "schedule", lambda: None)
    for slug in ["town00"] * 20 + ["town01"]:
        with cities.entered(two.together, slug), db.transaction() as change:
            jobs.enqueue(change, "long")
    with at_work(two.together):
        wait_for(lambda: len(order) == 21)
    assert order[0] == "town01"


def test_workers_that_share_a_turn_do_one_job_at_a_time(own_database):
    turn, busy, most = threading.Semaphore(1), [], []

    def run(_db, _payload):
        busy.append(1)
        most.append(len(busy))
        busy.pop()

    with db.transaction() as change:
        for _ in range(8):
            jobs.enqueue(change, "short")

    def take(job):
        with db.bound(own_database):
            return jobs.run(job, {"short": Handler(run, reads=True)}, "one", turn)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(take, jobs.claim("one", limit=8)))
    assert most == [1] * 8


# What a city costs

def test_a_modest_database_keeps_two_connections_at_rest(own_database):
    url = own_database.engine.url.render_as_string(hide_password=False)
    modest = db.open_database(url, modest=True)
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(modest.engine.connect())
    assert modest.engine.pool.checkedin() == 2
    modest.engine.dispose()


def test_no_connection_is_open_before_the_first_request(towns):
    """A server that forks after opening the cities must not share its connections."""
    assert towns.at_rest == [0] * len(towns.slugs)


def test_the_address_holds_the_citys_own_host_name(two):
    two.together = settings.shared({"CIVIC_DATA": two.together.data, "CIVIC_CITIES": two.together.cities,
                                    "CIVIC_BASE_URL": "https://{host}"})
    with cities.entered(two.together, "town01") as (own, database):
        assert cities.at_its_host(own, database).address == "https://311.town01.example"
    two.open()
    sent = two.visitor("town01").get("/sign-in").answer.headers["Set-Cookie"]
    assert "Secure" in sent
    assert "Domain" not in sent
