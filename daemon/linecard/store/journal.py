"""The two long tables of a run: its rows and its changes. Written in bulk, read as streams.

A plan is written under the attempt after the run's own, so that a reader sees it only when the run takes that
attempt over, in the transaction that moves its state.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

import sqlalchemy as sa

from linecard.model.directory import VACANT, Change, Holding
from linecard.model.outcome import ChangeStatus, Outcome, Result, Verdict
from linecard.model.sheet import Fault, FaultCode, Row, Severity
from linecard.store.follower_changes import add_follower_changes
from linecard.store.row_codec import (
    Packed,
    StoredRow,
    decode_holding,
    decode_numbers,
    decode_row,
    encode_row,
)
from linecard.store.store import Store
from linecard.store.tables import change, fault, row

PAGE = 2000


class Journal:
    """Rows, faults and changes of one run."""

    def __init__(self, store: Store, run_id: int) -> None:
        self._store, self._run = store, run_id
        self._tallies: dict[int, list[tuple[str, str, int]]] = {}

    # -- writing a plan --------------------------------------------------------------------------------------------

    def clear(self, connection: sa.Connection, *, keep: int, seen: int | None = None) -> None:
        """Forget all but this attempt; of the one that a person has `seen`, keep rows and faults, too."""
        kept = {keep} if seen is None else {keep, seen}
        for table in (row, fault):
            connection.execute(sa.delete(table).where(table.c.run_id == self._run, table.c.attempt.not_in(kept)))
        connection.execute(
            sa.delete(change).where(
                change.c.run_id == self._run, change.c.attempt != keep, change.c.fate == ChangeStatus.PLANNED
            )
        )

    def add_rows(self, attempt: int, played: Iterable[tuple[Row, Verdict]]) -> Iterator[tuple[Row, Verdict]]:
        """Write rows page by page, passing each on; a page is committed when it is full."""
        for page in _pages(played):
            with self._store.transaction() as connection:
                _bulk(connection, row, [encode_row(self._run, attempt, *pair) for pair in page])
                faults = [(self._run, attempt, *f) for r, _ in page if r.faults for f in r.faults]
                if faults:
                    _bulk(connection, fault, faults, skip=("id",))
            yield from page

    def add_faults(self, connection: sa.Connection, attempt: int, faults: Sequence[Fault]) -> None:
        if faults:
            _bulk(connection, fault, [(self._run, attempt, *f) for f in faults], skip=("id",))

    def add_changes(self, attempt: int, changes: Iterable[Change]) -> None:
        planned = str(ChangeStatus.PLANNED)  # for an enum's word the driver looks for an adapter, each time
        for page in _pages(changes):
            # As `encode_holding` has them, without two calls for each change.
            values = [
                (
                    self._run,
                    seq,
                    attempt,
                    pbx,
                    name,
                    held,
                    "\n".join(had) or None,
                    holds,
                    "\n".join(rings) or None,
                    planned,
                    "",
                    "",
                )
                for seq, pbx, name, (held, had), (holds, rings) in page
            ]
            with self._store.transaction() as connection:
                _bulk(connection, change, values)

    def last_seq(self) -> int:
        """The highest number of a change that this run ever had; a new plan counts on from there."""
        query = sa.select(sa.func.coalesce(sa.func.max(change.c.seq), 0)).where(change.c.run_id == self._run)
        with self._store.snapshot() as connection:
            return int(connection.execute(query).scalar_one())

    # -- changes ---------------------------------------------------------------------------------------------------

    def changes(
        self, pbx: str | None, *statuses: ChangeStatus, where: sa.ColumnElement[bool] | None = None
    ) -> Iterator[Change]:
        """Changes in order, page by page, so that no read stays open while others write."""
        query = sa.select(
            change.c.seq,
            change.c.pbx,
            change.c.extension,
            change.c.before_member,
            change.c.before_numbers,
            change.c.after_member,
            change.c.after_numbers,
        ).where(change.c.run_id == self._run)
        if statuses:
            query = query.where(change.c.fate.in_(statuses))
        if pbx is not None:
            query = query.where(change.c.pbx == pbx)
        if where is not None:
            query = query.where(where)
        last = 0
        while True:
            with self._store.snapshot() as connection:
                found = connection.execute(query.where(change.c.seq > last).order_by(change.c.seq).limit(PAGE))
                page = found.cursor.fetchall()  # plain: no type has to look at numbers and texts
            for seq, name, extension, held, had, member, rings in page:
                before = VACANT if held is had is None else Holding(held, decode_numbers(had))
                after = VACANT if member is rings is None else Holding(member, decode_numbers(rings))
                yield Change(seq, name, extension, before, after)
            if len(page) < PAGE:
                return
            last = page[-1][0]

    def lost_numbers(self, *statuses: ChangeStatus) -> Iterator[Change]:
        """Changes that take a number from their extension, in order."""
        other = change.c.before_numbers.is_not(None) & change.c.before_numbers.is_distinct_from(change.c.after_numbers)
        for found in self.changes(None, *statuses, where=other):
            if not set(found.before.numbers) <= set(found.after.numbers):
                yield found

    def net_changes(self) -> Iterator[Change]:
        """What was made of each extension, streamed: from before the first change of it to after the last."""
        ends = (
            sa.select(sa.func.min(change.c.seq).label("first"), sa.func.max(change.c.seq).label("last"))
            .where(change.c.run_id == self._run, change.c.fate == ChangeStatus.DONE)
            .group_by(change.c.pbx, change.c.extension)
            .subquery()
        )
        first, last = change.alias(), change.alias()
        query = (
            sa.select(
                first.c.seq,
                first.c.pbx,
                first.c.extension,
                first.c.before_member,
                first.c.before_numbers,
                last.c.after_member,
                last.c.after_numbers,
            )
            .join(ends, sa.and_(first.c.seq == ends.c.first, first.c.run_id == self._run))
            .join(last, sa.and_(last.c.seq == ends.c.last, last.c.run_id == self._run))
            .order_by(first.c.seq)
        )
        with self._store.snapshot() as connection:
            for seq, pbx, extension, *held in connection.execution_options(yield_per=PAGE).execute(query):
                yield Change(seq, pbx, extension, decode_holding(held[0], held[1]), decode_holding(held[2], held[3]))

    def pbxs(self, *statuses: ChangeStatus) -> list[str]:
        """The PBXs that have changes, in the order in which they first appear."""
        query = sa.select(change.c.pbx).where(change.c.run_id == self._run).group_by(change.c.pbx)
        if statuses:
            query = query.where(change.c.fate.in_(statuses))
        with self._store.snapshot() as connection:
            return list(connection.execute(query.order_by(sa.func.min(change.c.seq))).scalars())

    def tally(self, attempt: int | None = None) -> dict[ChangeStatus, int]:
        """How many changes came to what: all of the run, or those of one attempt."""
        query = sa.select(change.c.fate, sa.func.count()).where(change.c.run_id == self._run).group_by(change.c.fate)
        if attempt is not None:
            query = query.where(change.c.attempt == attempt)
        with self._store.snapshot() as connection:
            return {ChangeStatus(status): count for status, count in connection.execute(query)}

    def count_left(self) -> dict[str, int]:
        """How many changes are not made yet, by PBX; those that are on their way are among them."""
        query = (
            sa.select(change.c.pbx, sa.func.count())
            .where(change.c.run_id == self._run, change.c.fate.in_((ChangeStatus.PLANNED, ChangeStatus.SENT)))
            .group_by(change.c.pbx)
        )
        with self._store.snapshot() as connection:
            return {pbx: count for pbx, count in connection.execute(query)}  # noqa: C416 - rows are no pairs to mypy

    def mark(self, connection: sa.Connection, changes: Sequence[Change], status: ChangeStatus) -> None:
        """Give changes, in order, a status: one statement for each stretch without a gap."""
        for first, last in _stretches([c.seq for c in changes]):
            connection.execute(
                sa.update(change)
                .where(change.c.run_id == self._run, change.c.seq.between(first, last))
                .values(fate=status)
            )

    def record(
        self, connection: sa.Connection, results: Sequence[tuple[Result, str]], followers: Sequence[str] = ()
    ) -> None:
        """Write what became of changes; each result comes with the row code that a status other than done means. What
        was made is owed to these followers of the PBX."""
        made = [r.change for r, _ in results if r.status is ChangeStatus.DONE]
        self.mark(connection, made, ChangeStatus.DONE)
        # Order (owe): in the transaction that remembers the change as made. Owed after it, a kill between the two
        # leaves a follower that never hears of the change. Shown by
        # tests/integration/test_followers.py::test_killed_anywhere_a_follower_has_all_in_the_end.
        add_follower_changes(connection, self._run, followers, made)
        for result, code in results:
            if result.status is not ChangeStatus.DONE:
                connection.execute(
                    sa.update(change)
                    .where(change.c.run_id == self._run, change.c.seq == result.change.seq)
                    .values(fate=result.status, code=code, words=result.words)
                )

    def settle_pbx(
        self, connection: sa.Connection, pbx: str, was: ChangeStatus, status: ChangeStatus, code: str, words: str
    ) -> None:
        """Give every change of a PBX that is `was` this status, code and words."""
        connection.execute(
            sa.update(change)
            .where(change.c.run_id == self._run, change.c.pbx == pbx, change.c.fate == was)
            .values(fate=status, code=code, words=words)
        )

    def has_later_change(self, found: Change) -> bool:
        """Whether a later change of this run takes the same extension on from where this one leaves it."""
        query = sa.select(change.c.seq).where(
            change.c.run_id == self._run,
            change.c.seq > found.seq,
            change.c.pbx == found.pbx,
            change.c.extension == found.extension,
        )
        with self._store.snapshot() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def unmade_changes(self, attempt: int) -> Iterator[tuple[Change, ChangeStatus, str, str]]:
        """Changes of this attempt that are not done, with status, code and words."""
        query = (
            sa.select(change)
            .where(change.c.run_id == self._run, change.c.attempt == attempt, change.c.fate != ChangeStatus.DONE)
            .order_by(change.c.seq)
        )
        with self._store.snapshot() as connection:
            for c in connection.execute(query):
                before, after = (
                    decode_holding(c.before_member, c.before_numbers),
                    decode_holding(c.after_member, c.after_numbers),
                )
                yield Change(c.seq, c.pbx, c.extension, before, after), ChangeStatus(c.fate), c.code, c.words

    # -- rows ------------------------------------------------------------------------------------------------------

    def rows(
        self, attempt: int, outcomes: Sequence[str] = (), codes: Sequence[str] = (), limit: int | None = None
    ) -> Iterator[StoredRow]:
        """Rows in file order, streamed; all, or those with one of these outcomes and codes."""
        for page in self.pages(attempt, outcomes, codes, limit):
            yield from map(decode_row, page)

    def pages(
        self, attempt: int, outcomes: Sequence[str] = (), codes: Sequence[str] = (), limit: int | None = None
    ) -> Iterator[Sequence[Packed]]:
        """The same rows as they are stored, for a reader who needs no more of most of them."""
        query = self._where(sa.select(*STORED), attempt, outcomes, codes).order_by(row.c.line).limit(limit)
        with self._store.snapshot() as connection, closing(connection.execute(query).cursor) as cursor:
            while page := cursor.fetchmany(PAGE):  # plain: no type has to look at numbers and texts
                yield page

    def count(self, attempt: int, outcomes: Sequence[str] = (), codes: Sequence[str] = ()) -> int:
        """Rows with one of these outcomes and codes. The store is asked once by each journal: a report asks often."""
        if attempt not in self._tallies:
            query = self._where(sa.select(row.c.outcome, row.c.code, sa.func.count()), attempt, (), ())
            with self._store.snapshot() as connection:
                found = connection.execute(query.group_by(row.c.outcome, row.c.code)).all()
            self._tallies[attempt] = [(outcome, code, count) for outcome, code, count in found]
        return sum(
            count
            for outcome, code, count in self._tallies[attempt]
            if (not outcomes or outcome in outcomes) and (not codes or code in codes)
        )

    def counts(self, attempt: int, connection: sa.Connection) -> dict[str, int]:
        """Rows by outcome, every outcome named."""
        query = (
            sa.select(row.c.outcome, sa.func.count())
            .where(row.c.run_id == self._run, row.c.attempt == attempt)
            .group_by(row.c.outcome)
        )
        found: dict[str, int] = {outcome: count for outcome, count in connection.execute(query)}  # noqa: C416
        return {outcome.value: found.get(outcome, 0) for outcome in Outcome}

    def _where(self, query: Any, attempt: int, outcomes: Sequence[str], codes: Sequence[str]) -> Any:
        query = query.where(row.c.run_id == self._run, row.c.attempt == attempt)
        if outcomes:
            query = query.where(row.c.outcome.in_(outcomes))
        return query.where(row.c.code.in_(codes)) if codes else query

    def correct(
        self,
        connection: sa.Connection,
        attempt: int,
        line: int,
        outcome: Outcome,
        code: str,
        other: str,
        words: str,
    ) -> None:
        """A row that was planned as done came to something else, because of the change of extension `other`."""
        where = (row.c.run_id == self._run, row.c.attempt == attempt, row.c.line == line)
        text = connection.execute(sa.select(row.c.more).where(*where)).scalar_one()
        more = json.loads(text) if text else {} if text is None else {"effects": []}
        more["other"], more["words"] = other, words
        connection.execute(
            sa.update(row)
            .where(*where)
            .values(
                outcome=outcome,
                code=code,
                after_member=row.c.before_member,
                after_numbers=row.c.before_numbers,
                more=json.dumps(more, ensure_ascii=False),
            )
        )

    def faults(self, attempt: int, *, whole_file: bool = False, code: str = "") -> Iterator[Fault]:
        query = sa.select(*_FAULT).where(fault.c.run_id == self._run, fault.c.attempt == attempt)
        if code:
            query = query.where(fault.c.code == code)
        if whole_file:
            of_rows = sa.select(row.c.line).where(row.c.run_id == self._run, row.c.attempt == attempt)
            query = query.where(fault.c.line.not_in(of_rows))
        with self._store.snapshot() as connection:
            for f in connection.execution_options(yield_per=PAGE).execute(query.order_by(fault.c.line, fault.c.id)):
                yield _fault(f)

    def faults_of(self, attempt: int, lines: Sequence[int]) -> dict[int, list[Fault]]:
        """Faults and warnings of these rows, by line."""
        found: dict[int, list[Fault]] = {}
        wanted = set(lines)
        if not wanted:
            return found
        query = sa.select(*_FAULT).where(
            fault.c.run_id == self._run, fault.c.attempt == attempt, fault.c.line.between(min(wanted), max(wanted))
        )
        with self._store.snapshot() as connection:
            for f in connection.execute(query.order_by(fault.c.line, fault.c.id)):
                if f[0] in wanted:
                    found.setdefault(f[0], []).append(_fault(f))
        return found


def _pages(items: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(items)
    while page := list(islice(iterator, PAGE)):
        yield page


def _stretches(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    first = last = None
    for number in numbers:
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = number
    if first is not None and last is not None:
        yield first, last


def _bulk(
    connection: sa.Connection, table: sa.Table, values: list[tuple[Any, ...]], *, skip: tuple[str, ...] = ()
) -> None:
    """Insert many rows at the driver's own speed; the tuples have the table's columns in order."""
    names = [f'"{c.name}"' for c in table.columns if c.name not in skip]
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    marks = ", ".join([mark] * len(names))
    connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({", ".join(names)}) VALUES ({marks})', values)


_FAULT = tuple(fault.c)[3:]


def _fault(values: Iterable[Any]) -> Fault:
    line, column, value, code, severity, message, remedy = values
    return Fault(line, column, value, _FAULT_CODES[code], _SEVERITIES[severity], message, remedy)


STORED = tuple(row.c)[2:]
_FAULT_CODES = {code.value: code for code in FaultCode}
_SEVERITIES = {severity.value: severity for severity in Severity}
