"""The person at work, as the system knows them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from linecard.infrastructure.accounts import account_name
from linecard.rules.attribution import NOBODY_LOGGED_IN, attribute

LOGIN_UID = Path("/proc/self/loginuid")


def person(environment: Mapping[str, str] = os.environ, login_uid: Path = LOGIN_UID, *, former: str = "") -> str:
    """Who works: the account of this process, with the login behind sudo, su or runuser where there is one.

    `former` is the account that this process had before, named where there is no login.
    """
    return attribute(account_name(os.geteuid()), _login(login_uid), environment.get("SUDO_USER", "") or former)


def _login(file: Path) -> str:
    with suppress(OSError, ValueError):  # a kernel without audit has no such file
        uid = int(file.read_text(encoding="ascii"))
        return "" if uid == NOBODY_LOGGED_IN else account_name(uid)
    return ""
