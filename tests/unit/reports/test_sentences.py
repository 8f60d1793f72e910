"""The first five seconds: did it work, how many, who must act."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from linecard.api.backend import Entry
from linecard.testing import Silence, Trouble
from unit.reports.sites import Site, lines, sheet

ADA = Entry("1000", "ada@example.org", ("+33199001000",))


@pytest.mark.parametrize(
    ("rows", "tone", "title"),
    [
        ((), "good", "The file had no rows."),
        (("attach,a@x.org,,1300,",), "good", "The only row is as it should be."),
        (("attach,a@x.org,,1300,", "attach,b@x.org,,1301,"), "good", "All 2 rows are as they should be."),
        (("atach,a@x.org,,1300,",), "bad", "No row was done; 1 row needs attention."),
        (
            ("attach,a@x.org,,1300,", "atach,b@x.org,,1301,"),
            "attention",
            "1 of 2 rows is as it should be; 1 row needs attention.",
        ),
        (
            ("attach,a@x.org,,1300,", "attach,b@x.org,,1301,", "attach,c@x.org,,1000,", "atach,,,,"),
            "attention",
            "2 of 4 rows are as they should be; 2 rows need attention.",
        ),
    ],
)
def test_the_title_says_whether_it_worked_and_for_how_many(
    rows: tuple[str, ...], tone: str, title: str, make: Callable[..., Site]
) -> None:
    """In words that agree in number with the rows."""
    site = make((ADA,))
    said = site.service.report(site.imported(sheet(*rows))).headline
    assert (said.tone, said.title) == (tone, title)


class TestWhoMustAct:
    """What is to be done is said to whom it concerns: who wrote the sheet, or who runs the PBX."""

    def test_rows_that_are_wrong_go_back_to_whoever_wrote_them(self, make: Callable[..., Site]) -> None:
        """As the retry sheet."""
        site = make((ADA,))
        said = site.service.report(site.imported(sheet("attach,new@example.org,,1000,"))).headline
        assert said.remedy == "Correct the rows below and send the retry sheet."

    def test_rows_that_the_pbx_refused_go_to_whoever_runs_it(self, make: Callable[..., Site]) -> None:
        """Nobody is told to correct a row in which nothing is wrong."""
        site = make((ADA,), trouble=Trouble(refuses=lambda _: "locked"))
        said = site.service.report(site.imported(sheet("attach,new@example.org,,1001,"))).headline
        assert said.remedy == (
            "The PBX did not do what it was asked: its administrator must check the failed rows below."
        )

    def test_in_doubt_nobody_is_told_that_nothing_was_done(self, make: Callable[..., Site]) -> None:
        """The PBX fell silent after the change was made."""
        site = make((ADA,), trouble=Trouble(silence=Silence(at=1, made=True, lasting=True)))
        said = site.service.report(site.imported(sheet("attach,new@example.org,,1001,"))).headline
        assert (said.tone, said.title) == ("bad", "No row is known to be done; 1 row needs attention.")
        assert said.remedy.startswith("Check the rows below that are unknown")
        assert site.pbx.extensions["1001"].member == "new@example.org"


class TestRows:
    """What a row says."""

    def test_every_fault_of_a_row_is_said_with_its_remedy(self, make: Callable[..., Site]) -> None:
        """So that one round of correction is enough."""
        site = make()
        (line,) = lines(site, site.imported(sheet("attach,new@example.org,,9999,3.31E+10")))
        assert "9999" in line.message
        assert "3.31E+10" in line.message
        assert "Its extensions are 1000-1999, 0100-0199." in line.remedy
        assert "format the column as Text" in line.remedy

    def test_whose_number_was_taken_is_said(self, make: Callable[..., Site]) -> None:
        """By force a number leaves an extension that somebody else keeps; its holder is named."""
        site = make((ADA,))
        text = sheet("force_attach,new@example.org,,1001,+33199001000")
        planned = site.plan(text)
        (line,) = lines(site, planned)
        assert line.message == (
            "new@example.org would get 1001; +33199001000 would no longer ring 1000 of ada@example.org."
        )
        (line,) = lines(site, site.imported(text))
        assert line.message == ("new@example.org has 1001 now; +33199001000 no longer rings 1000 of ada@example.org.")

    def test_ones_own_number_is_no_loss(self, make: Callable[..., Site]) -> None:
        """A member who moves takes the number along."""
        site = make((ADA,))
        (line,) = lines(site, site.imported(sheet("attach,ada@example.org,,1001,+33199001000")))
        assert line.message == "ada@example.org has 1001 now instead of 1000."
