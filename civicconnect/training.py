"""What the command `train` does: a model for suggestions, learned from this city's own reports."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from civicconnect import catalog, clock, db, reports, routing, simulate
from civicconnect.routing import Figures, Lesson, Record, Trained

TABLE = "suggestion.csv"  # the confusion matrix whole: of this installation alone


def train(*, imported: bool = False) -> None:
    """Learn, say how good it is, and put the model in force. Raises Conflict where there is too little.

    imported    whether the texts of imported records count too
    """
    with db.reading() as view:
        offer = catalog.catalog(view)
        told = reports.lessons(view, offer, imported=imported)
        is_invented = bool(told) and simulate.count_others(view) == 0
    # Also those that rest now: a storm passes, and what it brings must be known when the next one comes.
    services = [service for service in offer.services.values() if service.active]
    trained = _learned(told, services)
    record = Record(clock.now(), trained.learned_from, routing.CONFIDENCE, is_invented, trained.figures,
                    trained.unheard, trained.codes, tuple(map(tuple, trained.matrix.tolist())))
    folder = routing.models_folder()
    file = routing.write_model(folder, trained.model)
    written = [routing.write_record(folder, record), _write_table(folder, record)]
    click.echo(f"Learned from {trained.learned_from:,} reports, {len(trained.model.codes)} of "
               f"{len(services)} services; the others keep to their names and keywords.")
    _say("The newest fifth, not learned from", trained.figures)
    _say("Of them, no repetition of an earlier one", trained.unheard)
    if is_invented:
        click.echo("These reports are a simulated city's: the figures say nothing about people.")
    click.echo(f"In force from now on: {file} ({file.stat().st_size:,} bytes)")
    click.echo(f"The figures and the confusion matrix: {', '.join(map(str, written))}")


def _learned(told: list[Lesson], services: list[catalog.Service]) -> Trained:
    bar = Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(),
                   console=Console(stderr=True))
    with bar:
        task = bar.add_task("learning", total=routing.looks(len(told)))
        trained = routing.train(told, services, lambda looks: bar.update(task, completed=looks))
        bar.update(task, completed=routing.looks(len(told)))  # some lessons may have been left out
        return trained


def _say(which: str, found: Figures) -> None:
    click.echo(f"{which}: {found.tested:,} reports. Right first {found.first:.0%}, among three "
               f"{found.among_three:.0%} (the three most frequent: {found.usual:.0%}). Something was shown "
               f"for {found.shown:.0%}, and it was right for {found.right_shown:.0%} of them. "
               f"Calibration error {found.error:.2f}.")


def _write_table(folder: Path, record: Record) -> Path:
    """Write the whole matrix, as services stand in it."""
    file = folder / TABLE
    file.write_text(routing.as_csv(routing.published(record, least=0)), encoding="utf-8", newline="")
    return file
