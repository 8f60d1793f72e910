"""What is done to a claimed file at its end: archived or removed, put where a person finds it, or given back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from linecard.api.inbox import Disposition, Listing, inbox_files
from linecard_sftp import convert
from linecard_sftp.errors import RequestRefused
from linecard_sftp.folders import ensure_folder
from linecard_sftp.layout import FolderLayout
from linecard_sftp.renames import move_all
from linecard_sftp.session import Session


class ClaimedFile:
    """A claimed file and the files that go with it. `is_replacing` says whether a rename takes a name from another
    file, as `SftpClient.is_replacing` does."""

    def __init__(
        self,
        session: Session,
        layout: FolderLayout,
        claim: str,
        seen: Listing,
        is_replacing: Callable[[Session, bytes], bool],
    ) -> None:
        self._session, self._layout, self._claim, self._seen = session, layout, claim, seen
        self._is_replacing = is_replacing
        self.path = layout.claimed_path(claim, seen)

    def dispose(self, disposition: Disposition) -> None:
        """Archive, remove or put aside a file that is as it was taken; a checksum file stays with it, a marker goes.

        What goes with the file comes first. After the file no try would know any more where it belongs.
        """
        session, layout = self._session, self._layout
        sides = self._find_sides()
        folder = layout.refused_folder if disposition is Disposition.REFUSED else layout.archive
        kept = {lies: side for lies, side in sides.items() if folder is not None and side == self._seen.checksum}
        for lies in sides.keys() - kept.keys():
            try:
                session.remove(lies)
            except RequestRefused as refused:  # an account that may only rename has it moved along
                if folder is not None and not refused.is_gone:
                    kept[lies] = sides[lies]
        if folder is None:
            session.remove(self.path)
            return
        ensure_folder(session, layout, folder)
        self._move(folder, kept, replacing=self._is_replacing(session, layout.claimed or folder))

    def give_back(self) -> None:
        """Put a file back that was written to after it was taken, with what goes with it, to be found as a new one."""
        layout, sides = self._layout, self._find_sides()
        assert layout.claimed is not None  # noqa: S101 - what stays is never given back
        self._move(layout.inbox, sides, replacing=self._is_replacing(self._session, layout.claimed))

    def _find_sides(self) -> dict[bytes, bytes]:
        """The files that go with it: where each lies, and the name that it came under.

        Of two sites that want a file at the same time, one may get it and the other what goes with it, and put that
        back.
        """
        layout, seen = self._layout, self._seen
        if layout.in_place:
            return {layout.inbox_path(side): side for side, _ in inbox_files.side_files(seen)}
        aside = {self.path + ending: side for side, ending in inbox_files.side_files(seen)}
        if not aside:
            return {}
        *found, next_one = self._session.stat_all([*aside, layout.inbox_path(seen.name)])
        is_left = isinstance(next_one, RequestRefused)  # else what lies there goes with the next file of this name
        lying = zip(aside.items(), found, strict=True)
        return {
            layout.inbox_path(side) if isinstance(now, RequestRefused) and is_left else path: side
            for (path, side), now in lying
        }

    def _move(self, folder: bytes, sides: Mapping[bytes, bytes], *, replacing: bool) -> None:
        """Under its own name only where a rename cannot replace another file."""
        join = partial(convert.join_path, folder)
        places = inbox_files.choose_destinations(join, self._seen, self._claim, sides, own_name=not replacing)
        move_all(self._session, self.path, sides, list(places))
