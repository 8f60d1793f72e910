"""A package's templates, and a site's own before them."""

from __future__ import annotations

import sys

import jinja2
import pytest

from linecard.infrastructure.templates import BUILT_IN, Templates

NAME = "report.html.j2"
"""One that the package brings."""


@pytest.fixture
def templates() -> Templates:
    return Templates("linecard_reports", {})


@pytest.fixture
def own(tmp_path):
    """A site's own template, in its folder."""
    return tmp_path / "own.txt.j2"


def code(templates, folder, name):
    return templates.environment(folder).get_template(name).root_render_func.__code__


def test_what_the_package_brings_is_compiled_once(templates, tmp_path):
    """To compile the templates of a mail takes longer than to write and send it, and each mail needs them again."""
    assert code(templates, tmp_path, NAME) is code(templates, tmp_path, NAME)
    assert code(templates, tmp_path, NAME) is code(templates, tmp_path / "other", NAME)


def test_another_template_of_the_same_text_is_one_of_its_own(templates, own):
    """Whether it escapes depends on its name."""
    for file in (own, own.with_name("own.html.j2")):
        file.write_text("{{ said }}")
    found = [templates.environment(own.parent).get_template(name) for name in ("own.txt.j2", "own.html.j2")]
    assert [template.render(said="<b>") for template in found] == ["<b>", "&lt;b&gt;"]


def test_a_file_that_is_changed_added_or_taken_away_counts_at_once(templates, own):
    """Nobody restarts the daemon for it; back to what it was, it is what it was."""
    environment = templates.environment(own.parent)
    for text in ("one", "two", "one"):
        own.write_text(text)
        assert environment.get_template(own.name).render() == text
    brought = environment.get_template(NAME).filename
    own.with_name(NAME).write_text(f"{{% include '{BUILT_IN}/parts.html.j2' %}}")
    assert environment.get_template(NAME).filename == str(own.with_name(NAME))
    own.with_name(NAME).unlink()
    assert environment.get_template(NAME).filename == brought


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Where Python, and so linecard, keeps compiled files."""
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "kept"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path / "kept"


def refuse_to_compile(monkeypatch):
    monkeypatch.setattr(jinja2.Environment, "compile", lambda *_, **__: pytest.fail("compiled"))


def test_what_one_process_compiled_the_next_one_finds(templates, kept, monkeypatch):
    """A command that files a report takes a tenth less time."""
    assert code(templates, None, NAME)
    refuse_to_compile(monkeypatch)
    assert code(Templates("linecard_reports", {}), None, NAME)


def test_the_sites_own_are_not_kept_beside_the_packages(templates, own, kept):
    own.write_text("one")
    code(templates, own.parent, own.name)
    assert not list(kept.rglob("*.jinja"))


@pytest.mark.parametrize("left", [0, 1, 30, 60, 100, 1000])
def test_a_kept_file_that_was_cut_short_is_compiled_again(templates, kept, left):
    whole = code(templates, None, NAME).co_code
    (file,) = kept.rglob("*.jinja")
    file.write_bytes(file.read_bytes()[:left])
    assert code(Templates("linecard_reports", {}), None, NAME).co_code == whole


def test_a_place_that_cannot_be_written_to_costs_no_more_than_time(templates, kept):
    kept.write_text("a file where the folder should be")
    assert code(templates, None, NAME)


def test_python_told_to_keep_nothing_keeps_nothing(templates, kept, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert code(templates, None, NAME)
    assert not kept.exists()
