"""That a site was restored from a backup: what is older than that may have been dealt with already.

A backup does not know what linecard did after it was made. Until somebody says that this is settled, nothing from
before the restore is applied without a person.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from linecard.errors import StateError
from linecard.infrastructure.files import sync_folder, write_whole
from linecard.model.run import Run, State
from linecard.store.store import Store
from linecard.store.tables import claim, event

FILE = "restored.json"
"""Beside the database, until somebody says that nothing from before the restore is in doubt any more."""


@dataclass(frozen=True, slots=True)
class RestoreMarker:
    """A restore: when the backup was `made`, when it was `restored`, and the last run that it has."""

    made: datetime
    restored: datetime
    last_run: int


def write_restore_marker(folder: Path, marker: RestoreMarker) -> None:
    """Remember it in a state folder. Raises `OSError`."""
    facts = {
        "made": marker.made.isoformat(),
        "restored": marker.restored.isoformat(),
        "last_run": marker.last_run,
    }
    with write_whole(folder / FILE, text=True, mode=0o600) as out:
        out.write(json.dumps(facts) + "\n")


def read_restore_marker(folder: Path) -> RestoreMarker | None:
    """The restore of this state folder that somebody still has to look at, if there is one. Raises `StateError`."""
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))
        made, restored = (datetime.fromisoformat(found[name]) for name in ("made", "restored"))
        return RestoreMarker(made, restored, int(found["last_run"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StateError(
            f"{folder / FILE} cannot be read: {error}.",
            remedy="It says when this site was restored from a backup. `linecard restore --confirm` removes it; "
            "before that, look for files that were imported already.",
        ) from error


def remove_restore_marker(folder: Path) -> None:
    """Nothing from before the restore is in doubt any more. Raises `OSError`."""
    (folder / FILE).unlink(missing_ok=True)
    sync_folder(folder)


def find_doubt(store: Store, run: Run) -> RestoreMarker | None:
    """The restore that a run, or the file it is about, is older than, if nobody has approved it since."""
    marker = read_restore_marker(store.folder) if store.folder is not None else None
    if marker is None:
        return None
    with store.snapshot() as connection:
        modified = connection.execute(sa.select(sa.func.max(claim.c.modified)).where(claim.c.run_id == run.id)).scalar()
        approved = connection.execute(
            sa.select(sa.func.max(event.c.at)).where(event.c.run_id == run.id, event.c.state == State.APPROVED)
        ).scalar()
    is_older = run.created < marker.restored or (modified is not None and modified < marker.restored.timestamp())
    return marker if is_older and (approved is None or approved < marker.restored) else None
