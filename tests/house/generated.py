"""The parts of docs/reference.md that are written by the program itself.

`PYTHONPATH=tests .venv/bin/python -m house.generated` writes them anew; a test fails when they are stale.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from house import session, tiers
from house.places import REFERENCE
from linecard.cli import main
from linecard.config.models import Config
from linecard.registry import Registry

WIDTH = 100
_BLOCK = re.compile(r"(?s)(<!-- generated: (?P<name>[a-z]+) -->\n).*?(<!-- end -->)")


# -- commands ----------------------------------------------------------------------------------------------------------


def commands() -> str:
    """The help of the program and of every command, as a terminal of 100 columns shows it."""
    top = click.Context(main, info_name="linecard", terminal_width=WIDTH, **_settings())
    parts = [_help("linecard", main.get_help(top))]
    for name in main.list_commands(top):
        command = main.get_command(top, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=top, terminal_width=WIDTH)
        parts.append(_help(f"linecard {name}", command.get_help(context)))
        for inner, part in getattr(command, "commands", {}).items():
            within = click.Context(part, info_name=inner, parent=context, terminal_width=WIDTH)
            parts.append(_help(f"linecard {name} {inner}", part.get_help(within)))
    return "\n".join(parts)


def _settings() -> dict[str, Any]:
    return {key: value for key, value in main.context_settings.items() if key != "obj"}


def _help(title: str, text: str) -> str:
    return f"### {title}\n\n```text\n{text}\n```\n"


# -- configuration -----------------------------------------------------------------------------------------------------


def configuration() -> str:
    """Every setting with its default and its meaning, section by section."""
    return "\n".join(_section(path, model) for path, model in _sections("", Config))


def options() -> str:
    """The options of each kind of PBX and of inbox that linecard brings."""
    parts = []
    for plugin in Registry().list_plugins():
        if plugin.distribution == "linecard":
            for kind in plugin.backends:
                parts += _with_parts(f"options of a PBX of the kind `{kind.name}`", kind.options)
            parts += [_section(f"settings of `open: {o.name}:`", o.options) for o in plugin.openers]
            parts += [_section(f"options of an inbox of the kind `{i.name}`", i.options) for i in plugin.inboxes]
            parts += [_section(f"options of a processor of the kind `{p.name}`", p.options) for p in plugin.processors]
            parts += [_section(f"options of a sink of the kind `{s.name}`", s.options) for s in plugin.sinks]
    return "\n".join(parts)


def _with_parts(title: str, model: type[BaseModel]) -> list[str]:
    """A model, and those that stand in it, each under the key at which it does."""
    (_, whole), *parts = _sections("", model)
    return [_section(title, whole), *(_section(f"{path} of {title}", part) for path, part in parts)]


def _sections(path: str, model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Each model with the paths under which it stands; one that stands in several places comes once."""
    yield f"`{path}`" if path else "the site", model
    inner: dict[type[BaseModel], list[str]] = {}
    for key, field in model.model_fields.items():
        for kind, many in _models(field):
            inner.setdefault(kind, []).append(f"{path}.{key}".lstrip(".") + (".NAME" if many else ""))
    for kind, paths in inner.items():
        found = list(_sections(paths[0], kind))
        yield "`, `".join([found[0][0], *(f"{other}`" for other in paths[1:])]).replace("``", "`"), kind
        yield from found[1:]


def _models(field: FieldInfo) -> Iterator[tuple[type[BaseModel], bool]]:
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield kind, kind is not field.annotation and type(None) not in get_args(field.annotation)


def _section(title: str, model: type[BaseModel]) -> str:
    lines = [f"#### {title[0].upper()}{title[1:]}", "", "| Setting | Default | Meaning |", "|---|---|---|"]
    lines += [
        f"| `{key}` | {_default(field)} | {(field.description or '').replace('|', chr(92) + '|')} |"
        for key, field in model.model_fields.items()
    ]
    return "\n".join([*lines, ""])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined or isinstance(value, BaseModel) or value in ((), {}):
        return "none" if not isinstance(value, BaseModel) else "see below"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


# -- files -------------------------------------------------------------------------------------------------------------

BLOCKS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "configuration": configuration,
    "options": options,
    "json": session.shapes,
    "tiers": tiers.table,
}


def names(text: str) -> list[str]:
    """The generated blocks of a document."""
    return [found["name"] for found in _BLOCK.finditer(text)]


def fresh(text: str) -> str:
    """The document with its generated blocks as they should be."""
    return _BLOCK.sub(lambda found: f"{found[1]}\n{BLOCKS[found['name']]()}\n{found[3]}", text)


def write(path: Path) -> None:
    path.write_text(fresh(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write(REFERENCE)
    print(REFERENCE)
