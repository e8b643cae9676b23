"""Indexes that are read alone: a department's open reports, all of its reports, and what lies in an area."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

OPEN = sa.text("status <> 'closed'")
BEFORE = ["due_at", "received_at", "number", "department_id", "service_id", "status", "updated_at"]
NOW = ["department_id", "due_at", "number", "service_id", "status", "updated_at", "received_at"]


def upgrade():
    lead_with(NOW, ["area_id", "report_number"], ["department_id", "updated_at", "number", "status"])


def downgrade():
    lead_with(BEFORE, ["area_id"], ["department_id", "status", "due_at"])


def lead_with(open_ones, in_areas, all_of_them):
    op.drop_index("ix_report_open", "report")
    op.create_index("ix_report_open", "report", open_ones, postgresql_where=OPEN, sqlite_where=OPEN)
    op.drop_index("ix_report_area_area_id", "report_area")
    op.create_index("ix_report_area_area_id", "report_area", in_areas)
    op.drop_index("ix_report_queue", "report")
    op.create_index("ix_report_queue", "report", all_of_them)
