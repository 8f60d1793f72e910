"""Checksum files: a file is taken with the one that speaks of it, and refused unless it has that sum."""

from __future__ import annotations

import hashlib

import pytest

from linecard.model.run import State
from linecard.model.sheet import FaultCode
from linecard.pipeline.intake import IntakeOptions
from linecard.rules import checksum
from unit.intake.world import SETTLE

SUM = hashlib.sha256(b"one").hexdigest()
OTHER = hashlib.sha256(b"another").hexdigest()


@pytest.fixture
def strict(world):
    world.begin(IntakeOptions(settle=SETTLE, reserve=0, checksum=".sha256"))
    return world


@pytest.mark.parametrize(
    "content",
    [
        f"{SUM}  a.csv\n".encode(),
        f"{SUM} *a.csv\r\n".encode(),
        f"SHA256 (a.csv) = {SUM}\n".encode(),
        f"SHA2-256(a.csv)= {SUM}\n".encode(),
        SUM.upper().encode(),
        f"SHA256  {SUM.upper()}  C:\\export\\a.csv\r\n".encode("utf-16"),
        f"{OTHER}  b.csv\n{SUM}  a.csv\n".encode(),
    ],
)
def test_the_sum_is_found_as_any_program_writes_it(content):
    assert checksum.parse_checksum(content, "a.csv") == SUM


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", SUM[:-1].encode(), f"{SUM}{SUM}".encode(), b"d41d8cd98f00b204"]
)
def test_what_is_no_sum_is_none(content):
    assert checksum.parse_checksum(content, "a.csv") == ""


@pytest.mark.parametrize("side", ["a.csv.sha256", "a.sha256"])
def test_a_file_with_the_right_sum_is_taken(strict, side):
    strict.put()
    strict.put(side, SUM)
    (run,) = strict.settled()
    assert run.state is State.RECEIVED
    strict.end(run)
    assert strict.intake.settle_files() == []
    assert (strict.names, strict.aside) == ([], []), "the checksum file goes with the file"


def test_it_waits_for_its_checksum_file(strict):
    strict.put()
    assert strict.settled() == []
    strict.put("a.csv.sha256", SUM)
    assert len(strict.settled()) == 1


def test_a_checksum_file_alone_is_no_drop(strict):
    strict.put("a.csv.sha256", SUM)
    assert strict.settled() == []
    assert strict.names == ["a.csv.sha256"]


@pytest.mark.parametrize("said", [OTHER, "", "no sum"])
def test_a_file_with_another_sum_is_refused(strict, said):
    strict.put()
    strict.put("a.csv.sha256", said)
    (run,) = strict.settled()
    assert run.state is State.REJECTED
    assert strict.refusal(run) is FaultCode.CHECKSUM


def test_both_are_sent_again_after_a_refusal(strict):
    strict.put()
    strict.put("a.csv.sha256", OTHER)
    strict.settled()
    strict.intake.settle_files()
    strict.put()
    strict.put("a.csv.sha256", SUM)
    (run,) = strict.settled()
    assert run.state is State.RECEIVED
