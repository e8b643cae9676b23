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
    chosen,
    words,
)
from civicconnect.catalog.check import CatalogRows, check
from civicconnect.catalog.colours import sheet
from civicconnect.catalog.ease import Ease, ease
from civicconnect.catalog.load import dump, hold, load, loaded_stamp, spell
from civicconnect.catalog.logos import LOGOS
from civicconnect.catalog.reading import (
    catalog,
    first_look,
    logo,
    owners,
    templates,
    time_zone,
)
from civicconnect.catalog.script import comma, direction
from civicconnect.catalog.shapes import EMAIL, FIELDS, PRIORITIES, VERBS
from civicconnect.catalog.wording import (
    TemplateChange,
    every_template,
    find_template,
    remove_template,
    save_template,
    template_changes,
)

__all__ = [
    "Answer", "Asking", "Banner", "Catalog", "CatalogRows", "City", "Department", "EMAIL", "Ease",
    "FIELDS", "Group", "LOGOS", "Owner", "PRIORITIES", "Question", "SEVERAL", "Service", "Stopper",
    "Template", "TemplateChange", "VERBS", "Words", "answers", "catalog", "check", "chosen", "comma",
    "direction", "dump", "ease", "every_template", "find_template", "first_look", "hold", "load",
    "loaded_stamp", "logo", "owners", "remove_template", "said", "save_template", "sheet", "spell",
    "template_changes", "templates", "time_zone", "words",
]
