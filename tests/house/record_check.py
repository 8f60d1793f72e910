"""A whole run of the tests holds the records of linecard's backends to what the suite has just shown."""

from __future__ import annotations

import pytest

from house import tiers
from linecard.testing.recorder import TierRecorder
from linecard.testing.tiers import find_record, is_proven, read_results


class RecordCheck(TierRecorder):
    """Fails a run in which nothing else failed, where a record says more than the run has shown."""

    def __init__(self, kinds: tuple[str, ...] = tuple(tiers.SUITES)) -> None:
        super().__init__({kind: tiers.place(kind) for kind in kinds})
        self.claims: list[str] = []
        """What a record says and the run has not shown, a sentence each."""

    def pytest_sessionfinish(self, session: pytest.Session | None = None) -> None:
        assert session is not None
        if session.exitstatus != pytest.ExitCode.OK:
            return
        for kind, results in self.results.items():
            record = find_record(tiers.place(kind))
            for test, result in read_results(record, kind).items():
                if is_proven(result) and not is_proven(results.get(test)):
                    self.claims.append(f"{record} says of {test}: {result}. This run: {results.get(test, 'not run')}.")
        if self.claims:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for claim in self.claims:
            terminalreporter.write_line(claim, red=True)
        if self.claims:
            terminalreporter.write_line("Records are written by the suite and by nobody else: make tiers")


def is_whole(config: pytest.Config) -> bool:
    """Whether all tests are asked for: of a part of them, a record says more."""
    parts = ("keyword", "markexpr", "deselect", "lf", "ignore", "ignore_glob", "collectonly")
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not any(
        config.getoption(part, None) for part in parts
    )
