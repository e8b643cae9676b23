"""What people flag, who is blocked, who sees a photo, what was blurred; and who may decide on all that."""

import sqlalchemy as sa
from alembic import op

from civicconnect import geo
from civicconnect.db.base import UtcInstant

revision = "0008"
down_revision = "0007"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MODERATE = ",moderate"  # permissions stand in one text, with commas between


def key():
    return sa.Column("id", BIG, primary_key=True)


def text(name, length=None):
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=False)


def instant(name, nullable=False):
    return sa.Column(name, UtcInstant(), nullable=nullable)


def some(name, table, column, where):
    op.create_index(name, table, [column], postgresql_where=sa.text(where), sqlite_where=sa.text(where))


def upgrade():
    op.add_column("report_photo", sa.Column("state", sa.String(8), nullable=False, server_default="shown"))
    op.add_column("report_photo", sa.Column("original", sa.String(64)))
    some("ix_report_photo_waiting", "report_photo", "report_number", "state = 'waiting'")
    some("ix_report_photo_original", "report_photo", "original", "original IS NOT NULL")
    op.create_table(
        "report_flag", key(),
        sa.Column("report_number", BIG, sa.ForeignKey("report.number", name="fk_report_flag_report_number"),
                  nullable=False),
        text("person", 64), text("reason", 12), text("words"), instant("at"), instant("decided_at", nullable=True),
        text("decided_by", 80),
        sa.UniqueConstraint("report_number", "person", name="uq_report_flag_report_number_person"),
    )
    some("ix_report_flag_open", "report_flag", "report_number", "decided_at IS NULL")
    op.create_table(
        "block", key(), text("person", 64), text("area", 160), instant("since"), instant("until"), text("reason"),
        instant("made_at"), text("made_by", 80), instant("removed_at", nullable=True), text("removed_by", 80),
        sa.CheckConstraint("(person = '') <> (area = '')", name=op.f("ck_block_person_or_area")),
        sa.CheckConstraint("since < until", name=op.f("ck_block_ends_after_it_begins")),
    )
    op.create_index("ix_block_person", "block", ["person"])
    op.execute(f"UPDATE role SET permissions = permissions || '{MODERATE}' "  # noqa: S608  a word of ours
               f"WHERE name IN ('supervisor', 'admin') AND permissions NOT LIKE '%{MODERATE}%'")


def downgrade():
    op.execute(f"UPDATE role SET permissions = replace(permissions, '{MODERATE}', '')")  # noqa: S608
    op.drop_table("block")
    op.drop_table("report_flag")
    for index in ("ix_report_photo_original", "ix_report_photo_waiting"):
        op.drop_index(index, "report_photo")
    for column in ("original", "state"):
        geo.drop_column(op, "report_photo", column)
