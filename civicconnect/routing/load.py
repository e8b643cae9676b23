"""The rules, in and out of a city's folder."""

from __future__ import annotations

import re
from collections.abc import Mapping

from civicconnect.db import Db
from civicconnect.routing.conditions import World
from civicconnect.routing.keeping import keep, rule_book
from civicconnect.routing.rules import Rule
from civicconnect.routing.spelling import RULE, rule_from, spelled
from civicconnect.tables import parse, rows, toml, unknown_keys

FILE = "rules.toml"
HEADER = re.compile(r"\s*\[\[\s*[\"']?rule[\"']?\s*\]\]")


def check(files: Mapping[str, bytes], world: World) -> tuple[tuple[Rule, ...], list[str]]:
    """Read `rules.toml` and list every fault, with its line, given what there is in the city."""
    faults: list[str] = []
    tables = parse(FILE, files.get(FILE), faults)
    unknown_keys(FILE, tables, {"rule"}, faults)
    lines = _Lines(files.get(FILE, b"").decode("utf-8", "replace"))
    written = tables.get("rule", [])
    for number, row in enumerate(written if isinstance(written, list) else ()):
        # One by one: a row that cannot be read must not shift the lines of those after it.
        broken: list[str] = []
        found = rows(FILE, {"rule": [row]}, "rule", RULE, broken)
        faults += [lines.placed(words, number) for words in broken]
        if not found:
            continue
        lines.rules.append((number, rule_from(found[0])))
    if not isinstance(written, list):
        rows(FILE, tables, "rule", RULE, faults)
    seen: set[str] = set()
    for number, rule in lines.rules:
        where = f"{FILE}, [[rule]] {rule.code}"
        if rule.code in seen:
            faults.append(lines.placed(f"{where}: the code stands twice.", number))
        seen.add(rule.code)
        faults += [lines.placed(f"{where}: {fault.sentence[0].lower()}{fault.sentence[1:]}", number)
                   for fault in rule.faults(world)]
    return tuple(rule for _, rule in lines.rules), faults


class _Lines:
    """At which line of the file each rule begins."""

    def __init__(self, text: str) -> None:
        self.starts = [n for n, line in enumerate(text.splitlines(), 1) if HEADER.match(line)]
        self.rules: list[tuple[int, Rule]] = []

    def placed(self, words: str, number: int) -> str:
        """Return a fault with the line that its rule begins at, where the file has it in its own block."""
        if number >= len(self.starts):
            return words
        where, colon, rest = words.partition(": ")
        return f"{where} (line {self.starts[number]}){colon}{rest}"


def load(db: Db, rules: tuple[Rule, ...], made_by: str = "civic", reason: str = "") -> int:
    """Put the rules of a folder in force as a new version, unless they already are. Returns the version."""
    standing = rule_book(db)
    if standing.rules == rules:
        return standing.version
    return keep(db, rules, made_by, reason)


def dump(db: Db) -> dict[str, bytes]:
    """Return the rules in force as `rules.toml`, as `check` reads it."""
    return spell(rule_book(db).rules)


def spell(rules: tuple[Rule, ...]) -> dict[str, bytes]:
    """Return checked rules as the folder's file, in the one way we write it."""
    written = [spelled(rule) for rule in rules]
    head = "Who answers where the service alone does not say. The first rule that fits decides."
    return {FILE: toml({"rule": written} if written else {}, head).encode()}
