"""Reading a CSV of mass provisioning as Rainbow does, and the templates it hands out.

Source: comments of AdminService in rainbow-node-sdk 2.46.1 (delimiter found by itself, `%` lines, numbered columns,
the rainbowvoice sample padded with blanks) and the tutorial in rainbow-cli 1.102.2. The header of the `device`
template is in no public package: it is put together from the five device fields that AdminService names.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass

from rainbow.answers import RefusedError, bad_parameter

ACTION = "__action__"
ACTIONS = {
    "user": ("create", "update", "delete"),
    "device": ("attach", "force_attach", "detach"),
    "useranddevice": ("upsert", "sync", "delete", "detach"),
    "rainbowvoice": ("upsert", "delete", "detach"),
}
COUNTED_AS = {"create": "add", "update": "update", "delete": "remove"}
"""How the check of mode `user` names them."""

USER_COLUMNS = [
    "loginEmail",
    "password",
    "title",
    "firstName",
    "lastName",
    "nickName",
    "businessPhone0",
    "mobilePhone0",
    "email0",
    "jobTitle",
    "country",
    "language",
    "timezone",
    "service0",
    "service1",
]
DEVICE_COLUMNS = ["loginEmail", "pbxId", "pbxShortNumber", "pbxInternalNumber", "number"]
VOICE_COLUMNS = ["loginEmail", "shortNumber", "macAddress", "ddiE164Number", "password", "title"]
COLUMNS = {
    "user": USER_COLUMNS,
    "device": DEVICE_COLUMNS,
    "useranddevice": [*USER_COLUMNS, *DEVICE_COLUMNS[1:]],
    "rainbowvoice": [*VOICE_COLUMNS, "firstName", "lastName", "language", "service0", "service1"],
}
DELIMITERS = ";,\t|"


@dataclass(frozen=True)
class Row:
    number: int
    """Line of the file, from 1."""
    text: str
    """The line as it came."""
    action: str
    cells: Mapping[str, str]
    """By the column's name as ALE writes it; only columns that the file has."""

    @property
    def login(self) -> str:
        return self.cells.get("loginEmail", "")


@dataclass(frozen=True)
class Sheet:
    mode: str
    delimiter: str
    columns: int
    rows: tuple[Row, ...]

    def count_actions(self) -> dict[str, int]:
        """What the check shows before anything is done; actions that no row asks for are shown as 0."""
        counts = {COUNTED_AS.get(name, name) if self.mode == "user" else name: 0 for name in ACTIONS[self.mode]}
        for row in self.rows:
            counts[COUNTED_AS.get(row.action, row.action) if self.mode == "user" else row.action] += 1
        return counts


def template(mode: str, comment: str = "%") -> str:
    """A header, an example and a description in comments. Raises for a mode that there is not."""
    if mode not in COLUMNS:
        raise bad_parameter("mode", "Invalid value", mode)
    columns = [ACTION, *COLUMNS[mode]]
    example = {
        ACTION: ACTIONS[mode][0],
        "loginEmail": "john.doe@example.com",
        "pbxId": "PBX1",
        "pbxShortNumber": "1000",
    }
    lines = [";".join(columns), ";".join(example.get(name, "") for name in columns), ""]
    lines += [f"{comment} One line per member; possible actions: {', '.join(ACTIONS[mode])}", comment]
    lines += [f"{comment} Field ; Format", *(f"{comment} {name} ; <text>" for name in columns)]
    return "\n".join(lines) + "\n"


def without_comments(text: str, comment: str) -> list[tuple[int, str]]:
    """Number and text of each line that is neither a comment nor blank."""
    lines = enumerate(text.splitlines(), 1)
    return [(number, line) for number, line in lines if line.strip() and not (comment and line.startswith(comment))]


def read_sheet(data: bytes, *, family: str, delimiter: str = "", comment: str = "%", ignore_case: bool = True) -> Sheet:
    """Raises `RefusedError` 400 with an entry for each faulty line. `family` is the endpoint's: imports (user or
    device, which the columns decide), synchronize or rainbowvoice."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise bad_parameter("csv", f"Not UTF-8 at byte {error.start}") from None
    lines = without_comments(text, comment)
    if not lines:
        raise bad_parameter("csv", "The file is empty")
    found = delimiter or max(DELIMITERS, key=lines[0][1].count)
    header = [_column(name.strip(), ignore_case=ignore_case) for name in _split(lines[0][1], found)]
    mode = _mode(family, header, lines)
    faults = [("header", f"Unknown column {name}") for name in header if name not in {ACTION, *COLUMNS[mode]}]
    faults += [("header", f"Missing column {name}") for name in (ACTION, "loginEmail") if name not in header]
    if faults:
        raise RefusedError(400, [{"param": where, "msg": message, "value": None} for where, message in faults], 400000)
    rows = []
    for number, line in lines[1:]:
        cells = [cell.strip() for cell in _split(line, found)]
        if len(cells) != len(header):
            faults.append((f"line {number}", f"{len(cells)} values in {len(header)} columns"))
            continue
        named = dict(zip(header, cells, strict=True))
        action = named.pop(ACTION).lower() if ignore_case else named.pop(ACTION)
        if action not in ACTIONS[mode]:
            faults.append((f"line {number}", f"Unknown action {action}"))
        elif not named["loginEmail"]:
            faults.append((f"line {number}", "loginEmail is mandatory"))
        else:
            rows.append(Row(number, line, action, named))
    if faults:
        raise RefusedError(400, [{"param": where, "msg": message, "value": None} for where, message in faults], 400000)
    return Sheet(mode, found, len(header), tuple(rows))


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])


def _column(name: str, *, ignore_case: bool) -> str:
    known = {ACTION, *(each for columns in COLUMNS.values() for each in columns)}
    return next((each for each in known if ignore_case and each.lower() == name.lower()), name)


def _mode(family: str, header: list[str], lines: list[tuple[int, str]]) -> str:
    """Columns of a device, or else an action of one in the first row, make it a sheet of devices."""
    if family != "imports":
        return {"synchronize": "useranddevice"}.get(family, family)
    first = lines[1][1].lower() if len(lines) > 1 else ""
    is_device = bool({*DEVICE_COLUMNS[1:]} & {*header}) or any(action in first for action in ACTIONS["device"])
    return "device" if is_device else "user"
