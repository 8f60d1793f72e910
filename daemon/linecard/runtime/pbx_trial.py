"""A PBX tried out: asked a few things, changing nothing, with what its plugin logged meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from linecard.config import Config
from linecard.errors import ConfigError, LinecardError
from linecard.model.directory import Entry, Scope
from linecard.ports.backend import Backend, Can, SupportsExamine
from linecard.ports.context import Level
from linecard.runtime.secret_check import find_secrets
from linecard.runtime.service import Service

FEW = 5
"""Extensions that are read where none was named."""
_LEAST_SECRET = 4
"""Characters: what is shorter stands in many words by chance."""


class LoggedEvent(NamedTuple):
    """What a plugin logged."""

    event: str
    level: Level
    facts: dict[str, str]


@dataclass(frozen=True, slots=True)
class TrialStep:
    """Something that the PBX was asked, and what came of it; `seconds` is how long it took, `events` what was logged.

    `extensions` and `members` are counted where something was read; `entries` are the first ones.
    """

    step: str
    ok: bool
    message: str
    remedy: str = ""
    seconds: float = 0.0
    extensions: int | None = None
    members: int | None = None
    entries: tuple[Entry, ...] = ()
    events: tuple[LoggedEvent, ...] = ()


class Recorder:
    """A log for plugins (see `linecard.ports.context.Log`) that keeps what they say, secrets blacked out.

    No plugin may log a secret; what one does all the same, such as the text of an answer, does not get out here.
    """

    def __init__(self, secrets: Collection[str] = ()) -> None:
        self.secrets = secrets
        self._events: list[LoggedEvent] = []

    def __call__(self, event: str, *, level: Level = "info", **facts: Any) -> None:
        said = {name: self.hide(str(fact)) for name, fact in facts.items() if fact is not None}
        self._events.append(LoggedEvent(self.hide(event), level, said))

    def hide(self, text: str) -> str:
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def drain(self) -> tuple[LoggedEvent, ...]:
        """What was said since this was last asked."""
        found, self._events = tuple(self._events), []
        return found


def read_secrets(config: Config) -> set[str]:
    """The secrets of the site, as far as this user may read them."""
    found = set()
    for _, secret in find_secrets(config):
        with suppress(ConfigError):  # whoever needs it says so
            found.add(secret.reveal(config.folder, os.environ))
    return {value for value in found if len(value) >= _LEAST_SECRET}


@dataclass
class PbxTrial:
    """Tries a PBX of the configuration. `log` is what the plugin writes to, `clock` tells seconds."""

    service: Service
    pbx: str
    log: Recorder
    clock: Callable[[], float]
    _seen: list[Entry] = field(default_factory=list)

    def try_out(self, extension: str = "", member: str = "") -> Iterator[TrialStep]:
        """Each step as it is done; after one that failed because the PBX does not answer, no more.

        Reads what is named, or the first few extensions, and of these one again by its name and one by its member.
        """
        if self.pbx not in self.service.config.pbxs:
            known = ", ".join(self.service.config.pbxs)
            raise ConfigError(f"There is no PBX {self.pbx}.", remedy=f"The site has {known}.")
        try:
            backend = self.service.pbxs[self.pbx].backend
            # Never `probe`: it may change something on the PBX to find out, and change it back.
            if isinstance(backend, SupportsExamine):
                yield self._examine(backend)
            for make in self._reads(backend, extension, member):
                yield make()
        except LinecardError as error:
            message, remedy = self.log.hide(str(error)), self.log.hide(error.remedy)
            yield TrialStep("answer", ok=False, message=message, remedy=remedy, events=self.log.drain())

    def _examine(self, backend: SupportsExamine) -> TrialStep:
        begun = self.clock()
        alerts = list(backend.examine())
        said = " ".join(self.log.hide(f"{alert.what}: {alert.message}") for alert in alerts)
        remedy = " ".join(self.log.hide(alert.remedy) for alert in alerts if alert.remedy)
        spent = self.clock() - begun
        return TrialStep("examine", not alerts, said or "nothing is wrong", remedy, spent, events=self.log.drain())

    def _reads(self, backend: Backend, extension: str, member: str) -> Iterator[Callable[[], TrialStep]]:
        """The reads, each decided upon when the one before it is done."""
        if not extension and not member:
            yield lambda: self._read(backend, f"the first {FEW} extensions", Scope.everything(), most=FEW)
            extension = self._seen[0].extension if self._seen else ""
            member = next((entry.member for entry in self._seen if entry.member), "")
        if extension:
            yield lambda: self._read(backend, f"extension {extension}", Scope(extensions=frozenset({extension})))
        if member:
            yield lambda: self._read(backend, f"member {member}", Scope(members=frozenset({member})))
        if member and Can.CREATE_MEMBERS not in backend.can:
            yield lambda: self._read_member(backend, member)

    def _read(self, backend: Backend, what: str, scope: Scope, most: int | None = None) -> TrialStep:
        begun = self.clock()
        with closing(_as_generator(backend.fetch(scope))) as found:
            entries = list(islice(found, most))
        spent = self.clock() - begun
        lost = [seen for seen in self._seen if _lies_in(seen, scope) and seen not in entries]
        self._seen += entries
        members = {entry.member for entry in entries if entry.member}
        message = f"{_count(len(entries), 'extension')}, {_count(len(members), 'member')}"
        if lost:
            message += f"; {lost[0].extension} was read before and is different now, or missing"
        remedy = "Try again. If it stays so, the plugin reads one extension differently from many: tell its author."
        return TrialStep(
            f"read {what}",
            not lost,
            message,
            remedy if lost else "",
            spent,
            len(entries),
            len(members),
            tuple(entries[:FEW]),
            self.log.drain(),
        )

    def _read_member(self, backend: Backend, member: str) -> TrialStep:
        begun = self.clock()
        known = member in set(backend.members(Scope(members=frozenset({member}))))
        message = f"{member} is {'known' if known else 'not known'} to the PBX"
        spent = self.clock() - begun
        return TrialStep(f"look up {member}", known, message, "", spent, members=int(known), events=self.log.drain())


def _lies_in(entry: Entry, scope: Scope) -> bool:
    return not scope.whole and (entry.extension in scope.extensions or entry.member in scope.members)


def _as_generator(entries: Iterable[Entry]) -> Generator[Entry]:
    """Something that can be closed, so that a backend knows that no more is wanted."""
    yield from entries


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def is_fine(steps: Sequence[TrialStep]) -> bool:
    return all(step.ok for step in steps)
