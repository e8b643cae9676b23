"""Pure numbers: how long things take when some of them are still open."""

from civicconnect.stats.survival import LogRank, Survival, log_rank, survival

__all__ = ["LogRank", "Survival", "log_rank", "survival"]
