"""The fuzzer of the sheet reader, a short run of it; `make torture` runs it for long."""

from __future__ import annotations

import random

from unit.sheet import fuzz


def test_no_broken_file_ends_in_a_traceback_or_an_unclear_fault():
    """Three hundred cases that are always the same, and as many new ones; a failure names its seed."""
    start = random.SystemRandom().randrange(1 << 48)
    seeds = [*range(300), *range(start, start + 300)]
    assert list(fuzz.failures(seeds)) == []


def test_a_case_follows_from_its_seed():
    """So that what failed once can be run again."""
    for seed in range(50):
        first, again = random.Random(seed), random.Random(seed)
        assert fuzz.mutated(fuzz.SHEETS[0], first) == fuzz.mutated(fuzz.SHEETS[0], again)


def test_a_failing_case_is_found_and_named():
    """With its traceback; the others go on, until it is enough."""

    def run(seed: int) -> None:
        if seed % 2:
            raise UnicodeError("this one")

    found = list(fuzz.failures(range(5), run=run))
    assert [seed for seed, _ in found] == [1, 3]
    assert all("UnicodeError: this one" in trace for _, trace in found)
    assert list(fuzz.failures(range(5), until=lambda: True, run=run)) == []
