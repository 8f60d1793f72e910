"""Inboxes that are folders of an SFTP server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linecard.api import Context, hookimpl
from linecard.api.inbox import InboxKind
from linecard_sftp.options import SftpOptions

if TYPE_CHECKING:
    from linecard_sftp.inbox import SftpInbox

LINECARD_API = "1.0"


@hookimpl
def linecard_inboxes() -> list[InboxKind[SftpOptions]]:
    return [InboxKind(name="sftp", summary="A folder of an SFTP server.", options=SftpOptions, build=_build)]


def _build(options: SftpOptions, context: Context) -> SftpInbox:
    from linecard_sftp.inbox import build  # paramiko takes a while: only sites with such an inbox wait for it

    return build(options, context)
