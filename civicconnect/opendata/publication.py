"""Writing a version of the publication, and asking it questions.

reports.csv, reports.parquet, reports.geojson and a manifest with rows, bytes and SHA-256 of each.
They are written beside the other versions and then named, so that a reader sees all of it or none.
"""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO

import duckdb

from civicconnect import clock, jobs
from civicconnect.catalog import catalog
from civicconnect.db import Db
from civicconnect.opendata.versions import Publication, name_of, point_to, sha256, shelf, thin_out
from civicconnect.reports import Column, as_text, columns, layers, public_rows

FORMATS = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet",
           "geojson": "application/geo+json"}
SETTLE = timedelta(seconds=4)  # several changes in a row make one version
TYPES = {"text": "VARCHAR", "number": "DOUBLE", "integer": "BIGINT", "yes_no": "BOOLEAN",
         "instant": "TIMESTAMPTZ"}
PLAIN = "plain.csv"  # the rows as they are, for the formats that no spreadsheet runs; never published


def request_publication(db: Db) -> None:
    """Ask for a new version in the transaction of the change that calls for it."""
    jobs.enqueue(db, "publish", key="publish", wait=SETTLE)


def publish(db: Db) -> Publication:
    """Write a new version from everything that is public now."""
    as_of = clock.now()
    offer = catalog(db)
    shown = columns(layers(db, offer.city.limit_layer))
    home = shelf()
    home.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=home))
    try:
        rows = write_files(draft, public_rows(db, offer, as_of=as_of), shown)
        version = name_of(as_of)
        manifest = write_manifest(draft, {
            "version": version, "as_of": as_of.isoformat(timespec="seconds"), "rows": rows})
        final = home / version
        draft.chmod(0o755)
        draft.rename(final)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    point_to(home, version)
    thin_out(home)
    return Publication(version, final, manifest)


def write_files(draft: Path, rows: Iterator[dict[str, Any]], shown: Sequence[Column]) -> int:
    """Write the files of a version into a folder. Returns how many rows there were."""
    count = _write_csv(draft, rows, shown)
    _write_parquet(draft, shown)
    _write_geojson(draft, shown)
    (draft / PLAIN).unlink()
    return count


def _write_csv(draft: Path, rows: Iterator[dict[str, Any]], shown: Sequence[Column]) -> int:
    """Write reports.csv, guarded from spreadsheets, and the rows as they are for the other formats."""
    typed = [at for at, column in enumerate(shown) if column.typed]
    risky = [shown[at] for at in typed]
    count = 0
    with _opened(draft / "reports.csv") as out, _opened(draft / PLAIN) as beside:
        public, plain = csv.writer(out, lineterminator="\r\n"), csv.writer(beside, lineterminator="\r\n")
        for writer in (public, plain):
            writer.writerow([column.name for column in shown])
        for row in rows:
            cells = as_text(row, shown, for_spreadsheets=False)
            plain.writerow(cells)
            for at, text in zip(typed, as_text(row, risky), strict=True):
                cells[at] = text
            public.writerow(cells)
            count += 1
    return count


def _opened(file: Path) -> TextIO:
    return file.open("w", encoding="utf-8", newline="")


def _write_parquet(draft: Path, shown: Sequence[Column]) -> None:
    spelled = ", ".join(f"{sql_text(c.name)}: '{TYPES[c.kind]}'" for c in shown)
    with engine() as duck:
        duck.execute(
            "COPY (SELECT *, CASE WHEN lat IS NOT NULL THEN ('POINT(' || long || ' ' || lat || ')')"  # noqa: S608
            f"::GEOMETRY END AS geometry FROM read_csv({sql_text(draft / PLAIN)}, header=true, delim=',', "
            f"quote='\"', escape='\"', nullstr='', columns={{{spelled}}})) "
            f"TO {sql_text(draft / 'reports.parquet')} (FORMAT parquet, COMPRESSION zstd)"
        )


def _write_geojson(draft: Path, shown: Sequence[Column]) -> None:
    names = [c.name for c in shown if c.name not in ("lat", "long")]
    instants = {c.name for c in shown if c.kind == "instant"}
    wanted = ", ".join(
        f"strftime({sql_name(n)}, '%Y-%m-%dT%H:%M:%SZ') AS {sql_name(n)}" if n in instants else sql_name(n)
        for n in names
    )
    with engine() as duck, (draft / "reports.geojson").open("w", encoding="utf-8") as out:
        found = duck.execute(
            f"SELECT long, lat, {wanted} FROM read_parquet(?)",  # noqa: S608
            [str(draft / "reports.parquet")],
        )
        out.write('{"type":"FeatureCollection","features":[')
        comma = ""
        while batch := found.fetchmany(5000):
            for long, lat, *rest in batch:
                place = None if lat is None else {"type": "Point", "coordinates": [long, lat]}
                feature = {"type": "Feature", "geometry": place,
                           "properties": dict(zip(names, rest, strict=True))}
                out.write(comma + json.dumps(feature, ensure_ascii=False))
                comma = ",\n"
        out.write("]}\n")


def write_manifest(draft: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Write what is known of a version, and of each file in its folder, beside them. Returns it."""
    files = {file.name: {"bytes": file.stat().st_size, "sha256": sha256(file)}
             for file in sorted(draft.iterdir())}
    manifest = {**facts, "files": files}
    (draft / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    return manifest


def query(publication: Publication, sql: str) -> dict[str, Any]:
    """Run a query of ours on a version's Parquet, as the table `reports`.

    returns    {column: numpy array (masked where empty)}, one entry a row
    """
    with engine() as duck:
        duck.execute(
            "CREATE VIEW reports AS SELECT * FROM "  # noqa: S608
            f"read_parquet({sql_text(publication.file('reports', 'parquet'))})"
        )
        return duck.execute(sql).fetchnumpy()


def engine() -> duckdb.DuckDBPyConnection:
    """Return an engine of one's own for a few questions; instants come back in UTC."""
    made = duckdb.connect(config={"threads": 2, "memory_limit": "512MB"})
    made.execute("SET TimeZone = 'UTC'")  # only understood once the engine runs
    return made


def sql_text(value: object) -> str:
    """Return a text as SQL spells it."""
    return "'" + str(value).replace("'", "''") + "'"


def sql_name(name: str) -> str:
    """Return the name of a column as SQL spells it: a city calls its layers what it likes."""
    return '"' + name.replace('"', '""') + '"'
