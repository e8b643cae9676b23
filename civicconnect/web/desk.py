"""The staff's desk: the queue in its four forms, its views and counts, what is next, and the keyboard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import (
    Blueprint,
    Flask,
    Response,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_security import auth_required
from sqlalchemy import literal

from civicconnect import clock, db, queue, reports
from civicconnect.accounts import Actor
from civicconnect.catalog import Catalog, Department
from civicconnect.db import Db, transaction
from civicconnect.errors import Invalid
from civicconnect.queue import Counts, Desk, View
from civicconnect.web import desk_map, keys, language, overview, staff
from civicconnect.web.filters import read_page
from civicconnect.web.given import whole
from civicconnect.web.staff import actor
from civicconnect.web.words import read_catalog, waiting

pages = Blueprint("desk", __name__, url_prefix="/staff")
REASON = {
    "late": _l("Late"), "soon": _l("Due within a day"), "urgent": _l("Urgent"), "high": _l("High priority"),
    "reopened": _l("Open again"), "answered": _l("Its people wrote"), "many": _l("Affects many"),
}
FORM = {"list": _l("List"), "board": _l("Board"), "map": _l("Map"), "table": _l("Table")}
# The views that everybody has.
GIVEN = (
    (_l("Everything open"), Desk()), (_l("Mine"), Desk(holder=queue.ME)),
    (_l("Nobody's yet"), Desk(holder=queue.NOBODY)), (_l("Late"), Desk(why="late")),
    (_l("Open again"), Desk(why="reopened")), (_l("Its people wrote"), Desk(why="answered")),
)


@dataclass(frozen=True)
class Tab:
    """A view as it is offered: its name, and how many reports it holds. None: not counted here."""

    name: str
    desk: Desk
    count: int | None
    is_here: bool
    view: View | None = None

    @property
    def said(self) -> str:
        """Return the count as people read it: "12", "100+"."""
        if self.count is None:
            return ""
        return str(format_decimal(self.count)) + ("+" if self.count >= queue.COUNTED else "")


def counted(
    db_: Db, me: Actor, here: Desk, offer: Catalog, *, all_of_them: bool = False
) -> tuple[list[Tab], Counts]:
    """Return the views somebody has, and all that the head of the queue counts: two statements.

    all_of_them    counted are also the views that search for words, which reads every open report
    The counts hold as `more` how many letters, things for a moderator and tasks wait.
    """
    offered: list[tuple[str, Desk, View | None]] = [(str(name), desk, None) for name, desk in GIVEN]
    offered += [(view.name, view.desk, view) for view in queue.views(db_, me)]
    chosen = [desk for _name, desk, _view in offered if all_of_them or not desk.filter.words]
    more = [reports.letters_waiting(), reports.to_moderate(me) if me.may("moderate") else literal(0),
            reports.tasks_waiting(me)]
    counts = queue.count(db_, me, here, offer, chosen, more)
    known = dict(zip(chosen, counts.views, strict=True))
    return [Tab(name, desk, known.get(desk), desk == here, view) for name, desk, view in offered], counts


def read_desk() -> Desk:
    """Return the view in the address."""
    return Desk.read(request.args)


@staff.pages.get("/queue")
@auth_required("session")
def show_queue() -> ResponseReturnValue:
    """Show what to look at next, in one of four forms."""
    offer, desk, form = read_catalog(), read_desk(), request.args.get("as", "list")
    form = form if form in queue.FORMS else "list"
    with db.reading() as db_:
        me, desk = actor(db_), desk.seek(db_, offer)
        tabs, counts = counted(db_, me, desk, offer)
        shown = _FORMS[form](db_, me, desk, offer, counts)
    letters, to_moderate, tasks = counts.more
    session["queue"] = urlencode(desk.query)  # where "next in my queue" goes on
    return render_template(
        "staff/queue.html", view=desk, form=form, forms=FORM, tabs=tabs, catalog=offer,
        letters=letters if me.may("enter") else None, to_moderate=to_moderate if me.may("moderate") else None,
        mine=read_departments(me, offer), me=me, tasks=tasks, rule=queue.RULE, why=REASON, now=clock.now(),
        faults={}, **shown)


def _list(db_: Db, me: Actor, desk: Desk, offer: Catalog, counts: Counts) -> dict[str, Any]:
    return {"work": queue.worklist(db_, me, desk, offer, read_page(), counts=counts)}


def _table(db_: Db, me: Actor, desk: Desk, offer: Catalog, counts: Counts) -> dict[str, Any]:
    return {"work": queue.worklist(db_, me, desk, offer, read_page(), queue.DENSE, counts)}


def _board(db_: Db, me: Actor, desk: Desk, offer: Catalog, counts: Counts) -> dict[str, Any]:
    work = queue.Worklist((), counts.total, counts.late, 1, 1)
    return {"work": work, "columns": queue.board(db_, me, desk, offer)}


def _map(db_: Db, me: Actor, desk: Desk, offer: Catalog, counts: Counts) -> dict[str, Any]:
    work = queue.Worklist((), counts.total, counts.late, 1, 1)
    return {"work": work, "drawn": desk_map.drawn(db_, me, desk, offer), "sizes": overview.SIZES,
            "most": queue.ON_MAP}


_FORMS = {"list": _list, "table": _table, "board": _board, "map": _map}


def read_departments(me: Actor, offer: Catalog) -> list[Department]:
    """Return the departments whose reports somebody may see."""
    return [d for d in offer.departments.values() if me.may("see_all") or d.id in me.departments]


@pages.get("/queue/counts")
def counts() -> ResponseReturnValue:
    """Return the counts alone, for a page that stays open; nothing where nobody is signed in any more."""
    if not current_user.is_authenticated:
        return Response(status=204)
    offer, desk = read_catalog(), read_desk()
    with db.reading() as db_:
        me, desk = actor(db_), desk.seek(db_, offer)
        tabs, counts_ = counted(db_, me, desk, offer)
    form = request.args.get("as", "list")
    return render_template("components/desk_counts.html", tabs=tabs, total=counts_.total, late=counts_.late,
                           view=desk, form=form if form in queue.FORMS else "list")


# What is next

def _last_desk() -> Desk:
    """Return the view that was looked at last."""
    return Desk.read(dict(parse_qsl(str(session.get("queue", "")))))


@pages.get("/queue/next")
@auth_required("session")
def next_report() -> ResponseReturnValue:
    """Go to the report that follows one in the view that was looked at last; to the queue where none does."""
    offer, desk = read_catalog(), _last_desk()
    with db.reading() as db_:
        desk = desk.seek(db_, offer)
        found = queue.next_after(db_, actor(db_), desk, offer, request.args.get("after", "")[:20])
    if found is None:
        return redirect(url_for("staff.show_queue", **desk.query))
    return redirect(url_for("staff.show", reference=found))


@pages.post("/queue/mine")
@auth_required("session")
def take() -> ResponseReturnValue:
    """Assign a report to whoever presses, and go back to where they pressed."""
    reference, _dash, seen = request.form.get("take", "").partition("-")
    with transaction() as db_:
        me = actor(db_)
        report = reports.find(db_, reference, me)
        reports.assign(db_, me, reference, queue.staff_id(me), report.team,
                       seen=whole(seen, 0) if seen else None)
    if request.form.get("back") == "report":
        return redirect(url_for("staff.show", reference=reference), 303)
    return redirect(url_for("staff.show_queue", _anchor=reference, **_kept(request.form)), 303)


def _kept(form: Mapping[str, str]) -> dict[str, Any]:
    """Return the view, the form and the page that a form of the queue was sent from."""
    asked = dict(parse_qsl(form.get("view", "")[:2000]))
    more = {key: asked[key] for key in ("as", "page") if asked.get(key)}
    return Desk.read(asked).query | more


# Views

@pages.get("/views")
@auth_required("session")
def views() -> ResponseReturnValue:
    """Show the views one has, and those of one's departments, each with how many reports it holds."""
    return _views(Desk(), {}, {})


def _views(desk: Desk, faults: Mapping[str, Any], typed: Mapping[str, str]) -> str:
    offer = read_catalog()
    with db.reading() as db_:
        me = actor(db_)
        tabs, _counts = counted(db_, me, desk, offer, all_of_them=True)
    return render_template("staff/views.html", tabs=tabs, catalog=offer, faults=faults, typed=typed,
                           mine=read_departments(me, offer), me=me, view=desk, said=said_of(desk, offer),
                           described={tab.desk: said_of(tab.desk, offer) for tab in tabs})


@pages.post("/views")
@auth_required("session")
def keep_view() -> ResponseReturnValue:
    """Keep the view of the queue under a name."""
    form = request.form
    desk = Desk.read(dict(parse_qsl(form.get("view", "")[:2000])))
    offer = read_catalog()
    shared = offer.departments.get(form.get("share", ""))
    try:
        with transaction() as db_:
            queue.keep_view(db_, actor(db_), form.get("name", ""), desk, shared.id if shared else None)
    except Invalid as fault:
        return _views(desk, fault.fields, form.to_dict()), 422
    return redirect(url_for("staff.show_queue", **desk.query), 303)


@pages.post("/views/<int:view_id>/remove")
@auth_required("session")
def remove_view(view_id: int) -> ResponseReturnValue:
    """Forget a view."""
    with transaction() as db_:
        queue.remove_view(db_, actor(db_), min(view_id, 2**62))
    return redirect(url_for("desk.views"), 303)


def said_of(desk: Desk, offer: Catalog) -> list[str]:
    """Return what a view chooses by, in words, for a list of views and the head of a bulk page."""
    return list(desk_map.chosen_words(desk, offer, REASON))


# The keyboard

@pages.get("/keys")
@auth_required("session")
def show_keys() -> ResponseReturnValue:
    """Show what each key does, and let it be switched off."""
    return render_template("staff/keys.html")


@pages.post("/keys")
@auth_required("session")
def switch_keys() -> ResponseReturnValue:
    """Switch single keys on or off for this browser."""
    answer = make_response(redirect(url_for("desk.show_keys"), 303))
    wanted = keys.OFF if request.form.get("keys") == keys.OFF else "on"
    answer.set_cookie(keys.COOKIE, wanted, max_age=keys.A_YEAR, samesite="Lax", httponly=True,
                      secure=request.is_secure)
    return answer


# Words

def left(time: timedelta | None) -> str:
    """Return business time as people read it: "3 working hours left", "12 working hours over"."""
    return "" if time is None else _left(language.chosen(), time // timedelta(minutes=1))


@lru_cache(maxsize=10_000)  # a page says it for each line, and many lines are alike
def _left(_language: str, minutes: int) -> str:
    time = timedelta(minutes=minutes)
    hours = abs(time) / timedelta(hours=1)
    if hours < 1:
        return str(_("under a working hour left") if time >= timedelta() else _("under a working hour over"))
    full, number = int(hours), format_decimal(int(hours))
    if time >= timedelta():
        return str(ngettext("%(hours)s working hour left", "%(hours)s working hours left", full,
                            hours=number))
    return str(ngettext("%(hours)s working hour over", "%(hours)s working hours over", full, hours=number))


def age(since: datetime, now: datetime) -> str:
    """Return how long ago something was, in words."""
    return _waited(language.chosen(), max((now - since) // timedelta(minutes=1), 0))


@lru_cache(maxsize=10_000)
def _waited(_language: str, minutes: int) -> str:
    # Days alone, once there are some: nobody asks for the hour then.
    hours = minutes / 60
    return waiting(hours if hours < 48 else round(hours / 24) * 24.0)


def capped(count: int) -> str:
    """Return a count that stops at CAPPED as people read it."""
    return str(format_decimal(count)) + ("+" if count == queue.CAPPED else "")


def hang(app: Flask) -> None:
    """Give every template the words of the desk, and whether single keys are on."""
    app.jinja_env.filters.update(left=left, capped=capped, why_words=lambda code: REASON.get(code, code))
    app.add_template_global(age)
    app.add_template_global(keys.KEYS, "KEYS")  # type: ignore[arg-type]  # a value is as good as a function
    app.add_template_global(keys.are_on, "keys_are_on")
