"""Holding what a command printed to its schema in config/schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
from pydantic import TypeAdapter

from linecard.cli.json_output import OUTPUTS

FOLDER = Path(__file__).parents[3] / "config" / "schemas"


def check(command: str, printed: str) -> Any:
    """The JSON that a command has printed: it keeps the published schema, and has no key that is not in it."""
    found = json.loads(printed)
    schema = json.loads((FOLDER / f"{command}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(close(schema)).validate(found)
    TypeAdapter(OUTPUTS[command]).validate_json(printed)  # times as well, which jsonschema leaves unread
    return found


def close(schema: Any) -> Any:
    """The schema, in which no object may have keys that it does not name."""
    if isinstance(schema, list):
        return [close(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: close(part) for key, part in schema.items()}
    return closed | ({"additionalProperties": False} if "properties" in schema else {})
