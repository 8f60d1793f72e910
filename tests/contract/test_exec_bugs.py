"""The suite finds the same faults in a program that speaks the protocol of `exec` as in a backend of Python."""

from __future__ import annotations

import json
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from house.places import ROOT
from integration.exec.programs import open_program
from linecard.errors import BackendError
from linecard.testing import PbxFault
from linecard.testing.contract import BackendContract, FaultMatrix, FullProof, Simulation, Subject
from linecard_exec.options import ExecOptions

PROGRAM = Path(__file__).with_name("exec_program.py")
STRIKES = {PbxFault.ANSWER_LOST: 1, PbxFault.RATE_LIMITED: 3}


class Opener:
    """Starts the program on one file, with a bug or none, and lets its PBX do wrong."""

    def __init__(self, file, bug, entries, members):
        self.faults = file.with_suffix(".faults")
        self.settings = {"file": str(file), "faults": str(self.faults), "bug": bug}
        held = {extension: {"member": member, "numbers": list(numbers)} for extension, member, numbers in entries}
        file.write_text(json.dumps({"held": held, "members": [*members], "late": {}}), encoding="utf-8")

    def __call__(self):
        return open_program(PROGRAM, settings=self.settings, timeout=2.0)

    def snapshot(self):
        return json.loads(Path(self.settings["file"]).read_text(encoding="utf-8"))

    @contextmanager
    def cause(self, fault, after=0):
        words = {"name": fault, "after": after, "strikes": STRIKES.get(fault, 1_000_000)}
        self.faults.write_text(json.dumps(words), encoding="utf-8")
        yield
        self.faults.unlink()


class TestProgram(FaultMatrix, FullProof):
    """It is right, whatever its PBX does, and written from the protocol; TestPerl is what it does otherwise."""

    page = ROOT / "docs" / "exec.md"
    options = ExecOptions
    simulation = Simulation(PROGRAM, ("docs/exec.md",))

    kind = "exec"
    fill = BackendContract.fill

    @pytest.fixture
    def new_pbx(self, tmp_path):
        numbers = count()

        def new_pbx(entries=(), members=()):
            return Opener(tmp_path / f"{next(numbers)}.json", "", entries, members)

        return new_pbx


class Suite(BackendContract, FaultMatrix):
    """All of it, on a PBX that is slow."""

    many = 40


class LargeSuite(Suite):
    """With more names and links than a careless program takes."""

    many = 500
    company = 5_100


FOUND = [
    ("blind", "a_change_is_made_only_if_its_extension_still_is_as_planned"),
    ("blind", "changes_sent_again_are_not_made_again"),
    ("raising", "a_number_in_use_is_refused"),
    ("speechless", "a_number_in_use_is_refused"),
    ("hasty", "what_is_yielded_as_done_is_durable"),
    ("backwards", "changes_are_made_in_order"),
    ("twice", "each_change_taken_has_one_result"),
    ("all_or_nothing", "one_refusal_among_very_many_is_one_refusal"),
    ("remembering", "reading_again_tells_what_is_now"),
    ("repeating", "an_extension_named_three_ways_comes_once"),
    ("generous", "extensions_are_found_by_their_name"),
    ("inventing", "extensions_are_found_by_their_name"),
    ("counting", "leading_zeros_count"),
    ("short", "a_scope_may_have_very_many_names"),
    ("locking", "a_generator_may_be_let_go_half_way"),
    ("one_number", "a_number_moves_from_among_several_to_among_several"),
    ("first_number", "all_numbers_of_an_extension_are_read"),
    ("thorough", "a_change_makes_its_extension_what_it_says", (0, 0), (None, 0)),
    ("impatient", "what_it_says_of_changes_is_of_these_and_changes_nothing"),
    ("talkative", "what_it_says_of_changes_is_of_these_and_changes_nothing"),
    ("pretending", "undo_puts_everything_back"),
    ("forgetful", "each_change_taken_has_one_result"),
    ("throttled", "a_rate_limit_is_not_a_refusal", 0),
    ("resending", "a_change_whose_answer_was_lost_is_not_sent_twice", 0),
    ("trusting", "a_change_is_not_done_before_the_pbx_shows_it"),
    ("wildcard", "a_name_that_is_a_query_elsewhere_finds_nothing"),
    ("folding", "any_login_that_is_an_address_is_held_as_it_is_spelt"),
    ("capped", "a_company_is_read_whole_and_by_name"),
    ("dying", "a_pbx_that_dies_in_the_middle_leaves_what_was_yielded_made", PbxFault.UNREACHABLE),
    ("empty", "a_pbx_that_says_nothing_is_an_error_in_time"),
    ("believing", "what_the_pbx_only_pretends_to_have_made_is_read_as_it_is"),
]
"""A program that is wrong, the test that finds it, and what that test is given."""


LARGE = {"a_scope_may_have_very_many_names", "a_company_is_read_whole_and_by_name"}


def run_test(folder, bug, test, given):
    numbers, opened = count(), []
    suite = LargeSuite() if test in LARGE else Suite()

    def fill(*entries, members=()):
        opened.append(Subject(Opener(folder / f"{bug}{next(numbers)}.json", bug, entries, members)))
        return opened[-1]

    try:
        getattr(suite, f"test_{test}")(fill, *given)
    finally:
        for subject in opened:
            subject.close()


@pytest.mark.parametrize("found", FOUND, ids=lambda found: f"{found[0]}-{found[1]}")
def test_a_program_that_is_wrong_fails_the_test_that_says_so(tmp_path, found):
    """In JSON lines as in Python."""
    bug, test, *given = found
    with pytest.raises((AssertionError, BackendError, pytest.fail.Exception)):
        run_test(tmp_path, bug, test, given)


def test_a_program_that_is_right_passes_them_all(tmp_path):
    """So that it is the bug which each of them finds."""
    for test, given in {test: given for _, test, *given in FOUND}.items():
        run_test(tmp_path, "", test, given)
