"""Checksum files: a file is taken with the one that speaks of it, and refused unless it has that sum."""

from __future__ import annotations

import hashlib

import pytest

from linecard.model.run import State
from linecard.model.sheet import FaultCode
from linecard.pipeline.intake import IntakeOptions
from unit.intake.world import SETTLE

SUM = hashlib.sha256(b"one").hexdigest()
OTHER = hashlib.sha256(b"another").hexdigest()


@pytest.fixture
def strict(world):
    world.begin(IntakeOptions(settle=SETTLE, reserve=0, checksum=".sha256"))
    return world


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
