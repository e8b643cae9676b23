"""People: areas they work in, sessions, links, codes and passkeys, what is audited, and more roles."""

import sqlalchemy as sa
from alembic import op

from civicconnect import geo
from civicconnect.db.base import UtcInstant

revision = "0011"
down_revision = "0010"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
# Permissions stand in one text, with commas between. Which role has them: civicconnect/accounts/people.py.
MORE = {
    "staff": ",contact,break_glass",
    "supervisor": ",contact,break_glass,audit",
    "admin": ",contact,break_glass,audit",
}
NEW = {"readonly": "queue", "inspector": "queue,step,note,break_glass", "auditor": "queue,see_all,audit"}
ROLES = sa.table("role", sa.column("id", BIG), sa.column("name", sa.String), sa.column("description", sa.String),
                 sa.column("permissions", sa.String))


def key():
    return sa.Column("id", BIG, primary_key=True)


def whose(table, *, is_key=False):
    foreign = sa.ForeignKey("staff.id", name=f"fk_{table}_staff_id", ondelete="CASCADE")
    return sa.Column("staff_id", BIG, foreign, primary_key=is_key, nullable=False, autoincrement=False)


def text(name, length=None, **options):
    return sa.Column(name, sa.String(length) if length else sa.Text(), **({"nullable": False} | options))


def instant(name, *, nullable=False):
    return sa.Column(name, UtcInstant(), nullable=nullable)


def upgrade():
    op.add_column("staff", sa.Column("by_link", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("staff", sa.Column("totp", sa.LargeBinary()))
    op.add_column("staff", sa.Column("totp_step", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table("staff_area", whose("staff_area", is_key=True), text("layer", 40, primary_key=True),
                    text("code", 80, primary_key=True))
    op.create_table(
        "staff_session", key(), whose("staff_session"), text("token", 64), text("way", 20), text("device", 200),
        instant("made_at"), instant("seen_at"), instant("ended_at", nullable=True),
        sa.UniqueConstraint("token", name="uq_staff_session_token"))
    op.create_table(
        "sign_link", key(), whose("sign_link"), text("purpose", 8), text("token", 64), instant("made_at"),
        instant("until"), instant("used_at", nullable=True),
        sa.UniqueConstraint("token", name="uq_sign_link_token"))
    op.create_table("recovery_code", whose("recovery_code", is_key=True), text("code", 64, primary_key=True),
                    instant("used_at", nullable=True))
    op.create_table(
        "passkey", key(), whose("passkey"), text("credential", 1400),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("uses", sa.BigInteger(), nullable=False), text("name", 80), instant("made_at"),
        instant("used_at", nullable=True), sa.UniqueConstraint("credential", name="uq_passkey_credential"))
    op.create_table("break_glass", key(), whose("break_glass"), sa.Column("report_number", BIG, nullable=False),
                    instant("at"), instant("until"))
    for table in ("staff_session", "sign_link", "passkey", "break_glass"):
        op.create_index(f"ix_{table}_staff_id", table, ["staff_id"])
    op.create_table("audit", key(), instant("at"), text("actor", 80), text("what", 40), text("about"),
                    sa.Column("facts", sa.JSON(), nullable=False))
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_actor", "audit", ["actor"])
    for name, more in MORE.items():
        op.execute(ROLES.update().where(ROLES.c.name == name).values(permissions=ROLES.c.permissions + more))
    known = set(op.get_bind().scalars(sa.select(ROLES.c.name)))
    if known:  # an installation in use: a new one writes all its roles with its first account
        op.bulk_insert(ROLES, [{"name": name, "description": name, "permissions": permissions}
                               for name, permissions in NEW.items() if name not in known])


def downgrade():
    for name, more in MORE.items():
        op.execute(ROLES.update().where(ROLES.c.name == name).values(
            permissions=sa.func.replace(ROLES.c.permissions, more, "")))
    given = sa.table("staff_role", sa.column("role_id", BIG))
    gone = sa.select(ROLES.c.id).where(ROLES.c.name.in_(NEW))
    op.execute(given.delete().where(given.c.role_id.in_(gone)))  # whoever had one may do nothing, and not more
    op.execute(ROLES.delete().where(ROLES.c.name.in_(NEW)))
    for table in ("audit", "break_glass", "passkey", "recovery_code", "sign_link", "staff_session", "staff_area"):
        op.drop_table(table)
    for column in ("totp_step", "totp", "by_link"):
        geo.drop_column(op, "staff", column)
