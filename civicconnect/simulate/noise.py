"""Smooth randomness over the ground, so that nothing drawn looks ruled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SIDE = 64


class Noise:
    """A random surface without steps: the same place always has the same height."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._lattice = rng.random((_SIDE, _SIDE)) * 2 - 1

    def at(self, xs: Floats, ys: Floats, wavelength: float, octaves: int = 1) -> Floats:
        """Return heights at places given in metres.

        wavelength   metres from one bump to the next; each octave halves it and its height
        returns      same shape as xs, within -1..1
        """
        total, weight = np.zeros_like(xs), 0.0
        for octave in range(octaves):
            size = wavelength / 2**octave
            total += self._smooth(xs / size + 17.3 * octave, ys / size) / 2**octave
            weight += 1 / 2**octave
        return total / weight

    def _smooth(self, xs: Floats, ys: Floats) -> Floats:
        left, low = np.floor(xs), np.floor(ys)
        across, up = xs - left, ys - low
        across, up = across * across * (3 - 2 * across), up * up * (3 - 2 * up)
        i, j = left.astype(int) % _SIDE, low.astype(int) % _SIDE
        i1, j1 = (i + 1) % _SIDE, (j + 1) % _SIDE
        bottom = self._lattice[i, j] * (1 - across) + self._lattice[i1, j] * across
        top = self._lattice[i, j1] * (1 - across) + self._lattice[i1, j1] * across
        height: Floats = bottom * (1 - up) + top * up
        return height
