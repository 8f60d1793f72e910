"""Column maps: those that come with linecard, and a site's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from linecard.config import ColumnMap, columns
from linecard.infrastructure.shipped_files import find_shipped
from linecard.model.format import SheetFormat
from linecard.model.sheet import Action, Column
from linecard.rules import header
from unit.config.sites import Site, small

MAPS = sorted((Path(__file__).parents[3] / "config" / "columns").glob("*.yaml"))


def test_the_promised_maps_are_there() -> None:
    assert {file.stem for file in MAPS} == {
        "3cx",
        "adp",
        "bamboohr",
        "dayforce",
        "hibob",
        "okta",
        "personio",
        "rainbow",
        "scim",
        "successfactors",
        "teams",
        "ukg",
        "wazo",
        "webex",
        "workday",
        "yeastar",
        "zoom",
    }


@pytest.mark.parametrize("file", MAPS, ids=lambda file: file.stem)
def test_every_map_loads_and_finds_its_columns_in_a_header(file: Path) -> None:
    found, problems = columns.read_map(file, file.name)
    assert problems == []
    assert isinstance(found, ColumnMap)
    without = () if found.action is None else (Column.ACTION,)
    names = {c: str(c) for c in (Column.ACTION, Column.EXTENSION) if c not in without}
    names |= {c: n[0] for c, n in found.columns.items()}
    action = None if found.action is None else Action(found.action)
    form = SheetFormat(columns=found.columns, actions=found.actions, action=action)
    layout = header.read_header(",".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in names.values()), 1, form)
    assert layout.faults == ()
    assert {Column.ACTION, Column.MEMBER, Column.EXTENSION} - set(layout.places) == set(without)


def test_a_map_gives_the_action_of_all_rows_and_the_columns_to_pass_over(site: Site) -> None:
    """Unless the sheet says otherwise itself."""
    sheet = site.load(small(sheet="columns: 3cx")).inboxes["hr"].sheet
    assert (sheet.action, sheet.ignore_columns) == ("attach", ("all",))
    sheet = site.load(small(sheet="columns: 3cx, action: detach, ignore_columns: [x]")).inboxes["hr"].sheet
    assert (sheet.action, sheet.ignore_columns) == ("detach", ("x",))


def test_every_map_can_be_named_by_an_inbox(site: Site) -> None:
    for file in MAPS:
        assert site.load(small(sheet=f"columns: {file.stem}")).inboxes["hr"].sheet.columns["LoginEmail"]


def test_the_shipped_folder_has_them() -> None:
    assert {file.name for file in (find_shipped() / "columns").glob("*.yaml")} >= {file.name for file in MAPS}


def test_a_map_of_the_sites_own_comes_first(site: Site) -> None:
    site.map("workday", "columns: {LoginEmail: Our Mail}\n")
    sheet = site.load(small(sheet="columns: workday")).inboxes["hr"].sheet
    assert sheet.columns == {"LoginEmail": ("Our Mail",)}
    assert sheet.actions == {}


def test_the_sheets_own_actions_win_over_those_of_the_map(site: Site) -> None:
    site.map("ours", "columns: {LoginEmail: Mail}\nactions: {on leave: detach, active: attach}\n")
    sheet = site.load(small(sheet="columns: ours, actions: {On-Leave: attach, gone: detach}")).inboxes["hr"].sheet
    assert sheet.actions == {"active": Action.ATTACH, "On-Leave": Action.ATTACH, "gone": Action.DETACH}


def test_an_unknown_map_is_told_with_the_known_ones(site: Site) -> None:
    site.map("ours", "columns: {}\n")
    (problem,) = site.problems(small(sheet="columns: workdy"))
    assert problem.startswith("linecard.yaml:6:41 inboxes.hr.sheet.columns: found 'workdy', expected columns with")
    assert "adp, bamboohr" in problem
    assert "ours" in problem
    assert "(did you mean workday?)" in problem


@pytest.mark.parametrize("name", ["../linecard", "/etc/passwd", "a/b"])
def test_the_name_of_a_map_is_no_path(site: Site, name: str) -> None:
    (problem,) = site.problems(small(sheet=f"columns: {name}"))
    assert "one of the ready maps" in problem


def test_what_is_wrong_in_a_map_is_told_at_its_own_place(site: Site) -> None:
    site.map("ours", "columns:\n  Mail: x\n  Number: a\n  PbxId: b\nacions: {a: attach}\n")
    assert site.problems(small(site="timezone: x", sheet="columns: ours"))[1:] == (
        (
            "columns/ours.yaml:2:3 columns.Mail: found 'Mail', expected a column of linecard: "
            "Action, LoginEmail, PbxId, Extension, Number, pbxInternalNumber"
        ),
        (
            "columns/ours.yaml:5:1 acions: found an unknown key, expected one of columns, actions, action, "
            "ignore_columns (did you mean actions?)"
        ),
    )


def test_a_map_that_is_no_yaml_is_told(site: Site) -> None:
    site.map("ours", "columns: [")
    assert site.problems(small(sheet="columns: ours"))[0].startswith("columns/ours.yaml:1:")
