"""Trusting a server: the host keys that it shows, and the file in which those are kept that a person said yes to."""

from __future__ import annotations

from linecard.api import make_folder, write_whole
from linecard.api.inbox import InboxError, ServerKey
from linecard_sftp.connector import Connector
from linecard_sftp.hostkeys import strip_keys


def list_server_keys(way: Connector) -> list[ServerKey]:
    """The keys of every server on the way, the nearest first, and whether each is trusted. Raises `InboxError`."""
    found = []
    if way.through is not None:
        found += list_server_keys(way.through)
        if not all(key.trusted for key in found):
            return found  # the next one is reached through this one
    pinned, keys = way.read_pins(), list(way.list_host_keys())
    # One fingerprint in the configuration is enough for the server, whatever other keys it has.
    known = bool(pinned.fingerprints) and any(pinned.is_trusted(key) for key in keys)
    for key in keys:
        trusted = known or pinned.is_trusted(key)
        # Another key of a type that is known is what an attack looks like, too.
        others = [old.fingerprint for old in pinned.keys if old.type == key.type and old != key]
        found.append(
            ServerKey(
                way.login.where, key.type, key.fingerprint, key.format_line(way.login.where), trusted, tuple(others)
            )
        )
    return found


def pin(way: Connector, keys: list[ServerKey]) -> str:
    """Write these keys down as trusted, in place of others of the same server and type; the file."""
    files = []
    for step in (way.through, way):
        ours = [key for key in keys if step is not None and key.where == step.login.where and not key.trusted]
        if step is None or not ours:
            continue
        if step.login.fingerprint:
            raise InboxError(
                f"{step.login.where} is trusted by `fingerprint` in the configuration.",
                remedy=f"Write it there: {', '.join(key.fingerprint for key in ours)}.",
            )
        _check_revoked(step, ours)
        _write_known_hosts(step, ours)
        files.append(str(step.known_hosts))
    return ", ".join(dict.fromkeys(files))


def _check_revoked(way: Connector, keys: list[ServerKey]) -> None:
    revoked = {key.fingerprint for key in way.read_pins().revoked} & {key.fingerprint for key in keys}
    if revoked:
        raise InboxError(
            f"{way.known_hosts} says that {revoked.pop()} was revoked.",
            remedy="Ask the administrator of the server; remove the line by hand if it is wrong.",
        )


def _write_known_hosts(way: Connector, keys: list[ServerKey]) -> None:
    file, types = way.known_hosts, {key.type for key in keys}
    try:
        old = file.read_text(encoding="utf-8", errors="surrogateescape").splitlines() if file.exists() else []
        kept = [left for line in old if (left := strip_keys(line, way.login.where, types))]
        make_folder(file.parent, mode=0o700)
        with write_whole(file, text=True, errors="surrogateescape") as out:
            out.write("".join(f"{line}\n" for line in (*kept, *(key.line for key in keys))))
    except OSError as error:
        raise InboxError(
            f"{file} cannot be written: {error.strerror}.", remedy="Give linecard permission to write it."
        ) from error
