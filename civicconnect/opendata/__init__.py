"""The publication: the public record as files anyone can hold, with a dictionary and a hash."""

from civicconnect.opendata.dictionary import Dataset, dictionary
from civicconnect.opendata.erasure import (
    WITHDRAWING,
    Correction,
    corrections,
    corrections_csv,
    reissue,
    request_reissue,
)
from civicconnect.opendata.publication import FORMATS, publish, query, request_publication
from civicconnect.opendata.versions import Publication, check_hashes, citable, is_gone, newest

__all__ = [
    "Correction", "Dataset", "FORMATS", "Publication", "WITHDRAWING", "check_hashes", "citable",
    "corrections", "corrections_csv", "dictionary", "is_gone", "newest", "publish", "query", "reissue",
    "request_publication", "request_reissue",
]
