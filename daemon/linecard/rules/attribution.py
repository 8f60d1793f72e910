"""Who is at work: the account that runs linecard, and the person who logged in and became that account."""

from __future__ import annotations

import re

_NAME = re.compile(r"[^\W_][\w.@\\-]{0,63}\$?\Z")
NOBODY_LOGGED_IN = 2**32 - 1
"""What the kernel keeps as login uid of services, which no login has begun (audit_get_loginuid, unset)."""


def attribute(account: str, login: str, sudo: str) -> str:
    """The name that events of a run carry: `account`, or the person behind it and how they act.

    `login` is the name behind the kernel's login uid, which stays through su, sudo and runuser; `sudo` is what sudo
    says of its caller; either may be empty. This is attribution, not authentication: the account's own processes can
    set the variable, so what is not written like the name of an account is left out.
    """
    callers = (login, sudo if _NAME.match(sudo) else "")
    person = next((name for name in callers if name not in ("", account)), "")
    return f"{person} (as {account})" if person else account
