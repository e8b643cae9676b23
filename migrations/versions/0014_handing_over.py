"""Questions to residents, contractors and what they were given, hops between departments, tasks, escalation."""

import sqlalchemy as sa
from alembic import op

from civicconnect import geo
from civicconnect.db.base import UtcInstant

revision = "0014"
down_revision = "0013"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
SUPERVISE = ",supervise"  # permissions stand in one text, with commas between


def key():
    return sa.Column("id", BIG, primary_key=True)


def text(name, length=None):
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=False)


def instant(name, nullable=False):
    return sa.Column(name, UtcInstant(), nullable=nullable)


def flag(name):
    return sa.Column(name, sa.Boolean(), nullable=False)


def pointing(name, table, column, to, nullable=False):
    target = sa.ForeignKey(to, name=f"fk_{table}_{column}")
    return sa.Column(name, BIG, target, nullable=nullable)


def some(name, table, columns, where, unique=False):
    op.create_index(name, table, columns, unique=unique, postgresql_where=sa.text(where),
                    sqlite_where=sa.text(where))


def upgrade():
    op.add_column("report", sa.Column("answered_at", UtcInstant()))
    op.add_column("report", sa.Column("hops", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("report", sa.Column("owner_settled", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "question", key(), pointing("report_number", "question", "report_number", "report.number"),
        sa.Column("seq", sa.Integer(), nullable=False), instant("asked_at"), instant("answer_by"), instant("next_at"),
        text("was", 16), flag("to_all"), text("state", 8),
        sa.UniqueConstraint("report_number", "seq", name="uq_question_report_number_seq"),
    )
    some("ix_question_open", "question", ["next_at"], "state = 'open'")
    op.create_table(
        "task", key(), text("kind", 16), pointing("report_number", "task", "report_number", "report.number"),
        sa.Column("seq", sa.Integer(), nullable=False),
        pointing("department_id", "task", "department_id", "department.id"),
        text("role", 40), sa.Column("facts", sa.JSON(), nullable=False), instant("made_at"),
        instant("done_at", nullable=True), text("done_by", 80),
    )
    some("uq_task_open", "task", ["report_number", "kind", "role"], "done_at IS NULL", unique=True)
    some("ix_task_open", "task", ["made_at", "department_id", "role"], "done_at IS NULL")
    op.create_table(
        "contractor", key(), pointing("department_id", "contractor", "department_id", "department.id"),
        text("name", 120), text("email", 200), text("language", 12), flag("trusted"), flag("active"),
        instant("made_at"), text("made_by", 80),
    )
    op.create_index("ix_contractor_department_id", "contractor", ["department_id"])
    op.create_table(
        "commission", key(), pointing("contractor_id", "commission", "contractor_id", "contractor.id"),
        pointing("report_number", "commission", "report_number", "report.number"),
        sa.Column("seq", sa.Integer(), nullable=False), text("nonce", 32), text("token_hash", 64), text("words"),
        sa.Column("due_on", sa.Date(), nullable=False), flag("with_words"), flag("with_photos"), text("state", 8),
        instant("made_at"), text("made_by", 80), instant("expires_at"), instant("ended_at", nullable=True),
        sa.UniqueConstraint("token_hash", name="uq_commission_token_hash"),
    )
    some("uq_commission_open", "commission", ["report_number"], "ended_at IS NULL", unique=True)
    op.create_table(
        "escalation_rule", key(), text("code", 80), sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.UniqueConstraint("code", name="uq_escalation_rule_code"),
    )
    op.create_table(
        "escalation", key(), pointing("report_number", "escalation", "report_number", "report.number"),
        text("rule", 80), sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False), instant("at", nullable=True),
        sa.UniqueConstraint("report_number", "rule", name="uq_escalation_report_number_rule"),
    )
    some("ix_escalation_due", "escalation", ["at"], "at IS NOT NULL")
    op.create_table(
        "outside_owner", key(), text("code", 80), sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.UniqueConstraint("code", name="uq_outside_owner_code"),
    )
    op.add_column("delivery", sa.Column("staff_id", BIG))
    op.add_column("delivery", sa.Column("commission_id", BIG))
    some("ix_delivery_staff", "delivery", ["staff_id"], "state = 'waiting' AND staff_id IS NOT NULL")
    op.execute(f"UPDATE role SET permissions = permissions || '{SUPERVISE}' "  # noqa: S608  a word of ours
               f"WHERE name IN ('supervisor', 'admin') AND permissions NOT LIKE '%{SUPERVISE}%'")


def downgrade():
    op.execute(f"UPDATE role SET permissions = replace(permissions, '{SUPERVISE}', '')")  # noqa: S608
    op.drop_index("ix_delivery_staff", "delivery")
    for column in ("commission_id", "staff_id"):
        geo.drop_column(op, "delivery", column)
    for table in ("outside_owner", "escalation", "escalation_rule", "commission", "contractor", "task", "question"):
        op.drop_table(table)
    for column in ("owner_settled", "hops", "answered_at"):
        geo.drop_column(op, "report", column)
