"""Accounts of this machine by their names."""

from __future__ import annotations

import pwd
from functools import cache


@cache
def account_name(uid: int) -> str:
    """The name of an account, or its number where it has none. Asked once: a directory may answer slowly."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # as in a container that was given any uid
        return f"uid {uid}"
