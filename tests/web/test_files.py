"""Styles and scripts: packed as small as they get, with few headers, and nothing else of the folder."""

from __future__ import annotations

import gzip

import brotli
import pytest

from civicconnect import settings
from civicconnect.web import files


def address(name: str) -> str:
    return f"/static/{files.stamp()}/{name}"


@pytest.mark.parametrize(("packing", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress),
                                                 ("", bytes)])
@pytest.mark.parametrize("name", ["css/base.css", "js/start.js", "vendor/govuk/components/radios/radios.mjs",
                                  "vendor/maplibre/maplibre-gl.mjs"])
def test_a_file_travels_packed_as_the_browser_asks_and_arrives_as_it_is(visitor, name, packing, unpack):
    answer = visitor.client.get(address(name), headers={"Accept-Encoding": packing})
    assert answer.headers.get("Content-Encoding", "") == packing
    assert unpack(answer.data) == (settings.home() / "static" / name).read_bytes()
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" not in answer.headers  # it is never a page


def test_a_drawing_could_be_opened_as_a_page_and_has_its_policy(visitor):
    answer = visitor.get(address("img/icon.svg")).answer
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", [
    "css/nothing.css", "css/../../config.py", "../config.py", "build/tokens.mjs", "js", "/etc/passwd.css"])
def test_nothing_else_is_read(visitor, name):
    assert visitor.get(address(name)).status == 404
