"""What the command `import` does: another system's file, a capture of an endpoint, or the endpoint itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from civicconnect import catalog, commands, db, history, lanes, running, settings
from civicconnect.errors import Invalid
from civicconnect.history import Chosen, Endpoint, Fetched, Profile
from civicconnect.settings import Settings

OPEN311 = "open311"  # the profile of what is fetched, and of captures, where no other is named


@dataclass(frozen=True)
class Wish:
    """What is asked for on the command line.

    since, until    days on the city's clock, as 2026-11-30; until may be None
    city            which one, where a capture holds several
    """

    profile: str = ""
    verdicts: Path | None = None
    dry: bool = False
    yes: bool = False
    jurisdiction: str = ""
    since: datetime | None = None
    until: datetime | None = None
    pause: float = 1.0
    city: str = ""


def import_from(given: Settings, source: str, wish: Wish) -> None:
    """Import from a file, a capture or an endpoint, whichever the source names."""
    folder = given.data_folder / "imports"
    if wish.verdicts:
        history.must_spare(history.beside(wish.verdicts), [Path(source), commands.profile_file(wish.profile)])
    if source.startswith(("http://", "https://")):
        file, profile = _fetched(source, folder, wish), commands.profile_named(wish.profile or OPEN311)
    elif history.is_capture(Path(source)):
        file = _written(Path(source), folder, wish)
        profile = commands.profile_named(wish.profile or OPEN311)
    else:
        file = Path(source)
        chosen = chosen_profile(file, wish.profile)
        if chosen.guessed and not wish.yes:
            click.confirm("The columns were only guessed. Import so?", abort=True)
        profile = chosen.profile
    import_csv(given, file, profile, wish.verdicts, dry=wish.dry)


def _fetched(base: str, folder: Path, wish: Wish) -> Path:
    """Fetch an endpoint's requests into a file, going on where an earlier run of the same words ended."""
    if wish.since is None:
        raise Invalid({"since": ["Say from which day on: --since 2024-01-01"]})
    with db.reading() as view:
        zone = ZoneInfo(catalog.time_zone(view))
    endpoint = Endpoint(base, _midnight(wish.since, zone), wish.until and _midnight(wish.until, zone),
                        wish.jurisdiction, wish.pause)
    words = f"{base.split('://')[1]} {wish.jurisdiction} {wish.since:%Y-%m-%d}"
    words += f" {wish.until:%Y-%m-%d}" if wish.until else ""
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / f"{re.sub('[^a-z0-9]+', '-', words.lower()).strip('-')}.csv"
    with Progress(TextColumn("{task.description}"), console=Console(stderr=True)) as bar:
        task = bar.add_task("asking", total=None)

        def progress(now: Fetched) -> None:
            bar.update(task, description=f"{now.rows:,} requests after {now.asked:,} questions")

        found = history.fetch(endpoint, out, progress)
    click.echo(f"{found.rows:,} requests fetched, {found.new:,} of them now, in {found.asked:,} questions.")
    if found.kept_out:
        click.echo(f"  {found.kept_out:>8,} kept out: {history.NO_ID}")
    for sentence in found.told:
        click.echo(sentence)
    return out


def _midnight(day: datetime, zone: ZoneInfo) -> datetime:
    return datetime.combine(day.date(), time(), zone).astimezone(UTC)


def _written(capture: Path, folder: Path, wish: Wish) -> Path:
    """Write a capture as a table. Raises Invalid where it holds several cities and none is named."""
    several = history.cities_in(capture)
    if len(several) > 1 and not wish.city:
        raise Invalid({"city": [f"{capture.name} holds several cities; choose one with --city: "
                                + ", ".join(several)]})
    folder.mkdir(parents=True, exist_ok=True)
    stem = Path(capture.name.lower().removesuffix(".gz")).stem
    stem = capture.name[:len(stem)] + (f"-{history.slug(wish.city)}" if wish.city else "")
    out = folder / f"{stem}.open311.csv"
    found = history.write_capture(capture, out, only={"city": wish.city} if wish.city else {})
    click.echo(f"{found.rows:,} requests read.")
    for reason, count in found.kept_out.most_common():
        click.echo(f"  {count:>8,} kept out: {reason}")
    return out


def chosen_profile(file: Path, profile: str) -> Chosen:
    """Return the profile named, or the one that fits the file's columns, and say how it was chosen."""
    if profile:
        return Chosen(commands.profile_named(profile), "", guessed=False)
    with db.reading() as view:
        zone = catalog.time_zone(view)
    chosen = history.choose_profile(file, settings.home() / "cities" / "profiles", zone)
    click.echo(chosen.how)
    return chosen


def import_csv(
    given: Settings, file: Path, profile: Profile, verdicts: Path | None, *, dry: bool = False
) -> None:
    """Import a file, with a bar that says how far it is, and count what became of its rows."""
    files = history.beside(verdicts) if verdicts else history.files_for(file, given.data_folder / "imports")
    rows, began = history.count_rows(file, profile), monotonic()
    helpers = lanes.lanes_here() if rows > lanes.WORTHWHILE else 0
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                   auto_refresh=False, console=Console(stderr=True))
    with bar:
        task = bar.add_task(file.name, total=rows)
        tally = history.import_csv(file, profile, files.verdicts,
                                   lambda now: bar.update(task, completed=now.rows, refresh=True),
                                   dry=dry, lanes=helpers)
    seconds = max(monotonic() - began, 0.001)
    running.read_words()
    click.echo(f"{tally.rows:,} rows = {tally.accepted:,} accepted ({tally.new:,} new, "
               f"{tally.already_there:,} already there) + {tally.rejected:,} rejected, "
               f"in {seconds:.1f} s ({tally.rows / seconds:,.0f} rows a second)")
    for reason, count in tally.reasons.most_common():
        click.echo(f"  {count:>8,} rejected: {reason}")
    for kind, count in tally.dirt.most_common():
        if kind not in tally.reasons:
            click.echo(f"  {count:>8,} accepted: {kind}")
    if dry:
        click.echo("Nothing was written into the database: this was a dry run.")
    click.echo(f"The verdict on each row: {files.verdicts}")
    click.echo(f"The rejected rows, to correct and import: {files.rejects}")
    click.echo(f"What is true of the record: {files.truth}")
