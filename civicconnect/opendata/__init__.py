"""The publication: the public record as files anyone can hold, with a dictionary and a hash."""

from civicconnect.opendata.dictionary import Dataset, dictionary
from civicconnect.opendata.publication import (
    FORMATS,
    Publication,
    check_hashes,
    newest,
    publish,
    query,
    request_publication,
)

__all__ = [
    "Dataset", "FORMATS", "Publication", "check_hashes", "dictionary", "newest", "publish", "query",
    "request_publication",
]
