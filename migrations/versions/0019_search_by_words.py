"""The words of each report as they are compared, indexed by threes of letters, and gone when they change."""

import sqlalchemy as sa
from alembic import op
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.orm import Session

from civicconnect.db import copy_in
from civicconnect.reports.words import spelled

revision = "0019"
down_revision = "0018"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
SAID = ("description", "address", "text_told", "place_told", "service_id")
BATCH = 20_000
CHANGED = " OR ".join(f"old.{name} IS DISTINCT FROM new.{name}" for name in SAID)
# The old words go with whatever changes them, whoever does it; reading the new ones is for reports/words.py.
GO = ("DELETE FROM report_words WHERE report_number = new.number; "
      "INSERT INTO report_unread (report_number) VALUES (new.number) ON CONFLICT DO NOTHING;")
GONE = "DELETE FROM report_words WHERE report_number = old.number; " \
       "DELETE FROM report_unread WHERE report_number = old.number;"
SERVER = (
    f"CREATE FUNCTION report_words_go() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {GO} RETURN NULL; END$$",
    f"CREATE FUNCTION report_words_gone() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {GONE} RETURN old; END$$",
    f"CREATE TRIGGER report_words_go AFTER UPDATE OF {', '.join(SAID)} ON report FOR EACH ROW "
    f"WHEN ({CHANGED}) EXECUTE FUNCTION report_words_go()",
    "CREATE TRIGGER report_words_gone BEFORE DELETE ON report FOR EACH ROW EXECUTE FUNCTION report_words_gone()",
)
INDEXED = "INSERT INTO report_words_index (rowid, told, rest) VALUES (new.report_number, new.told, new.rest);"
UNINDEXED = ("INSERT INTO report_words_index (report_words_index, rowid, told, rest) "
             "VALUES ('delete', old.report_number, old.told, old.rest);")
EMBEDDED = (
    # Which threes stand in a report, not where: a third of the size, and what is found is compared anyway.
    "CREATE VIRTUAL TABLE report_words_index USING fts5(told, rest, content='report_words', "
    "content_rowid='report_number', tokenize='trigram case_sensitive 1', detail=none)",
    "INSERT INTO report_words_index (report_words_index) VALUES ('rebuild')",
    f"CREATE TRIGGER report_words_new AFTER INSERT ON report_words BEGIN {INDEXED} END",
    f"CREATE TRIGGER report_words_old AFTER DELETE ON report_words BEGIN {UNINDEXED} END",
    f"CREATE TRIGGER report_words_other AFTER UPDATE ON report_words BEGIN {UNINDEXED} {INDEXED} END",
    f"CREATE TRIGGER report_words_go AFTER UPDATE OF {', '.join(SAID)} ON report "
    f"WHEN {CHANGED.replace('IS DISTINCT FROM', 'IS NOT')} BEGIN {GO} END",
    f"CREATE TRIGGER report_words_gone BEFORE DELETE ON report BEGIN {GONE} END",
)


def upgrade():
    number = sa.Column("report_number", NUMBER, primary_key=True, autoincrement=False)
    for name, more in (("report_words", ("told", "rest")), ("report_unread", ())):
        op.create_table(name, number.copy(), *(sa.Column(word, sa.String, nullable=False) for word in more),
                        sa.ForeignKeyConstraint(["report_number"], ["report.number"],
                                                name=f"fk_{name}_report_number"))
    bind = op.get_bind()
    is_server = bind.dialect.name == "postgresql"
    if not is_server:
        _fill(bind)
    for sql in SERVER if is_server else EMBEDDED:
        bind.exec_driver_sql(sql)
    if is_server:
        _fill(bind)  # the triggers came first: from then on nobody changes what is read
        _index_on_a_server(bind)
    elif bind.dialect.dbapi.sqlite_version_info >= (3, 42):
        # Else what is taken out would only be marked as such until the index is next put in order.
        op.execute("INSERT INTO report_words_index (report_words_index, rank) VALUES ('secure-delete', 1)")


def _fill(bind):
    """Read the words of every report before the index is there: in one go it is made in a tenth of the time."""
    total = bind.execute(sa.text("SELECT count(*) FROM report")).scalar_one()
    bar = Progress(TextColumn("Words to search by"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                   console=Console(stderr=True), disable=total < BATCH)
    asked = sa.text(f"SELECT number, {', '.join(SAID)} FROM report WHERE number > :last "  # noqa: S608  names of ours
                    "ORDER BY number LIMIT :most")
    last = -1
    with bar, Session(bind) as db:
        task = bar.add_task("", total=total)
        while rows := bind.execute(asked, {"last": last, "most": BATCH}).all():
            copy_in(db, "report_words", ("report_number", "told", "rest"),
                    ((number, *spelled(*said)) for number, *said in rows))
            last = rows[-1][0]
            bar.advance(task, len(rows))


def _index_on_a_server(bind):
    """Make the index, or leave it where the role may not bring in what it needs: then every word is read."""
    try:
        with bind.begin_nested():
            bind.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except sa.exc.DBAPIError as fault:
        print(f"Search by words stays slow: the extension pg_trgm is not to be had ({fault.orig}). "  # noqa: T201  for whoever upgrades
              "Let a superuser type CREATE EXTENSION pg_trgm; docs/operate.md says what then.")
        return
    bind.exec_driver_sql("CREATE INDEX idx_report_words_grams ON report_words USING gin ((told || rest) gin_trgm_ops)")


def downgrade():
    embedded = op.get_bind().dialect.name != "postgresql"
    for name in ("report_words_go", "report_words_gone"):
        op.execute(f"DROP TRIGGER {name}" if embedded else f"DROP FUNCTION {name}() CASCADE")
    if embedded:
        op.execute("DROP TABLE report_words_index")
    for name in ("report_unread", "report_words"):
        op.drop_table(name)
