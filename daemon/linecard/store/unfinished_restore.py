"""That a restore of this state folder began and has not ended: until it has, nothing is done with what lies there."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from linecard.errors import StateError
from linecard.infrastructure.files import sync_folder, write_whole

FILE = "restoring.txt"
"""In the state folder, from before the first file of a backup gets its place until after the last one has."""

STAGED = ".restoring"
"""Where a restore puts what it has not compared yet, in each folder of the site."""


class UnfinishedRestore(StateError):
    """The restore of this site has not ended."""


def begin_restore(state: Path, backup: str, now: datetime) -> None:
    """Remember that a restore from this backup begins; one that broke off before is gone on with. Raises `OSError`."""
    source = "standard input" if backup == "-" else backup
    with write_whole(state / FILE, text=True, mode=0o600) as out:
        out.write(f"A restore of {source} began on {now:%Y-%m-%d at %H:%M} UTC.\n")


def end_restore(state: Path) -> None:
    """The state folder is whole. Raises `OSError`."""
    (state / FILE).unlink(missing_ok=True)
    sync_folder(state)


def is_unfinished(state: Path) -> bool:
    """Whether a restore of this state folder began and has not ended."""
    return (state / FILE).exists()


def refuse_unfinished(state: Path) -> None:
    """Raises `UnfinishedRestore`, with what to do, where a restore has not ended."""
    try:
        said = (state / FILE).read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return
    except OSError as error:
        said = f"{state / FILE}: {error.strerror}."
    raise UnfinishedRestore(
        f"The restore of this site has not ended, so its state in {state} is not whole. {said}",
        remedy="Unless `linecard restore` is still at work, it was interrupted: run the same `linecard restore` again.",
    )
