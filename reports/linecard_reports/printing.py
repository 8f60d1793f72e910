"""Templates: the site's own before linecard's, and an error that names the line to correct."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linecard.api import ReportError, sanitize

if TYPE_CHECKING:
    from jinja2 import Environment

OWN = "linecard"
"""Under `linecard/report.html.j2` a site's template of the same name finds the one that it takes the place of."""

_REMEDY = "Correct it, or take it away: linecard's own then takes its place."


def printed(name: str, facts: dict[str, Any], folder: Path | None) -> Iterator[str]:
    """A template's text in portions. Raises `ReportError` when the site's own template is wrong."""
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        stream = _environment(folder).get_template(name).stream(**facts)
        stream.enable_buffering(200)
        yield from stream
    except TemplateSyntaxError as error:
        raise _wrong(error.filename or error.name or name, error.lineno, error.message or "") from error
    except UnicodeDecodeError as error:
        raise ReportError(f"A template in {folder} is not UTF-8: {error}.", remedy=_REMEDY) from error
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        place = _place(error, folder)
        if place is None:
            raise  # a mistake of linecard's own
        raise _wrong(*place, f"{error}") from error


def _place(error: Exception, folder: Path | None) -> tuple[str, int] | None:
    """The innermost line of a template of the site's own that was at work; jinja puts them into the traceback."""
    found = None
    for frame in traceback.extract_tb(error.__traceback__):
        if folder is not None and Path(frame.filename).is_relative_to(folder):
            found = (frame.filename, frame.lineno or 0)
    return found


def _wrong(file: str, line: int, message: str) -> ReportError:
    return ReportError(f"{file}, line {line}: {message.strip().rstrip('.')}.", remedy=_REMEDY)


@cache
def _environment(folder: Path | None) -> Environment:
    from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    brought = PackageLoader("linecard_reports")
    own = [FileSystemLoader(folder)] if folder is not None else []
    environment = SandboxedEnvironment(
        loader=ChoiceLoader([*own, brought, PrefixLoader({OWN: brought})]),
        autoescape=lambda name: name is None or not name.endswith(".txt.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        cache_size=400 if folder is None else 0,  # a file that was added or taken away counts at once
    )
    environment.filters["harmless"] = sanitize
    environment.filters["login"] = login
    return environment


def login(text: object) -> str:
    """An e-mail for HTML, harmless, that a narrow column breaks before its `@`."""
    from markupsafe import Markup, escape

    return Markup("<wbr>@").join(escape(part) for part in sanitize(text).split("@"))
