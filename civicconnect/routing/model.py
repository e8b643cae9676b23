"""What was learned, as a file: numbers and names only, so that reading it can run nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import structlog

from civicconnect import settings
from civicconnect.routing.features import Numbers
from civicconnect.routing.keywords import Floats
from civicconnect.routing.learning import Weights
from civicconnect.routing.worths import Worths

NAME = "suggestion.npz"
FORM = 1  # of the file; one of another form is not read


@dataclass(frozen=True)
class Model:
    """What the city's own reports taught.

    codes    services that were learned, in the order of the weights
    """

    codes: tuple[str, ...]
    weights: Weights
    worths: Worths

    def points(self, words: Numbers, codes: Sequence[str]) -> Floats:
        """Return what was learned for each of these services: shape (codes,).

        A service that was not learned is taken for as rare as the rarest that was; its keywords decide.
        """
        learned = self.weights.points(words)
        at = {code: n for n, code in enumerate(self.codes)}
        rarest = float(self.weights.bias.min()) if self.codes else 0.0
        return np.array([float(learned[at[code]]) if code in at else rarest for code in codes])

    def knows(self, words: Numbers) -> bool:
        """Say whether anything of these words was ever learned from."""
        return len(self.weights.seen(words)[0]) > 0


def models_folder() -> Path:
    """Return where this installation keeps what was learned, and what became of it."""
    return settings.current().data_folder / "models"


def write_model(folder: Path, model: Model) -> Path:
    """Put a model in the place of the one that stands, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    file, kept = folder / NAME, model.weights
    draft = file.with_suffix(".part")
    with draft.open("wb") as out:
        np.savez_compressed(
            out, form=np.array(FORM), codes=np.array(model.codes, dtype=np.str_),
            worths=np.array(astuple(model.worths)), features=kept.features,
            telling=kept.telling, weights=kept.weights.astype(np.float16), bias=kept.bias)
    draft.replace(file)
    return file


def read_model(folder: Path) -> Model | None:
    """Read the model that stands; None where there is none, or where it cannot be read.

    It is read once, and again when it changed. Without one the keywords answer: a damaged file is a line
    in the log and never an error on a page.
    """
    try:
        told = os.stat(folder / NAME)
    except OSError:
        return None
    return _read(folder / NAME, told.st_mtime_ns, told.st_size)


@lru_cache(maxsize=64)
def _read(file: Path, _changed_at: int, _bytes: int) -> Model | None:
    try:
        with file.open("rb") as bytes_, np.load(bytes_, allow_pickle=False) as held:
            return _model(held)
    except (OSError, ValueError, KeyError, BadZipFile, EOFError) as fault:
        structlog.get_logger().warning("model", file=str(file), fault=str(fault))
        return None


def _model(held: np.lib.npyio.NpzFile) -> Model:
    if int(held["form"]) != FORM:
        raise ValueError("the file has the form of another release; train again")
    codes = tuple(str(code) for code in held["codes"])
    weights = Weights(held["features"].astype(np.uint32), held["telling"].astype(np.float32),
                      held["weights"].astype(np.float32), held["bias"].astype(np.float32))
    features, worths = len(weights.features), held["worths"]
    shapes = weights.weights.shape, weights.telling.shape, weights.bias.shape, worths.shape
    if shapes != ((features, len(codes)), (features,), (len(codes),), (3,)):
        raise ValueError("its parts do not fit together")
    return Model(codes, weights, Worths(*map(float, worths)))
