"""A new plugin: a project that can be installed, with types, tests and a file for CI, made of templates."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from linecard.api import API_VERSION
from linecard.errors import ConfigError
from linecard.infrastructure.access import find_remedy
from linecard.infrastructure.files import write_whole

SUMMARIES = {
    "backend": "A PBX, read and changed through {title}.",
    "inbox": "Files from {title}.",
    "sink": "Results of runs, by {title}.",
    "opener": "Files packed by {title}.",
    "renderer": "Reports in the format {title}.",
    "processor": "The rule {title} about rows.",
}
"""What each kind of plugin says of itself until its author says it better."""
USAGES = {
    "backend": "pbxs:\n  hq:\n    backend: {name}\n    options: {{path: state/{name}.json}}",
    "inbox": "inboxes:\n  hr: {{kind: {name}, path: /mnt/hr, default_pbx: hq}}",
    "sink": "sinks:\n  team: {{kind: {name}, options: {{path: runs.txt}}}}\n"
    "inboxes:\n  hr: {{path: inbox, default_pbx: hq, tell: [{{sink: team}}]}}",
    "opener": "inboxes:\n  hr: {{path: inbox, default_pbx: hq, open: {{{name}: {{required: true}}}}}}",
    "renderer": "inboxes:\n  hr: {{path: inbox, default_pbx: hq}}   # linecard report 1 --format {name}",
    "processor": 'processors:\n  {name}: {{kind: {name}, options: {{sites: {{"1": hq}}}}}}\n'
    "inboxes:\n  hr: {{path: inbox, default_pbx: hq, processors: [{name}]}}",
}
"""How linecard.yaml names each."""
EVERY = "every"
"""The folder of templates that all kinds share."""
TEST = "test.py.j2"


def make_plugin_project(folder: Path, name: str, kind: str) -> list[Path]:
    """Write the project of a plugin of this kind into a folder that is not there yet. The files, as they were written.

    `name` is what linecard.yaml shall call it. Raises `ConfigError`.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", name) or keyword.iskeyword(name):
        raise ConfigError(
            f"{name} cannot be the name of a plugin.",
            remedy="Take small letters, digits and _, beginning with a letter, such as acme_pbx.",
        )
    if folder.exists():
        raise ConfigError(f"{folder} is there already.", remedy="Choose another folder with --output.")
    try:
        return [_write(folder / path, text) for path, text in _render(name, kind)]
    except OSError as error:
        raise ConfigError(
            f"The plugin cannot be written: {error.filename}: {error.strerror}.", remedy=find_remedy(error, folder)
        ) from error


def _write(path: Path, text: str) -> Path:
    with write_whole(path, text=True, fsync=False) as out:
        out.write(text)
    return path


def _render(name: str, kind: str) -> Iterator[tuple[str, str]]:
    """Each file of the project, by its path, and its text."""
    title = "".join(word.capitalize() for word in name.split("_"))
    package = f"linecard_{name}"
    words = {
        "name": name,
        "title": title,
        "package": package,
        "distribution": package.replace("_", "-"),
        "summary": SUMMARIES[kind].format(title=title),
        "usage": USAGES[kind].format(name=name),
        "api": API_VERSION,
    }
    # Marks that occur in neither Python nor YAML; what is written is no page that could be attacked.
    environment = Environment(  # noqa: S701
        variable_start_string="<~", variable_end_string="~>", undefined=StrictUndefined, keep_trailing_newline=True
    )
    templates = resources.files(__package__) / "plugin_templates"
    for path, source in _walk(templates / EVERY):
        yield path.removesuffix(".j2"), environment.from_string(source).render(words)
    for path, source in _walk(templates / kind):
        place = f"tests/test_{name}.py" if path == TEST else f"src/{package}/{path.removesuffix('.j2')}"
        yield place, environment.from_string(source).render(words)
    yield f"src/{package}/py.typed", ""


def _walk(folder: Traversable, above: str = "") -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _walk(entry, f"{above}{entry.name}/")
        else:
            yield f"{above}{entry.name}", entry.read_text(encoding="utf-8")
