"""The order of operations that keeps the promises: each line that may not move says what breaks if it does."""

from __future__ import annotations

import re

import pytest

from house.places import ROOT, modules

STEPS = (
    "claim",
    "keep",
    "approve",
    "intend",
    "commit",
    "send",
    "read back",
    "owe",
    "follow",
    "end",
    "report",
    "dispose",
    "write",
)
"""The steps of a drop whose order keeps a promise."""

_COMMENT = re.compile(r"^ *# Order \((?P<step>[a-z ]+)\): (?P<words>.*(?:\n *# .*)*)", re.MULTILINE)
_TEST = re.compile(r"\b(tests/[\w/]+\.py)(?:::(\w+))?")


def _comments() -> list[tuple[str, str, str]]:
    """Each such comment of the product: where, of which step, and its words on one line."""
    found = []
    for path in modules():
        for match in _COMMENT.finditer(path.read_text()):
            words = re.sub(r"\s*\n *# ", " ", match["words"])
            found.append((str(path.relative_to(ROOT)), match["step"], words))
    return found


def test_each_step_says_why_its_order_may_not_change() -> None:
    assert {step for _, step, _ in _comments()} == set(STEPS)


@pytest.mark.parametrize(("where", "step", "words"), _comments())
def test_the_test_that_shows_it_exists(where: str, step: str, words: str) -> None:
    named = _TEST.search(words)
    if named is None:  # a second line of a step
        others = [said for _, other, said in _comments() if other == step and said != words]
        assert any(map(_TEST.search, others)), f"{where}: name the test that shows what breaks"
        return
    file, test = named.groups()
    assert (ROOT / file).exists(), f"{where} names {file}"
    assert test is None or f"def {test}(" in (ROOT / file).read_text(), f"{where} names {file}::{test}"
