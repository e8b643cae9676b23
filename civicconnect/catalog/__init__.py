"""What may be asked, and who answers: the city, its departments, services and questions."""

from civicconnect.catalog.answers import Answer, answers
from civicconnect.catalog.book import (
    Catalog,
    City,
    Department,
    Group,
    Question,
    Service,
    Words,
    catalog,
    words,
)
from civicconnect.catalog.load import CatalogRows, check, load, loaded_stamp

__all__ = [
    "Answer", "Catalog", "CatalogRows", "City", "Department", "Group", "Question", "Service", "Words",
    "answers", "catalog", "check", "load", "loaded_stamp", "words",
]
