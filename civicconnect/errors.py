"""The four refusals, named for what the person can do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Sentence(str):
    """A sentence for people: English as it stands, with what another language needs to say it.

    words     the English with named places: "Use at most %(most)s characters."
    values    what stands in the places; a value that is a Sentence is translated like the whole

    Rooms write sentences and know no languages. An edge that does translates `words` and then puts
    the values in; one that does not has a plain English text in hand.
    """

    words: str
    values: dict[str, object]

    def __new__(cls, words: str, **values: object) -> Sentence:
        made = super().__new__(cls, words % values if values else words)
        made.words, made.values = words, values
        return made


class Refusal(Exception):
    """A clear no. Rooms raise it; each edge (page, API, command) translates it once."""

    @property
    def sentence(self) -> str:
        """Return what was said; a Sentence where it was one, which `str(refusal)` is not."""
        return self.args[0] if self.args else ""


class Invalid(Refusal):
    """Correct these fields and send again.

    fields    {field name as the person sees it: sentences that say what to do}
    """

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self.fields = {name: list(sentences) for name, sentences in fields.items()}
        super().__init__("; ".join(f"{n}: {' '.join(s)}" for n, s in self.fields.items()))

    def __reduce__(self) -> tuple[type[Invalid], tuple[dict[str, list[str]]]]:
        """Travel to another process by its fields, not by the one text that comes of them."""
        return Invalid, (self.fields,)


class NotAllowed(Refusal):
    """You may not do this; someone else may."""


class NotFound(Refusal):
    """There is nothing at this address for you."""


class Conflict(Refusal):
    """The world has moved on: look again before you repeat this."""
