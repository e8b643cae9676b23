"""What we store of people. The columns of Staff and Role are those Flask-Security asks for."""

from __future__ import annotations

from flask_security import AsaList, RoleMixin, UserMixin
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from civicconnect.db import Base, Instant, Json, Key, Reference

staff_role = Table(
    "staff_role", Base.metadata,
    Column("staff_id", ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("role.id", ondelete="CASCADE"), primary_key=True),
)
staff_department = Table(
    "staff_department", Base.metadata,
    Column("staff_id", ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True),
    Column("department_id", ForeignKey("department.id"), primary_key=True),
)
# Its layer and code, not its id: an area that is drawn anew stays the part of the city somebody works in.
staff_area = Table(
    "staff_area", Base.metadata,
    Column("staff_id", ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True),
    Column("layer", String(40), primary_key=True),
    Column("code", String(80), primary_key=True),
)


class Role(Base, RoleMixin):
    """A name for a set of permissions."""

    __tablename__ = "role"
    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str | None] = mapped_column(String(200))
    permissions: Mapped[list[str]] = mapped_column(
        MutableList.as_mutable(AsaList()), nullable=True
    )


class Staff(Base, UserMixin):
    """Someone who signs in."""

    __tablename__ = "staff"
    id: Mapped[Key]
    email: Mapped[str] = mapped_column(String(255), unique=True)
    password: Mapped[str | None] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(120), default="")
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    # Whether they may ask for a link by e-mail instead of writing a password.
    by_link: Mapped[bool] = mapped_column(default=False, server_default=false())
    totp: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed secret of the codes an app shows
    totp_step: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")  # no code counts twice
    roles: Mapped[list[Role]] = relationship(  # type: ignore[assignment]  # narrower than theirs
        secondary=staff_role, lazy="selectin"
    )


class ContactRow(Base):
    """A resident's contact details, sealed. Found again by a keyed hash of the e-mail."""

    __tablename__ = "contact"
    id: Mapped[Key]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    email_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    made_at: Mapped[Instant]


class Partner(Base):
    """Another system that may send reports. Its key is sealed: we must know it to check a signature."""

    __tablename__ = "partner"
    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(40), unique=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[Instant]


class StaffSession(Base):
    """One browser in which somebody is signed in. What it holds is kept here only as a hash."""

    __tablename__ = "staff_session"
    id: Mapped[Key]
    staff_id: Mapped[Reference] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    way: Mapped[str] = mapped_column(String(20))  # how they signed in: a word of web.words.WAY
    device: Mapped[str] = mapped_column(String(200))  # as the browser calls itself
    made_at: Mapped[Instant]
    seen_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]


class SignLink(Base):
    """A link that lets somebody in once: an invitation, a sign-in by e-mail, or one made at the machine."""

    __tablename__ = "sign_link"
    id: Mapped[Key]
    staff_id: Mapped[Reference] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(8))  # invite, sign_in, by_hand
    token: Mapped[str] = mapped_column(String(64), unique=True)  # its hash
    made_at: Mapped[Instant]
    until: Mapped[Instant]
    used_at: Mapped[Instant | None]


class RecoveryCode(Base):
    """A code on paper that stands in, once, for the app that shows codes."""

    __tablename__ = "recovery_code"
    staff_id: Mapped[Reference] = mapped_column(
        ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(64), primary_key=True)  # keyed hash
    used_at: Mapped[Instant | None]


class Passkey(Base):
    """A key that a phone or a computer keeps and never shows; this is its public half."""

    __tablename__ = "passkey"
    id: Mapped[Key]
    staff_id: Mapped[Reference] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    credential: Mapped[str] = mapped_column(String(1400), unique=True)  # its id, base64url
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    uses: Mapped[int] = mapped_column(BigInteger)  # as the key counts them; 0 where it does not
    name: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[Instant]
    used_at: Mapped[Instant | None]


class Identity(Base):
    """Who somebody is at a provider: not their e-mail address, which may one day be another's."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("issuer", "subject", name="uq_identity_issuer"),
                      UniqueConstraint("staff_id", "issuer", name="uq_identity_staff_id"))
    id: Mapped[Key]
    staff_id: Mapped[Reference] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    decides: Mapped[Json]  # what of their rights the provider decided the last time: role, department
    made_at: Mapped[Instant]
    used_at: Mapped[Instant]


class Farewell(Base):
    """What signs somebody out at the provider when they sign out here. Sealed; gone with the session."""

    __tablename__ = "sign_on_farewell"
    session_id: Mapped[Reference] = mapped_column(
        ForeignKey("staff_session.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Glass(Base):
    """A report that somebody opened beyond their departments and areas, and why. Held for an hour."""

    __tablename__ = "break_glass"
    id: Mapped[Key]
    staff_id: Mapped[Reference] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    report_number: Mapped[Reference]  # without a foreign key: reports stand above accounts
    at: Mapped[Instant]
    until: Mapped[Instant]


class AuditRow(Base):
    """Who did what, where no report's timeline tells it. Written once, never changed."""

    __tablename__ = "audit"
    id: Mapped[Key]
    at: Mapped[Instant] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(80), index=True)  # "staff:12", "stranger", "system"
    what: Mapped[str] = mapped_column(String(40))
    about: Mapped[str] = mapped_column(Text)  # whom or what it was done to: "staff:12", a reference
    facts: Mapped[Json]
