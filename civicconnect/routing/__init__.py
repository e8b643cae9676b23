"""Which department answers a report, and why; and which service somebody's words may be about."""

from civicconnect.routing.comparing import Change, changes
from civicconnect.routing.conditions import (
    DAYS,
    FAULTS,
    LONGEST_REACH,
    SOURCES,
    Case,
    Fault,
    Near,
    World,
    is_span,
)
from civicconnect.routing.drafting import Draft, draft_of, open_draft, save_draft, throw_away, write_draft
from civicconnect.routing.features import is_unspaced
from civicconnect.routing.figures import Bin, Figures
from civicconnect.routing.keeping import (
    LONGEST_REASON,
    Version,
    find_version,
    restore,
    rule_book,
    versions,
)
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
from civicconnect.routing.rules import CATCH_ALL, SERVICE, Decision, Failure, Rule, RuleBook, shadows
from civicconnect.routing.spelling import read, spelled
from civicconnect.routing.suggestion import CONFIDENCE, Suggestion, suggest
from civicconnect.routing.training import Lesson, Trained, looks, train

__all__ = [
    "Bin", "CATCH_ALL", "CONFIDENCE", "Case", "Change", "Confusion", "DAYS", "Decision", "Draft",
    "FAULTS", "Failure", "Fault", "Figures", "LEAST_IN_A_ROW", "LONGEST_REACH", "LONGEST_REASON",
    "Lesson", "Model", "Near", "Record", "Rule", "RuleBook", "SERVICE", "SOURCES", "Suggestion",
    "Trained", "Version", "World", "as_csv", "changes", "check", "draft_of", "dump", "find_version",
    "is_span", "is_unspaced", "load", "looks", "models_folder", "open_draft", "published", "read",
    "read_model", "read_record", "restore", "rule_book", "save_draft", "shadows", "spell", "spelled",
    "suggest", "throw_away", "train", "versions", "write_draft", "write_model", "write_record",
]
