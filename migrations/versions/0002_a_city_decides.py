"""What a city decides, in full: privacy, priorities, templates, holidays, names of areas; and every version kept.

Every new column has a default, so that the release before this one can go on writing.
"""

import json as spelling

import sqlalchemy as sa
from alembic import op

from civicconnect import geo
from civicconnect.db.base import UtcInstant

revision = "0002"
down_revision = "0001"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
USUAL = {"icon": "", "priority": "normal", "visibility": "public", "place": "exact", "text": "public",
         "contact": "optional", "storm": "stops", "photos": 3, "stopper": []}


def text(name, length, default=""):
    return sa.Column(name, sa.String(length), nullable=False, server_default=default)


def json(name, default):
    return sa.Column(name, sa.JSON, nullable=False, server_default=spelling.dumps(default))


def whole(name):
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


def yes(name, default):
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.true() if default else sa.false())


ADDED = {
    "city": [lambda: text("logo_name", 20), lambda: sa.Column("logo", sa.LargeBinary)],
    "department": [lambda: text("phone", 60), lambda: whole("position")],
    "service_group": [lambda: text("icon", 40), lambda: yes("active", True)],
    "service": [lambda: json("choices", USUAL)],
    "calendar": [lambda: json("names", {}), lambda: text("holidays", 12), lambda: json("open", []),
                 lambda: yes("own_zone", False), lambda: whole("position"), lambda: yes("active", True)],
    "promise": [lambda: sa.Column("priority", sa.String(8)), lambda: text("note", 500)],
    "routing_rule": [lambda: text("note", 500)],
    "area": [lambda: json("names", {})],
    "report": [lambda: text("priority", 8, "normal"), lambda: text("place_told", 8, "exact"),
               lambda: yes("text_told", True)],
}


def upgrade():
    for table, columns in ADDED.items():
        for column in columns:
            op.add_column(table, column())
    op.create_table(
        "template", sa.Column("id", BIG, primary_key=True), sa.Column("code", sa.String(80), nullable=False),
        sa.Column("position", sa.Integer, nullable=False), sa.Column("facts", sa.JSON, nullable=False),
        sa.UniqueConstraint("code", name="uq_template_code"),
    )
    op.create_table(
        "city_file", sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "city_version", sa.Column("id", BIG, primary_key=True),
        sa.Column("made_at", UtcInstant(), nullable=False), sa.Column("made_by", sa.String(120), nullable=False),
        sa.Column("stamp", sa.String(64), nullable=False), sa.Column("files", sa.JSON, nullable=False),
        sa.Column("changes", sa.JSON, nullable=False),
    )


def downgrade():
    for table in ("city_version", "city_file", "template"):
        op.drop_table(table)
    for table, columns in reversed(ADDED.items()):
        for column in reversed(columns):
            geo.drop_column(op, table, column().name)
