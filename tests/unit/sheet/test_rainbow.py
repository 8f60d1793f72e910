"""Files for ALE Rainbow, read by an inbox that names its map: devices, members with their devices, Cloud PBX."""

from __future__ import annotations

import pytest

from linecard.config import columns
from linecard.infrastructure.shipped_files import find_shipped
from linecard.model.sheet import FaultCode
from linecard.rules.check import Destinations
from linecard.rules.numbering import NumberingPlan
from linecard.rules.row_check import FOREIGN_ACTIONS
from unit.sheet.reading import read, row

FRENCH = NumberingPlan("FR", ["1000-4999"])
TENANT = Destinations({"oxe": FRENCH}, {"PBX712e-bd96": "oxe"}, "oxe")

DEVICES = """\
__action__;loginEmail;pbxId;pbxShortNumber;pbxInternalNumber;number
attach;ada@example.com;PBX712e-bd96;1234;;+33199001234
force_attach;bob@example.com;PBX712e-bd96;1235;8235;
detach;cyd@example.com;;;;

% A sentence about the file.
%
% Field; Optionality ; Format  ; Description (with a+b, <c|d>)
"""

MEMBERS = """\
__action__;loginEmail;password;title;firstName;lastName;nickName;businessPhone0;mobilePhone0;email0;jobTitle;country;\
language;timezone;service0;pbxShortNumber;pbxInternalNumber
attach;ada@example.com;Secret-1;Ms;Ada;Ex;;33199001111;;ada@home.org;Poet;FRA;fr;Europe/Paris;"Voice, all";1234;
detach;bob@example.com;;;;;;;;;;;;;;;
"""

CLOUD = """\
__action__ ;loginEmail ; shortNumber; macAddress ; ddiE164Number ;password;title;firstName;lastName;\
language;service0;service1
attach ; ada@example.com ; 1234 ; 00:11:22:33:44:55 ; 33199001234 ; ;;Ada; Example ;fr;"Rainbow Voice" ; "Other Thing"
detach;bob@example.com;1235;;;;;;;;;
"""


@pytest.fixture(scope="module")
def form():
    found, problems = columns.read_map(find_source() / "rainbow.yaml", "rainbow")
    assert (found is not None, problems) == (True, [])
    return {"columns": found.columns, "actions": found.actions, "ignored": found.ignore_columns}


def find_source():
    """In a checkout the tree's own file, which the installed one was copied from."""
    from house.places import ROOT

    tree = ROOT / "config" / "columns"
    return tree if tree.is_dir() else find_shipped() / "columns"


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        (
            DEVICES,
            [
                (2, "attach", "ada@example.com", "oxe", "1234", "+33199001234"),
                (3, "force_attach", "bob@example.com", "oxe", "1235", ""),
                (4, "detach", "cyd@example.com", "", "", ""),
            ],
        ),
        (
            MEMBERS,
            [
                (2, "attach", "ada@example.com", "oxe", "1234", ""),
                (3, "detach", "bob@example.com", "", "", ""),
            ],
        ),
        (
            CLOUD,
            [
                (2, "attach", "ada@example.com", "oxe", "1234", "+33199001234"),
                (3, "detach", "bob@example.com", "", "1235", ""),
            ],
        ),
    ],
    ids=["devices", "members", "cloud"],
)
def test_rainbows_files_are_taken_as_they_are(form, text, valid):
    """Columns of the account are passed over without a word; nothing is said but that a number had no plus sign."""
    found = read(text, TENANT, **form)
    assert (found.valid, found.faults, found.errors) == (valid, (), [])
    assert {code for _, _, code in found.warnings} <= {FaultCode.CLEANED}


def test_a_column_that_rainbow_does_not_have_is_still_told(form):
    found = read(DEVICES.replace(";number\n", ";number;Desk\n", 1), TENANT, **form)
    assert [(fault.code, fault.column) for fault in found.faults] == [(FaultCode.UNKNOWN_COLUMN, "Desk")]


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        (CLOUD, "detach;bob@example.com;;00:11:22:33:44:66;;;;;;;;"),
        (DEVICES, "detach;bob@example.com;;;8235;"),
    ],
)
def test_a_detach_of_a_device_alone_is_not_made_into_one_of_everything(form, text, cells):
    """Rainbow takes away what is filled in; linecard knows no device, and would take every extension."""
    found = read(f"{text.splitlines()[0]}\n{cells}\n", TENANT, **form)
    assert found.errors == [(2, "Extension", FaultCode.MISSING_CELL)]


@pytest.mark.parametrize("word", ["upsert", "sync", "delete", "create", "update", "UPSERT", " Sync "])
def test_an_action_of_rainbows_says_what_it_means_there_and_the_word_for_it_here(word):
    fault = row(f"{word},ada@example.com,,1234,").fault
    assert fault.code is FaultCode.BAD_ACTION
    assert fault.message == f"{word.strip()} is not an action."
    assert fault.remedy == FOREIGN_ACTIONS[word.strip().lower()]
    assert fault.remedy.startswith(f"In Rainbow's files, {word.strip().lower()} ")
    assert any(f"Write {own}" in fault.remedy for own in ("attach", "force_attach", "detach"))


def test_an_inbox_with_words_of_its_own_names_those():
    """Where `delete` is a word of another system, that of Rainbow is no help."""
    fault = row("delete,ada@example.com,,1234,", actions={"hired": "attach"}).fault
    assert fault.remedy == "Write one of hired, attach, force_attach, detach."


def test_other_words_are_answered_as_ever():
    assert row("upset,ada@example.com,,1234,").fault.remedy == "Write attach, force_attach or detach."
