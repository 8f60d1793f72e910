"""The backend: whatever a program of the site's own leads to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from linecard.api import Alert, Context
from linecard.api.backend import Can, Caveat, Change, Entry, Result, Scope
from linecard_exec.conversation import Conversation
from linecard_exec.options import ExecOptions
from linecard_exec.protocol import AnswerLine, Hello, write_change, write_scope

Found = TypeVar("Found")


def build(options: ExecOptions, context: Context) -> ExecBackend:
    return ExecBackend(options, context)


class ExecBackend:
    """A PBX behind a program. May be used from any thread.

    The program is started when it is first needed. While one run of it makes changes, another reads.
    """

    def __init__(self, options: ExecOptions, context: Context) -> None:
        self._options, self._context = options, context
        self._idle: list[Conversation] = []
        self._mine = threading.Lock()

    @property
    def can(self) -> frozenset[Can]:
        """What the program says that the PBX can."""
        return self._hello.words

    @cached_property
    def _hello(self) -> Hello:
        talk = self._take()
        self._give_back(talk)
        return talk.hello

    def fetch(self, scope: Scope) -> Iterator[Entry]:
        """Each extension of the scope, as the program tells them."""
        if scope != Scope():
            yield from self._ask("fetch", write_scope(scope), lambda line: line.entry and line.entry.convert())

    def members(self, scope: Scope) -> Iterator[str]:
        """Logins that exist: all, or those named."""
        if scope.whole or scope.members:
            wanted = {"whole": True} if scope.whole else {"members": sorted(scope.members)}
            yield from self._ask("members", wanted, lambda line: line.member and line.member.lower())

    def apply(self, changes: Iterable[Change]) -> Iterator[Result]:
        """Hand the changes to the program; results as it gives them."""
        talk = self._take()
        try:
            yield from talk.apply(changes)
        finally:
            self._give_back(talk)

    def precheck(self, changes: Sequence[Change]) -> Iterator[Caveat]:
        """What the program has to say of changes, if it ever says anything."""
        if changes and "precheck" in self._hello.abilities:
            words = {"changes": [write_change(change) for change in changes]}
            yield from self._ask("precheck", words, lambda line: line.caveat and line.caveat.convert())

    def examine(self) -> Iterator[Alert]:
        """What the program finds wrong, if it looks."""
        if "examine" in self._hello.abilities:
            yield from self._ask("examine", {}, lambda line: line.alert and line.alert.convert())

    def close(self) -> None:
        """End the programs that wait."""
        with self._mine:
            idle, self._idle = self._idle, []
        for talk in idle:
            talk.close()

    # -- runs of the program -----------------------------------------------------------------------------------------

    def _ask(
        self, operation: str, words: Mapping[str, Any], read: Callable[[AnswerLine], Found | str | None]
    ) -> Iterator[Any]:
        talk = self._take()
        complete = False
        try:
            for line in talk.ask(operation, words):
                found = read(line)
                if found is None:
                    raise talk.misunderstand(operation, line)
                yield found
            complete = True
        finally:
            if not complete:
                talk.kill()  # the rest of the answer would be taken for that of the next request
            self._give_back(talk)

    def _take(self) -> Conversation:
        """One that waits and still lives, or a new one."""
        with self._mine:
            while self._idle:
                talk = self._idle.pop()
                if talk.is_alive:
                    return talk
                talk.kill()
        return Conversation(self._options, self._context)

    def _give_back(self, talk: Conversation) -> None:
        if not talk.is_alive:
            talk.kill()  # it may have ended by itself: its pipes are still open
            return
        with self._mine:
            self._idle.append(talk)
