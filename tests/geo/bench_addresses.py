"""Measure the search of addresses on both engines: seconds to load, milliseconds a search, and what is found.

    python -m tests.geo.bench_addresses                  # 6,000 streets, half a million addresses
    python -m tests.geo.bench_addresses --streets 600 --searches 200
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, thread_time

import numpy as np
import psycopg

from civicconnect import db, geo, settings
from civicconnect.geo import Ground, Place, Point, gazetteer
from civicconnect.geo.places import metres
from tests.geo.invented import Way, city, ground, slip
from tests.postgres import cluster

SHORT = {"Street": "st", "Avenue": "ave", "Road": "rd", "Drive": "dr", "Lane": "ln", "Place": "pl",
         "Court": "ct", "Boulevard": "blvd", "Terrace": "ter", "Saint": "st", "North": "n", "South": "s",
         "East": "e", "West": "w"}
LETTERS = "abcdefghijklmnopqrstuvwxyz1"
Asked = tuple[str, Callable[[Place], bool]]  # what is typed, and whether a place is the one wanted


def questions(ways: list[Way], told: Ground, rng: random.Random) -> dict[str, Iterator[Asked]]:
    """Return endless questions by their kind."""
    standing = {(street, number) for street, number, _ in told.addresses}
    crossed = _crossings(ways)

    def house() -> tuple[str, str, Callable[[Place], bool]]:
        street, number, _ = rng.choice(told.addresses)
        return street, number, lambda place: place.label == f"{number} {street}"

    def as_written() -> Asked:
        street, number, wanted = house()
        return rng.choice([f"{number} {street}", f"{street} {number}", f"{street.lower()}, {number}"]), wanted

    def short() -> Asked:
        street, number, wanted = house()
        return f"{number} {' '.join(SHORT.get(word, word.lower()) for word in street.split())}", wanted

    def mistyped() -> Asked:
        street, number, wanted = house()
        return f"{number} {_slipped(street, rng)}", wanted

    def mistyped_street() -> Asked:
        way = rng.choice(ways)
        return _slipped(way.name, rng), lambda place: place.label == way.name

    def beginning() -> Asked:
        street, number, wanted = house()
        words = street.split()
        longest = max(range(len(words)), key=lambda n: len(words[n]))
        words[longest] = words[longest][:max(4, len(words[longest]) - 3)]
        return f"{number} {' '.join(words[:longest + 1])}", wanted

    def gap() -> Asked:
        while True:
            way = rng.choice(ways)
            number = rng.randrange(3, int(way.blocks * 10) - 2) if way.blocks > 1 else 3
            if not {(way.name, str(number)), (way.name, f"{number}b")} & standing:
                return f"{number} {way.name}", _near(way.place(number), 30)

    def crossing() -> Asked:
        one, other, here = rng.choice(crossed)
        joined = rng.choice([" & ", " and ", " / ", " y "])
        return f"{one}{joined}{other}".lower(), _near(here, 15)

    def mistyped_crossing() -> Asked:
        one, other, here = rng.choice(crossed)
        return f"{_slipped(one, rng)} & {_slipped(other, rng)}", _near(here, 15)

    def nonsense() -> Asked:
        return " ".join("".join(rng.choices(LETTERS, k=7)) for _ in range(4)), lambda _: True

    kinds = (as_written, short, mistyped, mistyped_street, beginning, gap, crossing, mistyped_crossing,
             nonsense)
    return {kind.__name__: iter(kind, None) for kind in kinds}


def _near(here: Point, reach: float) -> Callable[[Place], bool]:
    return lambda place: metres(place.point, here) < reach


def _slipped(name: str, rng: random.Random) -> str:
    return " ".join(slip(word.lower(), rng) if len(word) > 4 else word.lower() for word in name.split())


def _crossings(ways: list[Way]) -> list[tuple[str, str, Point]]:
    across: dict[tuple[int, int], str] = {}
    for way in ways:
        if not way.runs_east:
            across.update({(way.column, way.row + n): way.name for n in range(way.blocks + 1)})
    return [
        (way.name, across[way.column + n, way.row], way.at(n * 100))
        for way in ways if way.runs_east for n in range(way.blocks + 1) if (way.column + n, way.row) in across
    ]


@dataclass
class Run:
    """Searches of one kind, timed."""

    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)  # of this process: what a busy machine does not change
    hits: list[bool] = field(default_factory=list)
    missed: list[tuple[str, list[str]]] = field(default_factory=list)

    def search(self, view: db.Db, typed: str, is_wanted: Callable[[Place], bool]) -> None:
        began, cpu = perf_counter(), thread_time()
        found = geo.find_addresses(view, typed)
        self.wall_ms.append(1000 * (perf_counter() - began))
        self.cpu_ms.append(1000 * (thread_time() - cpu))
        self.hits.append(any(map(is_wanted, found)))
        if not self.hits[-1]:
            self.missed.append((typed, [place.label for place in found]))

    def told(self) -> dict[str, float]:
        wall = {f"p{part}_ms": round(float(np.percentile(self.wall_ms, part)), 1) for part in (50, 95, 99)}
        return wall | {"cpu_p95_ms": round(float(np.percentile(self.cpu_ms, 95)), 1),
                       "found": round(float(np.mean(self.hits)), 3)}


def measure(
    url: str, ways: list[Way], told: Ground, searches: int
) -> tuple[dict[str, object], dict[str, Run]]:
    """Return the figures of one engine, and the searches by kind."""
    database = db.open_database(url)
    db.migrate(database, settings.home() / "migrations")
    figures: dict[str, object] = {"engine": db.describe(database)}
    runs: dict[str, Run] = {}
    with db.bound(database):
        for name in ("load", "load_again"):
            began = perf_counter()
            with db.transaction() as change:
                geo.load(change, told)
            figures[f"{name}_seconds"] = round(perf_counter() - began, 1)
        began = perf_counter()
        with db.reading() as view:
            gazetteer.streets(view)
        figures["first_search_ms"] = round(1000 * (perf_counter() - began))
        asked = questions(ways, told, random.Random(11))  # noqa: S311  the same questions every time
        for kind, each in asked.items():
            runs[kind] = Run()
            for _ in range(searches):
                with db.reading() as view:
                    runs[kind].search(view, *next(each))
            figures[kind] = runs[kind].told()
        every = Run(*([x for run in runs.values() for x in getattr(run, name)] for name in
                      ("wall_ms", "cpu_ms", "hits")))
        figures["all"] = every.told()
    database.engine.dispose()
    return figures, runs


def main() -> None:
    """Measure what the command line asks for, and print it as JSON."""
    parser = argparse.ArgumentParser(description="Measure the search of addresses on both engines.")
    parser.add_argument("--streets", type=int, default=6000)
    parser.add_argument("--searches", type=int, default=1000, help="of each kind")
    parser.add_argument("--engine", choices=("embedded", "server", "both"), default="both")
    parser.add_argument("--missed", type=Path, help="a file for what was not found")
    given = parser.parse_args()
    ways = city(given.streets)
    told = ground(ways)
    figures: dict[str, object] = {"streets": len(ways), "addresses": len(told.addresses)}
    runs: dict[str, Run] = {}
    if given.engine != "server":
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/bench.sqlite"
            figures["embedded"], runs = measure(url, ways, told, given.searches)
    if given.engine != "embedded":
        with cluster() as address:
            with psycopg.connect(address.format("postgres"), autocommit=True) as admin:
                admin.execute("CREATE DATABASE bench")
            figures["server"], runs = measure(address.format("bench"), ways, told, given.searches)
    figures["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(figures, indent=1))  # noqa: T201  a command of its own
    if given.missed:
        lines = (f"{kind}\t{typed}\t{labels}" for kind, run in runs.items() for typed, labels in run.missed)
        given.missed.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
