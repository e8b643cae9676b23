"""Photographs made safe: decoded in a bounded child process, turned, stripped, resized, stored, blurred."""

from civicconnect.media.blur import Patch, blurred
from civicconnect.media.intake import Limits, accept
from civicconnect.media.store import Photo, Store

__all__ = ["Limits", "Patch", "Photo", "Store", "accept", "blurred"]
