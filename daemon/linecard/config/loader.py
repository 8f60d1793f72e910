"""From linecard.yaml to a `Config`, or to a list of all that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from linecard.config import columns, crosschecks
from linecard.config.models import Config
from linecard.errors import ConfigError, PluginError
from linecard.infrastructure import yaml_text
from linecard.infrastructure.problems import Problem, quote
from linecard.infrastructure.validation import find_problems
from linecard.infrastructure.yaml_text import YamlDocument

OptionsOf = Callable[[str], type[BaseModel]]


class Plugins(Protocol):
    """The options model of a kind by its name; each raises `PluginError` when no plugin serves it."""

    def backend_options(self, name: str) -> type[BaseModel]: ...

    def inbox_options(self, name: str) -> type[BaseModel]: ...

    def processor_options(self, name: str) -> type[BaseModel]: ...

    def sink_options(self, name: str) -> type[BaseModel]: ...

    def opener_options(self, name: str) -> type[BaseModel]: ...


def load(path: Path, plugins: Plugins) -> Config:
    """The configuration in this file, checked whole.

    Raises `ConfigError` with all problems in the order of the file, one line each; a mistake in the YAML
    itself is told alone, because nothing after it can be trusted. Secrets are not read.
    """
    file = path.absolute()
    document = yaml_text.read_yaml(path, path.name)
    if document.data is None:
        document.data = {}
    problems = [*document.problems, *columns.fill_maps(document, file.parent)]
    config, wrong = _validate(document, file.parent)
    of_pbxs, refused = _settings(document, "pbxs", "backend", "", plugins.backend_options)
    of_inboxes, refused_too = _settings(document, "inboxes", "kind", "local", plugins.inbox_options)
    of_sinks, refused_as_well = _settings(document, "sinks", "kind", "", plugins.sink_options)
    of_processors, refused_processors = _settings(document, "processors", "kind", "", plugins.processor_options)
    of_openers, refused_openers = _openers(document, plugins.opener_options)
    problems += [
        *wrong,
        *refused,
        *refused_too,
        *refused_as_well,
        *refused_openers,
        *refused_processors,
        *crosschecks.cross_check(document, file.parent),
    ]
    if problems or config is None:
        raise _unusable(path, problems)
    return config.from_file(file, of_pbxs, of_inboxes, of_sinks, of_openers, of_processors)


def find_state(path: Path) -> Path | None:
    """The state folder of the site of this configuration file, which may be wrong in whatever else it says.

    None when the file cannot be read, or its `state` is no text.
    """
    try:
        return find_state_in(yaml_text.read_text(path), path.absolute().parent)
    except OSError:
        return None


def find_state_in(text: str, folder: Path) -> Path | None:
    """The same, of the text of a configuration file in this folder."""
    found = yaml_text.find_text(text, "state")
    return None if found is None else folder / (found or "state")


def _unusable(path: Path, problems: list[Problem]) -> ConfigError:
    # Of what stands in another file than the configuration, the file's own name comes after.
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: (problem.file != path.name, *problem[:3]))
    count = "one problem" if len(ordered) == 1 else f"{len(ordered)} problems"
    return ConfigError(f"{path} cannot be used: {count}.", problems=tuple(map(str, ordered)))


def _validate(document: YamlDocument, folder: Path) -> tuple[Config | None, list[Problem]]:
    try:
        return Config.model_validate(document.data, context={"folder": folder}), []
    except ValidationError as error:
        return None, list(find_problems(error, document, Config))


def _settings(
    document: YamlDocument, section: str, key: str, usual: str, options_of: OptionsOf
) -> tuple[dict[str, BaseModel], list[Problem]]:
    """The options of each PBX (or inbox) as its plugin's model, by name, and what is wrong with the others.

    `key` names the kind, `usual` is the one meant where it is left out.
    """
    settings: dict[str, BaseModel] = {}
    problems: list[Problem] = []
    for name, part in _parts(document.data, section).items():
        loc = (section, name)
        kind = (part.get(key) or usual) if isinstance(part, dict) else None
        if not isinstance(kind, str) or not kind.strip():
            continue
        try:
            model = options_of(kind)
        except PluginError as error:
            expected = f"a kind that a plugin serves: {error} {error.remedy}".rstrip()
            problems.append(document.problem((*loc, key), quote(kind), expected))
            continue
        options = {} if part.get("options") is None else part["options"]
        try:
            settings[name] = model.model_validate(options)
        except ValidationError as error:
            if isinstance(options, dict):
                problems += find_problems(error, document, model, (*loc, "options"))
    return settings, problems


def _openers(document: YamlDocument, options_of: OptionsOf) -> tuple[dict[str, dict[str, BaseModel]], list[Problem]]:
    """The options of what is wrapped around the files of each inbox, by inbox and kind, and what is wrong with them."""
    found: dict[str, dict[str, BaseModel]] = {}
    problems: list[Problem] = []
    for name, part in _parts(document.data, "inboxes").items():
        named = part.get("open") if isinstance(part, dict) else None
        wrappings = {**_by_itself(part), **(named if isinstance(named, dict) else {})}
        for kind, given in wrappings.items():
            if given == "off":
                continue
            loc = ("inboxes", name, "open", kind)
            try:
                model = options_of(str(kind))
            except PluginError as error:
                if not (isinstance(named, dict) and kind in named):  # which an installation may lack
                    continue
                expected = f"a container that a plugin opens: {error} {error.remedy}".rstrip()
                problems.append(document.problem(loc, quote(kind), expected, at_key=True))
                continue
            try:
                found.setdefault(name, {})[kind] = model.model_validate({} if given is None else given)
            except ValidationError as error:
                if given is None or isinstance(given, dict):
                    problems += find_problems(error, document, model, loc)
    return found, problems


def _by_itself(inbox: Any) -> dict[str, None]:
    """What is opened without being named: people, who save workbooks, drop files into folders of this machine."""
    is_local = isinstance(inbox, dict) and inbox.get("kind", "local") == "local"
    return {"workbook": None} if is_local else {}


def _parts(data: Any, section: str) -> dict[str, Any]:
    parts = data.get(section) if isinstance(data, dict) else None
    return parts if isinstance(parts, dict) else {}
