"""The pages and mails that are looked at: those of the golden files, and an archive with a few reports."""

from __future__ import annotations

from pathlib import Path

from unit.reports.scenes import PEOPLE
from unit.reports.sites import Site, sheet

GOLDEN = Path(__file__).parents[2] / "golden"
REPORTS = ("everything", "held", "clean")
MAILS = ("everything", "held", "clean", "digest")
PICTURED: dict[str, Path | None] = {
    **{f"report-{name}": GOLDEN / f"{name}.html" for name in REPORTS},
    **{f"mail-{name}": GOLDEN / "mail" / f"{name}.en.html" for name in MAILS},
    "index": None,
}
"""What is pictured, by name, with its file; the page that lists reports is made first."""
HOSTILE = "<img src=x onerror=document.title=1>.csv"


def archive(folder: Path) -> Site:
    """A site with four reports in two months: done, not all done, refused and held."""
    made = Site(folder, PEOPLE)
    made.imported(sheet("attach,mary@example.org,,1300,"), "été.csv", description="Joiners of December")
    made.imported(sheet("attach,bob@example.org,,1000,"), HOSTILE)
    made.clock.at = made.clock.at.replace(year=2027, month=1)
    made.imported("Act,Extension\n1,2\n", "broken.csv")
    made.imported(sheet(*(f"detach,{n}@example.org,,," for n in ("ada", "alan", "grace", "edsger"))), "leavers.csv")
    return made
