"""The pytest plugin that writes down what a backend has proven. Load it by `-p linecard.testing.recorder`.

    pytest -p linecard.testing.recorder --record acme=src/linecard_acme

runs the suite and leaves a record of the kind `acme` in that package (or beside that module), from the classes whose
`kind` it is. What is not run, as with -k, is missing from the record.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from linecard.testing.tiers import FAILED, PASSED, SPARED, find_record, hash_code

MISSING = "missing: "
"""How the reason of a skip begins where something was not proven that could be."""
KIND = "linecard kind"
SUITE = Path(__file__).parent / "contract"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record",
        action="append",
        default=[],
        metavar="KIND=PLACE",
        help="write what the backend KIND has proven beside its code, a package or a module",
    )


def pytest_configure(config: pytest.Config) -> None:
    places = dict(given.split("=", 1) for given in config.getoption("--record"))
    if places and not hasattr(config, "workerinput"):
        config.pluginmanager.register(TierRecorder({kind: Path(place) for kind, place in places.items()}))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Note with each test of the suite which kind it is about: so it is known wherever it is run."""
    for item in items:
        kind = getattr(getattr(item, "cls", None), "kind", "")
        if kind:
            item.user_properties.append((KIND, f"{kind}:{getattr(item, 'originalname', item.name)}"))


class TierRecorder:
    """Gathers results by kind and test, and writes them when the session ends."""

    def __init__(self, places: dict[str, Path]) -> None:
        self._places = places
        self.results: dict[str, dict[str, str]] = {kind: {} for kind in places}
        """What became of each test, by kind and name."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        said = dict(report.user_properties).get(KIND)
        kind, _, test = str(said).partition(":")
        if said is None or kind not in self.results:
            return
        results = self.results[kind]
        if report.failed:
            results[test] = FAILED
        elif report.skipped and results.get(test) is None:
            results[test] = _read_reason(report)
        elif report.passed and report.when == "call" and results.get(test) != FAILED:
            results[test] = PASSED

    def pytest_sessionfinish(self) -> None:
        for place in dict.fromkeys(self._places.values()):
            kinds = {
                kind: dict(sorted(self.results[kind].items())) for kind in self._places if self._places[kind] == place
            }
            text = json.dumps({"code": hash_code(place), "kinds": kinds}, indent=1, ensure_ascii=False)
            find_record(place).write_text(f"{text}\n", encoding="utf-8")


def _read_reason(report: pytest.TestReport) -> str:
    """Why a test was skipped. Only the suite itself says that one cannot apply; others only say that it was not run."""
    if not isinstance(report.longrepr, tuple):
        return str(report.longrepr)
    file, _, words = report.longrepr
    reason = words.removeprefix("Skipped: ")
    if reason.startswith(MISSING):
        return reason.removeprefix(MISSING)
    return f"{SPARED}{reason}" if Path(file).parent == SUITE else f"skipped: {reason}"
