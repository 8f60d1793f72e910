"""What inboxes of every kind do alike with the names of files, and say of them alike."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import BinaryIO

from linecard.ports.inbox import InboxError, Listing
from linecard.rules.checksum import ending_of
from linecard.rules.names import display, safe_name

CLAIM_FOLDER = ".linecard"
"""The folder of claimed files inside an inbox, where no rename leads out of it."""
LONGEST_NAME = 255
"""Bytes that a file name may have."""
MARKER, CHECKSUM = b".marker", b".checksum"
"""What follows the name of a claimed file in the names of its marker file and of its checksum file."""
MOST_CHECKSUM = 65_536
"""Bytes of a checksum file that are read."""
SENT_AGAIN = "Somebody removed it; have the file sent again."
"""What to do about a claimed file that is not where it was put."""

Destination = tuple[bytes, dict[bytes, bytes]]
"""Where a file may go, and by where it lies, where each that goes with it goes then."""


def side_files(seen: Listing) -> list[tuple[bytes, bytes]]:
    """The files that go with a file, each with what follows the claim's name in its own."""
    return [(side, ending) for side, ending in ((seen.marker, MARKER), (seen.checksum, CHECKSUM)) if side]


def refuse_mode(mode: int | None) -> str:
    """Why a file of this kind is not taken; empty where one may be, or where nobody says of which kind it is."""
    if mode is None or stat.S_IFMT(mode) in (0, stat.S_IFREG):
        return ""
    if stat.S_ISLNK(mode):
        return "It is a symbolic link; only regular files are taken."
    return "It is a pipe, socket or device; only regular files are taken."


def mark_name(name: bytes, mark: str, room: int = 0) -> bytes:
    """A name with a mark before its ending: `joiners.1f3a5b7c.csv`, so that it still matches `*.csv`.

    `room` is how many bytes may follow it in the names of files that go with it.
    """
    stem, dot, ending = name.rpartition(b".")
    if not stem or len(ending) > LONGEST_NAME // 2:
        stem, dot, ending = name, b"", b""
    after = b"." + mark.encode() + dot + ending
    end = LONGEST_NAME - len(after) - room
    while end < len(stem) and stem[end] & 0xC0 == 0x80:  # some servers take no name that ends within a character
        end -= 1
    return stem[:end] + after


def free_side_name(side: bytes, claim: str) -> bytes:
    """Where what goes with a file is put back when its own name is taken by now."""
    return side + b"." + claim[:8].encode()


def choose_names(seen: Listing, claim: str) -> list[bytes]:
    """The names that a file may have where others lie: its own, then those that nobody else gives.

    Each of these leaves room for the names of what goes with the file.
    """
    room = max((len(ending_of(side, seen.name)) for side, _ in side_files(seen)), default=0)
    return [seen.name, mark_name(seen.name, claim[:8], room), mark_name(seen.name, claim, room)]


def choose_destinations(
    join: Callable[[bytes], bytes], seen: Listing, claim: str, sides: Mapping[bytes, bytes], *, own_name: bool = True
) -> Iterator[Destination]:
    """Where a file may go in a folder, the best first. `join` makes paths of names in it.

    `sides` are the files that go with it: where each lies, and the name that it came under. `own_name` says whether the
    file may have the name it came under.
    """
    own, *marked = map(join, choose_names(seen, claim))
    if own_name:
        yield own, {lies: join(side) for lies, side in sides.items()}
    for name in marked:
        yield name, {lies: name + ending_of(side, seen.name) for lies, side in sides.items()}


def quarantine_name(claim: str, name: bytes) -> str:
    """The name of a file that was put aside for a person: whose it is, and what it was."""
    return f"{claim[:12]}__{safe_name(display(name))}"


def explain_too_large(where: str = "it is here as it was sent.") -> str:
    """Why a file was not imported, for the person who finds it."""
    return f"It is larger than `max_bytes` of its inbox, so it was not imported; {where}\n"


def refuse_reply(target: str) -> InboxError:
    """A result was to be put where another file lies."""
    return InboxError(
        f"{target} is there already, and another file than the one to be put there.",
        remedy="Move it away; linecard continues by itself.",
    )


def has_content(blocks: Iterable[bytes], content: BinaryIO) -> bool:
    """Whether a file, by its bytes in order, is the same as what is read from `content`."""
    return all(content.read(len(block)) == block for block in blocks) and not content.read(1)
