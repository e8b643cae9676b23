"""The database: one engine per city, one visible transaction per change, two dialects."""

from civicconnect.db.base import Base, Instant, Json, Key, Reference
from civicconnect.db.bulk import (
    Spelling,
    analyse,
    copy_as_one,
    copy_in,
    copy_rows,
    present,
    references_known,
    reserve,
    spelling,
    taken,
)
from civicconnect.db.engine import Database, describe, open_database
from civicconnect.db.migrate import is_current, migrate
from civicconnect.db.search import GRAM, among, code_word, fold, looked_up, needles, written
from civicconnect.db.transaction import (
    Db,
    account_session,
    bound,
    current,
    reading,
    rehearsal,
    transaction,
    use,
)
from civicconnect.db.upsert import add_up, insert_ignoring, insert_new, upsert

__all__ = [
    "Base", "Database", "Db", "GRAM", "Instant", "Json", "Key", "Reference", "Spelling", "account_session",
    "add_up", "among", "analyse", "bound", "code_word", "copy_as_one", "copy_in", "copy_rows", "current",
    "describe", "fold", "insert_ignoring", "insert_new", "is_current", "looked_up", "migrate", "needles",
    "open_database", "present", "reading", "references_known", "rehearsal", "reserve", "spelling", "taken",
    "transaction", "upsert", "use", "written",
]
