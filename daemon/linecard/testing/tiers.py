"""How far a backend has proven itself: computed from what the suite wrote down when it ran, never claimed.

A run of the suite with the pytest plugin `linecard.testing.recorder` leaves a record beside the code that it tested:
what became of each test, and a hash of that code. A tier is what this linecard's suite asks for, held against that
record: of other code it says nothing, and a test that is new since then is missing. It needs neither pytest nor
hypothesis.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

PASSED = "passed"
FAILED = "failed"
SPARED = "not applicable: "
"""How it is written that a test says nothing of such a backend, before the reason."""


class Tier(StrEnum):
    """What a backend has proven; each includes the one before."""

    BRONZE = "bronze"
    """The contract suite: what linecard relies on while the PBX is well."""
    SILVER = "silver"
    """The fault matrix, read-back and `examine`: what it does when the PBX is not."""
    GOLD = "gold"
    """On the real PBX, or one simulated from its documentation: killed again and again, all undone; and a page."""


SUITES = {
    Tier.BRONZE: (
        "reads",
        "changes",
        "refusals",
        "concurrency",
        "hostile_names",
        "company",
        "interruption",
        "law",
    ),
    Tier.SILVER: ("fault_matrix",),
    Tier.GOLD: ("full_proof",),
}
"""The modules of `linecard.testing.contract` whose tests each tier asks for."""


@dataclass(frozen=True, slots=True)
class TierProof:
    """What a backend has proven: its tier, if any; the next one, if any; and what is missing for that, in clauses."""

    tier: Tier | None = None
    next_tier: Tier | None = None
    missing: tuple[str, ...] = ()


@cache
def list_tests(tier: Tier) -> tuple[str, ...]:
    """The tests that a tier asks for beyond the one before, read from the suite as it is installed."""
    folder = Path(__file__).parent / "contract"
    found: dict[str, None] = {}
    for module in SUITES[tier]:
        for node in ast.walk(ast.parse((folder / f"{module}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found[node.name] = None
    return tuple(found)


def hash_code(place: Path) -> str:
    """The SHA-256 of a package (all its .py files with their paths) or of one module."""
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
    hashed = hashlib.sha256()
    for file in files:
        name = str(file.relative_to(place)) if place.is_dir() else file.name
        text = file.read_bytes()
        hashed.update(f"{len(name)} {name} {len(text)} ".encode() + text)
    return hashed.hexdigest()


def find_record(place: Path) -> Path:
    """Where the record of a package or of one module lies."""
    return place / "tiers.json" if place.is_dir() else place.with_suffix(".tiers.json")


def read_proof(place: Path, kind: str) -> TierProof:
    """What the backend of this kind has proven, whose code is this package or module."""
    try:
        record = json.loads(find_record(place).read_text(encoding="utf-8"))
        tests, code = dict(record["kinds"][kind]), record["code"]
    except FileNotFoundError:
        return TierProof(None, Tier.BRONZE, ("the suite has left no record beside the code",))
    except (OSError, ValueError, KeyError, TypeError):
        return TierProof(None, Tier.BRONZE, ("the record beside the code says nothing of this kind",))
    if code != hash_code(place):
        return TierProof(None, Tier.BRONZE, ("the code has changed since the suite ran: run it again",))
    return compute_proof(tests)


def read_results(record: Path, kind: str) -> dict[str, Any]:
    """What became of each test of a kind, by its name. Raises `OSError`, `ValueError`, `KeyError`, `TypeError`."""
    return dict(json.loads(record.read_text(encoding="utf-8"))["kinds"][kind])


def compute_proof(tests: Mapping[str, Any]) -> TierProof:
    """What comes of these results by name of test: each tier needs all of its tests, and all of the tiers before."""
    reached: Tier | None = None
    for tier in Tier:
        missing = tuple(
            f"{name.removeprefix('test_').replace('_', ' ')} ({tests.get(name, 'not run')})"
            for name in list_tests(tier)
            if not is_proven(tests.get(name))
        )
        if missing:
            return TierProof(reached, tier, missing)
        reached = tier
    return TierProof(reached)


def is_proven(result: object) -> bool:
    """Whether a result in a record proves something: it passed, or the suite says that it cannot apply."""
    return isinstance(result, str) and (result == PASSED or result.startswith(SPARED))
