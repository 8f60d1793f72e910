"""Templates: the site's own before linecard's, and an error that names the line to correct."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from linecard.api import sanitize
from linecard.api.report import ReportError, Templates, format_duration, locate_error

_REMEDY = "Correct it, or take it away: linecard's own then takes its place."


def render(name: str, facts: dict[str, Any], folder: Path | None) -> Iterator[str]:
    """A template's text in portions. Raises `ReportError` when the site's own template is wrong."""
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        stream = TEMPLATES.environment(folder).get_template(name).stream(**facts)
        stream.enable_buffering(200)
        yield from stream
    except TemplateSyntaxError as error:
        raise _template_error(error.filename or error.name or name, error.lineno, error.message or "") from error
    except UnicodeDecodeError as error:
        raise ReportError(f"A template in {folder} is not UTF-8: {error}.", remedy=_REMEDY) from error
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        place = locate_error(error, folder)
        if place is None:
            raise  # a mistake of linecard's own
        raise _template_error(*place, f"{error}") from error


def _template_error(file: str, line: int, message: str) -> ReportError:
    return ReportError(f"{file}, line {line}: {message.strip().rstrip('.')}.", remedy=_REMEDY)


def break_login(text: object) -> str:
    """An e-mail for HTML, harmless, that a narrow column breaks before its `@`."""
    from markupsafe import Markup, escape

    return Markup("<wbr>@").join(escape(part) for part in sanitize(text).split("@"))


TEMPLATES = Templates("linecard_reports", {"login": break_login, "duration": format_duration})
