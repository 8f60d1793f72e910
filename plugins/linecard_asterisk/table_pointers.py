"""What in the administrator's tables leads to an extension: members of queues, and phones that are told of messages in
its mailbox."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from linecard_asterisk.accounts import split_names
from linecard_asterisk.pointers import Pointer, read_queue_members

DEFAULT = "default"
"""The context of a mailbox that is named without one."""


def read_mailbox_watchers(
    connection: sa.Connection,
    endpoints: sa.Table,
    aors: sa.Table,
    context: str,
    own: Mapping[str, Collection[str]],
) -> Iterator[Pointer]:
    """What besides these extensions themselves is told of messages in their mailboxes, in the mailboxes' context. `own`
    has the addresses of record of each."""
    if not own:
        return
    for table, what in ((endpoints, "the endpoint"), (aors, "the address of record")):
        if "mailboxes" not in table.c:
            continue
        for name, listed in connection.execute(_select_other_mailboxes(table, context)):
            for mailbox in split_names(listed):
                box, _, where = mailbox.partition("@")
                if box in own and (where or DEFAULT) == context and name != box and name not in own[box]:
                    yield Pointer(
                        box,
                        f"{what} {name} is notified of messages in its mailbox {mailbox}",
                        f"Remove {mailbox} from `mailboxes` of {name} in {table.name} if you do not want that.",
                    )


def read_queue_table(connection: sa.Connection, members: sa.Table) -> Iterator[Pointer]:
    """Members of queues that stand in a table, also of queues that Asterisk has not read yet."""
    c = members.c
    rows = connection.execute(sa.select(c.queue_name, c.interface).order_by(c.queue_name, c.interface))
    yield from read_queue_members(
        {"Event": "QueueMember", "Queue": str(queue), "Location": str(interface), "Membership": "realtime"}
        for queue, interface in rows
    )


def _select_other_mailboxes(table: sa.Table, context: str) -> sa.Select[Any]:
    """All that list other mailboxes than their own alone: at most sites, few of many."""
    c = table.c
    mailboxes = sa.cast(c.mailboxes, sa.Text)
    own = sa.cast(c.id, sa.Text) + f"@{context}"
    return sa.select(c.id, c.mailboxes).where(mailboxes != "", mailboxes != own).order_by(c.id)
