"""The plan of the house as data, and what breaks it. tests/test_plan.py asks; a planted fault answers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

GROUND = {"settings", "clock", "errors", "jobs", "db", "tables", "__init__"}
ROOF = {"app", "cli", "commands", "running"}
LOWER = {"accounts", "catalog", "geo", "media", "routing", "sla", "stats"}
BELOW_HISTORY = LOWER | {"reports"}
EVERYTHING_LOWER = BELOW_HISTORY | {
    "history", "lab", "measures", "notify", "open311", "opendata", "queue",
}

# room: the rooms it may import, besides the ground. docs/house.md says what each is for.
MAY: dict[str, set[str]] = {
    "geo": set(), "media": set(), "stats": set(), "sla": set(),
    "catalog": {"geo"},
    "accounts": {"catalog"},
    "routing": {"catalog", "geo", "stats"},
    "reports": LOWER,
    "history": {"accounts", "catalog", "geo", "reports", "sla"},
    "queue": {"accounts", "catalog", "geo", "reports", "sla"},
    "notify": {"accounts", "catalog", "geo", "reports"},
    "open311": {"accounts", "catalog", "geo", "history", "media", "reports"},
    "opendata": {"catalog", "geo", "reports"},
    "measures": {"catalog", "opendata", "sla", "stats"},
    "lab": {"accounts", "catalog", "geo", "history", "measures", "notify", "opendata", "open311",
            "reports", "stats"},
    "city": EVERYTHING_LOWER,
    "simulate": EVERYTHING_LOWER,
    "web": EVERYTHING_LOWER | {"city", "simulate"},
    "api": EVERYTHING_LOWER | {"city", "simulate"},
}
# Within the ground: what stands on what.
GROUND_MAY = {
    "__init__": set(), "errors": set(), "clock": set(), "tables": set(), "settings": {"errors"},
    "db": {"clock", "errors", "settings"}, "jobs": {"clock", "db", "errors", "settings"},
}
MAY_NAME_ENGINES = {"db", "geo", "jobs"}
ENGINES = re.compile(r"\b(postgresql|sqlite)\b", re.IGNORECASE)
# Cities that publish 311 records: their names belong into profiles and presets, not into code.
CITIES = re.compile(
    r"\b(amsterdam|atlanta|austin|baltimore|bloomington|boston|brookline|chicago|denver|gie(ss|ß)en|"
    r"helsinki|london|los angeles|louisville|memphis|new orleans|new york|nyc|peoria|philadelphia|"
    r"san francisco|schenectady|seattle|toronto|vienna|zurich|zürich)\b", re.IGNORECASE)
# A time zone is named after a city; the libraries' own names are not ours to choose.
NOT_A_CITY = re.compile(r"\b(Africa|America|Asia|Atlantic|Australia|Europe|Pacific)/[A-Za-z_/]+")

Fault = str


def room_of(package: Path, file: Path) -> str:
    """Return the room a file lies in: its folder, or its own name at the top."""
    first = file.relative_to(package).parts[0]
    return first.removesuffix(".py")


def faults(package: Path) -> list[Fault]:
    """Return everything in a package that breaks the plan, a sentence each."""
    found: list[Fault] = []
    arrows: dict[str, set[str]] = {}
    for file in sorted(package.rglob("*.py")):
        room = room_of(package, file)
        tree = ast.parse(file.read_text(encoding="utf-8"))
        where = file.relative_to(package.parent).as_posix()
        found += [f"{where}: {words}" for words in _hidden_imports(tree)]
        for target, inside in _imports(package.name, tree):
            if target != room:
                arrows.setdefault(room, set()).add(target)
                if inside and not _is_a_module(package, target):
                    found.append(f"{where}: imports {target}.{inside}, past its front door")
        if room not in MAY_NAME_ENGINES:
            found += [f"{where}: names an engine ({word})" for word in _engines(tree)]
        found += [f"{where}: names a real city ({name})" for name in named_cities(file)]
    found += _forbidden(arrows)
    return found


def _is_a_module(package: Path, room: str) -> bool:
    return (package / f"{room}.py").is_file()


def _imports(name: str, tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield (room, what inside it) of every import of our own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            parts = node.module.split(".")
            if parts[0] == name and len(parts) == 1:
                yield from ((a.name, "") for a in node.names if not a.name.startswith("__"))
            elif parts[0] == name:
                yield parts[1], ".".join(parts[2:])
        elif isinstance(node, ast.Import):
            for alias in node.names:
                parts = alias.name.split(".")
                if parts[0] == name and len(parts) > 1:
                    yield parts[1], ".".join(parts[2:])


def _hidden_imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    yield f"line {inner.lineno}: an import inside {node.name}()"


def _engines(tree: ast.Module) -> Iterator[str]:
    """Yield engine names in code: words in docstrings are free to explain."""
    docs = {
        id(node.body[0].value) for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            # An address such as "sqlite:///file" names a place to connect to, it tests nothing.
            if ENGINES.fullmatch(node.value.strip()):
                yield node.value
        elif isinstance(node, ast.Attribute | ast.Name):
            word = node.attr if isinstance(node, ast.Attribute) else node.id
            if ENGINES.fullmatch(word):
                yield word


def named_cities(file: Path) -> list[str]:
    """Return the real cities that a file of code or a template names."""
    text = NOT_A_CITY.sub("", file.read_text(encoding="utf-8"))
    return sorted({match.group().lower() for match in CITIES.finditer(text)})


def _forbidden(arrows: dict[str, set[str]]) -> Iterator[Fault]:
    for room, targets in sorted(arrows.items()):
        if room in ROOF:
            allowed = set(MAY) | GROUND | ROOF
        elif room in GROUND:
            allowed = GROUND_MAY.get(room, set()) | {"__init__"}
        else:
            allowed = MAY.get(room, set()) | GROUND
        if room not in MAY and room not in GROUND | ROOF:
            yield f"{room}: no such room in the plan"
        for target in sorted(targets - allowed):
            yield f"{room}: may not import {target}"
    yield from _circles(arrows)


def _circles(arrows: dict[str, set[str]]) -> Iterator[Fault]:
    def reaches(start: str, goal: str, seen: set[str]) -> bool:
        for target in arrows.get(start, set()) - seen:
            if target == goal or reaches(target, goal, seen | {target}):
                return True
        return False

    for room in sorted(arrows):
        if reaches(room, room, set()):
            yield f"{room}: imports itself in a circle"
