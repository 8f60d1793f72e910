"""Linecard's own retry and undo sheets, known by their headers: they can be dropped into any inbox as they are."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from linecard.model.format import SheetFormat
from linecard.model.sheet import Column
from linecard.rules.cells import fold_word

RETRY_HEADER = (Column.ACTION, Column.MEMBER, Column.PBX, Column.EXTENSION, Column.NUMBER, Column.REASON)
"""The header of a retry sheet; no feed has it by chance."""

UNDO_HEADER = (Column.ACTION, Column.MEMBER, Column.PBX, Column.EXTENSION, "Linecard-Restore", Column.REASON)
"""The header of an undo sheet. Its rows can take an extension from its holder: only this very header lets them."""

MOST_REASON = 500
"""Characters of a reason at the most: it must not make the sheet one that is refused for a long cell."""

MOST_RESTORE = 20_000
"""Characters of what a row of an undo sheet restores: an extension may have very many numbers."""

_HEADS = {tuple(fold_word(name) for name in head): head is UNDO_HEADER for head in (RETRY_HEADER, UNDO_HEADER)}


def detect_own_format(blocks: Iterable[bytes], form: SheetFormat) -> tuple[Iterable[bytes], SheetFormat]:
    """The blocks again, and how they are written: as `form` says, or as linecard writes its own retry and undo sheets.

    A feed without a header, with lines to skip or with quotes of its own would else never take its own rows back.
    The delimiter may be another one: spreadsheets write the one of their country.
    """
    rest: Iterator[bytes] = iter(blocks)
    first = next(rest, b"")
    head = first[:200].removeprefix(codecs.BOM_UTF8).splitlines()
    line = head[0].decode("ascii", "replace") if head else ""
    for delimiter in (",", ";", "\t", "|"):
        undo = _HEADS.get(tuple(fold_word(cell) for cell in line.rstrip(delimiter).split(delimiter)))
        if undo is not None:
            form = replace(
                form,
                own=True,
                delimiter=delimiter,
                quote='"',
                backslash=False,
                skip_lines=int(undo),
                skip_last=0,
                trailer="",
                action=None,
                second_header=False,
                positions=tuple(map(str, RETRY_HEADER)) if undo else None,
                restores=undo,
                columns={},
                max_columns=max(form.max_columns, len(RETRY_HEADER) + 1),
                # One more than there may be: a mark before what would run.
                max_cell=max(form.max_cell + 1, MOST_RESTORE if undo else MOST_REASON + 1),
            )
            break
    return (chain((first,), rest) if first else ()), form
