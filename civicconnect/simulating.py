"""What the command `simulate` does: a record for a city, and the truth beside it."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from civicconnect import catalog, city, clock, db, lanes, running, settings, simulate
from civicconnect.errors import Conflict, Invalid
from civicconnect.settings import Settings
from civicconnect.simulate import Day, Manner, Plan, Truth

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)  # as of records that are imported


@dataclass(frozen=True)
class Wish:
    """What is asked for on the command line."""

    reports: int
    days: int
    seed: int
    preset: str  # a file, or a name in cities/presets/; "" for the first there
    until: datetime | None = None  # the day before which it ends, on the city's clock; None: today

    def told(self, plan: Plan) -> dict[str, str | int]:
        """Return all that decides what happens: the same words, the same record."""
        return {"reports": self.reports, "days": self.days, "seed": self.seed,
                "until": plan.as_of.isoformat(), "source": plan.parameters.source}


def simulated(given: Settings, wish: Wish, *, live: bool) -> None:
    """Bring a simulated record into this installation, with its truth in a folder beside.

    Raises Conflict where reports of people stand: invented ones must never be taken for theirs.
    """
    with db.reading() as view:
        others = simulate.count_others(view)
        if others:
            raise Conflict(f"{others:,} reports of people stand here, and simulated ones must not stand among"
                           " them. Name another folder: CIVIC_DATA=simulated civic init")
        plan = _plan(view, wish)
        folder, words = given.data_folder / "simulated" / str(wish.seed), wish.told(plan)
        goes_on = _must_be_the_same(view, folder, words) and not live
    if goes_on:
        click.echo("It was begun with --live, and goes on so.")
    live = live or goes_on
    _keep(folder, words, living=live)
    began, truth = monotonic(), Truth(plan, wish.seed)
    half = folder / "truth.csv.part"
    with _bar(wish) as (bar, task), half.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(simulate.TRUTH_COLUMNS)

        def note(day: Day) -> None:
            truth.add(day)
            writer.writerows(simulate.truth_rows(day, lambda n: simulate.external_id(wish.seed, n)))

        def progress(done: int) -> None:
            bar.update(task, completed=done, refresh=True)

        if live:
            new = simulate.load_live(plan, wish.seed, progress, note)
        else:
            helpers = lanes.lanes_here() if wish.reports > lanes.WORTHWHILE else 0
            new = simulate.load_history(plan, wish.seed, helpers, progress, note)
    os.replace(half, folder / "truth.csv")
    simulate.write_truth(folder, truth, {})
    _keep(folder, words, living=False)
    seconds = max(monotonic() - began, 0.001)
    running.read_words()
    click.echo(f"{wish.reports:,} reports, {new:,} of them new, in {seconds:.1f} s "
               f"({wish.reports / seconds:,.0f} a second).")
    click.echo(f"What is true of them: {folder}")


def _must_be_the_same(view: db.Db, folder: Path, words: dict[str, str | int]) -> bool:
    """Return whether a record that stands here is being lived and has not come to its end.

    Raises Conflict where one of other words stands under its seed. What a seed calls a report it calls
    so in every record: two of them would be mixed, and neither be true. Words of which nothing came
    are none.
    """
    file = folder / "words.json"
    if not file.is_file() or not simulate.stands(view, int(words["seed"])):
        return False
    told = json.loads(file.read_text(encoding="utf-8"))
    living = bool(told.pop("living", False))
    if told != words:
        raise Conflict(f"Seed {words['seed']} stands here with {told['reports']:,} reports in {told['days']} "
                       f"days up to {told['until']}. Give the same words and --until, or another --seed.")
    return living


def _keep(folder: Path, words: dict[str, str | int], *, living: bool) -> None:
    """Keep the words of a record in its folder.

    living    it goes by step for step, and reports may stand in the middle of theirs
    """
    folder.mkdir(parents=True, exist_ok=True)
    half = folder / "words.json.part"
    half.write_text(json.dumps(words | {"living": living}, indent=1) + "\n", encoding="utf-8")
    os.replace(half, folder / "words.json")


def extract(folder: Path | None, out: Path, wish: Wish, manner: Manner) -> None:
    """Write the extract a city would publish, and its truth. No installation is changed.

    folder    of the city; None: the city of this installation
    """
    if out.exists() and any(out.iterdir()):
        raise Conflict(f"{out} is not empty; name a folder that is, or that does not exist.")
    with _standing(folder), db.reading() as view:
        plan = _plan(view, wish)
    files = simulate.write_extract(plan, wish.seed, out, manner)
    for file in files:
        click.echo(f"Wrote {file} ({file.stat().st_size:,} bytes)")
    click.echo("In an installation of this city:")
    for file in files:
        if file.name.startswith(manner.name.partition(".")[0]):
            click.echo(f"  civic import {file} --profile {out / 'profile.toml'}")


def _plan(view: db.Db, wish: Wish) -> Plan:
    file, presets = Path(wish.preset), settings.home() / "cities" / "presets"
    if file.suffix != ".json":
        file = presets / f"{wish.preset}.json" if wish.preset else min(presets.glob("*.json"))
    zone = ZoneInfo(catalog.time_zone(view))
    # From midnight on nothing is known, so that the same day gives the same record whatever the hour.
    day = wish.until.date() if wish.until else clock.now().astimezone(zone).date()
    if day > LATEST or day.toordinal() - wish.days < EARLIEST.toordinal():
        raise Invalid({"until": [f"A record lies between {EARLIEST.year} and {LATEST.year}; give another "
                                 "--until, or fewer days."]})
    as_of = datetime.combine(day, time(), zone).astimezone(UTC)
    return simulate.plan_of(view, simulate.read_parameters(file), wish.reports, wish.days, as_of)


@contextmanager
def _standing(folder: Path | None) -> Iterator[None]:
    """Let a city's folder stand in a database for a while, where it is not the installation's own."""
    if folder is None:
        yield
        return
    checked = city.check_folder(folder)
    with tempfile.TemporaryDirectory() as place:
        database = db.open_database(f"sqlite:///{place}/city.db")
        try:
            with db.bound(database):
                db.migrate(database, settings.home() / "migrations")
                with db.transaction() as change:
                    city.load_city(change, checked)
                yield
        finally:
            database.engine.dispose()


@contextmanager
def _bar(wish: Wish) -> Iterator[tuple[Progress, TaskID]]:
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                   auto_refresh=False, console=Console(stderr=True))
    with bar:
        yield bar, bar.add_task(f"seed {wish.seed}", total=wish.reports)
