"""Programs to speak with: the one of the documents, and ones that do what they should not."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

from house.places import ROOT
from linecard.api import Context
from linecard.testing import make_context
from linecard_exec.backend import ExecBackend, build
from linecard_exec.options import ExecOptions


def write_perl(folder: Path) -> Path:
    """The program of docs/exec.md, as it stands there."""
    found = re.search(r"(?ms)^```perl\n(.*?)^```", (ROOT / "docs/exec.md").read_text(encoding="utf-8"))
    assert found is not None
    return write_program(folder / "pbx.pl", found[1])


def write_python(folder: Path, body: str) -> Path:
    """A program that has said hello; `body` is what it does with a `request`, whose answer is `say(...)`."""
    head = """\
    #!/usr/bin/env python3
    import json, os, sys, time

    def say(**words):
        print(json.dumps(words), flush=True)

    for line in sys.stdin:
        request = json.loads(line)
        if request.get("op") == "hello":
            say(id=request["id"], hello={"protocol": 1, "can": ["several"], "abilities": ["examine"], "ahead": 3})
            say(id=request["id"], end=True)
            continue
    """
    return write_program(folder / "program.py", textwrap.dedent(head) + textwrap.indent(textwrap.dedent(body), "    "))


def write_program(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def open_program(path: Path, context: Context | None = None, **options: object) -> ExecBackend:
    known = {"command": [str(path)], "timeout": 20.0}
    return build(ExecOptions.model_validate(known | options), context or make_context(path.parent, "hq"))


def fill_file(path: Path, entries: object) -> None:
    """The file that the program of the documents keeps."""
    held = {extension: {"member": member, "numbers": list(numbers)} for extension, member, numbers in entries}  # type: ignore[attr-defined]
    path.write_text(json.dumps(held), encoding="utf-8")
