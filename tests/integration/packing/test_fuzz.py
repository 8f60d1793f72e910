"""The fuzzer of the openers, a short run of it; `make torture` runs it for long. And of OpenPGP, by the real gpg."""

from __future__ import annotations

import random

import pytest

from integration.packing import fuzz
from integration.packing.reading import SHEET, Desk
from integration.packing.sealing import MARKER, Envelope, literal, padding


def test_no_broken_archive_ends_in_a_traceback_or_keeps_others_waiting():
    """Five hundred cases that are always the same, and as many new ones; a failure names its seed."""
    start = random.SystemRandom().randrange(1 << 48)
    seeds = [*range(500), *range(start, start + 500)]
    assert list(fuzz.failures(seeds)) == []


def test_a_case_follows_from_its_seed():
    """So that what failed once can be run again."""
    for seed in range(50):
        first, again = random.Random(seed), random.Random(seed)
        assert fuzz.mutated(fuzz.FILES[0], first) == fuzz.mutated(fuzz.FILES[0], again)


@pytest.fixture(scope="module")
def messages(town) -> list[bytes]:
    signed = town.hr.writes(SHEET, town.site.key, sign=True)
    envelope = Envelope(signed, town.site)
    return [
        signed,
        MARKER + padding(30) + signed,
        envelope.sealed(literal(SHEET)),
        envelope.unprotected(literal(SHEET)),
        town.hr.gpg("--symmetric", "--passphrase", "shared", data=SHEET),
        town.hr.gpg("--clear-sign", "--local-user", town.hr.key, data=SHEET),
        town.hr.writes(SHEET, town.site.key, more=["--armor"]),
    ]


def test_no_broken_message_is_taken_or_waits(town, tmp_path, messages):
    """Sixty new cases: the whole sheet or a fault; never an error, at which the file and those behind it would wait."""
    desk = Desk(town.state, tmp_path)
    whole = [row[:4] for row in desk.read(SHEET, desk.inbox()).rows]
    inbox = desk.inbox(100_000, pgp={"signers": [town.hr.key], "unencrypted": "signed"})
    for _ in range(60):
        seed = random.SystemRandom().randrange(1 << 48)
        chance = random.Random(seed)
        data = chance.choice(messages)
        for _ in range(chance.choice((1, 1, 2, 4))):
            data = fuzz.mutated(data, chance)
        found = desk.read(data, inbox)
        assert found.codes or [row[:4] for row in found.rows] == whole, f"seed {seed}: {found}"
    desk.close()
