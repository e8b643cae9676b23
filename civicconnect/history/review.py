"""What a person must look at in a draft: one page, in the order in which it matters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from civicconnect.history.firsts import FEWEST, NEARLY_ALL, usual
from civicconnect.history.outline import Outline
from civicconnect.history.profile import several

MOST = 25  # of one list are written out
WIDER = 1.2  # times the ground of another layer
ORDERS = {
    "near": "Day and month stand in the order that puts the days nearest to each other; no figure above 12 "
            "told them apart. Check it.",
    "assumed": "Nothing tells the day from the month; the month was taken to stand first. Check it.",
}
UNKNOWN = (
    "The hours and holidays of each department (`calendars.toml`): assumed 8 to 17, Monday to Friday, no "
    "holidays. Promises count these hours.",
    "The departments' e-mail addresses (`departments.toml`, key `email`).",
    "The questions a service should ask, and the words that help to find it (`services.toml`).",
    "The languages: there is only one. Every name stands under `en` as the record spells it, whatever "
    "language that is.",
    "The drawn map and the addresses (`map/`, `addresses.csv`).",
)


def review(city: Outline) -> str:
    """Return the page review/README.md."""
    record, zone = city.record, ZoneInfo(city.profile.zone)
    days = " to ".join(f"{day.astimezone(zone):%Y-%m-%d}" for day in (record.first, record.last) if day)
    sections = [
        ("The columns", _columns(city)), ("Rows that an import will reject", _rejected(city)),
        ("Who answers", _departments(city)), ("Services", _services(city)), ("Promises", _promises(city)),
        ("Places", _places(city)), ("What no record says", UNKNOWN),
    ]
    text = [f"# To review: {city.name}\n\nDrafted from {_count(record.rows, 'row')} "
            f"({', '.join(city.requests)}{days and ', opened ' + days}). Nothing reads this folder; delete "
            "it when all is checked.\n"]
    text += [f"## {title}\n\n" + "".join(f"- [ ] {words}\n" for words in found)
             for title, found in sections if found]
    return "\n".join(text)


def _columns(city: Outline) -> list[str]:
    found = []
    if city.zone_assumed:
        found.append(f"Times are read in the zone {city.profile.zone}, whose town is nearest. If that is "
                     "wrong, draft again with `--zone`.")
    if city.guess is None:
        return found
    if city.guess.order in ORDERS:
        found.append(ORDERS[city.guess.order])
    if not city.profile.named.get("id"):
        found.append("No column tells one row from another: a row that was changed comes in a second time.")
    table = ["| what | column | for example |", "|---|---|---|"]
    for word, names in city.profile.columns.items():
        shown = ", ".join(f"`{_cell(name)}`" for name in several(names) if name) or "none found"
        examples = "; ".join(map(_cell, city.guess.examples.get(word, ())))
        table.append(f"| {word} | {shown} | {examples} |")
    found.append("Nobody named the columns. These were taken; `review/profile.toml` holds them for "
                 "`civic import`.\n\n" + "\n".join(table))
    return found


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")[:60]


def _rejected(city: Outline) -> list[str]:
    record = city.record
    most = sorted(record.refused.items(), key=lambda pair: (-pair[1], pair[0]))
    return [f"{_count(n, 'row')} ({_share(n, record.rows)}): {record.reasons[kind]}"
            + (", for example" if "'" in record.reasons[kind] else "") for kind, n in most]


def _departments(city: Outline) -> list[str]:
    found, services, spelt = [], city.record.services, city.record.department_names
    if nobody := sorted(city.name_of(code) for code, asked in services.items() if not usual(asked, "")):
        found.append(f"Nobody is named for {_some(nobody)}: the catch-all `{city.catch_all}` gets them.")
    split = list(_split(city))
    found += split[:MOST]
    if len(split) > MOST:
        found.append(f"And {len(split) - MOST} more services are split.")
    if local := sum(1 for rule in city.rules if rule.area):
        found.append(f"{_count(local, 'rule')} of one area only, where nearly all rows go elsewhere: see "
                     "`rules.toml`.")
    if codes := [name for name in city.departments.values() if " " not in name and name.upper() == name]:
        found.append(f"Named by a code only: {_some(codes)}")
    found += [f"Named in several ways: {_some(sorted(names, key=lambda n: (-names[n], n)))}"
              for _, names in sorted(spelt.items()) if len(names) > 1]
    if few := [f"{city.departments[code]} ({names.total()})" for code, names in sorted(spelt.items())
               if names.total() < FEWEST]:
        found.append(f"Named by fewer than {FEWEST} rows: {_some(few)}")
    return found


def _split(city: Outline) -> Iterator[str]:
    """Yield the services of which several departments answer a good part."""
    for code, asked in sorted(city.record.services.items(), key=lambda pair: (-pair[1].rows, pair[0])):
        named = {department: n for department, n in asked.departments.items() if department}
        total = sum(named.values())
        if total and max(named.values()) < NEARLY_ALL * total:
            parts = sorted(named.items(), key=lambda pair: (-pair[1], pair[0]))[:4]
            yield f"{city.name_of(code)} is split: " + ", ".join(
                f"{city.departments[department]} {_share(n, total)}" for department, n in parts)


def _services(city: Outline) -> list[str]:
    found = []
    if city.grouped_by_department:
        found.append("The record has no groups: services are grouped by who answers them. Residents think of "
                     "things, not of departments: regroup them.")
    twice = [asked.names for asked in city.record.services.values() if len(asked.names) > 1]
    found += [f"Spelt in {len(names)} ways: {_some(sorted(names, key=lambda n: (-names[n], n)))}"
              for names in sorted(twice, key=lambda names: (-names.total(), min(names)))][:MOST]
    names = sorted(city.name_of(code) for code in city.record.services)
    for kind, odd in (
        ("Nearly the same name", list(_alike(names))),
        ("In capitals", [n for n in names if n.isupper() and len(n) > 5]),
        ("Long, cut off or a code", [n for n in names if len(n) > 60 or not n[0].isalnum() or "_" in n
                                     or n[-1] in ",;:-/"]),
    ):
        if odd:
            found.append(f"{kind}: {_some(odd)}")
    return found


def _alike(names: Iterable[str]) -> Iterator[str]:
    """Yield names that differ only in their signs, capitals or plural ends."""
    kin: dict[str, list[str]] = defaultdict(list)
    for name in names:
        words = "".join(c if c.isalnum() else " " for c in name.lower()).split()
        kin[" ".join(word.rstrip("s") for word in words)].append(name)
    yield from (" / ".join(same) for same in kin.values() if len(same) > 1)


def _promises(city: Outline) -> list[str]:
    without: dict[str, list[str]] = defaultdict(list)
    for code, promise in city.promises.items():
        if promise.hours is None:
            figures = f" ({promise.figures})" if promise.figures else ""
            without[promise.why].append(city.name_of(code) + figures)
    found = [f"No promise, {why}: {_some(names)}" for why, names in sorted(without.items())]
    if small := [city.name_of(code) for code, promise in city.promises.items() if promise.small]:
        found.append("One hour is written where less was counted: the work is done outside of the hours "
                     f"assumed, or entered when it is done: {_some(small)}")
    if any(promise.hours is not None for promise in city.promises.values()):
        found.append("Each promise has its reason above it in `promises.toml`. It says how long things took; "
                     "promise what you mean to keep.")
    return found


def _places(city: Outline) -> list[str]:
    record = city.record
    found = [words for layer in city.layers for words in layer.told]
    if record.placeless:
        found.append(f"Without a place: {_part(record.placeless, record.rows, 'row')}.")
    if record.stand_ins:
        found.append("At a place that stands in for an address nobody found, and so in no area: "
                     f"{_part(record.stand_ins, record.rows, 'row')}.")
    if record.beyond:
        found.append(f"Outside the city's limit, which is all areas and a margin of 55 m: "
                     f"{_part(record.beyond, record.placed, 'place')}.")
    for layer, outside in zip(city.layers, record.outside, strict=True):
        if record.placed and outside == record.placed:
            found.append(f"**No row lies in any area of `{layer.name}`.** Are these the right boundaries, in "
                         "longitude and latitude?")
        elif outside > record.beyond:
            found.append(f"In no area of `{layer.name}`: {_part(outside, record.placed, 'place')}.")
    found += [f"On the one point {point.lat}, {point.long}: {_part(rows, record.placed, 'place')}. Is it "
              "what is written when an address is not found? Then put this into the profile: "
              f"`[[stand_in]]`, `lat = {point.lat}`, `long = {point.long}`." for point, rows in record.crowds]
    sizes = {layer.name: layer.ground.area for layer in city.layers}
    wide, narrow = max(sizes, key=sizes.__getitem__), min(sizes, key=sizes.__getitem__)
    if sizes[wide] > WIDER * sizes[narrow]:
        found.append(f"`{wide}` covers {sizes[wide] / sizes[narrow]:.1f} times the ground of `{narrow}`; the "
                     "limit holds both. If that is too wide, replace `areas/city.geojson`.")
    return found


def _some(names: Iterable[str]) -> str:
    """Return the first names of a list, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - MOST} more" if len(every) > MOST else ""
    return "; ".join(every[:MOST]) + more


def _part(part: int, whole: int, of: str) -> str:
    return f"{_count(part, of)} of {whole:,} ({_share(part, whole)})"


def _count(number: int, of: str) -> str:
    return f"{number:,} {of}{'' if number == 1 else 's'}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if part * 2000 >= whole else "less than 0.1 %"
