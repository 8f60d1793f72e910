"""What each outcome says to a person: one sentence, and what to do where there is something to do."""

from __future__ import annotations

from collections.abc import Mapping

from linecard.model.outcome import Code
from linecard.model.report import Headline
from linecard.model.run import Run, State
from linecard.model.sheet import FaultCode
from linecard.rules.states import GIVEN_UP
from linecard.rules.wording import ENGLISH, Wording

DECIDED = "Import the sheet again if you want it done after all."

# Fields: member, extension, pbx, number; holder and other as in Verdict; lost and freed are lists of extensions;
# words are the PBX's own. `preview_sentence` is what the row asked for, for rows that came to nothing.
SENTENCES: Mapping[str, tuple[str, str]] = {
    Code.LINKED: ("{member} has {extension} now.", ""),
    Code.TOOK_OVER: ("{member} has {extension} now; {holder} has lost it.", ""),
    Code.MOVED: ("{member} has {extension} now instead of {freed}.", ""),
    Code.NUMBER_CHANGED: ("{extension} of {member} rings at {number} now.", ""),
    Code.REMOVED: ("{member} no longer has {lost}.", ""),
    Code.RESTORED: ("{extension} is back as it was, held by {former}.", ""),
    Code.ALREADY_SO: ("{member} already had {extension}.", ""),
    Code.NOTHING_HELD: ("{member} held nothing to remove.", ""),
    Code.NOTHING_ASKED: ("The row asks for nothing; everything stays as it is.", ""),
    Code.UNKNOWN_EXTENSION: (
        "{pbx} has no extension {extension}.",
        "Create it on the PBX, or correct the row.",
    ),
    Code.UNKNOWN_MEMBER: (
        "{pbx} has no member {member}.",
        "Create the member on the PBX, or correct the e-mail.",
    ),
    Code.HELD_BY_OTHER: (
        "{extension} is held by {holder}.",
        "Detach {holder} first, or write force_attach if {member} should take it over.",
    ),
    Code.WRONG_EXTENSION: (
        "{member} does not hold {extension}.",
        "Leave Extension empty to remove whatever {member} holds, or correct it.",
    ),
    Code.NUMBER_IN_USE: (
        "{number} rings extension {other}, held by {holder}.",
        "Choose another number, or write force_attach if it should move.",
    ),
    Code.SEVERAL_NUMBERS: (
        "{extension} already has {numbers}; {number} is not added and replaces nothing.",
        "Leave Number empty; if all of them should ring, ask your administrator to allow several on {pbx}.",
    ),
    Code.CHANGED_SINCE: (
        "{extension} is not put back: {other}, held by {holder} now, was changed since.",
        "Check who needs it now, and send a new row if it should change.",
    ),
    Code.SECOND_EXTENSION: (
        "{member} already holds {other}; this PBX allows one extension per member.",
        "Detach {member} from {other} first.",
    ),
    Code.REFUSED_BY_PROCESSOR: ("A processor of the inbox refused the row.", "Correct the row."),
    Code.PROCESSOR_FAILED: (
        "A processor of the inbox failed on this row.",
        "Have the processor corrected, or take it off the inbox, then send the row again.",
    ),
    Code.PBX_REFUSED: (
        "{pbx} refused to change {other}: {words}.",
        "Fix what the PBX reports, then send the row again.",
    ),
    Code.NOT_READ_BACK: (
        "{pbx} accepted the change to {other}, but shows something else when read back ({words}).",
        "Check the PBX, then send the row again.",
    ),
    Code.PBX_MOVED: (
        "Somebody else changed {other} on {pbx} while the run was being applied ({words}).",
        "Check who holds it now, then send the row again.",
    ),
    Code.IN_DOUBT: (
        "It is not known whether {pbx} changed {other}; it could not be asked ({words}).",
        "Check {other} on the PBX before you send the row again.",
    ),
    Code.PBX_DOWN: (
        "{pbx} stopped answering before this row: {words}.",
        "Send the row again when the PBX works again.",
    ),
    Code.NOT_APPLIED: ("Not applied: {wanted}.", DECIDED),
    Code.INTERRUPTED: (
        "Not applied: the run was interrupted before this row.",
        "`linecard resume` finishes the run.",
    ),
}

WANTED: Mapping[str, str] = {
    Code.LINKED: "{member} would get {extension}",
    Code.TOOK_OVER: "{member} would get {extension} and {holder} would lose it",
    Code.MOVED: "{member} would get {extension} instead of {freed}",
    Code.NUMBER_CHANGED: "{extension} of {member} would ring at {number}",
    Code.RESTORED: "{extension} would go back to what it was, held by {former}",
    Code.REMOVED: "{member} would lose {lost}",
}

NOBODY, THE_PBX, AND = "nobody", "The PBX", "and"
"""For the fields of a sentence that a row leaves open, and between two extensions."""


def sentence(code: str, facts: Mapping[str, str], words: Wording = ENGLISH) -> tuple[str, str]:
    """The sentence for an outcome's code and the remedy, which may be empty."""
    message, remedy = SENTENCES[code]
    return words(message).format_map(facts), words(remedy).format_map(facts) if remedy else ""


NUMBER_TAKEN: Mapping[tuple[bool, bool], str] = {
    (True, True): "{number} no longer rings {extension} of {holder}",
    (True, False): "{number} no longer rings {extension}",
    (False, True): "{number} would no longer ring {extension} of {holder}",
    (False, False): "{number} would no longer ring {extension}",
}
"""By whether it was done, and whether somebody holds the extension."""


def number_loss(number: str, extension: str, holder: str, *, done: bool, words: Wording = ENGLISH) -> str:
    """That a public number left somebody else's extension, as an addition to another sentence."""
    return words(NUMBER_TAKEN[done, bool(holder)]).format(number=number, extension=extension, holder=holder)


PART_MADE = "Part of it was applied: {extensions}."
"""An addition to what is said of a row that was not done."""

FOLLOWER_BEHIND = "{follower} does not have {extension} yet: {words}."
FOLLOWER_BEHIND_REMEDY = "Nothing is wrong on {pbx}. The next run there or `linecard resume` tries again."
NOT_SENT_YET = "it was not sent there"
"""A warning beside a row that was made on its PBX, and not yet on one that follows it."""

MADE_BEFORE = "Before that, this run had changed {extensions}."
"""An addition to what is said of a row that comes to something else since somebody changed what was made for it."""


def preview_sentence(code: str, facts: Mapping[str, str], words: Wording = ENGLISH) -> str:
    """What a row would do, for a plan that has not been applied."""
    return words(WANTED[code]).format_map(facts)


UNDECIDED = "It waits for a decision about the run."


def decision_remedy(state: State | None, words: Wording = ENGLISH) -> str:
    """The remedy for a row that would be done, of a run that is in this state."""
    return words(DECIDED if state in GIVEN_UP else UNDECIDED)


def headline(run: Run, counts: Mapping[str, int], words: Wording = ENGLISH, *, begun: bool | None = None) -> Headline:
    """What a reader must know first: did it work, and who must do what. `begun`: some of its changes were sent;
    where that is not known, they may have been by every plan but the first."""
    if run.state in _NOT_APPLIED:
        if run.state is State.HELD and any(hold.kind == FaultCode.CRASHED for hold in run.holds):
            return Headline(CRASHED.tone, words(CRASHED.title), words(CRASHED.remedy).format(run=run.id))
        if begun and run.state in _PART_MADE:
            said = _PART_MADE[run.state]
            return Headline(said.tone, words(said.title), words(said.remedy).format(run=run.id))
        # a second plan waits: of a run that was approved, or of one that is half made
        half_made = run.attempt > 1 and (run.state is State.PLANNED or (run.state is State.HELD and begun is not False))
        said = _NOT_APPLIED[State.STALE if half_made else run.state]
        return Headline(said.tone, words(said.title), words(said.remedy))
    total = sum(counts.values())
    fine = counts.get("done", 0) + counts.get("unchanged", 0)
    if not total:
        return Headline("good", words(NO_ROWS[0]), words(NO_ROWS[1]))
    if fine == total:
        return Headline("good", words.many(*ALL_FINE, total), words(NOTHING_TO_DO))
    needs = words.many(*NEEDS, total - fine)
    return Headline(
        "attention" if fine else "bad", f"{_progress(fine, total, counts, words)}; {needs}.", _todo(counts, words)
    )


NO_ROWS = ("The file had no rows.", "If you expected rows, check whether the export failed.")
ALL_FINE = ("The only row is as it should be.", "All {count} rows are as they should be.")
NOTHING_TO_DO = "Nothing to do."
NEEDS = ("{count} row needs attention", "{count} rows need attention")
NONE_DONE = ("No row was done", "No row is known to be done")
SO_FAR = ("{count} of {total} rows is as it should be", "{count} of {total} rows are as they should be")

_NOT_APPLIED: Mapping[State, Headline] = {
    State.REJECTED: Headline(
        "bad", "The file was refused; nothing was changed.", "Correct the file and send it again."
    ),
    State.HELD: Headline(
        "attention",
        "The plan waits for a decision; nothing was changed.",
        "Read why below, then approve it by its checksum or discard it.",
    ),
    State.DISCARDED: Headline("attention", "The run was discarded; nothing was changed.", ""),
    State.SUPERSEDED: Headline(
        "attention",
        "The run was superseded; nothing was changed.",
        "Another file took its place.",
    ),
    **dict.fromkeys(
        (State.APPLYING, State.INTERRUPTED, State.STALE),
        Headline(
            "bad",
            "The run was interrupted and is not finished.",
            "`linecard resume` reads the PBX back and finishes it.",
        ),
    ),
    **dict.fromkeys(
        (State.RECEIVED, State.PLANNED, State.APPROVED),
        Headline("attention", "Nothing was changed yet.", "Import the file, or discard the run."),
    ),
}


TOOK_ITS_PLACE = "Run {run} took its place, with the file {file}."
"""What is said of a superseded run, where the run that took its place is still known."""

CRASHED = Headline(
    "bad",
    "The file could not be read to its end and waits for a decision; nothing was changed.",
    "Read why below. `linecard approve {run}` reads it once more; `linecard discard {run}` discards it.",
)
"""Of a run in the reading of whose file linecard broke down."""

_PART_MADE: Mapping[State, Headline] = {
    State.HELD: Headline(
        "attention",
        "Part of the run was applied; the rest waits for a decision.",
        "Read why below, then approve the rest by its checksum or discard it; what was applied stays.",
    ),
    State.DISCARDED: Headline(
        "attention",
        "The run was discarded after part of it was applied.",
        "`linecard report {run} --format undo` writes the sheet that rolls back what was applied.",
    ),
}
"""Of a run of which something was made, or may have been."""


def _progress(fine: int, total: int, counts: Mapping[str, int], words: Wording) -> str:
    if not fine:
        return words(NONE_DONE[bool(counts.get("unknown"))])
    return words.many(*SO_FAR, fine, total=words.number(total))


REMEDIES: Mapping[str, str] = {
    "unknown": "Check the rows below that are unknown on the PBX before you send anything again.",
    "failed": "The PBX did not do what it was asked: its administrator must check the failed rows below.",
    "wrong": "Correct the rows below and send the retry sheet.",
    "skipped": "Send the retry sheet once the cause is fixed.",
}


def _todo(counts: Mapping[str, int], words: Wording) -> str:
    """Who must act: whoever wrote the sheet, whoever runs the PBX, or whoever sends the rest again."""
    parts = [REMEDIES[outcome] for outcome in ("unknown", "failed") if counts.get(outcome)]
    if counts.get("invalid") or counts.get("refused"):
        parts.append(REMEDIES["wrong"])
    elif counts.get("skipped"):
        parts.append(REMEDIES["skipped"])
    return " ".join(map(words, parts))
