"""The database: one engine per city, one visible transaction per change, two dialects."""

from civicconnect.db.base import Base, Instant, Json, Key, Reference
from civicconnect.db.bulk import Spelling, analyse, copy_in, present, references_known, reserve, spelling
from civicconnect.db.engine import Database, describe, open_database
from civicconnect.db.migrate import is_current, migrate
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
    "Base", "Database", "Db", "Instant", "Json", "Key", "Reference", "Spelling", "account_session",
    "add_up", "analyse", "bound", "copy_in", "current", "describe", "insert_ignoring", "insert_new",
    "is_current", "migrate", "open_database", "present", "reading", "references_known", "rehearsal",
    "reserve", "spelling", "transaction", "upsert", "use",
]
