"""The city's settings on screen: rows of its folder in forms, checked as the folder is."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_security import auth_required

from civicconnect import accounts, catalog, city, db
from civicconnect.db import transaction
from civicconnect.errors import Invalid, NotFound
from civicconnect.web import city_lists, language
from civicconnect.web.city_faults import worded
from civicconnect.web.city_forms import SECTIONS, THINGS, Thing
from civicconnect.web.city_sheet import CITY, Sheet, answer, editor
from civicconnect.web.given import whole
from civicconnect.web.photos import Faults

pages = Blueprint("city", __name__, url_prefix="/staff/city")
LAST = 5  # changes on the first page
# Pages of other people's pieces: shown where there are such pages.
BESIDE = (("/staff/people", _l("People and roles")), ("/staff/rules", _l("Routing rules")),
          ("/staff/templates", _l("Templates")))


pages.app_template_filter("language_name")(language.name)
pages.app_template_filter("direction_of")(catalog.direction)


@pages.get("")
@auth_required("session")
def index() -> ResponseReturnValue:
    """Show what can be set, and what was changed last."""
    with db.reading() as db_:
        editor(db_)
        book = city.open_book(db_)
        last = city.versions(db_, most=LAST)
        names = accounts.names_of(db_, {version.made_by for version in last})
    adapter = current_app.create_url_adapter(request)
    beside = [(request.script_root + path, said) for path, said in BESIDE if adapter and adapter.test(path)]
    counts = {name: len(book.rows(thing.kind)) for name, thing in THINGS.items() if not thing.inside}
    return render_template("staff/city/index.html", things=THINGS, sections=SECTIONS, counts=counts,
                           last=last, names=names, beside=beside)


@pages.get("/<things>")
@auth_required("session")
def show_list(things: str) -> ResponseReturnValue:
    """List the rows of a kind, in their order."""
    thing = _thing(things)
    if thing.inside:
        raise NotFound("these stand within another page")
    with db.reading() as db_:
        editor(db_)
        book = city.open_book(db_)
    kind = "service" if thing.kind == "promise" else thing.kind
    return render_template("staff/city/list.html", things=things, thing=thing, book=book,
                           rows=list(city_lists.named(book.rows(kind), kind)), missing=city_lists.missing,
                           now=city_lists.wall(book), saved=whole(request.args.get("saved", ""), 0))


@pages.route("/add/<things>", methods=["GET", "POST"])
@auth_required("session")
def add(things: str) -> ResponseReturnValue:
    """Add a row of a kind."""
    thing = _thing(things)
    if thing.inside or not thing.add:
        raise NotFound("nothing can be added here")
    back = url_for("city.show_list", things=things)
    return answer(Sheet(((thing.kind, ""),), thing.form, str(thing.add), back, thing))


@pages.route("/<things>/<name>", methods=["GET", "POST"])
@auth_required("session")
def edit(things: str, name: str) -> ResponseReturnValue:
    """Change a row, retire it or take it out."""
    thing = _thing(things)
    if thing.inside:
        raise NotFound("these stand within another page")
    back = url_for("city.show_list", things=things)
    return answer(Sheet(((thing.kind, name),), thing.form, str(thing.many), back, thing))


@pages.route("/add/services/<name>/<things>", methods=["GET", "POST"])
@auth_required("session")
def add_inside(name: str, things: str) -> ResponseReturnValue:
    """Add a question to a service, or a case in which it is not taken."""
    thing = _thing(things, inside="services")
    back = url_for("city.edit", things="services", name=name)
    return answer(Sheet((("service", name), (thing.kind, "")), thing.form, str(thing.add), back, thing))


@pages.route("/services/<name>/<things>/<inner>", methods=["GET", "POST"])
@auth_required("session")
def edit_inside(name: str, things: str, inner: str) -> ResponseReturnValue:
    """Change a question of a service, or a case in which it is not taken."""
    thing = _thing(things, inside="services")
    back = url_for("city.edit", things="services", name=name)
    return answer(Sheet((("service", name), (thing.kind, inner)), thing.form, str(thing.many), back, thing))


@pages.route("/words/<section>", methods=["GET", "POST"])
@auth_required("session")
def words(section: str) -> ResponseReturnValue:
    """Change a part of what the city says of itself."""
    if section not in SECTIONS:
        raise NotFound("there is no such part")
    title, form = SECTIONS[section]
    return answer(Sheet(CITY, form, str(title), url_for("city.index")))


@pages.route("/logo", methods=["GET", "POST"])
@auth_required("session")
def logo() -> ResponseReturnValue:
    """Show the logo, take another one, or take it away."""
    if request.method == "GET":
        return _logo_page({})
    given = request.files.get("logo")
    content = given.read(512 * 1024) if given else b""
    name = "logo.png" if content.startswith(b"\x89PNG") else "logo.svg"
    name = "" if request.form.get("do") == "remove" else name
    try:
        if name and not content:
            raise Invalid({"logo": [_("Choose a file.")]})
        with transaction() as db_:
            me = editor(db_)
            book = city.open_book(db_, to_change=True)
            book.put_logo(name, content)
            city.save(db_, me, book, request.form.get("reason", ""))
    except Invalid as fault:
        said = [worded(one.partition(": ")[2]) for one in fault.fields.get("folder", ())]
        return _logo_page({"logo": said} if said else fault.fields), 422
    return redirect(url_for("city.logo", saved="yes"), 303)


def _logo_page(faults: Faults) -> str:
    with db.reading() as db_:
        editor(db_)
    return render_template("staff/city/logo.html", faults=faults, typed=request.form,
                           saved=request.args.get("saved", ""))


def _thing(things: str, inside: str = "") -> Thing:
    found = THINGS.get(things)
    if found is None or (inside and found.inside != inside):
        raise NotFound("there is no such page")
    return found


