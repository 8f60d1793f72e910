"""The site is built from the documents as they are, finds what is searched for, and has no link that leads nowhere."""

from __future__ import annotations

import shutil
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from house import site
from house.places import ROOT, documents


class Page(HTMLParser):
    """What a page links to, what it loads, and the anchors it has."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.anchors.add(values.get("id") or "")
        if tag == "a":
            self.links.add(values.get("href") or "")
        elif tag in ("link", "script", "img"):
            self.loaded.add(values.get("href") or values.get("src") or "")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("site")
    ended = site.build(work)
    assert ended.returncode == 0, ended.stdout
    return work / "site"


@pytest.fixture(scope="module")
def pages(built: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in built.rglob("*.html") if path.name != "404.html"}


def test_every_link_leads_to_a_page_and_its_heading(pages: dict[Path, Page]) -> None:
    wrong = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or not link:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                wrong.append(f"{path.name}: {link}: no such file")
            elif target in pages and unquote(parts.fragment) not in pages[target].anchors | {""}:
                wrong.append(f"{path.name}: {link}: no such heading")
    assert wrong == []


def test_nothing_is_loaded_from_elsewhere(pages: dict[Path, Page]) -> None:
    loaded = {link for page in pages.values() for link in page.loaded}
    assert {link for link in loaded if urlsplit(link).netloc} == set()


def test_every_document_is_in_the_menu_and_can_be_searched(built: Path) -> None:
    text = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    menu = str(tomllib.loads(text)["project"]["nav"])
    found = (built / "search.json").read_text(encoding="utf-8")
    for document in documents():
        place = document.relative_to(ROOT)
        assert f"'{place}'" in menu, f"zensical.toml: nav lacks {place}"
        page = "index.html" if document.name == "README.md" else str(place.with_suffix(".html"))
        assert f'"{page}' in found, f"{page} cannot be searched"


def test_a_link_that_leads_nowhere_ends_the_build(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "README.md").write_text("# Home\n\n[nowhere](docs/nowhere.md)\n", encoding="utf-8")
    shutil.copyfile(ROOT / "zensical.toml", tmp_path / "zensical.toml")
    ended = site.run_zensical(tmp_path)
    assert ended.returncode != 0
    assert "page does not exist" in ended.stdout
