"""Photographs made safe: decoded in a bounded child process, turned, stripped, resized, stored."""

from civicconnect.media.intake import Limits, accept
from civicconnect.media.store import Photo, Store

__all__ = ["Limits", "Photo", "Store", "accept"]
