"""What can go wrong between linecard and a PBX that is described by a profile."""

from __future__ import annotations

from linecard.api.backend import BackendError


class RestError(BackendError):
    """The PBX cannot be asked."""

    remedy = "`linecard plugins try` shows each request and its answer."


class NotReachedError(RestError):
    """Nothing was sent, so nothing was done."""


class LostAnswerError(RestError):
    """It is not known whether the PBX has done what it was asked for.

    `is_over`: the PBX has said that it is done with the request, so nothing comes about later.
    """

    def __init__(self, message: str = "", *, remedy: str = "", is_over: bool = False) -> None:
        super().__init__(message, remedy=remedy)
        self.is_over = is_over


class ProfileError(BackendError):
    """The profile says something that does not fit what the PBX answers."""

    remedy = "Correct the profile; docs/http.md says what each key means."
