"""There are words for every service, in five languages."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from civicconnect.simulate import words
from civicconnect.simulate.world import Service

ROOM = Path(words.__file__).parent
TOLD = tomllib.loads((ROOM / "texts.toml").read_text(encoding="utf-8"))
SNOW = Service("snow", "Snow [not] {place}", "streets")


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_text_is_there_in_every_language(language):
    for code, told in TOLD["service"].items():
        assert len(told[language]) == len(told["answers"]) == words.text_count(code), code
    assert len(TOLD["extra"][language]) == len(TOLD["extra"]["en"])


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_service_without_texts_gets_a_sentence_with_its_name_and_place(language):
    for index in range(words.text_count("snow")):
        bare = words.description(SNOW, index, language, "")
        assert SNOW.name in bare
        assert "[ " not in bare
    assert any("12 Quay {name}" in words.description(SNOW, index, language, "12 Quay {name}")
               for index in range(words.text_count("snow")))


def test_a_service_with_texts_speaks_for_itself():
    tree = Service("tree", "A tree", "parks")
    assert words.description(tree, 0, "fr", "12 Quay Street") == TOLD["service"]["tree"]["fr"][0]
    assert words.description(tree, 0, "de", "") == TOLD["service"]["tree"]["en"][0]
    assert words.answers("tree", 0) == {"state": "on_road", "line": "no"}
    assert words.answers("snow", 0) == {}


def test_a_silent_report_says_nothing():
    assert words.description(SNOW, -1, "en", "12 Quay Street") == ""
