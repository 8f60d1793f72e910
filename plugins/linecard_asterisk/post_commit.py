"""What is done after a commit, because no table can: contacts, files, messages. A crash in between loses nothing:
the rows that are not settled say so, and the next linecard that uses the PBX goes on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, NamedTuple

import sqlalchemy as sa

from linecard_asterisk.accounts import Account, split_names
from linecard_asterisk.ami import ManagerActions
from linecard_asterisk.bulk import where_in
from linecard_asterisk.contacts import drop_contacts
from linecard_asterisk.database import Pending, Tables
from linecard_asterisk.include_file import IncludeFile
from linecard_asterisk.options import AsteriskOptions
from linecard_asterisk.reader import AsteriskReader, Endpoint
from linecard_asterisk.rotation import find_devices, read_surroundings, read_usernames
from linecard_asterisk.secret_files import PhoneSetup, SecretFolder
from linecard_asterisk.voicemail import Spool

MOMENT = 0.5
"""Seconds in which a registration that was under way comes to its end."""

Session = Callable[[], AbstractContextManager[ManagerActions]]


class UnsettledLink(NamedTuple):
    extension: str
    member: str | None
    number: str | None
    secret: str | None
    left: Pending


class PostCommit:
    """Settles what was left. `session` opens a session with Asterisk, `include` has the file that it includes."""

    def __init__(
        self,
        tables: Tables,
        options: AsteriskOptions,
        *,
        folder: SecretFolder | None,
        spool: Spool | None,
        session: Session,
        include: IncludeFile | None,
        pause: Callable[[float], None],
    ) -> None:
        self._tables, self._options = tables, options
        self._folder, self._spool, self._session, self._include = folder, spool, session, include
        self._pause = pause

    def settle(self, engine: sa.Engine) -> None:
        """Do what is left, for whoever left it. Raises `BackendError` or `sqlalchemy.exc.SQLAlchemyError`."""
        links = self._tables.links
        with engine.connect().execution_options(write=False) as connection:
            if connection.scalar(sa.select(links.c.extension).where(*self._open_conditions).limit(1)) is None:
                return
        with engine.begin() as connection:  # locked until all is done: nobody else leaves another secret meanwhile
            rows = self._read_unsettled(connection)
            if rows:
                self._settle_rows(connection, rows)
                for left in (Pending(0), Pending.STATE):
                    values: dict[str, Any] = {"unsettled": int(left)}
                    if self._folder is not None:
                        values["secret"] = None
                    extensions = [row.extension for row in rows if row.left & Pending.STATE == left]
                    for some in where_in(connection, links.c.extension, extensions):
                        connection.execute(sa.update(links).where(some).values(values))

    @property
    def _open_conditions(self) -> tuple[sa.ColumnElement[bool], ...]:
        """That a row is not settled; the states that Asterisk is to learn are no matter of this (`states`)."""
        c = self._tables.links.c
        return c.unsettled > 0, c.unsettled != int(Pending.STATE)

    def _read_unsettled(self, connection: sa.Connection) -> list[UnsettledLink]:
        c = self._tables.links.c
        query = sa.select(c.extension, c.member, c.number, c.secret, c.unsettled).where(*self._open_conditions)
        rows = connection.execute(query.order_by(c.unsettled, c.extension).with_for_update())
        return [
            UnsettledLink(name, member, number, secret, Pending(left)) for name, member, number, secret, left in rows
        ]

    def _settle_rows(self, connection: sa.Connection, rows: list[UnsettledLink]) -> None:
        phones = [row for row in rows if Pending.PHONE in row.left]
        include = self._include if any(Pending.FILES in row.left for row in rows) else None
        if include is not None:
            include.render(connection, self._tables)
        with ExitStack() as stack:
            asterisk = None
            if include is not None or (phones and self._options.ami is not None):
                asterisk = stack.enter_context(self._session())
            if include is not None and asterisk is not None:
                include.activate(asterisk, connection, self._tables)
            if phones:  # after the reload: nobody registers with the old secret any more
                self._forget_phones(connection, asterisk, phones)
        for row in rows:
            if Pending.MESSAGES in row.left and self._spool is not None:
                self._clear_mailbox(self._spool, row.extension)
        if self._folder is not None and phones:
            self._hand_over(connection, self._folder, phones)

    def _forget_phones(
        self, connection: sa.Connection, asterisk: ManagerActions | None, phones: list[UnsettledLink]
    ) -> None:
        """Nobody gets in by what Asterisk remembers, and no phone of a former holder rings.

        A phone whose old secret was read before the commit has its contact stored after it: so contacts are dropped
        once more, a moment later, and before anybody has the new secret.
        """
        elsewhere = asterisk.list_accounts() if asterisk is not None and self._options.silences else []
        accounts = self._find_accounts(connection, [row.extension for row in phones], elsewhere)
        names = {account.name for account in accounts}
        aors = {aor for account in accounts for aor in account.aors}
        if asterisk is not None:
            auths = {auth for account in accounts for auth in account.auths}
            asterisk.expire_objects({"endpoint": names, "aor": aors, "auth": auths})
        if any(Pending.MOMENT in row.left for row in phones):
            self._pause(MOMENT)
        if self._tables.contacts is not None:
            drop_contacts(connection, self._tables.contacts, names, aors)
        elif asterisk is not None:
            asterisk.drop_contacts(names, aors)

    def _find_accounts(
        self, connection: sa.Connection, extensions: list[str], elsewhere: list[Account]
    ) -> list[Account]:
        """These extensions, also those whose endpoint is gone, and the devices that ring with them."""
        c = self._tables.endpoints.c
        endpoints: dict[str, Endpoint] = {}
        for some in where_in(connection, c.id, extensions):
            found = connection.execute(sa.select(c.id, c.context, c.auth, c.aors).where(some))
            endpoints.update((name, Endpoint(*values)) for name, *values in found)
        accounts = {name: Account(name, (name,), (name,)) for name in extensions}
        for name, endpoint in endpoints.items():
            accounts[name] = Account(name, split_names(endpoint.aors), split_names(endpoint.auth))
        if self._options.silences:
            known = read_surroundings(connection, self._tables, endpoints, elsewhere)
            for name in extensions:
                accounts.update((device.name, device) for device in find_devices(name, endpoints.get(name), known))
        return list(accounts.values())

    def _clear_mailbox(self, spool: Spool, extension: str) -> None:
        if self._options.on_release_voicemail == "move":
            spool.move(extension, self._options.voicemail_successor)
        else:
            spool.empty(extension)

    def _hand_over(self, connection: sa.Connection, folder: SecretFolder, phones: list[UnsettledLink]) -> None:
        extensions = [row.extension for row in phones]
        usernames, pins = read_usernames(connection, self._tables, extensions), self._read_pins(connection, phones)
        rings = AsteriskReader(connection, self._tables, self._options).read_snapshot(extensions).numbers
        for row in phones:
            if row.secret is None or row.member is None:
                folder.withdraw(row.extension)
            else:
                username = usernames.get(row.extension, row.extension)
                pin = pins.get(row.extension)
                numbers = rings.get(row.extension, ())
                folder.write_secret(
                    PhoneSetup(row.extension, username, row.secret, row.member, row.number, numbers, pin)
                )
        folder.sync()

    def _read_pins(self, connection: sa.Connection, phones: list[UnsettledLink]) -> dict[str, str]:
        boxes = self._tables.voicemail
        found: dict[str, str] = {}
        if boxes is not None:
            query = sa.select(boxes.c.mailbox, boxes.c.password).where(
                boxes.c.context == self._options.voicemail_context
            )
            for some in where_in(connection, boxes.c.mailbox, [row.extension for row in phones]):
                found.update((name, value) for name, value in connection.execute(query.where(some)))
        return found
