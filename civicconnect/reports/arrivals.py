"""What comes in at the desk: what somebody asks for now, or what another record tells of the past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from civicconnect.accounts import Actor, ContactDetails
from civicconnect.catalog import Answer
from civicconnect.geo import Place, Point
from civicconnect.media import Photo


# Not frozen, though nobody changes them: those take three times as long to make, and a record has a million.
@dataclass
class NewReport:
    """What somebody asks for, checked as far as it can be without the city's data.

    area    "layer:code", where it is told in words alone and `point` is None
    also    further places of the same trouble; `address` names them too
    along   the street it goes all along; `address` names it too
    """

    id: UUID
    service: str
    point: Point | None
    address: str = ""
    description: str = ""
    answers: tuple[Answer, ...] = ()
    language: str = "en"
    source: str = "web"
    photos: tuple[Photo, ...] = ()
    contact: ContactDetails = field(default_factory=ContactDetails)
    external_id: str = ""  # the sender's own, where a partner's system sent it
    area: str = ""
    also: tuple[Place, ...] = ()
    along: str = ""

    @property
    def given(self) -> dict[str, str]:
        """Return the answers by question: the option's code, the number or the text."""
        return {answer.code: answer.value for answer in self.answers}


@dataclass(frozen=True)
class Closing:
    """How another system says a report ended."""

    at: datetime
    outcome: str | None  # None: the record does not say
    note: str = ""  # kept internal: it may name people
    lead: UUID | None = None  # of a duplicate: the report it repeats


@dataclass
class PastStep:
    """One step as it was taken then: the lifecycle decides over it as over a step of today."""

    verb: str
    at: datetime
    actor: Actor
    given: Mapping[str, str] = field(default_factory=dict)  # what the step owes: outcome, reason …


@dataclass(frozen=True)
class RecordedDue:
    """By when another system said it would be done. None: it said nothing, and nothing was promised."""

    at: datetime | None


@dataclass
class PastReport:
    """A report from another system's record, or of a simulated city.

    closing    how it ended, where the record tells no steps
    steps      all steps in their order, instead of a closing
    due        the record's own promise; None: the city's promises as they stand count
    record     what else the record says, for the timeline: column or kind, and words
    stand_in   the place is the one their system puts where it found no address
    """

    new: NewReport
    external_id: str
    received_at: datetime
    closing: Closing | None = None
    steps: tuple[PastStep, ...] = ()
    due: RecordedDue | None = None
    record: Mapping[str, str] = field(default_factory=dict)
    stand_in: bool = False
