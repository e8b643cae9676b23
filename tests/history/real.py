"""The real records and what is known of them: figures counted without this product, from their profile."""

from __future__ import annotations

import csv
import gzip
import shutil
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from civicconnect import city, commands, db, history, settings
from civicconnect.db import Database
from civicconnect.history import Profile, slug
from civicconnect.history.extract import open_cells
from civicconnect.tables import toml
from tests.conftest import SHARED, make_settings

REQUESTS = SHARED / "requests"


@dataclass(frozen=True)
class Known:
    """One set of PROFILE.md, its table "Overview" and the lines below; None where it says "none".

    repeated    rows whose id stands in the file before, exact copies among them
    median      of the closed rows alone, in `unit`
    """

    files: tuple[str, ...]
    profile: str
    rows: int
    distinct: int | None
    repeated: int | None
    copies: int
    first: str
    last: str
    closed: int | None
    not_closed: int | None
    negative: int | None
    placeless: int | None
    median: float | None
    unit: str | None
    stand_ins: int = 0
    dirt: tuple[tuple[str, int], ...] = ()

    @property
    def accepted(self) -> int:
        return self.rows - (self.copies if self.repeated is None else self.repeated) - (self.negative or 0)

    @property
    def paths(self) -> list[Path]:
        return [REQUESTS / f"{name}.csv.gz" for name in self.files]


KNOWN = {
    "boston": Known(
        ("boston_2011h2",), "boston_2011h2", 58_251, 58_251, 0, 0, "2011-07-01 01:32:33",
        "2011-12-31 23:11:06", 54_570, 3_681, 0, 0, 22.18, "hours", 4_775, (("due before opened", 3),)),
    "chicago": Known(
        ("chicago_sanitation_2011_2014",), "chicago_sanitation", 74_401, 74_026, 375, 3,
        "2000-01-03 00:00:00", "2015-01-01 00:00:00", 74_076, 325, 0, 24, 3.0, "days",
        dirt=(("exact copy", 3), ("repeated id", 372))),
    "losangeles": Known(
        ("losangeles_2017-12-27_2017-12-31", "losangeles_2018-01-01_2018-01-04",
         "losangeles_2018-12-27_2018-12-31", "losangeles_2020-01-01_2020-01-03"), "los_angeles", 39_999,
        39_999, 0, 0, "2017-12-27 13:36:22", "2020-01-03 14:22:00", 39_878, 73, 48, 2_871, 64.31, "hours",
        dirt=(("closed without a time", 18), ("closed before opened", 48))),
    "council": Known(
        ("nyc_council_constituent_2015_2025",), "new_york_council", 341_299, 341_194, 105, 0,
        "2015-01-01 00:00:00", "2025-01-09 00:00:00", 327_157, 14_142, 0, None, 7.0, "days",
        dirt=(("repeated id", 105),)),
    "elevators": Known(
        ("nyc_elevator_2024",), "new_york_elevators", 22_504, 22_504, 0, 0, "2024-01-01 09:47:56",
        "2024-12-31 09:24:11", 22_495, 9, 0, 20, 659.02, "hours", dirt=(("open with a closing time", 286),)),
    "one day": Known(
        ("nyc_one_day_2018-10-21",), "new_york", 6_765, 6_765, 0, 0, "2018-10-21 00:00:00",
        "2018-10-22 02:41:00", 2_441, 4_324, 0, 115, 1.82, "hours"),
    "zurich": Known(
        ("zurich_zueriwieneu_2016_2025",), "zurich", 62_245, None, None, 232, "2016-01-01 00:00:00",
        "2025-12-30 00:00:00", None, None, None, 0, None, None, dirt=(("exact copy", 232),)),
}


def beginning(file: Path, out: Path, rows: int | None) -> Path:
    """Return a file's first rows as a file, as they stand; the file itself for None."""
    if rows is None:
        return file
    part = out / file.name.removesuffix(".gz")
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text, \
            part.open("w", encoding="utf-8", newline="") as written:
        csv.writer(written).writerows(islice(csv.reader(text), rows + 1))
    return part


def known_columns(profile: Profile, header: list[str], word: str) -> int | None:
    """Return where the file has what the profile calls so."""
    return next((header.index(name) for name in profile.named.get(word, ()) if name in header), None)


def services_asked(known: Known) -> Iterator[str]:
    """Yield each name under which a set asks for something."""
    profile = commands.profile_named(known.profile)
    yield from (rule.to for rule in profile.service_rules)
    for file in known.paths:
        rows = open_cells(file, profile)
        _, header = next(rows)
        where = [header.index(name) for name in profile.named["service"] if name in header]
        for cells in {tuple(cells[n] for n in where) for _, cells in rows}:
            yield next((" ".join(cell.split()) for cell in cells if cell.strip()), "")


def write_city(folder: Path, asked: Iterable[str]) -> Path:
    """Write the demo city once more, with a service for every name that is asked for."""
    shutil.copytree(settings.home() / "cities" / "larkmouth", folder)
    offered = (folder / "services.toml").read_text(encoding="utf-8")
    codes = {service["code"] for service in tomllib.loads(offered)["service"]}
    for name in asked:
        code = slug(name)
        if not name or code in codes:
            continue
        codes.add(code)
        names = dict.fromkeys(("en", "es", "pt", "ar"), name[:200])
        offered += toml({"service": [
            {"code": code, "group": "streets", "department": "streets", "name": names}]})
    (folder / "services.toml").write_text(offered, encoding="utf-8")
    return folder


@contextmanager
def everything(engine, templates, folder: Path, place: Path) -> Iterator[Database]:
    """Yield a database whose city is that of a folder."""
    with templates(engine).copy(place) as url, settings.bound(make_settings(place, url)):
        opened = db.open_database(url)
        with db.bound(opened), db.transaction() as change:
            city.load_city(change, city.check_folder(folder))
        yield opened
        opened.engine.dispose()


@contextmanager
def undone(opened: Database) -> Iterator[None]:
    """Work on a database; whatever is done in the block is undone."""
    with opened.engine.connect() as connection:
        begun = connection.begin()
        with db.bound(Database(opened.engine, held=connection)):
            yield
        begun.rollback()


def brought(files: list[Path], profile: Profile, folder: Path, *, dry: bool = False) -> list[history.Tally]:
    """Import files one after the other; returns a tally for each."""
    return [history.import_csv(file, profile, history.files_for(file, folder).verdicts, dry=dry)
            for file in files]
