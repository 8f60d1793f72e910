"""What a server may say no with, and how a session may end."""

from __future__ import annotations

from linecard_sftp.packets import Status

WORDS = {
    int(Status.NO_SUCH_FILE): "No such file",
    int(Status.PERMISSION_DENIED): "Permission denied",
    int(Status.UNSUPPORTED): "Operation unsupported",
}


class RequestRefused(Exception):
    """The server answered a request with no, in these words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words or WORDS.get(code, "Failure")

    @property
    def is_gone(self) -> bool:
        """Whether there is no such file."""
        return self.code == Status.NO_SUCH_FILE


class Lost(Exception):
    """The session came to an end: the connection broke, or the server talks nonsense."""


class Silent(Lost):
    """The server did not answer in time."""


class TooLong(Lost):
    """The server sends more at once than is kept in memory; it would do so again."""
