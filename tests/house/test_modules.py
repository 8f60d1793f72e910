"""How the source tree is laid out."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from house.places import SOURCES, modules, name

VAGUE = {"utils", "util", "helpers", "helper", "base", "manager", "common", "misc"}


@pytest.mark.parametrize("root", SOURCES, ids=name)
def test_a_source_root_is_no_package(root: Path) -> None:
    """So that nothing collides with packages named `daemon`, `plugins` or `reports`."""
    assert root.is_dir()
    assert not (root / "__init__.py").exists()


def test_every_module_is_named_for_what_it_is() -> None:
    """`utils` names a place where things are put, not what they are."""
    parts = {part for path in modules() for part in (path.stem, path.parent.name)}
    assert {part for part in parts if VAGUE & {part, *part.split("_")}} == set()


def test_every_module_says_what_it_is() -> None:
    silent = [name(path) for path in modules() if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert [path for path in silent if "/migrations/" not in path] == []


def test_one_place_says_what_people_may_be_shown() -> None:
    """`str.isprintable` would take the no-break spaces of a French sentence for something that hides."""
    own = {
        "daemon/linecard/rules/sanitize.py",
        "plugins/linecard_asterisk/steps.py",  # what a login of a PBX may hold, not what is shown
    }
    assert naming("isprintable") == own


def test_one_place_makes_files_durable() -> None:
    """What must hold after a power cut is an order of calls that nobody should have to write again."""
    assert naming("fsync", "O_EXCL", "O_TMPFILE") == {"daemon/linecard/infrastructure/files.py"}


def naming(*attributes: str) -> set[str]:
    """The modules that use an attribute of one of these names."""
    return {
        name(path)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in attributes
    }
