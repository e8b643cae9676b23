"""The publication: the public record as files anyone can hold, with a dictionary and a hash."""

from civicconnect.opendata.dictionary import Dataset, dictionary
from civicconnect.opendata.publication import FORMATS, publish, query, request_publication
from civicconnect.opendata.versions import Publication, check_hashes, citable, is_gone, newest

__all__ = [
    "Dataset", "FORMATS", "Publication", "check_hashes", "citable", "dictionary", "is_gone", "newest",
    "publish", "query", "request_publication",
]
