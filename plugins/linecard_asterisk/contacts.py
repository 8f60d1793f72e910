"""Phones that are registered, in the table in which Asterisk keeps them: forgotten by endpoint and by address."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from linecard_asterisk.bulk import FEW, where_in

SEPARATORS = (";@", "^3B@")
"""What follows the address of record in the id of a contact: res_config_pgsql and res_config_odbc encode the `;`."""


def drop_contacts(
    connection: sa.Connection, contacts: sa.Table, endpoints: Collection[str], aors: Collection[str]
) -> None:
    """Forget every phone that registered as one of these endpoints, or in one of these addresses of record.

    An address may have been named by another endpoint when the phone registered, and older contacts name none.
    """
    c = contacts.c
    for some in where_in(connection, c.endpoint, endpoints):
        connection.execute(sa.delete(contacts).where(some))
    if not aors:
        return
    if len(aors) <= FEW:  # by the index of the ids
        heads = [aor + mark for aor in sorted(aors) for mark in SEPARATORS]
        begins = [_starts_with(connection, c.id, head) for head in heads]
        connection.execute(sa.delete(contacts).where(sa.or_(*begins)))
        return
    ids = sa.select(c.id)
    if connection.dialect.name in {"mysql", "mariadb"}:  # where a plain SELECT sees what was when the transaction began
        ids = ids.with_for_update()
    left = [str(name) for name in connection.scalars(ids) if parse_address(str(name)) in aors]
    for some in where_in(connection, c.id, left):
        connection.execute(sa.delete(contacts).where(some))


def _starts_with(connection: sa.Connection, column: sa.Column[Any], head: str) -> sa.ColumnElement[bool]:
    if connection.dialect.name == "sqlite":  # whose LIKE takes letters of both cases for one, and so no index
        return sa.and_(column >= head, column < head[:-1] + chr(ord(head[-1]) + 1))
    return column.startswith(head, autoescape=True)


def parse_address(contact: str) -> str:
    """The address of record in the id of a contact, `1000;@9279356dd48`."""
    for mark in SEPARATORS:
        aor, found, _ = contact.partition(mark)
        if found:
            return aor
    return ""
