"""What a PBX wants once after the changes of a run, such as a reload; and that it is owed, through a crash."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from linecard.api import Context, create_private, make_folder
from linecard_http.change_maker import empty_results
from linecard_http.errors import RestError
from linecard_http.expression import evaluate, search
from linecard_http.profile import Meaning, StepRule
from linecard_http.rest_client import RestClient


class Finisher:
    """The steps below `finish` of a profile. That they are owed lies as a file in the PBX's own folder."""

    def __init__(
        self,
        client: RestClient,
        context: Context,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._steps = client, client.profile.finish
        self._owed: Path = context.state / "finish-owed"
        self._folder, self._log = context.state, context.log
        self._sleep, self._monotonic = sleep, monotonic

    @property
    def is_owed(self) -> bool:
        """Whether changes were made that the PBX has not been told to take up."""
        return bool(self._steps) and self._owed.exists()

    def owe(self) -> None:
        """Changes are about to be made. That it is owed is on the disk before the first of them."""
        if self._steps and not self._owed.exists():
            make_folder(self._folder, mode=0o700)
            create_private(self._owed)

    def finish(self) -> None:
        """Raises `RestError` where the PBX does not do it; it stays owed then, and the next run does it."""
        if not self.is_owed:
            return
        saved: dict[str, Any] = dict(empty_results(self._steps))
        for step in self._steps:
            variables = {"settings": self._client.settings, **saved}
            if step.when is None or evaluate(step.when, variables):
                saved[step.name] = self._take(step, variables)
        self._owed.unlink(missing_ok=True)
        self._log("the PBX has taken up the changes")

    def _take(self, step: StepRule, variables: dict[str, Any]) -> dict[str, Any]:
        until = self._monotonic() + step.at_most
        while True:
            reply = self._client.change(step.name, step, variables)
            name = self._client.profile.name
            if reply.verdict not in {Meaning.GOOD, Meaning.ALREADY}:
                raise self._complain(f"{name} refuses `{step.name}` after the changes: {reply.words}")
            if step.failed is not None and search(step.failed, reply.body):
                raise self._complain(f"{name} has failed at `{step.name}` after the changes: {reply.words}")
            if step.until is None or search(step.until, reply.body):
                return {key: search(path, reply.body) for key, path in step.save.items()}
            if self._monotonic() >= until:
                raise self._complain(f"{name} is not done with `{step.name}` after {step.at_most:g} s")
            self._sleep(step.every)

    @staticmethod
    def _complain(words: str) -> RestError:
        remedy = "The changes are made, but not taken up: reload the PBX, or import again, which does it."
        return RestError(f"{words}.", remedy=remedy)
