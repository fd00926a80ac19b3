"""Bringing a database to this version's tables. The steps themselves are in ``migrations``."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy.engine import Connection

from vms.domain.errors import ConfigurationError

MIGRATIONS = Path(__file__).parent / "migrations"


def config(connection: Connection) -> Config:
    """Alembic's configuration for a connection that is open already."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def upgrade(connection: Connection) -> None:
    """Runs what is missing, inside the connection's transaction."""
    try:
        command.upgrade(config(connection), "head")
    except CommandError as err:
        raise ConfigurationError(
            f"the database is of another version of this service: {err}; start the version that wrote it"
        ) from err
