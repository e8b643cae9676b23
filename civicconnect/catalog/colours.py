"""A city's own colours: which there are, whether they can be read, and what they become on a dark page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

# The names of static/css/tokens.css that a city may set, and what each is read against.
KNOWN = {"brand": "#ffffff", "link": "#f6f5f1"}
LEAST = 4.5  # WCAG 2.2, 1.4.3: the contrast of words
DARK, LIGHT = "#1a2325", "#ffffff"
White = (255, 255, 255)
Colour = tuple[int, int, int]


def _read(text: str) -> Colour:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _write(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _luminance(colour: Colour) -> float:
    """Return the relative luminance, 0..1, as WCAG 2.2 defines it."""
    parts = [c / 255 for c in colour]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1..21."""
    high, low = sorted((_luminance(_read(one)), _luminance(_read(other))), reverse=True)
    return (high + 0.05) / (low + 0.05)


def faint(colours: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (name, sentence) for each colour that nobody uses or few can read."""
    for name, colour in colours.items():
        if name not in KNOWN:
            yield name, f"nobody uses this colour; expected {', '.join(KNOWN)}."
        elif (found := contrast(colour, KNOWN[name])) < LEAST:
            yield name, (f"{colour} has a contrast of {found:.1f} to 1 with the page; words need "
                         f"{LEAST} to 1. Choose a darker one.")


def sheet(colours: Mapping[str, str]) -> str:
    """Return the style sheet that brings a city's colours to every page, light and dark."""
    return _sheet(tuple(colours.items()))


@lru_cache(64)
def _sheet(told: tuple[tuple[str, str], ...]) -> str:
    # Every page asks for it, for the stamp in its address.
    colours = dict(told)
    light = {f"--city-{name}": colour for name, colour in colours.items()}
    dark: dict[str, str] = {}
    for name, colour in colours.items():
        light[f"--city-{name}-strong"] = _mixed(colour, (0, 0, 0), 0.35)
        lifted = _lifted(colour)
        dark[f"--city-{name}-dark"] = lifted
        dark[f"--city-{name}-strong-dark"] = _mixed(lifted, White, 0.4)
    if "brand" in colours:
        light["--city-brand-tint"] = _mixed(colours["brand"], White, 0.88)
        light["--city-on-brand"] = LIGHT
        dark["--city-brand-tint-dark"] = _mixed(colours["brand"], _read(DARK), 0.72)
        dark["--city-on-brand-dark"] = "#06211f"
    names = "".join(f"{name}:{colour};" for name, colour in (light | dark).items())
    return f":root{{{names}}}\n"


def _mixed(colour: str, other: Colour, part: float) -> str:
    r, g, b = (round(a + (o - a) * part) for a, o in zip(_read(colour), other, strict=True))
    return _write((r, g, b))


def _lifted(colour: str) -> str:
    """Return the colour, made light enough to be read on a dark page."""
    for step in range(21):
        lifted = _mixed(colour, White, step / 20)
        if contrast(lifted, DARK) >= 6.5:
            return lifted
    return LIGHT
