"""What may be shown of requests and answers: everything but secrets, as far as their names tell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from linecard.api import sanitize_line

MOST_SHOWN = 600
HIDDEN = "***"
_SECRET = re.compile(r"passw|pwd|secret|token|credential|authoriz|api_?key|\bpin\b|vmpin|cookie", re.IGNORECASE)


def mask(value: Any) -> Any:
    """The same, without the values of keys that sound like secrets; a pair of texts is a key and its value."""
    match value:
        case Mapping():
            return {key: HIDDEN if _SECRET.search(str(key)) else mask(each) for key, each in value.items()}
        case [str(key), str()] if _SECRET.search(key):
            return [key, HIDDEN]
        case list() | tuple():
            return [mask(each) for each in value]
        case _:
            return value


def show(value: Any, secrets: Iterable[str] = ()) -> str:
    """On one line, without secrets, and cut."""
    text = value if isinstance(value, str) else json.dumps(mask(value), ensure_ascii=False, default=str)
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, HIDDEN)
    line = sanitize_line(text)
    return line if len(line) <= MOST_SHOWN else f"{line[:MOST_SHOWN]} ... ({len(line)} characters)"
