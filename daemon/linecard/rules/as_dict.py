"""Values as plain dictionaries, the shapes that every JSON output shares. Empty cells become null."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from linecard.model.alert import Alert
from linecard.model.directory import Change, Holding
from linecard.model.follower import FollowerSummary
from linecard.model.forecast import PbxForecast
from linecard.model.outcome import Effect
from linecard.model.report import Line
from linecard.model.run import Hold, Run
from linecard.model.sheet import Fault
from linecard.model.summary import Summary
from linecard.rules.settings import find_setting
from linecard.rules.states import find_result


def holding(held: Holding | None) -> dict[str, Any] | None:
    return None if held is None else {"member": held.member, **numbers(held.numbers)}


def numbers(found: tuple[str, ...]) -> dict[str, Any]:
    """All numbers of an extension, and the first by itself, for readers who know of one."""
    return {"number": found[0] if found else None, "numbers": list(found)}


def effect(found: Effect) -> dict[str, Any]:
    return {
        "pbx": found.pbx,
        "extension": found.extension,
        "before": holding(found.before),
        "after": holding(found.after),
    }


def change(found: Change) -> dict[str, Any]:
    return {"seq": found.seq, **effect(Effect(*found[1:]))}


def fault(found: Fault) -> dict[str, Any]:
    return {
        "line": found.line or None,
        "column": found.column or None,
        "value": found.value,
        "code": found.code.value,
        "severity": found.severity.value,
        "message": found.message,
        "remedy": found.remedy or None,
        "setting": find_setting(found) or None,
    }


def warning(found: Fault) -> dict[str, Any]:
    return {
        "code": found.code.value,
        "message": found.message,
        "column": found.column or None,
        "value": found.value,
        "remedy": found.remedy or None,
    }


def line(found: Line) -> dict[str, Any]:
    return {
        "line": found.line,
        "action": str(found.action) or None,
        "member": found.member or None,
        "pbx": found.pbx or None,
        "extension": found.extension or None,
        "number": found.number or None,
        "outcome": found.outcome.value,
        "code": str(found.code),
        "message": found.message,
        "remedy": found.remedy or None,
        "before": holding(found.before),
        "after": holding(found.after),
        "also": [effect(other) for other in found.also],
        "warnings": [warning(fault) for fault in found.warnings],
    }


def summary(found: Summary) -> dict[str, Any]:
    ended, undecided, wrong, weeks = (
        [asdict(one) for one in some] for some in (found.ended, found.undecided, found.wrong, found.weeks)
    )
    return {
        "begins": found.begins.isoformat(),
        "ends": found.ends.isoformat(),
        "inboxes": list(found.inboxes),
        "files": found.files,
        "counts": dict(found.counts),
        "ended": [
            one
            | {
                "at": one["at"].isoformat(),
                "filed": one["filed"] or None,
                "result": find_result(one["state"], one["counts"]).value,
            }
            for one in ended
        ],
        "more_ended": found.more_ended,
        "undecided": [one | {"since": one["since"].isoformat()} for one in undecided],
        "more_undecided": found.more_undecided,
        "wrong": [
            {name: value or None for name, value in one.items()} | {"since": one["since"].isoformat()} for one in wrong
        ],
        "more_wrong": found.more_wrong,
        "alerts": [alert(one) for one in found.alerts],
        "weeks": [one | {"begins": one["begins"].isoformat(), "ends": one["ends"].isoformat()} for one in weeks],
    }


def alert(found: Alert) -> dict[str, Any]:
    return {"what": found.what, "message": found.message, "remedy": found.remedy}


def hold(found: Hold) -> dict[str, Any]:
    return {
        "pbx": found.pbx or None,
        "kind": found.kind,
        "count": found.count,
        "share": found.share,
        "limit": found.limit,
        "message": found.message,
    }


def forecast(found: PbxForecast) -> dict[str, Any]:
    return {
        "pbx": found.pbx,
        "changes": found.changes,
        "seconds": round(found.seconds, 1) or None,
        "notes": list(found.notes),
    }


def follower(found: FollowerSummary) -> dict[str, Any]:
    return found._asdict() | {"words": found.words or None}


def run(found: Run, counts: Mapping[str, int], seconds_left: float | None = None) -> dict[str, Any]:
    """The facts of a run without its rows, which are counted as its report does; times in ISO 8601, UTC."""
    return {
        "id": found.id,
        "inbox": found.inbox,
        "file": found.drop.name,
        "sha256": found.drop.sha256,
        "description": found.description or None,
        "delivered_by": found.drop.delivered_by or None,
        "state": found.state.value,
        "result": find_result(found.state, counts).value,
        "created": found.created.isoformat(),
        "changed": found.changed.isoformat(),
        "attempt": found.attempt,
        "checksum": found.checksum or None,
        "counts": dict(counts),
        "total": sum(counts.values()),
        "holds": [hold(item) for item in found.holds],
        "affected": [one._asdict() for one in found.affected],
        "forecasts": [forecast(one) for one in found.forecasts],
        "seconds_left": None if seconds_left is None else round(seconds_left, 1),
    }
