"""How long a step on many reports takes: `python -m tests.bench_bulk` in an installation that has them.

Closes the first open reports of the queue as the worker does, with somebody asking after each batch how far
it is, and takes it all back. Prints both times, and whether every report stands where it stood.
"""

from __future__ import annotations

import time
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select

from civicconnect import accounts, db, notify, queue, reports, settings
from civicconnect.app import create_app
from civicconnect.reports import Report

PERSON = ("bulk@city.example", "bench-the-bulk-1")


@click.command()
@click.option("--reports", "wanted", default=5000, show_default=True)
def bench(wanted: int) -> None:
    """Time closing and taking back."""
    given = settings.load()
    database = db.open_database(given.url_of_database)
    with settings.bound(given), db.bound(database):
        with create_app(given, database).app_context(), db.transaction() as change:
            me = accounts.actor_of(change, accounts.add_staff(change, *PERSON, "supervisor", []).id)
        with db.transaction() as change:
            asked = select(Report.reference, Report.events, Report.number).where(reports.IS_OPEN)
            found = change.execute(asked.order_by(Report.rank).limit(wanted)).all()
            number = queue.begin_selected(change, me, [(row.reference, row.events) for row in found])
            queue.settle(change, me, number, "step", {"verb": "close", "outcome": "fixed", "reason": "Done."})
            queue.start(change, me, number)
        numbers = [row.number for row in found]
        before = _standing(numbers)
        click.echo(f"{len(numbers)} closed in {_work(number, me):.1f} s")
        with db.transaction() as change:
            queue.undo(change, me, number)
        click.echo(f"taken back in {_work(number, me):.1f} s")
        click.echo(f"as before: {_standing(numbers) == before}")


def _standing(numbers: list[int]) -> list[str]:
    with db.reading() as view:
        return [reports.state_hash(view, numbers[at:at + 1000]) for at in range(0, len(numbers), 1000)]


def _work(number: int, me: accounts.Actor) -> float:
    began, more = time.perf_counter(), True
    while more:
        with db.transaction() as change:
            more = queue.work_on(change, number, lambda code: notify.Tongue(code, ZoneInfo("UTC")))
        with db.reading() as view:
            queue.progress(view, queue.find_bulk(view, me, number))
    return time.perf_counter() - began


if __name__ == "__main__":
    bench()
