"""One row of the city in its form: shown, changed, refused with the reason beside the field, saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from civicconnect import accounts, catalog, city, db, reports, sla
from civicconnect.accounts import Actor
from civicconnect.city import Book, Row, Spot, Version
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound, Sentence
from civicconnect.web import city_lists, city_trying, staff
from civicconnect.web.city_faults import placed
from civicconnect.web.city_fields import Form, read, show
from civicconnect.web.city_forms import THINGS, Thing
from civicconnect.web.city_lists import BY_PLACE, named
from civicconnect.web.given import whole
from civicconnect.web.photos import Faults

MOST_MEANWHILE = 5  # versions named where somebody else was quicker
WITHIN = ("question", "stopper")  # what has pages of its own within a service
CITY: Spot = (("city", ""),)


def editor(db_: Db) -> Actor:
    """Return who is signed in where they may change the city; NotAllowed otherwise."""
    found = staff.actor(db_)
    if not found.may("city"):
        raise NotAllowed("this account changes nothing of the city")
    return found


@dataclass(frozen=True)
class Sheet:
    """A row and the form it is changed in."""

    spot: Spot
    form: Form
    title: str
    back: str  # the address of the page around it
    thing: Thing | None = None  # None: a part of city.toml

    @property
    def kind(self) -> str:
        """Return what kind of row it is."""
        return self.spot[-1][0]

    @property
    def is_new(self) -> bool:
        """Say whether there is no such row yet."""
        return self.thing is not None and not self.spot[-1][1]

    @property
    def is_one_of_many(self) -> bool:
        """Say whether it has a place among others."""
        return self.thing is not None and self.kind != "promise"

    @property
    def fields(self) -> Form:
        """Return the fields: a code is given once and stays."""
        return self.form if self.is_new else tuple(one for one in self.form if one.kind != "code")


@dataclass
class Page:
    """What the page of a sheet shows."""

    book: Book  # as it stands, without what is typed
    row: Row  # with what is typed
    faults: Faults = field(default_factory=dict)
    theirs: dict[str, str] = field(default_factory=dict)  # what stands there, where somebody else was quicker
    meanwhile: list[Version] = field(default_factory=list)
    due: datetime | None = None  # of the report that a calendar is tried with
    at: int = 0  # the row's place


def answer(sheet: Sheet) -> ResponseReturnValue:
    """Show a row in its form, or do what a button under it says."""
    if request.method == "POST":
        return _change(sheet)
    with db.reading() as db_:
        editor(db_)
        book = city.open_book(db_)
        page = Page(book, book.find(sheet.spot))
        if sheet.kind == "calendar" and not sheet.is_new:
            hours = sla.promise_book(db_).calendars[sheet.spot[0][1]]
            page.due = city_trying.due(hours, city_trying.tried(book))
    return _page(sheet, page)


def _change(sheet: Sheet) -> ResponseReturnValue:
    do = request.form.get("do", "save")
    with transaction() as db_:
        me = editor(db_)
        book = city.open_book(db_, to_change=True)
        before = _before(book, sheet)
        row = read(sheet.fields, request.form, before, city_lists.languages(book))
        page = Page(book.as_it_stands(), row)
        status = _try(db_, me, sheet, book, page, do)
        number = city.newest_version(db_)
    if status != 303:  # "go there"
        return _page(sheet, page), status
    return redirect(_after(sheet, page, do, number), 303)


def _before(book: Book, sheet: Sheet) -> Row:
    """Return the row that a form was made of; Conflict where somebody has taken it out."""
    try:
        return book.find(sheet.spot)
    except NotFound as gone:
        raise Conflict(Sentence("Somebody else took this out while you wrote.")) from gone


def _try(db_: Db, me: Actor, sheet: Sheet, book: Book, page: Page, do: str) -> int:
    """Do what a button says, or put on the page why not; return the status. A refusal has written nothing."""
    standing = page.book.find(sheet.spot)
    if not sheet.is_new and request.form.get("seen", "") != _seen(sheet, standing):
        page.faults = {"form": [Sentence("Somebody else changed this while you wrote. Nothing was saved.")]}
        page.theirs = show(sheet.fields, standing, city_lists.languages(book))
        base = whole(request.form.get("base", ""), 0, most=10**9)
        page.meanwhile = [one for one in city.versions(db_, most=MOST_MEANWHILE) if one.number > base]
        return 409
    try:
        page.at = apply(db_, book, sheet, page.row, do)
        if do == "try" and sheet.kind == "calendar":
            hours = book.check().promises.calendars[str(page.row["code"])].hours
            page.due = city_trying.due(hours, city_trying.tried(book))
            return 200
        city.save(db_, me, book, request.form.get("reason", ""))
    except Invalid as fault:
        place(fault, sheet, book, page)
        return 422
    return 303


def place(fault: Invalid, sheet: Sheet, book: Book, page: Page) -> None:
    """Put on the page what is wrong, each sentence beside its field."""
    shown = show(sheet.fields, page.row, city_lists.languages(page.book))
    around = _around(book, sheet, page.row)
    page.faults = placed(fault, _written(sheet, page), around, sheet.fields, shown)


def apply(db_: Db, book: Book, sheet: Sheet, row: Row, do: str) -> int:
    """Write into the book what a button asks for; return the row's place among the others."""
    if do == "remove":
        _take_out(db_, book, sheet)
        return 0
    if sheet.kind == "service" and do in ("retire", "offer"):
        _offer(row, city_lists.wall(book), retire=do == "retire")
    if sheet.kind == "promise":
        row["promise"] = [{"service": sheet.spot[0][1]} | one for one in row.get("promise", [])]
    if not sheet.is_one_of_many:
        book.put(sheet.spot, row)
        return 0
    last = len(book.siblings(sheet.spot)) - (0 if sheet.is_new else 1)
    at = min(whole(request.form.get("order", ""), book.at(sheet.spot)), last)
    book.put(sheet.spot, row, at)
    return at


def _offer(row: Row, wall: str, *, retire: bool) -> None:
    row.pop("ends", None)
    if not retire or row.get("begins", "") >= wall:
        row.pop("begins", None)
    if retire:
        row["ends"] = wall


def _take_out(db_: Db, book: Book, sheet: Sheet) -> None:
    """Take a row out, a service with its promises; Invalid where reports stand on it."""
    if sheet.thing is None or not sheet.thing.add or sheet.is_new:
        raise NotFound("this cannot be taken out")
    (kind, code), offer = sheet.spot[-1], catalog.catalog(db_)
    if kind == "service" and reports.count_about(db_, offer.service(code).id):
        raise Invalid({"form": [Sentence("There are reports about it. Retire it: they keep its name.")]})
    if kind == "department" and (count := reports.count_open_with(db_, offer.departments[code].id)):
        raise Invalid({"form": [Sentence("It has %(count)s open reports. Give them to somebody else first.",
                                         count=count)]})
    book.remove(sheet.spot)
    if kind == "service":
        book.put((("promise", code),), {"promise": []})


def _page(sheet: Sheet, page: Page) -> str:
    book, typed = page.book, request.form
    with db.reading() as db_:
        names = accounts.names_of(db_, {version.made_by for version in page.meanwhile})
        promised = list(city_trying.promised(db_, book, page.row)) if sheet.kind == "promise" else []
    siblings, at = [], 0
    if sheet.is_one_of_many:
        at = book.at(sheet.spot)
        siblings = [one for n, one in enumerate(named(book.siblings(sheet.spot), sheet.kind))
                    if sheet.is_new or n != at]
    return render_template(
        "staff/city/edit.html", sheet=sheet, page=page, faults=page.faults, title=_title(sheet, page),
        shown=show(sheet.fields, page.row, city_lists.languages(book)), spoken=city_lists.languages(book),
        in_full=city_lists.in_full(book), options=city_lists.options(book, sheet.spot), siblings=siblings,
        at=whole(typed.get("order", ""), at), seen=_seen(sheet, book.find(sheet.spot)), names=names,
        tried=city_trying.tried(book), promised=promised, count_of=_count_of, inside=_inside(sheet, page),
        code=sheet.spot[0][1], saved=whole(request.args.get("saved", ""), 0), typed=typed,
        is_offered=city_lists.is_offered(page.row, city_lists.wall(book)))


def _count_of(shown: Mapping[str, str], path: str) -> int:
    """Return how many rows a field of rows has on the page."""
    return sum(1 for name in shown if name.startswith(f"{path}.") and name.endswith(".place"))


def _title(sheet: Sheet, page: Page) -> str:
    kind, name = sheet.spot[-1]
    if kind == "promise":
        service = city_lists.name_of(page.book.find((("service", name),)), name)
        return str(_("Promises: %(service)s", service=service))
    if sheet.is_new or sheet.thing is None:
        return sheet.title
    return city_lists.name_of(page.book.find(sheet.spot), name)


def _inside(sheet: Sheet, page: Page) -> list[tuple[str, Thing, list[tuple[str, str, Row]]]]:
    """Return the rows within a service, which have pages of their own."""
    if sheet.kind != "service" or sheet.is_new:
        return []
    return [(things, thing, list(named(page.row.get(thing.kind, []), thing.kind)))
            for things, thing in THINGS.items() if thing.inside]


def _seen(sheet: Sheet, row: Row) -> str:
    if sheet.thing is not None:
        return city.seen(row, WITHIN if sheet.kind == "service" else ())
    # Two people may change two parts of city.toml at once.
    keys = {one.path.partition(".")[0] for one in sheet.form}
    return city.seen({key: value for key, value in row.items() if key in keys})


def _written(sheet: Sheet, page: Page) -> Spot:
    """Return where a row stands now that it was written: by its code, or else by its place from 1."""
    kind, name = sheet.spot[-1]
    if not sheet.is_one_of_many:
        return sheet.spot
    called = str(page.at + 1) if kind in BY_PLACE else str(page.row.get("code") or name or page.at + 1)
    return (*(CITY if kind in ("banner", "layer") else sheet.spot[:-1]), (kind, called))


def _around(book: Book, sheet: Sheet, row: Row) -> Row:
    """Return the whole row of the file that a written row is, or stands in."""
    if sheet.thing is None or sheet.kind in ("banner", "layer"):
        return book.table("city.toml")
    return book.find(sheet.spot[:1]) if len(sheet.spot) > 1 else row


def _after(sheet: Sheet, page: Page, do: str, number: int) -> str:
    """Return where to go once a row is saved."""
    if do == "remove":
        return f"{sheet.back}?saved={number}"
    if not sheet.is_one_of_many:
        return f"{request.script_root}{request.path}?saved={number}"
    name = _written(sheet, page)[-1][1]
    things = next(things for things, thing in THINGS.items() if thing is sheet.thing)
    if sheet.thing and sheet.thing.inside:
        return url_for("city.edit_inside", name=sheet.spot[0][1], things=things, inner=name, saved=number)
    return url_for("city.edit", things=things, name=name, saved=number)
