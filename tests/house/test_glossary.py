"""The glossary has every word that users and authors of plugins meet, each once."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from itertools import pairwise
from pathlib import Path

from house.places import ROOT
from linecard import api
from linecard.config.models import Config
from linecard.model.outcome import Outcome
from linecard.model.run import State

GROUPS = [api, *(import_module(f"linecard.api.{group.name}") for group in pkgutil.iter_modules(api.__path__))]
PAGE = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
TABLES = [
    [row.split(" | ")[0].removeprefix("| ") for row in table.splitlines()[2:]]
    for table in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE)
]


def missing(names: set[str]) -> set[str]:
    return names - set(re.findall(r"`([^`\n]+)`", PAGE))


def test_all_that_plugins_may_use_stands_there() -> None:
    """But for functions, whose names are what they do."""
    assert missing({name for group in GROUPS for name in group.__all__ if name[0].isupper()}) == set()


def test_every_state_and_every_outcome_stands_there() -> None:
    assert missing({*State, *Outcome}) == set()


def test_every_section_of_the_configuration_stands_there() -> None:
    assert missing(set(Config.model_fields)) == set()


def test_a_term_is_defined_once_and_found_by_the_alphabet() -> None:
    terms = [term for table in TABLES for term in table]
    assert len(terms) > 50
    assert len(set(terms)) == len(terms)
    assert [(a, b) for table in TABLES for a, b in pairwise(table) if a.lower() > b.lower()] == []


def test_a_term_is_explained_in_one_sentence() -> None:
    """Which ends with a full stop; what others call it follows."""
    for row in re.findall(r"^\| (?!Term|---)(.*) \|$", PAGE, re.MULTILINE):
        _, sentence, names, others = row.split(" | ")
        assert re.fullmatch(r"[A-Z][^.]*(\.\d+[^.]*)*\.", sentence), sentence
        assert names
        assert others


def test_the_documents_lead_to_it() -> None:
    docs = Path(ROOT / "docs")
    assert "(glossary.md)" in (docs / "index.md").read_text(encoding="utf-8")
    assert "(docs/glossary.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
