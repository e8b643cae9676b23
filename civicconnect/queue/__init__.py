"""What staff should look at next."""

from civicconnect.queue.worklist import Line, Worklist, worklist

__all__ = ["Line", "Worklist", "worklist"]
