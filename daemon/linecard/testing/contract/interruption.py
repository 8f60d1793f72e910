"""What is left when it ends half-way: the caller stops, its source of changes breaks, the process is killed."""
# ruff: noqa: S101  a suite is made of asserts

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from itertools import islice, product
from typing import ClassVar

import pytest

from linecard.api.backend import VACANT, Can, Change, ChangeStatus, Entry, Result
from linecard.rules.order import order_changes
from linecard.testing.contract.changes import record_taken
from linecard.testing.contract.subject import PBX, Fill, Names, Subject, apply_to, holdings


class Broken(Exception):
    """What a source of changes raises here."""


class HardChanges(Names):
    """Changes that build upon each other, and what of them a PBX may hold when they are cut off."""

    def hard_entries(self) -> list[Entry]:
        return [*(self.entry(n, n, n) for n in range(4)), self.entry(4), self.entry(5, 5, 5)]

    def hard_changes(self, *, several: bool) -> list[Change]:
        """A swap of members, a ring of numbers, a release, and a link to what was vacant."""
        shall = [
            self.entry(0, 1, 1),
            self.entry(1, 0, 2),
            self.entry(2, 2, 0),
            self.entry(3, None, 3),
            self.entry(4, 3),
            self.entry(5, 5),
        ]
        was, wanted = holdings(self.hard_entries()), holdings(shall)
        differences = [(extension, was[extension], wanted[extension]) for extension in wanted]
        return list(order_changes(PBX, lambda: differences, several=several))

    def stands_between(self, pbx: Subject, changes: list[Change], least: int, most: int) -> None:
        """The PBX is as after the first `least` of these changes, and perhaps others of the first `most`: none without
        those it builds upon."""
        was, now = holdings(self.hard_entries()), pbx.read_holdings()
        assert any(now == apply_to(was, made) for made in possible_subsets(changes, least, most)), (
            f"not what the first {least} to {most} changes make"
        )

    def can_be_finished(self, pbx: Subject, changes: list[Change]) -> None:
        """Read back what stands, another backend makes the rest, and all is as the plan said."""
        now, shall = pbx.read_holdings(), apply_to(holdings(self.hard_entries()), changes)
        left = [
            (extension, now.get(extension, VACANT), shall.get(extension, VACANT))
            for extension in {change.extension: None for change in changes}
            if now.get(extension, VACANT) != shall.get(extension, VACANT)
        ]
        rest = list(order_changes(PBX, lambda: left, several=Can.SEVERAL in pbx.can))
        results = list(pbx.open().apply(iter(rest)))
        assert [result.status for result in results] == [ChangeStatus.DONE] * len(rest), results
        assert pbx.read_holdings() == shall


class InterruptionContract(HardChanges):
    """`apply`, cut off."""

    survives: ClassVar[bool] = True
    """The PBX is still there when the process that used it is gone."""

    def test_a_generator_may_be_let_go_half_way(self, fill: Fill) -> None:
        """What was yielded is made, what was not taken is not made, and nothing is left half or locked."""
        for cut in range(1, len(self.hard_changes(several=False))):
            pbx = fill(*self.hard_entries())
            changes = self.hard_changes(several=Can.SEVERAL in pbx.can)
            taken: list[Change] = []
            applying = pbx.backend.apply(record_taken(changes, taken))
            yielded = [result.change for result in islice(applying, cut)]
            del applying
            assert set(yielded) <= set(taken)
            self.stands_between(pbx, changes, len(yielded), len(taken))
            self.can_be_finished(pbx, changes)

    def test_an_error_of_the_source_of_changes_comes_through(self, fill: Fill) -> None:
        """It is the core's own, such as a full disk of its journal. What was made stays and the PBX can be used."""
        for cut in range(len(self.hard_changes(several=False))):
            pbx = fill(*self.hard_entries())
            changes = self.hard_changes(several=Can.SEVERAL in pbx.can)
            yielded: list[Result] = []
            with pytest.raises(Broken):
                yielded.extend(pbx.backend.apply(break_after(changes, cut)))
            self.stands_between(pbx, changes, len(yielded), min(cut, len(changes)))
            self.can_be_finished(pbx, changes)

    def test_a_process_killed_while_it_takes_changes_leaves_a_pbx_that_can_be_finished(self, fill: Fill) -> None:
        """SIGKILL in the place of each change: what was yielded until then is made."""
        self.kill_everywhere(fill, at_result=False)

    def test_a_process_killed_at_a_result_leaves_it_made(self, fill: Fill) -> None:
        """SIGKILL as soon as the result is out: it was durable."""
        self.kill_everywhere(fill, at_result=True)

    def kill_everywhere(self, fill: Fill, *, at_result: bool) -> None:
        if not self.survives:
            pytest.skip("the PBX ends with the process")
        for cut in range(1, len(self.hard_changes(several=False)) + 1):
            pbx = fill(*self.hard_entries())
            changes = self.hard_changes(several=Can.SEVERAL in pbx.can)
            taken, yielded = apply_until_killed(pbx, changes, cut, at_result=at_result)
            self.stands_between(pbx, changes, yielded, taken)
            self.can_be_finished(pbx, changes)


def possible_subsets(changes: list[Change], least: int, most: int) -> Iterator[list[Change]]:
    """What may have been made of the first `most` changes when the first `least` have: changes that share no
    extension, member or number may be made side by side, others come one after another."""
    for wished in product((False, True), repeat=most - least):
        made = list(changes[:least])
        complete = True
        for change, wish in zip(changes[least:most], wished, strict=True):
            needed = [other for other in changes[: change.seq - 1] if keys_of(other) & keys_of(change)]
            complete = complete and (not wish or all(other in made for other in needed))
            if wish:
                made.append(change)
        if complete:
            yield made


def keys_of(change: Change) -> set[str]:
    """What a change touches: its extension, members and numbers."""
    before, after = change.before, change.after
    return {change.extension, *before.numbers, *after.numbers, before.member or "", after.member or ""} - {""}


def break_after(changes: list[Change], cut: int) -> Iterator[Change]:
    """The first changes, then an error."""
    yield from changes[:cut]
    raise Broken


def apply_until_killed(pbx: Subject, changes: list[Change], cut: int, *, at_result: bool) -> tuple[int, int]:
    """Apply in a process that is killed at the `cut`-th change or result: how many it had taken and yielded."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - nothing returns from here
        try:
            for result in pbx.open().apply(report_taken(changes, tell, 0 if at_result else cut)):
                os.write(tell, b"y" if result.status is ChangeStatus.DONE else b"n")
                if at_result and result.change.seq >= cut:
                    os.kill(os.getpid(), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    os.close(tell)
    with os.fdopen(told, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the backend raised an error before it could be killed"
    assert b"n" not in said, "each of these changes can be made"
    return said.count(b"t"), said.count(b"y")


def report_taken(changes: list[Change], tell: int, cut: int) -> Iterator[Change]:
    """The changes; each is told when it is taken, and in the place of the `cut`-th the process is killed."""
    for change in changes:
        if change.seq == cut:
            os.kill(os.getpid(), signal.SIGKILL)
        os.write(tell, b"t")
        yield change
