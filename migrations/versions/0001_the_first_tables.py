"""The first tables: a city, its catalogue, staff, jobs, reports and their timelines."""

import sqlalchemy as sa
from alembic import op

from civicconnect import geo
from civicconnect.db.base import UtcInstant

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JSON = sa.JSON()


def key():
    return sa.Column("id", BIG, primary_key=True)


def text(name, length, null=False):
    return sa.Column(name, sa.String(length), nullable=null)


def instant(name, null=False):
    return sa.Column(name, UtcInstant(), nullable=null)


def json(name):
    return sa.Column(name, JSON, nullable=False)


def upgrade():
    geo.install(op.get_bind())
    op.create_table("city", key(), text("slug", 60), text("stamp", 64), json("facts"), sa.UniqueConstraint("slug", name="uq_city_slug"))
    op.create_table("calendar", key(), text("code", 40), text("zone", 60), json("week"), json("closed"), sa.UniqueConstraint("code", name="uq_calendar_code"))
    op.create_table("promise", key(), text("service", 80), text("area", 130, null=True), sa.Column("hours", sa.Double, nullable=False), sa.CheckConstraint("hours > 0", name=op.f("ck_promise_hours_positive")))
    op.create_index("ix_promise_service", "promise", ["service"])
    op.create_table("department", key(), text("code", 80), json("name"), text("calendar", 40), text("email", 200), sa.Column("active", sa.Boolean, nullable=False), sa.UniqueConstraint("code", name="uq_department_code"))
    op.create_table("service_group", key(), text("code", 80), json("name"), sa.Column("position", sa.Integer, nullable=False), sa.UniqueConstraint("code", name="uq_service_group_code"))
    op.create_table(
        "service", key(), text("code", 80),
        sa.Column("group_id", BIG, sa.ForeignKey("service_group.id", name="fk_service_group_id"), nullable=False),
        sa.Column("department_id", BIG, sa.ForeignKey("department.id", name="fk_service_department_id"), nullable=False),
        json("name"), json("hint"), json("keywords"), json("questions"),
        sa.Column("position", sa.Integer, nullable=False), sa.Column("active", sa.Boolean, nullable=False),
        sa.UniqueConstraint("code", name="uq_service_code"),
    )
    op.create_table(
        "routing_rule", key(), sa.Column("version", sa.Integer, nullable=False), sa.Column("position", sa.Integer, nullable=False),
        instant("made_at"), text("code", 80), text("department", 80), json("services"), text("area", 130, null=True), json("answers"),
        sa.UniqueConstraint("version", "position", name="uq_routing_rule_version_position"),
    )
    _ground()
    _people()
    _jobs()
    _reports()


def _ground():
    op.create_table(
        "area", key(), text("layer", 40), text("code", 80), text("name", 200),
        sa.Column("valid_from", sa.Date), sa.Column("valid_to", sa.Date), instant("changed_at"),
    )
    op.create_index("ix_area_layer_code", "area", ["layer", "code"])
    geo.add_shape(op, "area", "shape", "MULTIPOLYGON")
    op.create_table("address", key(), text("street", 200), text("number", 20), text("words", 220))
    op.create_index("ix_address_words", "address", ["words"])
    geo.add_shape(op, "address", "place", "POINT")
    op.create_table("map_shape", key(), text("kind", 20), text("name", 200))
    geo.add_shape(op, "map_shape", "shape", "GEOMETRY")


def _people():
    op.create_table("role", key(), text("name", 80), text("description", 200, null=True), sa.Column("permissions", sa.Text), sa.UniqueConstraint("name", name="uq_role_name"))
    op.create_table(
        "staff", key(), text("email", 255), text("password", 255, null=True), text("name", 120),
        sa.Column("active", sa.Boolean, nullable=False), text("fs_uniquifier", 64),
        sa.UniqueConstraint("email", name="uq_staff_email"), sa.UniqueConstraint("fs_uniquifier", name="uq_staff_fs_uniquifier"),
    )
    for table, other in (("staff_role", "role"), ("staff_department", "department")):
        gone = "CASCADE" if other == "role" else None
        op.create_table(
            table,
            sa.Column("staff_id", BIG, sa.ForeignKey("staff.id", name=f"fk_{table}_staff_id", ondelete="CASCADE"), primary_key=True),
            sa.Column(f"{other}_id", BIG, sa.ForeignKey(f"{other}.id", name=f"fk_{table}_{other}_id", ondelete=gone), primary_key=True),
        )
    op.create_table("contact", key(), sa.Column("sealed", sa.LargeBinary, nullable=False), text("email_hash", 64, null=True), instant("made_at"))
    op.create_index("ix_contact_email_hash", "contact", ["email_hash"])


def _jobs():
    op.create_table(
        "job", key(), text("kind", 40), json("payload"), text("dedupe_key", 200, null=True), text("state", 8), instant("due_at"),
        sa.Column("attempts", sa.Integer, nullable=False), text("worker", 80, null=True), instant("leased_until", null=True),
        instant("done_at", null=True), sa.Column("error", sa.Text),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index("uq_job_waiting_key", "job", ["dedupe_key"], unique=True, postgresql_where=waiting, sqlite_where=waiting)
    op.create_index("ix_job_next", "job", ["state", "due_at"])
    op.create_table("worker_beat", sa.Column("worker", sa.String(80), primary_key=True), instant("seen_at"))


def _reports():
    number = sa.Column("number", BIG, primary_key=True)
    op.create_table(
        "report", number, sa.Column("id", sa.Uuid, nullable=False), text("reference", 12), text("fingerprint", 64),
        sa.Column("service_id", BIG, sa.ForeignKey("service.id", name="fk_report_service_id"), nullable=False),
        sa.Column("department_id", BIG, sa.ForeignKey("department.id", name="fk_report_department_id"), nullable=False),
        sa.Column("contact_id", BIG, sa.ForeignKey("contact.id", name="fk_report_contact_id")),
        sa.Column("address", sa.Text, nullable=False), sa.Column("description", sa.Text, nullable=False), json("answers"),
        text("language", 12), text("source", 40), text("external_id", 120, null=True), text("status", 16), text("outcome", 16, null=True),
        text("visibility", 8), text("verification", 20), json("why"), instant("received_at"), instant("due_at", null=True),
        instant("first_response_at", null=True), instant("closed_at", null=True), instant("updated_at"),
        sa.Column("events", sa.Integer, nullable=False), text("head", 64),
        sa.UniqueConstraint("id", name="uq_report_id"), sa.UniqueConstraint("reference", name="uq_report_reference"),
        sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_report_closed_has_time")),
    )
    geo.add_shape(op, "report", "place", "POINT")
    for columns in (["department_id", "status", "due_at"], ["service_id"], ["external_id"], ["received_at"], ["updated_at"]):
        name = "ix_report_queue" if len(columns) > 1 else f"ix_report_{columns[0]}"
        op.create_index(name, "report", columns)
    op.create_table(
        "report_event",
        sa.Column("report_number", BIG, sa.ForeignKey("report.number", name="fk_report_event_report_number"), primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False), text("verb", 24), instant("occurred_at"), instant("recorded_at"),
        text("source", 40), text("actor", 80), sa.Column("public", sa.Boolean, nullable=False), text("status", 16), json("facts"),
        text("commitment", 64), text("hash", 64),
    )
    op.create_index("ix_report_event_recorded_at", "report_event", ["recorded_at"])
    op.create_table(
        "report_event_text",
        sa.Column("report_number", BIG, primary_key=True, autoincrement=False), sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("salt", sa.LargeBinary, nullable=False), sa.Column("body", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["report_number", "seq"], ["report_event.report_number", "report_event.seq"], name="fk_report_event_text_event"),
    )
    op.create_table(
        "report_area",
        sa.Column("report_number", BIG, sa.ForeignKey("report.number", name="fk_report_area_report_number"), primary_key=True, autoincrement=False),
        sa.Column("area_id", BIG, sa.ForeignKey("area.id", name="fk_report_area_area_id"), primary_key=True, autoincrement=False),
    )
    op.create_index("ix_report_area_area_id", "report_area", ["area_id"])
    op.create_table(
        "report_photo",
        sa.Column("report_number", BIG, sa.ForeignKey("report.number", name="fk_report_photo_report_number"), primary_key=True, autoincrement=False),
        sa.Column("digest", sa.String(64), primary_key=True), sa.Column("position", sa.Integer, nullable=False),
        sa.Column("width", sa.Integer, nullable=False), sa.Column("height", sa.Integer, nullable=False),
    )


SHAPES = {"report": "place", "map_shape": "shape", "address": "place", "area": "shape"}


def downgrade():
    for table in (
        "report_photo", "report_area", "report_event_text", "report_event", "report", "worker_beat", "job", "contact",
        "staff_department", "staff_role", "staff", "role", "map_shape", "address", "area", "routing_rule", "service",
        "service_group", "department", "promise", "calendar", "city",
    ):
        if table in SHAPES:
            geo.drop_shape(op, table, SHAPES[table])
        op.drop_table(table)
