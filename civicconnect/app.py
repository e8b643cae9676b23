"""The roof: puts the rooms together for one city, and owns nothing itself."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import structlog
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from civicconnect import (
    catalog,
    clock,
    db,
    jobs,
    measures,
    media,
    notify,
    opendata,
    queue,
    reports,
    settings,
    sla,
    web,
)
from civicconnect.db import Database, Db
from civicconnect.jobs import Handler
from civicconnect.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PUBLISHED_BY_THEN = timedelta(seconds=20)  # after an import, so that we learn from it and not from before
# After these nothing changes that strangers see in files.
QUIET = ("note", "look", "reveal", "unflag", "blur", "photo_hide", "photo_show", "assign", "touch_start",
         "touch_finish", "no_access", "field_drop", "uncover", "remind", "escalate", "work_accept",
         "work_refuse", "work_note", "work_done", "work_revoke", "break_glass")
LETTERS_KEPT = timedelta(days=30)  # after they were decided; docs/intake.md says so


def create_app(given: Settings, database: Database | None = None) -> Flask:
    """Build the web application of one city."""
    set_up_logs()
    opened = database or db.open_database(given.url_of_database)
    app = Flask(__name__, static_folder=None, template_folder=str(settings.home() / "templates"))
    inner = believe(given.trusted_proxy, app.wsgi_app)
    app.extensions["civic"] = given, opened

    def bound(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # Set for good, not for a block: a streamed answer is still read after this returns.
        city_settings, city_database = app.extensions["civic"]
        settings.use(city_settings)
        db.use(city_database)
        return inner(environ, start_response)

    app.wsgi_app = bound  # type: ignore[method-assign]
    web.furnish(app, given)
    return app


def believe(proxy: str, inner: WSGIApplication) -> WSGIApplication:
    """Let the proxy at an address, and nobody else, say who is asking and for which host; "": nobody."""
    proxied = ProxyFix(inner, x_for=1, x_proto=1, x_host=1)

    def asked(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        trusted = proxy and environ.get("REMOTE_ADDR") == proxy
        return (proxied if trusted else inner)(environ, start_response)

    return asked


def set_up_logs() -> None:
    """Write one line of JSON per event to stderr: no values of variables, they may be personal."""
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars,  # which city, where there are many
                    structlog.processors.TimeStamper(fmt="iso"), structlog.processors.add_log_level,
                    structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # asked for at each line
    )
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


def _on_event(db_: Db, event: dict[str, Any]) -> None:
    """What follows from an event, by its verb."""
    if "report" in event:
        # Of what was done in bulk no letter goes out while it can still be taken back.
        after = datetime.fromisoformat(event["letters_at"]) if "letters_at" in event else clock.now()
        notify.plan(db_, event["report"], event["seq"], event["verb"], wait=after - clock.now())
        queue.watch(db_, event["report"], event["seq"], event["verb"])
    if event["verb"] in opendata.WITHDRAWING:
        opendata.request_reissue(db_)
    if event["verb"] == "blur":
        reports.forget_blurred(db_, photos(), event["report"], event["seq"])
    if event["verb"] not in QUIET:
        opendata.request_publication(db_)
    if event["verb"] == "import":
        jobs.enqueue(db_, "words", key="words")
        _ask_to_learn(db_, clock.now().replace(microsecond=0).isoformat())


def _ask_to_learn(db_: Db, after: str) -> None:
    jobs.enqueue(db_, "learn", {"after": after}, key="learn after import", wait=PUBLISHED_BY_THEN)


def _learn(db_: Db, asked: dict[str, Any]) -> None:
    """Learn what usually happens next: each night, and from the first version after an import."""
    publication, after = opendata.newest(), asked.get("after")
    if after and (publication is None or publication.as_of < datetime.fromisoformat(after)):
        with db.transaction() as change:
            _ask_to_learn(change, after)
        return
    if publication is None:
        return
    offer = catalog.catalog(db_)
    groups = {code: catalog.words(offer.groups[service.group].name, offer.city.languages[0])
              for code, service in offer.services.items()}
    found = measures.expect(publication, groups)
    with db.transaction() as change:
        sla.keep_expectations(change, found)


def photos() -> media.Store:
    """Return the city's photographs."""
    return media.Store(settings.current().data_folder / "photos")


def _deliver(db_: Db, asked: dict[str, Any]) -> None:
    notify.deliver(db_, asked["delivery"])


def _digest(db_: Db, asked: dict[str, Any]) -> None:
    notify.send_digest(db_, asked["staff"])


def _clocks(db_: Db, _: dict[str, Any]) -> None:
    """Look at questions nobody answered, and at reports nobody acted on: a few, then others may write."""
    reports.look_at_questions(db_)
    queue.escalate(db_)
    _ask_for_clocks(db_)


def _ask_for_clocks(db_: Db) -> None:
    if reports.questions_are_due(db_) or queue.is_due(db_):
        jobs.enqueue(db_, "clocks", key="clocks")


def _my_reports(db_: Db, asked: dict[str, Any]) -> None:
    notify.send_my_reports(db_, asked["contact"], asked["language"])


def _bulk(_view: Db, asked: dict[str, Any]) -> None:
    """Do the same thing to many reports, or take it back: a batch a transaction, until none is left."""
    more = True
    while more:
        with db.transaction() as change:
            zone = ZoneInfo(catalog.time_zone(change))

            def speak(language: str, zone: ZoneInfo = zone) -> notify.Tongue:
                return notify.Tongue(language, zone)

            more = queue.work_on(change, asked["bulk"], speak)


def _words(_view: Db, _: dict[str, Any]) -> None:
    """Read the words of reports that came in at once, so that they are found by them."""
    read = 1
    while read:
        with db.transaction() as change:
            read = reports.read_words(change)


def _staff_link(db_: Db, asked: dict[str, Any]) -> None:
    notify.send_link(db_, asked["staff"], asked["purpose"], asked["language"])


def _publish(db_: Db, _: dict[str, Any]) -> None:
    opendata.publish(db_)
    # It may have been written from what was read before something was hidden: ask again, of now.
    with db.reading() as now:
        opendata.reissue(now)


def _reissue(db_: Db, _: dict[str, Any]) -> None:
    opendata.reissue(db_)


def _seal(db_: Db, _: dict[str, Any]) -> None:
    """Keep today's root of all timelines outside the database."""
    file = seal_file(clock.now().date().isoformat())
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".part")  # a worker killed here leaves no empty seal behind
        draft.write_text(reports.root_text(reports.root(db_)) + "\n", encoding="utf-8")
        draft.replace(file)


def _sweep(db_: Db, _: dict[str, Any]) -> None:
    """Remove the photos of forms that were never sent."""
    kept_for = web.KEPT_FOR + timedelta(days=1)
    photos().sweep(lambda digest: reports.photo_is_kept(db_, digest), older_than=kept_for,
                   keep_sealed=lambda digest: reports.original_is_kept(db_, digest))


def _forget(db_: Db, _: dict[str, Any]) -> None:
    """Erase what was promised to be kept no longer: contact details, and letters long decided."""
    kept = catalog.catalog(db_).city.keep_contact
    reports.forget_contacts(db_, clock.now() - kept)
    reports.forget_incoming(db_, clock.now() - LETTERS_KEPT)
    queue.forget_bulks(db_, clock.now())
    reports.forget_forms(db_, clock.now() - LETTERS_KEPT)
    reports.forget_work(db_, clock.now() - LETTERS_KEPT)
    notify.letterbox().thin_out()


def _recount(db_: Db, _: dict[str, Any]) -> None:
    """See that the squares of the map agree with the reports; that they did not is worth a line."""
    if reports.squares_agree(db_):
        return
    structlog.get_logger().warning("recount", words="the map's squares did not agree with the reports")
    with db.transaction() as change:
        reports.recount(change)


def seal_file(day: str) -> Path:
    """Return where the root of a day is kept."""
    return settings.current().data_folder / "seals" / f"{day}.json"


def handlers() -> dict[str, Handler]:
    """Return what is done for each kind of job."""
    return {
        "event": Handler(_on_event),
        "deliver": Handler(_deliver, reads=True),
        "digest": Handler(_digest, reads=True),
        "clocks": Handler(_clocks),
        "my_reports": Handler(_my_reports, reads=True),
        "bulk": Handler(_bulk, reads=True),
        "staff_link": Handler(_staff_link, reads=True),
        "publish": Handler(_publish, reads=True),
        "reissue": Handler(_reissue, reads=True),
        "seal": Handler(_seal, reads=True),
        "sweep": Handler(_sweep, reads=True),
        "forget": Handler(_forget),
        "recount": Handler(_recount, reads=True),
        "learn": Handler(_learn, reads=True),
        "words": Handler(_words, reads=True),
    }


def schedule() -> None:
    """Ask for what is due by the calendar; the worker calls this at every sign of life."""
    with db.transaction() as db_:
        _ask_for_clocks(db_)
        if reports.has_unread(db_):
            jobs.enqueue(db_, "words", key="words")
        if not seal_file(clock.now().date().isoformat()).exists():
            for kind in ("seal", "forget", "sweep", "recount", "learn"):
                jobs.enqueue(db_, kind, key=kind)
        if opendata.newest() is None:
            opendata.request_publication(db_)
