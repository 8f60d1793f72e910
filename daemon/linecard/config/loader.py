"""From linecard.yaml to a `Config`, or to a list of all that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from linecard.config import columns, crosschecks, yaml_text
from linecard.config.models import Config
from linecard.config.problems import Problem, of_validation, shown
from linecard.config.yaml_text import Document
from linecard.errors import ConfigError, PluginError

OptionsOf = Callable[[str], type[BaseModel]]
"""The options model of a backend by its name; raises `PluginError` when no plugin serves it."""


def load(path: Path, options_of: OptionsOf) -> Config:
    """The configuration in this file, checked whole.

    Raises `ConfigError` with all problems in the order of the file, one line each; a mistake in the YAML
    itself is told alone, because nothing after it can be trusted. Secrets are not read.
    """
    file = path.absolute()
    document = yaml_text.read(path, path.name)
    if document.data is None:
        document.data = {}
    problems = [*document.problems, *columns.fill(document, file.parent)]
    config, wrong = _validated(document, file.parent)
    settings, refused = _settings(document, options_of)
    problems += [*wrong, *refused, *crosschecks.problems(document, file.parent)]
    if problems or config is None:
        raise _unusable(path, problems)
    return config.loaded(file, settings)


def _unusable(path: Path, problems: list[Problem]) -> ConfigError:
    # Of what stands in another file than the configuration, the file's own name comes after.
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: (problem.file != path.name, *problem[:3]))
    count = "one problem" if len(ordered) == 1 else f"{len(ordered)} problems"
    return ConfigError(f"{path} cannot be used: {count}.", problems=tuple(map(str, ordered)))


def _validated(document: Document, folder: Path) -> tuple[Config | None, list[Problem]]:
    try:
        return Config.model_validate(document.data, context={"folder": folder}), []
    except ValidationError as error:
        return None, list(of_validation(error, document, Config))


def _settings(document: Document, options_of: OptionsOf) -> tuple[dict[str, BaseModel], list[Problem]]:
    """The options of each PBX as its plugin's model, by name, and what is wrong with the others."""
    settings: dict[str, BaseModel] = {}
    problems: list[Problem] = []
    for name, pbx in _pbxs(document.data).items():
        loc = ("pbxs", name)
        backend = pbx.get("backend") if isinstance(pbx, dict) else None
        if not isinstance(backend, str) or not backend.strip():
            continue
        try:
            model = options_of(backend)
        except PluginError as error:
            expected = f"a kind of PBX that a plugin serves: {error} {error.remedy}".rstrip()
            problems.append(document.problem((*loc, "backend"), shown(backend), expected))
            continue
        options = {} if pbx.get("options") is None else pbx["options"]
        try:
            settings[name] = model.model_validate(options)
        except ValidationError as error:
            if isinstance(options, dict):
                problems += of_validation(error, document, model, (*loc, "options"))
    return settings, problems


def _pbxs(data: Any) -> dict[str, Any]:
    pbxs = data.get("pbxs") if isinstance(data, dict) else None
    return pbxs if isinstance(pbxs, dict) else {}
