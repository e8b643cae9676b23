"""The inbox for letters that wait for a person, the partners that may post reports, and who may enter them."""

import sqlalchemy as sa
from alembic import op

from civicconnect.db.base import UtcInstant

revision = "0004"
down_revision = "0003"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ENTER = ",enter"  # permissions stand in one text, with commas between


def key():
    return sa.Column("id", BIG, primary_key=True)


def text(name, length=None):
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=False)


def points_at(name, target, table="incoming"):
    return sa.Column(name, BIG, sa.ForeignKey(target, name=f"fk_{table}_{name}"))


def upgrade():
    op.create_table(
        "partner", key(), text("name", 40), sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("made_at", UtcInstant(), nullable=False), sa.UniqueConstraint("name", name="uq_partner_name"),
    )
    op.create_table(
        "incoming", key(), text("source", 12), sa.Column("received_at", UtcInstant(), nullable=False),
        text("message", 64), text("fingerprint", 64), points_at("contact_id", "contact.id"),
        text("subject"), text("words"), text("service", 80), text("address"), text("state", 8), text("reason"),
        sa.Column("decided_at", UtcInstant()), text("decided_by", 80), points_at("report_number", "report.number"),
        sa.UniqueConstraint("message", name="uq_incoming_message"),
        sa.CheckConstraint("(state = 'taken') = (report_number IS NOT NULL)", name=op.f("ck_incoming_taken_has_report")),
    )
    op.create_index("ix_incoming_state", "incoming", ["state", "received_at"])
    op.create_table(
        "incoming_photo",
        sa.Column("incoming_id", BIG, sa.ForeignKey("incoming.id", name="fk_incoming_photo_incoming_id"), primary_key=True, autoincrement=False),
        sa.Column("digest", sa.String(64), primary_key=True), sa.Column("position", sa.Integer, nullable=False),
    )
    op.create_index("ix_incoming_photo_digest", "incoming_photo", ["digest"])
    op.execute(f"UPDATE role SET permissions = permissions || '{ENTER}' "  # noqa: S608  a word of ours
               f"WHERE name IN ('staff', 'supervisor', 'admin') AND permissions NOT LIKE '%{ENTER}%'")


def downgrade():
    op.execute(f"UPDATE role SET permissions = replace(permissions, '{ENTER}', '')")  # noqa: S608
    for table in ("incoming_photo", "incoming", "partner"):
        op.drop_table(table)
