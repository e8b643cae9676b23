"""Climbing a database to the models' shape, and back."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from civicconnect.db.base import Base
from civicconnect.db.engine import Database


def migrate(database: Database, folder: Path, target: str = "head") -> None:
    """Bring a database to a revision; lower ones are gone back to.

    folder    where the migrations lie
    """
    config = _config(folder)
    with database.engine.begin() as connection:
        config.attributes.update(connection=connection, metadata=Base.metadata)
        standing = MigrationContext.configure(connection).get_current_revision() or ""
        going_down = target == "base" or (target != "head" and target < standing)
        (command.downgrade if going_down else command.upgrade)(config, target)


def is_current(database: Database, folder: Path) -> bool:
    """Say whether a database has the shape this release expects."""
    newest = ScriptDirectory.from_config(_config(folder)).get_current_head()
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest


def _config(folder: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config
