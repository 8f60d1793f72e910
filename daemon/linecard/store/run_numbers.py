"""The numbers by which people call runs: each names one run for ever, whatever was forgotten or put back."""

from __future__ import annotations

import sqlalchemy as sa

from linecard.store.tables import drop, run_number

_THE_ROW = run_number.c.id == 1


def allocate(connection: sa.Connection) -> int:
    """The next number; it is never given again, also when its run is forgotten."""
    number: int = connection.execute(
        sa.update(run_number).where(_THE_ROW).values(last=run_number.c.last + 1).returning(run_number.c.last)
    ).scalar_one()
    return number


def last_number(connection: sa.Connection) -> int:
    """The last number that was given."""
    number: int = connection.execute(sa.select(run_number.c.last).where(_THE_ROW)).scalar_one()
    return number


def skip_to(connection: sa.Connection, highest: int) -> bool:
    """Give none of the numbers up to `highest`, which reports tell of already; False where none of them was left.

    That happens where an older database was put back. The range is remembered: nothing else tells of those runs.
    """
    known = last_number(connection)
    if highest <= known:
        return False
    lost_from = sa.func.coalesce(run_number.c.lost_from, known + 1)
    connection.execute(sa.update(run_number).where(_THE_ROW).values(last=highest, lost_from=lost_from, lost_to=highest))
    return True


def skipped_numbers(connection: sa.Connection) -> range:
    """The numbers that were passed over, with those between them; empty where none was."""
    found = connection.execute(sa.select(run_number.c.lost_from, run_number.c.lost_to).where(_THE_ROW)).one()
    return range(found.lost_from, found.lost_to + 1) if found.lost_from is not None else range(0)


def unknown_drops(connection: sa.Connection, paths: list[str]) -> list[str]:
    """Of these files of the archive, the ones that no run has."""
    known = set(connection.execute(sa.select(drop.c.path).where(drop.c.path.in_(paths))).scalars())
    return [path for path in paths if path not in known]
