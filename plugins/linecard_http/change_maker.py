"""One change at a time: look, take the steps that are needed, and say what the PBX shows afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, repeat
from typing import Any

from linecard.api.backend import VACANT, Can, Caveat, Change, ChangeStatus, Holding, Result
from linecard_http.errors import LostAnswerError, NotReachedError, RestError
from linecard_http.expression import evaluate, render, search
from linecard_http.number_index import NumberIndex
from linecard_http.pbx_reader import Known, PbxReader
from linecard_http.profile import Meaning, StepRule
from linecard_http.rest_client import RestClient, RestReply
from linecard_http.table_reader import Row, TableView

TROUBLES = 3
"""Changes in a row whose answers are lost, after which the PBX is not asked for more."""
PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between two looks at what became of a change; the last one again and again."""

Sleep = Callable[[float], None]


class _RefusedError(Exception):
    """The change is not made, in words."""


class _UnsettledError(Exception):
    """A step was asked for, reading does not show it, and it may still come about unless `is_over`."""

    def __init__(self, error: LostAnswerError) -> None:
        super().__init__(str(error))
        self.is_over = error.is_over


class _Course:
    """What the steps of one change know: how the extension is, what it shall be, and what steps have saved."""

    def __init__(
        self,
        change: Change,
        known: Known,
        view: TableView,
        reader: PbxReader,
        settings: Any,
        people: TableView | None = None,
    ) -> None:
        self._people = people
        self.change, self.known, self.view, self._reader, self._settings = change, known, view, reader, settings
        self.saved: dict[str, dict[str, Any]] = empty_results(reader.profile.changes)
        self._was = known.row
        self.reads: list[tuple[StepRule, str | None]] = []
        self.has_written = False

    def list_numbers(self, which: str) -> list[str]:
        now, after = self.known.holding.numbers, self.change.after.numbers
        match which:
            case "gained":
                return [number for number in after if number not in now]
            case "lost":
                return [number for number in now if number not in after]
            case _:
                return [number for number in now if number in after]

    def make_variables(self, number: str | None = None) -> dict[str, Any]:
        """What the templates of a profile see."""
        change, known = self.change, self.known
        variables: dict[str, Any] = {
            "extension": change.extension,
            "row": known.row or self._reader.make_empty("extensions"),
            "was": self._was or self._reader.make_empty("extensions"),
            "now": known.holding._asdict(),
            "before": change.before._asdict(),
            "after": change.after._asdict(),
            "gained": self.list_numbers("gained"),
            "lost": self.list_numbers("lost"),
            "kept": self.list_numbers("kept"),
            "member": self._find_member(change.after.member),
            "leaver": self._find_member(known.holding.member),
            "settings": self._settings,
            **self.saved,
        }
        if number is not None:
            route = self._reader.find_route(number, self.view) or self._reader.make_empty("numbers")
            variables |= {"number": number, "route": route}
        return variables

    def _find_member(self, login: str | None) -> Row:
        found = self._reader.find_member(login, self._people) if login is not None else None
        return found or self._reader.make_empty("members")

    def save(self, step: StepRule, body: Any) -> None:
        if step.save:
            self.saved[step.name] = {name: search(path, body) for name, path in step.save.items()}


def empty_results(steps: Iterable[StepRule]) -> dict[str, dict[str, Any]]:
    """What steps save, before they have: nothing below each name."""
    found: dict[str, dict[str, Any]] = {}
    for step in steps:
        if step.save:
            found[step.name] = dict.fromkeys(step.save)
        found |= empty_results(step.steps)
    return found


class ChangeMaker:
    """Makes changes; `make_change` may be called by several threads for changes that do not touch the same things."""

    def __init__(
        self,
        client: RestClient,
        reader: PbxReader,
        *,
        settle: float,
        sleep: Sleep = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._reader, self._settle = client, reader, settle
        self._sleep, self._monotonic = sleep, monotonic
        self._profile = client.profile
        self._index = NumberIndex(reader.list_bearers)
        self._troubles = 0

    def begin(self) -> None:
        """Before the changes of a run: what was read for another is not believed."""
        self._reader.refresh_members()
        self._index.forget()
        self._troubles = 0

    def make_change(self, change: Change) -> Result:
        """Raises `RestError` where the PBX cannot be asked, or may not be by this account."""
        course = self._begin_course(change)
        known = course.known
        if (result := self._precheck(change, known)) is not None:
            return result
        if words := self._find_obstacle(change, course):
            return Result(change, ChangeStatus.FAILED, words)
        try:
            self._take_steps(self._profile.changes, course, None)
            result = self._read_back(course)
        except _RefusedError as refused:
            return Result(change, ChangeStatus.FAILED, self._describe_refusal(course, str(refused)))
        except _UnsettledError as unsettled:
            return self._count_trouble(course, unsettled)
        self._troubles = 0
        return result

    def make_caveats(self, change: Change, view: TableView) -> Iterator[Caveat]:
        """What the profile has to say of a change before it is made."""
        if not self._profile.caveats:
            return
        known = self._reader.look(change.extension, view)
        course = _Course(change, known, view, self._reader, self._client.settings, people=view)
        variables = course.make_variables()
        for rule in self._profile.caveats:
            if evaluate(rule.when, variables):
                words = str(render(rule.message, variables)).rstrip(".")
                yield Caveat(change.extension, words, rule.remedy, rule.holds)

    # -- before anything is sent -------------------------------------------------------------------------------------

    def _begin_course(self, change: Change) -> _Course:
        view = self._reader.open_view()
        known = self._look(change, view)
        return _Course(change, known, view, self._reader, self._client.settings)

    def _look(self, change: Change, view: TableView) -> Known:
        if self._reader.must_know_numbers:
            touched = {*change.before.numbers, *change.after.numbers, *self._index.list_borne(change.extension)}
            known = self._reader.look(change.extension, view, touched)
        else:
            known = self._reader.look(change.extension, view)
        self._index.enter(change.extension, known.holding.numbers)
        return known

    def _find_bearers(self, number: str, view: TableView) -> set[str]:
        if self._reader.can_ask_for_numbers:
            return self._reader.find_bearers(number, view)
        bearer = self._index.find_bearer(number)
        return set() if bearer is None else {bearer}

    def _precheck(self, change: Change, known: Known) -> Result | None:
        if known.row is None and change.before != VACANT:
            return Result(change, ChangeStatus.STALE, f"extension {change.extension} is gone")
        if known.row is None and Can.CREATE_EXTENSIONS not in self._profile.can:
            return Result(change, ChangeStatus.FAILED, f"there is no extension {change.extension}")
        if known.holding != change.before:
            return Result(change, ChangeStatus.STALE, f"{change.extension} is {_describe(known.holding)} now")
        return Result(change, ChangeStatus.DONE) if known.holding == change.after else None

    def _find_obstacle(self, change: Change, course: _Course) -> str:
        """What stands in the way that the PBX itself might not refuse, in words."""
        member, can = change.after.member, self._profile.can
        gained = course.list_numbers("gained")
        if gained and len(change.after.numbers) > 1 and Can.SEVERAL_NUMBERS not in can:
            return f"{change.extension} has one number at most"
        if member is not None and member != change.before.member:
            if self._reader.find_member(member) is None:
                return f"there is no member {member}"
            if Can.SEVERAL not in can:
                held = {str(row["extension"]) for row in self._reader.find_held(member, course.view)}
                if others := held - {change.extension}:
                    return f"{member} holds extension {min(others)}"
        for number in gained:
            if others := self._find_bearers(number, course.view) - {change.extension}:
                return f"{number} is on extension {min(others)}"
        return ""

    # -- steps -------------------------------------------------------------------------------------------------------

    def _take_steps(self, steps: Iterable[StepRule], course: _Course, number: str | None) -> None:
        for step in steps:
            if step.each is None:
                self._take(step, course, number)
                continue
            for each in course.list_numbers(step.each):
                self._take(step, course, each)

    def _take(self, step: StepRule, course: _Course, number: str | None) -> None:
        if not self._is_needed(step, course, number):
            return
        variables = course.make_variables(number)
        if step.refuse is not None:
            raise _RefusedError(str(render(step.refuse, variables)))
        if step.steps:
            self._take_steps(step.steps, course, number)
            return
        if step.is_read:
            course.reads.append((step, number))
            course.save(step, self._client.query(step.name, step, variables).body)
            return
        try:
            # Order (send): once. What is not known to be done is looked for, never sent again: the PBX may be at it
            # still, and would do it a second time after somebody else's change. Shown by
            # tests/integration/http/test_faults.py::test_a_change_is_sent_once_whatever_becomes_of_it.
            reply = self._client.change(step.name, step, variables)
            course.has_written = True
        except NotReachedError:
            raise
        except LostAnswerError as error:
            course.has_written = True
            self._settle_step(step, course, number, error)
            return
        self._accept(step, course, number, reply)

    def _accept(self, step: StepRule, course: _Course, number: str | None, reply: RestReply) -> None:
        is_gone = reply.verdict is Meaning.ABSENT and step.methods == ["delete"]
        if reply.verdict in {Meaning.GOOD, Meaning.ALREADY} or is_gone:
            course.save(step, reply.body)
            return
        words = f"{self._profile.name} failed at `{step.name}`: {reply.words}"
        if reply.verdict in {Meaning.LOST, Meaning.FAILED}:
            error = LostAnswerError(f"{words}.", is_over=reply.verdict is Meaning.FAILED)
            self._settle_step(step, course, number, error)
            return
        remedy = f". {reply.remedy}".rstrip(".") if reply.remedy else ""
        raise _RefusedError(f"{reply.words}{remedy}")

    def _is_needed(self, step: StepRule, course: _Course, number: str | None) -> bool:
        if step.each is not None and number not in course.list_numbers(step.each):
            return False
        return step.when is None or bool(evaluate(step.when, course.make_variables(number)))

    def _settle_step(self, step: StepRule, course: _Course, number: str | None, error: LostAnswerError) -> None:
        """Read until a step whose answer was lost is not needed any more."""

        def is_made() -> bool:
            self._look_again(course)
            for read, of in list(course.reads):
                if of in {None, number}:
                    course.save(read, self._client.query(read.name, read, course.make_variables(of)).body)
            if course.known.holding == course.change.after:
                return True
            return step.when is not None and not self._is_needed(step, course, number)

        if not self._wait_until(is_made, 0.0 if error.is_over else self._settle):
            raise _UnsettledError(error) from error

    def _look_again(self, course: _Course) -> None:
        course.view = self._reader.open_view()
        course.known = self._look(course.change, course.view)

    def _wait_until(self, is_so: Callable[[], bool], seconds: float) -> bool:
        until = self._monotonic() + seconds
        for pause in chain(PAUSES, repeat(PAUSES[-1])):
            if is_so():
                return True
            if self._monotonic() >= until:
                break
            self._sleep(pause)
        return False

    # -- what came of it ---------------------------------------------------------------------------------------------

    def _read_back(self, course: _Course) -> Result:
        """Some PBXs show a change only a while after they have taken it."""

        def is_shown() -> bool:
            self._look_again(course)
            return course.known.holding == course.change.after

        change = course.change
        if self._wait_until(is_shown, self._settle if course.has_written else 0.0):
            return Result(change, ChangeStatus.DONE)
        shown = _describe(course.known.holding)
        return Result(change, ChangeStatus.FAILED, f"{self._profile.name} accepted it, and shows {shown}")

    def _describe_refusal(self, course: _Course, words: str) -> str:
        if not course.has_written:
            return words
        self._look_again(course)
        if course.known.holding == course.change.before:
            return words
        return f"{words}; some of it was made: {course.change.extension} is {_describe(course.known.holding)} now"

    def _count_trouble(self, course: _Course, unsettled: _UnsettledError) -> Result:
        change, now = course.change, course.known.holding
        self._troubles += 1
        if self._troubles >= TROUBLES:
            raise RestError(f"{unsettled} So it was with {self._troubles} changes in a row.") from unsettled
        shown = "what it was before" if now == change.before else _describe(now)
        if unsettled.is_over:
            return Result(change, ChangeStatus.FAILED, f"{unsettled} It shows {shown}")
        return Result(change, ChangeStatus.UNKNOWN, f"{unsettled} It shows {shown}, and may still change")


def _describe(held: Holding) -> str:
    """What an extension is, in words."""
    who = f"held by {held.member}" if held.member else "held by nobody"
    return f"{who} with {', '.join(held.numbers)}" if held.numbers else who
