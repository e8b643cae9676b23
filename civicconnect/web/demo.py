"""What is there in the demo only: nobody's letters, and the parts of the pages to look at."""

from __future__ import annotations

from civicconnect import settings
from civicconnect.errors import NotFound


def must_be_demo() -> None:
    """Raise NotFound outside the demo."""
    if not (settings.current().data_folder / "demo.json").is_file():
        raise NotFound("this is there in the demo only")
