"""The sheets that the bench reads: the same bytes for the same number of rows, whenever and wherever they are made.

`joiners` links as many members as it has rows; every 17th row (5.9 %) is wrong. `leavers` detaches all of them.
The order is that of an HR export: neither e-mails nor extensions nor numbers are sorted. Every e-mail, extension and
number occurs once; numbers come from eight countries and are valid by phonenumbers' own word.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import phonenumbers

FIRST_EXTENSION = 1_000_000
LAST_EXTENSION = 8_999_999
BAD_EVERY = 17
HEADER = "Action;LoginEmail;PbxId;Extension;Number"

CITIES = "paris lyon berlin bonn london leeds madrid roma milano basel gent liege".split()  # noqa: SIM905
PARTS = "sales support legal finance research works rail air sea post care".split()  # noqa: SIM905
OTHERS = "north south east west museum library school clinic garden studio".split()  # noqa: SIM905
DOMAINS = (
    *(f"{city}.example.com" for city in CITIES),
    *(f"{part}.example.net" for part in PARTS),
    *(f"example-{other}.org" for other in OTHERS),
    *("example.com", "example.net", "example.org", "mail.example.com"),
)
"""All 37 of them: HR files repeat few domains often."""

GIVEN = "ada alan grace edsger barbara donald frances dennis radia ken margaret niklaus sophie tony hedy".split()  # noqa: SIM905
FAMILY = "lovelace turing hopper dijkstra liskov knuth allen ritchie perlman thompson hamilton wirth".split()  # noqa: SIM905

# Calling code, first digits, and how many digits follow: ranges in which nearly every number is in use.
RANGES = (
    ("33", "6", 8),
    ("49", "151", 8),
    ("44", "74", 8),
    ("1", "415", 7),
    ("34", "6", 8),
    ("39", "347", 7),
    ("41", "79", 7),
    ("32", "47", 7),
)

# Each is a prime, so that counting on by it visits every value once before it comes back.
_EXTENSION_STEP = 2_750_161
_NUMBER_STEP = 7_368_787


def joiners(folder: Path, rows: int) -> Path:
    """The file with one attach for each member, made if it is not there."""
    return _made(folder / f"joiners-{rows}.csv", _joiners(rows))


def leavers(folder: Path, rows: int) -> Path:
    """The file with one detach for each member that `joiners` links, made if it is not there."""
    return _made(folder / f"leavers-{rows}.csv", (f"detach;{login(i)};;;" for i in range(rows) if not _is_bad(i)))


def latecomers(folder: Path, rows: int) -> Path:
    """The file with an attach of somebody else to each extension that `joiners` links, or that is out of any range."""
    extensions = (extension(i) if not _is_bad(i) else "99" for i in range(rows))
    lines = (f"attach;late.{login(i)};;{found};" for i, found in enumerate(extensions))
    return _made(folder / f"latecomers-{rows}.csv", lines)


def login(i: int) -> str:
    """The e-mail of the member in the `i`-th row."""
    given, family = GIVEN[i % len(GIVEN)], FAMILY[i * 7 % len(FAMILY)]
    return f"{given}.{family}{i * 7919 % 10_000_019}@{DOMAINS[i * 11 % len(DOMAINS)]}"


def extension(i: int) -> str:
    return str(FIRST_EXTENSION + i * _EXTENSION_STEP % (LAST_EXTENSION - FIRST_EXTENSION + 1))


def numbers() -> Iterator[str]:
    """Valid E.164 numbers without end, none of them twice, from all countries in turn."""
    i = 0
    while True:
        code, first, digits = RANGES[i % len(RANGES)]
        rest = i // len(RANGES) * _NUMBER_STEP % 10**digits
        national = f"{first}{rest:0{digits}d}"
        if phonenumbers.is_valid_number(phonenumbers.PhoneNumber(int(code), int(national))):
            yield f"+{code}{national}"
        i += 1


def _joiners(rows: int) -> Iterator[str]:
    for i, number in zip(range(rows), numbers(), strict=False):
        cells = ["attach", login(i), "", extension(i), number]
        if _is_bad(i):
            column, value = _FAULTS[i // BAD_EVERY % len(_FAULTS)]
            cells[column] = value.format(cells[column])
        elif i % 100 == 0:
            cells[1] = cells[1].title()  # as people type
        elif number.startswith("+33") and i % 5 == 0:
            cells[4] = f"0{number[3]} {number[4:6]} {number[6:8]} {number[8:10]} {number[10:]}"
        yield ";".join(cells)


def _is_bad(i: int) -> bool:
    return i % BAD_EVERY == BAD_EVERY - 1


_FAULTS = (
    (4, "+3361234"),
    (4, "{}9999"),
    (4, "+999{}"),
    (4, "n/a"),
    (1, "{}@twice"),
    (1, ".{}"),
    (3, "99"),
    (0, "{}ed"),
)


def _made(file: Path, lines: Iterator[str]) -> Path:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        with part.open("w", encoding="utf-8", newline="") as out:
            out.write(HEADER + "\n")
            out.writelines(line + "\n" for line in lines)
        part.replace(file)
    return file
