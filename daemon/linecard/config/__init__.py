"""The configuration of a site: linecard.yaml, read, checked whole, and handed on as frozen models.

Names are imported when first asked for, so that `import linecard.config` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from linecard.config.columns import ColumnMap
    from linecard.config.editors import schema
    from linecard.config.loader import load
    from linecard.config.models import (
        Config,
        InboxConfig,
        KeepFolder,
        LimitConfig,
        Limits,
        PbxConfig,
        SecondExtension,
        SheetOptions,
    )
    from linecard.config.starter import template

_HOMES = {
    "ColumnMap": "columns",
    "Config": "models",
    "InboxConfig": "models",
    "KeepFolder": "models",
    "LimitConfig": "models",
    "Limits": "models",
    "PbxConfig": "models",
    "SecondExtension": "models",
    "SheetOptions": "models",
    "load": "loader",
    "schema": "editors",
    "template": "starter",
}

__all__ = [
    "ColumnMap",
    "Config",
    "InboxConfig",
    "KeepFolder",
    "LimitConfig",
    "Limits",
    "PbxConfig",
    "SecondExtension",
    "SheetOptions",
    "load",
    "schema",
    "template",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
