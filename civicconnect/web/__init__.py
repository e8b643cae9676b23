"""The pages: what people see and press."""

from civicconnect.web.furnish import furnish
from civicconnect.web.photos import KEPT_FOR

__all__ = ["KEPT_FOR", "furnish"]
