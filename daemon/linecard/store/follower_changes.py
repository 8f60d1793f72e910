"""What followers of PBXs have to be given: written with the results of their PBX, kept until the follower has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from linecard.model.directory import Change
from linecard.model.follower import FollowerChange, FollowerSummary
from linecard.model.outcome import ChangeStatus
from linecard.store.row_codec import decode_holding, encode_holding
from linecard.store.store import FOLLOWER_OPEN, Store
from linecard.store.tables import follower_change


def add_follower_changes(
    connection: sa.Connection, run_id: int, followers: Sequence[str], changes: Iterable[Change]
) -> None:
    """Owe these changes, which were made on their PBX, to its followers. They are given the net change of an extension
    that the run changes again."""
    if not followers:
        return
    table = follower_change
    rows = []
    for change in changes:
        ends = (*encode_holding(change.before), *encode_holding(change.after))
        names = ("before_member", "before_numbers", "after_member", "after_numbers")
        values = dict(zip(names, ends, strict=True)) | {"pbx": change.pbx, "extension": change.extension}
        rows += [values | {"run_id": run_id, "follower": name, "status": ChangeStatus.PLANNED} for name in followers]
    if not rows:
        return
    insert = sqlite.insert(table)
    taken = {name: insert.excluded[name] for name in ("after_member", "after_numbers", "status", "words")}
    keys = [table.c.run_id, table.c.follower, table.c.extension]
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=taken), rows)


def list_follower_changes(
    store: Store, *, follower: str | None = None, run_id: int | None = None
) -> list[FollowerChange]:
    """Those that are open of a follower, the oldest first; or all of a run."""
    query = sa.select(follower_change).order_by(follower_change.c.run_id, follower_change.c.extension)
    if follower is not None:
        query = query.where(follower_change.c.follower == follower, follower_change.c.status.in_(FOLLOWER_OPEN))
    if run_id is not None:
        query = query.where(follower_change.c.run_id == run_id)
    with store.snapshot() as connection:
        return [
            FollowerChange(
                found.follower,
                found.run_id,
                Change(
                    0,
                    found.pbx,
                    found.extension,
                    decode_holding(found.before_member, found.before_numbers),
                    decode_holding(found.after_member, found.after_numbers),
                ),
                ChangeStatus(found.status),
                found.words,
            )
            for found in connection.execute(query)
        ]


def mark_follower_changes(
    connection: sa.Connection, changes: Iterable[FollowerChange], status: ChangeStatus, words: str, at: datetime
) -> None:
    """Give these a status and words."""
    keys = [
        {"of_run": found.run_id, "of_follower": found.follower, "of_extension": found.change.extension}
        for found in changes
    ]
    if keys:
        table = follower_change
        connection.execute(
            sa.update(table)
            .where(
                table.c.run_id == sa.bindparam("of_run"),
                table.c.follower == sa.bindparam("of_follower"),
                table.c.extension == sa.bindparam("of_extension"),
            )
            .values(status=status, words=words, changed=at),
            keys,
        )


def summarize_followers(store: Store, run_id: int | None = None) -> list[FollowerSummary]:
    """What each follower has of a run; of all runs, those alone that still have to be given something."""
    table = follower_change
    is_open = table.c.status.in_(FOLLOWER_OPEN)
    query = sa.select(
        table.c.follower,
        sa.func.min(table.c.pbx),
        sa.func.sum(sa.case((table.c.status == ChangeStatus.DONE, 1), else_=0)),
        sa.func.sum(sa.case((is_open, 1), else_=0)),
        sa.func.max(sa.case((is_open, table.c.words), else_="")),
    ).group_by(table.c.follower)
    query = query.where(is_open) if run_id is None else query.where(table.c.run_id == run_id)
    with store.snapshot() as connection:
        return [FollowerSummary(*found) for found in connection.execute(query.order_by(table.c.follower))]
