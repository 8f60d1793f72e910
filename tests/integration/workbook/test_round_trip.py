"""Workbooks that linecard has written, opened and saved by the programs that people use."""

from __future__ import annotations

import io
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest

from integration.debian import unpacked
from linecard.infrastructure.workbook import write_workbook

SHEET = (
    "Action,LoginEmail,PbxId,Extension,Number,Reason\r\n"
    "attach,ada@example.com,hq,1234,'+33 1 23 45 67 89,held_by_other: somebody\r\n"
    "attach,b@example.com,hq,'0101,+33123456780,\"is '=1+1\"\r\n"
    "detach,c@example.com,hq,,,\r\n"
)
ROWS = [
    (2, "attach", "ada@example.com", "1234", "+33123456789"),
    (3, "attach", "b@example.com", "0101", "+33123456780"),
    (4, "detach", "c@example.com", "", ""),
    (5, "force_attach", "d@example.com", "1235", "+33123456781"),
    (6, "attach", "e@example.com", "0102", "3-4"),
]
"""What is read afterwards; the last two rows were typed by a person."""


def edited() -> bytes:
    """A retry sheet as a workbook, with two rows typed below; a cell has the format of its column."""
    out = io.BytesIO()
    write_workbook(io.StringIO(SHEET, newline=""), out)
    book = openpyxl.load_workbook(out)
    for line, action, member, extension, number in ROWS[3:]:
        for place, text in zip("ABDE", (action, member, extension, number), strict=True):
            cell = book["Sheet"][f"{place}{line}"]
            cell.value, cell.number_format = text, "@"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def moved(root: Path) -> Path:
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
        "LD_LIBRARY_PATH": ":".join(str(root / folder) for folder in folders),
        "GNUMERIC_PLUGIN_PATH": str(next(iter(root.glob("usr/lib/gnumeric/*/plugins")), "")),
    }


LIBRARIES = ("usr/lib", "lib")


def save_by_libreoffice(folder: Path) -> Path:
    """The workbook, saved as .ods."""
    root = moved(unpacked("libreoffice", "libreoffice-calc-nogui"))
    home = root / "usr/lib/libreoffice"
    shutil.copytree(home / "share/.registry", root / "etc/libreoffice/registry", dirs_exist_ok=True)
    for settings in (home / "program/fundamentalrc", home / "program/sofficerc"):
        text = settings.read_text()
        settings.write_text(re.sub("file:///(usr|etc|var)/", f"file://{root}/\\1/", text))
    profile = f"-env:UserInstallation=file://{folder}/profile"
    program = [home / "program/soffice.bin", "--headless", profile, "--convert-to", "ods", "--outdir", folder / "out"]
    for _ in range(2):  # it ends once it has made its profile, and asks to be started again
        done = subprocess.run(
            [*program, folder / "sheet.xlsx"],
            check=False,
            env=environment(root, folder),
            capture_output=True,
            timeout=200,
        )
        if done.returncode != ASKS_FOR_ANOTHER_START:
            break
    assert done.returncode == 0, done.stderr
    return folder / "out" / "sheet.ods"


ASKS_FOR_ANOTHER_START = 81


def save_by_gnumeric(folder: Path, ending: str) -> Path:
    root = moved(unpacked("gnumeric", "gnumeric"))
    out = folder / f"gnumeric.{ending}"
    command = [root / "usr/bin/ssconvert", folder / "sheet.xlsx", out]
    subprocess.run(command, env=environment(root, folder), check=True, capture_output=True, timeout=100)
    return out


@pytest.mark.parametrize("program", ["nobody", "libreoffice ods", "gnumeric xlsx", "gnumeric ods"])
def test_a_round_trip_changes_nothing_but_what_was_typed(tmp_path, read, program):
    (tmp_path / "sheet.xlsx").write_bytes(edited())
    name, _, ending = program.partition(" ")
    file = tmp_path / "sheet.xlsx"
    if name != "nobody":
        file = save_by_libreoffice(tmp_path) if name == "libreoffice" else save_by_gnumeric(tmp_path, ending)
    done = read(file.read_bytes())
    assert done.codes == []
    assert [(row.line, str(row.action), row.member, row.extension, row.number) for row in done.rows] == ROWS
