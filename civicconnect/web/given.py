"""Reading what stands in an address or a form."""

from __future__ import annotations


def whole(text: str, otherwise: int, most: int = 100_000) -> int:
    """Return the whole number written here, at most `most`; `otherwise` where there is none.

    Plain decimal digits only: "²" counts as a digit too, and ten thousand of them take long to read.
    """
    return min(int(text), most) if text.isdecimal() and len(text) <= 9 else otherwise
