"""File names: which ones are never a sheet, and how a name may stand in one of ours."""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from collections.abc import Sequence

SYSTEM_FILES = (
    *(".*", "~$*", "*~", "Icon\r"),
    *("Thumbs.db", "Thumbs.db:*", "ehthumbs*.db", "desktop.ini", "*:Zone.Identifier"),
)
"""What systems and programs leave beside files: hidden, Office locks, editors' copies, folder settings."""

SYSTEM_FOLDERS = (
    *("__MACOSX", "Network Trash Folder", "Temporary Items", "TheVolumeSettingsFolder"),
    *("$RECYCLE.BIN", "RECYCLER", "System Volume Information"),
    *("@eaDir", "#recycle", "#snapshot", "@Recycle", "@Recently-Snapshot", "lost+found"),
)
"""What macOS, Windows, Synology, QNAP and Linux add to a folder, and so to an archive of it."""

JUNK = (
    *SYSTEM_FILES,
    *("*.filepart", "*.part", "*.partial", "*.tmp", "*.temp"),  # WinSCP, browsers, Nextcloud, most clients
    *("*.upload", "*.uploading", "*.writing", "*.crdownload", "*.lftp", "*.swp"),
    *("*.camelLock", "*.lock"),
)
"""What clients call a file while they write it, and what systems leave behind. Compared without case."""


def _any_of(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(pattern.lower()) for pattern in patterns))


_JUNK = _any_of(JUNK)
_SYSTEM_FILES = _any_of(SYSTEM_FILES)
_SYSTEM_FOLDERS = _any_of((".?*", *SYSTEM_FOLDERS))


def is_junk(name: str) -> bool:
    """Whether a file of this name is a temporary one or a system's own, whatever is in it."""
    return _JUNK.match(name.lower()) is not None


def is_system_file(path: str) -> bool:
    """Whether a file of an archive is what a system leaves beside those that people pack, by its path in it."""
    *folders, name = re.split(r"[/\\]", path.lower())
    return _SYSTEM_FILES.match(name) is not None or any(
        _SYSTEM_FOLDERS.match(folder) for folder in folders if folder != ".."
    )


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a name matches one of these shell patterns (`*`, `?`, `[...]`), compared without case."""
    return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)


def display(raw: bytes) -> str:
    """A raw file name as it can be stored: bytes of it that are not UTF-8 become `\\xff`."""
    return raw.decode(errors="backslashreplace")


def fold_file_name(name: str) -> str:
    """A file name as it is compared: without case, and with its accents written in one way."""
    return unicodedata.normalize("NFC", name).casefold()


def safe_name(name: str, most: int = 80) -> str:
    """A file name as it may stand in one of ours: plain characters, no path, no leading dot, not too long."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "_", ascii_name)[-most:].strip("._") or "sheet"
