"""The person at work, as the system knows them."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from linecard.rules.attribution import NOBODY_LOGGED_IN, attribute

LOGIN_UID = Path("/proc/self/loginuid")


def person(environment: Mapping[str, str] = os.environ, login_uid: Path = LOGIN_UID) -> str:
    """Who works: the account of this process, with the login behind sudo, su or runuser where there is one."""
    return attribute(_name(os.geteuid()), _login(login_uid), environment.get("SUDO_USER", ""))


def _login(file: Path) -> str:
    with suppress(OSError, ValueError):  # a kernel without audit has no such file
        uid = int(file.read_text(encoding="ascii"))
        return "" if uid == NOBODY_LOGGED_IN else _name(uid)
    return ""


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # as in a container that was given any uid
        return f"uid {uid}"
