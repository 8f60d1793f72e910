"""Runs as a site meets them, from all fine to everything wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from linecard.api.backend import Change, Entry, Holding
from linecard.model.run import Run
from linecard.pipeline import quarantine
from linecard.pipeline.receive import keep, receive
from linecard.pipeline.run_loop import drive
from linecard.runtime.interactive_operator import InteractiveOperator
from linecard.runtime.operations import Operations
from linecard.testing import Silence, Trouble
from unit.reports.sites import Site, sheet

PEOPLE = (
    Entry("1000", "ada@example.org", ("+33199001000",)),
    Entry("1001", "alan@example.org", ("+33199001001",)),
    Entry("1002", "grace@example.org", ()),
    Entry("1003", "edsger@example.org", ()),
    Entry("1004", "barbara@example.org", ()),
    Entry("1005", "hedy@example.org", ("+33199001005",)),
    Entry("1006", None, ()),
    Entry("0107", "tony@example.org", ()),
)
Scene = Callable[[Path], tuple[Site, Run]]


def clean(folder: Path) -> tuple[Site, Run]:
    """Joiners, a mover and a leaver: all done."""
    site = Site(folder, PEOPLE)
    text = sheet(
        "attach,mary@example.org,,1300,+33199001300",
        "attach,Jules@Example.org,hq,0101,",
        "attach,grace@example.org,,1010,",
        "attach,alan@example.org,,1001,+33199001099",
        "detach,edsger@example.org,,,",
    )
    return site, site.imported(text, "joiners.csv", description="Joiners of December")


def unchanged(folder: Path) -> tuple[Site, Run]:
    """Everything is so already."""
    site = Site(folder, PEOPLE)
    return site, site.imported(sheet("attach,ada@example.org,,1000,", "detach,nobody@example.org,,,"))


def rejected(folder: Path) -> tuple[Site, Run]:
    """A file in the encoding of an old spreadsheet."""
    site = Site(folder, PEOPLE)
    return site, site.imported(sheet("attach,rené@example.org,,1300,").encode("cp1252"), "liste du personnel.csv")


def header(folder: Path) -> tuple[Site, Run]:
    """A file whose header has several faults."""
    site = Site(folder, PEOPLE)
    return site, site.imported("Act,Extension,ShortNumber,Desk\nattach,1000,1001,7\n")


def held(folder: Path) -> tuple[Site, Run]:
    """More leavers than may go without a person, a takeover and a mistake."""
    site = Site(folder, PEOPLE)
    leavers = [f"detach,{name}@example.org,,," for name in ("ada", "alan", "grace", "edsger")]
    text = sheet(*leavers, "force_attach,mary@example.org,,1004,", "atach,jules@example.org,,1301,")
    return site, site.imported(text, "leavers.csv")


def discarded(folder: Path) -> tuple[Site, Run]:
    """A plan that a person has looked at and refused."""
    site, run = held(folder)
    with site.working():
        return site, Operations(site.service).discard(run, why="answered no")


def broken(folder: Path) -> tuple[Site, Run]:
    """The PBX fell silent in the middle of it."""
    site = Site(folder, PEOPLE, trouble=Trouble(silence=Silence(at=2, lasting=True)))
    text = sheet(*(f"attach,new{n}@example.org,,14{n:02},+331990014{n:02}" for n in range(4)))
    return site, site.imported(text, "joiners.csv")


def crashed(folder: Path) -> tuple[Site, Run]:
    """A file that no process could read to its end."""
    site = Site(folder, PEOPLE)
    store, file = site.service.store, sheet("attach,mary@example.org,,1300,").encode()
    drop = keep(site.service.config.archive, "joiners.csv", [file], store, most=10**6)
    with site.working():
        run = store.get_run(receive(store, "hr", drop, description="", who="anna"))
        return site, quarantine.hold_file(store, run, ["SIGKILL", "SIGSEGV", "SIGKILL"], 0, who="anna")


def half_made(folder: Path) -> tuple[Site, Run]:
    """Stopped after three of five changes; somebody took an extension meanwhile, and the rest was discarded."""
    site = Site(folder, PEOPLE)
    text = sheet(
        "attach,mary@example.org,,1300,", "attach,grace@example.org,,1010,", "force_attach,tony@example.org,,1011,"
    )
    service, run = site.service, site.plan(text, "movers.csv")
    operator = InteractiveOperator(
        "anna", lambda _run: False, lambda _what, _run: lambda _count: None, lambda: len(made(site)) > 2
    )
    operations = Operations(service)
    with site.working():
        places = service.feed(None), service.pbxs, service.config.archive, operator, service.premises
        run = drive(service.store, operations.approve(run, why="seen", seen=True), *places).run
        site.pbx.put("1011", Holding("late@example.org"))
        run = operations.drive(
            run, service.feed(None), confirm=lambda _run: False, stage=operator.stage, stop=lambda: False, asks=True
        )
        return site, operations.discard(run, why="answered no")


def made(site: Site) -> list[Change]:
    return site.pbx.operations


def everything(folder: Path) -> tuple[Site, Run]:
    """Every outcome, and most of what can be wrong with a row."""
    site = Site(folder, PEOPLE, trouble=Trouble(refuses=_locked, pretends=lambda change: change.extension == "1502"))
    return site, site.imported(EVERYTHING, "<b onload=x>every thing.csv", description='What can go wrong & "more"')


def _locked(change: Change) -> str:
    return "station <locked> by \x1b[31madmin\u202e" if change.extension == "1501" else ""


EVERYTHING = sheet(
    "% what works",
    "attach,mary@example.org,,1300,+33199001300,A1",
    "force_attach,jules@example.org,,1005,,A1",
    "attach,grace@example.org,,1010,,A1",
    "attach,alan@example.org,,1001,+33199001099,A1",
    "detach,edsger@example.org,hq,1003,,A1",
    "attach,ada@example.org,,1000,,A1",
    "detach,nobody@example.org,,,,A1",
    "% what is refused",
    "attach,new@example.org,,1004,,A2",
    "attach,new@example.org,,1011,+33199001000,A2",
    "detach,tony@example.org,,1234,,A2",
    "% what the PBX does not do",
    "attach,locked@example.org,,1501,,A3",
    "attach,pretended@example.org,,1502,,A3",
    "% what is wrong",
    "atach,typo@example.org,,1320,,A4",
    "attach,not-an-address,,9321,112,A4",
    "attach,lost@example.org,,1322,3.31E+10,A4",
    "attach,where@example.org,paris,1323,,A4",
    "attach,too,many,cells,in,this,row",
    "=HYPERLINK(0),<script>alert(1)</script>,,1324,,A4",
    "attach,,,0108,,A4",
    "% what is odd",
    'attach,odd@example.org,Siège,\'0109,"=""+33199001109""",A5',
    "detach,odd@example.org,,,+33199001109,A5",
    head="Action,LoginEmail,PbxId,Extension,Number,Cost\u00a0Centre",
)

SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for scene in (clean, unchanged, rejected, header, held, discarded, broken, crashed, half_made, everything)
}
