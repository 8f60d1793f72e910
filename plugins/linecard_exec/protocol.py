"""What linecard and the program say to each other: one JSON object a line.

docs/exec.md is the specification; this module is its other half. The first line that linecard writes is `hello`, and
each request has an `id` that all lines of its answer repeat.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from linecard.api import Alert
from linecard.api.backend import (
    BackendError,
    Can,
    Caveat,
    Change,
    ChangeStatus,
    Entry,
    Holding,
    Result,
    Scope,
    sorted_numbers,
)

VERSION = 1
"""Of the protocol. A program answers with the version that it speaks; linecard speaks this one."""

Text = Annotated[str, StringConstraints(max_length=320)]
Number = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{1,14}$")]


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class Hello(_Message):
    """What the program is and can do. `ahead`: changes that it may be sent before it has answered the first of them."""

    protocol: int
    name: Text = ""
    can: list[Text] = []
    abilities: list[Text] = []
    ahead: int = Field(default=1, ge=1, le=5000)

    @property
    def words(self) -> frozenset[Can]:
        """Those that this linecard knows."""
        return frozenset(word for word in Can if word.value in self.can)


class EntryMessage(_Message):
    extension: Annotated[Text, StringConstraints(min_length=1)]
    member: Text | None = None
    numbers: list[Number] = []

    def convert(self) -> Entry:
        member = self.member.lower() if self.member else None
        return Entry(self.extension, member, sorted_numbers(self.numbers))


class ResultMessage(_Message):
    seq: int
    status: Literal["done", "failed", "stale", "unknown"]
    words: Annotated[str, StringConstraints(max_length=2000)] = ""

    def convert(self, change: Change) -> Result:
        return Result(change, ChangeStatus(self.status), self.words)


class AlertMessage(_Message):
    what: Text
    message: Annotated[str, StringConstraints(max_length=2000)]
    remedy: Annotated[str, StringConstraints(max_length=2000)] = ""

    def convert(self) -> Alert:
        return Alert(self.what, self.message, self.remedy)


class CaveatMessage(_Message):
    extension: Text
    message: Annotated[str, StringConstraints(max_length=2000)]
    remedy: Annotated[str, StringConstraints(max_length=2000)] = ""
    holds: bool = False

    def convert(self) -> Caveat:
        return Caveat(self.extension, self.message, self.remedy, self.holds)


class ErrorMessage(_Message):
    """The PBX as a whole cannot be asked."""

    message: Annotated[str, StringConstraints(max_length=2000)]
    remedy: Annotated[str, StringConstraints(max_length=2000)] = ""

    def convert(self) -> BackendError:
        return BackendError(self.message, remedy=self.remedy)


class AnswerLine(_Message):
    """One line of an answer: one of these stands in it, and `end` in the last."""

    id: int
    hello: Hello | None = None
    entry: EntryMessage | None = None
    member: Text | None = None
    result: ResultMessage | None = None
    alert: AlertMessage | None = None
    caveat: CaveatMessage | None = None
    error: ErrorMessage | None = None
    end: bool = False


_LINE = TypeAdapter(AnswerLine)


def read_line(message: Mapping[str, Any]) -> AnswerLine | str:
    """A line of an answer; or what is wrong with it, in words."""
    try:
        return _LINE.validate_python(message)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"


def write_scope(scope: Scope) -> dict[str, Any]:
    """What to fetch: everything, or what has one of these names."""
    if scope.whole:
        return {"whole": True}
    return {
        "extensions": sorted(scope.extensions),
        "members": sorted(scope.members),
        "numbers": sorted(scope.numbers),
    }


def write_change(change: Change) -> dict[str, Any]:
    return {
        "seq": change.seq,
        "extension": change.extension,
        "before": _write_holding(change.before),
        "after": _write_holding(change.after),
    }


def _write_holding(holding: Holding) -> dict[str, Any]:
    return {"member": holding.member, "numbers": list(holding.numbers)}
