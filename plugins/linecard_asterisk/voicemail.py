"""What becomes of a leaver's voicemail messages in Asterisk's spool."""

from __future__ import annotations

import shutil
from pathlib import Path

from linecard.api.backend import BackendError

_RIGHTS = "Give the user linecard runs as the right to write to the folder `voicemail_spool`."


class Spool:
    """The mailboxes of one context, each a folder of folders of messages."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def empty(self, mailbox: str) -> None:
        """Remove all messages and greetings."""
        try:
            if (self._folder / mailbox).exists():
                shutil.rmtree(self._folder / mailbox)
        except OSError as error:
            raise self._error(error) from error

    def move(self, mailbox: str, successor: str) -> None:
        """Put the messages behind those of the successor, folder by folder, and remove the greetings."""
        try:
            for folder in sorted(p for p in (self._folder / mailbox).glob("*") if p.is_dir()):
                self._append(folder, self._folder / successor / folder.name)
        except OSError as error:
            raise self._error(error) from error
        self.empty(mailbox)

    @staticmethod
    def _append(source: Path, target: Path) -> None:
        """Messages are numbered from msg0000 up; the parts of one (sound, envelope) bear the same number."""
        target.mkdir(mode=0o770, parents=True, exist_ok=True)
        following = max((int(p.stem[3:]) + 1 for p in target.glob("msg[0-9]*.txt")), default=0)
        for offset, envelope in enumerate(sorted(source.glob("msg[0-9]*.txt"))):
            parts = sorted(source.glob(f"{envelope.stem}.*"), key=lambda p: p.suffix == ".txt")
            for part in parts:  # the envelope last: with it the message is there
                shutil.move(part, target / f"msg{following + offset:04d}{part.suffix}")

    def _error(self, error: OSError) -> BackendError:
        return BackendError(f"{error.filename or self._folder}: {error.strerror}.", remedy=_RIGHTS)
