"""Every version of the city on screen: who changed what and why, going back, and the folder to take home."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from itertools import groupby

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security import auth_required

from civicconnect import accounts, city, db
from civicconnect.city import Change
from civicconnect.db import transaction
from civicconnect.errors import Invalid, NotFound
from civicconnect.web.city_sheet import editor
from civicconnect.web.given import whole
from civicconnect.web.photos import Faults

pages = Blueprint("city_versions", __name__, url_prefix="/staff/city")
EACH = 50  # versions a page
MOST = 300  # changes a page
PAST = (1980, 1, 1, 0, 0, 0)  # the same folder is the same zip


@pages.get("/versions")
@auth_required("session")
def index() -> ResponseReturnValue:
    """List the versions, newest first."""
    before = whole(request.args.get("before", ""), 0, most=10**9)
    with db.reading() as db_:
        editor(db_)
        found = city.versions(db_, most=EACH + 1, before=before or None)
        names = accounts.names_of(db_, {version.made_by for version in found})
    return render_template("staff/city/versions.html", versions=found[:EACH], names=names,
                           more=found[EACH - 1].number if len(found) > EACH else 0)


@pages.get("/versions/<int(max=999999999):number>")
@auth_required("session")
def show(number: int) -> ResponseReturnValue:
    """Show what a version changed, and what going back to it would change now."""
    return _page(number, {})


def _page(number: int, faults: Faults) -> str:
    with db.reading() as db_:
        editor(db_)
        version = city.find_version(db_, number)
        files = city.content_of(db_, number)
        before = city.content_of(db_, number - 1) if number > 1 else {}
        newest = city.newest_version(db_)
        standing = city.standing(db_)
        names = accounts.names_of(db_, {version.made_by})
    changes = city.differences(before, files) if before else []
    back = city.differences(standing, files)
    return render_template(
        "staff/city/version.html", version=version, newest=newest, names=names, faults=faults,
        saved=whole(request.args.get("saved", ""), 0),
        changes=_grouped(changes[:MOST]), more=max(0, len(changes) - MOST), typed=request.form,
        back=_grouped(back[:MOST]), back_more=max(0, len(back) - MOST))


def _grouped(changes: list[Change]) -> list[tuple[str, list[Change]]]:
    """Return changes by the row that they are about: "services.toml: service pothole"."""
    grouped = groupby(changes, key=lambda one: (one.path, one.where))
    return [(": ".join(filter(None, (path, re.sub(r"\[\[(\w+)\]\]", r"\1", where)))), list(found))
            for (path, where), found in grouped]


@pages.post("/versions/<int(max=999999999):number>/back")
@auth_required("session")
def go_back(number: int) -> ResponseReturnValue:
    """Put an earlier version in force again, as a new one."""
    reason = request.form.get("reason", "").strip()
    base = whole(request.form.get("base", ""), 0, most=10**9)
    try:
        if not reason or len(reason) > city.LONGEST_REASON:
            raise Invalid({"reason": [_("Say why, in at most %(most)s characters.",
                                        most=city.LONGEST_REASON)]})
        with transaction() as db_:
            me = editor(db_)
            new = city.go_back(db_, me, number, reason, base=base)
    except Invalid as fault:
        return _page(number, _as_form(fault.fields)), 422
    return redirect(url_for("city_versions.show", number=new, saved=new), 303)


def _as_form(fields: Mapping[str, list[str]]) -> Faults:
    """Return the faults that a page of a version can show: what the folder lacks stands above."""
    return {"form" if name == "folder" else name: list(said) for name, said in fields.items()}


@pages.get("/folder.zip")
@auth_required("session")
def folder() -> Response:
    """Send the city's folder, as it stands or as it stood in a version: what `civic city export` writes."""
    number = whole(request.args.get("version", ""), 0, most=10**9)
    with transaction() as db_:
        me = editor(db_)
        files = city.content_of(db_, number) if number else city.dump(db_)
        number = number or city.newest_version(db_)
        if not files:
            raise NotFound("no city is loaded")
        accounts.note_audit(db_, me, "city_zip", "", {"version": number, "files": len(files)})
    answer = Response(_zipped(files), mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="city-{number}.zip"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, content in sorted(files.items()):
            packed.writestr(zipfile.ZipInfo(path, PAST), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
