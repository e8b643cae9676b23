"""A visitor with a browser that reads every page critically: HTML, labels, headings, policy."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import html5lib
from flask import Flask
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests import plain

INLINE = re.compile(r"\s(style|on[a-z]+)=", re.IGNORECASE)
UNLABELLED = {"hidden", "submit", "button", "image", "reset"}


def parsed(html: str) -> tuple[ET.Element, list[str]]:
    """Return a page as a browser builds it, and what is wrong with it as HTML."""
    if (plainly := plain.read(html)) is not None:
        return plainly, []
    parser = html5lib.HTMLParser(strict=False, namespaceHTMLElements=False)
    tree = parser.parse(html)
    return tree, [f"HTML at {where}: {code}" for where, code, _ in parser.errors]


def faults_of(html: str) -> list[str]:
    """Return what is wrong with a page: as HTML, for a screen reader, under the strict policy."""
    return _faults(html, *parsed(html))


def _faults(html: str, tree: ET.Element, of_html: list[str]) -> list[str]:
    found = list(of_html)
    found += [f"id '{i}' stands twice" for i in _twice(e.get("id") for e in tree.iter())]
    root = tree.find(".") if tree.tag == "html" else tree
    if not root.get("lang") or root.get("dir") not in ("ltr", "rtl"):
        found.append("<html> says neither language nor direction")
    if not (tree.findtext(".//title") or "").strip():
        found.append("the page has no title")
    found += _headings(tree) + _labels(tree) + _references(tree) + _images(tree)
    if INLINE.search(re.sub(r">[^<]*<", "><", html)):
        found.append("an inline style or handler")
    if [s for s in tree.iter("script") if not s.get("src")] or list(tree.iter("style")):
        found.append("an inline script or style sheet")
    return found


def _twice(values: Any) -> set[str]:
    seen, twice = set(), set()
    for value in values:
        if value is not None:
            (twice if value in seen else seen).add(value)
    return twice


def _headings(tree: ET.Element) -> list[str]:
    levels = [int(e.tag[1]) for e in tree.iter() if isinstance(e.tag, str) and re.fullmatch("h[1-6]", e.tag)]
    found = [] if levels.count(1) == 1 else [f"{levels.count(1)} first headings"]
    first = levels.index(1) if 1 in levels else 0
    for before, after in zip(levels[first:], levels[first + 1:], strict=False):
        if after > before + 1:
            found.append(f"a heading of level {after} follows one of level {before}")
    return found


def _labels(tree: ET.Element) -> list[str]:
    named = {label.get("for") for label in tree.iter("label")}
    return [
        f"the field '{e.get('name')}' has no label"
        for tag in ("input", "select", "textarea") for e in tree.iter(tag)
        if e.get("type") not in UNLABELLED and e.get("id") not in named and not e.get("aria-label")
    ]


def _references(tree: ET.Element) -> list[str]:
    ids = {e.get("id") for e in tree.iter()}
    pointing = [
        (key, name) for e in tree.iter() for key in ("aria-describedby", "aria-labelledby", "for")
        for name in (e.get(key) or "").split()
    ]
    pointing += [("href", e.get("href")[1:]) for e in tree.iter("a") if (e.get("href") or "").startswith("#")]
    return [f"{key}={name} points at nothing" for key, name in pointing if name not in ids]


def _images(tree: ET.Element) -> list[str]:
    return [f"a picture without alt: {e.get('src')}" for e in tree.iter("img") if e.get("alt") is None] + [
        f"a map without alt: {e.get('src')}" for e in tree.iter("input")
        if e.get("type") == "image" and not e.get("alt")]


class Page:
    """An answer, read."""

    def __init__(self, answer: TestResponse) -> None:
        self.answer, self.status = answer, answer.status_code
        self.text = answer.get_data(as_text=True) if "text" in answer.mimetype else ""
        self.bytes = answer.get_data()
        answer.close()

    @cached_property
    def _parsed(self) -> tuple[ET.Element, list[str]]:
        return parsed(self.text)

    @property
    def tree(self) -> ET.Element:
        return self._parsed[0]

    @property
    def faults(self) -> list[str]:
        """Return what is wrong with the page."""
        return _faults(self.text, *self._parsed)

    @property
    def words(self) -> str:
        """Return what a person reads, with single blanks."""
        return " ".join(" ".join(self.tree.find(".//body").itertext()).split())

    def form(self, action: str, **having: str) -> dict[str, str]:
        """Return the fields of the form whose address begins so, as the browser would send them."""
        for form in self.tree.iter("form"):
            fields = dict(_fields(form))
            buttons = {(b.get("name"), b.get("value")) for b in form.iter("button")}
            if (form.get("action") or "").split("?")[0].endswith(action) and all(
                    (k, v) in buttons or fields.get(k) == v for k, v in having.items()):
                return fields
        raise AssertionError(f"no form leads to {action} with {having}: {self.words[:500]}")

    def links(self) -> list[str]:
        return [a.get("href") for a in self.tree.iter("a") if a.get("href")]


def _fields(form: ET.Element) -> Any:
    for e in form.iter():
        name = e.get("name")
        if e.tag == "input" and name:
            kind = e.get("type", "text")
            if kind in ("radio", "checkbox") and e.get("checked") is None:
                continue
            if kind not in ("submit", "button", "image", "file"):
                yield name, e.get("value", "on" if kind in ("radio", "checkbox") else "")
        elif e.tag == "textarea" and name:
            yield name, e.text or ""
        elif e.tag == "select" and name:
            options = list(e.iter("option"))
            chosen = [o for o in options if o.get("selected") is not None] or options[:1]
            for option in chosen:
                yield name, option.get("value", option.text or "")


class Visitor:
    """Somebody with a browser of their own."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def get(self, address: str, **options: Any) -> Page:
        return self._read(self.client.get(address, **options))

    def post(self, address: str, data: Mapping[str, Any], **options: Any) -> Page:
        uploads = {k: FileStorage(v[0], v[1], k) for k, v in data.items() if isinstance(v, tuple)}
        if uploads:
            # In memory: the client's own encoder spools large uploads to a file it never closes.
            boundary, body = encode_multipart(dict(data) | uploads)
            return self._read(self.client.post(
                address, data=body, content_type=f"multipart/form-data; boundary={boundary}", **options))
        return self._read(self.client.post(address, data=dict(data), **options))

    def follow(self, page: Page) -> Page:
        """Go where an answer sends the browser."""
        assert page.status in (302, 303), f"{page.status}: {page.words[:800]}"
        return self.get(page.answer.headers["Location"])

    def sign_in(self, person: Any) -> Page:
        fields = self.get("/sign-in").form("/sign-in")
        page = self.post("/sign-in", fields | {"email": person.email, "password": person.password})
        return self.follow(page)

    def _read(self, answer: TestResponse) -> Page:
        page = Page(answer)
        if answer.mimetype == "text/html" and page.status not in (301, 302, 303, 308):
            found = page.faults
            assert not found, f"{answer.request.path}: {found}"
        return page
