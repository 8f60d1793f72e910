"""How linecard's words are written in Asterisk's columns. Pure."""

from __future__ import annotations

import hashlib
import re
import secrets
from array import array
from typing import Any

_EXTENSION = re.compile(r"[0-9*#]{1,32}")
_CREDENTIAL = re.compile(r"password.*|.*_(cred|digest|secret|token)|oauth_.*", re.IGNORECASE)


def encode(text: str) -> str:
    """As res_config_pgsql and res_config_odbc want it: they split values at `;` and decode `^3B` and `^5E`."""
    return text.replace("^", "^5E").replace(";", "^3B")


def is_extension(name: str) -> bool:
    """Whether an endpoint of this name may be somebody's extension; `trunk-berlin` is none."""
    return _EXTENSION.fullmatch(name) is not None


def is_credential(column: str) -> bool:
    """Whether a column of the table of secrets holds one, or what one is made of.

    Asterisk 22 prefers its digests to `password` whatever `auth_type` says, so none may keep what it had; nor may a
    column of the administrator's own.
    """
    return _CREDENTIAL.fullmatch(column) is not None


def format_callerid(form: str, extension: str, member: str | None, most: int | None = None) -> str:
    """What others are shown of a holder who calls, in at most `most` characters: the login is cut short then.

    A quote would end the name, so it becomes an apostrophe.
    """
    name = extension if member is None else member.replace('"', "'")
    if member is None:
        form = '"{member}" <{extension}>'
    while True:
        shown = form.replace("{member}", name).replace("{extension}", extension)
        over = len(shown) - most if most is not None else 0
        if over <= 0 or not name or "{member}" not in form:
            return shown
        name = name[: -max(1, over // form.count("{member}"))]


def format_number(number: str, *, plus: bool) -> str:
    """A number in E.164 as the table of numbers has it."""
    return number if plus else number.removeprefix("+")


def parse_number(stored: object) -> str:
    """The number in E.164 that the table of numbers means."""
    return "+" + str(stored).removeprefix("+")


def hash_credential(username: str, realm: str, secret: str) -> str:
    """What Asterisk keeps as `md5_cred`; the digest of SIP (RFC 3261, 22.4) is made of nothing better."""
    return hashlib.md5(f"{username}:{realm}:{secret}".encode(), usedforsecurity=False).hexdigest()


def format_setting(value: Any) -> Any:
    """A value of the template as Asterisk has it: YAML reads yes and no as true and false."""
    return ("yes" if value else "no") if isinstance(value, bool) else value


def draw_secrets(count: int) -> list[str]:
    """So many secrets of 24 letters and digits, 140 bits: no character that phones, drivers or files could mistake."""
    drawn = secrets.token_urlsafe(18 * count).replace("-", "x").replace("_", "y")
    return [drawn[start : start + 24] for start in range(0, 24 * count, 24)]


def draw_pins(count: int) -> list[str]:
    """So many times six digits for a mailbox. Of 64 bits each, so that all are as likely as makes no difference."""
    return [f"{drawn % 1_000_000:06d}" for drawn in array("Q", secrets.token_bytes(8 * count))]
