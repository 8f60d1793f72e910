"""For authors of inboxes, from which linecard takes files."""

from linecard.infrastructure import inbox_files
from linecard.ports.inbox import (
    Disposition,
    Inbox,
    InboxError,
    Listing,
    ServerKey,
    SupportsClaims,
    SupportsReply,
    SupportsTrust,
    Unfinished,
    Watch,
)
from linecard.ports.kind import InboxKind
from linecard.ports.probe import SupportsProbe
from linecard.rules.checksum import ending_of

__all__ = [
    "Disposition",
    "Inbox",
    "InboxError",
    "InboxKind",
    "Listing",
    "ServerKey",
    "SupportsClaims",
    "SupportsProbe",
    "SupportsReply",
    "SupportsTrust",
    "Unfinished",
    "Watch",
    "ending_of",
    "inbox_files",
]
