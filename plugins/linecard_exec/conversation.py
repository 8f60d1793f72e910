"""A conversation with one run of the program: `hello` first, then one request at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import count, islice
from typing import Any

from linecard.api import Context
from linecard.api.backend import Change, Result
from linecard_exec.options import ExecOptions
from linecard_exec.process import Process, ProgramError
from linecard_exec.protocol import VERSION, AnswerLine, Hello, read_line, write_change


class Conversation:
    """Ready to be asked. Raises `ProgramError` as its process does, and what the program itself calls an error."""

    def __init__(self, options: ExecOptions, context: Context) -> None:
        self._options, self._log = options, context.log
        folder = context.site.folder
        secrets = {name: secret.reveal(folder, os.environ) for name, secret in options.secrets.items()}
        self._ids = count(1)
        self._process = Process(options, folder, context.log)
        self.hello = self._greet(
            {
                "protocol": VERSION,
                "pbx": context.name,
                "state": str(context.state),
                "settings": options.settings,
                "secrets": secrets,
            }
        )

    def _greet(self, words: Mapping[str, Any]) -> Hello:
        hello: Hello | None = None
        for line in self.ask("hello", words):
            hello = line.hello or hello
        if hello is None:
            raise self._process.misunderstand("its answer to hello has no hello")
        if hello.protocol != VERSION:
            self.kill()
            spoken = f"{self._process.name} speaks version {hello.protocol} of the protocol"
            remedy = "Adapt the program: docs/exec.md has the protocol."
            raise ProgramError(f"{spoken}, linecard speaks {VERSION}.", remedy=remedy)
        return hello

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive

    def ask(self, operation: str, words: Mapping[str, Any]) -> Iterator[AnswerLine]:
        """The lines of the answer. Whoever stops listening half-way must `kill`."""
        request = next(self._ids)
        self._log("asked", level="debug", operation=operation, **_describe(words))
        self._process.write({"id": request, "op": operation, **words})
        lines = 0
        while not (line := self._read(request)).end:
            lines += 1
            if lines > self._options.lines:
                self.kill()
                raise ProgramError(f"{self._process.name} answered with more than {self._options.lines} lines.")
            yield line
        self._log("answered", level="debug", operation=operation, lines=lines)

    def apply(self, changes: Iterable[Change]) -> Iterator[Result]:
        """Hand the changes over, so many ahead as the program wants, and give its results as they come.

        Whoever stops half-way, or whose changes break, is waited for: what was handed over is answered first.
        """
        request, source = next(self._ids), iter(changes)
        pending: dict[int, Change] = {}
        self._process.write({"id": request, "op": "apply"})
        more = True
        try:
            while more or pending:
                if more and len(pending) <= self.hello.ahead // 2:
                    more = self._hand_over(request, source, pending)
                if pending:
                    yield self._take_result(request, pending)
        finally:
            if self._process.is_alive:
                self._end(request, pending)

    def _hand_over(self, request: int, source: Iterator[Change], pending: dict[int, Change]) -> bool:
        """Fill up what the program is given ahead: whether there may be more. Where the source breaks, what was taken
        for this is not sent."""
        batch = list(islice(source, self.hello.ahead - len(pending)))
        self._process.write(*({"id": request, "change": write_change(change)} for change in batch))
        pending.update((change.seq, change) for change in batch)
        return bool(batch)

    def _take_result(self, request: int, pending: dict[int, Change]) -> Result:
        line = self._read(request)
        result = line.result
        if result is None or result.seq not in pending:
            raise self._process.misunderstand(
                "a line without a result" if result is None else f"a result of change {result.seq}, which is not open"
            )
        return result.convert(pending.pop(result.seq))

    def _end(self, request: int, pending: dict[int, Change]) -> None:
        """No more changes come; what is open is answered, so that nothing goes on when nobody listens."""
        self._process.write({"id": request, "end": True})
        while pending:
            self._take_result(request, pending)
        if not self._read(request).end:
            raise self._process.misunderstand("more than the results of the changes")

    def _read(self, request: int) -> AnswerLine:
        line = read_line(message := self._process.read_message())
        if isinstance(line, str):
            raise self._process.misunderstand(f"{line} in {message}")
        if line.id != request:
            raise self._process.misunderstand(f"an answer to {line.id}, not to {request}")
        if line.error is not None:
            self.kill()
            raise line.error.convert()
        return line

    def misunderstand(self, operation: str, line: AnswerLine) -> ProgramError:
        """An answer that does not belong to this request."""
        said = ", ".join(sorted(line.model_fields_set - {"id"})) or "nothing"
        return self._process.misunderstand(f"{said} in the answer to {operation}")

    def close(self) -> None:
        self._process.close()

    def kill(self) -> None:
        self._process.kill()


def _describe(words: Mapping[str, Any]) -> dict[str, Any]:
    """How much was asked; secrets and settings are left out."""
    counts = {name: len(value) for name, value in words.items() if isinstance(value, list)}
    return counts | ({"whole": True} if words.get("whole") else {})
