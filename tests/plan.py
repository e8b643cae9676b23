"""The plan of the house as data, and what breaks it. tests/test_plan.py asks; a planted fault answers.

Which files may tell one engine from the other is in tests/plan_engines.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.plan_engines import named_engines, said

GROUND = {"settings", "clock", "errors", "jobs", "db", "lanes", "tables", "__init__"}
ROOF = {"app", "cities", "cli", "commands", "folders", "importing", "letters", "post", "running",
        "simulating", "training", "__main__"}
LOWER = {"accounts", "catalog", "geo", "media", "routing", "sla", "stats"}
BELOW_HISTORY = LOWER | {"reports"}
EVERYTHING_LOWER = BELOW_HISTORY | {
    "history", "lab", "measures", "notify", "open311", "opendata", "queue",
}

# room: the rooms it may import, besides the ground. docs/house.md says what each is for.
MAY: dict[str, set[str]] = {
    "geo": set(), "media": set(), "stats": set(), "sla": set(),
    "catalog": {"geo"},
    "accounts": {"catalog", "geo"},
    "routing": {"catalog", "geo", "stats"},
    "reports": LOWER,
    "history": {"accounts", "catalog", "geo", "reports", "sla", "stats"},
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
    "__init__": set(), "errors": set(), "clock": set(), "lanes": {"errors"}, "tables": set(),
    "settings": {"errors"},
    "db": {"clock", "errors", "settings"}, "jobs": {"clock", "db", "errors", "settings"},
}

# A module loaded by a name in a string is an arrow the plan cannot see.
LOADERS = {"__import__", "exec_module", "import_module", "import_string", "resolve_name"}
# Cities whose names belong into profiles and presets, not into code. Left out on purpose: names that
# are also words or people (Buffalo, Charlotte, Columbus, Mobile, Phoenix, Reading, Washington alone).
CITIES = (
    "amsterdam", "antwerp", "atlanta", "austin", "baltimore", "barcelona", "basel", "berlin", "bern",
    "bloomington", "bonn", "boston", "bronx", "brookline", "brooklyn", "brussels", "calgary", "cambridge",
    "chicago", "cincinnati", "cleveland", "cologne", "copenhagen", "dallas", "denver", "detroit", "dublin",
    "edinburgh", "edmonton", "frankfurt", "geneva", "genf", "giessen", "gießen", "glasgow", "hamburg",
    "helsinki", "honolulu", "houston", "indianapolis", "jacksonville", "kansas city", "köln", "koeln",
    "las vegas", "lisbon", "london", "los angeles", "louisville", "madrid", "manchester", "melbourne",
    "memphis", "miami", "milwaukee", "minneapolis", "montreal", "montréal", "munich", "münchen",
    "muenchen", "nashville", "new orleans", "new york", "nyc", "oakland", "oslo", "ottawa", "paris",
    "peoria", "philadelphia", "pittsburgh", "portland", "prague", "raleigh", "rostock", "rotterdam",
    "sacramento", "salt lake city", "san antonio", "san diego", "san francisco", "san jose",
    "schenectady", "seattle", "singapore", "somerville", "stockholm", "sydney", "tokyo", "toronto",
    "tucson", "vancouver", "vienna", "warsaw", "washington dc", "wien", "zurich", "zuerich", "zürich",
    "züri", "zueri",
)
LETTER = r"[^\W\d_]"
NAMES = "|".join(CITIES).replace(" ", r"[-_\s]*")
CITY = re.compile(rf"(?<!{LETTER})({NAMES})(?!{LETTER})", re.IGNORECASE)
HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# A time zone is named after a city; the libraries' own names are not ours to choose.
TIME_ZONE = re.compile(r"\b(Africa|America|Asia|Atlantic|Australia|Europe|Pacific)/[A-Za-z_/]+")
# What we write ourselves, seen from the house. City folders, docs, tests and vendor/ say what they like.
FOLDERS = ("templates", "static/css", "static/js", "migrations")
WRITTEN = {".css", ".html", ".js", ".mako", ".po", ".py", ".toml", ".txt"}

Fault = str
Dotted = tuple[str, ...]
Arrows = dict[str, dict[str, str]]  # room: the rooms it imports, each with the first line that does


def faults(package: Path) -> list[Fault]:
    """Return everything in a house, its package and its pages, that breaks the plan: a sentence each."""
    found: list[Fault] = []
    arrows: Arrows = {}
    for file in sorted(package.rglob("*.py")):
        inside = file.relative_to(package)
        where = (package.name / inside).as_posix()
        room = inside.parts[0].removesuffix(".py")
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for line, target, name in _reaches((package.name, *inside.parts[:-1]), tree):
            if target[1] != room:
                arrows.setdefault(room, {}).setdefault(target[1], f"{where}:{line}")
                if behind := _behind_the_door(package, target, name):
                    found.append(f"{where}:{line}: imports {behind}, past its front door")
        for line, words in (*_hidden_imports(tree), *_loaded_by_name(tree), *named_engines(inside, tree)):
            found.append(f"{where}:{line}: {words}")
    found += named_cities(package)
    return [*found, *_forbidden(arrows), *_circles(arrows)]


def _reaches(here: Dotted, tree: ast.Module) -> Iterator[tuple[int, Dotted, str]]:
    """Yield (line, dotted module, name asked of it) of every way into our own package.

    here       the package the file lies in, as ("civicconnect", "reports"): "from .." starts there
    """
    package = here[0]
    for line, module, name in (*_imports(here, tree), *_attributes(here, tree)):
        if module == (package,):
            module, name = (package, name), ""
        if module[:1] == (package,) and module[1] and not module[1].startswith("__"):
            yield line, module, name


def _imports(here: Dotted, tree: ast.Module) -> Iterator[tuple[int, Dotted, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, tuple(alias.name.split(".")), "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, _absolute(here, node), alias.name) for alias in node.names)


def _absolute(here: Dotted, node: ast.ImportFrom) -> Dotted:
    start = here[:max(0, len(here) + 1 - node.level)] if node.level else ()
    return (*start, *(node.module.split(".") if node.module else ()))


def _attributes(here: Dotted, tree: ast.Module) -> Iterator[tuple[int, Dotted, str]]:
    """Yield the rooms, and the names in rooms, that are reached through an imported name."""
    bound = _bound(here, tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            first, *rest = ast.unparse(node).split(".")
            path = (*bound.get(first, ()), *rest)
            # Longer chains contain these; what lies beyond a room's own name is that name's affair.
            if first in bound and len(path) in (2, 3):
                yield node.lineno, path[:2], "".join(path[2:])


def _bound(here: Dotted, tree: ast.Module) -> dict[str, Dotted]:
    """Return what each imported name of a file stands for."""
    bound: dict[str, Dotted] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                path = tuple(alias.name.split("."))
                bound[alias.asname or path[0]] = path if alias.asname else path[:1]
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                bound[alias.asname or alias.name] = (*_absolute(here, node), alias.name)
    return bound


def _behind_the_door(package: Path, module: Dotted, name: str) -> str:
    """Return what was reached past a room's front door, as "reports.models", or nothing."""
    _, room, *file = module
    if file:
        return ".".join((room, *file))
    folder = package / room
    is_file = bool(name) and any((folder / f).is_file() for f in (f"{name}.py", f"{name}/__init__.py"))
    return f"{room}.{name}" if is_file and name not in _front_door(folder / "__init__.py") else ""


def _front_door(file: Path) -> set[str]:
    """Return the names a room lets others use: its __all__."""
    body = ast.parse(file.read_text(encoding="utf-8")).body if file.is_file() else []
    lists = (node.value for node in body
             if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__")
    return {name for names in lists for name in ast.literal_eval(names)}


def _hidden_imports(node: ast.AST, inside: str = "") -> Iterator[tuple[int, str]]:
    """Yield imports below the top of a file; "if TYPE_CHECKING" and "try" are still the top."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom) and inside:
            yield child.lineno, f"an import inside {inside}"
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _hidden_imports(child, f"{child.name}()")
        elif isinstance(child, ast.ClassDef):
            yield from _hidden_imports(child, f"class {child.name}")
        else:
            yield from _hidden_imports(child, inside)


def _loaded_by_name(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        yield from ((node.lineno, f"loads a module by its name ({word})")
                    for word in said(node) if word in LOADERS)


def written(package: Path) -> list[Path]:
    """Return the files of a house that are ours to word: the package, and the pages beside it."""
    folders = (package, *(package.parent / folder for folder in FOLDERS))
    return sorted(f for folder in folders for f in folder.rglob("*") if f.suffix in WRITTEN)


def named_cities(package: Path) -> Iterator[Fault]:
    """Yield every place in code, template, style or script that names a real city."""
    for file in written(package):
        where = file.relative_to(package.parent).as_posix()
        # The file's own name stands first, as line 0: it may not name a city either.
        text = HUMPS.sub(" ", TIME_ZONE.sub("", f"{where}\n{file.read_text(encoding='utf-8')}"))
        for match in CITY.finditer(text):
            line = text.count("\n", 0, match.start())
            yield f"{where}:{line}: names a real city ({match.group().lower()})"


def _forbidden(arrows: Arrows) -> Iterator[Fault]:
    for room, targets in sorted(arrows.items()):
        if room in ROOF:
            allowed = set(MAY) | GROUND | ROOF
        elif room in GROUND:
            allowed = GROUND_MAY.get(room, set()) | {"__init__"}
        else:
            allowed = MAY.get(room, set()) | GROUND
        if room not in MAY and room not in GROUND | ROOF:
            yield f"{room}: no such room in the plan"
        for target in sorted(set(targets) - allowed):
            yield f"{room}: may not import {target} ({targets[target]})"


def _circles(arrows: Arrows) -> Iterator[Fault]:
    def reaches(start: str, goal: str, seen: set[str]) -> bool:
        for target in set(arrows.get(start, ())) - seen:
            if target == goal or reaches(target, goal, seen | {target}):
                return True
        return False

    for room in sorted(arrows):
        if reaches(room, room, set()):
            yield f"{room}: imports itself in a circle"
