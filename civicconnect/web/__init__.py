"""The pages: what people see and press."""

from civicconnect.web.furnish import furnish
from civicconnect.web.report_form import KEPT_FOR

__all__ = ["KEPT_FOR", "furnish"]
