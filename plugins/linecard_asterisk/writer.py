"""Changes written to Asterisk's tables: a group in one transaction, each change whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from linecard.api.backend import Change, ChangeStatus, Result
from linecard_asterisk import convert
from linecard_asterisk.accounts import Account, split_names
from linecard_asterisk.bulk import Row, Values, insert_rows, update_rows, where_in
from linecard_asterisk.contacts import drop_contacts
from linecard_asterisk.database import Pending, Tables, describe_error
from linecard_asterisk.numbers import Numbers
from linecard_asterisk.options import AsteriskOptions, Settings
from linecard_asterisk.reader import AsteriskReader
from linecard_asterisk.rotation import Surroundings, read_surroundings
from linecard_asterisk.steps import ExtensionStep, StepBuilder

_FILES, _PHONE, _MESSAGES, _MOMENT = int(Pending.FILES), int(Pending.PHONE), int(Pending.MESSAGES), int(Pending.MOMENT)
_STATE = int(Pending.STATE)
REFUSALS = (sa.exc.IntegrityError, sa.exc.DataError)
"""What the tables do not accept of one row: a key that is taken, a value that is too long."""


NOTIFIED = ("pager", "imapuser", "imappassword")
"""Columns of a mailbox that lead its messages, or the news of them, to its holder, besides those of `columns`."""


Draw = Callable[[int], Sequence[str]]
"""So many secrets, or PINs, that nobody can guess."""


@dataclass(frozen=True, slots=True)
class SecretSource:
    """How secrets are made, and whether values are encoded for Asterisk's driver."""

    secrets: Draw = convert.draw_secrets
    pins: Draw = convert.draw_pins
    encode: Callable[[str], str] = str


class GroupContext(NamedTuple):
    """What is known of a group besides its changes. `elsewhere` are endpoints that stand in no table; for the others
    see `StepBuilder`."""

    refused: Mapping[str, str]
    registered: Collection[str] = ()
    elsewhere: Sequence[Account] = ()
    named: Mapping[str, Collection[str]] = {}


class AsteriskWriter:
    """Makes changes through one engine."""

    def __init__(self, engine: sa.Engine, tables: Tables, options: AsteriskOptions, making: SecretSource) -> None:
        self._engine, self._tables, self._options, self._making = engine, tables, options, making

    def make_changes(self, group: list[Change], around: GroupContext) -> tuple[list[Result], list[ExtensionStep]]:
        """Make the changes of a group in order and commit: one result each, and what extensions came to.

        Raises `sqlalchemy.exc.SQLAlchemyError`.
        """
        try:
            with self._engine.begin() as connection:
                return self._write_together(connection, group, around)
        except REFUSALS:  # a change that the tables do not accept: find out which, and let it fail alone
            with self._engine.begin() as connection:
                results: list[Result] = []
                steps: list[ExtensionStep] = []
                for change in group:
                    result, more = self._write_one(connection, change, around)
                    results.append(result)
                    steps += more
                return results, steps

    def _write_one(
        self, connection: sa.Connection, change: Change, around: GroupContext
    ) -> tuple[Result, list[ExtensionStep]]:
        try:
            with connection.begin_nested():
                (result,), steps = self._write_together(connection, [change], around)
        except REFUSALS as error:
            return Result(change, ChangeStatus.FAILED, describe_error(error)), []
        return result, steps

    def _write_together(
        self, connection: sa.Connection, group: list[Change], around: GroupContext
    ) -> tuple[list[Result], list[ExtensionStep]]:
        reader = AsteriskReader(connection, self._tables, self._options)
        extensions = sorted({change.extension for change in group})
        gained = {number for change in group for number in change.after.numbers}
        seen = reader.read_snapshot(extensions, numbers=gained, lock=True)
        known = Surroundings()
        if any(change.before.member != change.after.member for change in group):
            known = read_surroundings(connection, self._tables, seen.endpoints, around.elsewhere)
        builder = StepBuilder(seen, known, self._options, around.refused, around.registered, around.named)
        results = [builder.add(change) for change in group]
        steps = builder.list_steps()
        work = _GroupWriter(connection, self._tables, self._options, self._making, known.usernames, seen.rings)
        work.write_steps(steps)
        return results, steps


class _GroupWriter:
    """The statements of one group."""

    def __init__(
        self,
        connection: sa.Connection,
        tables: Tables,
        options: AsteriskOptions,
        making: SecretSource,
        usernames: Mapping[str, str],
        rings: Mapping[str, str],
    ) -> None:
        self._connection, self._tables, self._options, self._making = connection, tables, options, making
        self._usernames, self._rings = usernames, rings
        self._numbers = Numbers(tables.numbers, options)
        self._secrets: dict[str, str] = {}
        self._credential_column = "md5_cred" if options.as_md5 else "password"
        self._unchanging = _constant_values(tables.auths, options, self._credential_column)
        self._in_files, self._handed_over = options.mode == "files", options.handover is not None
        self._states_asked = options.ami is not None and not self._in_files
        self._messages_go = options.on_release_voicemail != "keep"
        columns = options.columns
        self._shown_columns = ("callerid",) if columns.owner is None else ("callerid", columns.owner)
        self._address_columns = tuple(name for name in (columns.email, columns.fullname) if name)
        self._widest: int | None = getattr(tables.endpoints.c.callerid.type, "length", None)

    def write_steps(self, steps: list[ExtensionStep]) -> None:
        """Everything that these steps come to. What is let go goes first, so that it can be taken."""
        if not steps:
            return
        renewed = [step.extension for step in steps if step.fresh and not step.remove]
        self._secrets = dict(zip(renewed, self._making.secrets(len(renewed)), strict=True))
        self._release_numbers(steps)
        self._remove([step.extension for step in steps if step.remove])
        self._create([step for step in steps if step.create])
        self._renew([step for step in steps if step.endpoint is not None and not step.remove])
        self._shut_out([step for step in steps if step.fresh])
        self._write_mailboxes([step for step in steps if step.holder_changes])
        self._take_numbers(steps)
        self._write_links(steps)

    def _release_numbers(self, steps: list[ExtensionStep]) -> None:
        dids = self._numbers
        gone = [
            dict(zip("nme", (*dids.list_spellings([number]), dids.format_target(step.extension)), strict=True))
            for step in steps
            if step.before.numbers != step.after.numbers
            for number in step.before.numbers
            if number not in step.after.numbers
        ]
        either = sa.or_(dids.number == sa.bindparam("n"), dids.number == sa.bindparam("m"))
        where = (either, dids.target == sa.bindparam("e"), *dids.leads)
        if gone:
            self._connection.execute(sa.delete(self._tables.numbers).where(*where), gone)

    def _take_numbers(self, steps: list[ExtensionStep]) -> None:
        dids = self._numbers
        taken = [
            (number, step.extension)
            for step in steps
            if step.before.numbers != step.after.numbers
            for number in step.after.numbers
            if number not in step.before.numbers
        ]
        there = self._find_existing([number for number, extension in taken if self._rings.get(number) == extension])
        rows = [(dids.format(number), dids.format_target(extension)) for number, extension in taken]
        new = [row for row in rows if row[0] not in there] if there else rows
        insert_rows(self._connection, self._tables.numbers, dids.columns, new, dids.same)

    def _find_existing(self, numbers: list[str]) -> set[Any]:
        """Those of the numbers that stand there as linecard would write them."""
        number, here = self._numbers.number, self._numbers.here
        found: set[Any] = set()
        for some in where_in(self._connection, number, [self._numbers.format(each) for each in numbers]):
            found.update(self._connection.scalars(sa.select(number).where(some, *here)))
        return found

    def _remove(self, extensions: list[str]) -> None:
        for table in (self._tables.endpoints, self._tables.auths, self._tables.aors):
            for some in where_in(self._connection, table.c.id, extensions):
                self._connection.execute(sa.delete(table).where(some))

    def _create(self, steps: list[ExtensionStep]) -> None:
        tables, template = self._tables, self._options.template
        names = [step.extension for step in steps]
        aor = self._format_settings(tables.aors, template.aor)
        if tables.voicemail is None:
            self._insert(tables.aors, ("id",), [(n,) for n in names], aor)
        else:
            context = self._options.voicemail_context
            self._insert(tables.aors, ("id", "mailboxes"), [(n, f"{n}@{context}") for n in names], aor)
        auth = self._format_settings(tables.auths, template.auth) | self._unchanging
        auths = [(n, n, self._make_credential(n, self._secrets[n])) for n in names]
        self._insert(tables.auths, ("id", "username", self._credential_column), auths, auth)
        endpoint = self._format_settings(tables.endpoints, template.endpoint) | {"context": self._options.context}
        endpoints = [(n, n, n, *self._display_values(n, s.after.member)) for n, s in zip(names, steps, strict=True)]
        self._insert(tables.endpoints, ("id", "aors", "auth", *self._shown_columns), endpoints, endpoint)

    def _insert(self, table: sa.Table, columns: Sequence[str], rows: list[Values], template: Row) -> None:
        """Rows, and in all other columns what the template says."""
        same = {name: value for name, value in template.items() if name not in columns}
        insert_rows(self._connection, table, columns, rows, same)

    def _renew(self, steps: list[ExtensionStep]) -> None:
        """A fresh secret and another name, where the holder changed. Each secret that an endpoint lists is made anew,
        all of them the same: whichever user name a phone was set up with, it is let in."""
        secrets: dict[str, Values] = {}
        for step in steps:
            if step.extension in self._secrets and step.endpoint is not None:
                for auth in split_names(step.endpoint.auth):
                    username = self._usernames.get(auth, auth)
                    secrets[auth] = (auth, self._make_credential(username, self._secrets[step.extension]))
        self._renew_secrets(list(secrets.values()))
        rows = [(s.extension, *self._display_values(s.extension, s.after.member)) for s in steps if s.holder_changes]
        update_rows(self._connection, self._tables.endpoints, "id", self._shown_columns, rows)

    def _renew_secrets(self, rows: list[Values]) -> None:
        column = self._credential_column
        update_rows(self._connection, self._tables.auths, "id", (column,), rows, same=self._unchanging)

    def _shut_out(self, steps: list[ExtensionStep]) -> None:
        """Whatever still rang for the former holder: other devices, phones that are registered, and the address of a
        phone that never registers."""
        others = {account.name: account for step in steps for account in step.devices}
        auths = sorted({auth for account in others.values() for auth in account.auths})
        if auths:  # with secrets that nobody knows
            drawn = zip(auths, self._making.secrets(len(auths)), strict=True)
            self._renew_secrets(
                [(auth, self._make_credential(self._usernames.get(auth, auth), s)) for auth, s in drawn]
            )
        aors = {aor for account in others.values() for aor in account.aors}
        for step in steps:
            aors.update((step.extension,) if step.endpoint is None else split_names(step.endpoint.aors))
        contacts, tables = self._tables.contacts, self._tables
        if contacts is not None:
            drop_contacts(self._connection, contacts, {*others, *(step.extension for step in steps)}, aors)
        there = aors - {step.extension for step in steps if step.create}
        if there and "contact" in tables.aors.c:
            static = sa.and_(tables.aors.c.contact.is_not(None), tables.aors.c.contact != "")
            for some in where_in(self._connection, tables.aors.c.id, there):
                self._connection.execute(sa.update(tables.aors).where(some, static).values(contact=None))

    def _write_mailboxes(self, steps: list[ExtensionStep]) -> None:
        boxes = self._tables.voicemail
        if boxes is None:
            return
        here = boxes.c.context == self._options.voicemail_context
        there: set[str] = set()
        for some in where_in(self._connection, boxes.c.mailbox, [step.extension for step in steps]):
            there.update(self._connection.scalars(sa.select(boxes.c.mailbox).where(here, some)))
        template = self._format_settings(boxes, self._options.template.voicemail) | {
            "context": self._options.voicemail_context
        }
        columns = self._address_columns
        new = [step for step in steps if step.extension not in there and step.after.member is not None]
        self._insert(boxes, ("mailbox", "password", *columns), self._mailbox_values(new), template)
        old = [step for step in steps if step.extension in there]
        kept = [(step.extension, *self._address_values(step.after.member)) for step in old if not step.fresh]
        update_rows(self._connection, boxes, "mailbox", columns, kept, here)
        renewed = self._mailbox_values([step for step in old if step.fresh])
        emptied = dict.fromkeys((name for name in NOTIFIED if name in boxes.c and name not in columns), "")
        update_rows(self._connection, boxes, "mailbox", ("password", *columns), renewed, here, same=emptied)

    def _mailbox_values(self, steps: list[ExtensionStep]) -> list[Values]:
        pins = self._making.pins(len(steps))
        return [(s.extension, pin, *self._address_values(s.after.member)) for s, pin in zip(steps, pins, strict=True)]

    def _write_links(self, steps: list[ExtensionStep]) -> None:
        links, secret_of = self._tables.links, self._secrets.get
        new: list[Values] = []
        held: list[Values] = []
        others: list[Values] = []
        for step in steps:
            extension, link, member = step.extension, step.link, step.after.member
            secret = secret_of(extension) if member is not None else None
            left, number = self._pending_work(step), _first_number(step)
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
        insert_rows(self._connection, links, ("extension", *columns, "secret"), new)
        update_rows(self._connection, links, "extension", (*columns, "secret"), held)
        update_rows(self._connection, links, "extension", columns, others)

    def _pending_work(self, step: ExtensionStep) -> int:
        """What is still to be done when the tables have it all: `Pending`, as the number that it is kept as."""
        left = _FILES if self._in_files else 0
        if step.fresh and (self._handed_over or step.existed):
            left |= _PHONE
            if step.existed and (step.leaver is not None or step.link is None):
                left |= _MOMENT
        if self._messages_go and step.leaver is not None:
            left |= _MESSAGES
        if self._states_asked and (step.create or step.link is None):
            left |= _STATE
        return left

    # -- values ----------------------------------------------------------------------------------------------------

    def _make_credential(self, username: str, secret: str) -> str:
        """A secret as `_credential_column` keeps it."""
        if self._options.as_md5:
            return convert.hash_credential(username, self._options.realm, secret)
        return self._making.encode(secret)

    def _display_values(self, extension: str, member: str | None) -> Values:
        """What others see of a holder, in `_shown_columns`."""
        callerid = self._making.encode(convert.format_callerid(self._options.callerid, extension, member, self._widest))
        return (callerid,) if len(self._shown_columns) == 1 else (callerid, self._making.encode(member or ""))

    def _address_values(self, member: str | None) -> Values:
        """Whose mailbox it is, in `_address_columns`."""
        return (self._making.encode(member or ""),) * len(self._address_columns)

    @staticmethod
    def _format_settings(table: sa.Table, settings: Settings) -> Row:
        values = {name: convert.format_setting(value) for name, value in settings.items()}
        return {
            name: int(value) if name in table.c and isinstance(table.c[name].type, sa.Integer) else str(value)
            for name, value in values.items()
        }


def _first_number(step: ExtensionStep) -> str | None:
    """The number that a phone is told of: the one it knows already, where the extension still has it."""
    numbers = step.after.numbers
    if step.link is not None and step.link.number in numbers:
        return step.link.number
    return numbers[0] if numbers else None


def _constant_values(auths: sa.Table, options: AsteriskOptions, column: str) -> Row:
    """What stands in the other columns of a secret that linecard makes: nothing in those that may hold another."""
    values: Row = dict.fromkeys((c.name for c in auths.c if convert.is_credential(c.name) and c.name != column), None)
    if not options.as_md5:
        return values | {"auth_type": "userpass"}
    if "supported_algorithms_uas" in auths.c:  # it may ask for others than MD5, of which there is nothing then
        values["supported_algorithms_uas"] = None
    return values | {"auth_type": "md5", "realm": options.realm}
