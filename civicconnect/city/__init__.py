"""A whole city, in and out of its folder, and every version of it kept."""

from civicconnect.city.diff import Change, differences
from civicconnect.city.folder import (
    City,
    check,
    check_folder,
    dump,
    load_city,
    read_folder,
    spell,
    stamp,
    with_storm,
)
from civicconnect.city.versions import Version, content_of, find_version, keep, versions

__all__ = [
    "Change", "City", "Version", "check", "check_folder", "content_of", "differences", "dump",
    "find_version", "keep", "load_city", "read_folder", "spell", "stamp", "versions",
    "with_storm",
]
