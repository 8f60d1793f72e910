"""Delivery: the letters in the outbox are given to their sinks, again and again until they have arrived."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, TextIO

from linecard.errors import LinecardError
from linecard.languages import wording
from linecard.model.run import State
from linecard.model.summary import Summary
from linecard.pipeline.report import RunReport
from linecard.ports.sink import Letter, Note, Sink, SinkError, SupportsNotify
from linecard.rules.backoff import Backoff
from linecard.rules.recipients import REPLY
from linecard.runtime.guard import explain_unexpected
from linecard.runtime.health import Health
from linecard.runtime.log import log, log_context
from linecard.runtime.replies import Replies
from linecard.store.notices import Notices
from linecard.store.outbox import ARCHIVE, Item, Outbox

if TYPE_CHECKING:
    from linecard.config.sections import AlertRecipient, Tell
    from linecard.runtime.service import Service

GIVE_UP_AFTER = timedelta(days=10)
"""How long a letter is tried before it is given up: a server may be down for a week."""
BACKOFF = Backoff(first=60.0, longest=4 * 3600.0)
"""Between two tries of a letter."""
MAX_FAILURES_IN_A_ROW = 3
"""Letters that fail one after the other before the sink is left alone until the next of them is due."""


class Delivery:
    """Delivers what is due. Used by one thread at a time; `stop` is asked before each letter."""

    def __init__(
        self,
        service: Service,
        health: Health,
        *,
        stop: Callable[[], bool] = lambda: False,
        chance: random.Random | None = None,
    ) -> None:
        self._service, self._health, self._stop = service, health, stop
        self._outbox, self._notices = Outbox(service.store), Notices(service.store)
        self._chance = chance or random.Random()  # noqa: S311 - spreads tries, keeps no secret
        self._sinks: dict[str, Sink] = {}

    def count_due(self) -> int:
        """How many letters would be given to their sinks now."""
        return sum(len(self._find_due(name)) for name in self._service.config.queues)

    def _find_due(self, name: str) -> list[Item]:
        return self._outbox.list_due(name, within=timedelta(seconds=BACKOFF.most))

    def deliver(self) -> None:
        """Give every letter that is due to its sink; one that fails keeps no other from its reader."""
        for name in self._service.config.queues:
            due = self._find_due(name)
            in_a_row = 0
            for item in due:
                if self._stop():
                    return
                in_a_row = 0 if self._try(name, item) else in_a_row + 1
                if in_a_row == MAX_FAILURES_IN_A_ROW:
                    break
        self._raise_alerts()

    def _try(self, name: str, item: Item) -> bool:
        store = self._service.store
        about = {"run": item.run_id} if item.run_id is not None else {"notice": item.notice_id}
        with log_context(**about, sink=name):
            with store.transaction() as connection:
                self._outbox.count_attempt(connection, item.id)
            try:
                where = self._deliver_item(name, item)
            except LinecardError as error:
                self._record_failure(item, error)
                return isinstance(error, SinkError) and error.final
            except Exception as error:  # noqa: BLE001 - a bug in a sink keeps no other letter from its reader
                self._record_failure(item, explain_unexpected(error))
                return False
            with store.transaction() as connection:
                self._outbox.mark_delivered(connection, item.id, where)
            log(f"{_what(item)} delivered", attempts=item.attempts + 1)
            return True

    def _deliver_item(self, name: str, item: Item) -> str:
        if item.run_id is None:
            return self._notify(name, item)
        service = self._service
        run = service.store.get_run(item.run_id)
        config, language = service.config, self._language(item, run.inbox)
        words = wording(language)
        report = RunReport(service.store, run, site=config.site, timezone=config.timezone, words=words)
        letter = Letter(
            item.id, report, State(item.tells), item.address, language, service.store.report_location(run.id)
        )

        def render(form: str, out: TextIO) -> None:
            service.renderer(form).render(report, out, templates=config.templates)

        return self._sink(name).deliver(letter, render)

    def _notify(self, name: str, item: Item) -> str:
        config, sink = self._service.config, self._sink(name)
        if not isinstance(sink, SupportsNotify):
            kind = config.sinks[name].kind
            raise SinkError(f"Sinks of the kind {kind} take reports of runs alone.", remedy="Name another.", final=True)
        notice = self._notices.notice(item.notice_id or 0, config.site, config.timezone)
        about = notice.about
        language = about.language if isinstance(about, Summary) else self._language(item)
        return sink.notify(Note(item.id, notice, item.address, language))

    def _language(self, item: Item, inbox: str = "") -> str:
        config = self._service.config
        if item.sink.startswith(REPLY):
            return "en"  # programs read it, and have what the archive has
        known = config.inboxes.get(inbox)
        entries: Sequence[Tell | AlertRecipient] = config.alerts if known is None else known.tell
        for entry in entries:
            if entry.sink == item.sink and item.address in (entry.to or ("",)) and entry.language is not None:
                return entry.language
        return config.language

    def _sink(self, name: str) -> Sink:
        if name in self._sinks:
            return self._sinks[name]
        if name.startswith(REPLY):
            self._sinks[name] = Replies(self._service, name.removeprefix(REPLY))
        else:
            self._sinks[name] = self._service.build_sink(name)
        return self._sinks[name]

    def _record_failure(self, item: Item, error: LinecardError) -> None:
        """Try again later; give up what was refused for good, or for too long."""
        store = self._service.store
        now = store.now()
        lasted = now - item.since
        too_long = lasted > GIVE_UP_AFTER and self._service.clock.observe().trusted is None
        final = (isinstance(error, SinkError) and error.final) or too_long
        due = None if final else now + timedelta(seconds=BACKOFF.next_delay(item.attempts, self._chance))
        with store.transaction() as connection:
            self._outbox.mark_failed(connection, item.id, f"{error} {error.remedy}".strip(), due)
        log(f"{_what(item)} not delivered", attempts=item.attempts + 1, given_up=final or None, level="warning")

    def _raise_alerts(self) -> None:
        """What does not arrive, one alert for each sink."""
        alerts: dict[str, tuple[str, str]] = {}
        for name in self._service.config.queues:
            failing = [item for item in self._outbox.list_pending(name) if item.problem]
            if failing:
                many = f"{len(failing)} reports wait, the oldest of {failing[0].since:%Y-%m-%d %H:%M} UTC"
                alerts[f"sink {name}"] = (f"{many}: {failing[-1].problem}", "linecard retries them by itself.")
        for item in self._outbox.list_given_up():
            if item.sink != ARCHIVE:
                whose = "" if item.run_id is None else f" of run {item.run_id}"
                alerts[f"sink {item.sink}: {item.id}"] = (
                    f"The {_what(item)}{whose} by {item.sink} could not be delivered: {item.problem}",
                    f"`linecard outbox retry {item.id}`, or `linecard outbox drop {item.id}`.",
                )
        self._health.replace_alerts("sink ", alerts)

    def close(self) -> None:
        for sink in self._sinks.values():
            sink.close()


def _what(item: Item) -> str:
    return "report" if item.run_id is not None else item.tells
