"""How rows and holdings stand in the long tables of a run, and how they are read again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from linecard.model.directory import Holding
from linecard.model.outcome import Effect, Outcome, Verdict
from linecard.model.sheet import Row

StoredRow = tuple[Row, Verdict, str]
"""A row as remembered: with its verdict, and the PBX's words where a change failed."""

Packed = Sequence[Any]
"""A row as the store has it: line, five cells, outcome, code, holder and number before and after, and what else there
is: None in the plain case of one effect, on the named extension, with nothing else to be said."""


Held = tuple[str | None, str | None]
NEITHER: Held = (None, None)


def decode_numbers(text: str | None) -> tuple[str, ...]:
    """The numbers that are stored as one text, a line each; None where there are none."""
    if not text:
        return ()
    return tuple(text.split("\n")) if "\n" in text else (text,)


def encode_holding(holding: Holding) -> Held:
    """A holding as it is stored: as `decode_numbers` reads its numbers, and as a single one always was stored."""
    member, numbers = holding
    return member, "\n".join(numbers) or None


def decode_holding(member: str | None, numbers: str | None) -> Holding:
    return Holding(member, decode_numbers(numbers))


def encode_row(run_id: int, attempt: int, found: Row, verdict: Verdict) -> tuple[Any, ...]:
    line, action, member, pbx, extension, number = found[:6]
    outcome, code, effects, other, holder, overrides = verdict
    words = str(action), member, pbx, extension, number, str(outcome), str(code)
    plain = False
    before = after = NEITHER
    if effects:
        where, which, was, becomes = effects[0]
        plain = len(effects) == 1 and where == pbx and which == extension
        before = was[0], "\n".join(was[1]) or None  # as `encode_holding` has it, without two calls for each row
        after = before if becomes is was else (becomes[0], "\n".join(becomes[1]) or None)
    if plain and not (other or holder or overrides):  # most rows
        return run_id, attempt, line, *words, *before, *after, None
    more: dict[str, Any] = {}
    if other:
        more["other"] = other
    if holder:
        more["holder"] = holder
    if overrides:
        more["overrides"] = overrides
    if not plain and (more or effects):
        others = [(e.pbx, e.extension, encode_holding(e.before), encode_holding(e.after)) for e in effects[1:]]
        more["effects"] = [(where, which, before, after), *others] if effects else []
    return run_id, attempt, line, *words, *before, *after, _encode(more) if more else ""


_OUTCOMES = {outcome.value: outcome for outcome in Outcome}

_decoded = json.JSONDecoder().raw_decode
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
"""Made once: `json.dumps` makes an encoder for each row that it writes."""


def effects_alone(packed: Packed) -> list[Any]:
    """PBX, extension, before and after of each effect of a row that has nothing else to be said of it; else none."""
    more = _decoded(packed[12])[0] if packed[12] else {}
    return more["effects"] if more.keys() == {"effects"} else []


def decode_row(packed: Packed) -> StoredRow:
    """The inverse of `encode_row`.

    `more` is NULL for the plain case of one effect on the named extension, and empty where there is none; else it
    names the effects if the case is not plain.
    """
    line, action, member, pbx, extension, number, outcome, code, bm, bn, am, an, text = packed
    said = Row(line, action, member, pbx, extension, number)
    if not text:
        plain = () if text == "" else (Effect(pbx, extension, decode_holding(bm, bn), decode_holding(am, an)),)
        return said, Verdict(_OUTCOMES[outcome], code, plain), ""
    more, _ = _decoded(text)
    if "effects" in more:
        effects = tuple([Effect(p, e, decode_holding(*b), decode_holding(*a)) for p, e, b, a in more["effects"]])
    else:
        effects = (Effect(pbx, extension, decode_holding(bm, bn), decode_holding(am, an)),)
    verdict = Verdict(
        _OUTCOMES[outcome],
        code,
        effects,
        more.get("other", ""),
        more.get("holder", ""),
        tuple(more.get("overrides", ())),
    )
    return said, verdict, more.get("words", "")
