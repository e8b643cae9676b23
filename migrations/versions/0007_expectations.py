"""Within what time reports of a service are usually done."""

import sqlalchemy as sa
from alembic import op

from civicconnect.db.base import UtcInstant

revision = "0007"
down_revision = "0006"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade():
    op.create_table(
        "expectation",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("service", sa.String(80), nullable=False),
        sa.Column("area", sa.String(130), nullable=False),
        sa.Column("of", sa.String(8), nullable=False),
        sa.Column("reports", sa.Integer, nullable=False),
        sa.Column("half_hours", sa.Double),
        sa.Column("eight_hours", sa.Double),
        sa.Column("since", UtcInstant(), nullable=False),
        sa.Column("until", UtcInstant(), nullable=False),
        sa.Column("judged", sa.Integer, nullable=False),
        sa.Column("held", sa.Integer, nullable=False),
        sa.Column("holds", sa.Boolean, nullable=False),
        sa.UniqueConstraint("service", "area", name="uq_expectation_service_area"),
        sa.CheckConstraint("held <= judged", name=op.f("ck_expectation_held_were_judged")),
    )


def downgrade():
    op.drop_table("expectation")
