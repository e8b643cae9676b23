"""Figures, computed from the publication and nothing else, so that a laptop gets the same ones."""

from civicconnect.measures.expectation import expect
from civicconnect.measures.performance import LEAST, Performance, Waiting, performance

__all__ = ["LEAST", "Performance", "Waiting", "expect", "performance"]
