"""Characters nobody sees that turn the direction of what stands after them: people's forms bring none in."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask, Request
from werkzeug.formparser import FormDataParser

# Embeddings, overrides and isolates. One left open flips the rest of a line, ours too; a name made of them is
# no name. The marks U+200E and U+200F stay, and what joins letters: words are written with them.
TURNING = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
# What a city writes itself is its own: its folder may isolate a number in an Arabic sentence, and saving
# another field on the screen must not change that.
SETTINGS = "/staff/city/"


class _Reader(FormDataParser):
    def parse(self, *given: Any, **options: Any) -> Any:
        """Return the stream, the fields without such characters, and the files."""
        stream, form, files = super().parse(*given, **options)
        told = [(name, TURNING.sub("", words)) for name, words in form.items(multi=True)]
        return stream, self.cls(told), files


class _Request(Request):
    def make_form_data_parser(self) -> FormDataParser:
        """Return what reads a form: a city's settings as they are, all else without such characters."""
        self.form_data_parser_class = FormDataParser if self.path.startswith(SETTINGS) else _Reader
        return super().make_form_data_parser()


def hang(app: Flask) -> None:
    """Read forms so."""
    app.request_class = _Request
