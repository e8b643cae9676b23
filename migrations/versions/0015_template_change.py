"""What was changed of the words that staff start from: by whom, when, and what stood there before."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0012"

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade():
    op.create_table(
        "template_change",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("code", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
    )
    op.create_index("ix_template_change_code", "template_change", ["code"])


def downgrade():
    op.drop_table("template_change")
