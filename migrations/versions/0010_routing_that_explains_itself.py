"""More conditions for rules, who made each version, drafts; and the things of a city that lie near a report."""

import sqlalchemy as sa
from alembic import op

from civicconnect import geo
from civicconnect.db.base import UtcInstant

revision = "0010"
down_revision = "0009"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def text(name, length, **more):
    return sa.Column(name, sa.String(length), nullable=False, **more)


def upgrade():
    op.add_column("routing_rule", sa.Column("conditions", sa.JSON(), nullable=False, server_default="{}"))
    op.create_table(
        "routing_version", sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("made_at", UtcInstant(), nullable=False), text("made_by", 120), text("reason", 500),
        sa.Column("restores", sa.Integer()),
    )
    op.create_table(
        "routing_draft", text("made_by", 120, primary_key=True),
        sa.Column("based_on", sa.Integer(), nullable=False), sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("changed_at", UtcInstant(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
    )
    op.create_table(
        "asset", sa.Column("id", BIG, primary_key=True), text("layer", 40), text("code", 80),
        text("owner", 80), text("name", 200), sa.Column("changed_at", UtcInstant(), nullable=False),
    )
    op.create_index("ix_asset_layer", "asset", ["layer"])
    geo.add_shape(op, "asset", "shape", "GEOMETRY")


def downgrade():
    geo.drop_shape(op, "asset", "shape")
    for table in ("asset", "routing_draft", "routing_version"):
        op.drop_table(table)
    geo.drop_column(op, "routing_rule", "conditions")
