"""Which department answers a report, and why; and which service somebody's words may be about."""

from civicconnect.routing.features import is_unspaced
from civicconnect.routing.figures import Bin, Figures
from civicconnect.routing.load import check, dump, load, spell
from civicconnect.routing.model import Model, models_folder, read_model, write_model
from civicconnect.routing.record import (
    LEAST_IN_A_ROW,
    Confusion,
    Record,
    as_csv,
    published,
    read_record,
    write_record,
)
from civicconnect.routing.rules import Decision, Rule, RuleBook, rule_book
from civicconnect.routing.suggestion import CONFIDENCE, Suggestion, suggest
from civicconnect.routing.training import Lesson, Trained, looks, train

__all__ = [
    "CONFIDENCE", "Bin", "Confusion", "Decision", "Figures", "LEAST_IN_A_ROW", "Lesson", "Model", "Record",
    "Rule", "RuleBook", "Suggestion", "Trained", "as_csv", "check", "dump", "is_unspaced", "load", "looks",
    "models_folder", "published", "read_model", "read_record", "rule_book", "spell", "suggest", "train",
    "write_model", "write_record",
]
