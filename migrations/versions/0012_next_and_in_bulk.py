"""In what order reports are looked at, views that are kept, and steps on many reports at once."""

import sqlalchemy as sa
from alembic import op

from civicconnect import geo
from civicconnect.db.base import UtcInstant

revision = "0012"
down_revision = "0011"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
DAY = 86400
# As civicconnect/queue/ranking.py says it; a test compares both.
WEIGHTS = (("due_at IS NULL", 30), ("priority = 'urgent'", -14), ("priority = 'high'", -3),
           ("priority = 'low'", 7), ("reopened", -7), ("answered", -3), ("people >= 3", -2),
           ("people >= 10", -3), ("status = 'waiting'", 30))
SECONDS = {
    "postgresql": "CAST(floor(extract(epoch FROM (coalesce(due_at, received_at) "
                  "- TIMESTAMPTZ '1970-01-01 00:00:00+00'))) AS bigint)",
    "sqlite": "CAST(strftime('%s', coalesce(due_at, received_at)) AS INTEGER)",
}
OPEN = sa.text("status <> 'closed'")
RANKED = ["rank", "number", "department_id", "service_id", "status", "due_at", "updated_at", "assigned_to",
          "priority"]


def rank(engine):
    cases = [f"CASE WHEN {when} THEN {days * DAY} ELSE 0 END" for when, days in WEIGHTS]
    how = "STORED" if engine == "postgresql" else "VIRTUAL"
    return f"BIGINT GENERATED ALWAYS AS ({' + '.join([SECONDS[engine], *cases])}) {how}"


def flag(name):
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


def instant(name, nullable=True):
    return sa.Column(name, UtcInstant(), nullable=nullable)


def to(name, table, column, nullable=False, **more):
    return sa.Column(name, BIG, sa.ForeignKey(f"{table}.{column}"), nullable=nullable, **more)


def upgrade():
    for name in ("reopened", "answered"):
        op.add_column("report", flag(name))
    again = "SELECT report_number FROM report_event WHERE verb IN ('reopen', 'dispute')"
    op.execute(f"UPDATE report SET reopened = true WHERE status <> 'closed' AND number IN ({again})")  # noqa: S608  words of ours
    op.execute("UPDATE report SET answered = true WHERE status <> 'closed' AND EXISTS (SELECT 1 FROM report_event e "
               "WHERE e.report_number = report.number AND e.seq = report.events AND e.verb = 'add')")
    op.execute(f"ALTER TABLE report ADD COLUMN rank {rank(op.get_bind().dialect.name)}")
    op.create_index("ix_report_rank", "report", RANKED, postgresql_where=OPEN, sqlite_where=OPEN)
    for name in ("reopened", "answered"):
        op.create_index(f"ix_report_{name}", "report", ["rank"], postgresql_where=sa.text(name),
                        sqlite_where=sa.text(f"{name} = 1"))
    op.create_table(
        "saved_view", sa.Column("id", BIG, primary_key=True), to("staff_id", "staff", "id", index=True),
        to("department_id", "department", "id", nullable=True, index=True),
        sa.Column("name", sa.String(60), nullable=False), sa.Column("query", sa.JSON, nullable=False),
        instant("made_at", nullable=False),
    )
    op.create_table(
        "bulk", sa.Column("id", BIG, primary_key=True), to("staff_id", "staff", "id", index=True),
        sa.Column("action", sa.String(12), nullable=False), sa.Column("given", sa.JSON, nullable=False),
        sa.Column("state", sa.String(8), nullable=False), instant("made_at", nullable=False),
        instant("started_at"), instant("finished_at"), instant("undo_until"),
    )
    op.create_table(
        "bulk_item", to("bulk_id", "bulk", "id", primary_key=True),
        to("report_number", "report", "number", primary_key=True),
        sa.Column("seen", sa.Integer, nullable=False), sa.Column("state", sa.String(8), nullable=False),
        sa.Column("seq", sa.Integer), sa.Column("before", sa.JSON), sa.Column("said", sa.JSON),
    )
    op.create_index("ix_bulk_item_state", "bulk_item", ["bulk_id", "state", "report_number"])


def downgrade():
    for table in ("bulk_item", "bulk", "saved_view"):
        op.drop_table(table)
    for name in ("rank", "reopened", "answered"):
        op.drop_index(f"ix_report_{name}", "report")
    for name in ("rank", "answered", "reopened"):
        geo.drop_column(op, "report", name)
