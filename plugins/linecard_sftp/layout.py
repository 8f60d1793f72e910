"""Where the files of an inbox lie on its server. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from linecard.api.inbox import Listing
from linecard_sftp import convert

TOO_LARGE = b"refused"
"""The folder beside claimed files for those that were not taken whole."""


@dataclass(frozen=True, slots=True)
class FolderLayout:
    """The folders of one inbox, None for those that it has not: a claimed file lies where it was if none is `claimed`.

    `server` is how people call the server, for what they read.
    """

    server: str
    inbox: bytes
    claimed: bytes | None = None
    archive: bytes | None = None
    replies: bytes | None = None

    @property
    def in_place(self) -> bool:
        """Whether claimed files stay where they are."""
        return self.claimed is None

    @property
    def refused_folder(self) -> bytes:
        """The folder for files that were not taken whole; only where files are moved."""
        assert self.claimed is not None  # noqa: S101 - what stays is never put anywhere
        return convert.join_path(self.claimed, TOO_LARGE)

    def inbox_path(self, name: bytes) -> bytes:
        """Where a file of this name lies in the inbox."""
        return convert.join_path(self.inbox, name)

    def claimed_path(self, claim: str, seen: Listing) -> bytes:
        """Where a claimed file lies."""
        if self.claimed is None:
            return self.inbox_path(seen.name)
        return convert.join_path(self.claimed, convert.claimed_name(claim, seen.name))
