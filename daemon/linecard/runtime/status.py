"""What a daemon says of itself: written by it, read by `linecard status`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from linecard.runtime.lock import SERVED as FILE
from linecard.runtime.lock import is_served

__all__ = ["FILE", "read"]


def read(state: Path) -> dict[str, Any] | None:
    """What the daemon of this site does now; None when none is at work."""
    if not is_served(state):
        return None
    try:
        found = json.loads((state / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
