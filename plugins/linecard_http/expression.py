"""What a profile computes: templates of Jinja2 in linecard's sandbox, and paths of JMESPath into answers.

A text that consists of one `{{ ... }}` alone is the value itself, so that a number stays a number and null stays null;
any other text is text. What is put into the path of an address is escaped for it by the environment that renders it,
whatever the profile says; what is put into a query, a form or JSON is escaped when that is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import jmespath
from pydantic import AfterValidator

from linecard.api import is_printable, make_sandbox
from linecard_http.errors import ProfileError

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

Variables = Mapping[str, Any]
_ALONE = re.compile(r"\{\{((?:(?!\{\{|\}\}|\{%).)*)\}\}", re.DOTALL)


class _Omit:
    """What is left out of where it stands; null and a blank are other things."""

    def __repr__(self) -> str:
        return "omit"


OMIT = _Omit()


def _odata(value: object) -> str:
    """A literal of OData's, with its quotes."""
    return "'" + str(value).replace("'", "''") + "'"


def _combine(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """An object with other values for some keys, and without those that are `omit`."""
    return {key: value for key, value in {**one, **other}.items() if value is not OMIT}


def _only(one: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """The keys of an object that are named and there."""
    return {key: one[key] for key in keys if key in one}


def _escape(value: object) -> str:
    """What is put between two slashes. Raises `ProfileError` for what would mean another path."""
    if value is None or value is OMIT or isinstance(value, Mapping | list | tuple):
        raise ProfileError(f"{value!r} cannot be part of a path.")
    text = str(value)
    if text in {"", ".", ".."}:
        raise ProfileError(f"{text!r} cannot be part of a path.")
    return quote(text, safe="")


@cache
def _environment(*, of_paths: bool = False) -> SandboxedEnvironment:
    environment = make_sandbox(autoescape=False, **({"finalize": _escape} if of_paths else {}))
    environment.filters.update({"odata": _odata, "combine": _combine, "only": _only})
    environment.globals = {"omit": OMIT}
    return environment


@cache
def _expression(text: str) -> Callable[..., Any]:
    return _environment().compile_expression(text, undefined_to_none=False)


@cache
def _template(text: str, *, of_paths: bool) -> Any:
    return _environment(of_paths=of_paths).from_string(text)


@cache
def _path(text: str) -> Any:
    return jmespath.compile(text)


def evaluate(text: str, variables: Variables) -> Any:
    """The value of an expression of Jinja2's, without braces. Raises `ProfileError`."""
    from jinja2 import Undefined

    try:
        value = _expression(text)(**variables)
        if isinstance(value, Undefined):
            str(value)  # raises, and says which name it is
    except Exception as error:
        raise _explain(text, error) from error
    return value


def render(text: str, variables: Variables) -> Any:
    """What a text with templates comes to. Raises `ProfileError`."""
    if (alone := _ALONE.fullmatch(text)) is not None:
        return evaluate(alone[1].strip(), variables)
    if "{" not in text:
        return text
    try:
        return _template(text, of_paths=False).render(**variables)
    except Exception as error:
        raise _explain(text, error) from error


def render_path(text: str, variables: Variables) -> str:
    """A path of an address, each value in it escaped. Raises `ProfileError`."""
    try:
        path: str = _template(text, of_paths=True).render(**variables)
    except ProfileError:
        raise
    except Exception as error:
        raise _explain(text, error) from error
    return path


def render_all(value: Any, variables: Variables) -> Any:
    """The same value with all templates in it rendered; what comes to `omit` is left out."""
    match value:
        case str():
            return render(value, variables)
        case Mapping():
            found = {key: render_all(each, variables) for key, each in value.items()}
            return {key: each for key, each in found.items() if each is not OMIT}
        case list() | tuple():
            return [each for each in (render_all(each, variables) for each in value) if each is not OMIT]
        case _:
            return value


def render_header(name: str, text: str, variables: Variables) -> str:
    """The value of a header. Raises `ProfileError` for what cannot be one."""
    value = str(render(text, variables))
    if not (value.isascii() and is_printable(value)):
        raise ProfileError(f"What should go into the header {name} has characters that no header has.")
    return value


def search(path: str, data: Any) -> Any:
    """What a path of JMESPath finds; None for nothing. Raises `ProfileError`."""
    try:
        return _path(path).search(data)
    except jmespath.exceptions.JMESPathError as error:
        raise ProfileError(f"The path {path!r} does not fit what the PBX answered: {error}.") from error


def _explain(text: str, error: Exception) -> ProfileError:
    return ProfileError(f"{text.strip()!r} cannot be worked out: {str(error).rstrip('.')}.")


# -- checked when a profile is read ------------------------------------------------------------------------------------


def _check_path(text: str) -> str:
    try:
        _path(text)
    except jmespath.exceptions.JMESPathError as error:
        raise ValueError(f"expected a path of JMESPath: {' '.join(str(error).split())}") from None
    return text


def _check_expression(text: str) -> str:
    from jinja2 import TemplateSyntaxError

    try:
        _expression(text)
    except TemplateSyntaxError as error:
        raise ValueError(f"expected an expression of Jinja2: {error.message}") from None
    return text


def _check_template(text: str) -> str:
    from jinja2 import TemplateSyntaxError

    try:
        if (alone := _ALONE.fullmatch(text)) is not None:
            _expression(alone[1].strip())
        _template(text, of_paths=False)
    except TemplateSyntaxError as error:
        raise ValueError(f"expected a template of Jinja2: {error.message}") from None
    return text


def _check_all(value: Any) -> Any:
    match value:
        case str():
            _check_template(value)
        case dict():
            for each in value.values():
                _check_all(each)
        case list() | tuple():
            for each in value:
                _check_all(each)
    return value


JmesPath = Annotated[str, AfterValidator(_check_path)]
Expression = Annotated[str, AfterValidator(_check_expression)]
TemplateText = Annotated[str, AfterValidator(_check_template)]
TemplateValue = Annotated[Any, AfterValidator(_check_all)]
"""Text, numbers, objects and lists, with templates in any of their texts."""
