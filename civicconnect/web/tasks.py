"""What waits for somebody of the staff beside the queue: a list, and a tick for each."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_security import auth_required

from civicconnect import db, reports
from civicconnect.db import transaction
from civicconnect.web.staff import actor
from civicconnect.web.words import read_catalog

pages = Blueprint("tasks", __name__, url_prefix="/staff")


@pages.get("/tasks")
@auth_required("session")
def index() -> ResponseReturnValue:
    """Show the tasks that wait, the oldest first."""
    with db.reading() as db_:
        me = actor(db_)
        found = db_.execute(reports.tasks(me)).all()
        total = reports.count_tasks(db_, me)
    return render_template("staff/tasks.html", found=found, total=total, catalog=read_catalog(),
                           may_supervise=me.may("supervise"), may_step=me.may("step"))


@pages.post("/tasks/<int:task_id>/done")
@auth_required("session")
def finish(task_id: int) -> ResponseReturnValue:
    """Tick a task off."""
    with transaction() as db_:
        reports.finish_task(db_, actor(db_), min(task_id, 2**62))
    return redirect(url_for("tasks.index"), 303)
