"""Reading a page that is written plainly, many times as quickly as the parser that knows all of HTML.

Our templates write plainly: values are quoted, what is opened is closed, signs with a meaning are escaped.
What is written otherwise is no fault; html5lib reads it. Which elements may stand inside each other, html5lib
alone says. That hangs on their names and order and on hardly anything else, so it is asked once for all pages
of the same bones.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from html.entities import html5

import html5lib

START = "<!doctype html>"
NAME = "[a-z][a-z0-9-]*"
KEY = "(?:viewBox|pathLength|[a-z][a-z0-9_.-]*)"
ATTRIBUTE = re.compile(rf'\s({KEY})(?:="([^"]*)")?(?=\s|$)')
PIECE = re.compile(
    rf'<({NAME})((?:\s+{KEY}(?:="[^"]*")?)*)\s*(/?)>'  # a beginning, its attributes, "/"
    rf"|</({NAME})\s*>"  # an end
    r"|([^<]+)")  # text
REFERENCE = re.compile(r"&(?:([a-zA-Z][a-zA-Z0-9]*;)|#3[49];| )?")
# What HTML allows nowhere, or reads as something else.
ODD = re.compile("[^\\t\\n\\x20-\\x7e\\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0001fffd]")
EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
WORDS_ALONE = {"title", "textarea"}
NOTHING_INSIDE = {"script", "style", "iframe", "xmp", "noembed", "noframes"}  # read by other rules
BY_ATTRIBUTE = {"font", "math", "plaintext"}  # what stands beside them hangs on more than their names
SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {"viewBox": "viewBox", "pathLength": "pathLength", "xmlns": "{http://www.w3.org/2000/xmlns/}xmlns"}


class NotPlain(Exception):
    """It takes all of HTML to read this."""


def read(html: str) -> ET.Element | None:
    """Return a page as html5lib builds it, but for blanks around head and body, where HTML finds no fault.

    None: it has a fault, or is not plain enough to say.
    """
    try:
        tree = _read(html)
    except NotPlain:
        return None
    return tree if _is_sound("".join(_bones(tree))) else None


def alike(one: ET.Element, other: ET.Element) -> bool:
    """Say whether two pages are the same, but for blanks at the ends of texts."""
    return (one.tag == other.tag and one.attrib == other.attrib and len(one) == len(other)
            and all((a or "").strip() == (b or "").strip()
                    for a, b in ((one.text, other.text), (one.tail, other.tail)))
            and all(map(alike, one, other)))


@lru_cache(4096)
def _is_sound(bones: str) -> bool:
    parser = html5lib.HTMLParser(strict=False, namespaceHTMLElements=False)
    built = parser.parse(START + bones)
    return not parser.errors and alike(built, _read(START + bones))


def _bones(element: ET.Element) -> Iterator[str]:
    """Yield what html5lib judges by: of siblings of the same kind in a row, two stand for all."""
    name = element.tag.removeprefix(SVG)
    yield f'<{name} type="hidden">' if name == "input" and element.get("type") == "hidden" else f"<{name}>"
    yield _bone(element.text)
    inside: list[str] = []
    for child in element:
        inside.append("".join(_bones(child)) + _bone(child.tail))
        for row in (1, 2):
            if len(inside) >= 3 * row and inside[-row:] == inside[-2 * row:-row] == inside[-3 * row:-2 * row]:
                del inside[-row:]
    yield from inside
    if name not in EMPTY:
        yield f"</{name}>"


def _bone(text: str | None) -> str:
    return "" if not text else " " if text.isspace() else "x"


def _read(html: str) -> ET.Element:
    if not html.lstrip("\n").startswith(START) or ODD.search(html):
        raise NotPlain
    around = ET.Element("")
    inside, at = [around], html.index(">") + 1
    while at < len(html):
        piece = PIECE.match(html, at)
        if piece is None:
            raise NotPlain
        at = piece.end()
        name, attributes, slash, end, text = piece.groups()
        if text is not None:
            _add_text(inside[-1], _meant(text))
        elif end is not None:
            if inside.pop().tag.removeprefix(SVG) != end:
                raise NotPlain
        else:
            _open(inside, name, attributes, is_closed=bool(slash))
    if len(inside) > 1 or [e.tag for e in around] != ["html"]:
        raise NotPlain
    if "x" in (_bone(around.text), _bone(around[0].tail)):
        raise NotPlain
    around[0].tail = None
    return around[0]


def _open(inside: list[ET.Element], name: str, attributes: str, *, is_closed: bool) -> None:
    above = inside[-1]
    drawn = name == "svg" or above.tag.startswith(SVG)
    ends = name in EMPTY or (is_closed and drawn)
    if above.tag in WORDS_ALONE | NOTHING_INSIDE or name in BY_ATTRIBUTE or (is_closed and not ends):
        raise NotPlain
    found = ATTRIBUTE.findall(attributes)
    values = {DRAWN.get(key, key): _meant(value) for key, value in found}
    if len(values) < len(found) or (not drawn and any(key in DRAWN for key, _ in found)):
        raise NotPlain
    made = ET.SubElement(above, SVG + name if drawn else name, values)
    if not ends:
        inside.append(made)


def _add_text(element: ET.Element, text: str) -> None:
    if element.tag in NOTHING_INSIDE or (element.tag in ("pre", "textarea") and text.startswith("\n")):
        raise NotPlain
    if len(element):
        element[-1].tail = text
    else:
        element.text = text


def _meant(text: str) -> str:
    if "&" not in text:
        return text
    if any(found.group() == "&" or (found.group(1) and found.group(1) not in html5)
           for found in REFERENCE.finditer(text)):
        raise NotPlain
    return unescape(text)
