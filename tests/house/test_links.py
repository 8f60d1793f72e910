"""Links between the documents lead somewhere, and modules that they name are there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from house.markdown import anchors, links
from house.places import ROOT, documents, name


@pytest.mark.parametrize("document", documents(), ids=name)
def test_every_relative_link_leads_to_a_file_and_its_heading(document: Path) -> None:
    wrong = []
    for link in links(document.read_text(encoding="utf-8")):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        target, _, fragment = link.partition("#")
        file = (document.parent / target).resolve() if target else document
        if not file.is_relative_to(ROOT) or not file.exists():
            wrong.append(f"{link}: no such file")
        elif fragment and fragment not in anchors(file.read_text(encoding="utf-8")):
            wrong.append(f"{link}: no such heading")
    assert wrong == []


@pytest.mark.parametrize("document", sorted((ROOT / "docs").glob("*.md")), ids=name)
def test_every_page_can_be_reached_from_the_readme(document: Path) -> None:
    """In one step, or by way of docs/index.md."""
    pages = (ROOT / "README.md", ROOT / "docs" / "index.md")
    reached = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in pages
        for link in links(page.read_text(encoding="utf-8"))
    }
    assert document in reached or document.name == "index.md"


def named(document: Path) -> list[tuple[str, str]]:
    """Modules in code spans, such as `rules/check.Sheet`, and what of them is named, if anything."""
    text = document.read_text(encoding="utf-8")
    return re.findall(r"`((?:model|rules|ports|store|pipeline|runtime)/\w+)(?:\.py)?(?:\.(\w+))?`", text)


@pytest.mark.parametrize("document", documents(), ids=name)
def test_every_module_that_is_named_is_there(document: Path) -> None:
    """And has what is named in it."""
    for path, inner in named(document):
        module = importlib.import_module(f"linecard.{path.replace('/', '.')}")
        assert not inner or hasattr(module, inner), f"{path} has no {inner}"


def test_the_life_of_a_drop_names_the_modules_on_its_way() -> None:
    found = {path for path, _ in named(ROOT / "docs" / "life-of-a-drop.md")}
    way = {"intake", "receive", "plan", "planner", "apply", "recovery", "settlement", "report_files"}
    assert {f"pipeline/{step}" for step in way} <= found


@pytest.mark.parametrize("document", sorted((ROOT / "docs").glob("*.md")), ids=name)
def test_every_test_that_is_named_is_in_the_file_that_the_link_leads_to(document: Path) -> None:
    named = re.findall(r"\[`(test_\w+)`\]\(([^)#]+)\)", document.read_text(encoding="utf-8"))
    assert [
        test
        for test, target in named
        if not re.search(rf"(?m)^ *(async )?def {test}\(", (document.parent / target).read_text(encoding="utf-8"))
    ] == []
