"""What tells one engine from the other, and the few files that may."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePath

# Where engines may be told apart, and why. Everywhere else one code serves both.
SAYS_ENGINES = {
    "db": "opens either engine and speaks the SQL of each",
    "geo/spatial.py": "spatial SQL: each engine has its own words for near and inside",
    "geo/point.py": "the two store a point in different bytes",
    "geo/placed.py": "one of them indexes places by triggers, too slowly for many at once",
    "geo/schema.py": "the two create a spatial column in different ways",
}
ENGINE = re.compile(r"postgres|postgis|sqlite|spatialite", re.IGNORECASE)
# The whole of a string or a name. "sqlite:///file" is an address to connect to; it tests nothing.
ONLY_ENGINE = re.compile(r"(postgres(ql)?|postgis|(py)?sqlite3?|spatialite)(\+\w+)?", re.IGNORECASE)
ENGINE_MODULE = re.compile(
    r"(sqlalchemy\.dialects|sqlite3|pysqlite[23]?|aiosqlite|apsw|psycopg2?|psycopg_pool|asyncpg|pg8000)(\.|$)")
# What only someone asks who wants to know the engine.
TELLS_ENGINE = {"dialect", "dialects", "drivername", "embedded", "get_backend_name", "get_dialect"}
ASKS_A_STRING = {
    "count", "endswith", "find", "fnmatch", "fullmatch", "index", "match", "partition", "removeprefix",
    "removesuffix", "search", "split", "startswith",
}


def named_engines(file: PurePath, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield what tells one engine from the other in a file, given as its path inside the package."""
    if {file.parts[0], file.as_posix()} & set(SAYS_ENGINES):
        return
    found = {(node.lineno, word) for node in ast.walk(tree) for word in _engine_words(node)}
    yield from ((line, f"names an engine ({word})") for line, word in sorted(found))


def _engine_words(node: ast.AST) -> Iterator[str]:
    yield from (m for m in _modules(node) if ENGINE_MODULE.match(m))
    yield from (w for w in said(node) if w in TELLS_ENGINE or ONLY_ENGINE.fullmatch(w))
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if ONLY_ENGINE.fullmatch(node.value.strip()):
            yield node.value
    elif isinstance(node, ast.Compare | ast.MatchValue) or _asks_a_string(node):
        for inner in ast.walk(node):
            if isinstance(inner, ast.Constant) and ENGINE.search(str(inner.value)):
                yield str(inner.value)


def _asks_a_string(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and not ASKS_A_STRING.isdisjoint(said(node.func))


def said(node: ast.AST) -> tuple[str, ...]:
    """Return the names a node says: a variable, an attribute, what an import binds."""
    match node:
        case ast.Name(id=word) | ast.Attribute(attr=word):
            return (word,)
        case ast.ImportFrom(names=names):
            return tuple(alias.name for alias in names)
    return ()


def _modules(node: ast.AST) -> tuple[str, ...]:
    match node:
        case ast.Import(names=names):
            return tuple(alias.name for alias in names)
        case ast.ImportFrom(module=str(module), names=names, level=0):
            return tuple(f"{module}.{alias.name}" for alias in names)
    return ()
