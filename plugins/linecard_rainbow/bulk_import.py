"""Mass provisioning: a sheet of devices is checked, imported, waited for and its report read.

Source: AdminService of rainbow-node-sdk 2.46.1 and the tutorial of rainbow-cli 1.102.2: the answer to an import comes
at once; its `reqId` is a hash of the data, and the same data is taken again only when the report of the last time has
been deleted. The header of the device template is in no public package: the tenant itself is asked for it. `detach`
takes all extensions from a member, whatever stands in the other columns (ALE's article on bulk association).
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from linecard.api import sanitize_line
from linecard_rainbow.client import MASS, Client
from linecard_rainbow.errors import RainbowError, RefusedError, UnansweredError

TEMPLATE = f"{MASS}/users/template"
IMPORTS = f"{MASS}/users/imports"
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between two looks at an import that goes on; the last one again and again."""
LASTS = 3600.0
"""Seconds after which an import that has not ended is given up waiting for."""
OVER = ("terminated", "completed", "finished", "failed", "success")
"""How the states of an import begin that has ended; "Terminated" is the one that is documented."""

Row = Mapping[str, str]
"""A row by ALE's names of columns: action, loginEmail, pbxId, pbxShortNumber, number."""


class Check(NamedTuple):
    """What an import would do."""

    request: str
    actions: Mapping[str, int]
    licences: tuple[str, ...]
    """A sentence for each kind of licence."""


class ImportOutcome(NamedTuple):
    """What became of an import; `failing` are the lines that failed, with what Rainbow says of them."""

    failing: Mapping[str, str]


class MassProvisioning:
    """Imports of one company."""

    def __init__(
        self,
        client: Client,
        company: str | None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._sleep, self._monotonic = client, sleep, monotonic
        self._query = {} if company is None else {"companyId": company}
        self._header: list[str] | None = None
        self._delimiter = ";"

    def detach(self, login: str) -> None:
        """Take all extensions from a member. Raises `RefusedError` where Rainbow does not."""
        outcome = self.import_rows([{"action": "detach", "loginEmail": login}])
        for line, words in outcome.failing.items():
            raise RefusedError("detach by mass provisioning", 400, 0, words or line)

    def check_rows(self, rows: Iterable[Row]) -> Check:
        """What these rows would do. Raises `RefusedError` with Rainbow's list of what is wrong."""
        return self._check(self._write(rows))

    def import_rows(self, rows: Iterable[Row]) -> ImportOutcome:
        """Import these rows and wait for the end. Raises `RainbowError` where it does not come."""
        text = self._write(rows)
        request = self._check(text).request
        lost: UnansweredError | None = None
        if not self._is_going_on(request):
            query = {**self._query, "noemails": "true", "label": "linecard"}
            try:
                answer = self._client.post_csv("import by mass provisioning", IMPORTS, text, query)
                request = _text(_data(answer).get("reqId")) or request
            except UnansweredError as error:
                lost = error  # whether it was taken is seen by its report
        try:
            return self._wait(request)
        except RefusedError as error:
            if lost is None or not error.is_gone:
                raise
            raise lost from error  # it may still be taken: no refusal

    def write_line(self, row: Row) -> str:
        """The line that a row becomes: what a report's failing lines are compared with."""
        return self._write([row]).split("\n", 1)[1].removesuffix("\n")

    # -- the sheet ---------------------------------------------------------------------------------------------------

    def _write(self, rows: Iterable[Row]) -> str:
        header = self._read_header()
        out = io.StringIO()
        # `%` begins a comment, unless its cell is quoted.
        writer = csv.writer(out, delimiter=self._delimiter, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
        quoting = csv.writer(out, delimiter=self._delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(header)
        known = {_as_key(name) for name in header}
        for row in rows:
            if lost := sorted(key for key, cell in row.items() if cell and key not in known):
                raise RainbowError(
                    f"Rainbow's template of devices has no column for {', '.join(lost)}.",
                    remedy="Mass provisioning works differently on this tenant; use `mode: rest`.",
                )
            cells = [row.get(_as_key(name), "") for name in header]
            (quoting if any("%" in cell for cell in cells) else writer).writerow(cells)
        return out.getvalue()

    def _read_header(self) -> list[str]:
        if self._header is None:
            query = {**self._query, "mode": "device"}
            text = self._client.get_text("hand out the template of devices", TEMPLATE, query)
            lines = [line for line in text.splitlines() if line.strip() and not line.startswith("%")]
            first = lines[0] if lines else ""
            self._delimiter = max(";,\t|", key=first.count)
            found = [name.strip() for name in next(csv.reader([first], delimiter=self._delimiter), [])]
            missing = {"action", "loginEmail", "pbxShortNumber"} - {_as_key(name) for name in found}
            if missing:
                raise RainbowError(
                    f"Rainbow's template of devices has no column {', '.join(sorted(missing))}: "
                    f"{sanitize_line(first[:200])}.",
                    remedy="Mass provisioning works differently on this tenant; use `mode: rest`.",
                )
            self._header = found
        return self._header

    # -- the import --------------------------------------------------------------------------------------------------

    def _check(self, text: str) -> Check:
        data = _data(self._client.post_csv("check a sheet", f"{IMPORTS}/check", text, self._query))
        actions = data.get("actions")
        counts = {k: v for k, v in actions.items() if isinstance(v, int)} if isinstance(actions, dict) else {}
        return Check(_text(data.get("reqId")), counts, tuple(describe_licences(data.get("profiles"))))

    def _is_going_on(self, request: str) -> bool:
        """Whether the same data is being imported already; an import of it that has ended is cleared away."""
        try:
            report = self._read_report(request)
        except RefusedError as error:
            if error.is_gone:
                return False
            raise
        if not is_over(report):
            return True
        self._client.delete("forget the report of the same import", f"{IMPORTS}/{request}/details")
        return False

    def _wait(self, request: str) -> ImportOutcome:
        until, pauses = self._monotonic() + LASTS, list(PAUSES)
        while not is_over(report := self._read_report(request)):
            if self._monotonic() >= until:
                raise RainbowError(
                    f"Mass provisioning has not ended within {LASTS:.0f} s (import {request}).",
                    remedy="Look at it in Rainbow's administration; linecard reads back what came of it.",
                )
            self._sleep(pauses.pop(0) if len(pauses) > 1 else pauses[0])
        return ImportOutcome(read_failing(report))

    def _read_report(self, request: str) -> dict[str, Any]:
        if not request.isalnum():
            raise UnansweredError("Rainbow's answer to a check names no import.")
        return _data(self._client.get("report an import", f"{IMPORTS}/{request}/details"))


def is_over(report: Mapping[str, Any]) -> bool:
    """Whether an import has ended: by its end, or by the word of its state."""
    return bool(report.get("endTime")) or _text(report.get("status")).lower().startswith(OVER)


def read_failing(report: Mapping[str, Any]) -> dict[str, str]:
    """The lines of an import that failed, each with what is said of it."""
    entries = report.get("report")
    entries = entries if isinstance(entries, list) else [entries]
    failing = {_text(line): "" for line in report.get("failingLines") or () if _text(line)}
    for entry in entries:
        if isinstance(entry, dict) and _text(entry.get("status")).lower().startswith("fail"):
            error = entry.get("error")
            words = error.get("msg") if isinstance(error, dict) else error
            failing[_text(entry.get("line"))] = sanitize_line(_text(words) or "Rainbow says no more of it")[:300]
    return failing


def describe_licences(profiles: object) -> Iterable[str]:
    """A sentence for each kind of licence of which the check speaks."""
    for profile in profiles if isinstance(profiles, list) else ():
        if isinstance(profile, dict) and isinstance(name := profile.get("name"), str):
            before, after, most = (profile.get(key) for key in ("assignedBefore", "assignedAfter", "max"))
            enough = "" if profile.get("valid", True) else ": not enough"
            yield f"Licences {sanitize_line(name)[:80]}: {before} of {most} in use, {after} afterwards{enough}."


def _as_key(name: str) -> str:
    """A column of the template by the name that rows use: `__action__` is the action."""
    plain = name.strip().strip("_").lower()
    known = ("action", "loginEmail", "pbxId", "pbxShortNumber", "pbxInternalNumber", "number")
    return next((key for key in known if key.lower() == plain), "")


def _data(answer: Mapping[str, Any]) -> dict[str, Any]:
    data = answer.get("data")
    if not isinstance(data, dict):
        raise UnansweredError("Rainbow's answer about mass provisioning has no data.")
    return data


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
