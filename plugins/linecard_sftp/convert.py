"""What a server lists, as the core knows it, and the names that linecard gives on servers. Pure."""

from __future__ import annotations

import stat
import unicodedata
from collections.abc import Iterable, Iterator

from linecard.api import safe_name
from linecard.api.inbox import Listing, inbox_files
from linecard_sftp.packets import Attributes, NameEntry


def make_listings(entries: Iterable[NameEntry]) -> Iterator[Listing]:
    """The files among what a folder holds, each name once; of a name that a server gives twice, the last counts."""
    found: dict[bytes, Listing] = {}
    for name, seen in entries:
        if name in (b".", b"..") or (seen.mode is not None and stat.S_ISDIR(seen.mode)):
            continue
        found[name] = make_listing(name, seen)
    yield from found.values()


def make_listing(name: bytes, seen: Attributes) -> Listing:
    size = seen.size or 0
    return Listing(name, size, version(seen), float(seen.modified or 0), name_fault(name) or _refusal(seen))


def version(seen: Attributes) -> str:
    """What changes when a file does, as far as SFTP tells."""
    return f"{seen.size}:{seen.modified}"


def name_fault(name: bytes) -> str:
    """Why no file of this name is touched; empty where one may be. What a server lists is not to be trusted."""
    if not name or name in (b".", b".."):
        return "It has no name of its own, so it is not touched."
    if b"/" in name or b"\\" in name:
        return "Its name holds a slash, so it could mean another folder; it is not touched."
    if len(name) > inbox_files.LONGEST_NAME:
        return f"Its name is longer than {inbox_files.LONGEST_NAME} bytes, so it is not touched."
    # A byte that is no UTF-8 comes to be a lone surrogate here, which is a good name for a file all the same.
    if any(unicodedata.category(c) in ("Cc", "Cf") for c in name.decode(errors="surrogateescape")):
        return "Its name holds characters that cannot be seen, so it is not touched."
    return ""


def _refusal(seen: Attributes) -> str:
    if refused := inbox_files.refuse_mode(seen.mode):
        return refused
    if seen.size is None:
        return "The server does not say how large it is, so it cannot be taken whole for certain."
    return ""


def encode_path(text: str) -> bytes:
    """A path of the configuration as it goes to a server."""
    return text.encode(errors="surrogateescape")


def join_path(folder: bytes, name: bytes) -> bytes:
    """A path below a folder; an absolute one stays as it is."""
    if name.startswith(b"/") or folder in (b"", b"."):
        return name
    return folder.rstrip(b"/") + b"/" + name


def claimed_name(claim: str, name: bytes) -> bytes:
    """The name of a claimed file: whose it is, and for people, what it was."""
    return f"{claim}__{safe_name(name.decode(errors='replace'))}".encode()
