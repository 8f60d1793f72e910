"""A byte-level fuzzer of the openers of gzip and zip: broken archives come to rows or a fault, never to an error.

    python tests/integration/packing/fuzz.py SECONDS [SEED]

Every case follows from its seed alone; one that fails is printed with it and can be run again by it.
"""

from __future__ import annotations

import gzip
import io
import random
import struct
import sys
import tarfile
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from integration.packing.reading import CONTAINERS, SHEET, Desk, zipped
from linecard.api import is_printable

MOST = 200_000
CODES = {
    *("packing", "too_large", "encoding", "empty", "no_header", "missing_column", "duplicate_column", "quoting"),
    *("nul_byte", "too_many_rows"),
}
"""What a broken archive may come to. Never the faults of single rows: those are no faults of the file."""


def _tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("people.csv")
        info.size = len(SHEET)
        archive.addfile(info, io.BytesIO(SHEET))
    return out.getvalue()


_LONG = SHEET + b"".join(b"attach,p%d@example.com,%d\n" % (n * n, 1000 + n) for n in range(300))
FILES = [
    zipped(("people.csv", SHEET)),
    zipped(("people.csv", _LONG)),
    zipped(("people.csv", SHEET), how=zipfile.ZIP_STORED),
    zipped(("", SHEET), ("out/", b""), (".DS_Store", b"x")),
    zipped(("a.csv", SHEET), ("b.csv", _LONG)),
    zipped(("people.csv.gz", gzip.compress(SHEET, mtime=0))),
    gzip.compress(SHEET, mtime=0),
    gzip.compress(_LONG, mtime=0) + gzip.compress(SHEET, mtime=0),
    gzip.compress(zipped(("people.csv", SHEET)), mtime=0),
    gzip.compress(_tarred(), mtime=0),
    _tarred(),
    SHEET,
    *(file.read_bytes() for file in sorted(CONTAINERS.glob("*.*")) if file.suffix not in (".md", ".csv")),
]
PIECES = [
    *(
        b"PK\x03\x04",
        b"PK\x01\x02",
        b"PK\x05\x06",
        b"PK\x06\x06",
        b"PK\x06\x07",
        b"PK\x07\x08",
        b"PK00",
        b"\x1f\x8b\x08",
    ),
    *(b"\0", b"\0" * 8, b"\xff" * 4, b"\xff" * 8, b"\x7f\xff\xff\xff", b"\x01\x00\x10\x00", b"../", b"\\", b"/", b"\n"),
    *(
        b"\xca\x03PGP",
        b"\xd5\xff\xff\xff\xff\xff",
        b"\x85\x01\x8c\x03",
        b"-----BEGIN PGP MESSAGE-----\n",
        b"Rar!\x1a\x07",
    ),
    *(b"7z\xbc\xaf\x27\x1c", b"\xfd7zXZ\0", b"BZh91AY&SY", b"(\xb5/\xfd", b"ustar\x0000", b"[Content_Types].xml"),
]
NAMES = ["people.csv", "people.zip", "people.zip.001", "people.z01", "people.7z.002", "people.part2.rar", "x.gz.aa"]
OPENERS: list[dict[str, dict[str, object]]] = [
    *({}, {"gzip": {}}, {"zip": {}}, {"gzip": {}, "zip": {}}, {"gzip": {"ratio": 2}, "zip": {"ratio": 2}}),
    *({"zip": {"member": "*.csv", "required": True}}, {"gzip": {"required": True}, "zip": {}}),
]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The file, once broken: bytes changed, lost, doubled, moved, or numbers and marks put in that mean something."""
    at, to = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
    # Most of an archive is its packed bytes; what is told of them stands at its ends.
    at = chance.choice((at, min(at, 40), max(0, len(data) - 1 - chance.randrange(120))))
    match chance.randrange(9):
        case 0 | 1:
            return (
                data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :] if at < len(data) else b""
            )
        case 2:
            return data[:at] + data[at + chance.randrange(1, 40) :]
        case 3:
            return data[:at]
        case 4:
            other = chance.choice(FILES)
            return data[:to] + other[chance.randrange(len(other) + 1) :]
        case 5:
            form, most = chance.choice((("<H", 1 << 16), ("<I", 1 << 32), ("<Q", 1 << 64)))
            number = struct.pack(form, chance.choice((0, 1, most - 1, most >> 1, chance.randrange(most))))
            return data[:at] + number + data[at + len(number) :]
        case 6:
            piece = chance.choice(PIECES)
            return data[:at] + piece + data[at + len(piece) :]
        case 7:
            return data[:at] + chance.choice(PIECES) + data[at:]
        case _:
            pack = chance.choice((gzip.compress, lambda inner: zipped(("people.csv", inner))))
            return pack(data)


def case(seed: int, desk: Desk, folder: Path) -> None:
    """One case. Raises whatever an opener lets through, or a promise about what comes of a file breaks."""
    chance = random.Random(seed)
    data = chance.choice(FILES)
    for _ in range(chance.choice((1, 1, 2, 3, 5, 8))):
        data = mutated(data, chance)
    found = desk.read(data, desk.inbox(MOST, **chance.choice(OPENERS)), name=chance.choice(NAMES))
    for file in folder.glob("*__*"):
        file.unlink()
    assert list(folder.glob("state/plain/*")) == [], "what was opened was left behind"
    assert set(found.codes) <= CODES, found.codes
    assert len(found.codes) <= 1 or "packing" not in found.codes, found.codes
    assert all(is_printable(message) for message in found.messages + found.remedies), found.messages
    assert max(map(len, found.messages), default=0) < 600, "nobody reads that much"


def failures(seeds: Iterable[int], *, until: Callable[[], bool] = lambda: False) -> Iterator[tuple[int, str]]:
    """The seeds whose cases fail, each with its traceback, until `until` says that it is enough."""
    with tempfile.TemporaryDirectory() as name, closing(Desk(Path(name, "state"), Path(name))) as desk:
        for seed in seeds:
            if until():
                return
            try:
                case(seed, desk, Path(name))
            except Exception:  # noqa: BLE001 - whatever it is, it is what we look for
                yield seed, traceback.format_exc()


def main(seconds: float, first: int) -> int:
    """Runs for so long from this seed on; 1 when a case failed."""
    print(f"Fuzzing the openers for {seconds:g} seconds from seed {first}.", flush=True)
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
