"""Which profile reads a file, where nobody names one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from civicconnect.history.extract import DAMAGED, damaged, missing_columns, open_text, separated
from civicconnect.history.guess import guess_profile
from civicconnect.history.names import city_name
from civicconnect.history.profile import Profile
from civicconnect.history.written import read_profile


@dataclass(frozen=True)
class Chosen:
    """A profile, and a sentence that says how it was found.

    guessed    nobody wrote it: it was told from the file, and should be looked at before it is used
    """

    profile: Profile
    how: str
    guessed: bool = False


def choose_profile(file: Path, folder: Path, zone: str = "UTC") -> Chosen:
    """Return the profile of a folder that knows a file's columns; else one told from the file itself.

    folder    of profiles; the one that names most of the header's columns counts, and of two equal
              ones the first by its name
    zone      what times are read in where the profile must be guessed: the city's
    Raises Invalid where the file cannot be read, or holds nothing that we know for a time or a service.
    """
    try:
        with open_text(file, "surrogateescape") as text:
            header = next(separated(text), [])
    except DAMAGED as fault:
        raise damaged(file, 1, fault) from None
    written = map(read_profile, sorted(folder.glob("*.toml")))
    known = [(_named(header, profile), profile) for profile in written
             if not missing_columns(header, profile) and all(name in header for name in profile.known_by)]
    if known:
        most, profile = max(known, key=lambda pair: pair[0])  # of equals the first
        return Chosen(profile, f"The profile {profile.name} names {most} of its {len(header)} columns.")
    guess = guess_profile([file], city_name(file), zone)
    columns = ", ".join(f"{word} = {names[0]}" for word, names in guess.profile.named.items() if names)
    return Chosen(guess.profile, f"No profile knows its columns; they were told from the file: {columns}.",
                  guessed=True)


def _named(header: list[str], profile: Profile) -> int:
    """Return how many columns of a header a profile names."""
    asked = {name for names in profile.named.values() for name in names} | set(profile.known_by)
    asked |= {name for rule in profile.conditions for name in profile.columns_of(rule)}
    return sum(1 for name in dict.fromkeys(header) if name in asked)
