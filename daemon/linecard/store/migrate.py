"""Bringing a state database to the schema of this program."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from linecard.errors import StateError
from linecard.store import engine as engines

NEWEST = "0014"
_FOLDER = Path(__file__).with_name("migrations")


def version(path: Path) -> str | None:
    """The schema version of this database; None if it has none yet."""
    engine = engines.create_engine(path)
    try:
        with engine.connect().execution_options(write=False) as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
    finally:
        engine.dispose()


def upgrade(path: Path, *, to: str = "head", scripts: Path = _FOLDER) -> None:
    """Upgrade the database, whole or not at all; a copy of the file as it was is left beside it.

    A migration runs with foreign keys off, because SQLite's way of altering a table is to make it anew, and a
    parent made anew would take its children along. They are checked before it is committed.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    was = version(path)
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    newest = ScriptDirectory.from_config(config).get_current_head()
    engine = engines.create_engine(path, foreign_keys=False)
    try:
        if was is not None:
            _copy(engine, path.with_suffix(f".before-{newest}.db"))
        config.attributes["engine"] = engine
        command.upgrade(config, to)
    except sa.exc.DBAPIError as error:
        raise StateError(
            f"{path}: the schema could not be brought from {was or 'nothing'} to {newest}: {error.orig}",
            remedy="The database is as it was. Check disk space and permissions, then try again.",
        ) from error
    finally:
        engine.dispose()


def _copy(engine: sa.Engine, target: Path) -> None:
    target.unlink(missing_ok=True)
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None  # noqa: S101 - a connection that was just made
        raw.execute("VACUUM INTO ?", (str(target),))
