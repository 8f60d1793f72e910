"""`--help`: quick, complete, and in words."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest

from acceptance.cli.terminal import PROGRAM, typed
from linecard.cli import SECTIONS

COMMANDS = [name for commands in SECTIONS.values() for name in commands]
FACTS = {"check", "plan", "import", "resume", "runs", "show", "members", "plugins", "doctor"}
HEAVY = {"sqlalchemy", "alembic", "pydantic", "phonenumbers", "jinja2", "rich", "yaml", "pluggy", "email_validator"}


def test_nothing_heavy_is_imported_to_say_it():
    """The libraries that take long to import wait until a command works."""
    code = (
        "import sys\n"
        "from linecard.cli import main\n"
        f"for words in {[['--help'], ['--version'], *([name, '--help'] for name in COMMANDS)]!r}:\n"
        "    main(words, standalone_mode=False)\n"
        f"    print(*words, *({HEAVY!r} & sys.modules.keys()), sep=';', file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines() == ["--help", "--version", *(f"{name};--help" for name in COMMANDS)]


def test_all_commands_are_listed_with_a_sentence_each():
    """In sections, with the exit codes that scripts need."""
    said = typed("--help")
    assert said.code == 0
    for title, commands in SECTIONS.items():
        assert f"{title}:\n" in said.out
        for name, summary in commands.items():
            assert any(line.split()[:1] == [name] and summary[:30] in line for line in said.out.splitlines())
    assert "Exit codes: 0 " in said.out


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name):
    """A sentence first, and every option has words; --json where facts are printed, --config where a site is meant.

    So do the commands below it, whose summaries are not cut off.
    """
    said = typed(name, "--help")
    assert said.code == 0
    usage, _, first, *_ = said.out.splitlines()
    assert usage.startswith(f"Usage: linecard {name} ")
    assert first.strip()[0].isupper()
    options = said.out.split("Options:\n")[1].splitlines()
    assert all(len(line.split()) > 2 or after.startswith("     ") for line, after in pairwise(options) if "  -" in line)
    if name in FACTS:
        assert "--json" in said.out
    if name not in ("init", "sample", "plugins"):
        assert "--config FILE" in said.out
    _, _, below = said.out.partition("Commands:\n")
    assert "..." not in below
    for line in below.splitlines():
        command = line.split()[0]
        if (name, command) != ("plugins", "new"):  # which is written for no site
            assert "--config FILE" in typed(name, command, "--help").out


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_both_spellings(word):
    """-h is --help."""
    assert typed(word).out == typed("--help").out


def test_a_command_that_does_not_exist():
    """Exit code 2, and where to look."""
    said = typed("imprt", "x.csv")
    assert said.code == 2
    assert "No such command 'imprt'" in said.err


def test_no_command_shows_the_help():
    """On the real program too."""
    done = subprocess.run([PROGRAM], capture_output=True, text=True, check=False)
    assert "From a sheet to a report:" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
