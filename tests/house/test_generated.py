"""The parts of the reference that the program writes are what it writes today."""

from __future__ import annotations

import json
import re

import pytest

from house.console import settled
from house.generated import BLOCKS, commands, configuration, fresh, names
from house.markdown import blocks, section
from house.places import REFERENCE
from linecard.cli import SECTIONS
from linecard.config import Config

REMEDY = "PYTHONPATH=tests .venv/bin/python -m house.generated"
TEXT = REFERENCE.read_text(encoding="utf-8")


def test_the_reference_has_every_generated_block_once() -> None:
    assert sorted(names(TEXT)) == sorted(BLOCKS)


@pytest.mark.parametrize("name", BLOCKS)
def test_the_block_is_what_the_program_writes_today(name: str) -> None:
    """`PYTHONPATH=tests .venv/bin/python -m house.generated` writes it anew."""
    found = re.search(rf"(?s)<!-- generated: {name} -->\n\n(.*?)\n<!-- end -->", TEXT)
    assert found is not None
    assert found[1] == BLOCKS[name](), f"stale: {REMEDY}"


def test_writing_it_anew_changes_nothing_else() -> None:
    assert fresh("before\n<!-- generated: options -->\nold\n<!-- end -->\nafter\n") == (
        f"before\n<!-- generated: options -->\n\n{BLOCKS['options']()}\n<!-- end -->\nafter\n"
    )


def test_every_command_has_its_help() -> None:
    listed = {name for commands in SECTIONS.values() for name in commands}
    assert set(re.findall(r"(?m)^### linecard (\w[\w-]*)$", commands())) == listed


def test_every_setting_of_the_site_has_its_meaning() -> None:
    for key in Config.model_fields:
        assert f"| `{key}` |" in configuration()


def test_every_example_of_json_is_json() -> None:
    found = blocks(section(TEXT, "JSON"), "json")
    assert found
    for block in found:
        assert settled(block) == block.replace("T08:00:00", " 08:00")
        json.loads(block)
