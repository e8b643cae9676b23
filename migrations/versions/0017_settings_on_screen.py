"""Why a version of the city was made, and the stamp of its logo."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"


def upgrade():
    op.add_column("city_version", sa.Column("reason", sa.Text, nullable=False, server_default=""))
    op.add_column("city", sa.Column("logo_stamp", sa.String(12), nullable=False, server_default=""))


def downgrade():
    op.drop_column("city", "logo_stamp")
    op.drop_column("city_version", "reason")
