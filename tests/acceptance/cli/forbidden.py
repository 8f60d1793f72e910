"""Run as a user without privileges: commands typed while a path of a site is forbidden to that user.

`forbidden.py FOLDER` makes a site in FOLDER and prints one JSON object for each command: the case, the words, the exit
code, what went to standard error, and the exception if one got out.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner

from linecard.cli import main

SITE_COMMANDS = (
    *("resume", "once", "status", "status --json", "approve 1 x", "discard 1", "runs", "show 1", "report 1", "undo 1"),
    *("digest", "outbox list", "outbox retry 1", "inbox trust hr", "keys list", "keys make --pgp a@b.org"),
    *("members", "secret hq 1000", "mail test a@b.org", "clock", "doctor", "doctor --json", "serve"),
    *("check SHEET", "plan SHEET", "import SHEET --yes"),
)
SHEET_COMMANDS = ("check SHEET", "plan SHEET", "import SHEET --yes", "keys import SHEET")
OUTPUT_COMMANDS = (
    *("sample -o OUT", "sample -o OUT.xlsx", "report 1 -o OUT", "report 1 --format retry --workbook -o OUT.xlsx"),
    "init OUT",
)
WRITING_COMMANDS = ("import SHEET --yes", "once", "resume", "doctor", "status", "undo 1 --yes")
CASES = {
    "this folder": (".", SITE_COMMANDS),
    "configuration": ("site/linecard.yaml", SITE_COMMANDS),
    "folder of the configuration": ("site", ("members", "doctor", "serve", "check SHEET")),
    "state folder": ("site/state", SITE_COMMANDS),
    "state database": ("site/state/linecard.db", SITE_COMMANDS),
    "embedded PBX": ("site/state/hq.pbx.sqlite3", ("plan SHEET", "import SHEET --yes", "members", "doctor")),
    "sheet": ("sheets/sheet.csv", SHEET_COMMANDS),
    "folder of the sheet": ("sheets", SHEET_COMMANDS),
    "archive": ("site/archive", (*WRITING_COMMANDS, "serve")),
    "folder of files that were begun": ("site/archive/.begun", (*WRITING_COMMANDS, "serve")),
    "reports": ("site/reports", WRITING_COMMANDS),
    "column maps": ("site/columns", ("members", "doctor", "plan SHEET")),
    "templates": ("site/templates", ("report 1 --format html", "doctor")),
    "output folder": ("out", OUTPUT_COMMANDS),
}


@contextmanager
def forbid(path: Path) -> Iterator[None]:
    mode = path.stat().st_mode
    path.chmod(0)
    try:
        yield
    finally:
        path.chmod(mode)


def type_command(folder: Path, *words: str, named: bool = True) -> tuple[int, str, str, str]:
    env = {"LINECARD_CONFIG": str(folder / "site/linecard.yaml") if named else None}
    done = CliRunner().invoke(main, words, input="y\n", env=env)
    exception = "" if isinstance(done.exception, SystemExit | None) else repr(done.exception)
    return done.exit_code, done.stdout, done.stderr, exception


def run_cases(folder: Path) -> None:
    (folder / "sheets").mkdir()
    (folder / "out").mkdir()
    sheet = folder / "sheets/sheet.csv"
    sheet.write_text("Action,LoginEmail,Extension\nattach,ada@example.com,1000\n")
    for words in (("init", str(folder / "site")), ("import", str(sheet), "--yes")):
        code, _, err, exception = type_command(folder, *words)
        assert code == 0, err + exception
    for part in ("columns", "templates"):
        (folder / "site" / part).mkdir()
    (folder / "site/columns/feed.yaml").write_text("columns: {LoginEmail: LoginEmail}\n")
    config = folder / "site/linecard.yaml"
    text = config.read_text().replace("region: FR", "templates: templates\nregion: FR", 1)
    config.write_text(text.replace("    default_pbx: hq", "    default_pbx: hq\n    sheet: {columns: feed}", 1))
    for case, (name, commands) in CASES.items():
        (folder / "here").mkdir(exist_ok=True)
        os.chdir(folder / "here")
        with forbid(folder / "here" if name == "." else folder / name):
            for command in commands:
                words = command.replace("SHEET", str(sheet)).replace("OUT", str(folder / "out/new")).split()
                code, out, err, exception = type_command(folder, *words, named=name != ".")
                told = {"case": case, "command": command, "code": code, "out": out, "err": err, "exception": exception}
                print(json.dumps(told), flush=True)


if __name__ == "__main__":
    run_cases(Path(sys.argv[1]))
