"""What a phone's queue is answered when it sends a form in somebody's name: JSON instead of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from civicconnect.web.words import translated

ASKED = ("resident.submit", "field.take_step")  # the endpoints that answer both ways
# What the person can put right. Everything else is ours to put right, and the queue tries again.
THEIRS = (409, 413, 422)


def is_wished() -> bool:
    """Say whether this request asks for JSON, and may."""
    wished = request.accept_mimetypes
    return request.endpoint in ASKED and wished["application/json"] > wished["text/html"]


def taken(reference: str, address: str) -> ResponseReturnValue:
    """Answer that the report is here.

    address    of its page, with the key that only its sender has
    """
    return jsonify(reference=reference, url=address), 201, {"Cache-Control": "no-store"}


def faulty(faults: Mapping[str, Sequence[str]], code: int = 422) -> ResponseReturnValue:
    """Answer with the sentences to correct, by field, in the language of the address."""
    told = {field: [translated(sentence) for sentence in sentences] for field, sentences in faults.items()}
    return jsonify(errors=told), code


def refusal(code: int, words: str, headers: Mapping[str, str]) -> ResponseReturnValue:
    """Answer with a refusal's sentence: as a fault of the form where the person can do something."""
    told = jsonify(errors={"form": [words]}) if code in THEIRS else jsonify(said=words)
    return told, code, dict(headers)
