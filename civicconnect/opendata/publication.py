"""Writing the publication, and reading it back.

A version is a folder that never changes: reports.csv, reports.parquet, reports.geojson and a
manifest with rows, bytes and SHA-256 of each. It is written beside the others and then named, so
that a reader sees all of it or none.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from civicconnect import clock, jobs, settings
from civicconnect.catalog import catalog
from civicconnect.db import Db
from civicconnect.reports import Column, as_text, columns, layers, public_rows

FORMATS = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet",
           "geojson": "application/geo+json"}
SETTLE = timedelta(seconds=4)  # several changes in a row make one version
KEPT = 5  # besides the first version of each day
TYPES = {"text": "VARCHAR", "number": "DOUBLE", "integer": "BIGINT", "yes_no": "BOOLEAN",
         "instant": "TIMESTAMPTZ"}


@dataclass(frozen=True)
class Publication:
    """One version on the disk."""

    version: str
    folder: Path
    manifest: dict[str, Any]

    def file(self, dataset: str, format_: str) -> Path:
        """Return a file of this version."""
        return self.folder / f"{dataset}.{format_}"


def _home() -> Path:
    return settings.current().data_folder / "publication"


def request_publication(db: Db) -> None:
    """Ask for a new version in the transaction of the change that calls for it."""
    jobs.enqueue(db, "publish", key="publish", wait=SETTLE)


def publish(db: Db) -> Publication:
    """Write a new version from everything that is public now."""
    as_of = clock.now()
    offer = catalog(db)
    shown = columns(layers(db, offer.city.limit_layer))
    home = _home()
    home.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=home))
    try:
        rows = _write_csv(draft / "reports.csv", public_rows(db, offer, as_of=as_of), shown)
        _write_parquet(draft, shown)
        _write_geojson(draft, shown)
        version = as_of.strftime("%Y%m%dT%H%M%S%fZ")
        manifest = _manifest(draft, version, as_of, rows)
        (draft / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        final = home / version
        draft.chmod(0o755)
        draft.rename(final)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _point_to(home, version)
    _thin_out(home)
    return Publication(version, final, manifest)


def _write_csv(file: Path, rows: Iterator[dict[str, Any]], shown: Sequence[Column]) -> int:
    count = 0
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([column.name for column in shown])
        for row in rows:
            writer.writerow(as_text(row, shown))
            count += 1
    return count


def _write_parquet(draft: Path, shown: Sequence[Column]) -> None:
    spelled = ", ".join(f"'{c.name}': '{TYPES[c.kind]}'" for c in shown)
    with _engine() as engine:
        engine.execute(
            f"CREATE TABLE reports AS SELECT * FROM read_csv(?, header=true, delim=',', "  # noqa: S608
            f"quote='\"', escape='\"', nullstr='', columns={{{spelled}}})",
            [str(draft / "reports.csv")],
        )
        engine.execute(
            "COPY (SELECT *, CASE WHEN lat IS NOT NULL THEN ('POINT(' || long || ' ' || lat || ')')"  # noqa: S608
            "::GEOMETRY END AS geometry FROM reports) "
            f"TO '{_quoted(draft / 'reports.parquet')}' (FORMAT parquet, COMPRESSION zstd)"
        )


def _write_geojson(draft: Path, shown: Sequence[Column]) -> None:
    names = [c.name for c in shown if c.name not in ("lat", "long")]
    instants = {c.name for c in shown if c.kind == "instant"}
    wanted = ", ".join(
        f"strftime({n}, '%Y-%m-%dT%H:%M:%SZ') AS {n}" if n in instants else n for n in names
    )
    with _engine() as engine, (draft / "reports.geojson").open("w", encoding="utf-8") as out:
        found = engine.execute(
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


def _manifest(draft: Path, version: str, as_of: datetime, rows: int) -> dict[str, Any]:
    files = {}
    for file in sorted(draft.iterdir()):
        files[file.name] = {"bytes": file.stat().st_size, "sha256": _sha256(file)}
    return {"version": version, "as_of": as_of.isoformat(timespec="seconds"), "rows": rows,
            "files": files}


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _point_to(home: Path, version: str) -> None:
    # Two workers may publish at once; the later state stays, whoever finishes last.
    standing = home / "newest"
    if standing.is_file() and standing.read_text(encoding="utf-8") > version:
        return
    pointer = home / f".newest.{os.getpid()}"
    pointer.write_text(version, encoding="utf-8")
    os.replace(pointer, standing)


def _thin_out(home: Path) -> None:
    """Keep the newest few versions and the first of each day; sweep away what was left half written."""
    versions = sorted(p.name for p in home.iterdir() if p.is_dir() and p.name[0].isdigit())
    first_of_day = {version[:8]: version for version in reversed(versions)}
    for version in versions[:-KEPT]:
        if version not in first_of_day.values():
            shutil.rmtree(home / version, ignore_errors=True)
    yesterday = (clock.now() - timedelta(days=1)).timestamp()
    for draft in home.glob(".draft-*"):  # of a worker that was killed while it wrote
        if draft.stat().st_mtime < yesterday:
            shutil.rmtree(draft, ignore_errors=True)


def newest(version: str = "") -> Publication | None:
    """Return the newest version, or the one named; None where there is none."""
    home = _home()
    pointer = home / "newest"
    name = version or (pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else "")
    if not name or not name.rstrip("Z").replace("T", "").isdigit():
        return None
    manifest = home / name / "manifest.json"
    if not manifest.is_file():
        return None
    return Publication(name, home / name, json.loads(manifest.read_text(encoding="utf-8")))


def check_hashes() -> list[str]:
    """Return a sentence for every published file that is not the one its manifest names."""
    home, faults = _home(), []
    for manifest in sorted(home.glob("*/manifest.json")):
        for name, told in json.loads(manifest.read_text(encoding="utf-8"))["files"].items():
            file = manifest.parent / name
            if not file.is_file() or _sha256(file) != told["sha256"]:
                faults.append(f"open data {manifest.parent.name}: {name} is not the file that was published")
    return faults


def query(publication: Publication, sql: str) -> dict[str, Any]:
    """Run a query of ours on a version's Parquet, as the table `reports`.

    returns    {column: numpy array (masked where empty)}, one entry a row
    """
    with _engine() as engine:
        engine.execute(
            "CREATE VIEW reports AS SELECT * FROM "  # noqa: S608
            f"read_parquet('{_quoted(publication.file('reports', 'parquet'))}')"
        )
        return engine.execute(sql).fetchnumpy()


def _engine() -> duckdb.DuckDBPyConnection:
    engine = duckdb.connect(config={"threads": 2, "memory_limit": "512MB"})
    engine.execute("SET TimeZone = 'UTC'")  # only understood once the engine runs
    return engine


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
