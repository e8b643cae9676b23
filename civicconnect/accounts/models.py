"""What we store of people. The columns of Staff and Role are those Flask-Security asks for."""

from __future__ import annotations

from flask_security import AsaList, RoleMixin, UserMixin
from sqlalchemy import Column, ForeignKey, LargeBinary, String, Table
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from civicconnect.db import Base, Instant, Key

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
