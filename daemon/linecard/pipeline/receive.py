"""Receive: a file becomes a drop, kept byte for byte, and a run begins."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from linecard.errors import SheetError
from linecard.infrastructure.access import find_remedy
from linecard.infrastructure.files import write_whole
from linecard.model.outcome import Outcome
from linecard.model.run import Drop, State
from linecard.model.sheet import Fault
from linecard.rules.names import safe_name
from linecard.store.journal import Journal
from linecard.store.store import Store

BEGUN = ".begun"
"""The folder in the archive where drops are written until they are complete."""


def keep(archive: Path, name: str, blocks: Iterable[bytes], store: Store, *, most: int) -> Drop:
    """Copy a file's bytes into the archive and make them durable; its source is not touched.

    At most `most` bytes and one more are kept, enough for the check to say that the file is too large.
    """
    now = store.now()
    path = Path(f"{now:%Y}", f"{now:%m}", f"{uuid.uuid4().hex[:12]}__{safe_name(name)}")
    digest, size = hashlib.sha256(), 0
    try:
        with write_whole(archive / path, text=False, begun_in=archive / BEGUN) as out:
            for block in blocks:
                some = block[: most + 1 - size]
                digest.update(some)
                size += len(some)
                out.write(some)
                if size > most:
                    break
    except OSError as error:
        raise SheetError(
            f"{name} cannot be taken: {error.strerror or error}.", remedy=f"{find_remedy(error)} Nothing was changed."
        ) from error
    return Drop(_readable(name), digest.hexdigest(), size, str(path))


def receive(store: Store, inbox: str, drop: Drop, *, description: str, who: str) -> int:
    """Begin the run of a kept drop; older runs of the same file that still wait give way. The run's id."""
    with store.transaction() as connection:
        drop = replace(drop, delivered_by=who)
        run_id = store.receive(connection, inbox, drop, description=_readable(description), who=who)
        store.supersede(connection, run_id, inbox, drop.sha256, who=who)
    return run_id


def reject(store: Store, connection: sa.Connection, run_id: int, fault: Fault, *, who: str) -> None:
    """Refuse a received file before it is read, because of this fault of the file as a whole."""
    Journal(store, run_id).add_faults(connection, 0, [fault])
    nothing = {outcome.value: 0 for outcome in Outcome}
    store.transition(connection, run_id, State.REJECTED, who=who, why=fault.message, counts=nothing)


def _readable(text: str) -> str:
    """A name as it can be stored and shown: bytes of it that are not UTF-8 become `\\xff`."""
    return os.fsencode(text).decode(errors="backslashreplace")
