"""The icon of the site on a phone's home screen, in the city's colour: the drawing of static/img/icon.svg."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw

UNITS = 64  # the drawing's own width
FINER = 4  # drawn so many times larger, then made small: Pillow's lines have no soft edges
WAVES, PIN = "#7cc9c0", "#ffffff"
Corner = tuple[float, float]


@lru_cache(maxsize=16)
def png(brand: str, pixels: int) -> bytes:
    """Return the icon as a PNG.

    brand     its ground, as "#0d5c58"
    pixels    its width; the pin stands well within the circle that phones may cut out of it
    """
    picture = Image.new("RGB", (pixels * FINER, pixels * FINER), brand)
    draw, scale = ImageDraw.Draw(picture), pixels * FINER / UNITS

    def at(*corners: Corner) -> list[Corner]:
        # Drawn at four fifths around the middle: what phones cut off is only ground.
        return [((32 + (x - 32) * 0.8) * scale, (32 + (y - 32) * 0.8) * scale) for x, y in corners]

    def line(corners: list[Corner], width: float, colour: str) -> None:
        draw.line(at(*corners), colour, round(width * 0.8 * scale), joint="curve")

    line(_curve((8, 52), (18, 45), (25, 45), (32, 52)) + _curve((32, 52), (39, 45), (46, 45), (56, 52)),
         4, WAVES)
    draw.polygon(at(*_curve((32, 49), (23, 38), (17, 31.5), (17, 24)),
                    *_curve((47, 24), (47, 31.5), (41, 38), (32, 49))), PIN)
    draw.ellipse(at((17, 9), (47, 39)), PIN)
    line([(25.5, 24.5), (30.3, 29.3), (39, 20)], 4.5, brand)
    out = io.BytesIO()
    picture.resize((pixels, pixels), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _curve(a: Corner, b: Corner, c: Corner, d: Corner, steps: int = 24) -> list[Corner]:
    """Return points along a cubic curve from `a` to `d`."""
    def part(i: int, t: float) -> float:
        u = 1 - t
        return u**3 * a[i] + 3 * u * u * t * b[i] + 3 * u * t * t * c[i] + t**3 * d[i]

    return [(part(0, n / steps), part(1, n / steps)) for n in range(steps + 1)]
