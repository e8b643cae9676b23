"""Streets, houses by number, and corners, for the search of addresses; made of what stands there.

The column `address.words` stays for the release before this one, which searches in it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from civicconnect import geo

revision = "0003"
down_revision = "0002"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def degrees(name):
    return sa.Column(name, sa.Double, nullable=False)


def street(name):
    return sa.Column(name, sa.Integer, sa.ForeignKey("street.id", name=f"fk_corner_{name}"), nullable=False)


def upgrade():
    op.drop_index("ix_address_words", "address")
    op.create_table(
        "street", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(200), nullable=False), sa.Column("houses", sa.Integer, nullable=False),
        sa.Column("is_drawn", sa.Boolean, nullable=False), degrees("lat"), degrees("long"),
    )
    op.create_table(
        "house", sa.Column("address_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("street_id", sa.Integer, nullable=False), sa.Column("number", sa.Integer, nullable=False),
    )
    op.create_index("ix_house_street_id_number", "house", ["street_id", "number"])
    op.create_table("corner", sa.Column("id", BIG, primary_key=True), street("one_id"), street("other_id"),
                    degrees("lat"), degrees("long"))
    op.create_index("ix_corner_one_id_other_id", "corner", ["one_id", "other_id"])
    op.create_table(
        "gazetteer", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("addresses", sa.String(64), nullable=False), sa.Column("lines", sa.String(64), nullable=False),
    )
    with Session(op.get_bind()) as db:
        geo.remake(db)
        db.flush()


def downgrade():
    for table in ("gazetteer", "corner", "house", "street"):
        op.drop_table(table)
    op.create_index("ix_address_words", "address", ["words"])
