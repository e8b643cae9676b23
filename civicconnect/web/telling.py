"""How much of a report its page tells: all of it to whoever sent it, to strangers what is public."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from civicconnect import reports
from civicconnect.catalog import Service
from civicconnect.geo import Point
from civicconnect.reports import Around, NewReport, Report


@dataclass(frozen=True)
class Told:
    """What a page may show of one report."""

    point: Point | None
    address: str
    description: str
    answers: tuple[Mapping[str, Any], ...]
    photos: tuple[str, ...]
    finished: tuple[str, ...] = ()
    key: str = ""  # what the page was opened with; only its sender has it


def is_told_in_full(service: Service) -> bool:
    """Say whether everybody will read all that is sent to a service, but who sent it."""
    return (service.visibility, service.place, service.text) == ("public", "exact", "public")


def before(new: NewReport, service: Service) -> Told:
    """Return what strangers would be told of a report that is not sent yet."""
    is_exact, is_read = service.place == "exact", service.text == "public"
    return Told(
        new.point if is_exact else None, new.address if is_exact else "", new.description if is_read else "",
        tuple(answer.kept for answer in new.answers) if is_read else (),
        tuple(photo.digest for photo in new.photos) if is_read else ())


def to_sender(report: Report, beside: Around, key: str) -> Told:
    """Return everything."""
    return Told(beside.point, report.address, report.description, tuple(report.answers), beside.photos,
                beside.finished, key)


def to_all(report: Report, beside: Around) -> Told:
    """Return what the allow-list tells strangers."""
    place = reports.place_told(report, beside.point) if beside.point else None
    if not report.text_told:
        return Told(place, reports.address_told(report), "", (), ())
    return Told(place, reports.address_told(report), report.description, tuple(report.answers),
                beside.shown(beside.photos), beside.shown(beside.finished))
