"""What Rainbow refuses, in its own words and with a remedy.

Source: the codes of `errorDetailsCode` are those of ALE's OpenAPI descriptions of the admin portal (1.82.0) and of the
authentication portal (1.104.0, 1.239.2).
"""

from __future__ import annotations

import json
from typing import Any

from linecard.api import sanitize_line
from linecard.api.backend import BackendError

MOST_WORDS = 300

REMEDIES = {
    401500: "Correct `login`, `password`, `app_id` or `app_secret`.",
    401501: "Rainbow unlocks it after an hour, or when an administrator resets its password.",
    401521: "Ask ALE or your reseller why the company is suspended.",
    401523: "Prolong the user in Rainbow's administration, or name another.",
    403000: "Give the account the role of an administrator of the company.",
    403100: "Name an account of this company.",
    403301: "Assign the administrator to this system in Rainbow.",
    403303: "This system does not allow it: ask your reseller.",
    403304: "The company has no licence left for this: free one, or order more.",
    404000: "Look it up in Rainbow's administration.",
    409550: "Another number of the system has this extension.",
    409551: "Another number of the PBX has this extension.",
    409552: "Change the internal number of the other extension first.",
    409553: "The internal numbers of this system are the PBX's own.",
}
"""What to do, by Rainbow's six-digit code."""

BY_STATUS = {
    401: "Correct `login`, `password`, `api_key`, `app_id` or `app_secret`.",
    403: "Give the account the role of an administrator of the company and its systems.",
    404: "Check `host`; is this Rainbow?",
    407: "Check `proxy`.",
}


class RainbowError(BackendError):
    """Rainbow cannot be asked."""

    remedy = "Check whether Rainbow is up."


class UnansweredError(RainbowError):
    """It is not known whether Rainbow has done what it was asked for."""

    is_over = False
    """Whether Rainbow has said that it is done with the request: nothing comes about later."""


class RefusedError(RainbowError):
    """Rainbow has answered that it does not do this.

    `status` is HTTP's, `code` ALE's own (0 where it gave none), `words` what it said, `faults` each thing that it named
    where it named several.
    """

    def __init__(self, doing: str, status: int, code: int, words: str, faults: tuple[str, ...] = ()) -> None:
        remedy = REMEDIES.get(code) or BY_STATUS.get(status, "")
        number = f"{status}, {code}" if code else str(status)
        super().__init__(f"Rainbow refuses to {doing}: {words} ({number}).", remedy=remedy)
        self.status, self.code, self.words, self.faults = status, code, words, faults

    def describe_for_row(self) -> str:
        """What it said, with its number, and what to do."""
        return f"{self.words} ({self.code or self.status}). {self.remedy}".rstrip().rstrip(".")

    @property
    def is_gone(self) -> bool:
        """What was asked for does not exist, or may not be seen by this account."""
        return self.status == 404

    @property
    def is_of_the_tenant(self) -> bool:
        """Whether it would be the same for any other extension: the account lacks a right, not this change."""
        return self.status in {401, 403, 407} and self.code != 403304


def read_refusal(doing: str, status: int, body: bytes) -> RefusedError:
    """A refusal from its answer, whose body may be anything."""
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        return RefusedError(doing, status, 0, _quote(body) or "without a word")
    said = said if isinstance(said, dict) else {}
    code = said.get("errorDetailsCode")
    details = said.get("errorDetails")
    faults = tuple(filter(None, map(_describe, details))) if isinstance(details, list) else ()
    words = _describe(details) or _describe(said.get("errorMsg")) or "without a word"
    conflict = said.get("errorDetailsData")
    if isinstance(conflict, dict) and isinstance(other := conflict.get("conflictWith"), dict):
        words += f" (it is that of extension {_cut(str(other.get('shortNumber')))})"
    known = code if isinstance(code, int) and not isinstance(code, bool) else 0
    return RefusedError(doing, status, known, words, faults)


def _describe(details: object) -> str:
    """`errorDetails` is a sentence, an object, or a list of faults of parameters."""
    if isinstance(details, list):
        return _cut("; ".join(filter(None, map(_describe, details))))
    if isinstance(details, dict):
        param, message = details.get("param"), details.get("msg")
        return _cut(f"{param}: {message}" if param else str(message or details))
    return _cut(str(details)) if details else ""


def _quote(body: bytes) -> str:
    """The beginning of what is not JSON; a page of HTML says nothing that helps."""
    text = body[: 4 * MOST_WORDS].decode("utf-8", errors="replace").strip()
    return "with a page of HTML" if text.startswith("<") else _cut(text)


def _cut(text: str) -> str:
    return sanitize_line(text)[:MOST_WORDS].strip().rstrip(".")
