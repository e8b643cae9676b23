"""The four refusals, named for what the person can do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Refusal(Exception):
    """A clear no. Rooms raise it; each edge (page, API, command) translates it once."""


class Invalid(Refusal):
    """Correct these fields and send again.

    fields    {field name as the person sees it: sentences that say what to do}
    """

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self.fields = {name: list(sentences) for name, sentences in fields.items()}
        super().__init__("; ".join(f"{n}: {' '.join(s)}" for n, s in self.fields.items()))


class NotAllowed(Refusal):
    """You may not do this; someone else may."""


class NotFound(Refusal):
    """There is nothing at this address for you."""


class Conflict(Refusal):
    """The world has moved on: look again before you repeat this."""
