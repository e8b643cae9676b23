"""Rounds through the city, their stops, and the steps that were taken there, each under a key of its own."""

import sqlalchemy as sa
from alembic import op

from civicconnect.db.base import UtcInstant

revision = "0016"
down_revision = "0015"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def key():
    return sa.Column("id", BIG, primary_key=True)


def text(name, length):
    return sa.Column(name, sa.String(length), nullable=False)


def instant(name, nullable=True):
    return sa.Column(name, UtcInstant(), nullable=nullable)


def of(table, name, target, nullable=False):
    return sa.Column(name, BIG, sa.ForeignKey(target, name=f"fk_{table}_{name}"), nullable=nullable)


def upgrade():
    op.create_table(
        "round", key(), of("round", "department_id", "department.id"), text("name", 80),
        sa.Column("day", sa.Date(), nullable=False), of("round", "staff_id", "staff.id", nullable=True),
        text("team", 40), sa.Column("lat", sa.Double()), sa.Column("long", sa.Double()), text("made_by", 80),
        instant("made_at", nullable=False), instant("started_at"), instant("finished_at"),
        sa.UniqueConstraint("staff_id", "day", name="uq_round_staff_id_day"),
        sa.CheckConstraint("staff_id IS NOT NULL OR team <> ''", name=op.f("ck_round_is_somebodys")),
    )
    op.create_index("ix_round_department_id_day", "round", ["department_id", "day"])
    op.create_table(
        "round_stop", key(), of("round_stop", "round_id", "round.id"),
        of("round_stop", "report_number", "report.number"), sa.Column("position", sa.Integer(), nullable=False),
        text("state", 12), instant("started_at"), instant("finished_at"),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.UniqueConstraint("round_id", "report_number", name="uq_round_stop_round_id_report_number"),
    )
    op.create_index("ix_round_stop_report_number", "round_stop", ["report_number"])
    op.create_table(
        "field_step", key(), sa.Column("key", sa.Uuid(), nullable=False),
        of("field_step", "stop_id", "round_stop.id"), of("field_step", "report_number", "report.number"),
        of("field_step", "staff_id", "staff.id"), text("kind", 12), text("fingerprint", 64),
        sa.Column("tapped", sa.BigInteger()), instant("occurred_at", nullable=False),
        instant("recorded_at", nullable=False),
        sa.Column("before", sa.Integer(), nullable=False), sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.UniqueConstraint("key", name="uq_field_step_key"),
    )
    op.create_index("ix_field_step_report_number", "field_step", ["report_number", "staff_id"])


def downgrade():
    for table in ("field_step", "round_stop", "round"):
        op.drop_table(table)
