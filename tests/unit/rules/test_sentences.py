"""Every outcome has its sentence, every sentence its facts, and every run its headline."""

from __future__ import annotations

from dataclasses import replace
from string import Formatter

import pytest

from linecard.languages import wording
from linecard.model.outcome import Code, Outcome
from linecard.model.run import Drop, Hold, Run, State
from linecard.model.sheet import FaultCode
from linecard.rules import states
from linecard.rules.sentences import (
    REMEDIES,
    SENTENCES,
    WANTED,
    Headline,
    decision_remedy,
    headline,
    number_loss,
    preview_sentence,
    sentence,
)

FACTS = {
    "member": "ada@example.org",
    "extension": "1000",
    "pbx": "hq",
    "number": "+33199000000",
    "numbers": "+33199000001 and +33199000002",
    "holder": "bob@example.org",
    "other": "1001",
    "lost": "1000 and 1002",
    "freed": "1003",
    "former": "ada@example.org",
    "words": "no such device",
    "wanted": "ada@example.org would get 1000",
    "decision": "It waits.",
}
DONE = {Code.LINKED, Code.TOOK_OVER, Code.MOVED, Code.NUMBER_CHANGED, Code.REMOVED, Code.RESTORED}
UNCHANGED = {Code.ALREADY_SO, Code.NOTHING_HELD, Code.NOTHING_ASKED}


def fields(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_code_has_a_sentence_and_there_are_no_others():
    """A code that was forgotten would be a traceback in somebody's report."""
    assert set(SENTENCES) == set(Code)


@pytest.mark.parametrize("code", list(Code))
def test_a_sentence_is_whole_with_the_facts_there_are(code):
    """It ends, names nothing that a row does not have, and leaves no gap."""
    message, remedy = sentence(code, FACTS)
    assert set().union(*map(fields, SENTENCES[code])) <= set(FACTS)
    for said in (message, remedy):
        assert said == said.strip()
        assert "{" not in said
        assert not said or said.endswith(".")
    assert message[0] == message[0].upper() or message.startswith(("ada@", "hq")), "it begins as a sentence does"


@pytest.mark.parametrize("code", sorted(set(Code) - DONE - UNCHANGED))
def test_what_was_not_done_comes_with_a_remedy(code):
    """Whoever reads it wants to know what to do."""
    assert sentence(code, FACTS)[1]


@pytest.mark.parametrize("code", sorted(DONE | UNCHANGED))
def test_what_is_as_it_should_be_asks_for_nothing(code):
    """Nothing to do."""
    assert sentence(code, FACTS)[1] == ""


def test_every_change_can_be_announced_before_it_is_made():
    """A plan says of each row that would be done what it would do."""
    assert set(WANTED) == DONE
    assert all("would" in preview_sentence(code, FACTS) for code in DONE)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (Code.TOOK_OVER, "ada@example.org has 1000 now; bob@example.org has lost it."),
        (Code.MOVED, "ada@example.org has 1000 now instead of 1003."),
        (Code.HELD_BY_OTHER, "1000 is held by bob@example.org."),
        (Code.NUMBER_IN_USE, "+33199000000 rings extension 1001, held by bob@example.org."),
        (Code.PBX_REFUSED, "hq refused to change 1001: no such device."),
    ],
)
def test_a_conflict_names_who_and_what(code, message):
    """The holder, the extension, the PBX's own words."""
    assert sentence(code, FACTS)[0] == message


@pytest.mark.parametrize(
    ("holder", "done", "said"),
    [
        ("bob@example.org", True, "+33199000000 no longer rings 1001 of bob@example.org"),
        ("bob@example.org", False, "+33199000000 would no longer ring 1001 of bob@example.org"),
        ("", True, "+33199000000 no longer rings 1001"),
    ],
)
def test_a_number_that_moved_over_is_said_of_whom(holder, done, said):
    """Whoever was called by it must hear of it."""
    assert number_loss("+33199000000", "1001", holder, done=done) == said


def run(state, attempt=1):
    return Run(1, "hr", Drop("sheet.csv", "0" * 64, 10, "drop"), state, None, None, attempt=attempt)


NOTHING_SENT = {State.REJECTED, State.HELD, State.DISCARDED, State.SUPERSEDED, State.RECEIVED, State.PLANNED}


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_a_headline(state):
    """In whole sentences, of one of three tones."""
    said = headline(run(state), dict.fromkeys(Outcome, 1))
    assert said.tone in {"good", "attention", "bad"}
    assert said.title.endswith(".")
    assert not said.remedy or said.remedy.endswith(".")


@pytest.mark.parametrize("state", sorted(set(State) - states.SPOKEN))
def test_only_what_has_ended_is_good(state):
    """A run that waits or broke off is not taken for one that worked."""
    assert headline(run(state), {"done": 7}).tone != "good"


@pytest.mark.parametrize("state", list(State))
def test_nothing_was_changed_is_said_only_where_nothing_was_sent(state):
    """A false all-clear is worse than none."""
    says_so = "othing was changed" in headline(run(state), {"skipped": 7}).title
    assert says_so == (state in NOTHING_SENT | {State.APPROVED})


@pytest.mark.parametrize("state", [State.PLANNED, State.HELD])
def test_a_plan_made_anew_is_a_run_that_broke_off(state):
    """A part of it may be made, whatever the new plan waits for."""
    said = headline(run(state, attempt=2), {"skipped": 7})
    assert (said.tone, said.title) == ("bad", "The run was interrupted and is not finished.")


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.DONE, Outcome.UNCHANGED, Outcome.PLANNED}))
def test_one_row_that_is_not_fine_is_enough_for_attention(outcome):
    """And alone in its sheet it is bad; both say who must do what."""
    among = headline(run(State.PARTIAL), {"done": 9, outcome: 1})
    alone = headline(run(State.PARTIAL), {outcome: 1})
    assert (among.tone, alone.tone) == ("attention", "bad")
    assert "9 of 10 rows are as they should be; 1 row needs attention." in among.title
    assert among.remedy
    assert alone.remedy


@pytest.mark.parametrize("state", list(State))
def test_a_row_that_waits_says_for_what(state):
    """For a decision, or for nothing any more."""
    said = decision_remedy(state)
    gone = state in (State.DISCARDED, State.SUPERSEDED)
    assert ("Import the sheet again" in said) == gone
    assert ("waits for a decision" in said) != gone


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_no_remedy_is_none_in_any_language(language):
    """A catalog has words for an empty text: its own head."""
    assert sentence(Code.LINKED, FACTS, wording(language))[1] == ""


CRASHED = Hold("", FaultCode.CRASHED, 1, 0.0, "", "It broke down.")
LOSSES = Hold("hq", "detach", 9, 90.0, "more than 10 %", "9 people would lose their extension.")


@pytest.mark.parametrize(
    ("state", "holds", "begun", "said"),
    [
        (State.HELD, (CRASHED,), None, "The file could not be read to its end and waits for a decision; nothing was"),
        (State.HELD, (LOSSES,), None, "The plan waits for a decision; nothing was changed."),
        (State.HELD, (LOSSES,), True, "Part of the run was applied; the rest waits for a decision."),
        (State.DISCARDED, (CRASHED,), None, "The run was discarded; nothing was changed."),
        (State.DISCARDED, (), True, "The run was discarded after part of it was applied."),
        (State.SUPERSEDED, (), True, "The run was superseded; nothing was changed."),
    ],
)
def test_what_waits_and_what_was_given_up_say_what_was_made(state, holds, begun, said):
    found = headline(replace(run(state), holds=holds), {"skipped": 3}, begun=begun)
    assert found.title.startswith(said)
    if "linecard" in found.remedy:
        assert " 1`" in found.remedy or " 1 " in found.remedy, "the run by its number"


@pytest.mark.parametrize(
    ("state", "begun", "half_made"),
    [
        (State.HELD, None, True),
        (State.HELD, False, False),
        (State.PLANNED, False, True),
        (State.DISCARDED, None, False),
    ],
)
def test_a_second_plan_is_half_made_unless_nothing_was_sent(state, begun, half_made):
    found = headline(run(state, attempt=2), {"skipped": 3}, begun=begun)
    assert (found.title == "The run was interrupted and is not finished.") == half_made


@pytest.mark.parametrize(
    ("counts", "tone", "title", "remedy"),
    [
        ({}, "good", "The file had no rows.", "If you expected rows, check whether the export failed."),
        ({"done": 0}, "good", "The file had no rows.", "If you expected rows, check whether the export failed."),
        ({"done": 2, "unchanged": 3}, "good", "All 5 rows are as they should be.", "Nothing to do."),
        ({"unchanged": 1}, "good", "The only row is as it should be.", "Nothing to do."),
        ({"failed": 2}, "bad", "No row was done; 2 rows need attention.", REMEDIES["failed"]),
        ({"unknown": 1}, "bad", "No row is known to be done; 1 row needs attention.", REMEDIES["unknown"]),
        ({"invalid": 1, "refused": 1}, "bad", "No row was done; 2 rows need attention.", REMEDIES["wrong"]),
        ({"invalid": 1, "skipped": 1}, "bad", "No row was done; 2 rows need attention.", REMEDIES["wrong"]),
        ({"refused": 1}, "bad", "No row was done; 1 row needs attention.", REMEDIES["wrong"]),
        ({"skipped": 1}, "bad", "No row was done; 1 row needs attention.", REMEDIES["skipped"]),
        (
            {"unknown": 1, "failed": 1, "invalid": 1},
            "bad",
            "No row is known to be done; 3 rows need attention.",
            f"{REMEDIES['unknown']} {REMEDIES['failed']} {REMEDIES['wrong']}",
        ),
    ],
)
def test_what_became_of_the_rows_and_who_must_act(counts, tone, title, remedy):
    assert headline(run(State.PARTIAL), counts) == Headline(tone, title, remedy)
