"""How long the pages take over many reports: `python -m tests.bench_pages` in an installation that has them.

Prints for each page its statements, and the median and the slowest tenth of the seconds the server works
on it. It asks without a network: what a browser waits for on top depends on where it stands.
"""

from __future__ import annotations

import time
from urllib.parse import quote

import click
import numpy as np
from sqlalchemy import func, select

from civicconnect import accounts, db, geo, settings
from civicconnect.app import create_app
from civicconnect.catalog import catalog
from civicconnect.reports import Report, ReportArea
from tests.counting import counted

PERSON = ("bench@city.example", "bench-the-pages-1")
ASKED = {
    "queue of one department": "/staff/queue", "queue, page 40": "/staff/queue?page=40",
    "report for staff": "/staff/reports/{open}", "report": "/reports/{open}",
    "closed report": "/reports/{closed}", "list": "/reports", "list of open ones": "/reports?status=open",
    "list of one service": "/reports?service={service}",
    "list of a month": "/reports?since={month}-01&until={month}-28",
    "map of the city": "/map", "map of open ones": "/map?status=open",
    "map of one service": "/map?service={service}", "map, nearer": "/map?lat={lat}&long={long}&zoom=16",
}

SOUGHT = {"list": "/reports?", "list, one area": "/reports?area={area}&", "map": "/map?",
          "queue": "/staff/queue?", "queue, closed too": "/staff/queue?status=all&"}


@click.command()
@click.option("--times", default=15, show_default=True)
@click.option("--department", required=True, help="Whose queue is opened.")
@click.option("--also", multiple=True, help="More departments of theirs.")
@click.option("--words", multiple=True, help="Time only pages that search for these; may be repeated.")
@click.option("--area", multiple=True, help="An area they are limited to, as ward:east; may be repeated.")
def bench(times: int, department: str, also: tuple[str, ...], area: tuple[str, ...],
          words: tuple[str, ...]) -> None:
    """Time the pages."""
    given = settings.load()
    database = db.open_database(given.url_of_database)
    with settings.bound(given), db.bound(database):
        app = create_app(given, database)
        with app.app_context(), db.transaction() as change:
            person = accounts.add_staff(change, *PERSON, "staff", [department])
            areas = [(layer, code) for layer, _, code in (one.partition(":") for one in area)]
            accounts.set_rights(change, person, "staff", [department, *also], areas)
        client = app.test_client()
        page = client.get("/sign-in", base_url=given.address).text
        token = page.split('name="csrf_token" value="')[1].split('"')[0] if "csrf_token" in page else ""
        client.post("/sign-in", base_url=given.address, data={
            "email": PERSON[0], "password": PERSON[1], "csrf_token": token})
        asked = {f"{sought}: {name}": f"{address}q={quote(sought)}"
                 for sought in words for name, address in SOUGHT.items()} or ASKED
        known = _words(department)
        for name, address in asked.items():
            _time(client, database, name, address.format(**known), times, given.address)


def _words(department: str) -> dict[str, str]:
    with db.reading() as view:
        offer = catalog(view)
        one = select(Report.reference).order_by(Report.number.desc()).limit(1)
        often = view.scalar(select(Report.service_id).group_by(Report.service_id)
                            .order_by(func.count().desc()).limit(1))
        place = view.execute(select(geo.latitude(Report.place), geo.longitude(Report.place))
                             .where(Report.place.is_not(None)).order_by(Report.number.desc()).limit(1)).one()
        area = view.execute(select(geo.Area.layer, geo.Area.code).where(geo.Area.id.in_(
            select(func.max(ReportArea.area_id))))).one()
        last = view.scalar(select(func.max(Report.received_at)))
        return {"open": view.scalar(one.where(
                    Report.status != "closed", Report.department_id == offer.departments[department].id)),
                "closed": view.scalar(one.where(Report.status == "closed")),
                "service": offer.service_codes[often], "lat": place[0], "long": place[1],
                "area": ":".join(area), "month": f"{last.replace(day=1):%Y-%m}"}


def _time(client, database, name: str, address: str, times: int, base: str) -> None:
    took = []
    for _ in range(times):
        with counted(database) as statements:
            began = time.perf_counter()
            answer = client.get(address, base_url=base)
            took.append(time.perf_counter() - began)
        if answer.status_code != 200:
            raise click.ClickException(f"{address} answered {answer.status_code}")
    middle, slow = np.quantile(took[1:], (0.5, 0.9)) * 1000
    click.echo(f"{name:28} {len(statements):3} statements {middle:8.1f} ms median {slow:8.1f} ms p90")


if __name__ == "__main__":
    bench()
