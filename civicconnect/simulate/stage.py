"""The plan of what is to happen in a city, from the city as it stands in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import select

from civicconnect import catalog, geo
from civicconnect.catalog import Catalog
from civicconnect.db import Db
from civicconnect.errors import Invalid
from civicconnect.simulate import words
from civicconnect.simulate.parameters import Parameters
from civicconnect.simulate.world import Areas, Places, Plan, Plants, Service

# Who writes in what: most in the city's first language, the rest in its others that we have words in, and
# a few in one that the city does not offer.
FIRST_LANGUAGE, NOT_OFFERED = 0.6, 0.04
ELSEWHERE = "elsewhere"


def plan_of(
    db: Db, parameters: Parameters, wanted: int, days: int, as_of: datetime, plants: Plants | None = None
) -> Plan:
    """Return the plan of so many reports in so many days, up to an instant.

    Raises Invalid where the city has no addresses, or no service that anybody could ask for.
    """
    offer = catalog.catalog(db)
    zone = offer.city.time_zone
    services = _services(offer)
    places, areas = _ground(db, offer, as_of)
    faults = {"addresses": not places.label and "The city has no addresses. Load some first.",
              "services": not services and "The city has no service that can be asked for all year."}
    if any(faults.values()):
        raise Invalid({key: [sentence] for key, sentence in faults.items() if sentence})
    # Up to midnight means up to the end of the day before.
    last = (as_of - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
    return Plan(
        parameters, services, places, areas, wanted, last - timedelta(days=days - 1), days, as_of, zone,
        geo.Point(*offer.city.centre), _languages(offer.city.languages), plants or Plants(),
    )


def _services(offer: Catalog) -> list[Service]:
    """Return what can be asked for on any day: not what only a storm brings, nor what is never taken."""
    language = offer.city.languages[0]
    return [
        Service(code, catalog.words(service.name, language), service.department, service.group,
                words.text_count(code), _barred(service), "", words.streets(code))
        for code, service in offer.services.items()
        if service.active and service.storm != "only" and service.stopped({}) is None
    ]


def _barred(service: catalog.Service) -> frozenset[str]:
    """Return how such a report cannot come in: no crew asks for a permit, and who calls is not anonymous."""
    barred = {"crew"} if service.visibility == "private" or service.contact != "optional" else set()
    return frozenset(barred | ({"call"} if service.contact == "none" else set()))


def _ground(db: Db, offer: Catalog, as_of: datetime) -> tuple[Places, Areas]:
    """Return the addresses and the districts, of the first layer that is not the city's own limit."""
    columns = (geo.Address.street, geo.Address.number, geo.latitude(geo.Address.place),
               geo.longitude(geo.Address.place))
    rows = db.execute(select(*columns).order_by(geo.Address.id)).all()
    points = [geo.Point(lat, long) for _, _, lat, long in rows]
    hits = geo.areas_of_many(db, points, [as_of.date()] * len(points))
    layers = sorted({hit.layer for found in hits for hit in found} - {offer.city.limit_layer})
    within = [next((hit.code for hit in found if hit.layer in layers[:1]), ELSEWHERE) for found in hits]
    codes = sorted(set(within))
    area = np.asarray([codes.index(code) for code in within], dtype=np.int64)
    streets = [street for street, *_ in rows]
    labels = [f"{number} {street}".strip() for street, number, *_ in rows]
    places = Places(np.asarray([p.lat for p in points]), np.asarray([p.long for p in points]), area, labels,
                    streets)
    households = np.bincount(area, minlength=len(codes)).astype(np.float64)
    return places, Areas(tuple(codes), households, np.zeros(len(codes), dtype=np.int64))


def _languages(offered: Sequence[str]) -> dict[str, float]:
    """Return the share of each language that residents write in, the city's first one first."""
    spoken = [code for code in offered if code in words.LANGUAGES] or ["en"]
    foreign = [code for code in words.LANGUAGES if code not in spoken]
    left = NOT_OFFERED if foreign else 0.0
    first = FIRST_LANGUAGE if spoken[1:] else 1.0 - left
    shares = {code: (1 - left - first) / len(spoken[1:]) for code in spoken[1:]}
    return {spoken[0]: first} | shares | {code: left / len(foreign) for code in foreign}
