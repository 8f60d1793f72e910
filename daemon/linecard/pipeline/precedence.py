"""Which of several files of an inbox counts: earlier ones give way, and one that is older than what came is refused."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from linecard.model.run import Drop, State
from linecard.model.sheet import Fault, FaultCode, Severity
from linecard.pipeline.receive import reject
from linecard.rules.feed_names import NameFacts, newer_file, parse_name
from linecard.store.journal import Journal
from linecard.store.store import Store, Waiting


@dataclass(frozen=True, slots=True)
class PrecedencePolicy:
    """What an inbox wishes: `pattern` says how names are made, `replaces` which files take the place of which."""

    inbox: str
    pattern: str
    replaces: str
    refuse_duplicates: bool
    who: str

    def date(self, name: str) -> str | None:
        return (parse_name(self.pattern, name) or NameFacts()).date if self.pattern else None


def apply_policy(store: Store, connection: sa.Connection, run_id: int, drop: Drop, policy: PrecedencePolicy) -> None:
    """Refuse the file of a run that was just received, or let earlier runs that still wait give way to it."""
    # First of all, for a file that is refused as older must not take the place of the newer one that waits.
    if policy.pattern and policy.replaces == "all":
        others = store.list_file_names(connection, policy.inbox, run_id)
        newer = newer_file(policy.pattern, drop.name, others)
        if newer is not None:
            reject(store, connection, run_id, _older(*newer), who=policy.who)
            return
    _supersede(store, connection, run_id, drop, policy)
    last = store.last_complete(connection, policy.inbox) if policy.refuse_duplicates else None
    if last is not None and last[1] == drop.sha256:
        reject(store, connection, run_id, _duplicate(last[0]), who=policy.who)
    elif "{date}" in policy.pattern and policy.replaces != "all":
        newer = newer_file(policy.pattern, drop.name, store.list_file_names(connection, policy.inbox, run_id))
        if newer is not None:
            Journal(store, run_id).add_faults(connection, 0, [_late(*newer)])


def _supersede(store: Store, connection: sa.Connection, run_id: int, drop: Drop, policy: PrecedencePolicy) -> None:
    only = drop.sha256 if policy.replaces == "same" else None
    for old in store.list_waiting(connection, policy.inbox, run_id, only):
        why = _why(old, drop, policy)
        if why:
            store.transition(connection, old.id, State.SUPERSEDED, who=policy.who, why=f"run {run_id} {why}")


def _why(old: Waiting, drop: Drop, policy: PrecedencePolicy) -> str:
    """Why a run that waits gives way to this file; empty if it does not."""
    date = policy.date(drop.name)
    if old.sha256 == drop.sha256:
        return "has the same file"
    if policy.replaces == "name" and old.name == drop.name:
        return "has a file of the same name"
    if policy.replaces == "date" and date is not None and policy.date(old.name) == date:
        return f"has a newer file of the same date, {drop.name}"
    if policy.replaces == "all":
        return f"has a newer file, {drop.name}"
    return ""


def _older(run_id: int, name: str) -> Fault:
    return _fault(
        FaultCode.OLDER_FILE,
        f"According to the date in its name, the file is older than {name} (run {run_id}), which came before it.",
        "You need not do anything if the newer file is complete. To apply this one anyway, use `linecard import`.",
    )


def _late(run_id: int, name: str) -> Fault:
    """Nothing says that the files of this inbox replace each other, so that it may well belong to another one."""
    return _fault(
        FaultCode.LATE_FILE,
        f"According to the date in its name, the file is older than {name} (run {run_id}), which came before it.",
        "Check whether its rows undo later ones.",
        Severity.WARNING,
    )


def _duplicate(run_id: int) -> Fault:
    return _fault(
        FaultCode.DUPLICATE,
        f"The file is the same, byte for byte, as the last one that was imported in full (run {run_id}).",
        "Nothing has to be done.",
    )


def _fault(code: FaultCode, message: str, remedy: str, severity: Severity = Severity.ERROR) -> Fault:
    return Fault(0, "", "", code, severity, message, remedy)
