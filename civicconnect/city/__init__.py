"""A whole city, in and out of its folder, and every version of it kept."""

from civicconnect.city.book import Book, Row, Spot, copy_of, go_back, open_book, save, seen
from civicconnect.city.diff import Change, differences
from civicconnect.city.faults import Faults, sorted_out
from civicconnect.city.folder import (
    LONGEST_REASON,
    City,
    check,
    check_folder,
    dump,
    kept_as_version,
    load_city,
    read_folder,
    spell,
    stamp,
    standing,
    with_storm,
)
from civicconnect.city.versions import (
    STORM,
    Version,
    content_of,
    find_version,
    keep,
    last_from_a_folder,
    newest_version,
    versions,
)

__all__ = [
    "Book", "Change", "City", "Faults", "LONGEST_REASON", "Row", "STORM", "Spot", "Version", "check",
    "check_folder", "content_of", "copy_of", "differences", "dump", "find_version", "go_back", "keep",
    "kept_as_version", "last_from_a_folder", "load_city", "newest_version", "open_book", "read_folder",
    "save", "seen", "sorted_out", "spell", "stamp", "standing", "versions", "with_storm",
]
