"""The suite finds what it is there to find, and says it so that a plugin author can act."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

import pytest

from contract import broken
from linecard.errors import BackendError
from linecard.testing import MemoryBackend, MemoryPbx, Trouble
from linecard.testing.contract import BackendContract, Subject


def pretending(pbx):
    return MemoryBackend(pbx, trouble=Trouble(pretends=lambda change: change.seq == 2))


def forgetful(pbx):
    return MemoryBackend(pbx, trouble=Trouble(forgets=lambda change: change.seq == 2))


FOUND = [
    (broken.Blind, "a_change_is_made_only_if_its_extension_still_is_as_planned"),
    (broken.Blind, "what_somebody_else_did_before_apply_is_not_overwritten"),
    (broken.Blind, "an_extension_that_is_gone_is_stale"),
    (broken.Raising, "a_number_in_use_is_refused"),
    (broken.Speechless, "a_number_in_use_is_refused"),
    (broken.Hasty, "what_is_yielded_as_done_is_durable"),
    (broken.Hasty, "a_generator_may_be_let_go_half_way"),
    (broken.Eager, "nothing_is_taken_before_a_result_is_asked_for"),
    (broken.Backwards, "changes_are_made_in_order"),
    (broken.Backwards, "numbers_move_along_a_chain"),
    (broken.Twice, "each_change_taken_has_one_result"),
    (broken.AllOrNothing, "one_refusal_among_very_many_is_one_refusal"),
    (broken.Remembering, "reading_again_tells_what_is_now"),
    (broken.Repeating, "an_extension_named_three_ways_comes_once"),
    (broken.Generous, "a_scope_that_names_nothing_gives_nothing"),
    (broken.Generous, "extensions_are_found_by_their_name"),
    (broken.Inventing, "extensions_are_found_by_their_name"),
    (broken.Counting, "leading_zeros_count"),
    (broken.Short, "a_scope_may_have_very_many_names"),
    (broken.Locking, "a_generator_may_be_let_go_half_way"),
    (broken.Locking, "an_error_of_the_source_of_changes_comes_through"),
    (broken.ClosedOnce, "a_backend_may_be_closed_twice"),
    (broken.OneNumber, "a_number_moves_from_among_several_to_among_several"),
    (broken.FirstNumber, "all_numbers_of_an_extension_are_read"),
    (broken.FirstNumber, "undo_restores_what_was"),
    (broken.Thorough, "a_generator_may_be_let_go_half_way"),
    (broken.Impatient, "what_it_says_of_changes_is_of_these_and_changes_nothing"),
    (broken.Talkative, "what_it_says_of_changes_is_of_these_and_changes_nothing"),
    (pretending, "apply_then_plan_again_and_expect_nothing"),
    (pretending, "undo_puts_everything_back"),
    (forgetful, "each_change_taken_has_one_result"),
]


@pytest.mark.parametrize(("backend", "test"), FOUND, ids=lambda value: getattr(value, "__name__", value))
def test_a_backend_that_is_wrong_fails_the_test_that_says_so(backend, test):
    """The names of the tests are the sentences of the specification: these are broken by these."""

    def fill(*entries, members=()):
        return Subject(partial(backend, MemoryPbx(entries, members=members)))

    with pytest.raises((AssertionError, BackendError, RuntimeError)):
        getattr(BackendContract(), f"test_{test}")(fill)
    assert getattr(BackendContract(), f"test_{test}")(lambda *e, members=(): good(e, members)) is None


def good(entries, members):
    pbx = MemoryPbx(entries, members=members)
    return Subject(lambda: MemoryBackend(pbx))


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
