"""Changes written to the directory: a group in one transaction, each change whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from itertools import groupby

from linecard.api.backend import VACANT, Change, ChangeStatus, Holding, Result, Scope
from linecard_directory.reader import read_entries
from linecard_directory.schema import transaction

Clock = Callable[[], datetime]
Held = dict[str, Holding]

# DO NOTHING and not OR IGNORE, which would ignore the CHECK too.
_MEMBER = "INSERT INTO members (login) VALUES (?) ON CONFLICT DO NOTHING"
_EXTENSION = """
INSERT INTO extensions (extension, member, number) VALUES (?, ?, ?)
ON CONFLICT (extension) DO UPDATE SET member = excluded.member, number = excluded.number
"""
_HOLDER = "UPDATE extensions SET member = ? WHERE extension = ?"
_NO_FURTHER = "DELETE FROM further_numbers WHERE extension = ?"
_FURTHER = "INSERT INTO further_numbers (number, extension) VALUES (?, ?)"
_OPERATION = """
INSERT INTO operations (at, extension, before_member, before_number, after_member, after_number)
VALUES (?, ?, ?, ?, ?, ?)
"""


class DirectoryWriter:
    """Makes changes through one connection. `clock` gives the aware time that the operations of a group bear."""

    def __init__(
        self, connection: sqlite3.Connection, *, create_members: bool, create_extensions: bool, clock: Clock
    ) -> None:
        self._connection = connection
        self._create_members, self._create_extensions = create_members, create_extensions
        self._clock = clock

    def make_changes(self, group: list[Change]) -> list[Result]:
        """Make the changes of a group in order and commit; one result each. Raises `sqlite3.Error`."""
        try:
            with transaction(self._connection):
                return self._write_together(group)
        except sqlite3.IntegrityError:  # a change that the tables refuse: find out which, and let it fail alone
            with transaction(self._connection):
                return self._write_one_by_one(group)

    def _write_together(self, group: list[Change]) -> list[Result]:
        held = self._read_holdings(group)
        made: list[Change] = []
        results: list[Result] = []
        for change in group:
            result = self._check_change(change, held)
            results.append(result)
            _, _, extension, before, after = change
            if result.status is ChangeStatus.DONE and before != after:
                held[extension] = after
                made.append(change)
        self._store(made)
        return results

    def _write_one_by_one(self, group: list[Change]) -> list[Result]:
        held = self._read_holdings(group)
        return [self._write_one(change, held) for change in group]

    def _write_one(self, change: Change, held: Held) -> Result:
        result = self._check_change(change, held)
        if result.status is not ChangeStatus.DONE or change.before == change.after:
            return result
        self._connection.execute("SAVEPOINT change")
        try:
            self._store([change])
        except sqlite3.IntegrityError as error:
            self._connection.execute("ROLLBACK TO change")
            result = Result(change, ChangeStatus.FAILED, self._refusal(change, error))
        else:
            held[change.extension] = change.after
        self._connection.execute("RELEASE change")
        return result

    def _read_holdings(self, group: list[Change]) -> Held:
        """What the extensions of the group are now; one that does not exist is missing."""
        scope = Scope(extensions=frozenset(change.extension for change in group))
        return {entry.extension: entry.holding for entry in read_entries(self._connection, scope)}

    def _check_change(self, change: Change, held: Held) -> Result:
        _, _, extension, before, after = change
        now = held.get(extension, VACANT)
        if now != before:
            return Result(change, ChangeStatus.STALE, f"{extension} {_describe_holding(now)} now")
        if not self._create_extensions and extension not in held and after != before:
            return Result(change, ChangeStatus.FAILED, f"there is no extension {extension}")
        return Result(change, ChangeStatus.DONE)

    def _store(self, made: Collection[Change]) -> None:
        """Write changes that hold, in order: the tables, then the operations that say so."""
        if self._create_members:
            logins = {c.after.member for c in made if c.after.member is not None}
            self._connection.executemany(_MEMBER, [(login,) for login in sorted(logins)])
        for store, changes in groupby(made, key=self._choose_statement):  # stretches, for their order may not change
            store(changes)
        at = self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._connection.executemany(  # all numbers of an extension, with a blank between two
            _OPERATION,
            [
                (at, extension, held, " ".join(had) or None, holds, " ".join(rings) or None)
                for _, _, extension, (held, had), (holds, rings) in made
            ],
        )

    def _choose_statement(self, change: Change) -> Callable[[Iterable[Change]], None]:
        _, _, _, before, (_, rings) = change
        if before is not VACANT:
            if before.numbers == rings and before != VACANT:
                return self._store_holders
            if len(before.numbers) > 1:
                return self._store_several
        return self._store_several if len(rings) > 1 else self._store_extensions

    def _store_holders(self, changes: Iterable[Change]) -> None:
        """Changes of the holder alone, of extensions that exist: no index of numbers is touched."""
        self._connection.executemany(_HOLDER, [(c.after.member, c.extension) for c in changes])

    def _store_extensions(self, changes: Iterable[Change]) -> None:
        """Changes of extensions that have at most one number, before and after, and may be new."""
        rows = [(name, member, rings[0] if rings else None) for _, _, name, _, (member, rings) in changes]
        self._connection.executemany(_EXTENSION, rows)

    def _store_several(self, changes: Iterable[Change]) -> None:
        """Changes of extensions that have several numbers, or get them: the first stands with the extension."""
        for change in changes:
            first, *others = change.after.numbers or (None,)
            self._connection.execute(_NO_FURTHER, (change.extension,))
            self._connection.execute(_EXTENSION, (change.extension, change.after.member, first))
            self._connection.executemany(_FURTHER, [(number, change.extension) for number in others])

    def _refusal(self, change: Change, error: sqlite3.IntegrityError) -> str:
        """The tables' refusal in words that name what stands in the way."""
        member, numbers = change.after
        match error.sqlite_errorcode:
            case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
                return f"there is no member {member}"
            case sqlite3.SQLITE_CONSTRAINT_UNIQUE | sqlite3.SQLITE_CONSTRAINT_TRIGGER:
                return self._describe_number_in_use(change) or str(error)
        sentences = {
            "lower_case": f"{member!r} is not a login in lower case",
            "short_number": f"{change.extension!r} is not an extension",
            "e164": f"{' '.join(numbers)!r} is not a number in E.164 form",
        }
        return next((said for name, said in sentences.items() if name in str(error)), str(error))

    def _describe_number_in_use(self, change: Change) -> str:
        """Which of the numbers of a change another extension has, and who holds that; empty where none has."""
        scope = Scope(numbers=frozenset(change.after.numbers))
        others = (entry for entry in read_entries(self._connection, scope) if entry.extension != change.extension)
        bearer = next(others, None)
        if bearer is None:
            return ""
        number = next(number for number in change.after.numbers if number in bearer.numbers)
        return f"{number} is on extension {bearer.extension}, which {_describe_holding(Holding(bearer.member))}"


def _describe_holding(now: Holding) -> str:
    numbers = f", with number {' and '.join(now.numbers)}," if now.numbers else ""
    return f"is held by {now.member or 'nobody'}{numbers}"
