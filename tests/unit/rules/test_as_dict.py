"""Values as JSON shows them: the keys are an interface, and an empty cell is null."""

from __future__ import annotations

from datetime import UTC, datetime

from linecard.model.alert import Alert
from linecard.model.directory import Change, Holding
from linecard.model.forecast import PbxForecast
from linecard.model.outcome import Effect, Outcome
from linecard.model.report import Line
from linecard.model.run import Affected, Drop, Hold, Run, State
from linecard.model.sheet import Column, Fault, FaultCode, Severity
from linecard.model.summary import Ended, Summary, Undecided, Week, Wrong
from linecard.rules import as_dict

ADA, FREED = Holding("ada@example.com", ("+33199001000", "+33199001001")), Holding(None, ())
ADA_AS_DICT = {
    "member": "ada@example.com",
    "number": "+33199001000",
    "numbers": ["+33199001000", "+33199001001"],
}
FREED_AS_DICT = {"member": None, "number": None, "numbers": []}
EARLY, LATE = datetime(2026, 12, 1, 7, tzinfo=UTC), datetime(2026, 12, 2, 7, 30, tzinfo=UTC)


def test_a_holding_has_its_first_number_by_itself_too():
    """For readers who know of one."""
    assert as_dict.holding(ADA) == ADA_AS_DICT
    assert as_dict.holding(FREED) == FREED_AS_DICT
    assert as_dict.holding(None) is None


def test_a_change_is_an_effect_with_its_place_in_the_plan():
    effect = {"pbx": "hq", "extension": "1000", "before": ADA_AS_DICT, "after": FREED_AS_DICT}
    assert as_dict.effect(Effect("hq", "1000", ADA, FREED)) == effect
    assert as_dict.change(Change(3, "hq", "1000", ADA, FREED)) == {"seq": 3, **effect}


FAULT = Fault(
    7, Column.MEMBER, "ada", FaultCode.BAD_EMAIL, Severity.ERROR, "ada is not an e-mail address.", "Give the login."
)


def test_a_fault_of_a_cell_and_one_of_a_file():
    """The setting is what an administrator can change about it."""
    assert as_dict.fault(FAULT) == {
        "line": 7,
        "column": "LoginEmail",
        "value": "ada",
        "code": "bad_email",
        "severity": "error",
        "message": "ada is not an e-mail address.",
        "remedy": "Give the login.",
        "setting": None,
    }
    assert as_dict.fault(Fault(0, "", "", FaultCode.TOO_MANY_ROWS, Severity.WARNING, "Too many.", "")) == {
        "line": None,
        "column": None,
        "value": "",
        "code": "too_many_rows",
        "severity": "warning",
        "message": "Too many.",
        "remedy": None,
        "setting": "`max_rows` on the inbox is the limit.",
    }


def test_a_warning_stands_at_its_line_so_it_has_none():
    expected = {
        "code": "bad_email",
        "message": "ada is not an e-mail address.",
        "column": "LoginEmail",
        "value": "ada",
        "remedy": "Give the login.",
    }
    assert as_dict.warning(FAULT) == expected
    assert as_dict.warning(FAULT._replace(column="", remedy="")) == expected | {"column": None, "remedy": None}


def test_a_line_of_a_report():
    other = Effect("lab", "70", FREED, ADA)
    line = Line(
        line=2,
        action="attach",
        member="ada@example.com",
        pbx="hq",
        extension="1000",
        number="+33199001000",
        outcome=Outcome.DONE,
        code="linked",
        message="Linked.",
        remedy="None needed.",
        before=FREED,
        after=ADA,
        also=(other,),
        warnings=(FAULT,),
    )
    shown = {
        "line": 2,
        "action": "attach",
        "member": "ada@example.com",
        "pbx": "hq",
        "extension": "1000",
        "number": "+33199001000",
        "outcome": "done",
        "code": "linked",
        "message": "Linked.",
        "remedy": "None needed.",
        "before": FREED_AS_DICT,
        "after": ADA_AS_DICT,
        "also": [as_dict.effect(other)],
        "warnings": [as_dict.warning(FAULT)],
    }
    assert as_dict.line(line) == shown
    cells = ("action", "member", "pbx", "extension", "number", "remedy")
    assert as_dict.line(line._replace(**dict.fromkeys(cells, ""))) == shown | dict.fromkeys(cells)
    bare = line._replace(before=None, after=None, also=(), warnings=())
    assert as_dict.line(bare) == shown | {"before": None, "after": None, "also": [], "warnings": []}


def test_a_run_with_and_without_what_it_need_not_have():
    drop = Drop("people.csv", "ab" * 32, 120, "2026/12/people.csv", "hr@sftp")
    hold = Hold("hq", "detach", 51, 12.5, "count", "51 members would lose their extension on hq.")
    run = Run(
        *(4, "hr", drop, State.APPLIED, EARLY, LATE),
        description="December",
        checksum="c0ffee",
        attempt=2,
        holds=(hold,),
        affected=(Affected("hq", 51, 400),),
        forecasts=(PbxForecast("hq", 51, 12.34, ("9 licences are left.",)),),
    )
    counts = {"done": 3, "invalid": 1}
    shown = {
        "id": 4,
        "inbox": "hr",
        "file": "people.csv",
        "sha256": "ab" * 32,
        "description": "December",
        "delivered_by": "hr@sftp",
        "state": "applied",
        "result": "partial",
        "created": "2026-12-01T07:00:00+00:00",
        "changed": "2026-12-02T07:30:00+00:00",
        "attempt": 2,
        "checksum": "c0ffee",
        "counts": counts,
        "total": 4,
        "holds": [
            {
                "pbx": "hq",
                "kind": "detach",
                "count": 51,
                "share": 12.5,
                "limit": "count",
                "message": "51 members would lose their extension on hq.",
            }
        ],
        "affected": [{"pbx": "hq", "changed": 51, "held": 400}],
        "forecasts": [{"pbx": "hq", "changes": 51, "seconds": 12.3, "notes": ["9 licences are left."]}],
        "seconds_left": 7.9,
    }
    assert as_dict.run(run, counts, 7.89) == shown
    assert as_dict.forecast(PbxForecast("hq", 51, 0.0, ()))["seconds"] is None
    bare = Run(4, "hr", Drop("people.csv", "ab" * 32, 120, "p"), State.APPLIED, EARLY, LATE)
    assert as_dict.run(bare, {}) == shown | {
        **dict.fromkeys(("description", "delivered_by", "checksum")),
        "result": "applied",
        "attempt": 0,
        "counts": {},
        "total": 0,
        "holds": [],
        "affected": [],
        "forecasts": [],
        "seconds_left": None,
    }
    assert as_dict.hold(Hold("", "late", 0, 0, "", "Older."))["pbx"] is None


def test_a_summary_of_some_days():
    summary = Summary(
        begins=EARLY,
        ends=LATE,
        language="fr",
        inboxes=("hr", "lab"),
        files=3,
        counts={"done": 5},
        ended=(
            Ended(1, "hr", "a.csv", EARLY, State.APPLIED, {"done": 5}, True, "filed/1"),
            Ended(2, "hr", "b.csv", LATE, State.APPLIED, {"done": 1, "failed": 1}, False, ""),
        ),
        more_ended=1,
        undecided=(Undecided(3, "lab", "c.csv", LATE, "c0ffee", ("Too many.",)),),
        more_undecided=2,
        wrong=(
            Wrong(
                *(2, "hr", "b.csv", 9, Outcome.FAILED, "attach", "ada@example.com", "hq", "1000", "+33199001000"),
                *("It said no.", "Ask it.", EARLY, 2),
            ),
            Wrong(2, "hr", "b.csv", 10, Outcome.INVALID, "", "", "", "", "", "No.", "", LATE, 1),
        ),
        more_wrong=4,
        alerts=(Alert("key", "It expires.", "Renew it."),),
        weeks=(Week(EARLY, LATE, 3, 5, 1),),
    )
    early, late = "2026-12-01T07:00:00+00:00", "2026-12-02T07:30:00+00:00"
    first = {"run": 1, "inbox": "hr", "file": "a.csv", "at": early, "state": "applied", "result": "applied"}
    second = {"run": 2, "inbox": "hr", "file": "b.csv", "at": late, "state": "applied", "result": "partial"}
    row = {"run": 2, "inbox": "hr", "file": "b.csv"}
    blank = dict.fromkeys(("action", "member", "pbx", "extension", "number", "remedy"))
    assert as_dict.summary(summary) == {
        "begins": early,
        "ends": late,
        "inboxes": ["hr", "lab"],
        "files": 3,
        "counts": {"done": 5},
        "ended": [
            first | {"counts": {"done": 5}, "fine": True, "filed": "filed/1"},
            second | {"counts": {"done": 1, "failed": 1}, "fine": False, "filed": None},
        ],
        "more_ended": 1,
        "undecided": [
            {
                "run": 3,
                "inbox": "lab",
                "file": "c.csv",
                "since": late,
                "checksum": "c0ffee",
                "why": ("Too many.",),
            }
        ],
        "more_undecided": 2,
        "wrong": [
            {
                **(row | {"line": 9, "outcome": "failed", "action": "attach", "member": "ada@example.com"}),
                "pbx": "hq",
                "extension": "1000",
                "number": "+33199001000",
                "message": "It said no.",
                "remedy": "Ask it.",
                "since": early,
                "times": 2,
            },
            row | {"line": 10, "outcome": "invalid", **blank, "message": "No.", "since": late, "times": 1},
        ],
        "more_wrong": 4,
        "alerts": [{"what": "key", "message": "It expires.", "remedy": "Renew it."}],
        "weeks": [{"begins": early, "ends": late, "files": 3, "done": 5, "not_done": 1}],
    }
