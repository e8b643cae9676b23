"""How good suggestions are: python -m tests.routing.bench_suggestion; printed in docs/proof/suggestion.md.

No extract holds residents' own words at size, so there are three sources, and none is tested on what was
learned from: the simulator's texts, parted by template; the few descriptions that Open311 endpoints
published; and, as an upper bound, the labels by which council offices describe what they took in.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from civicconnect.catalog import Question, Service
from civicconnect.routing import training
from civicconnect.routing.features import features
from civicconnect.routing.figures import Figures, measure
from civicconnect.routing.keywords import Floats
from civicconnect.routing.model import Model
from civicconnect.routing.suggestion import MOST, probabilities
from civicconnect.routing.training import Lesson, Lessons

HERE = Path(__file__).parent.parent.parent
SHARED = HERE.parent / "shared" / "data"
LANGUAGES = ("en", "es", "pt", "ar", "fr")
FOLDS = 3
EVERY = 10  # row of the council's file is taken: a tenth is enough, and takes a minute
# What the services of others are among those of the demo city, by their names alone. "Other" is left out: it
# says nothing about what was meant.
LIKE = {
    "Illegal Parking": "illegal-parking", "Pruning Request": "tree", "Fallen Tree or Branches": "tree",
    "Tree or Stump Removal": "tree", "Tree Complaint": "tree", "Street Light Knockdown": "street-light",
    "Street Light Outage": "street-light", "Street Lights Out": "street-light", "Pothole": "pothole",
    "Requests for Street Cleaning": "street-litter", "Broken Sidewalk": "pavement",
    "Broken sidewalk": "pavement", "Dead Animal Pickup": "dead-animal", "Damaged Sign": "road-sign",
    "Residential Trash out Illegally": "dumped-rubbish", "Water Leak": "water-leak",
    "Speeding in neighborhood": "dangerous-traffic",
}
ADDED = re.compile(r"^-- auto translated \([^)]*\) -- | \| .*$", re.DOTALL)  # by the endpoint, not by people


@dataclass(frozen=True)
class Text:
    """One text of the simulator: `template` is the same in all languages."""

    words: str
    service: str
    language: str
    template: int


def demo_services() -> list[Service]:
    """Return what the demo city offers, as its folder says."""
    told = tomllib.loads((HERE / "cities" / "larkmouth" / "services.toml").read_text(encoding="utf-8"))
    return [_service(n, row) for n, row in enumerate(told["service"])]


def _service(number: int, row: dict) -> Service:
    questions = tuple(
        Question(q["code"], q["kind"], False, q["words"],
                 tuple((o["code"], o["words"]) for o in q.get("option", ())))
        for q in row.get("question", ()))
    return Service(number, row["code"], row.get("group", ""), "", row["name"], row.get("hint", {}), questions,
                   True, keywords=row.get("keywords", {}))


def texts() -> list[Text]:
    """Return what the simulator lets residents write, without what fits anything."""
    file = HERE / "civicconnect" / "simulate" / "texts.toml"
    told = tomllib.loads(file.read_text(encoding="utf-8"))["service"]
    return [Text(words, code, language, n) for code, service in told.items() for language in LANGUAGES
            for n, words in enumerate(service[language])]


def by_keywords(services: Sequence[Service], words: Sequence[str]) -> Floats:
    """Return how probable each service is for each text, with nothing learned."""
    return np.array([probabilities(features(text), services, None) for text in words])


def lessons(given: Sequence[Text], services: Sequence[Service]) -> Lessons:
    place = {service.code: n for n, service in enumerate(services)}
    return Lessons(tuple(features(text.words) for text in given),
                   np.array([place[text.service] for text in given], dtype=np.int64))


def learned(learn: Lessons, weigh: Lessons, services: Sequence[Service]) -> Model:
    """Learn as the command does: weighed on what was kept apart, then learned from both."""
    early = training.weigh(training.learn(learn, services, lambda _: None), weigh, services)
    both = Lessons((*learn.said, *weigh.said), np.concatenate([learn.meant, weigh.meant]))
    return replace(training.learn(both, services, lambda _: None), worths=early.worths)


def by_templates_kept_apart(services: Sequence[Service]) -> tuple[Floats, list[Text], list[Model]]:
    """Test every text with a model that saw no language of its template."""
    said, tested, models = [], [], []
    for fold in range(FOLDS):
        parts = [[t for t in texts() if t.template % FOLDS == (fold + n) % FOLDS] for n in range(FOLDS)]
        learn, weigh, test = (lessons(part, services) for part in parts)
        models.append(learned(learn, weigh, services))
        said.append(training.answers(models[-1], test, services))
        tested += parts[2]
    return np.concatenate(said), tested, models


def opened(name: str) -> list[dict]:
    with gzip.open(SHARED / "open311" / name, "rt", encoding="utf-8") as file:
        return json.load(file)


def described(name: str) -> list[tuple[str, str]]:
    """Return (service name, description) of an endpoint's requests that have one, without what it added."""
    rows = ((row["service_name"], ADDED.sub("", row.get("description") or "").strip())
            for row in opened(name))
    return [(service, words) for service, words in rows if words and service != "Other"]


@dataclass(frozen=True)
class Elsewhere:
    """A city whose descriptions people wrote.

    usual    codes of its three most frequent services, as far as that can be known beforehand
    rows     (service name, words)
    """

    name: str
    offered: list[Service]
    usual: list[str]
    rows: list[tuple[str, str]]


def elsewhere() -> Iterator[Elsewhere]:
    rows = described("boston_requests_2026-03-11.json.gz")
    listed = {row["Boston_MA"] for row in table("open311_service_names_2019_six_cities.csv.gz", ",")}
    names = sorted({*listed, *(service for service, _ in rows)} - {"", "NA", "Other"})
    earlier = Counter(row["service_name"] for row in
                      table("open311_requests_2019_boston_chicago_sanfrancisco.tsv.gz", "\t")
                      if row["city"] == "Boston_MA" and row["service_name"] != "Other")
    usual = [name for name, _ in earlier.most_common(MOST)]
    yield Elsewhere("Boston, March 2026", [_service(n, {"code": name, "name": {"en": name}})
                                           for n, name in enumerate(sorted({*names, *usual}))], usual, rows)
    rows = described("schenectady_requests_2019.json.gz")
    own = Counter(service for service, _ in rows)  # no other record of it is known
    yield Elsewhere("Schenectady, 2019", [
        _service(n, {"code": row["service_name"], "name": {"en": row["service_name"]},
                     "hint": {"en": row["description"]}, "keywords": {"en": row["keywords"]}})
        for n, row in enumerate(opened("schenectady_services_2019.json.gz"))],
        [name for name, _ in own.most_common(MOST)], rows)


def table(name: str, between: str) -> list[dict[str, str]]:
    with gzip.open(SHARED / "open311" / name, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter=between))


def council() -> list[Lesson]:
    """Return every tenth label of the council offices with its group, the oldest first."""
    with gzip.open(SHARED / "requests" / "nyc_council_constituent_2015_2025.csv.gz", "rt",
                   encoding="utf-8") as file:
        rows = [(row["opendate"], row["descriptor"], row["complaint_type"])
                for row in islice(csv.DictReader(file), 0, None, EVERY) if row["descriptor"]]
    return [Lesson(words, group) for _, words, group in sorted(rows)]


def shown(what: str, figures: Figures) -> None:
    print(f"| {what} | {figures.tested} | {figures.first:.0%} | {figures.among_three:.0%} | "  # noqa: T201
          f"{figures.usual:.0%} | {figures.shown:.0%} | {figures.right_shown:.0%} | {figures.error:.2f} |")


def headed(title: str) -> None:
    print(f"\n{title}\n\n| what | tested | first | among three | most frequent three | shown | "  # noqa: T201
          "right where shown | calibration error |\n|---|---|---|---|---|---|---|---|")


def usual_of_demo(place: dict[str, int]) -> list[int]:
    """Return the three most frequent services of the demo: texts.toml stands in that order."""
    return [place[code] for code in dict.fromkeys(text.service for text in texts())][:MOST]


def simulated() -> None:
    services, given = demo_services(), texts()
    headed("Names and keywords alone")
    by_language(by_keywords(services, [text.words for text in given]), given, services)
    said, tested, models = by_templates_kept_apart(services)
    headed("Learned, templates kept apart")
    by_language(said, tested, services)
    for model in models:
        print(model.worths)  # noqa: T201


def by_language(said: Floats, of: list[Text], services: Sequence[Service]) -> None:
    place = {service.code: n for n, service in enumerate(services)}

    def part(what: str, kept: list[int]) -> None:
        shown(what, measure(said[kept], np.array([place[of[n].service] for n in kept]), usual_of_demo(place)))

    demo = [n for n, text in enumerate(of) if text.language != "fr"]
    part("the demo's four languages", demo)
    part("of them the half nothing was fitted on", [n for n in demo if of[n].template % 2])
    for language in LANGUAGES:
        part(language, [n for n, text in enumerate(of) if text.language == language])


def by_others() -> None:
    services, given = demo_services(), texts()
    place = {service.code: n for n, service in enumerate(services)}
    parts = [[text for text in given if (text.template % FOLDS == 2) == is_last] for is_last in (False, True)]
    model = learned(lessons(parts[0], services), lessons(parts[1], services), services)
    headed("Descriptions of Open311 endpoints")
    for city in elsewhere():
        at = {service.code: n for n, service in enumerate(city.offered)}
        words = [text for _, text in city.rows]
        shown(f"{city.name}: its own {len(at)} service names",
              measure(by_keywords(city.offered, words), np.array([at[service] for service, _ in city.rows]),
                      [at[code] for code in city.usual]))
        alike = [(LIKE[service], text) for service, text in city.rows if service in LIKE]
        words, meant = [text for _, text in alike], np.array([place[service] for service, _ in alike])
        usual = [place[LIKE[code]] for code in city.usual if code in LIKE] or usual_of_demo(place)
        shown(f"{city.name}: the demo's services, keywords",
              measure(by_keywords(services, words), meant, usual))
        told = Lessons(tuple(features(text) for text in words), meant)
        shown(f"{city.name}: the demo's services, learned from the simulator",
              measure(training.answers(model, told, services), meant, usual))


def bound() -> None:
    rows = council()
    groups = sorted({row.service for row in rows})
    services = [_service(n, {"code": group, "name": {"en": group}}) for n, group in enumerate(groups)]
    headed("Upper bound: labels of council offices, not words of people")
    found = training.train(rows, services, lambda _: None)
    shown("all labels of the newest fifth", found.figures)
    shown("of them those not learned from", found.unheard)


if __name__ == "__main__":
    simulated()
    by_others()
    bound()
