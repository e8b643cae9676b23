"""The pages: what people see and press."""

from civicconnect.web.furnish import furnish

__all__ = ["furnish"]
