"""Every word that a user may meet is explained in the documents, and no word that is explained is gone."""

from __future__ import annotations

import inspect
import pkgutil
import re
from importlib import import_module

import pytest

from house.markdown import rows, section, words
from house.places import REFERENCE, ROOT
from linecard import api, hookspecs
from linecard.model.outcome import FINE, Code, Outcome
from linecard.model.run import State
from linecard.model.sheet import FILE_FAULTS, Action, Column, FaultCode
from linecard.ports.backend import Can
from linecard.registry import Registry
from linecard.rules.column_names import SYNONYMS
from linecard.rules.sentences import SENTENCES
from linecard.rules.states import MOVES

TEXT = REFERENCE.read_text(encoding="utf-8")
SHEET = (ROOT / "docs" / "sheet.md").read_text(encoding="utf-8")
START = (ROOT / "docs" / "start.md").read_text(encoding="utf-8")
BACKENDS = (ROOT / "docs" / "backends.md").read_text(encoding="utf-8")
HOOKS = sorted(name for name, _ in inspect.getmembers(hookspecs, inspect.isfunction) if name.startswith("linecard_"))


def table(text: str, heading: str) -> dict[str, list[str]]:
    """The first code span of each row of the table under a heading, with the other cells of the row."""
    return {words(cells[0])[0]: cells[1:] for cells in rows(section(text, heading))}


def test_every_outcome_code_is_explained_and_no_other() -> None:
    assert sorted(table(TEXT, "Outcomes and their codes")) == sorted(Code)


def test_every_outcome_code_has_its_sentence() -> None:
    assert sorted(SENTENCES) == sorted(Code)


def test_every_code_stands_with_an_outcome_and_every_outcome_that_has_its_own() -> None:
    """An invalid row carries the code of a fault, a planned one that of what it will be."""
    found = {words(cells[0])[0] for cells in table(TEXT, "Outcomes and their codes").values()}
    assert found == set(Outcome) - {Outcome.INVALID, Outcome.PLANNED}


def test_every_outcome_that_needs_a_person_says_what_to_do() -> None:
    assert sorted(table(START, "Read the report")) == sorted(set(Outcome) - FINE)


def test_every_fault_is_explained_and_no_other() -> None:
    assert sorted(table(TEXT, "Faults")) == sorted(FaultCode)


def test_the_faults_that_refuse_a_file_are_those_said_to_concern_the_file() -> None:
    assert {code for code, cells in table(TEXT, "Faults").items() if cells[0] == "the file"} == set(FILE_FAULTS)


def test_the_warnings_are_the_same_in_both_places() -> None:
    assert {code for code, cells in table(TEXT, "Faults").items() if cells[0] == "warning"} == set(
        table(SHEET, "Warnings")
    )


def test_every_state_is_explained_with_the_states_that_may_follow() -> None:
    found = {state: set(words(cells[1])) for state, cells in table(TEXT, "States of a run").items()}
    assert found == {state: set(moves) for state, moves in MOVES.items()}


@pytest.mark.parametrize("state", State)
def test_the_diagram_has_the_state(state: State) -> None:
    diagram = section(TEXT, "States of a run").split("```")[1]
    assert re.search(rf"\b{state}\b", diagram)


def test_every_hook_is_explained_and_no_other() -> None:
    assert sorted(table(TEXT, "Plugin hooks")) == HOOKS


def test_every_ability_is_explained_with_its_methods_and_no_other() -> None:
    """As the protocols of `linecard.api` have them."""
    groups = [api, *(import_module(f"linecard.api.{group.name}") for group in pkgutil.iter_modules(api.__path__))]
    protocols = {
        name: getattr(group, name) for group in groups for name in group.__all__ if name.startswith("Supports")
    }
    held = {
        name: [method for method, found in vars(each).items() if inspect.isfunction(found) and method[0] != "_"]
        for name, each in protocols.items()
    }
    assert {name: words(cells[1]) for name, cells in table(TEXT, "What plugins may support").items()} == held


@pytest.mark.parametrize("hook", HOOKS)
def test_some_plugin_implements_the_hook(hook: str) -> None:
    registry = Registry()
    assert [plugin.problem for plugin in registry.list_plugins() if plugin.problem] == []
    assert getattr(registry._manager.hook, hook).get_hookimpls()


@pytest.mark.parametrize("hook", HOOKS)
def test_the_hook_says_what_it_gives(hook: str) -> None:
    assert inspect.getdoc(getattr(hookspecs, hook))


def test_every_capability_word_is_explained_and_no_other() -> None:
    assert sorted(table(BACKENDS, "What it can")) == sorted(Can)


def test_every_column_is_explained_with_its_other_spellings() -> None:
    found = {column: set(words(cells[0])) for column, cells in table(SHEET, "Columns").items()}
    assert found == {column: set(names) - {column} for column, names in SYNONYMS.items()}


def test_the_three_actions_have_a_column_each() -> None:
    heads = re.search(r"(?m)^\| Before the row \|(.*)\|$", section(SHEET, "The three actions"))
    assert heads is not None
    assert words(heads[1]) == list(Action)
    assert list(Column)[:5] == list(table(SHEET, "Columns"))[:5]


def test_every_report_format_is_explained_and_no_other() -> None:
    found = {name: words(cells[0])[0] for name, cells in table(TEXT, "Report formats").items()}
    assert found == {name: renderer.suffix for name, renderer in Registry().renderers().items()}
