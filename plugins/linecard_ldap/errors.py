"""What can be wrong with the directory, and what the library's exceptions mean."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

from linecard.api.backend import BackendError


class DirectoryError(BackendError):
    """The directory does not answer as it should."""


class NoAnswerError(DirectoryError):
    """The directory did not answer: what it was asked for may have been done."""


class EntryMovedError(Exception):
    """The entry is not as it was when it was read; nothing was changed."""


class WriteRefusedError(Exception):
    """The directory does not allow it; the words are its own."""


@cache
def load_library(name: str = "ldap") -> Any:
    """A module of python-ldap, which is an extra: it has to be compiled."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise DirectoryError(
            f"python-ldap cannot be loaded: {error}.",
            remedy="Install linecard with its extra `ldap`; docs/ldap.md says how.",
        ) from error


def describe_error(error: Exception) -> str:
    """The words of the library and of the server, as a clause."""
    facts = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    said = [str(facts.get(key, "")).strip().rstrip(".") for key in ("desc", "info")]
    return ": ".join(dict.fromkeys(filter(None, said))) or str(error) or type(error).__name__
