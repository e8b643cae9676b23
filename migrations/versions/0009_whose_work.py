"""Whose work a report is within its department."""

import sqlalchemy as sa
from alembic import op

from civicconnect import geo

revision = "0009"
down_revision = "0008"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
GIVEN = sa.text("assigned_to IS NOT NULL")


def upgrade():
    op.add_column("report", sa.Column("assigned_to", BIG))
    op.add_column("report", sa.Column("team", sa.String(40), nullable=False, server_default=""))
    op.create_index("ix_report_assigned", "report", ["assigned_to", "due_at"],
                    postgresql_where=GIVEN, sqlite_where=GIVEN)


def downgrade():
    op.drop_index("ix_report_assigned", "report")
    for column in ("team", "assigned_to"):
        geo.drop_column(op, "report", column)
