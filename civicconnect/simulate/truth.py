"""What is true of an invented record as a whole: counted while its days go by."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from civicconnect.simulate.day import Day
from civicconnect.simulate.settled import settle
from civicconnect.simulate.spelling import utc
from civicconnect.simulate.wallclock import NEVER, moment
from civicconnect.simulate.world import Plan

UNREPORTED = 6  # a stream of dice of its own
COLUMNS = ("number", "id", "true_fixed_at", "false_closing", "vanished", "duplicate_of", "problem", "plants")
PILOT = ("", "pilot", "control")


class Truth:
    """Adds up days; `told` is what truth.json holds."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self._plan, self._seed = plan, seed
        self.settled = settle(plan, seed)
        self._reported = np.zeros((len(plan.areas.codes), len(plan.services)), dtype=np.int64)
        self._counts: Counter[str] = Counter()

    def add(self, day: Day) -> None:
        first = (day.duplicate_of == 0) & (day.area >= 0)
        np.add.at(self._reported, (day.area[first], day.service[first]), 1)
        closed = day.finally_closed_at != NEVER
        self._counts.update({
            "reports": len(day), "open": int((~closed).sum()), "problems": int((day.duplicate_of == 0).sum()),
            "duplicates": int((day.duplicate_of > 0).sum()), "slow": int(day.slow.sum()),
            "bottleneck": int(day.bottleneck.sum()), "pilot": int((day.pilot == 1).sum()),
            "control": int((day.pilot == 2).sum()), "vanished": int(day.vanished.sum()),
            "false_closings": int(day.false_closing.sum()),
            "reopened": int((day.reopened_at != NEVER).sum()),
        })

    def problems(self) -> dict[str, dict[str, dict[str, int]]]:
        """Return {area: {service: {"reported": n, "true": n}}}: true ones are those nobody reported too.

        Each problem there is reported with the area's rate. How many stay unreported beside n reported
        ones is negative binomial: failures before the n-th success.
        """
        rng = np.random.default_rng((self._seed, UNREPORTED))
        rate = self.settled.reporting_rate[:, None]
        drawn = rng.negative_binomial(np.maximum(self._reported, 1), rate)
        unreported = np.where(self._reported > 0, drawn, 0)
        return {
            area: {service.code: {"reported": int(n), "true": int(n + more)}
                   for service, n, more in zip(self._plan.services, row, hidden, strict=True) if n}
            for area, row, hidden in zip(self._plan.areas.codes, self._reported, unreported, strict=True)
        }

    def told(self, dirt: Mapping[str, int]) -> dict[str, Any]:
        """Return everything for truth.json; dirt is {kind: pieces}."""
        plan, settled, codes = self._plan, self.settled, self._plan.areas.codes
        pilot = plan.services[settled.pilot_service].code
        chosen = {
            "slow_area": codes[settled.slow_area],
            "bottleneck_department": settled.bottleneck_department,
            "bottleneck_from": moment(settled.bottleneck_from).isoformat(),
            "bottleneck_to": moment(settled.bottleneck_to).isoformat(),
            "pilot_service": pilot,
            "pilot_from": moment(settled.pilot_from).isoformat(),
            "pilot_areas": [code for code, tried in zip(codes, settled.piloted, strict=True) if tried],
        }
        by_area = zip(codes, settled.income, settled.reporting_rate, settled.area_share, strict=True)
        return {
            "seed": self._seed, "source": plan.parameters.source, "as_of": plan.as_of.isoformat(),
            "zone": plan.zone, "counts": dict(sorted(self._counts.items())),
            "plants": asdict(plan.plants) | chosen,
            "areas": {code: {"income_fifth": int(income), "reporting_rate": round(float(rate), 4),
                             "share": round(float(share), 6)} for code, income, rate, share in by_area},
            "problems": self.problems(), "dirt": dict(sorted(dirt.items())),
        }


def truth_rows(day: Day, id_of: Callable[[int], str]) -> list[tuple[Any, ...]]:
    """Return what is true of each report of a day, in the order of COLUMNS.

    id_of    how the record calls a report, by its number
    """
    columns = (day.number, day.true_fixed_at, day.false_closing, day.vanished, day.duplicate_of, day.problem,
               day.slow, day.bottleneck, day.pilot)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [
        (number, id_of(number), utc(fixed), int(false), int(vanished), first or "", problem,
         " ".join(filter(None, ("slow" * slow, "bottleneck" * held, PILOT[pilot]))))
        for number, fixed, false, vanished, first, problem, slow, held, pilot in rows
    ]


def write_truth(folder: Path, truth: Truth, dirt: Mapping[str, int]) -> Path:
    """Write truth.json, whole or not at all."""
    file, half = folder / "truth.json", folder / "truth.json.part"
    spelled = json.dumps(truth.told(dirt), indent=1, ensure_ascii=False) + "\n"
    half.write_text(spelled, encoding="utf-8")
    os.replace(half, file)
    return file
