"""Changes written to Asterisk's tables: a group in one transaction, each change whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from linecard.api import Change, Fate, Result
from linecard_asterisk import convert
from linecard_asterisk.bulk import Row, Values, among, insert, update
from linecard_asterisk.database import Left, Tables, words
from linecard_asterisk.judge import Judge, Step
from linecard_asterisk.numbers import Numbers
from linecard_asterisk.options import AsteriskOptions, Settings
from linecard_asterisk.read import Reader

_FILES, _PHONE, _MESSAGES = int(Left.FILES), int(Left.PHONE), int(Left.MESSAGES)
REFUSALS = (sa.exc.IntegrityError, sa.exc.DataError)
"""What the tables do not accept of one row: a key that is taken, a value that is too long."""


Draw = Callable[[int], Sequence[str]]
"""So many secrets, or PINs, that nobody can guess."""


@dataclass(frozen=True, slots=True)
class Making:
    """How secrets are made, and whether values are encoded for Asterisk's driver."""

    secrets: Draw = convert.new_secrets
    pins: Draw = convert.new_pins
    encode: Callable[[str], str] = str


class Writer:
    """Makes changes through one engine."""

    def __init__(self, engine: sa.Engine, tables: Tables, options: AsteriskOptions, making: Making) -> None:
        self._engine, self._tables, self._options, self._making = engine, tables, options, making

    def write(
        self, group: list[Change], refused: Mapping[str, str], registered: Collection[str] = ()
    ) -> tuple[list[Result], list[Step]]:
        """Make the changes of a group in order and commit: one result each, and what extensions came to.

        For `refused` and `registered` see `Judge`. Raises `sqlalchemy.exc.SQLAlchemyError`.
        """
        try:
            with self._engine.begin() as connection:
                return self._made(connection, group, refused, registered)
        except REFUSALS:  # a change that the tables do not accept: find out which, and let it fail alone
            with self._engine.begin() as connection:
                results: list[Result] = []
                steps: list[Step] = []
                for change in group:
                    result, more = self._alone(connection, change, refused, registered)
                    results.append(result)
                    steps += more
                return results, steps

    def _alone(
        self, connection: sa.Connection, change: Change, refused: Mapping[str, str], registered: Collection[str]
    ) -> tuple[Result, list[Step]]:
        try:
            with connection.begin_nested():
                (result,), steps = self._made(connection, [change], refused, registered)
        except REFUSALS as error:
            return Result(change, Fate.FAILED, words(error)), []
        return result, steps

    def _made(
        self, connection: sa.Connection, group: list[Change], refused: Mapping[str, str], registered: Collection[str]
    ) -> tuple[list[Result], list[Step]]:
        reader = Reader(connection, self._tables, self._options)
        extensions = sorted({change.extension for change in group})
        gained = {number for change in group for number in change.after.numbers}
        seen = reader.seen(extensions, numbers=gained, lock=True)
        auths = _Auths(connection, self._tables, {name: e.auth for name, e in seen.endpoints.items() if e.auth})
        judge = Judge(seen, auths.shared, self._options, refused, registered)
        results = [judge.judged(change) for change in group]
        steps = judge.steps()
        work = _Work(connection, self._tables, self._options, self._making, auths.usernames, seen.rings)
        work.write(steps)
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
        rings: Mapping[str, str],
    ) -> None:
        self._connection, self._tables, self._options, self._making = connection, tables, options, making
        self._usernames, self._rings = usernames, rings
        self._numbers = Numbers(tables.numbers, options)
        self._secrets: dict[str, str] = {}
        md5 = {"auth_type": "md5", "realm": options.realm}
        self._credential_column, other = ("md5_cred", "password") if options.as_md5 else ("password", "md5_cred")
        self._unchanging: Row = {**md5} if options.as_md5 else {"auth_type": "userpass"}
        if other in tables.auths.c:  # what is not used is emptied where it exists
            self._unchanging[other] = None
        self._in_files, self._handed_over = options.mode == "files", options.handover is not None
        self._contacts_elsewhere = tables.contacts is None
        self._messages_go = options.on_release_voicemail != "keep"
        columns = options.columns
        self._shown_columns = ("callerid",) if columns.owner is None else ("callerid", columns.owner)
        self._address_columns = tuple(name for name in (columns.email, columns.fullname) if name)
        self._widest: int | None = getattr(tables.endpoints.c.callerid.type, "length", None)

    def write(self, steps: list[Step]) -> None:
        """Everything that these steps come to. What is let go goes first, so that it can be taken."""
        if not steps:
            return
        renewed = [step.extension for step in steps if step.fresh and not step.remove]
        self._secrets = dict(zip(renewed, self._making.secrets(len(renewed)), strict=True))
        self._let_numbers_go(steps)
        self._remove([step.extension for step in steps if step.remove])
        self._create([step for step in steps if step.create])
        self._renew([step for step in steps if step.endpoint is not None and not step.remove])
        self._drop_contacts([step.extension for step in steps if step.fresh])
        self._mailboxes([step for step in steps if step.holder_changes])
        self._take_numbers(steps)
        self._link(steps)

    def _let_numbers_go(self, steps: list[Step]) -> None:
        dids = self._numbers
        gone = [
            dict(zip("nme", (*dids.forms([number]), dids.to(step.extension)), strict=True))
            for step in steps
            if step.before.numbers != step.after.numbers
            for number in step.before.numbers
            if number not in step.after.numbers
        ]
        either = sa.or_(dids.number == sa.bindparam("n"), dids.number == sa.bindparam("m"))
        where = (either, dids.target == sa.bindparam("e"), *dids.leads)
        if gone:
            self._connection.execute(sa.delete(self._tables.numbers).where(*where), gone)

    def _take_numbers(self, steps: list[Step]) -> None:
        dids = self._numbers
        taken = [
            (number, step.extension)
            for step in steps
            if step.before.numbers != step.after.numbers
            for number in step.after.numbers
            if number not in step.before.numbers
        ]
        there = self._there([number for number, extension in taken if self._rings.get(number) == extension])
        rows = [(dids.stored(number), dids.to(extension)) for number, extension in taken]
        new = [row for row in rows if row[0] not in there] if there else rows
        insert(self._connection, self._tables.numbers, dids.columns, new, dids.same)

    def _there(self, numbers: list[str]) -> set[Any]:
        """Those of the numbers that stand there as linecard would write them."""
        number, here = self._numbers.number, self._numbers.here
        found: set[Any] = set()
        for some in among(self._connection, number, [self._numbers.stored(each) for each in numbers]):
            found.update(self._connection.scalars(sa.select(number).where(some, *here)))
        return found

    def _remove(self, extensions: list[str]) -> None:
        for table in (self._tables.endpoints, self._tables.auths, self._tables.aors):
            for some in among(self._connection, table.c.id, extensions):
                self._connection.execute(sa.delete(table).where(some))

    def _create(self, steps: list[Step]) -> None:
        tables, template = self._tables, self._options.template
        names = [step.extension for step in steps]
        aor = self._typed(tables.aors, template.aor)
        if tables.voicemail is None:
            self._insert(tables.aors, ("id",), [(n,) for n in names], aor)
        else:
            context = self._options.voicemail_context
            self._insert(tables.aors, ("id", "mailboxes"), [(n, f"{n}@{context}") for n in names], aor)
        auth = self._typed(tables.auths, template.auth) | self._unchanging
        auths = [(n, n, self._credential(n, self._secrets[n])) for n in names]
        self._insert(tables.auths, ("id", "username", self._credential_column), auths, auth)
        endpoint = self._typed(tables.endpoints, template.endpoint) | {"context": self._options.context}
        endpoints = [(n, n, n, *self._shown(n, s.after.member)) for n, s in zip(names, steps, strict=True)]
        self._insert(tables.endpoints, ("id", "aors", "auth", *self._shown_columns), endpoints, endpoint)

    def _insert(self, table: sa.Table, columns: Sequence[str], rows: list[Values], template: Row) -> None:
        """Rows, and in all other columns what the template says."""
        same = {name: value for name, value in template.items() if name not in columns}
        insert(self._connection, table, columns, rows, same)

    def _renew(self, steps: list[Step]) -> None:
        """A fresh secret and another name, where the holder changed."""
        secrets: list[Values] = []
        for step in steps:
            if step.extension in self._secrets and step.endpoint is not None and step.endpoint.auth is not None:
                auth = step.endpoint.auth
                username = self._usernames.get(auth, auth)
                secrets.append((auth, self._credential(username, self._secrets[step.extension])))
        column = self._credential_column
        update(self._connection, self._tables.auths, "id", (column,), secrets, same=self._unchanging)
        rows = [(s.extension, *self._shown(s.extension, s.after.member)) for s in steps if s.holder_changes]
        update(self._connection, self._tables.endpoints, "id", self._shown_columns, rows)

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
        template = self._typed(boxes, self._options.template.voicemail) | {"context": self._options.voicemail_context}
        columns = self._address_columns
        new = [step for step in steps if step.extension not in there and step.after.member is not None]
        self._insert(boxes, ("mailbox", "password", *columns), self._with_pins(new), template)
        old = [step for step in steps if step.extension in there]
        kept = [(step.extension, *self._addressed(step.after.member)) for step in old if not step.fresh]
        update(self._connection, boxes, "mailbox", columns, kept, here)
        renewed = self._with_pins([step for step in old if step.fresh])
        update(self._connection, boxes, "mailbox", ("password", *columns), renewed, here)

    def _with_pins(self, steps: list[Step]) -> list[Values]:
        pins = self._making.pins(len(steps))
        return [(s.extension, pin, *self._addressed(s.after.member)) for s, pin in zip(steps, pins, strict=True)]

    def _link(self, steps: list[Step]) -> None:
        links, secret_of = self._tables.links, self._secrets.get
        new: list[Values] = []
        held: list[Values] = []
        others: list[Values] = []
        for step in steps:
            extension, link, member = step.extension, step.link, step.after.member
            secret = secret_of(extension) if member is not None else None
            left, number = self._left(step), _first(step)
            if link is None:
                new.append((extension, member, number, int(step.create), left, secret))
                continue
            made = int(step.create or (link.made and not step.remove))
            row = (extension, member, number, made, left | link.unsettled)
            if step.holder_changes:
                held.append((*row, secret))
            else:
                others.append(row)
        columns = ("member", "number", "made", "unsettled")
        insert(self._connection, links, ("extension", *columns, "secret"), new)
        update(self._connection, links, "extension", (*columns, "secret"), held)
        update(self._connection, links, "extension", columns, others)

    def _left(self, step: Step) -> int:
        """What is still to be done when the tables have it all: `Left`, as the number that it is kept as."""
        left = _FILES if self._in_files else 0
        if step.fresh and (self._handed_over or (self._contacts_elsewhere and step.existed)):
            left |= _PHONE
        if self._messages_go and step.leaver is not None:
            left |= _MESSAGES
        return left

    # -- values ----------------------------------------------------------------------------------------------------

    def _credential(self, username: str, secret: str) -> str:
        """A secret as `_credential_column` keeps it."""
        if self._options.as_md5:
            return convert.md5_credential(username, self._options.realm, secret)
        return self._making.encode(secret)

    def _shown(self, extension: str, member: str | None) -> Values:
        """What others see of a holder, in `_shown_columns`."""
        callerid = self._making.encode(convert.callerid(self._options.callerid, extension, member, self._widest))
        return (callerid,) if len(self._shown_columns) == 1 else (callerid, self._making.encode(member or ""))

    def _addressed(self, member: str | None) -> Values:
        """Whose mailbox it is, in `_address_columns`."""
        return (self._making.encode(member or ""),) * len(self._address_columns)

    @staticmethod
    def _typed(table: sa.Table, settings: Settings) -> Row:
        values = {name: convert.setting(value) for name, value in settings.items()}
        return {
            name: int(value) if name in table.c and isinstance(table.c[name].type, sa.Integer) else str(value)
            for name, value in values.items()
        }


def _first(step: Step) -> str | None:
    """The number that a phone is told of: the one it knows already, where the extension still has it."""
    numbers = step.after.numbers
    if step.link is not None and step.link.number in numbers:
        return step.link.number
    return numbers[0] if numbers else None
