"""The example, the schema and the first configuration of a site are held true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from linecard.config import Config, editors, load, schema, template
from linecard.errors import ConfigError
from unit.config.sites import PLUGINS, Site

HERE = Path(__file__).parents[3] / "config"
EXAMPLE = HERE / "linecard.example.yaml"


def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The model and all models inside it."""
    yield model
    for field in model.model_fields.values():
        inner = (field.annotation, *get_args(field.annotation))
        for kind in inner:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from models(kind)


MODELS = sorted(set(models(Config)), key=lambda model: model.__name__)


def test_the_walk_over_the_models_finds_all_of_them() -> None:
    assert [model.__name__ for model in MODELS] == [
        "AlertRecipient",
        "Config",
        "Digest",
        "Expect",
        "InboxConfig",
        "Keep",
        "KeepFolder",
        "LimitConfig",
        "Limits",
        "LogConfig",
        "MetricsConfig",
        "PbxConfig",
        "ProcessorConfig",
        "SheetOptions",
        "SinkConfig",
        "Tell",
    ]


def test_the_example_has_no_problem() -> None:
    config = load(EXAMPLE, PLUGINS)
    assert config.folder == HERE
    assert config.inboxes["payroll"].sheet.delimiter == ";"
    assert config.pbxs["hq"].extensions == ("1000-4999", "0100")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_setting_stands_in_the_example(model: type[BaseModel]) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    absent = [name for name in model.model_fields if not re.search(rf"(?m)^[^#]*\b{name}:|^ *# *{name}:", text)]
    assert absent == []


def test_the_example_begins_with_the_line_that_editors_look_for() -> None:
    first = EXAMPLE.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=linecard.schema.json"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_setting_is_described_by_a_sentence(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        assert (field.description or "").endswith("."), name


def test_the_schema_file_is_the_schema() -> None:
    """`python -m linecard.config` writes it anew."""
    assert (HERE / "linecard.schema.json").read_text(encoding="utf-8") == editors.schema_text()


def resolved(part: dict[str, Any], root: dict[str, Any]) -> list[dict[str, Any]]:
    """The schema's alternatives, references followed."""
    if "$ref" in part:
        return resolved(root["$defs"][part["$ref"].rpartition("/")[2]], root)
    return [found for one in part["anyOf"] for found in resolved(one, root)] if "anyOf" in part else [part]


def allows(value: Any, part: dict[str, Any], root: dict[str, Any]) -> bool:
    """Whether a schema of the few kinds that ours has allows a value."""
    return any(_allows(value, one, root) for one in resolved(part, root))


def _allows(value: Any, one: dict[str, Any], root: dict[str, Any]) -> bool:
    kinds: dict[str, type | tuple[type, ...]] = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
    }
    if not isinstance(value, kinds[one["type"]]) or (isinstance(value, bool) and one["type"] != "boolean"):
        return False
    if "enum" in one and value not in one["enum"]:
        return False
    if isinstance(value, list):
        return all(allows(item, one.get("items", {"anyOf": []}), root) for item in value)
    if isinstance(value, dict):
        return all(_allows_key(key, item, one, root) for key, item in value.items())
    return True


def _allows_key(key: str, item: Any, one: dict[str, Any], root: dict[str, Any]) -> bool:
    if key in one.get("properties", {}):
        return allows(item, one["properties"][key], root)
    for pattern, inner in one.get("patternProperties", {}).items():
        return re.search(pattern, key) is not None and allows(item, inner, root)
    more = one.get("additionalProperties", True)
    return more if isinstance(more, bool) else allows(item, more, root)


def test_the_schema_allows_the_example_and_nothing_misspelled() -> None:
    from linecard.infrastructure import yaml_text

    root = schema()
    data = yaml_text.read_yaml(EXAMPLE, EXAMPLE.name).data
    for key in root["properties"]:
        assert allows(data[key], root["properties"][key], root), key
    assert allows(data, {k: v for k, v in root.items() if k != "$defs"}, root)
    data["inboxes"]["hr"]["defualt_pbx"] = "hq"
    assert not allows(data, {k: v for k, v in root.items() if k != "$defs"}, root)


def test_the_schema_is_plain_json_without_the_names_of_our_classes() -> None:
    found = schema()
    assert json.loads(json.dumps(found)) == found
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(found["properties"]) == set(Config.model_fields)
    assert "title" not in found["properties"]["pbxs"]


def test_a_new_sites_configuration_works_as_it_stands(site: Site) -> None:
    text = template("de", "Werk 1")
    config = site.load(text)
    assert (config.site, config.region) == ("Werk 1", "DE")
    assert config.inboxes["hr"].path == "inbox/hr"
    assert config.inboxes["hr"].default_pbx == "hq"
    assert config.pbxs["hq"].backend == "directory"
    assert config.pbxs["hq"].extensions == ("1000-4999",)
    assert dict(config.pbxs["hq"].options) == {
        "path": "state/hq.pbx.sqlite3",
        "create_members": True,
        "create_extensions": True,
    }
    assert len(text.splitlines()) < 60


def test_a_new_sites_alternatives_work_when_uncommented(site: Site) -> None:
    """All but the second `columns`, which is said to be an alternative to the first."""
    lines = template("FR", "x").splitlines()
    settings = re.compile(r"( *)# ( *[a-z_]+:.*)")
    text = "\n".join(
        found[1] + found[2] if (found := settings.fullmatch(line)) and "columns: workday" not in line else line
        for line in lines
    )
    config = site.load(text)
    assert config.timezone == "Europe/Paris"
    assert config.pbxs["hq"].aliases == ("Headquarters",)
    assert config.inboxes["hr"].sheet.columns == {"LoginEmail": ("Work Email",), "Extension": ("Desk phone",)}
    assert config.inboxes["hr"].limits.force.count == 10


def test_a_new_site_may_begin_with_another_kind_of_pbx(site: Site) -> None:
    """With the settings that its plugin gives for a beginning, and a ready map."""
    text = template("FR", "x", "directory", "path: a.sqlite3   # where\n# busy_timeout: 5\n", "personio")
    assert dict(site.load(text).pbxs["hq"].options) == {"path": "a.sqlite3"}
    assert "      # busy_timeout: 5\n" in text
    assert "columns: personio " in text


@pytest.mark.parametrize("name", ['a "quoted" one', "C: \\x # y", "no", "0123", "Zoë's 電話", "a\tb", "x" * 300, "{a}"])
def test_any_text_can_be_the_name_of_a_site(site: Site, name: str) -> None:
    assert site.load(template("FR", name)).site == name


@pytest.mark.parametrize("region", ["XX", "", "France", "001"])
def test_a_site_needs_a_country_that_there_is(region: str) -> None:
    with pytest.raises(ConfigError, match="is not a country that linecard knows"):
        template(region, "x")


def test_norway_is_a_country(site: Site) -> None:
    assert site.load(template("NO", "x")).region == "NO"
