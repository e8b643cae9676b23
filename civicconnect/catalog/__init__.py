"""What may be asked, and who answers: the city, its departments, services and questions."""

from civicconnect.catalog.answers import Answer, answers, said
from civicconnect.catalog.book import (
    SEVERAL,
    Banner,
    Catalog,
    City,
    Department,
    Group,
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
from civicconnect.catalog.reading import (
    all_templates,
    catalog,
    first_look,
    logo,
    templates,
    time_zone,
)
from civicconnect.catalog.script import comma, direction
from civicconnect.catalog.shapes import PRIORITIES

__all__ = [
    "Answer", "Banner", "Catalog", "CatalogRows", "City", "Department", "Group", "LOGOS", "PRIORITIES",
    "Question", "SEVERAL", "Service", "Stopper", "Template", "Words", "all_templates", "answers",
    "catalog", "check", "comma", "direction", "dump", "first_look", "load", "loaded_stamp", "logo",
    "said", "sheet", "spell", "templates", "time_zone", "words",
]
