"""How long it takes to find what was reported already: `python -m tests.bench_likely` in an installation.

Asks at the places of reports drawn at random, for their own service, with words and a photo. Prints
milliseconds: what passed, and what the process itself worked.
"""

from __future__ import annotations

import random
import time

import click
import numpy as np
from sqlalchemy import func, select

from civicconnect import clock, db, geo, reports, settings
from civicconnect.catalog import catalog
from civicconnect.reports import Report


@click.command()
@click.option("--times", default=200, show_default=True)
@click.option("--seed", default=1, show_default=True)
def bench(times: int, seed: int) -> None:
    """Time the lookup."""
    given = settings.load()
    with settings.bound(given), db.bound(db.open_database(given.url_of_database)), db.reading() as view:
        offer, draw = catalog(view), random.Random(seed)  # noqa: S311  nothing is kept secret by it
        last = view.scalar(select(func.max(Report.number))) or 0
        passed, worked, found = [], [], 0
        while len(passed) < times:
            asked = select(Report.service_id, geo.latitude(Report.place), geo.longitude(Report.place),
                           Report.description).where(Report.number == draw.randint(1, last))
            row = view.execute(asked).first()
            if row is None or row[1] is None:
                continue
            place, service = geo.Point(row[1], row[2]), offer.service_codes[row[0]]
            began, busy = time.perf_counter(), time.process_time()
            found += len(reports.likely(view, offer, place, service, clock.now(), row[3],
                                        [draw.getrandbits(63)]))
            passed.append(time.perf_counter() - began)
            worked.append(time.process_time() - busy)
        for name, took in (("passed", passed), ("worked", worked)):
            middle, slow, most = np.quantile(took, (0.5, 0.95, 1.0)) * 1000
            click.echo(f"{name}: {middle:.1f} ms median, {slow:.1f} ms of 95 in 100, {most:.1f} ms at most")
        open_ = view.scalar(select(func.count()).select_from(Report).where(Report.status != "closed"))
        click.echo(f"{last} reports, {open_} of them open; {found} found in {times} lookups")


if __name__ == "__main__":
    bench()
