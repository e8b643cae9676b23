"""Whom a report affects, who is told of it, what they found afterwards, and each letter to them."""

import sqlalchemy as sa
from alembic import op

from civicconnect import geo
from civicconnect.db.base import UtcInstant

revision = "0006"
down_revision = "0005"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def key():
    return sa.Column("id", BIG, primary_key=True)


def text(name, length=None):
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=False)


def points_at(name, target, table, **more):
    return sa.Column(name, BIG, sa.ForeignKey(target, name=f"fk_{table}_{name}"), **more)


def instant(name, **more):
    return sa.Column(name, UtcInstant(), **more)


def upgrade():
    op.add_column("report", sa.Column("people", sa.Integer, nullable=False, server_default="1"))
    op.add_column("report_photo", sa.Column("stage", sa.String(8), nullable=False, server_default="report"))
    op.add_column("report_photo", sa.Column("likeness", sa.BigInteger))
    op.create_table(
        "report_follower", key(), points_at("report_number", "report.number", "report_follower", nullable=False),
        text("person", 64), text("role", 8), points_at("contact_id", "contact.id", "report_follower"),
        text("language", 12), instant("since", nullable=False), sa.Column("is_told", sa.Boolean, nullable=False),
        sa.UniqueConstraint("report_number", "person", name="uq_report_follower_report_number_person"),
    )
    op.create_index("ix_report_follower_person", "report_follower", ["person"])
    op.create_index("ix_report_follower_contact_id", "report_follower", ["contact_id"])
    op.create_table(
        "report_verdict",
        points_at("report_number", "report.number", "report_verdict", primary_key=True, autoincrement=False),
        sa.Column("closing", sa.Integer, primary_key=True, autoincrement=False),
        points_at("follower_id", "report_follower.id", "report_verdict", primary_key=True, autoincrement=False),
        text("says", 12), instant("at", nullable=False),
    )
    op.create_table(
        "delivery", key(), points_at("report_number", "report.number", "delivery", nullable=False),
        sa.Column("seq", sa.Integer, nullable=False), text("person", 64), text("channel", 12),
        points_at("follower_id", "report_follower.id", "delivery"),
        text("state", 8), sa.Column("tries", sa.Integer, nullable=False), instant("made_at", nullable=False),
        instant("sent_at"), text("error"),
        sa.UniqueConstraint("report_number", "seq", "person", "channel",
                            name="uq_delivery_report_number_seq_person_channel"),
    )
    op.create_index("ix_delivery_person", "delivery", ["person"])


def downgrade():
    for table in ("delivery", "report_verdict", "report_follower"):
        op.drop_table(table)
    for table, column in (("report_photo", "likeness"), ("report_photo", "stage"), ("report", "people")):
        geo.drop_column(op, table, column)
