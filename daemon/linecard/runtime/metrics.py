"""Metrics for Prometheus: how much, how old, how many wrong. No names and no numbers of people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from linecard.model.outcome import Outcome
from linecard.model.run import Run, State
from linecard.pipeline.report import outcome_counts
from linecard.rules import states
from linecard.runtime.health import Health
from linecard.store.outbox import ARCHIVE, Outbox

if TYPE_CHECKING:
    from linecard.runtime.engine import Engine
    from linecard.runtime.service import Service


class Metrics:
    """Counted and served if the configuration says so; else nothing of it is even imported."""

    def __init__(self, service: Service, engine: Engine, health: Health) -> None:
        self._config, self._store = service.config.metrics, service.store
        self._server: Any = None
        if self._config.port is None and self._config.textfile is None:
            self._registry = None
            return
        from prometheus_client import CollectorRegistry, Counter

        self._registry = CollectorRegistry()
        self._registry.register(_Gauges(service, engine, health))
        self._runs = Counter("linecard_runs", "Runs that came to an end.", ("inbox", "result"), registry=self._registry)
        self._rows = Counter("linecard_rows", "Rows by outcome.", ("inbox", "outcome"), registry=self._registry)

    def count_run(self, run: Run) -> None:
        """A run has come to its end, or waits for a person."""
        if self._registry is None:
            return
        counts = outcome_counts(self._store, run)
        self._runs.labels(run.inbox, states.find_result(run.state, counts).value).inc()
        # Of a run that was discarded its rows count where a part of it was made: else none of them came to anything.
        if run.state in states.SPOKEN or (run.state is State.DISCARDED and counts[Outcome.DONE]):
            for outcome, count in counts.items():
                self._rows.labels(run.inbox, outcome).inc(count)

    def serve(self) -> None:
        """Open the port, on this machine alone. Raises OSError when it is taken."""
        if self._registry is not None and self._config.port is not None:
            from prometheus_client import start_http_server

            self._server, _ = start_http_server(self._config.port, "127.0.0.1", self._registry)

    def write_textfile(self) -> None:
        """Write the file, whole."""
        if self._registry is not None and self._config.textfile is not None:
            from prometheus_client import write_to_textfile

            with suppress(OSError):  # a full disk is told elsewhere
                write_to_textfile(str(self._config.textfile), self._registry)

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


class _Gauges:
    """What is looked up when somebody asks."""

    def __init__(self, service: Service, engine: Engine, health: Health) -> None:
        self._service, self._engine, self._health = service, engine, health

    def describe(self) -> list[Any]:
        return []

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily

        now = self._service.now()
        lag = GaugeMetricFamily("linecard_look_age_seconds", "Since the last look into the inbox.", labels=["inbox"])
        files = GaugeMetricFamily("linecard_files_waiting", "Files not finished or not taken.", labels=["inbox"])
        sides = GaugeMetricFamily(
            "linecard_files_awaiting_marker", "Files whose marker or checksum file is not there.", labels=["inbox"]
        )
        for name, view in self._health.inboxes.items():
            sides.add_metric([name], len(view.awaiting))
            files.add_metric([name], view.waiting)
            if view.last_scan is not None:
                lag.add_metric([name], max(0.0, (now - view.last_scan).total_seconds()))
        yield lag
        yield files
        yield sides
        yield GaugeMetricFamily("linecard_queue", "Runs that wait for their PBX.", value=len(self._engine.queue))
        yield GaugeMetricFamily("linecard_alerts", "Things that are wrong now.", value=len(self._health.alerts))
        held = self._service.store.list_runs(of_states={State.HELD})
        yield GaugeMetricFamily("linecard_held", "Runs that wait for a person.", value=len(held))
        oldest = max(((now - run.created).total_seconds() for run in held), default=0)
        yield GaugeMetricFamily("linecard_held_age_seconds", "Since the oldest of them came.", value=oldest)
        outbox = Outbox(self._service.store)
        yield GaugeMetricFamily(
            "linecard_reports_waiting",
            "Reports not filed and letters not delivered yet.",
            value=len(outbox.list_pending()),
        )
        lost = sum(item.sink != ARCHIVE for item in outbox.list_given_up())
        yield GaugeMetricFamily("linecard_letters_given_up", "Letters that could not be delivered.", value=lost)
