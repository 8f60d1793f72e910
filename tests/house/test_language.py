"""Documents and sentences are written as a native would: words that mark a translation stay out.

Each of these was all over them once. The list has only what no English speaker would write here, so that nobody has to
argue with it; a word that is right now and then does not belong on it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from house.places import ROOT

BETTER = {
    r"anew": "again",
    r"whoever": "anyone who, or say who",
    r"shall": "should, or is to",
    r"prolong\w*": "extend",
    r"(part|parts|parted|parting) with": "remove",
    r"(breaks|broke|broken|breaking) off": "interrupt",
    r"day and night": "around the clock",
    r"(is|was|be) told": "say who reports what: linecard reports, you are notified",
    r"tells? of": "report",
    r"for what (it is|they are)": "say what it is",
    r"be (it|they) (right|a|an|with|by)": "whether",
    r"of before": "earlier",
    r"in peace": "alone",
    r"(?<!there )(is|are) no (action|extension|number|e-mail|letter|row|sheet|valid)": "is not a",
    r"(is|was|be) (mended|seen to)": "fix",
    r"[Ll]ook(s|ed)? whether": "check whether",
    r"otherwise than": "differently from",
    r"something else than": "something other than",
    r"(gives?|gave|giving) (it|the run|a run|the file|a letter) up": "discard, drop or stop",
    r"letters? to (readers|a reader)": "message",
    r"(comes|come|came) to something else": "differ",
    r"[Dd]id you mean it by": "did you mean",
}
SIGNS = re.compile(rf"\b({'|'.join(BETTER)})\b")

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
SOURCES = [
    path
    for room in ("daemon", "plugins", "reports")
    for path in sorted((ROOT / room).rglob("*"))
    if path.suffix in {".py", ".j2"} and "migrations" not in path.parts
]


def signs(text: str) -> list[str]:
    """What reads as translated, with the words around it."""
    return [" ".join(text[max(0, m.start() - 30) : m.end() + 30].split()) for m in SIGNS.finditer(text)]


def sentences(path: Path) -> Iterator[str]:
    """What somebody may read of a source: its texts, and the docstrings of commands, which are their help."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".j2":
        yield re.sub(r"(?s)\{#.*?#\}", "", text)
        return
    tree = ast.parse(text)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    commands = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and isinstance(node.body[0], ast.Expr)
        and any(re.match(r"\w+\.(command|group)\b", ast.unparse(mark)) for mark in node.decorator_list)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            said = id(node) not in docs or id(node) in commands
            yield from [node.value] * said


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_has_no_words_that_mark_a_translation(path: Path) -> None:
    assert signs(path.read_text(encoding="utf-8")) == []


def test_no_sentence_of_the_program_has_them() -> None:
    found = {str(path.relative_to(ROOT)): signs(" \n ".join(sentences(path))) for path in SOURCES}
    assert {path: words for path, words in found.items() if words} == {}


def test_the_words_are_found_where_they_are() -> None:
    """Each of them, in a sentence and across the end of a line; what only looks alike is not."""
    said = "Keep it, and shall\nmake it anew for whoever is told of a run that broke off; day and night, parted with."
    assert len(signs(said)) == 7
    assert signs("a shallow partition, renewed; it looked at her at length, told you so, and gave up") == []
