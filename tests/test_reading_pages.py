"""Pages are read quickly where they are plain, and no fault that HTML finds in one is passed over."""

from __future__ import annotations

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import pages, plain

PAGE = """<!doctype html>
<html lang="en" dir="ltr">
<head><meta charset="utf-8"><title>Fish &amp; chips</title><script type="module" src="/a.js"></script></head>
<body class="all">
<h1 id="top" hidden>A &lt; B &#39;s "C" &eacute; Ä 😀</h1>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><title>Dot</title><circle r="1"/></svg>
<ul><li>one <b>two</b> three</li><li>one <b>two</b> three</li><li>one <b>two</b> three</li></ul>
<form action="/go"><label for="a">A</label><input id="a" name="a" value="x &amp; y"><textarea name="t">a
 b</textarea><select name="s"><option value="1" selected>1</option></select><button>Go</button></form>
<table><thead><tr><th>H</th></tr></thead><tbody><tr><td>D</td></tr><tr><td>E</td></tr></tbody></table>
<p>Line<br>line</p><details><summary>S</summary><pre>a  b</pre></details>
</body>
</html>
"""
PIECES = ["<", ">", "&", '"', "'", "/", " ", "\n", "=", "a", "&amp", "&copy;", "&nosuch;", "\x00", "\x85",
          "<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<a>", "</a>", "<li>", "<br>", "</br>", "<br/>",
          "<div/>", "<table>", "<tr>", "<td>", "</td>", "<form>", "<button>", "<h2>", "<svg>", "</svg>",
          "<option>", "<select>", "<body>", "<head>", "<title>", "<textarea>", "<script>", "<!--", "-->",
          "<input>", '<input type="hidden">', ' id="b"', ' id="top"', "<template>", "<math>",
          "<!doctype html>", "<noscript>", "<p><div></div></p>", "<a><a></a></a>",
          "<form><form></form></form>", "<ul>"]


def by_html5lib(html):
    parser = html5lib.HTMLParser(strict=False, namespaceHTMLElements=False)
    return parser.parse(html), [f"HTML at {where}: {code}" for where, code, _ in parser.errors]


def test_a_plain_page_is_read_without_html5lib_and_alike():
    tree, faults = by_html5lib(PAGE)
    read = plain.read(PAGE)
    assert faults == []
    assert read is not None
    assert plain.alike(read, tree)
    assert read.findtext(".//h1") == "A < B 's \"C\" é Ä 😀"


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(15, len(PAGE)), st.integers(0, 12), st.sampled_from(PIECES)),
                min_size=1, max_size=3))
def test_however_a_page_is_broken_html5lib_has_the_word(changes):
    html = PAGE
    for at, gone, put in changes:
        html = html[:at] + put + html[at + gone:]
    tree, faults = by_html5lib(html)
    if (read := plain.read(html)) is not None:
        assert faults == []
        assert plain.alike(read, tree)
    assert pages.parsed(html)[1] == faults


@pytest.mark.parametrize(("put", "fault"), [
    ("<p><div></div></p>", "unexpected-end-tag"), ("<a><a></a></a>", "unexpected-start-tag"),
    ("<b id='x' id='y'></b>", "duplicate-attribute"), ("<tr></tr>", "unexpected-start-tag"),
    ("<form><input></form>", "unexpected-start-tag"), ("<div>", "end-tag"), ("</div>", "end-tag"),
    ("<div/>", "non-void"), ("a\x00b", "invalid"), ("&nosuch;", "expected-named-entity"), ("<b", "expected")])
def test_a_fault_in_the_middle_of_a_page_is_told(put, fault):
    html = PAGE.replace("</form>", f"{put}</form>")
    assert [one for one in pages.parsed(html)[1] if fault in one]
    assert pages.parsed(html)[1] == by_html5lib(html)[1]
