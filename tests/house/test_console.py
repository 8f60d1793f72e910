"""What the documents show of a terminal is what a terminal shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from house.console import Example, examples, matches, settled, typed
from house.markdown import blocks
from house.places import documents, name

SHOWING = [path for path in documents() if blocks(path.read_text(encoding="utf-8"), "console")]


def test_the_documents_that_newcomers_read_show_a_terminal() -> None:
    assert {"README.md", "docs/start.md", "docs/sheet.md"} <= {name(path) for path in SHOWING}


@pytest.mark.parametrize("document", SHOWING, ids=name)
def test_every_command_prints_what_the_document_shows(document: Path, tmp_path: Path) -> None:
    found = examples(blocks(settled(document.read_text(encoding="utf-8")), "console"))
    seen = typed([example.command for example in found], tmp_path)
    assert len(seen) == len(found)
    for example, lines in zip(found, seen, strict=True):
        assert matches(example.shown, lines), "\n".join([f"$ {example.command}", *lines])


def test_a_block_is_read_as_commands_with_their_output() -> None:
    block = "$ cat <<END\n> one\n> END\none\n$ true\n$ echo a\na\n"
    assert examples([block]) == [Example("cat <<END\none\nEND", ["one"]), Example("true"), Example("echo a", ["a"])]


def test_three_dots_stand_for_any_lines_and_nothing_else_does() -> None:
    assert matches(["a", "...", "d"], ["a", "b", "c", "d"])
    assert matches(["a", "..."], ["a"])
    assert not matches(["a", "...", "d"], ["a", "b"])
    assert not matches([], ["a"])
    assert not matches(["a"], ["a", "b"])


def test_the_exit_code_of_a_command_is_there_for_the_next(tmp_path: Path) -> None:
    assert typed(["false", "echo $?", "echo $?", "pwd"], tmp_path) == [[], ["1"], ["0"], ["/home/anna"]]
