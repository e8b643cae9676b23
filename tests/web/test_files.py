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


@pytest.mark.parametrize("mirrored", ["", ".rtl"])
def test_the_styles_of_every_page_travel_as_one(visitor, mirrored):
    content = visitor.client.get(address(f"css/page{mirrored}.css")).text
    for name in files.SHEETS[f"css/page{mirrored}.css"]:
        assert (settings.home() / "static" / name).read_text(encoding="utf-8") in content
    page = visitor.get("/ar/report" if mirrored else "/report")
    assert f'href="{address(f"css/page{mirrored}.css")}"' in page.text


def test_a_page_names_all_its_scripts_in_its_head_each_once_and_no_other(visitor):
    page = visitor.get("/report?lat=41.2&long=-33.4&service=pothole")
    named = [link.get("href") for link in page.tree.iter("link") if link.get("rel") == "modulepreload"]
    assert len(named) == len(set(named))
    for name in ("js/components/draft.js", "js/phone/store.js", "vendor/idb-keyval/index.js",
                 "vendor/govuk/components/button/button.mjs", "vendor/govuk/common/index.mjs"):
        assert address(name) in named
    assert address("js/phone/send.js") not in named, "it is loaded when there is something to send"
    assert all(visitor.client.get(one).status_code == 200 for one in named)


def test_what_a_page_only_says_brings_no_script(visitor):
    page = 'data-component="nothing" data-component="../../config" data-module="govuk-no-such"'
    assert files.scripts_of(page) == []
