"""Changes of the directory: each entry is written only as it was read, many at a time on one connection."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from linecard.api.backend import Change, ChangeStatus, Holding, Result, split_independent
from linecard_ldap.client import LdapClient, WritePipeline
from linecard_ldap.convert import Edit, Person
from linecard_ldap.errors import EntryMovedError, NoAnswerError
from linecard_ldap.kept_numbers import Kept, KeptNumbers
from linecard_ldap.options import LdapOptions
from linecard_ldap.view import PeopleReader, PeopleView

GROUP = 250
"""Changes that are read together before the first of them is made."""


class EntryWrite(NamedTuple):
    """One write: what becomes of one entry."""

    person: Person
    edits: Sequence[Edit]


@dataclass
class PendingChange:
    """A change under way: writes that are still to be sent, and one that was."""

    change: Change
    steps: deque[EntryWrite]
    sent: EntryWrite | None = None


class PeopleWriter:
    """Makes changes. Two calls of `apply` must not overlap."""

    def __init__(self, client: LdapClient, reader: PeopleReader, options: LdapOptions, kept: KeptNumbers) -> None:
        self._client, self._reader, self._options, self._kept = client, reader, options, kept

    def apply(self, changes: Iterable[Change]) -> Iterator[Result]:
        """Make them in their order; those that have nothing in common side by side."""
        for group in split_independent(changes, GROUP):
            yield from _Group(self._client, self._reader, self._options, self._kept, group).make_all()

    def find_obstacles(self, changes: Sequence[Change]) -> Iterator[tuple[Change, str]]:
        """What stands in the way of changes, as far as it stands in the directory and no other change removes it."""
        view = read_for(self._reader, changes)
        for change in changes:
            words = find_obstacle(view, change, self._options)
            if words:
                yield change, words


def read_for(reader: PeopleReader, changes: Sequence[Change]) -> PeopleView:
    """All that these changes touch."""
    ends = [end for change in changes for end in (change.before, change.after)]
    return reader.read_view(
        {change.extension for change in changes},
        {end.member for end in ends if end.member is not None},
        {number for change in changes for number in change.after.numbers if number not in change.before.numbers},
    )


def find_obstacle(view: PeopleView, change: Change, options: LdapOptions) -> str:
    """Why a change cannot be made of these entries, whoever holds what; empty if it can."""
    holders = view.holders(change.extension)
    if len(holders) > 1:
        return f"{len(holders)} entries have {options.extension} {change.extension}: {_list_names(holders)}"
    if holders and holders[0].member is None:
        return f"{holders[0].dn} has no {options.member}, so nobody could get {change.extension} back"
    member = change.after.member
    people = view.by_member(member) if member is not None else []
    if member is not None and not people:
        return f"no entry has {options.member} {member}"
    if len(people) > 1:
        return f"{len(people)} entries have {options.member} {member}: {_list_names(people)}"
    for person in (*holders, *people):
        if words := person.find_obstacle():
            return words
    for person in people:
        missing = [number for number in person.number_list if number not in change.after.numbers]
        if not person.extensions and missing:
            return f"{person.dn} has the number {missing[0]} and no extension: clear it, or name it in the row"
    return ""


class _Group:
    """Changes that are made together; no two of them touch the same extension, member or number."""

    def __init__(
        self,
        client: LdapClient,
        reader: PeopleReader,
        options: LdapOptions,
        kept: KeptNumbers,
        changes: Sequence[Change],
    ) -> None:
        self._client, self._reader, self._options, self._kept = client, reader, options, kept
        self._waiting = deque(changes)
        self._view = read_for(reader, changes)
        self._under_way: dict[int, PendingChange] = {}

    def make_all(self) -> Iterator[Result]:
        """Their results, as they come; where somebody loses an extension, when all are made: whoever reads in the
        meantime waits, and sees no extension between two holders."""
        if not any(change.before.member not in (None, change.after.member) for change in self._waiting):
            yield from self._make()
            return
        results: list[Result] = []
        try:
            with self._kept.lock(alone=True):
                results.extend(self._make())
        except NoAnswerError:
            yield from results
            raise
        yield from results

    def _make(self) -> Iterator[Result]:
        self._keep_beforehand()
        changes = list(self._waiting)
        try:
            with self._client.writing() as pipeline:
                try:
                    yield from self._send_all(pipeline)
                except GeneratorExit:  # nothing goes on when nobody listens, and nothing is left half-way
                    self._waiting.clear()
                    with suppress(NoAnswerError):
                        deque(self._send_all(pipeline), maxlen=0)
                    raise
        except NoAnswerError:
            yield from self._settle()
            raise
        finally:
            self._forget(changes)

    # -- what is kept ------------------------------------------------------------------------------------------------

    def _keep_beforehand(self) -> None:
        """Before an extension loses its holder, its numbers are kept, where they have no place in the directory.

        What is kept counts only for its holder, so that the write in the directory makes the change, all at once.
        """
        # Order (keep): kept before the directory is written. Kept after it, a kill between the two leaves a free
        # extension that has lost its number. Shown by
        # tests/integration/ldap/test_lost_writes.py::test_a_number_survives_a_kill_between_directory_and_state.
        kept: list[Kept] = []
        for change in self._waiting:
            before, after = change.before, change.after
            if self._view.holding(change.extension) != before or before.member == after.member:
                continue
            if before.member is not None:  # free for good, or until the next holder is written
                kept.append(Kept(change.extension, None, after.numbers if after.member is None else before.numbers))
            if after.member is not None and self._options.number is None:
                kept.append(Kept(change.extension, after.member, after.numbers))
        known = {key for one in kept if (key := one.extension) in self._view.kept_extensions()}
        self._kept.write(one for one in kept if one.numbers or one.extension in known)

    def _forget(self, changes: Sequence[Change]) -> None:
        """What was kept for those who do not hold these extensions any more."""
        if not self._kept.exists:
            return
        gone = []
        for change in changes:
            member = self._view.holding(change.extension).member
            ends = {None, change.before.member, change.after.member} - {member}
            gone += [Kept(change.extension, end, ()) for end in ends]
        self._kept.write(gone)

    # -- sending -----------------------------------------------------------------------------------------------------

    def _send_all(self, pipeline: WritePipeline) -> Iterator[Result]:
        while self._waiting or self._under_way:
            while self._waiting and len(self._under_way) < self._options.ahead:
                begun = self._begin(self._waiting.popleft())
                if isinstance(begun, Result):
                    yield begun
                else:
                    self._send(pipeline, begun)
            if self._under_way:
                number, error = pipeline.wait()
                result = self._go_on(pipeline, self._under_way.pop(number), error)
                if result is not None:
                    yield result

    def _begin(self, change: Change) -> PendingChange | Result:
        """The writes of a change, or its result where there is nothing to write."""
        view, before, after = self._view, change.before, change.after
        now = view.holding(change.extension)
        if now != before:
            return Result(change, ChangeStatus.STALE, f"{change.extension} is held by {now.member or 'nobody'} now")
        if now == after:
            return Result(change, ChangeStatus.DONE)
        if words := find_obstacle(view, change, self._options) or self._find_conflict(change):
            return Result(change, ChangeStatus.FAILED, words)
        steps = self._plan_steps(change)
        if isinstance(steps, str):
            return Result(change, ChangeStatus.FAILED, steps)
        if before.member == after.member and (after.member is None or self._options.number is None):
            kept = Kept(change.extension, after.member, after.numbers)  # its numbers do not stand in the directory
            self._kept.write([kept])
            view.keep(kept)
        return PendingChange(change, steps) if steps else Result(change, ChangeStatus.DONE)

    def _find_conflict(self, change: Change) -> str:
        """What other extensions have that this change wants."""
        holders = {person.dn for person in self._view.holders(change.extension)}
        for person in self._view.by_member(change.after.member) if change.after.member is not None else ():
            if others := [name for name in person.extensions if name != change.extension]:
                return f"{person.member} holds {others[0]}, and an entry has one extension"
            holders.add(person.dn)
        for number in change.after.numbers:
            for extension, dn in self._view.bearers(number):
                if extension != change.extension and dn not in holders:
                    return f"{number} is on extension {extension}" if extension else f"{number} is that of {dn}"
        several = self._options.number is None or self._options.further_numbers is not None
        if len(change.after.numbers) > 1 and not several:
            return f"an entry has one {self._options.number}"
        return ""

    def _plan_steps(self, change: Change) -> deque[EntryWrite] | str:
        """Who loses the extension is written first: at no time two have it."""
        view, before, after = self._view, change.before, change.after
        steps: deque[EntryWrite] = deque()
        if before.member is not None and before.member != after.member:
            for person in view.holders(change.extension):
                edits = person.edit_link(change.extension, before, Holding(None))
                if isinstance(edits, str):
                    return edits
                steps.append(EntryWrite(person, edits))
        if after.member is not None:
            (person,) = view.by_member(after.member)
            was = before if before.member == after.member else Holding(None)
            edits = person.edit_link(change.extension, was, after)
            if isinstance(edits, str):
                return edits
            if edits:
                steps.append(EntryWrite(person, edits))
        return steps

    def _send(self, pipeline: WritePipeline, work: PendingChange) -> None:
        work.sent = step = work.steps.popleft()
        self._under_way[pipeline.send_edits(step.person.dn, step.edits)] = work

    def _go_on(self, pipeline: WritePipeline, work: PendingChange, error: Exception | None) -> Result | None:
        """What the answer to a write means: the next one of its change, or its result."""
        if error is None:
            self._note(work)
            if work.steps:
                self._send(pipeline, work)
                return None
            return Result(work.change, ChangeStatus.DONE)
        self._read_again(work)
        if isinstance(error, EntryMovedError):
            return Result(work.change, ChangeStatus.STALE, f"the entry was changed meanwhile: {error}")
        return Result(work.change, ChangeStatus.FAILED, str(error))

    def _note(self, work: PendingChange) -> None:
        """The view has what was written."""
        if work.sent is not None:
            person = self._view.people[work.sent.person.dn]
            self._view.enter(person.with_edits(work.sent.edits))
            change = work.change
            if not work.steps and (change.after.member is None or self._options.number is None):
                self._view.keep(Kept(change.extension, change.after.member, change.after.numbers))
            elif work.steps:
                self._view.keep(Kept(change.extension, None, change.before.numbers))

    def _read_again(self, work: PendingChange) -> None:
        """What this change touches was not as it was read."""
        for person in read_for(self._reader, [work.change]).people.values():
            self._view.enter(person)

    # -- lost answers ------------------------------------------------------------------------------------------------

    def _settle(self) -> Iterator[Result]:
        """Find out by reading what became of writes whose answers were lost; nothing is sent again."""
        for work in list(self._under_way.values()):
            if work.sent is None or work.steps:
                continue
            person = self._reader.read_person(work.sent.person.dn)
            if person is not None and all(set(person.values(e.attribute)) == set(e.new) for e in work.sent.edits):
                self._view.enter(person)
                yield Result(work.change, ChangeStatus.DONE)
        self._under_way.clear()


def _list_names(people: Iterable[Person]) -> str:
    return " and ".join(person.dn for person in people)
