"""`100` where the PBX has `0100` and no `100`: a spreadsheet has made a number of it. With and without ranges."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import openpyxl
import pytest

from integration.works import Works
from linecard.infrastructure.workbook import write_workbook
from linecard.model.directory import Entry
from linecard.pipeline.planner import NARROW
from linecard.pipeline.report import RunReport
from linecard.rules.numbering import NumberingPlan
from linecard_reports.tables import Retry

DAMAGED = "spreadsheet_damage"


def codes(works, *rows):
    return [str(line.code) for line in works.lines(works.planned(*rows))]


@pytest.fixture(params=[(), ("0100-0199", "100-199")], ids=["no ranges", "ranges of both"])
def works(request, tmp_path):
    works = Works(
        tmp_path,
        hq=[Entry("0100", "ada@x.org"), Entry("0101"), Entry("101", "bo@x.org", ("+33199001000",)), Entry("007")],
    )
    works.pbxs["hq"] = replace(works.pbxs["hq"], numbering=NumberingPlan("FR", request.param))
    return works


@pytest.mark.parametrize("action", ["attach", "force_attach", "detach"])
def test_lost_zeros_are_found_in_every_action(works, action):
    run = works.planned(f"{action},ada@x.org,hq,100,", "attach,cy@x.org,hq,150,")
    damaged, linked = works.lines(run)
    assert (damaged.outcome, damaged.code, linked.code) == ("invalid", DAMAGED, "linked")
    assert damaged.message == "hq has no extension 100; its leading zeros may be lost (was it 0100?)."
    assert "apostrophe" in damaged.remedy


def test_a_detach_that_names_no_pbx_is_looked_up_on_each(works):
    assert codes(works, "detach,ada@x.org,,100,") == [DAMAGED]


def test_an_extension_that_the_pbx_has_is_the_one_that_is_meant(works):
    assert codes(works, "force_attach,cy@x.org,hq,101,", "detach,ada@x.org,hq,0100,") == ["took_over", "removed"]


def test_a_mark_of_text_says_that_it_has_no_zeros(works):
    assert codes(works, "attach,cy@x.org,hq,'100,") == ["linked"]
    assert codes(works, 'attach,cy@x.org,hq,"=""100""",') == ["linked"]


def test_the_mark_comes_back_in_the_retry_sheet(works):
    """Else the row would be refused for lost zeros when it is sent again, from a workbook too."""
    rows = ("attach,cy@x.org,hq,'100,+33199001000", 'attach,ed@x.org,hq,"=""102""",wat', "attach,x,hq,'103,")
    run = works.planned(*rows)
    assert [line.code for line in works.lines(run)] == ["number_in_use", "bad_number", "bad_email"]
    text = io.StringIO(newline="")
    Retry().render(RunReport(works.store, run, site="works", timezone="UTC"), text)
    sent = list(csv.reader(io.StringIO(text.getvalue().removeprefix("\ufeff"), newline="")))
    assert [row[3] for row in sent[1:]] == ["'100", '\'="102"', "'103"]
    assert codes(works, f"{','.join(sent[1][:5])}") == ["number_in_use"]
    out = io.BytesIO()
    write_workbook(io.StringIO(text.getvalue(), newline=""), out)
    cells = [row[3].value for row in openpyxl.load_workbook(out)["Sheet"].iter_rows(min_row=2)]
    assert cells == ["'100", '="102"', "'103"]


def test_a_sheet_that_names_both_is_planned_the_same_when_it_is_run_again(works):
    """What the sheet itself makes is nothing that a spreadsheet has lost."""
    rows = ("attach,cy@x.org,hq,0150,", "attach,di@x.org,hq,150,")
    assert works.came_to(works.sheet(*rows)) == ["done linked", "done linked"]
    assert codes(works, *rows) == ["already_so", "already_so"]


def test_it_is_found_in_a_sheet_for_which_the_whole_pbx_is_read(works):
    others = (f"detach,m{n}@x.org,hq,," for n in range(NARROW))
    assert codes(works, "attach,cy@x.org,hq,150,", "attach,ada@x.org,hq,100,", *others)[:2] == ["linked", DAMAGED]
