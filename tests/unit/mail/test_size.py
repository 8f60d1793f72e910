"""However much there is to say, a mail stays a mail."""

from __future__ import annotations

import io
import quopri
import tracemalloc
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linecard.api.report import FaultCode, Line, Outcome, wording
from linecard.api.sink import Letter
from linecard.model.run import Drop, Run, State
from linecard.registry import Registry
from linecard.runtime.sample import SampleReport
from linecard.testing import make_context
from linecard_mail.attachments import NONE, Attachments, collect_attachments
from linecard_mail.message import MOST_BODY, compose_message, render_bodies
from unit.mail.letters import OPTIONS, body, context, letter
from unit.mail.lint import Lint
from unit.reports.sites import Site, sheet

ROWS = 100_000
NOW = datetime(2026, 12, 1, 7, 30, tzinfo=UTC)


class LongReport(SampleReport):
    """Rows without end, none of which was done."""

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def lines(self, *outcomes: Outcome, codes: tuple[str, ...] = (), limit: int | None = None) -> Iterator[Line]:
        return map(_line, range(self.count(*outcomes, codes=codes) if limit is None else limit))

    def count(self, *outcomes: Outcome, codes: tuple[str, ...] = ()) -> int:
        return 0 if codes or (outcomes and Outcome.INVALID not in outcomes) else self.total


def _line(n: int) -> Line:
    said = (f"m{n}@x.org", "hq", f"1{n:06}", f"+3319{n:07}")
    return Line(
        *(n + 2, "atach", *said, Outcome.INVALID, FaultCode.BAD_ACTION, "atach is not an action.", "Write attach."),
        *(None, None, (), ()),
    )


def long(rows: int) -> Letter:
    counts: Mapping[str, int] = {Outcome.INVALID: rows}
    run = Run(7, "hr", Drop("long.csv", "0" * 64, 1, ""), State.PARTIAL, NOW, NOW, counts=counts)
    report = LongReport(run, "Nord", "Europe/Paris", wording("en"), "2026/12/000007-hr-long", rows)
    return Letter(7, report, run.state, "anna@example.org", "en", "")


CONTEXT = make_context(Path("/site"), "post")
RENDERERS = Registry().renderers()


def packed(made: Letter, **limits: int) -> Attachments:
    given = {"plain_most": 500_000, "attached_most": 10_000_000} | limits
    return collect_attachments(made, lambda form, out: RENDERERS[form].render(made.report, out), **given)


def test_a_hundred_thousand_problems_fit() -> None:
    """Gmail clips at 102 kB; the first rows are shown, the others counted, and all are attached, packed."""
    made = long(ROWS)
    whole = packed(made)
    found, _ = compose_message(made, CONTEXT, OPTIONS, whole)
    html, plain = body(found, "html"), body(found, "plain")
    assert len(html.encode()) + len(plain.encode()) < 100_000
    assert Lint(html).problems == []
    assert html.count("<b>invalid</b>") == 40
    for text in (html, plain):
        assert "99,960 more rows." in text
        assert "100,000 rows" in text
    for part, ending in zip(found.iter_attachments(), (".retry.csv", ".csv"), strict=True):
        with zipfile.ZipFile(io.BytesIO(part.get_content())) as archive:
            (name,) = archive.namelist()
            assert name.endswith(ending)
            assert archive.read(name).count(b"\r\n") == ROWS + 1


def test_the_memory_for_it_is_bounded() -> None:
    """Files are written to disk and packed from there: ten times the rows take little more than what is sent."""
    peaks, sizes = [], []
    for rows in (1_000, 10_000):
        made = long(rows)
        tracemalloc.start()
        found = packed(made, plain_most=1000)
        render_bodies(made, CONTEXT, OPTIONS, found)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        sizes.append(sum(len(file.content) for file in found.attached))
    assert peaks[1] - peaks[0] < 3 * (sizes[1] - sizes[0]) + 500_000


def test_what_does_not_fit_is_left_at_home_and_named() -> None:
    """The retry sheet, which somebody has to work on, comes before the table of all rows."""
    made = long(5_000)
    whole = packed(made, plain_most=1000)
    sizes = [len(file.content) for file in whole.attached]
    some = packed(made, plain_most=1000, attached_most=sum(sizes) - 1)
    assert [file.name for file in some.attached] == [whole.retry]
    assert [name.endswith("-long.csv") for name in some.left_out] == [True]
    none = packed(made, attached_most=10)
    assert (none.attached, len(none.left_out)) == ((), 2)
    assert whole.is_packed
    assert whole == packed(made, plain_most=1000), "the same bytes whenever it is sent"


def test_a_workbook_that_would_not_fit_is_left_at_home_and_named() -> None:
    made = long(2_000)
    whole = packed(made, is_workbook=True)
    assert [file.kind for file in whole.attached] == ["workbook", "csv"]
    assert whole == packed(made, is_workbook=True), "the same bytes whenever it is sent"
    size = len(whole.attached[0].content)
    none = packed(made, is_workbook=True, attached_most=size - 1, plain_most=10)
    assert not none.retry
    assert ".retry.csv" in none.left_out[0]


@pytest.mark.parametrize("cell", ["é" * 1000, "<" * 1000, "山" * 1000, "&" * 1000])
def test_long_cells_do_not_burst_it(cell: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Fewer rows are shown then; both forms together stay below what is clipped, also as they are encoded."""
    site = Site(tmp_path_factory.mktemp("cells"))
    try:
        rows = sheet(*(f"{cell},{cell}{n},,{cell},{cell}" for n in range(60)))
        run = site.imported(rows, "cells.csv", description=cell)
        found = render_bodies(letter(site, run), context(site), OPTIONS, NONE)
        assert sum(len(quopri.encodestring(text.encode())) for text in found[:2]) <= MOST_BODY
        assert "60" in found[0]
    finally:
        site.close()
