"""Changes written to Asterisk's tables: a group in one transaction, each change whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from linecard.api import Change, Fate, Result
from linecard_asterisk import convert
from linecard_asterisk.bulk import Row, among, insert, update
from linecard_asterisk.database import Left, Tables, words
from linecard_asterisk.judge import Judge, Step
from linecard_asterisk.numbers import Numbers
from linecard_asterisk.options import AsteriskOptions, Settings
from linecard_asterisk.read import Reader

_FILES, _PHONE, _MESSAGES = int(Left.FILES), int(Left.PHONE), int(Left.MESSAGES)
REFUSALS = (sa.exc.IntegrityError, sa.exc.DataError)
"""What the tables do not accept of one row: a key that is taken, a value that is too long."""


@dataclass(frozen=True, slots=True)
class Making:
    """How secrets are made, and whether values are encoded for Asterisk's driver."""

    secret: Callable[[], str] = convert.new_secret
    pin: Callable[[], str] = convert.new_pin
    encode: Callable[[str], str] = str


class Writer:
    """Makes changes through one engine."""

    def __init__(self, engine: sa.Engine, tables: Tables, options: AsteriskOptions, making: Making) -> None:
        self._engine, self._tables, self._options, self._making = engine, tables, options, making

    def write(self, group: list[Change], refused: Mapping[str, str]) -> tuple[list[Result], list[Step]]:
        """Make the changes of a group in order and commit: one result each, and what extensions came to.

        Raises `sqlalchemy.exc.SQLAlchemyError`.
        """
        try:
            with self._engine.begin() as connection:
                return self._made(connection, group, refused)
        except REFUSALS:  # a change that the tables do not accept: find out which, and let it fail alone
            with self._engine.begin() as connection:
                results: list[Result] = []
                steps: list[Step] = []
                for change in group:
                    result, more = self._alone(connection, change, refused)
                    results.append(result)
                    steps += more
                return results, steps

    def _alone(
        self, connection: sa.Connection, change: Change, refused: Mapping[str, str]
    ) -> tuple[Result, list[Step]]:
        try:
            with connection.begin_nested():
                (result,), steps = self._made(connection, [change], refused)
        except REFUSALS as error:
            return Result(change, Fate.FAILED, words(error)), []
        return result, steps

    def _made(
        self, connection: sa.Connection, group: list[Change], refused: Mapping[str, str]
    ) -> tuple[list[Result], list[Step]]:
        reader = Reader(connection, self._tables, self._options)
        extensions = {change.extension for change in group}
        gained = {change.after.number for change in group if change.after.number is not None}
        seen = reader.seen(extensions, numbers=gained, lock=True)
        auths = _Auths(connection, self._tables, {name: e.auth for name, e in seen.endpoints.items() if e.auth})
        judge = Judge(seen, auths.shared, self._options, refused)
        results = [judge.judged(change) for change in group]
        steps = judge.steps()
        _Work(connection, self._tables, self._options, self._making, auths.usernames).write(steps)
        return results, steps


class _Auths:
    """The secrets that endpoints name: their user names, and how many endpoints share each."""

    def __init__(self, connection: sa.Connection, tables: Tables, named: Mapping[str, str]) -> None:
        auths, endpoints = tables.auths.c, tables.endpoints.c
        self.usernames: dict[str, str] = {}
        for some in among(connection, auths.id, set(named.values())):
            found = connection.execute(sa.select(auths.id, auths.username).where(some))
            self.usernames.update((auth, username or auth) for auth, username in found)
        self.shared = dict.fromkeys(self.usernames, 1)
        # No index helps to count them, so only those are counted that are not named for their extension.
        others = {auth for extension, auth in named.items() if auth != extension}
        for some in among(connection, endpoints.auth, others):
            query = sa.select(endpoints.auth, sa.func.count()).where(some)
            self.shared.update((auth, number) for auth, number in connection.execute(query.group_by(endpoints.auth)))


class _Work:
    """The statements of one group."""

    def __init__(
        self,
        connection: sa.Connection,
        tables: Tables,
        options: AsteriskOptions,
        making: Making,
        usernames: Mapping[str, str],
    ) -> None:
        self._connection, self._tables, self._options, self._making = connection, tables, options, making
        self._usernames, self._numbers = usernames, Numbers(tables.numbers, options)
        self._secrets: dict[str, str] = {}
        other = "password" if options.as_md5 else "md5_cred"
        self._unused: Row = {other: None} if other in tables.auths.c else {}
        self._widest: int | None = getattr(tables.endpoints.c.callerid.type, "length", None)

    def write(self, steps: list[Step]) -> None:
        """Everything that these steps come to. What is let go goes first, so that it can be taken."""
        if not steps:
            return
        self._secrets = {step.extension: self._making.secret() for step in steps if step.fresh and not step.remove}
        self._let_numbers_go(steps)
        self._remove([step.extension for step in steps if step.remove])
        self._create([step for step in steps if step.create])
        self._renew([step for step in steps if step.endpoint is not None and not step.remove])
        self._drop_contacts([step.extension for step in steps if step.fresh and step.existed])
        self._mailboxes([step for step in steps if step.holder_changes])
        self._take_numbers(steps)
        self._link(steps)

    def _let_numbers_go(self, steps: list[Step]) -> None:
        dids = self._numbers
        gone = [
            {"n": dids.stored(step.before.number), "e": dids.to(step.extension)}
            for step in steps
            if step.before.number is not None and step.before.number != step.after.number
        ]
        where = (dids.number == sa.bindparam("n"), dids.target == sa.bindparam("e"), *dids.leads)
        if gone:
            self._connection.execute(sa.delete(self._tables.numbers).where(*where), gone)

    def _take_numbers(self, steps: list[Step]) -> None:
        rows = [
            self._numbers.row(step.after.number, step.extension)
            for step in steps
            if step.after.number is not None and step.before.number != step.after.number
        ]
        insert(self._connection, self._tables.numbers, self._not_there_yet(rows))

    def _not_there_yet(self, rows: list[Row]) -> list[Row]:
        """Without numbers that somebody has led to the same extension already."""
        number, here = self._numbers.number, self._numbers.here
        there: set[Any] = set()
        for some in among(self._connection, number, [row[number.name] for row in rows]):
            there.update(self._connection.scalars(sa.select(number).where(some, *here)))
        return [row for row in rows if row[number.name] not in there]

    def _remove(self, extensions: list[str]) -> None:
        for table in (self._tables.endpoints, self._tables.auths, self._tables.aors):
            for some in among(self._connection, table.c.id, extensions):
                self._connection.execute(sa.delete(table).where(some))

    def _create(self, steps: list[Step]) -> None:
        template, context = self._options.template, self._options.context
        names = [step.extension for step in steps]
        endpoint = self._typed(self._tables.endpoints, template.endpoint)
        auth = self._typed(self._tables.auths, template.auth)
        aor = self._typed(self._tables.aors, template.aor)
        if self._tables.voicemail is not None:
            boxes = {name: f"{name}@{self._options.voicemail_context}" for name in names}
        else:
            boxes = {}
        aors = [{"id": name} | ({"mailboxes": boxes[name]} if boxes else {}) for name in names]
        insert(self._connection, self._tables.aors, aors, **_less(aor, aors))
        auths = [{"id": name, "username": name} | self._credential(name, self._secrets[name]) for name in names]
        insert(self._connection, self._tables.auths, auths, **_less(auth, auths))
        endpoints = [
            {"id": n, "aors": n, "auth": n} | self._shown(n, s.after.member) for n, s in zip(names, steps, strict=True)
        ]
        made = endpoint | {"context": context}
        insert(self._connection, self._tables.endpoints, endpoints, **_less(made, endpoints))

    def _renew(self, steps: list[Step]) -> None:
        """A fresh secret and another name, where the holder changed."""
        secrets = []
        for step in steps:
            if step.extension in self._secrets and step.endpoint is not None and step.endpoint.auth is not None:
                username = self._usernames.get(step.endpoint.auth, step.endpoint.auth)
                new = self._credential(username, self._secrets[step.extension])
                secrets.append({"key": step.endpoint.auth} | new)
        update(self._connection, self._tables.auths, "id", secrets)
        named = [step for step in steps if step.holder_changes]
        rows = [{"key": step.extension} | self._shown(step.extension, step.after.member) for step in named]
        update(self._connection, self._tables.endpoints, "id", rows)

    def _drop_contacts(self, extensions: list[str]) -> None:
        contacts = self._tables.contacts
        if contacts is not None:
            for some in among(self._connection, contacts.c.endpoint, extensions):
                self._connection.execute(sa.delete(contacts).where(some))

    def _mailboxes(self, steps: list[Step]) -> None:
        boxes = self._tables.voicemail
        if boxes is None:
            return
        here = boxes.c.context == self._options.voicemail_context
        there: set[str] = set()
        for some in among(self._connection, boxes.c.mailbox, [step.extension for step in steps]):
            there.update(self._connection.scalars(sa.select(boxes.c.mailbox).where(here, some)))
        template = self._typed(boxes, self._options.template.voicemail)
        new = [
            {"mailbox": step.extension, "password": self._making.pin()} | self._addressed(step.after.member)
            for step in steps
            if step.extension not in there and step.after.member is not None
        ]
        insert(self._connection, boxes, new, **_less(template | {"context": self._options.voicemail_context}, new))
        old = [step for step in steps if step.extension in there]
        kept = [{"key": s.extension} | self._addressed(s.after.member) for s in old if not s.fresh]
        pins = [
            {"key": s.extension, "password": self._making.pin()} | self._addressed(s.after.member)
            for s in old
            if s.fresh
        ]
        for rows in (kept, pins):
            update(self._connection, boxes, "mailbox", rows, here)

    def _link(self, steps: list[Step]) -> None:
        links = self._tables.links
        rows: dict[bool, list[Row]] = {True: [], False: []}
        new: list[Row] = []
        for step in steps:
            member, number = step.after
            row: Row = {
                "member": member,
                "number": number,
                "made": int(step.create or (step.link is not None and step.link.made and not step.remove)),
                "unsettled": self._left(step) | (step.link.unsettled if step.link is not None else 0),
            }
            if step.link is None or step.holder_changes:
                row["secret"] = self._secrets.get(step.extension) if member is not None else None
            row["extension" if step.link is None else "key"] = step.extension
            (new if step.link is None else rows[step.holder_changes]).append(row)
        insert(self._connection, links, new)
        for some in rows.values():
            update(self._connection, links, "extension", some)

    def _left(self, step: Step) -> int:
        """What is still to be done when the tables have it all: `Left`, as the number that it is kept as."""
        options, left = self._options, 0
        if options.mode == "files":
            left |= _FILES
        registered = step.existed and options.tables.contacts is None
        if step.fresh and (registered or options.handover is not None):
            left |= _PHONE
        if step.leaver is not None and options.on_release_voicemail != "keep":
            left |= _MESSAGES
        return left

    # -- values ----------------------------------------------------------------------------------------------------

    def _credential(self, username: str, secret: str) -> Row:
        """The columns of a secret; the one that is not used is emptied where it exists."""
        if not self._options.as_md5:
            return {"auth_type": "userpass", "password": self._making.encode(secret), **self._unused}
        realm = self._options.realm
        sum_of = convert.md5_credential(username, realm, secret)
        return {"auth_type": "md5", "md5_cred": sum_of, "realm": realm, **self._unused}

    def _shown(self, extension: str, member: str | None) -> Row:
        callerid = convert.callerid(self._options.callerid, extension, member, self._widest)
        values: Row = {"callerid": self._making.encode(callerid)}
        if self._options.columns.owner is not None:
            values[self._options.columns.owner] = self._making.encode(member or "")
        return values

    def _addressed(self, member: str | None) -> Row:
        columns = self._options.columns
        return {name: self._making.encode(member or "") for name in (columns.email, columns.fullname) if name}

    @staticmethod
    def _typed(table: sa.Table, settings: Settings) -> Row:
        values = {name: convert.setting(value) for name, value in settings.items()}
        return {
            name: int(value) if name in table.c and isinstance(table.c[name].type, sa.Integer) else str(value)
            for name, value in values.items()
        }


def _less(same: Row, rows: list[Row]) -> Row:
    """What is the same in all rows, but for the columns in which each has a value of its own."""
    return {name: value for name, value in same.items() if not rows or name not in rows[0]}
