"""Who staff are at the city's provider, and what signs them out there."""

import sqlalchemy as sa
from alembic import op

from civicconnect.db.base import UtcInstant

revision = "0020"
down_revision = "0019"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade():
    op.create_table(
        "identity", sa.Column("id", BIG, primary_key=True),
        sa.Column("staff_id", BIG, sa.ForeignKey("staff.id", name="fk_identity_staff_id", ondelete="CASCADE"), nullable=False),
        sa.Column("issuer", sa.String(255), nullable=False), sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("decides", sa.JSON(), nullable=False), sa.Column("made_at", UtcInstant(), nullable=False),
        sa.Column("used_at", UtcInstant(), nullable=False),
        sa.UniqueConstraint("issuer", "subject", name="uq_identity_issuer"),
        sa.UniqueConstraint("staff_id", "issuer", name="uq_identity_staff_id"))
    op.create_table(
        "sign_on_farewell",
        sa.Column("session_id", BIG, sa.ForeignKey("staff_session.id", name="fk_sign_on_farewell_session_id", ondelete="CASCADE"),
                  primary_key=True, nullable=False, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False))


def downgrade():
    op.drop_table("sign_on_farewell")
    op.drop_table("identity")
