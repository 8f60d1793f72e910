"""The JSON schema of linecard.yaml, with which editors complete and check while one types."""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from linecard.config.models import Config


class _Untitled(GenerateJsonSchema):
    """Without the titles that pydantic makes of names; editors show them before the description."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        return False


def schema() -> dict[str, Any]:
    """What linecard.yaml may hold, as a JSON schema (draft 2020-12).

    The options of a PBX are left open: they are the plugin's own.
    """
    found = Config.model_json_schema(schema_generator=_Untitled)
    for part in found["$defs"].values():
        del part["title"]
    return {"$schema": _Untitled.schema_dialect, **found, "title": "linecard.yaml"}


def schema_text() -> str:
    """The schema as it stands in config/linecard.schema.json."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
