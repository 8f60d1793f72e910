"""The retry sheet: what was not done comes back as a sheet that linecard reads as it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from acceptance.crashes import TORTURE
from linecard.api.backend import Entry
from linecard.api.report import FINE
from linecard.model.run import Run
from linecard.rules.cells import clean_cell
from linecard.testing import Trouble
from unit.reports.scenes import PEOPLE, everything
from unit.reports.sites import HEAD, Site, lines, sheet


def open_rows(site: Site, run: Run) -> list[tuple[Any, ...]]:
    """Rows that are not done: their five cells as they are read, without marks, and what became of them."""
    return [
        (*(clean_cell(str(cell)) for cell in line[1:6]), line.outcome, line.code)
        for line in lines(site, run)
        if line.outcome not in FINE
    ]


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose PBX makes nothing new: rows are wrong or refused, so that nothing changes between two drops."""
    site = Site(tmp_path_factory.mktemp("strict"), PEOPLE, can=frozenset())
    yield site
    site.close()


EXAMPLES = 500 if TORTURE else 25
nasty = st.one_of(
    st.sampled_from(
        [
            *(
                "=1+1",
                "+33199001000",
                "+33 1 99 00 10 00",
                "-1",
                "@SUM(A1)",
                "\t=1",
                "'=1",
                "''x",
                "|cmd",
                "\uff1d1",
                "+",
            ),
            *('a"b', '"', '""', "a,b", "a;b", "a\nb", "% no comment", "%", " x ", "0012", "0107", "Æ\u0301é", "名前"),
            *('x" ,y', '" ;', "sep=;", '="0107"', "a\u202eb", "\ufeff", "#", "\\", "1e5"),
        ]
    ),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12),
)
rows = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(["attach", "detach", "force_attach"]), nasty),
        st.one_of(st.sampled_from(["ada@example.org", "new@example.org"]), nasty),
        st.one_of(st.just("hq"), nasty),
        st.one_of(st.sampled_from(["1500", "0107", "1000"]), nasty),
        st.one_of(st.sampled_from(["", "+33199001000", "+33199001777"]), nasty),
    ),
    max_size=6,
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows)
@example([("% x", "y", "", "", ""), ("=1", "+1", "-1", "@1", "\t1")])
@example([("'%x", "a@b.org", "hq", "1500", "")])
def test_dropped_as_it_is_it_says_the_same_of_the_same_rows(strict: Site, cells: list[tuple[str, ...]]) -> None:
    """Whatever the cells hold: formulas, quotes, delimiters, line ends, comments, zeros, every script."""
    out = io.StringIO()
    write = csv.writer(out, quoting=csv.QUOTE_ALL).writerow
    write(HEAD.split(",")[::-1])  # Action is the last column: a `%` there makes no comment
    for row in cells:
        write(row[::-1])
    first = strict.imported(out.getvalue())
    before = open_rows(strict, first)
    sent = strict.rendered(first, "retry")
    second = strict.imported(sent)
    assert open_rows(strict, second) == before
    assert strict.rendered(second, "retry") == sent


def test_once_corrected_it_is_done_and_what_was_done_is_not_in_it(make: Callable[..., Site]) -> None:
    """The reason is a column that is known; nobody has to delete it."""
    site = make(PEOPLE)
    run = site.imported(sheet("attach,new@example.org,,1300,", "atach,next@example.org,,1301,+33199001301"))
    sent = site.rendered(run, "retry")
    (only,) = list(csv.reader(io.StringIO(sent)))[1:]
    assert only[:5] == ["atach", "next@example.org", "", "1301", "'+33199001301"]
    assert only[5] == "bad_action: atach is not an action. Write attach, force_attach or detach."
    again = site.imported(sent.replace("\natach", "\nattach"))
    assert [(line.outcome, line.code) for line in lines(site, again)] == [("done", "linked")]
    assert not list(site.service.report(again).faults())


def test_of_every_scene_the_sheet_reads_without_a_fault_of_the_file(tmp_path: Any) -> None:
    """The rows of a sheet with every kind of mistake come back with the same codes."""
    site, run = everything(tmp_path)
    try:
        before = [row for row in open_rows(site, run) if row[-2] in ("invalid", "refused")]
        again = site.imported(site.rendered(run, "retry"))
        assert [row for row in open_rows(site, again) if row[-2] in ("invalid", "refused")] == before
        assert not list(site.service.report(again).faults(whole_file=True))
    finally:
        site.close()


def test_a_row_whose_cells_may_be_shifted_is_never_done_unread(make: Callable[..., Site]) -> None:
    """A row with a cell too many would look right without it: it stays wrong until a person has seen it."""
    site = make(PEOPLE)
    run = site.imported(sheet("attach,new@example.org,hq,1300,+33199001300,stray"))
    again = site.imported(site.rendered(run, "retry"))
    assert [line.code for line in lines(site, again)] == ["cell_count"]
    seen = site.rendered(again, "retry").replace(",Delete this cell when the row is right.", "")
    assert [line.code for line in lines(site, site.imported(seen))] == ["linked"]


def saved(sent: str, encoding: str) -> bytes:
    """The sheet opened in a spreadsheet of a country that separates by `;`, and saved as the inbox wants it."""
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(csv.reader(io.StringIO(sent.removeprefix("\ufeff"))))
    return out.getvalue().encode(encoding)


@pytest.mark.parametrize(
    "form",
    [
        "positions: [LoginEmail, null, Extension, Action]",
        "skip_lines: 3, second_header: true",
        "delimiter: ';', quote: \"'\", escape: backslash",
        "encoding: windows-1252",
        "encoding: utf-16",
        "columns: {Extension: Desk, LoginEmail: Mail}, actions: {hired: attach}",
        "max_cell: 20, max_columns: 5",
    ],
)
def test_any_inbox_takes_back_its_own_rows(form: str, make: Callable[..., Site]) -> None:
    """Also one whose feed has no header, other quotes, another encoding or short cells; saved by any spreadsheet."""
    plain_site, site = make(PEOPLE), make(PEOPLE, sheet=form)
    sent = plain_site.rendered(
        plain_site.imported(sheet("attach,new@example.org,,1000,", "atach,'Zoé,,0107,", "hire,,,,")), "retry"
    )
    for file in (sent.encode(), saved(sent, site.service.config.inboxes["hr"].sheet.encoding)):
        run = site.imported(file)
        assert [line.code for line in lines(site, run)] == ["held_by_other", "bad_action", "bad_action"], form


def test_an_endless_answer_of_the_pbx_makes_no_endless_cell(make: Callable[..., Site]) -> None:
    """The reason is cut where a sheet with a longer cell would be refused."""
    site = make((), trouble=Trouble(refuses=lambda _: "no! " * 2000))
    run = site.imported(sheet("attach,new@example.org,,1000,"))
    again = site.imported(site.rendered(run, "retry"))
    assert [line.code for line in lines(site, again)] == ["pbx_refused"]


def test_of_a_file_that_was_refused_it_says_why_and_has_no_rows(make: Callable[..., Site]) -> None:
    """As comments, which are passed over."""
    site = make((Entry("1000", None, ()),))
    run = site.imported(b'Action,Mail "x\n' + b"\xff")
    sent = site.rendered(run, "retry")
    assert "% The file is not UTF-8" in sent
    assert site.service.report(site.imported(sent)).headline.title == "The file had no rows."
