"""What residents write: the texts of the demo's services, and sentences for all others."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from civicconnect.simulate.world import Service

LANGUAGES = ("en", "es", "pt", "ar", "fr")
IF_PLACED = re.compile(r"\[([^\]]*)\]")  # what is said only where there is an address
NAMED = re.compile(r"\{(name|place)\}")


def text_count(code: str) -> int:
    """Return how many texts there are for a service, by its code; each has one in every language."""
    told = _read("texts.toml")["service"].get(code)
    return len(told["answers"]) if told else len(_read("sentences.toml")["en"])


def answers(code: str, text_index: int) -> Mapping[str, str]:
    """Return the answers to the service's questions that go with a text; {} where it has none."""
    told = _read("texts.toml")["service"].get(code)
    return told["answers"][text_index] if told and text_index >= 0 else {}


def streets(code: str) -> frozenset[str]:
    """Return the demo's streets to which a service keeps; empty where it keeps to none."""
    return frozenset(_read("texts.toml")["service"].get(code, {}).get("streets", ()))


def description(service: Service, text_index: int, language: str, place_label: str) -> str:
    """Return what was written; "" for -1, which is a silent report.

    language       code; English stands in where we have no words in it
    place_label    the address; "" where none is known
    """
    if text_index < 0:
        return ""
    spoken = language if language in LANGUAGES else "en"
    told = _read("texts.toml")["service"].get(service.code)
    if told:
        return str(told[spoken][text_index % len(told[spoken])])
    sentences: Sequence[str] = _read("sentences.toml")[spoken]
    sentence = IF_PLACED.sub(r"\1" if place_label else "", sentences[text_index % len(sentences)])
    values = {"name": service.name, "place": place_label}
    return NAMED.sub(lambda part: values[part[1]], sentence)


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
