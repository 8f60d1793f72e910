"""A summary: what has become of the files of some inboxes in a stretch of time, as a digest tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from linecard.model.alert import Alert
from linecard.model.outcome import Outcome
from linecard.model.run import State


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that came to its end. `counts` are rows by outcome; `filed` is where its report lies, or empty."""

    run: int
    inbox: str
    file: str
    at: datetime
    state: State
    counts: Mapping[str, int]
    fine: bool
    filed: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """A plan that waits for a person, since when and why; approved by its checksum."""

    run: int
    inbox: str
    file: str
    since: datetime
    checksum: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row that was not done, and that no later file has put right: as it was tried last.

    `since` is when it first went wrong, `times` how often it has by now.
    """

    run: int
    inbox: str
    file: str
    line: int
    outcome: Outcome
    action: str
    member: str
    pbx: str
    extension: str
    number: str
    message: str
    remedy: str
    since: datetime
    times: int


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days: how many files, and their rows by what became of them."""

    begins: datetime
    ends: datetime
    files: int
    done: int
    not_done: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What happened in the files of `inboxes` from `begins` until before `ends`, put in a reader's language (ISO 639).

    `ended` has those runs first that need a person. What waits and what is wrong is as of the moment it was written.
    Of long lists only the first are there; `more_...` is how many are not. `weeks` are five, the last of them ends with
    the summary.
    """

    begins: datetime
    ends: datetime
    language: str
    inboxes: tuple[str, ...]
    files: int
    counts: Mapping[str, int]
    ended: tuple[Ended, ...]
    more_ended: int
    undecided: tuple[Undecided, ...]
    more_undecided: int
    wrong: tuple[Wrong, ...]
    more_wrong: int
    alerts: tuple[Alert, ...]
    weeks: tuple[Week, ...]
