"""The dictionary: what every column of every dataset says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from civicconnect.errors import Sentence
from civicconnect.reports import Column


@dataclass(frozen=True)
class Dataset:
    """One table of the publication."""

    name: str
    words: str
    columns: tuple[Column, ...]


def dictionary(columns: Sequence[Column]) -> tuple[Dataset, ...]:
    """Return the datasets of this release."""
    return (Dataset("reports", Sentence("Every public report, one row each."), tuple(columns)),)
