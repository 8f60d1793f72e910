"""Runs that were carried out after an older one was received, and that speak of the same people or extensions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from linecard.model.outcome import ChangeStatus, Code
from linecard.model.run import Run
from linecard.rules import states
from linecard.store.store import Store
from linecard.store.tables import HAS_CHANGED, change, row, run

_FINE = ("done", "unchanged")


def find_newer_runs(store: Store, older: Run) -> list[int]:
    """The newer runs, the oldest first, that were carried out and have a row for a member or an extension that the
    older run has a row for, or that took an extension from such a member. Of a run that was not carried out, what it
    has changed all the same counts. What only one of the two names does not count: nothing of it is undone.
    """
    spoken = run.c.state.in_(sorted(states.SPOKEN))
    newer = sa.select(run.c.id, run.c.attempt, spoken).where(run.c.id > older.id, spoken | HAS_CHANGED)
    with store.snapshot() as connection:
        found = connection.execute(newer.order_by(run.c.id)).all()
        return [
            run_id
            for run_id, attempt, carried_out in found
            if connection.execute(
                _common_rows(older, run_id, attempt) if carried_out else _rows_changed_by(older, run_id)
            ).first()
        ]


def _rows_changed_by(older: Run, run_id: int) -> Any:
    """Rows of the older run for an extension that the other one has changed, or for whom it was before or is now."""
    ours, made = row.alias(), sa.and_(change.c.run_id == run_id, change.c.fate == ChangeStatus.DONE)
    same = [
        sa.and_(
            ours.c.extension != "",
            sa.tuple_(ours.c.pbx, ours.c.extension).in_(sa.select(change.c.pbx, change.c.extension).where(made)),
        )
    ]
    for column in (change.c.before_member, change.c.after_member):
        held = sa.select(column).where(made, column.is_not(None))
        same += [
            sa.and_(ours.c.pbx == "", ours.c.member.in_(held)),
            sa.tuple_(ours.c.pbx, ours.c.member).in_(held.with_only_columns(change.c.pbx, column)),
        ]
    mine = _instructions_of(older, ours)
    return sa.select(sa.literal(1)).select_from(ours).where(*mine, sa.or_(*same)).limit(1)


def _instructions_of(older: Run, ours: Any) -> tuple[sa.ColumnElement[bool], ...]:
    """The rows of a run that ask for something."""
    return (
        ours.c.run_id == older.id,
        ours.c.attempt == older.attempt,
        ours.c.member != "",
        ours.c.code != Code.NOTHING_ASKED,
    )


def _common_rows(older: Run, run_id: int, attempt: int) -> Any:
    """Each set is worked out once, so that two long sheets are compared in proportion to their rows."""
    ours, theirs = row.alias(), row.alias()
    carried_out = sa.and_(
        theirs.c.run_id == run_id,
        theirs.c.attempt == attempt,
        theirs.c.outcome.in_(_FINE),
        theirs.c.code != Code.NOTHING_ASKED,
    )

    def of(*columns: sa.ColumnElement[Any], where: sa.ColumnElement[bool] = carried_out) -> Any:
        return sa.select(*columns).where(carried_out, where)

    everywhere = theirs.c.pbx == ""  # a row for every PBX of its inbox
    same = sa.or_(
        sa.tuple_(ours.c.pbx, ours.c.member).in_(of(theirs.c.pbx, theirs.c.member)),
        ours.c.member.in_(of(theirs.c.member, where=everywhere)),
        sa.and_(ours.c.pbx == "", ours.c.member.in_(of(theirs.c.member))),
        ours.c.member.in_(of(theirs.c.before_member, where=theirs.c.before_member.is_not(None))),
        sa.and_(
            ours.c.extension != "", sa.tuple_(ours.c.pbx, ours.c.extension).in_(of(theirs.c.pbx, theirs.c.extension))
        ),
    )
    mine = _instructions_of(older, ours)
    return sa.select(sa.literal(1)).select_from(ours).where(*mine, same).limit(1)
