"""Alembic's entry: all migrations in one transaction that rolls back as a whole, also on SQLite."""

from collections.abc import Collection, Mapping
from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo

from linecard.errors import StateError
from linecard.store.tables import metadata


def references_hold(
    ctx: MigrationContext,
    step: MigrationInfo,  # noqa: ARG001
    heads: Collection[Any],  # noqa: ARG001
    run_args: Mapping[str, Any],  # noqa: ARG001
) -> None:
    """Foreign keys are off while tables are made anew, so they are looked at before it is committed."""
    if ctx.connection is None or ctx.dialect.name != "sqlite":
        return
    broken = ctx.connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise StateError(f"After the migration a row of {broken[0]} would name a {broken[2]} that is not there.")


engine = context.config.attributes["engine"]

with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        transactional_ddl=True,
        on_version_apply=references_hold,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
