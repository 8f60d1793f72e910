"""What a model of pydantic finds wrong with a configuration, as problems at their places in the file."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from linecard.infrastructure.problems import Loc, Problem, nearest, quote
from linecard.infrastructure.yaml_text import YamlDocument

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

_PRIVATE = re.compile(r"passw|passphrase|secret|token|credential|_key\Z|\Akey\Z", re.IGNORECASE)
_EXPECTED = {
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type", "mapping_type"), "keys with values below it"),
    **dict.fromkeys(("tuple_type", "list_type", "set_type", "frozen_set_type"), "a list"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
    "string_type": "text (in quotes, if it looks like a number)",
    "greater_than": "more than {gt}",
    "greater_than_equal": "{ge} or more",
    "less_than": "less than {lt}",
    "less_than_equal": "{le} or less",
    "too_short": "{min_length} or more entries",
    "string_too_short": "{min_length} or more characters",
    "string_too_long": "{max_length} or fewer characters",
    "expected": "{sentence}",
    "secret": "{sentence}",
}


def find_problems(
    error: ValidationError, document: YamlDocument, model: type[BaseModel], below: Loc = ()
) -> Iterator[Problem]:
    """Each error that `model` found in what stands at `below` of the document, at its place."""
    for detail in error.errors(include_url=False):
        loc = detail["loc"]
        if detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]:
            continue  # entries that are wrong are not counted: they are told of themselves
        if detail["type"] == "missing":
            yield document.missing_key((*below, *loc), _describe_purpose(model, loc))
        elif detail["type"] == "extra_forbidden":
            known = _known_keys(_find_model(model, loc[:-1]))
            expected = f"one of {', '.join(known) or 'no keys'}{nearest(str(loc[-1]), known)}"
            yield document.problem((*below, *loc), "an unknown key", expected, at_key=True)
        else:
            at_key = loc[-1:] == ("[key]",)
            yield document.problem(
                (*below, *loc), _describe_found(detail), _describe_expectation(detail), at_key=at_key
            )


def _describe_found(detail: ErrorDetails) -> str:
    name = next((part for part in reversed(detail["loc"]) if isinstance(part, str)), "")
    hidden = detail["type"] == "secret" or (_PRIVATE.search(name) and isinstance(detail["input"], str | int))
    return "a value that is not shown here" if hidden else quote(detail["input"])


def _describe_expectation(detail: ErrorDetails) -> str:
    known = _EXPECTED.get(detail["type"])
    if known is not None:
        context = detail.get("ctx", {}).items()
        return known.format(**{name: f"{v:g}" if isinstance(v, float) else v for name, v in context})
    said = detail["msg"]
    plain = said.removeprefix("Input should be ").removeprefix("Value error, ").removeprefix("expected ")
    return plain if plain != said else f"something else: {said}"


def _describe_purpose(model: type[BaseModel], loc: Loc) -> str:
    """What a missing key is for, as its description says."""
    holder = _find_model(model, loc[:-1])
    field = None if holder is None else holder.model_fields.get(str(loc[-1]))
    purpose = f": {field.description}" if field is not None and field.description else ""
    return f"this key{purpose}".rstrip(".")


def _known_keys(model: type[BaseModel] | None) -> Sequence[str]:
    return () if model is None else [field.alias or name for name, field in model.model_fields.items()]


def _find_model(model: type[BaseModel], loc: Loc) -> type[BaseModel] | None:
    """The model that describes what stands at `loc` of another."""
    kind: Any = model
    for part in loc:
        if hasattr(kind, "model_fields"):
            field = next((f for name, f in kind.model_fields.items() if part in {name, f.alias}), None)
            kind = None if field is None else field.annotation
        else:
            kind = next((arg for arg in reversed(get_args(kind)) if arg is not Ellipsis), None)
        kind = _unwrap_type(kind)
    return kind if hasattr(kind, "model_fields") else None


def _unwrap_type(kind: Any) -> Any:
    """The type without `Annotated` and `| None`."""
    while get_origin(kind) in {Annotated, Union, types.UnionType}:
        kind = next(arg for arg in get_args(kind) if arg is not type(None))
    return kind
