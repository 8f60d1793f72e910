"""Tiers are computed from what the suite recorded, held against the code and against what the suite asks for now."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from linecard.testing import contract
from linecard.testing.tiers import PASSED, SPARED, Tier, compute_proof, find_record, hash_code, list_tests, read_proof

ALL = {name: PASSED for tier in Tier for name in list_tests(tier)}
CLASSES = {Tier.BRONZE: contract.BackendContract, Tier.SILVER: contract.FaultMatrix, Tier.GOLD: contract.FullProof}


@pytest.mark.parametrize("tier", Tier)
def test_what_a_tier_asks_for_is_what_the_suite_has(tier):
    """No test of the suite is left out, and none is made up."""
    assert set(list_tests(tier)) == {name for name in dir(CLASSES[tier]) if name.startswith("test_")}


def test_all_of_it_is_gold():
    assert compute_proof(ALL).tier is Tier.GOLD
    assert compute_proof(ALL).next_tier is None
    assert compute_proof(ALL).missing == ()


@pytest.mark.parametrize(
    ("tier", "reached"), [(Tier.BRONZE, None), (Tier.SILVER, Tier.BRONZE), (Tier.GOLD, Tier.SILVER)]
)
@pytest.mark.parametrize("result", ["failed", "what `new_pbx` gives has no `cause`", None, 7])
def test_one_test_that_is_not_proven_is_the_tier_below_and_is_named(tier, reached, result):
    """Whatever is proven above it."""
    name = list_tests(tier)[0]
    found = compute_proof({**ALL, name: result} if result else {k: v for k, v in ALL.items() if k != name})
    assert (found.tier, found.next_tier) == (reached, tier)
    (said,) = found.missing
    assert said.startswith(name.removeprefix("test_").replace("_", " "))


def test_what_cannot_apply_to_a_backend_is_not_asked_of_it():
    """The suite says so, with the reason; the record keeps it."""
    name = list_tests(Tier.BRONZE)[0]
    assert compute_proof({**ALL, name: f"{SPARED}the backend has no several"}).tier is Tier.GOLD


def test_a_record_of_other_code_says_nothing(tmp_path):
    """One byte of one file, a file more, or a file of another name."""
    code = tmp_path / "linecard_acme"
    code.mkdir()
    (code / "__init__.py").write_text("x = 1\n")
    record = {"code": hash_code(code), "kinds": {"acme": ALL}}
    find_record(code).write_text(json.dumps(record))
    assert read_proof(code, "acme").tier is Tier.GOLD
    for change in (
        lambda: (code / "__init__.py").write_text("x = 2\n"),
        lambda: [(code / "__init__.py").write_text("x = 1\n"), (code / "more.py").touch()],
        lambda: [(code / "more.py").unlink(), (code / "__init__.py").rename(code / "init.py")],
    ):
        change()
        found = read_proof(code, "acme")
        assert (found.tier, found.next_tier) == (None, Tier.BRONZE)
        assert "run it again" in found.missing[0]


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"code": 1}', '{"code": "", "kinds": []}', "\xff"])
def test_a_record_that_is_missing_or_damaged_is_no_tier(tmp_path, text):
    module = tmp_path / "linecard_acme.py"
    module.touch()
    if text is not None:
        find_record(module).write_text(text)
    found = read_proof(module, "acme")
    assert (found.tier, found.next_tier, len(found.missing)) == (None, Tier.BRONZE, 1)


MODULE = """
import pytest
from linecard.testing import MemoryBackend, MemoryPbx
from linecard.testing.contract import FaultMatrix
from linecard.testing.contract.suite import BackendContract

class Opener:
    def __init__(self, pbx):
        self.pbx = pbx
    def __call__(self):
        return MemoryBackend(self.pbx)

class TestMine(FaultMatrix):
    kind = "acme"
    fill = BackendContract.fill
    spared = {"silent": "it is in memory", "unreachable": ""}

    @pytest.fixture
    def new_pbx(self):
        return lambda entries=(), members=(): Opener(MemoryPbx(entries, members=members))

    def test_a_rate_limit_is_not_an_empty_pbx(self):
        assert False

    def test_it_says_what_is_wrong_with_its_pbx(self):
        pytest.skip("today I would rather not")
"""


def test_the_suite_itself_writes_down_what_it_found(tmp_path):
    """What passed, what failed, what cannot apply, and what the author has yet to give, told apart."""
    (tmp_path / "test_mine.py").write_text(MODULE)
    (tmp_path / "acme.py").touch()
    command = [
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "linecard.testing.recorder",
        "--record",
        "acme=acme.py",
    ]
    done = subprocess.run([sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    record = json.loads((tmp_path / "acme.tiers.json").read_text())
    assert record["code"] == hash_code(tmp_path / "acme.py")
    found = record["kinds"]["acme"]
    assert found["test_a_rate_limit_is_not_an_empty_pbx"] == "failed"
    assert found["test_a_pbx_that_says_nothing_is_an_error_in_time"] == f"{SPARED}silent cannot be: it is in memory"
    assert found["test_a_rate_limit_is_not_a_refusal"] == "what `new_pbx` gives has no `cause`"
    assert found["test_it_says_what_is_wrong_with_its_pbx"] == "skipped: today I would rather not"
    assert found["test_a_pbx_that_cannot_be_reached_is_an_error_with_a_remedy"] == "failed", "spared without a reason"
