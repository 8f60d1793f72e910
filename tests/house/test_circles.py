"""No two modules need each other: what is understood last would have to be understood first."""

from __future__ import annotations

from pathlib import Path

import grimp
import pytest

from house.circles import circles
from house.places import SOURCES

PACKAGES = sorted(path.name for root in SOURCES for path in root.iterdir() if (path / "__init__.py").exists())


def test_no_modules_import_each_other_in_a_circle() -> None:
    """What is imported for types alone counts as well: a type is what a reader has to understand first."""
    assert "linecard" in PACKAGES
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert circles(imports) == []


@pytest.mark.parametrize(
    ("imports", "found"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"a"}}, [["a", "b"]]),
        ({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": {"e"}, "e": {"d"}}, [["b", "c"], ["d", "e"]]),
    ],
)
def test_circles_are_found(imports: dict[str, set[str]], found: list[list[str]]) -> None:
    assert circles(imports) == found


def test_an_import_for_types_closes_a_circle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "rounded"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "inbox.py").write_text("from rounded.reply import put\n")
    (package / "reply.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from rounded.inbox import Inbox\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    graph = grimp.build_graph("rounded", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert circles(imports) == [["rounded.inbox", "rounded.reply"]]
