"""What a generator was fitted on: one city's published record, as figures in a JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from civicconnect.errors import Invalid
from civicconnect.tables import spell

# At which shares of the closed reports the times to close are given, in the order of `Kind.hours`.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
CHANNELS = ("call", "crew", "web", "app", "email", "partner", "social")
SHARE = validate.Range(0, 1, error="{input} is no share; write a figure from 0 to 1.")
POSITIVE = validate.Range(0, min_inclusive=False, error="{input} is too small; write a figure above 0.")
NOT_NEGATIVE = validate.Range(0, error="{input} is too small; write 0 or more.")


@dataclass(frozen=True)
class Kind:
    """One type of request in the fitted record.

    share              of all reports
    open_share         of its reports, never closed
    within_a_minute    of its closed reports, closed within a minute of opening
    hours              hours to close at QUANTILES of the closed ones, rising
    due_hours          hours promised as a rule; None where nothing is
    due_hours_high     hours promised at most; above due_hours where the promise skips weekends
    due_soon, due_late of its reports closed within due_hours, and of the others: those with a promise
    channel            how most of them come in
    fallback_share     of its reports, put on the point that stands for "address not found"
    winter             seasonal swing of its rate: 1 + winter * cos, highest in mid-January
    """

    name: str
    group: str
    department: str
    share: float
    open_share: float
    within_a_minute: float
    hours: tuple[float, ...]
    channel: str
    fallback_share: float
    due_hours: float | None = None
    due_hours_high: float | None = None
    due_soon: float = 0.0
    due_late: float = 0.0
    winter: float = 0.0


@dataclass(frozen=True)
class Storm:
    """Days on which far more is reported.

    every_days    days from one to the next, on average
    factor        reports of that day, over its weekday's mean
    aftermath     what the next day has more, as a share of its weekday's mean
    mix           {name of a kind: share of what the storm adds}
    """

    every_days: int
    factor: float
    aftermath: float
    mix: Mapping[str, float]


@dataclass(frozen=True)
class Parameters:
    """One record's figures; a share is of all reports where nothing else is said.

    source             which public record, and how it was fitted
    rows               reports in that record
    hour_of_week       reports counted by weekday (7, Monday first) and hour on the wall (24)
    weekday_means      reports a day, Monday first
    size               of the negative binomial distribution of a day's reports, storms included
    autocorrelation    of a day's ratio to its weekday's mean with the day before
    channel_share      {channel in our words: share}
    area_share         {area's name: share}
    per_address        {reports at an address: addresses that have so many}
    fallback_share     on the one point that stands for "address not found"
    blank_address_share, no_place_share    without an address, without coordinates
    near_duplicates    with an earlier report of the same kind within 50 m and 7 days
    true_duplicates    that speak of a problem reported before
    same_address       of the near-duplicates, at the very same address
    office_share       of the closings, on weekdays from 7 to 17 h
    requests_per_1000_by_income    reports per 1,000 residents, the poorest fifth of areas first
    """

    source: str
    rows: int
    hour_of_week: tuple[tuple[float, ...], ...]
    weekday_means: tuple[float, ...]
    size: float
    autocorrelation: float
    storm: Storm
    channel_share: Mapping[str, float]
    area_share: Mapping[str, float]
    per_address: Mapping[int, int]
    fallback_share: float
    blank_address_share: float
    no_place_share: float
    near_duplicates: float
    true_duplicates: float
    same_address: float
    office_share: float
    requests_per_1000_by_income: tuple[float, ...]
    kinds: tuple[Kind, ...]


def _share(**given: Any) -> fields.Float:
    return fields.Float(validate=SHARE, **({"required": True} | given))


def _figures(length: int) -> fields.List[Any]:
    return fields.List(fields.Float(validate=NOT_NEGATIVE), required=True, validate=validate.Length(
        equal=length, error=f"Write {length} figures."))


def _shares(known: validate.Validator | None = None) -> fields.Dict:
    names = fields.Str(validate=known) if known else fields.Str()
    return fields.Dict(keys=names, values=fields.Float(validate=SHARE), required=True)


def _rising(hours: list[float]) -> None:
    if hours != sorted(hours):
        raise ValidationError("Write the hours in rising order.")


class _KindRow(Schema):
    name = fields.Str(required=True)
    group = fields.Str(required=True)
    department = fields.Str(required=True)
    share = _share()
    open_share = _share()
    within_a_minute = _share()
    hours = fields.List(fields.Float(validate=NOT_NEGATIVE), required=True, validate=[
        validate.Length(equal=len(QUANTILES), error=f"Write {len(QUANTILES)} figures."), _rising])
    due_hours = fields.Float(validate=POSITIVE)
    due_hours_high = fields.Float(validate=POSITIVE)
    due_soon = _share(required=False)
    due_late = _share(required=False)
    channel = fields.Str(required=True, validate=validate.OneOf(
        CHANNELS, error="{input} is no channel; write one of " + ", ".join(CHANNELS) + "."))
    fallback_share = _share()
    winter = _share(required=False)

    @post_load
    def _kind(self, row: dict[str, Any], **_: Any) -> Kind:
        return Kind(**row | {"hours": tuple(row["hours"])})


class _StormRow(Schema):
    every_days = fields.Int(required=True, validate=POSITIVE)
    factor = fields.Float(required=True, validate=validate.Range(1, error="Write a factor of 1 or more."))
    aftermath = fields.Float(required=True, validate=NOT_NEGATIVE)
    mix = _shares()

    @post_load
    def _storm(self, row: dict[str, Any], **_: Any) -> Storm:
        return Storm(**row)


class _File(Schema):
    source = fields.Str(required=True)
    rows = fields.Int(required=True, validate=POSITIVE)
    hour_of_week = fields.List(_figures(24), required=True, validate=validate.Length(
        equal=7, error="Write 7 rows, Monday first."))
    weekday_means = _figures(7)
    size = fields.Float(required=True, validate=POSITIVE)
    autocorrelation = _share()
    storm = fields.Nested(_StormRow, required=True)
    channel_share = _shares(validate.OneOf(CHANNELS, error="{input} is no channel."))
    area_share = _shares()
    per_address = fields.Dict(keys=fields.Int(), values=fields.Int(validate=POSITIVE), required=True,
                              validate=validate.Length(min=1, error="Write one row or more."))
    fallback_share = _share()
    blank_address_share = _share()
    no_place_share = _share()
    near_duplicates = _share()
    true_duplicates = _share()
    same_address = _share()
    office_share = _share()
    requests_per_1000_by_income = _figures(5)
    kinds = fields.List(fields.Nested(_KindRow), required=True, validate=validate.Length(
        min=1, error="Write one kind or more."))

    @post_load
    def _parameters(self, row: dict[str, Any], **_: Any) -> Parameters:
        lists = {key: tuple(row[key]) for key in ("weekday_means", "requests_per_1000_by_income", "kinds")}
        table = tuple(tuple(hours) for hours in row["hour_of_week"])
        return Parameters(**row | lists | {"hour_of_week": table})


def read_parameters(file: Path) -> Parameters:
    """Read a preset, or raise Invalid with a sentence for everything that is wrong in it."""
    if not file.is_file():
        raise Invalid({"preset": [f"There is no file {file}."]})
    try:
        found: Parameters = _File().load(json.loads(file.read_text(encoding="utf-8")))
    except UnicodeDecodeError:
        raise Invalid({"preset": [f"{file.name} is not UTF-8; save it as UTF-8."]}) from None
    except json.JSONDecodeError as fault:
        raise Invalid({"preset": [f"{file.name}, line {fault.lineno}: {fault.msg}."]}) from None
    except ValidationError as fault:
        raise Invalid({"preset": [f"{file.name}, key '{key}': {words}"
                                  for key, words in spell(fault.messages)]}) from None
    _must_agree(file.name, found)
    return found


def _must_agree(file: str, found: Parameters) -> None:
    names = [kind.name for kind in found.kinds]
    faults = [f"{file}: the storm brings '{name}', which is no kind."
              for name in sorted(set(found.storm.mix) - set(names))]
    faults += [f"{file}: two kinds are called '{name}'." for name in sorted(set(names))
               if names.count(name) > 1]
    for what, shares in (("kinds", [kind.share for kind in found.kinds]),
                         ("channels", list(found.channel_share.values()))):
        if abs(sum(shares) - 1) > 0.01:
            faults.append(f"{file}: the shares of the {what} add up to {sum(shares):.3f} instead of 1.")
    if sum(map(sum, found.hour_of_week)) <= 0 or min(found.weekday_means) <= 0:
        faults.append(f"{file}: every weekday needs reports.")
    if faults:
        raise Invalid({"preset": faults})
