"""What may be asked, and who answers: the city, its departments, services and questions."""

from civicconnect.catalog.answers import Answer, answers, said
from civicconnect.catalog.book import (
    SEVERAL,
    Asking,
    Banner,
    Catalog,
    City,
    Department,
    Group,
    Owner,
    Question,
    Service,
    Stopper,
    Template,
    Words,
    words,
)
from civicconnect.catalog.check import CatalogRows, check
from civicconnect.catalog.colours import sheet
from civicconnect.catalog.load import dump, load, loaded_stamp, spell
from civicconnect.catalog.logos import LOGOS
from civicconnect.catalog.reading import catalog, first_look, logo, owners, templates, time_zone
from civicconnect.catalog.script import comma, direction
from civicconnect.catalog.shapes import PRIORITIES

__all__ = [
    "Answer", "Asking", "Banner", "Catalog", "CatalogRows", "City", "Department", "Group", "LOGOS",
    "Owner", "PRIORITIES", "Question", "SEVERAL", "Service", "Stopper", "Template", "Words", "answers",
    "catalog", "check", "comma", "direction", "dump", "first_look", "load", "loaded_stamp", "logo",
    "owners", "said", "sheet", "spell", "templates", "time_zone", "words",
]
