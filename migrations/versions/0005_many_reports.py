"""What a queue, a count and a wide map of a million reports are read from."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
OPEN = sa.text("status <> 'closed'")
GRID_DEGREES, NOWHERE = 0.0025, -1_000_000
BLOCK_DEGREES = GRID_DEGREES / 9
# What stands there already, counted as reports/squares.py counts what comes.
TOLD = f"""
    SELECT service_id, department_id, status <> 'closed' AS is_open, visibility = 'public' AS is_public,
           CASE WHEN place_told = 'rounded' THEN (floor(y / {GRID_DEGREES}) + 0.5) * {GRID_DEGREES} ELSE y END AS lat,
           CASE WHEN place_told = 'rounded' THEN (floor(x / {GRID_DEGREES}) + 0.5) * {GRID_DEGREES} ELSE x END AS long
    FROM (SELECT service_id, department_id, status, place_told, visibility,
                 CASE WHEN visibility = 'public' AND place_told IN ('exact', 'rounded') THEN ST_X(place) END AS x,
                 CASE WHEN visibility = 'public' AND place_told IN ('exact', 'rounded') THEN ST_Y(place) END AS y
          FROM report) AS placed
"""  # noqa: S608
SUMS = ("count(*), coalesce(sum(CAST(round(lat * 1000000) AS BIGINT)), 0), "
        "coalesce(sum(CAST(round(long * 1000000) AS BIGINT)), 0)")
SQUARES = f"""
    INSERT INTO report_square (east, north, service_id, department_id, is_open, is_public, reports, lats, longs)
    SELECT CASE WHEN long IS NULL THEN {NOWHERE} ELSE CAST(floor(long / {GRID_DEGREES}) AS INTEGER) END,
           CASE WHEN long IS NULL THEN {NOWHERE} ELSE CAST(floor(lat / {GRID_DEGREES}) AS INTEGER) END,
           service_id, department_id, is_open, is_public, {SUMS}
    FROM ({TOLD}) AS told GROUP BY 1, 2, service_id, department_id, is_open, is_public
"""  # noqa: S608
BLOCKS = f"""
    INSERT INTO report_block (east, north, is_open, reports, lats, longs)
    SELECT CASE WHEN long IS NULL THEN {NOWHERE} ELSE CAST(floor(long / {BLOCK_DEGREES!r}) AS INTEGER) END,
           CASE WHEN long IS NULL THEN {NOWHERE} ELSE CAST(floor(lat / {BLOCK_DEGREES!r}) AS INTEGER) END, is_open, {SUMS}
    FROM ({TOLD}) AS told WHERE is_public GROUP BY 1, 2, is_open
"""  # noqa: S608


def points_at(name, target):
    return sa.Column(name, BIG, sa.ForeignKey(target, name=f"fk_report_square_{name}"), primary_key=True,
                     autoincrement=False)


def upgrade():
    op.create_index("ix_report_open", "report",
                    ["due_at", "received_at", "number", "department_id", "service_id", "status", "updated_at"],
                    postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_index("ix_report_service", "report", ["service_id", "received_at"])
    op.drop_index("ix_report_service_id", "report")
    op.create_table(
        "report_square",
        sa.Column("east", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("north", sa.Integer, primary_key=True, autoincrement=False),
        points_at("service_id", "service.id"), points_at("department_id", "department.id"),
        sa.Column("is_open", sa.Boolean, primary_key=True), sa.Column("is_public", sa.Boolean, primary_key=True),
        sa.Column("reports", sa.Integer, nullable=False),
        sa.Column("lats", sa.BigInteger, nullable=False), sa.Column("longs", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "report_block",
        sa.Column("east", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("north", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("is_open", sa.Boolean, primary_key=True), sa.Column("reports", sa.Integer, nullable=False),
        sa.Column("lats", sa.BigInteger, nullable=False), sa.Column("longs", sa.BigInteger, nullable=False),
    )
    op.execute(SQUARES)
    op.execute(BLOCKS)


def downgrade():
    op.drop_table("report_block")
    op.drop_table("report_square")
    op.create_index("ix_report_service_id", "report", ["service_id"])
    for name in ("ix_report_service", "ix_report_open"):
        op.drop_index(name, "report")
