"""What is done after a commit, because no table can: contacts, files, messages. A crash in between loses nothing:
the rows that are not settled say so, and the next linecard that uses the PBX goes on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, NamedTuple

import sqlalchemy as sa

from linecard_asterisk.ami import Calls
from linecard_asterisk.bulk import among
from linecard_asterisk.contacts import drop_contacts
from linecard_asterisk.database import Left, Tables
from linecard_asterisk.files import Include
from linecard_asterisk.handover import Folder, Handed
from linecard_asterisk.messages import Spool
from linecard_asterisk.options import AsteriskOptions
from linecard_asterisk.read import Endpoint, Reader
from linecard_asterisk.rotation import devices, read_known, read_usernames
from linecard_asterisk.sharing import Account, names_in

MOMENT = 0.5
"""Seconds in which a registration that was under way comes to its end."""

Session = Callable[[], AbstractContextManager[Calls]]


class Unsettled(NamedTuple):
    extension: str
    member: str | None
    number: str | None
    secret: str | None
    left: Left


class Aftermath:
    """Settles what was left. `session` opens a session with Asterisk, `include` has the file that it includes."""

    def __init__(
        self,
        tables: Tables,
        options: AsteriskOptions,
        *,
        folder: Folder | None,
        spool: Spool | None,
        session: Session,
        include: Include | None,
        pause: Callable[[float], None],
    ) -> None:
        self._tables, self._options = tables, options
        self._folder, self._spool, self._session, self._include = folder, spool, session, include
        self._pause = pause

    def settle(self, engine: sa.Engine) -> None:
        """Do what is left, for whoever left it. Raises `BackendError` or `sqlalchemy.exc.SQLAlchemyError`."""
        links = self._tables.links
        with engine.connect().execution_options(write=False) as connection:
            if connection.scalar(sa.select(links.c.extension).where(*self._open).limit(1)) is None:
                return
        with engine.begin() as connection:  # locked until all is done: nobody else leaves another secret meanwhile
            rows = self._unsettled(connection)
            if rows:
                self._settled(connection, rows)
                for left in (Left(0), Left.STATE):
                    values: dict[str, Any] = {"unsettled": int(left)}
                    if self._folder is not None:
                        values["secret"] = None
                    extensions = [row.extension for row in rows if row.left & Left.STATE == left]
                    for some in among(connection, links.c.extension, extensions):
                        connection.execute(sa.update(links).where(some).values(values))

    @property
    def _open(self) -> tuple[sa.ColumnElement[bool], ...]:
        """That a row is not settled; the states that Asterisk is to learn are no matter of this (`states`)."""
        c = self._tables.links.c
        return c.unsettled > 0, c.unsettled != int(Left.STATE)

    def _unsettled(self, connection: sa.Connection) -> list[Unsettled]:
        c = self._tables.links.c
        query = sa.select(c.extension, c.member, c.number, c.secret, c.unsettled).where(*self._open)
        rows = connection.execute(query.order_by(c.unsettled, c.extension).with_for_update())
        return [Unsettled(name, member, number, secret, Left(left)) for name, member, number, secret, left in rows]

    def _settled(self, connection: sa.Connection, rows: list[Unsettled]) -> None:
        phones = [row for row in rows if Left.PHONE in row.left]
        include = self._include if any(Left.FILES in row.left for row in rows) else None
        if include is not None:
            include.render(connection, self._tables)
        with ExitStack() as stack:
            asterisk = None
            if include is not None or (phones and self._options.ami is not None):
                asterisk = stack.enter_context(self._session())
            if include is not None and asterisk is not None:
                include.force(asterisk, connection, self._tables)
            if phones:  # after the reload: nobody registers with the old secret any more
                self._forget(connection, asterisk, phones)
        for row in rows:
            if Left.MESSAGES in row.left and self._spool is not None:
                self._messages(self._spool, row.extension)
        if self._folder is not None and phones:
            self._hand_over(connection, self._folder, phones)

    def _forget(self, connection: sa.Connection, asterisk: Calls | None, phones: list[Unsettled]) -> None:
        """Nobody gets in by what Asterisk remembers, and no phone of a former holder rings.

        A phone whose old secret was read before the commit has its contact stored after it: so contacts are dropped
        once more, a moment later, and before anybody has the new secret.
        """
        elsewhere = asterisk.accounts() if asterisk is not None and self._options.silences else []
        accounts = self._accounts(connection, [row.extension for row in phones], elsewhere)
        names = {account.name for account in accounts}
        aors = {aor for account in accounts for aor in account.aors}
        if asterisk is not None:
            auths = {auth for account in accounts for auth in account.auths}
            asterisk.expire({"endpoint": names, "aor": aors, "auth": auths})
        if any(Left.MOMENT in row.left for row in phones):
            self._pause(MOMENT)
        if self._tables.contacts is not None:
            drop_contacts(connection, self._tables.contacts, names, aors)
        elif asterisk is not None:
            asterisk.drop_contacts(names, aors)

    def _accounts(self, connection: sa.Connection, extensions: list[str], elsewhere: list[Account]) -> list[Account]:
        """These extensions, also those whose endpoint is gone, and the devices that ring with them."""
        c = self._tables.endpoints.c
        endpoints: dict[str, Endpoint] = {}
        for some in among(connection, c.id, extensions):
            found = connection.execute(sa.select(c.id, c.context, c.auth, c.aors).where(some))
            endpoints.update((name, Endpoint(*values)) for name, *values in found)
        accounts = {name: Account(name, (name,), (name,)) for name in extensions}
        for name, endpoint in endpoints.items():
            accounts[name] = Account(name, names_in(endpoint.aors), names_in(endpoint.auth))
        if self._options.silences:
            known = read_known(connection, self._tables, endpoints, elsewhere)
            for name in extensions:
                accounts.update((device.name, device) for device in devices(name, endpoints.get(name), known))
        return list(accounts.values())

    def _messages(self, spool: Spool, extension: str) -> None:
        if self._options.on_release_voicemail == "move":
            spool.move(extension, self._options.voicemail_successor)
        else:
            spool.empty(extension)

    def _hand_over(self, connection: sa.Connection, folder: Folder, phones: list[Unsettled]) -> None:
        extensions = [row.extension for row in phones]
        usernames, pins = read_usernames(connection, self._tables, extensions), self._pins(connection, phones)
        rings = Reader(connection, self._tables, self._options).seen(extensions).numbers
        for row in phones:
            if row.secret is None or row.member is None:
                folder.withdraw(row.extension)
            else:
                username = usernames.get(row.extension, row.extension)
                pin = pins.get(row.extension)
                numbers = rings.get(row.extension, ())
                folder.leave(Handed(row.extension, username, row.secret, row.member, row.number, numbers, pin))
        folder.settle()

    def _pins(self, connection: sa.Connection, phones: list[Unsettled]) -> dict[str, str]:
        boxes = self._tables.voicemail
        found: dict[str, str] = {}
        if boxes is not None:
            query = sa.select(boxes.c.mailbox, boxes.c.password).where(
                boxes.c.context == self._options.voicemail_context
            )
            for some in among(connection, boxes.c.mailbox, [row.extension for row in phones]):
                found.update((name, value) for name, value in connection.execute(query.where(some)))
        return found
