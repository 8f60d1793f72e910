"""Templates in a sandbox: a site's own stand before those that a package brings."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from linecard.rules.sanitize import sanitize

if TYPE_CHECKING:
    from jinja2 import Environment

BUILT_IN = "linecard"
"""Under `linecard/report.html.j2` a site's template of the same name finds the one that it takes the place of."""


class Templates:
    """The templates of a package. Jinja is loaded by the first use.

    Every page of HTML escapes what is put into it; `harmless` and the given filters are there for all text.
    """

    def __init__(self, package: str, filters: Mapping[str, Callable[[object], object]]) -> None:
        self._package, self._filters = package, filters
        self._environments: dict[Path | None, Environment] = {}

    def environment(self, folder: Path | None) -> Environment:
        """Where templates of this folder come first."""
        if folder not in self._environments:
            self._environments[folder] = self._build(folder)
        return self._environments[folder]

    def _build(self, folder: Path | None) -> Environment:
        from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined
        from jinja2.sandbox import SandboxedEnvironment

        brought = PackageLoader(self._package)
        own = [FileSystemLoader(folder)] if folder is not None else []
        environment = SandboxedEnvironment(
            loader=ChoiceLoader([*own, brought, PrefixLoader({BUILT_IN: brought})]),
            autoescape=lambda name: name is None or not name.endswith(".txt.j2"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            cache_size=400 if folder is None else 0,  # a file that was added or taken away counts at once
        )
        environment.filters.update({"harmless": sanitize, **self._filters})
        return environment


def locate_error(error: Exception, folder: Path | None) -> tuple[str, int] | None:
    """File and line of what is wrong in a template; None where no template of the folder was at work."""
    from jinja2 import TemplateSyntaxError

    if isinstance(error, TemplateSyntaxError):
        return error.filename or error.name or "", error.lineno
    found = None
    for frame in traceback.extract_tb(error.__traceback__):  # jinja puts the lines of templates into it
        if folder is not None and Path(frame.filename).is_relative_to(folder):
            found = (frame.filename, frame.lineno or 0)
    return found
