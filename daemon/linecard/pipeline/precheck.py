"""Precheck: backends are asked what a person should know of the changes that give an extension another holder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from linecard.model.directory import Change
from linecard.model.outcome import Caveat
from linecard.ports.backend import Backend, SupportsPrecheck
from linecard.rules.caveats import is_prechecked

TOGETHER = 5000
"""Changes about which a backend is asked at once."""


def precheck(backend: Backend, changes: Iterable[Change]) -> Iterator[Caveat]:
    """What a backend says of these changes; nothing where it never says anything.

    Raises `BackendError` when the PBX cannot be asked.
    """
    if isinstance(backend, SupportsPrecheck):
        wanted = filter(is_prechecked, changes)
        while some := list(islice(wanted, TOGETHER)):
            yield from sorted(backend.precheck(some))
