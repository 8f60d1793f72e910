"""A byte-level fuzzer of the sheet reader: real files, broken in every way; never a traceback, always a clear fault.

    python tests/unit/sheet/fuzz.py SECONDS [SEED]

Every case follows from its seed alone; one that fails is printed with it and can be run again by it.
"""

from __future__ import annotations

import random
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from linecard.model.sheet import Action
from unit.sheet.reading import FILES, HQ, TWO, read

SHEETS = [path.read_bytes() for path in sorted(FILES.glob("[a-z]*"))]
PIECES = [
    *(b"\0", b"\r", b"\n", b"\r\n", b'"', b'""', b"'", b"\\", b",", b";", b"\t", b"|", b"%", b" ", b"=", b'="'),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\xe9", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90"),
    *("\u00a0", "\u200b", "\u202e", "\ufeff", "\u2028", "e\u0301", "\uff11", "\u0661", "\U0001f4de", "\u0130"),
    *(b"attach", b"detach", b"Action,", b"LoginEmail;", b"+33123456789", b"3.31E+10", b"112", b"@", b"#" * 9),
    *(b"sep=;\n", b"9" * 300, "\ufb01"),
]
FORMS: list[dict[str, Any]] = [
    *({}, {}, {}, {"encoding": "cp1252"}, {"encoding": "utf-16"}, {"encoding": "utf-8-sig"}, {"encoding": "utf-32"}),
    *({"quote": "'"}, {"backslash": True}, {"delimiter": ";"}, {"skip_lines": 2, "second_header": True}),
    {"positions": ("LoginEmail", None, "Action", "Extension")},
    {"columns": {"Action": ("Status",), "LoginEmail": ("Work E-Mail",)}, "actions": {"active": Action.ATTACH}},
    *({"max_bytes": 300}, {"max_rows": 2}, {"max_columns": 4, "max_cell": 20}, {"max_columns": 1, "max_cell": 1}),
]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The file, once broken: bytes changed, lost, doubled, moved, recoded, or pieces put in that mean something."""
    at, to = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
    short = slice(at, min(to, at + chance.randrange(1, 40)))
    match chance.randrange(9):
        case 0 if data:
            at = min(at, len(data) - 1)
            return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]
        case 1:
            return data[: short.start] + data[short.stop :]
        case 2:
            return data[:to] + data[short] * chance.randrange(1, 5) + data[to:]
        case 3:
            return data[:at]
        case 4:
            other = chance.choice(SHEETS)
            return data[:at] + other[chance.randrange(len(other) + 1) :]
        case 5:
            return data[:at] + chance.randbytes(chance.randrange(1, 9)) + data[at:]
        case 6:
            text = data.decode("utf-8", "replace")
            return text.encode(chance.choice(("utf-16", "utf-16-be", "cp1252", "utf-8-sig", "utf-32")), "replace")
        case _:
            piece = chance.choice(PIECES)
            return data[:at] + (piece if isinstance(piece, bytes) else piece.encode()) + data[at:]


def case(seed: int) -> None:
    """One case. Raises whatever the reader, or a promise about what it gives, breaks."""
    chance = random.Random(seed)
    data = chance.choice(SHEETS)
    for _ in range(chance.choice((1, 1, 2, 3, 5, 8))):
        data = mutated(data, chance)
    form = dict(chance.choice(FORMS))
    read(data, chance.choice((HQ, TWO)), block=chance.choice((1, 3, 64, 1000, 1 << 20)), **form)


def failures(
    seeds: Iterable[int], *, until: Callable[[], bool] = lambda: False, run: Callable[[int], None] = case
) -> Iterator[tuple[int, str]]:
    """The seeds whose cases fail, each with its traceback, until `until` says that it is enough."""
    for seed in seeds:
        if until():
            return
        try:
            run(seed)
        except Exception:  # noqa: BLE001 - whatever it is, it is what we look for
            yield seed, traceback.format_exc()


def main(seconds: float, first: int) -> int:
    """Runs for so long from this seed on; 1 when a case failed."""
    print(f"Fuzzing the sheet reader for {seconds:g} seconds from seed {first}.", flush=True)
    end, last, broken = time.monotonic() + seconds, first, 0

    def seeds() -> Iterator[int]:
        nonlocal last
        while True:
            yield last
            last += 1

    for seed, trace in failures(seeds(), until=lambda: time.monotonic() >= end):
        broken += 1
        print(f"seed {seed} fails:\n{trace}", flush=True)
        if broken == 10:
            break
    print(f"{last - first} cases, {broken} failed.")
    return 1 if broken else 0


if __name__ == "__main__":
    wanted = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    start = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 48)
    sys.exit(main(wanted, start))
