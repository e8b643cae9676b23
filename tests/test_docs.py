"""The documents are true: what they name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from civicconnect.cli import civic

HERE = Path(__file__).parent.parent
PAGES = [HERE / "README.md", *sorted((HERE / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)#]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_of_a_document_leads_somewhere(page):
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_command_of_a_document_exists(page):
    for line in re.findall(r"\./civic ([a-z]+)", page.read_text(encoding="utf-8")):
        assert line == "test" or line in civic.commands, line


def commands(group, path=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("words", list(commands(civic)), ids=" ".join)
def test_every_command_explains_itself_with_an_example(words):
    told = CliRunner().invoke(civic, [*words, "--help"])
    assert told.exit_code == 0
    assert "Example: " in told.output


def test_the_readme_begins_with_two_commands_and_a_picture():
    first_screen = (HERE / "README.md").read_text(encoding="utf-8").splitlines()[:12]
    text = "\n".join(first_screen)
    assert "./civic run" in text
    assert "./civic test" in text
    assert "![" in text


def test_the_house_is_described_room_by_room():
    text = (HERE / "docs" / "house.md").read_text(encoding="utf-8")
    for room in (HERE / "civicconnect").iterdir():
        if room.is_dir() and room.name != "__pycache__":
            assert f"{room.name}/" in text, room.name
