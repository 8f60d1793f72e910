"""What processors do to the rows of a sheet: whatever they do, no row is lost and every change is said."""

from __future__ import annotations

import asyncio
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linecard.api.processor import Refusal, Row
from linecard.model.sheet import Action, Fault, FaultCode, Severity
from linecard.pipeline.processors import TOGETHER, Processing, ProcessorStep
from linecard.ports.processor import ProcessorError
from linecard.rules.destinations import Destinations
from linecard.rules.numbering import NumberingPlan
from linecard.runtime.time_limit import TimeLimit

TO = Destinations({"hq": NumberingPlan("FR", ("1000-1999", "0100-0199"), ())}, {"Siège": "hq"}, "hq")
ROW = Row(2, Action.ATTACH, "ada@example.com", "hq", "1000", "")


def at_once(function, rows):
    return [function(row) for row in rows]


def processed(*processors, rows=(ROW,), guard=at_once):
    steps = [ProcessorStep(f"rule{n}", processor, guard) for n, processor in enumerate(processors, start=1)]
    return list(Processing(steps, TO)(iter(rows)))


def only(*processors, row=ROW) -> tuple[Row, Fault]:
    (found,) = processed(*processors, rows=[row])
    (fault,) = found.faults
    return found, fault


def test_what_passes_is_the_same_row():
    (found,) = processed(lambda row: row, lambda row: row._replace())
    assert found is ROW


def test_a_changed_row_says_what_was_changed_by_which_processor():
    found, fault = only(lambda row: row._replace(extension="1001"))
    assert found == ROW._replace(extension="1001", faults=(fault,))
    assert fault[:5] == (2, "Extension", "1000", FaultCode.CHANGED_BY_PROCESSOR, Severity.WARNING)
    assert fault.message == "The processor rule1 changed Extension from 1000 to 1001."
    assert found.valid


def test_processors_see_what_those_before_them_made():
    (found,) = processed(
        lambda row: row._replace(extension="1001"),
        lambda row: row._replace(number="+33199001000") if row.extension == "1001" else row,
    )
    assert (found.extension, found.number) == ("1001", "+33199001000")
    assert [fault.message for fault in found.faults] == [
        "The processor rule1 changed Extension from 1000 to 1001.",
        "The processor rule2 set Number to +33199001000.",
    ]


def test_a_cell_may_be_emptied():
    _, fault = only(lambda row: row._replace(number=""), row=ROW._replace(number="+33199001000"))
    assert fault.message == "The processor rule1 emptied Number, which was +33199001000."


def test_a_changed_row_is_normalized_as_any_other():
    """So another spelling of the same is no change."""
    (found,) = processed(lambda row: row._replace(member="ADA@example.com", pbx="SIÈGE"))
    assert found == ROW


def test_a_refused_row_keeps_its_cells_and_says_why():
    found, fault = only(lambda row: Refusal(f"{row.member} is on leave", "Wait."))
    assert found._replace(faults=()) == ROW
    assert fault[3:] == (
        FaultCode.REFUSED_BY_PROCESSOR,
        Severity.ERROR,
        "The processor rule1 refused the row: ada@example.com is on leave.",
        "Wait.",
    )


def test_what_was_refused_no_other_processor_sees():
    seen = []
    processed(lambda row: Refusal("no"), seen.append)
    assert seen == []


def fail(row):
    raise KeyError(row.extension)


def cancel(row):
    raise asyncio.CancelledError


@pytest.mark.parametrize(
    ("processor", "words"),
    [
        (fail, "KeyError: '1000'"),
        (lambda row: sys.exit(3), "SystemExit: 3"),
        (cancel, "CancelledError"),
        (lambda row: None, "it answered None"),
        (lambda row: (*row,), "which is not a row"),
        (lambda row: row._replace(line=3), "more of the row than its cells"),
        (lambda row: row._replace(faults=(1,)), "more of the row than its cells"),
        (lambda row: row._replace(asks_nothing=True), "more of the row than its cells"),
        (lambda row: row._replace(extension=1001), "more of the row than its cells"),
        (lambda row: row._replace(extension="2000"), "it made a row that is wrong"),
        (lambda row: row._replace(extension=""), "Extension is empty"),
        (lambda row: row._replace(number="12"), "it made a row that is wrong"),
        (lambda row: row._replace(member="nobody"), "is not an e-mail address"),
        (lambda row: row._replace(pbx="lyon"), "There is no PBX lyon"),
        (lambda row: row._replace(action="restore"), "restore is not an action"),
        (lambda row: row._replace(action="remove"), "remove is not an action"),
        (lambda row: Refusal(" "), "without saying why"),
        (lambda row: Refusal(None), "without saying why"),
    ],
)
def test_whatever_a_processor_does_wrong_is_a_fault_of_the_processor_and_stops_this_row_alone(processor, words):
    def on_the_first(row):
        return processor(row) if row.line == 2 else row

    found, other = processed(on_the_first, rows=[ROW, ROW._replace(line=3)])
    (fault,) = found.faults
    assert found._replace(faults=()) == ROW
    assert (fault.code, fault.severity) == (FaultCode.PROCESSOR_FAILED, Severity.ERROR)
    assert fault.message.startswith("The processor rule1 failed on this row: ")
    assert words in fault.message
    assert fault.remedy
    assert other == ROW._replace(line=3)


def test_hostile_words_are_shown_harmless():
    _, fault = only(lambda row: Refusal("no\x1b[31m\u202e\nAction,attach" + "x" * 5000, "a\x00b"))
    assert fault.message.isprintable()
    assert fault.remedy.isprintable()
    assert len(fault.message) < 500


INVALID = ROW._replace(faults=(Fault(2, "", "", FaultCode.BAD_EMAIL, Severity.ERROR, "No.", ""),))


@pytest.mark.parametrize("row", [INVALID, ROW._replace(asks_nothing=True), ROW._replace(action="restore")])
def test_rows_that_cannot_be_played_and_those_of_an_undo_sheet_are_not_asked_about(row):
    assert processed(fail, rows=[row]) == [row]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["pass", "change", "refuse", "fail", "nonsense"]), max_size=60))
def test_as_many_rows_come_out_as_went_in_in_their_order(deeds):
    """Whatever is done to each."""
    answers = {
        "pass": lambda row: row,
        "change": lambda row: row._replace(extension="1999"),
        "refuse": lambda row: Refusal("no"),
        "fail": fail,
        "nonsense": lambda row: 7,
    }
    rows = [ROW._replace(line=line) for line in range(2, 2 + len(deeds))]
    found = processed(lambda row: answers[deeds[row.line - 2]](row), rows=rows)
    assert [row.line for row in found] == [row.line for row in rows]
    assert [row.valid for row in found] == [deed in ("pass", "change") for deed in deeds]


class TestTime:
    def test_a_processor_that_does_not_come_back_is_left_behind_with_the_line_named(self):
        """And asked nothing more while it is still at work; the run waits."""
        held, begun = threading.Event(), []

        def stuck(row):
            begun.append(row.line)
            if row.line == 3:
                held.wait()
            return row

        guard = TimeLimit("slow", 0.02)
        rows = [ROW._replace(line=line) for line in (2, 3, 4)]
        with pytest.raises(
            ProcessorError, match=r"The processor slow took more than 0.02 seconds for line 3\."
        ) as caught:
            processed(stuck, rows=rows, guard=guard)
        assert caught.value.remedy
        with pytest.raises(ProcessorError, match="still working"):
            processed(stuck, rows=rows, guard=guard)
        assert begun == [2, 3]
        held.set()

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_a_thread_that_ends_early_loses_no_row(self):
        with pytest.raises(ProcessorError, match="ended before line 2"):
            TimeLimit("broken", 5)(fail, [ROW])

    def test_many_rows_may_take_longer_than_one(self):
        rows = [ROW._replace(line=line) for line in range(2, 2 + 2 * TOGETHER + 1)]
        assert processed(lambda row: row, rows=rows, guard=TimeLimit("quick", 5)) == rows
