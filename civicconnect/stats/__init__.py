"""Pure numbers: how long things take when some of them are still open, and how long the next will take."""

from civicconnect.stats.foresight import Foresight, Pace, Spans, foresee
from civicconnect.stats.survival import LogRank, Survival, log_rank, survival

__all__ = ["Foresight", "LogRank", "Pace", "Spans", "Survival", "foresee", "log_rank", "survival"]
