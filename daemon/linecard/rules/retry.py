"""Linecard's own retry sheet, known by its header, so that it can be dropped into any inbox as it is."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from linecard.model.format import SheetFormat
from linecard.model.sheet import Column
from linecard.rules.cells import folded

RETRY_HEAD = (Column.ACTION, Column.MEMBER, Column.PBX, Column.EXTENSION, Column.NUMBER, Column.REASON)
"""The header of a retry sheet; no feed has it by chance."""

MOST_REASON = 500
"""Characters of a reason at the most: it must not make the sheet one that is refused for a long cell."""

_HEAD = [folded(name) for name in RETRY_HEAD]


def own_form(blocks: Iterable[bytes], form: SheetFormat) -> tuple[Iterable[bytes], SheetFormat]:
    """The blocks again, and how they are written: as `form` says, or, for a retry sheet, as linecard writes it.

    A feed without a header, with lines to skip or with quotes of its own would else never take its own rows back.
    The delimiter may be another one: spreadsheets write the one of their country.
    """
    rest: Iterator[bytes] = iter(blocks)
    first = next(rest, b"")
    head = first[:200].removeprefix(codecs.BOM_UTF8).splitlines()[:1]
    line = head[0].decode("ascii", "replace") if head else ""
    for delimiter in (",", ";", "\t", "|"):
        if [folded(cell) for cell in line.rstrip(delimiter).split(delimiter)] == _HEAD:
            form = replace(
                form,
                delimiter=delimiter,
                quote='"',
                backslash=False,
                skip_lines=0,
                skip_last=0,
                trailer="",
                action=None,
                second_header=False,
                positions=None,
                columns={},
                max_columns=max(form.max_columns, len(RETRY_HEAD) + 1),
                max_cell=max(form.max_cell + 1, MOST_REASON + 1),  # one more: a mark before what would run
            )
            break
    return (chain((first,), rest) if first else ()), form
