"""Reading a folder's offer, and naming everything in it that cannot be meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from civicconnect.catalog import shapes
from civicconnect.catalog.colours import faint
from civicconnect.catalog.logos import LOGOS, unusable
from civicconnect.tables import parse, rows, spell, unknown_keys

Rows = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class CatalogRows:
    """What a folder offers, checked. `logo` is the picture's name and content."""

    city: Mapping[str, Any]
    departments: Rows
    groups: Rows
    services: Rows
    templates: Rows = ()
    owners: Rows = ()
    logo: tuple[str, bytes] | None = None


def check(files: Mapping[str, bytes]) -> tuple[CatalogRows, list[str]]:
    """Read what the city says of itself and offers, and list every fault."""
    faults: list[str] = []
    city: dict[str, Any] = {}
    said = parse("city.toml", files.get("city.toml"), faults)
    try:
        # What cannot be read at all need not be told of every key that it lacks.
        city = {} if faults else dict(shapes.CITY.load(said))
    except ValidationError as fault:
        faults.extend(f"city.toml, key '{k}': {words}" for k, words in spell(fault.messages))
    offices = parse("departments.toml", files.get("departments.toml"), faults)
    offer = parse("services.toml", files.get("services.toml"), faults)
    letters = parse("templates.toml", files.get("templates.toml", b""), faults)
    outside = parse("owners.toml", files.get("owners.toml", b""), faults)
    unknown_keys("owners.toml", outside, {"owner"}, faults)
    unknown_keys("departments.toml", offices, {"department"}, faults)
    unknown_keys("services.toml", offer, {"group", "service"}, faults)
    unknown_keys("templates.toml", letters, {"template"}, faults)
    found = CatalogRows(
        city,
        tuple(rows("departments.toml", offices, "department", shapes.DEPARTMENT, faults)),
        tuple(rows("services.toml", offer, "group", shapes.GROUP, faults)),
        tuple(rows("services.toml", offer, "service", shapes.SERVICE, faults)),
        tuple(rows("templates.toml", letters, "template", shapes.TEMPLATE, faults)),
        tuple(rows("owners.toml", outside, "owner", shapes.OWNER, faults)),
        _logo(files, faults),
    )
    _check_names(found, faults)
    _check_city(city, faults)
    _check_languages(found, city.get("languages", []), faults)
    return found, faults


def _logo(files: Mapping[str, bytes], faults: list[str]) -> tuple[str, bytes] | None:
    given = [name for name in LOGOS if name in files]
    if len(given) > 1:
        faults.append(f"{given[1]}: there is a {given[0]} as well; keep one of them.")
    for name in given[:1]:
        fault = unusable(name, files[name])
        if not fault:
            return name, files[name]
        faults.append(f"{name}: {fault}")
    return None


def _check_names(found: CatalogRows, faults: list[str]) -> None:
    departments = _codes("departments.toml", "department", found.departments, faults)
    groups = _codes("services.toml", "group", found.groups, faults)
    services = _codes("services.toml", "service", found.services, faults)
    _codes("templates.toml", "template", found.templates, faults)
    if found.city and found.city["catch_all"] not in departments:
        faults.append(f"city.toml, key 'catch_all': no department is called '{found.city['catch_all']}'.")
    for service in found.services:
        where = f"services.toml, [[service]] {service['code']}"
        if service["department"] not in departments:
            faults.append(f"{where}: no department is called '{service['department']}'.")
        if service["group"] not in groups:
            faults.append(f"{where}: no group is called '{service['group']}'.")
        _check_order(where, service, faults)
        _check_questions(where, service, faults)
    _codes("owners.toml", "owner", found.owners, faults)
    for owner in found.owners:
        where = f"owners.toml, [[owner]] {owner['code']}"
        faults += [f"{where}: no service is called '{code}'."
                   for code in sorted(set(owner["services"]) - services)]
        if owner["url"] and shapes.LINK.regex.match(owner["url"]) is None:
            faults.append(f"{where}, key 'url': {shapes.LINK.error}")
    for template in found.templates:
        for code in sorted(set(template["services"]) - services):
            faults.append(f"templates.toml, [[template]] {template['code']}: no service is called "
                          f"'{code}'.")
        for language, said in template["words"].items():
            faults.extend(f"templates.toml, [[template]] {template['code']}, key 'words.{language}': nothing "
                          f"can be put in for {{{name}}}; use one of {', '.join(shapes.FIELDS)}."
                          for name in shapes.unknown_fields(said))


def _check_questions(where: str, service: Mapping[str, Any], faults: list[str]) -> None:
    questions = service["question"]
    for code in _twice(questions):
        faults.append(f"{where}, question {code}: the code stands twice.")
    before: set[tuple[str, str]] = set()
    for question in questions:
        here = f"{where}, question {question['code']}"
        if question["kind"] in ("one_of", "several_of") and not question["option"]:
            faults.append(f"{here}: '{question['kind']}' needs options.")
        if question["kind"] == "notice" and question["required"]:
            faults.append(f"{here}: a notice asks nothing; leave 'required' out.")
        for code in _twice(question["option"]):
            faults.append(f"{here}, option {code}: the code stands twice.")
        _check_condition(f"{here}, key 'when'", question["when"], before, "no question before it", faults)
        before |= {(question["code"], option["code"]) for option in question["option"]}
    for number, stopper in enumerate(service["stopper"], 1):
        here = f"{where}, stopper {number}"
        _check_condition(f"{here}, key 'when'", stopper["when"], before, "no question", faults)
        if stopper["link"] and shapes.LINK.regex.match(stopper["link"]) is None:
            faults.append(f"{here}, key 'link': {shapes.LINK.error}")


def _check_condition(
    where: str, when: Mapping[str, str] | None, known: Collection[tuple[str, str]], none: str,
    faults: list[str],
) -> None:
    if when and (when["question"], when["option"]) not in known:
        faults.append(f"{where}: {none} is called '{when['question']}' and has the option "
                      f"'{when['option']}'.")


def _check_city(city: Mapping[str, Any], faults: list[str]) -> None:
    for number, banner in enumerate(city.get("banner", []), 1):
        where = f"city.toml, [[banner]] {number}"
        _check_order(where, banner, faults)
        if banner["link"] and shapes.LINK.regex.match(banner["link"]) is None:
            faults.append(f"{where}, key 'link': {shapes.LINK.error}")
    if city.get("questions", {}).get("then") == "close" and not city["questions"].get("reason"):
        faults.append("city.toml, key 'questions.reason': say why a report without an answer is closed.")
    _check_order("city.toml, [storm]", city.get("storm", {}), faults)
    for code in _twice(city.get("layer", [])):
        faults.append(f"city.toml, [[layer]] {code}: the code stands twice.")
    spoken = [*city.get("languages", []), *city.get("languages_in_part", [])]
    for name in sorted(k for k, n in Counter(spoken).items() if n > 1):
        faults.append(f"city.toml, key 'languages': '{name}' stands twice.")
    for key, words in faint(city.get("colours", {})):
        faults.append(f"city.toml, key 'colours.{key}': {words}")


def _check_order(where: str, span: Mapping[str, Any], faults: list[str]) -> None:
    if span.get("begins") and span.get("ends") and span["ends"] <= span["begins"]:
        faults.append(f"{where}: it ends before it begins; change 'begins' or 'ends'.")


def _twice(found: Collection[Mapping[str, Any]]) -> list[str]:
    counted = Counter(row["code"] for row in found)
    return sorted(code for code, count in counted.items() if count > 1)


def _codes(file: str, key: str, found: Collection[Mapping[str, Any]], faults: list[str]) -> set[str]:
    faults.extend(f"{file}, [[{key}]] {code}: the code stands twice." for code in _twice(found))
    return {row["code"] for row in found}


def _check_languages(found: CatalogRows, languages: list[str], faults: list[str]) -> None:
    for where, said in _said(found):
        for language in languages:
            if not said.get(language):
                faults.append(f"{where}: no words in '{language}'.")


def _said(found: CatalogRows) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield everything a resident reads: where it stands, and its words by language."""
    if found.city:
        yield from _said_by(found.city)
    for file, key, rows_ in (("departments.toml", "department", found.departments),
                             ("services.toml", "group", found.groups),
                             ("services.toml", "service", found.services),
                             ("templates.toml", "template", found.templates),
                             ("owners.toml", "owner", found.owners)):
        yield from ((f"{file}, [[{key}]] {row['code']}, key 'name'", row["name"]) for row in rows_)
    for template in found.templates:
        yield f"templates.toml, [[template]] {template['code']}, key 'words'", template["words"]
    for service in found.services:
        where = f"services.toml, [[service]] {service['code']}"
        if service["hint"]:
            yield f"{where}, key 'hint'", service["hint"]
        for number, stopper in enumerate(service["stopper"], 1):
            yield f"{where}, stopper {number}, key 'words'", stopper["words"]
        for question in service["question"]:
            yield f"{where}, question {question['code']}, key 'words'", question["words"]
            for option in question["option"]:
                yield f"{where}, question {question['code']}, option {option['code']}", option["words"]


def _said_by(city: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, str]]]:
    yield "city.toml, key 'name'", city["name"]
    for layer in city["layer"]:
        yield f"city.toml, [[layer]] {layer['code']}, key 'name'", layer["name"]
    for number, banner in enumerate(city["banner"], 1):
        yield f"city.toml, [[banner]] {number}, key 'words'", banner["words"]
    storm, notices = city["storm"], city["notices"]
    for key, words in (("storm.words", storm.get("words")), ("notices.law", notices.get("law")),
                       ("notices.terms", notices.get("terms")),
                       ("questions.reason", city["questions"].get("reason"))):
        if words:
            yield f"city.toml, key '{key}'", words
