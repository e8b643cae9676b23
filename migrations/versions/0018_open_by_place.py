"""In which square an open report lies, so that those around a place are found among millions."""

import sqlalchemy as sa
from alembic import op

from civicconnect import geo

revision = "0018"
down_revision = "0017"

SOUGHT = ["cell", "service_id", "received_at", "place_told", "visibility", "status", "number"]
OPEN = sa.text("status <> 'closed'")
# As geo.cell_of counts; a test compares both.
CELL = ("(CAST(floor(ST_X(place) / 0.0025) AS bigint) + 131072) * 262144 "
        "+ CAST(floor(ST_Y(place) / 0.0025) AS bigint) + 131072")


def upgrade():
    op.add_column("report", sa.Column("cell", sa.BigInteger()))
    op.execute(f"UPDATE report SET cell = {CELL} WHERE place IS NOT NULL")  # noqa: S608  words of ours
    op.create_index("ix_report_open_cell", "report", SOUGHT, postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_index("ix_report_cell", "report", ["cell", "service_id", "received_at"])


def downgrade():
    op.drop_index("ix_report_cell", "report")
    op.drop_index("ix_report_open_cell", "report")
    geo.drop_column(op, "report", "cell")
