"""LibreOffice and Gnumeric from Debian's packages, at work on files: opened, typed into as a person does, and saved."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from integration.debian import unpacked

LIBRARIES = ("usr/lib", "lib")
ASKS_FOR_ANOTHER_START = 81
CSV_FILTER = "Text - txt - csv (StarCalc)"
FILTERS = {".csv": CSV_FILTER, ".xlsx": "Calc MS Excel 2007 XML", ".ods": "calc8"}
CSV_OPTIONS = "44,34,76,1,,0,false,true"
"""A comma, double quotes, UTF-8, from the first line, cells as they are shown; and read with dates recognised."""


class Job(NamedTuple):
    """A file to open, what is typed into its cells (by their names, in order), and the file to save."""

    source: Path
    target: Path
    typed: Mapping[str, str]


def relocate(root: Path) -> Path:
    """Packages that lie where they were unpacked: links and settings that name `/usr` lead there."""
    for link in root.rglob("*"):
        if link.is_symlink() and (to := str(link.readlink())).startswith("/") and (root / to[1:]).exists():
            link.unlink()
            link.symlink_to(root / to[1:])
    return root


def environment(root: Path, home: Path) -> dict[str, str]:
    folders = (
        "usr/lib/libreoffice/program",
        "usr/lib",
        *(f"{lib}/{platform.machine()}-linux-gnu" for lib in LIBRARIES),
    )
    return {
        **os.environ,
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",  # the country decides what is a date
        "LD_LIBRARY_PATH": ":".join(str(root / folder) for folder in folders),
        "GNUMERIC_PLUGIN_PATH": str(next(iter(root.glob("usr/lib/gnumeric/*/plugins")), "")),
    }


def type_in_libreoffice(folder: Path, jobs: Sequence[Job]) -> None:
    """Open each file, type into it and save it, all in one start of the program.

    What is typed is entered as from the keyboard: a cell makes of it what its format says.
    """
    root = _libreoffice()
    said = folder / "said.txt"
    profile = folder / "profile"
    program = root / "usr/lib/libreoffice/program/soffice.bin"
    words = ["--headless", "--norestore", f"-env:UserInstallation=file://{profile}", "macro:///Standard.Work.Main"]
    for _ in range(3):  # it ends once it has made its profile, and asks to be started again
        _write_macro(profile, jobs, said)
        done = subprocess.run(
            [program, *words], check=False, env=environment(root, folder), capture_output=True, timeout=300
        )
        if done.returncode != ASKS_FOR_ANOTHER_START and said.exists():
            break
    assert done.returncode == 0, done.stderr
    assert said.read_text().splitlines() == [*(job.target.name for job in jobs), "done"]


def save_by_gnumeric(folder: Path, source: Path, target: Path) -> Path:
    root = relocate(unpacked("gnumeric", "gnumeric"))
    command = [root / "usr/bin/ssconvert", source, target]
    subprocess.run(command, env=environment(root, folder), check=True, capture_output=True, timeout=100)
    return target


def _libreoffice() -> Path:
    root = relocate(unpacked("libreoffice", "libreoffice-calc-nogui"))
    home = root / "usr/lib/libreoffice"
    shutil.copytree(home / "share/.registry", root / "etc/libreoffice/registry", dirs_exist_ok=True)
    for settings in (home / "program/fundamentalrc", home / "program/sofficerc"):
        text = settings.read_text()
        settings.write_text(re.sub("file:///(usr|etc|var)/", f"file://{root}/\\1/", text))
    return root


_LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:{kind} PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "{file}.dtd">
<library:{kind} xmlns:library="http://openoffice.org/2000/library" xmlns:xlink="http://www.w3.org/1999/xlink" {more}
"""
_NAMED = 'library:name="Standard" library:readonly="false" library:passwordprotected="false"'
_MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Work" script:language="StarBasic">
"""
_BASIC = """
Function Pair(sName As String, vValue)
  Dim p As New com.sun.star.beans.PropertyValue
  p.Name = sName
  p.Value = vValue
  Pair = p
End Function

Sub TypeInto(oDoc, sCell As String, sText As String)
  oFrame = oDoc.CurrentController.Frame
  oDispatcher = createUnoService("com.sun.star.frame.DispatchHelper")
  oDispatcher.executeDispatch(oFrame, ".uno:GoToCell", "", 0, Array(Pair("ToPoint", sCell)))
  oDispatcher.executeDispatch(oFrame, ".uno:EnterString", "", 0, Array(Pair("StringName", sText)))
End Sub

Sub Main
  oDesktop = createUnoService("com.sun.star.frame.Desktop")
  Dim n As Integer
  n = FreeFile
  Open {said} For Output As #n
{jobs}  Print #n, "done"
  Close #n
  oDesktop.terminate()
End Sub
"""


def _write_macro(profile: Path, jobs: Sequence[Job], said: Path) -> None:
    """The work as a Basic macro of the profile, where LibreOffice looks for it."""
    basic = profile / "user" / "basic"
    (basic / "Standard").mkdir(parents=True, exist_ok=True)
    for kind, element in (("script", ' <library:element library:name="Work"/>\n'), ("dialog", "")):
        link = f'$(USER)/basic/Standard/{kind}.xlb/" xlink:type="simple" library:link="false"/>\n'
        text = _LIBRARY.format(kind="libraries", file="libraries", more=">")
        text += f' <library:library library:name="Standard" xlink:href="{link}</library:libraries>\n'
        (basic / f"{kind}.xlc").write_text(text)
        text = _LIBRARY.format(kind="library", file="library", more=f"{_NAMED}>")
        (basic / "Standard" / f"{kind}.xlb").write_text(f"{text}{element}</library:library>\n")
    code = _BASIC.format(said=_quote(str(said)), jobs="".join(line for job in jobs for line in _basic(job)))
    (basic / "Standard" / "Work.xba").write_text(f"{_MODULE}{escape(code)}</script:module>\n", encoding="utf-8")


def _basic(job: Job) -> Iterable[str]:
    opened = ['Pair("Hidden", True)', *_filter(job.source)]
    yield f'  oDoc = oDesktop.loadComponentFromURL({_url(job.source)}, "_blank", 0, Array({", ".join(opened)}))\n'
    for cell, text in job.typed.items():
        yield f"  TypeInto(oDoc, {_quote(cell)}, {_quote(text)})\n"
    yield f"  oDoc.storeToURL({_url(job.target)}, Array({', '.join(_filter(job.target))}))\n"
    yield f"  oDoc.close(True)\n  Print #n, {_quote(job.target.name)}\n"


def _filter(file: Path) -> list[str]:
    found = [f'Pair("FilterName", {_quote(FILTERS[file.suffix])})']
    return [*found, f'Pair("FilterOptions", "{CSV_OPTIONS}")'] if file.suffix == ".csv" else found


def _url(file: Path) -> str:
    return _quote(file.as_uri())


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
