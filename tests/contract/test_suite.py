"""The suite finds what it is there to find, and says it so that a plugin author can act."""

from __future__ import annotations

import subprocess
import sys

import pytest

from contract import broken
from linecard.errors import BackendError
from linecard.testing import MemoryBackend, MemoryPbx, PbxFault
from linecard.testing.contract import BackendContract, FaultMatrix, Subject


class Opener:
    """Opens backends of one class on one PBX, and lets it do wrong."""

    def __init__(self, backend, entries, members):
        self.backend, self.pbx = backend, MemoryPbx(entries, members=members)
        self.cause = self.pbx.cause

    def __call__(self):
        return self.backend(self.pbx)


class Suite(BackendContract, FaultMatrix):
    """All of it."""


FOUND = [
    ("Blind", "a_change_is_made_only_if_its_extension_still_is_as_planned"),
    ("Blind", "what_somebody_else_did_before_apply_is_not_overwritten"),
    ("Blind", "changes_sent_again_are_not_made_again"),
    ("Blind", "an_extension_that_is_gone_is_stale"),
    ("Raising", "a_number_in_use_is_refused"),
    ("Speechless", "a_number_in_use_is_refused"),
    ("Hasty", "what_is_yielded_as_done_is_durable"),
    ("Hasty", "a_generator_may_be_let_go_half_way"),
    ("Eager", "nothing_is_taken_before_a_result_is_asked_for"),
    ("Backwards", "changes_are_made_in_order"),
    ("Backwards", "numbers_move_along_a_chain"),
    ("Twice", "each_change_taken_has_one_result"),
    ("AllOrNothing", "one_refusal_among_very_many_is_one_refusal"),
    ("Remembering", "reading_again_tells_what_is_now"),
    ("Repeating", "an_extension_named_three_ways_comes_once"),
    ("Generous", "a_scope_that_names_nothing_gives_nothing"),
    ("Generous", "extensions_are_found_by_their_name"),
    ("Inventing", "extensions_are_found_by_their_name"),
    ("Counting", "leading_zeros_count"),
    ("Short", "a_scope_may_have_very_many_names"),
    ("Locking", "a_generator_may_be_let_go_half_way"),
    ("Locking", "an_error_of_the_source_of_changes_comes_through"),
    ("ClosedOnce", "a_backend_may_be_closed_twice"),
    ("OneNumber", "a_number_moves_from_among_several_to_among_several"),
    ("FirstNumber", "all_numbers_of_an_extension_are_read"),
    ("FirstNumber", "undo_restores_what_was"),
    ("Thorough", "a_change_makes_its_extension_what_it_says", (0, 0), (None, 0)),
    ("Impatient", "what_it_says_of_changes_is_of_these_and_changes_nothing"),
    ("Talkative", "what_it_says_of_changes_is_of_these_and_changes_nothing"),
    ("Pretending", "undo_puts_everything_back"),
    ("Forgetful", "each_change_taken_has_one_result"),
    ("Throttled", "a_rate_limit_is_not_a_refusal", 0),
    ("Resending", "a_change_whose_answer_was_lost_is_not_sent_twice", 0),
    ("Trusting", "a_change_is_not_done_before_the_pbx_shows_it"),
    ("Paging", "nothing_is_lost_or_doubled_when_others_change_the_pbx_between_two_pages"),
    ("Wildcard", "a_name_that_is_a_query_elsewhere_finds_nothing"),
    ("Folding", "any_login_that_is_an_address_is_held_as_it_is_spelt"),
    ("Capped", "a_company_is_read_whole_and_by_name"),
    ("Dying", "a_pbx_that_dies_in_the_middle_leaves_what_was_yielded_made", PbxFault.UNREACHABLE),
    ("Empty", "a_pbx_that_says_nothing_is_an_error_in_time"),
    ("Believing", "what_the_pbx_only_pretends_to_have_made_is_read_as_it_is"),
    ("MakingMembers", "a_member_that_does_not_exist_is_refused"),
    ("OneCursor", "two_scopes_are_read_at_the_same_time"),
]
"""A backend that is wrong, the test that finds it, and what that test is given."""


@pytest.mark.parametrize("found", FOUND, ids=lambda found: f"{found[0]}-{found[1]}")
def test_a_backend_that_is_wrong_fails_the_test_that_says_so(found):
    """The names of the tests are the sentences of the specification: these are broken by these."""
    bug, test, *given = found
    wrong, right = getattr(broken, bug), MemoryBackend

    def fill_with(backend):
        return lambda *entries, members=(): Subject(Opener(backend, entries, members))

    with pytest.raises((AssertionError, BackendError, RuntimeError, pytest.fail.Exception)):
        getattr(Suite(), f"test_{test}")(fill_with(wrong), *given)
    if bug == "MakingMembers":
        return  # a backend that makes them and says so is another one
    assert getattr(Suite(), f"test_{test}")(fill_with(right), *given) is None


MODULE = """
import pytest
from linecard.testing import MemoryBackend, MemoryPbx
from linecard.testing.contract import BackendContract

class TestMine(BackendContract):
    survives = False
    examples = 3
    many = 30

    @pytest.fixture
    def new_pbx(self):
        def new_pbx(entries=(), members=()):
            pbx = MemoryPbx(entries, members=members)
            return lambda: MINE(pbx)
        return new_pbx
"""


def run(tmp_path, text, *only):
    (tmp_path / "test_mine.py").write_text(text)
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\naddopts = --strict-markers\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", "test_mine.py", *only]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)


def test_a_plugin_author_needs_one_class_and_one_fixture(tmp_path):
    """In a project of its own, with pytest as strict as it can be: nothing to register, no warning."""
    done = run(tmp_path, MODULE.replace("MINE", "MemoryBackend"))
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    assert "failed" not in done.stdout


def test_a_failure_shows_what_was_found_and_what_was_expected(tmp_path):
    """The asserts of the suite are explained as those of a test module are."""
    wrong = """
class Wrong(MemoryBackend):
    def fetch(self, scope):
        yield from (e._replace(numbers=()) for e in super().fetch(scope))
"""
    done = run(tmp_path, MODULE.replace("MINE", "Wrong") + wrong, "-k", "test_everything_is")
    assert done.returncode == 1, done.stdout
    assert "where" in done.stdout or "At index" in done.stdout or "Differing items" in done.stdout, done.stdout
    assert "Holding(member='member0@example.org', numbers=())" in done.stdout
    assert "Holding(member='member0@example.org', numbers=('+33199000000',))" in done.stdout


def test_without_the_fixture_the_author_is_told(tmp_path):
    """Which one is missing, and where it is described."""
    done = run(tmp_path, MODULE.split("    @pytest", maxsplit=1)[0], "-k", "test_everything_is")
    assert done.returncode == 1
    assert "give the fixture `new_pbx`: see linecard.testing.contract" in done.stdout


def test_the_twin_needs_neither_pytest_nor_hypothesis():
    """A plugin may use it in whatever its tests are written with."""
    script = (
        "import sys; sys.modules['pytest'] = sys.modules['hypothesis'] = None\n"
        "from linecard.testing import MemoryBackend; print(sorted(MemoryBackend().can))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "several" in done.stdout
