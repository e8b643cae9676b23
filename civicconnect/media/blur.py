"""Making parts of a stored photo unreadable, in a way that nobody can undo."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from civicconnect.errors import Invalid, Sentence
from civicconnect.media.child import FULL, SMALL, SMALL_SIDE, saved
from civicconnect.media.store import Photo, Store

# Of each part only the mean colours of its four quarters stay, in 16 steps: a number plate read from
# its mosaic has some twenty cells to try out, here there is nothing to try.
CELLS = 2
STEP = 16


@dataclass(frozen=True)
class Patch:
    """A part of a picture in per cent of its width and height, from its left and upper edge."""

    x: float
    y: float
    width: float
    height: float

    def __post_init__(self) -> None:
        given = (self.x, self.y, self.width, self.height)
        whole = all(math.isfinite(value) and 0 <= value <= 100 for value in given)
        if not whole or not self.width or not self.height or self.x >= 100 or self.y >= 100:
            raise Invalid({"patches": [
                Sentence("Write each box in per cent of the picture, from 0 to 100.")]})

    def box(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return left, upper, right and lower edge in pixels, rounded outwards."""
        return (math.floor(self.x * width / 100), math.floor(self.y * height / 100),
                math.ceil(min(self.x + self.width, 100) * width / 100),
                math.ceil(min(self.y + self.height, 100) * height / 100))


def blurred(store: Store, digest: str, patches: Sequence[Patch]) -> Photo:
    """Store a copy of a photo with some parts blurred, and return it. Raises NotFound."""
    with Image.open(store.path(digest), formats=("JPEG",)) as image:
        full = image.convert("RGB")
    for patch in patches:
        box = patch.box(*full.size)
        full.paste(_smeared(full.crop(box)), box)
    full.info.clear()
    small = full.copy()
    small.thumbnail((SMALL_SIDE, SMALL_SIDE), Image.Resampling.LANCZOS)
    kept = store.keep(saved(full, FULL), saved(small, SMALL))
    return Photo(kept, full.width, full.height, store.likeness(kept))


def _smeared(part: Image.Image) -> Image.Image:
    cells = part.resize((min(CELLS, part.width), min(CELLS, part.height)), Image.Resampling.BOX)
    coarse = cells.point(lambda level: level // STEP * STEP + STEP // 2)
    return coarse.resize(part.size, Image.Resampling.BILINEAR)
