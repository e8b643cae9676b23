"""How well what we say beforehand holds on real records: `python -m tests.measures.bench_expectation`.

Prints the tables of docs/proof/expectation.md. Reads the records where they lie, beside the project.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import click
import numpy as np

from civicconnect.measures import expectation
from civicconnect.measures.expectation import EVERY, PACE, Record
from civicconnect.stats import foresight
from tests.measures.backtest import Told, by_service, hours, read, score, some, told, weekly

HEAD = "reports | told | 8 of 10 held | half held | in services 75-85 % | the same, allowing"
# For each record: the parts of the time over which it is scored, and the days it is split on.
PARTS = {
    "boston": ["2011-09-01", "2011-10-01", "2011-11-01", "2011-12-01", "2012-01-01"],
    "council": [f"{year}-01-01" for year in range(2017, 2025)] + ["2024-07-01"],
    "chicago": ["2011-07-01", "2012-01-01", "2013-01-01", "2014-01-01", "2014-11-01"],
    "elevators": ["2024-03-01", "2024-05-01", "2024-07-01", "2024-09-01", "2024-11-01", "2025-01-01"],
}
SPLITS = {
    "boston": ["2011-09-01", "2011-10-01", "2011-11-01", "2011-12-01"],
    "council": [f"{year}-01-01" for year in range(2017, 2025)],
    "chicago": ["2012-01-01", "2013-01-01", "2014-01-01"],
    "elevators": ["2024-04-01", "2024-07-01", "2024-10-01"],
}
EDGES = (0, 0.65, 0.75, 0.85, 0.95, 1.01)


@click.command()
@click.argument("names", nargs=-1)
@click.option("--half-life", default=PACE.half_life / 24, show_default=True, help="Days.")
@click.option("--corrected/--uncorrected", default=True, help="Move the level by what held.")
@click.option("--areas/--no-areas", default=True, help="Learn for each area.")
@click.option("--every-report", is_flag=True, help="Those of the city's own crews too.")
@click.option("--splits/--no-splits", default=True, help="Also learn once and never again.")
def bench(names: tuple[str, ...], half_life: float, corrected: bool, areas: bool, every_report: bool,
          splits: bool) -> None:
    """Score some records, or all."""
    expectation.PACE = replace(PACE, half_life=half_life * 24)
    foresight.STEP = foresight.STEP if corrected else 0.0
    for name in names or tuple(PARTS):
        record, crew = read(name)
        if not every_report:
            record = some(record, ~crew)
        if not areas:
            record = replace(record, areas={})
        part = "all" if every_report else "crews left out"
        click.echo(f"\n{name}: {len(record.service):,} reports, {part}")
        ends = [hours(day) for day in PARTS[name]]
        found = told(record, weekly(record, ends[-1]))
        _print_parts(found, PARTS[name])
        _print_services(found, (record.spans.began >= ends[0]) & (record.spans.began < ends[-1]))
        if splits:
            _print_splits(record, SPLITS[name], ends[-1])


def _print_parts(found: Told, days: list[str]) -> None:
    began = found.record.spans.began
    click.echo(f"\nlearned anew each week | {HEAD}")
    for first, last in [(days[0], days[-1]), *pairwise(days)]:
        click.echo(f"{first} to {last} | {score(found, (began >= hours(first)) & (began < hours(last)))}")
    for of in ("area", "service", "group"):
        chosen = (began >= hours(days[0])) & (began < hours(days[-1])) & (found.of == of)
        click.echo(f"decided by {of} | {score(found, chosen)}")


def _print_services(found: Told, chosen: np.ndarray) -> None:
    many, kept = by_service(found, chosen & ~np.isnan(found.bound) & found.settled())
    share = (kept / many)[many >= 30]
    counts, _ = np.histogram(share, EDGES)
    reports, _ = np.histogram(share, EDGES, weights=many[many >= 30])
    click.echo("\nshare held | services with 30 and more | reports")
    for n, (low, high) in enumerate(pairwise(EDGES)):
        click.echo(f"{low:.0%} to {min(high, 1):.0%} | {counts[n]} | {reports[n] / reports.sum():.1%}")


def _print_splits(record: Record, days: list[str], end: float) -> None:
    click.echo(f"\nsplit on a day, nothing learned after | {HEAD}")
    began = record.spans.began
    for day in days:
        at = hours(day)
        learned = np.arange(at, began[0] + 2 * EVERY, -EVERY)[::-1]
        found = told(record, learned, np.full(len(began), at))
        for words, last in (("the next 30 days", at + 30 * 24), ("the next 90 days", at + 90 * 24),
                            ("all later", end)):
            click.echo(f"{day}, {words} | {score(found, (began >= at) & (began < min(last, end)))}")


if __name__ == "__main__":
    bench()
