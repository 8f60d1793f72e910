"""Column maps: what an HR system calls the columns of a sheet, ready to be named in an inbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from linecard.config.fields import Actions, Columns, Names
from linecard.config.models import Section
from linecard.infrastructure import yaml_text
from linecard.infrastructure.problems import Problem, nearest, quote
from linecard.infrastructure.shipped_files import find_ready_file, label_file, list_ready_names
from linecard.infrastructure.validation import find_problems
from linecard.infrastructure.yaml_text import YamlDocument
from linecard.rules.cells import fold_word


class ColumnMap(Section):
    """One file of columns/: header names of a feed, and its words for the actions."""

    columns: Columns = Field(description="The feed's own header names for linecard's columns.")
    actions: Actions = Field(
        default_factory=dict, description="The feed's own words for attach, force_attach and detach."
    )
    action: Literal["attach", "force_attach", "detach"] | None = Field(
        default=None, description="The action of all rows, where the feed has no column for it."
    )
    ignore_columns: Names = Field(default=(), description="Header names of the feed that mean nothing to linecard.")


def fill_maps(document: YamlDocument, folder: Path) -> list[Problem]:
    """Puts ready maps in place of their names, in every inbox of a configuration not yet checked.

    The sheet's own `actions` win over those of the map. What is wrong with a name or a map is returned.
    """
    problems: list[Problem] = []
    inboxes = document.data.get("inboxes") if isinstance(document.data, dict) else None
    for name, inbox in (inboxes if isinstance(inboxes, dict) else {}).items():
        sheet = inbox.get("sheet") if isinstance(inbox, dict) else None
        if not isinstance(sheet, dict) or not isinstance(sheet.get("columns"), str):
            continue
        found = find_ready_file("columns", sheet["columns"], folder)
        if found is None:
            problems.append(_unknown_map(document, name, sheet["columns"], folder))
            sheet["columns"] = {}
        else:
            ready, wrong = read_map(found, label_file(found, folder))
            problems += wrong
            _put(sheet, ready)
    return problems


def read_map(path: Path, name: str) -> tuple[ColumnMap | None, list[Problem]]:
    """The map in this file, or what is wrong with it. Raises `ConfigError` when it is no YAML."""
    document = yaml_text.read_yaml(path, name)
    try:
        ready = ColumnMap.model_validate({} if document.data is None else document.data)
    except ValidationError as error:
        return None, [*document.problems, *find_problems(error, document, ColumnMap)]
    return ready, document.problems


def _put(sheet: dict[str, Any], ready: ColumnMap | None) -> None:
    sheet["columns"] = {} if ready is None else {column: list(names) for column, names in ready.columns.items()}
    own = sheet.get("actions")
    if ready is not None and (own is None or isinstance(own, dict)):
        taken = {fold_word(word) for word in own or {}}
        under = {word: str(action) for word, action in ready.actions.items() if fold_word(word) not in taken}
        sheet["actions"] = {**under, **(own or {})}
    if ready is not None and ready.action is not None:
        sheet.setdefault("action", ready.action)
    if ready is not None and ready.ignore_columns:
        sheet.setdefault("ignore_columns", list(ready.ignore_columns))


def _unknown_map(document: YamlDocument, inbox: str, name: str, folder: Path) -> Problem:
    known = list_ready_names("columns", folder)
    expected = f"columns with their header names, or one of the ready maps {', '.join(known)}{nearest(name, known)}"
    return document.problem(("inboxes", inbox, "sheet", "columns"), quote(name), expected)
