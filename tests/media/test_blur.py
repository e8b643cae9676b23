"""What is blurred cannot be read again, and the original lies sealed where no address leads."""

from __future__ import annotations

import io
import math
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from civicconnect import clock, media
from civicconnect.errors import Invalid, NotFound
from civicconnect.media import Patch, Store
from civicconnect.media.store import SEALED

EIGHTHS = Patch(25, 25, 50, 50)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def taken(store: Store, image: Image.Image) -> str:
    out = io.BytesIO()
    image.save(out, "PNG")
    out.seek(0)
    return media.accept(store, out).digest


def opened(store: Store, digest: str) -> Image.Image:
    with Image.open(store.path(digest)) as image:
        return image.convert("RGB")


def scene(message: int) -> Image.Image:
    """Return a picture with eight letters of a plate in its middle, as bars: `message` says which."""
    image = Image.new("RGB", (480, 480), (90, 140, 90))
    for place in range(8):
        left, ink = 112 + place * 32, 20 if message >> place & 1 else 235
        image.paste((ink, ink, ink), (left, 176, left + 16, 304))
        image.paste((255 - ink,) * 3, (left + 16, 176, left + 32, 304))
    return image


def test_only_the_box_changes(store):
    image = Image.effect_noise((480, 320), 80).convert("RGB")
    before = opened(store, digest := taken(store, image))
    made = media.blurred(store, digest, [EIGHTHS])
    after = opened(store, made.digest)
    assert (made.width, made.height) == after.size == before.size
    assert after.crop((140, 100, 340, 220)).getextrema() != before.crop((140, 100, 340, 220)).getextrema()
    assert all(high - low < 40 for low, high in after.crop((140, 100, 340, 220)).getextrema())
    outside = zip(before.crop((0, 0, 480, 72)).tobytes(), after.crop((0, 0, 480, 72)).tobytes(), strict=True)
    assert sum(abs(one - other) for one, other in outside) / (480 * 72 * 3) < 12  # a second encoding, no more


def test_the_same_box_over_different_plates_looks_the_same(store):
    """Whoever knows the font tries out every plate: all of them lead to the same picture."""
    whole = Patch(0, 0, 100, 100)
    digests = [taken(store, scene(plate)) for plate in (0b10101011, 0b01010101, 0b11001100)]
    assert len(set(digests)) == 3
    assert len({media.blurred(store, digest, [whole]).digest for digest in digests}) == 1


def test_the_small_picture_is_blurred_too(store):
    digest = taken(store, Image.effect_noise((960, 640), 80).convert("RGB"))
    made = media.blurred(store, digest, [Patch(0, 0, 100, 100)])
    with Image.open(store.path(made.digest, "small")) as small:
        assert small.size == (480, 320)
        assert all(high - low < 40 for low, high in small.convert("RGB").getextrema())


@pytest.mark.parametrize("box", [
    (0, 0, 0.01, 0.01), (99.9, 99.9, 100, 100), (0, 0, 100, 100), (50, 0, 0.1, 100)])
def test_a_box_of_any_size_has_at_least_a_pixel(store, box):
    digest = taken(store, Image.new("RGB", (40, 30), "red"))
    assert media.blurred(store, digest, [Patch(*box)]).width == 40


@pytest.mark.parametrize("box", [
    (-1, 0, 10, 10), (0, 0, 0, 10), (0, 0, 10, 101), (100, 0, 10, 10), (0, 100, 1, 1), (math.nan, 0, 1, 1),
    (0, 0, math.inf, 1)])
def test_a_box_outside_the_picture_is_none(box):
    with pytest.raises(Invalid):
        Patch(*box)


def test_no_photo_no_blur(store):
    with pytest.raises(NotFound):
        media.blurred(store, "a" * 64, [EIGHTHS])


def test_a_sealed_original_is_at_no_path_and_outlives_its_pictures(store):
    digest = taken(store, Image.new("RGB", (40, 30), "red"))
    store.seal(digest, b"sealed bytes")
    store.drop(digest)
    for size in ("full", "small", "sealed", SEALED, ""):
        with pytest.raises(NotFound):
            store.path(digest, size)
    assert store.sealed(digest) == b"sealed bytes"
    for other in ("b" * 64, "../../etc/passwd", "", digest[:63]):
        with pytest.raises(NotFound):
            store.sealed(other)


def test_the_janitor_leaves_a_seal_while_a_report_has_its_blurred_copy(store):
    digest = taken(store, Image.new("RGB", (40, 30), "red"))
    store.seal(digest, b"sealed bytes")
    with clock.stopped_at(clock.now() + timedelta(days=9)):
        store.sweep(lambda _: False, timedelta(days=3), keep_sealed=lambda kept: kept == digest)
        assert store.sealed(digest)
        with pytest.raises(NotFound):
            store.path(digest)
        store.sweep(lambda _: False, timedelta(days=3), keep_sealed=lambda _: False)
    with pytest.raises(NotFound):
        store.sealed(digest)
