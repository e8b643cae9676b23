"""What belongs together: reports merged into a lead, parts of a report, events told in one letter, and works."""

import sqlalchemy as sa
from alembic import op

from civicconnect.db.base import UtcInstant

revision = "0013"
down_revision = "0012"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
GOES_ON = sa.text("ended_at IS NULL")
COVERED = sa.text("left_at IS NULL")


def text(name, length=None):
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=False)


def day(name):
    return sa.Column(name, sa.Date(), nullable=False)


def instant(name, nullable=False):
    return sa.Column(name, UtcInstant(), nullable=nullable)


def number(table, column, points_at="report.number", **more):
    return sa.Column(column, BIG, sa.ForeignKey(points_at, name=f"fk_{table}_{column}"), nullable=False, **more)


def upgrade():
    op.create_table(
        "report_merge", sa.Column("id", BIG, primary_key=True),
        number("report_merge", "child_number"), number("report_merge", "lead_number"),
        sa.Column("seq", sa.Integer(), nullable=False), sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("at", UtcInstant(), nullable=False), sa.Column("ended_at", UtcInstant()),
    )
    for name, column, unique in (("uq_report_merge_child", "child_number", True),
                                 ("ix_report_merge_lead", "lead_number", False)):
        op.create_index(name, "report_merge", [column], unique=unique,
                        postgresql_where=GOES_ON, sqlite_where=GOES_ON)
    op.create_table(
        "report_part", number("report_part", "child_number", primary_key=True),
        number("report_part", "parent_number"),
    )
    op.create_index("ix_report_part_parent_number", "report_part", ["parent_number"])
    op.create_table(
        "report_event_together",
        sa.Column("report_number", BIG, primary_key=True), sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("bundle", sa.String(32), nullable=False), sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["report_number", "seq"], ["report_event.report_number", "report_event.seq"],
                                name="fk_report_event_together_report_number_seq"),
    )
    op.create_index("ix_report_event_together_bundle", "report_event_together", ["bundle"])
    op.create_table(
        "planned_work", sa.Column("id", BIG, primary_key=True),
        number("planned_work", "department_id", "department.id"),
        text("title", 120), text("words"), day("begins"), day("ends"), text("area", 160), text("address"),
        sa.Column("points", sa.JSON(), nullable=False), sa.Column("is_line", sa.Boolean(), nullable=False),
        sa.Column("reach", sa.Integer(), nullable=False), sa.Column("services", sa.JSON(), nullable=False),
        text("state", 12), sa.Column("version", sa.Integer(), nullable=False), instant("made_at"),
        text("made_by", 80), instant("ended_at", nullable=True),
    )
    op.create_index("ix_planned_work_department_id_state", "planned_work", ["department_id", "state"])
    op.create_table(
        "planned_work_report", sa.Column("id", BIG, primary_key=True),
        number("planned_work_report", "work_id", "planned_work.id"),
        number("planned_work_report", "report_number"), instant("since"), instant("left_at", nullable=True),
    )
    op.create_index("ix_planned_work_report_work_id", "planned_work_report", ["work_id"])
    op.create_index("uq_planned_work_report", "planned_work_report", ["report_number"], unique=True,
                    postgresql_where=COVERED, sqlite_where=COVERED)


def downgrade():
    for table in ("planned_work_report", "planned_work", "report_event_together", "report_part", "report_merge"):
        op.drop_table(table)
