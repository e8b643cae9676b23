"""Which profile reads a file, where nobody names one."""

from __future__ import annotations

import pytest

from civicconnect import history, settings
from civicconnect.errors import Invalid
from tests.conftest import SHARED
from tests.history.real import KNOWN
from tests.history.records import row, write_csv

PROFILES = settings.home() / "cities" / "profiles"
real = pytest.mark.skipif(not SHARED.exists(), reason="the folder with real records is not here")
FILES = [(file, known.profile) for known in KNOWN.values() for file in known.paths]


@real
@pytest.mark.parametrize(("file", "profile"), FILES, ids=[file.name for file, _ in FILES])
def test_every_real_file_finds_its_profile_by_its_columns(file, profile):
    chosen = history.choose_profile(file, PROFILES)
    assert (chosen.profile.name, chosen.guessed) == (profile, False)
    assert chosen.how.startswith(f"The profile {profile} names ")


def test_a_file_that_no_profile_knows_is_told_from_itself(tmp_path):
    file = write_csv(tmp_path / "lark_bay_2026.csv", [row(1), row(2, type="Lamp"), row(3)])
    chosen = history.choose_profile(file, PROFILES, "Europe/Zurich")
    assert (chosen.guessed, chosen.profile.zone, chosen.profile.name) == (True, "Europe/Zurich", "lark-bay")
    assert "opened = opened" in chosen.how
    assert "service = type" in chosen.how


def test_the_profile_that_names_most_columns_counts(tmp_path):
    head = 'name = "{}"\nzone = "UTC"\n[columns]\nopened = "opened"\nservice = "type"\n'
    for name, more in (("a", ""), ("b", 'id = "id"\nlat = "lat"\nlong = "long"\n'), ("c", 'id = "id"\n'),
                       ("d", 'id = "id"\nlat = "y"\nlong = "x"\naddress = "where"\n')):
        (tmp_path / f"{name}.toml").write_text(head.format(name) + more, encoding="utf-8")
    chosen = history.choose_profile(write_csv(tmp_path / "x.csv", [row(1)]), tmp_path)
    assert (chosen.profile.name, chosen.how) == ("b", "The profile b names 5 of its 7 columns.")


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b broken", b"a,b\n1,2\n"])
def test_a_file_that_says_nothing_is_a_sentence(tmp_path, content):
    file = tmp_path / ("x.csv.gz" if content[:1] == b"\x1f" else "x.csv")
    file.write_bytes(content)
    with pytest.raises(Invalid):
        history.choose_profile(file, PROFILES)
