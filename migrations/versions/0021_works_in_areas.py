"""In which areas a planned work lies, for those who work in some areas; and what a form made, to make it once."""

import json

import sqlalchemy as sa
from alembic import op

from civicconnect.db.base import UtcInstant

revision = "0021"
down_revision = "0020"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TOUCHED = sa.text("SELECT id FROM area WHERE ST_Intersects(shape, ST_GeomFromText(:shape, 4326))")
CALLED = sa.text("SELECT id FROM area WHERE layer = :layer AND code = :code")


def upgrade():
    op.create_table(
        "planned_work_area",
        sa.Column("work_id", BIG, sa.ForeignKey("planned_work.id", name="fk_planned_work_area_work_id"),
                  primary_key=True),
        sa.Column("area_id", BIG, sa.ForeignKey("area.id", name="fk_planned_work_area_area_id"),
                  primary_key=True),
    )
    op.create_index("ix_planned_work_area_area_id", "planned_work_area", ["area_id"])
    op.create_table(
        "made_once",
        sa.Column("made_by", sa.String(80), primary_key=True), sa.Column("form", sa.String(36), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False), sa.Column("made", BIG, nullable=False),
        sa.Column("at", UtcInstant(), nullable=False),
    )
    fill(op.get_bind())


def fill(connection):
    """Say where the works lie that are written down already: few, and each asked of the map once."""
    work = sa.table("planned_work", *map(sa.column, ("id", "area", "points", "is_line")))
    lies = sa.table("planned_work_area", sa.column("work_id"), sa.column("area_id"))
    for number, area, points, is_line in connection.execute(sa.select(work)).all():
        told = json.loads(points) if isinstance(points, str) else points
        if area:
            layer, _, code = area.partition(":")
            found = set(connection.execute(CALLED, {"layer": layer, "code": code}).scalars())
        else:
            spots = [f"{long} {lat}" for lat, long in told]
            shapes = ([f"LINESTRING({', '.join(spots)})"] if is_line and len(spots) > 1
                      else [f"POINT({spot})" for spot in spots])
            found = {one for shape in shapes for one in connection.execute(TOUCHED, {"shape": shape}).scalars()}
        if found:
            connection.execute(lies.insert(), [{"work_id": number, "area_id": one} for one in sorted(found)])


def downgrade():
    op.drop_table("made_once")
    op.drop_table("planned_work_area")
