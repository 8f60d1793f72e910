"""What sorcery.conf says of PJSIP's objects, as the manager interface tells it: their memory caches, and of which
Asterisk may read no list. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

KINDS = ("endpoint", "auth", "aor", "contact")
_LINE = re.compile(r"(?P<kind>\w+)/cache\s*=>?\s*memory_cache(?P<options>.*)", re.IGNORECASE)
_SOURCE = re.compile(r"(?P<kind>\w+)\s*=>?\s*realtime\s*,(?P<options>.*)", re.IGNORECASE)


class Cache(NamedTuple):
    """A cache in front of the objects of one kind; `full` if it has all of them and asks nothing behind it."""

    kind: str
    name: str
    full: bool = False


DEFAULT = tuple(Cache(kind, f"res_pjsip/{kind}") for kind in KINDS[:3])
"""What they are called where sorcery.conf does not say otherwise, or cannot be read."""


def read_caches(lines: Iterable[str]) -> Iterator[Cache]:
    """The caches among the lines of the section `res_pjsip`, such as `auth/cache=memory_cache,name=secrets`."""
    for line in lines:
        found = _LINE.fullmatch(line.strip())
        if found is None or found["kind"] not in KINDS:
            continue
        options = _parse_options(found["options"])
        full = options.get("full_backend_cache", "no").lower() in {"yes", "true", "on", "1", "y", "t"}
        yield Cache(found["kind"], options.get("name") or f"res_pjsip/{found['kind']}", full)


def read_unlisted(lines: Iterable[str]) -> Iterator[str]:
    """The kinds of objects whose line says `allow_unqualified_fetch=no` or `error`: Asterisk reads them by name only,
    and so never learns which of them there are."""
    for line in lines:
        found = _SOURCE.fullmatch(line.strip())
        if found is None or found["kind"] not in KINDS:
            continue
        if _parse_options(found["options"]).get("allow_unqualified_fetch", "yes").lower() in {"no", "error"}:
            yield found["kind"]


def _parse_options(text: str) -> dict[str, str]:
    """What follows the name of a table or cache: `name=value`, by commas."""
    return {name.strip(): value.strip() for name, _, value in (option.partition("=") for option in text.split(","))}
