"""Files of YAML that describe something, checked by a model, with all that is wrong at its place."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from linecard.errors import ConfigError
from linecard.infrastructure import yaml_text
from linecard.infrastructure.validation import find_problems

Model = TypeVar("Model", bound=BaseModel)


def load_model(path: Path, name: str, model: type[Model]) -> Model:
    """What this file of YAML describes; `name` is how messages call it.

    Raises `ConfigError` with a line for each problem, `file:line:column key: found, expected`.
    """
    document = yaml_text.read_yaml(path, name)
    try:
        found = model.model_validate({} if document.data is None else document.data)
        problems = document.problems
    except ValidationError as error:
        found = None
        problems = [*document.problems, *find_problems(error, document, model)]
    if found is None or problems:
        lines = tuple(map(str, sorted(problems, key=lambda problem: problem[:3])))
        count = "one problem" if len(lines) == 1 else f"{len(lines)} problems"
        raise ConfigError(f"{path} cannot be used: {count}.", problems=lines)
    return found
