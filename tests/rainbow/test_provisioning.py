"""Mass provisioning: what is read, checked, done over time and reported."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rainbow.asking import IMPORTS, Client
from rainbow.examples import CLOUD_PBX, PBX
from rainbow.provisioning_csv import ACTIONS, read_sheet, template

HEADER = "__action__;loginEmail;pbxId;pbxShortNumber;pbxInternalNumber;number\n"


def device(*rows: str) -> bytes:
    return (HEADER + "".join(f"{row}\n" for row in rows)).encode()


def run(client: Client, data: bytes, path: str = IMPORTS) -> Any:
    """The report of an import that has ended."""
    status, said = client.ask("POST", path, data)
    assert status == 200, said
    assert said["data"]["status"] == "Pending"
    client.time += 60
    report = client.ask("GET", f"{IMPORTS}/{said['data']['reqId']}/details")[1]["data"]
    assert report["status"] == "Terminated"
    return report


@pytest.mark.parametrize("mode", ACTIONS)
def test_a_template_can_be_read_as_a_sheet(mode: str) -> None:
    family = {"user": "imports", "device": "imports", "useranddevice": "synchronize"}.get(mode, mode)
    sheet = read_sheet(template(mode).encode(), family=family)
    assert (sheet.mode, sheet.delimiter, [row.action for row in sheet.rows]) == (mode, ";", [ACTIONS[mode][0]])


def test_the_check_counts_and_does_nothing(client: Client) -> None:
    """With the licences before and after, and the delimiter that was found."""
    data = device("attach;ida@example.com;;1010;;", "detach;alan@example.com;;;;", "% detach;x", "")
    said = client.ask("POST", f"{IMPORTS}/check", data.replace(b";", b","))[1]["data"]
    assert said["actions"] == {"attach": 1, "force_attach": 0, "detach": 1}
    assert (said["mode"], said["columns"], said["delimiter"]) == ("device", 6, ",")
    assert said["profiles"][0] == {
        "name": "Business",
        "valid": True,
        "assignedBefore": 12,
        "assignedAfter": 12,
        "max": 20,
    }
    assert client.holder("1000") == "alan@example.com"
    assert client.ask("GET", IMPORTS)[1]["data"] == []


def test_the_check_of_too_many_members_says_that_licences_lack(client: Client) -> None:
    rows = "".join(f"create;new{index}@example.com\n" for index in range(9))
    said = client.ask("POST", f"{IMPORTS}/check", b"__action__;loginEmail\n" + rows.encode())[1]["data"]
    assert said["actions"] == {"add": 9, "update": 0, "remove": 0}
    assert (said["profiles"][0]["assignedAfter"], said["profiles"][0]["valid"]) == (21, False)


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"", "csv"),
        (b"\xff\xfe", "csv"),
        (b"__action__;loginEmail;pbxId;phone\n", "header"),
        (b"loginEmail;pbxId\n", "header"),
        (device("fly;ida@example.com;;1010;;"), "line 2"),
        (device("attach;;;1010;;"), "line 2"),
        (device("", "", "attach;ida@example.com;1010"), "line 4"),
    ],
)
def test_a_faulty_file_is_refused_with_the_place(client: Client, data: bytes, where: str) -> None:
    status, said = client.ask("POST", f"{IMPORTS}/check", data)
    assert (status, [entry["param"] for entry in said["errorDetails"]]) == (400, [where])


def test_rows_are_done_in_order_and_fail_alone(client: Client) -> None:
    """What failed is in the report with its line as it came; so is a warning."""
    report = run(
        client,
        device(
            f"attach;ida@example.com;{PBX};1010;;+33199001099",
            f"attach;jean@example.com;{PBX};1010;;",
            f"force_attach;ken@example.com;{PBX};1001;;",
            "detach;alan@example.com;;;;",
            "detach;alan@example.com;;;;",
            f"attach;nobody@example.com;{PBX};1011;;",
            f"attach;ida@example.com;{PBX};9999;;",
        ),
    )
    assert report["counters"] == {"succeeded": 3, "failed": 3, "warnings": 1, "total": 7}
    assert [line.split(";")[1] for line in report["failingLines"]] == [
        "jean@example.com",
        "nobody@example.com",
        "ida@example.com",
    ]
    assert (client.holder("1010"), client.holder("1001"), client.holder("1000")) == (
        "ida@example.com",
        "ken@example.com",
        None,
    )


def test_a_sheet_of_detaches_needs_no_column_of_a_device(client: Client) -> None:
    assert run(client, b"__action__;loginEmail\ndetach;alan@example.com\n")["mode"] == "device"
    assert client.holder("1000") is None


def test_an_import_takes_its_time(client: Client) -> None:
    """Pending, then running with a part of its rows done, then terminated; the list says the same."""
    client.world.provisioning.rows_per_second = 1
    reqid = client.ask("POST", IMPORTS, device(*(f"attach;ida@example.com;{PBX};10{n};;" for n in range(10, 14))))[1]
    address = f"{IMPORTS}/{reqid['data']['reqId']}/details"
    seen = []
    for _ in range(4):
        said = client.ask("GET", address)[1]["data"]
        assert client.ask("GET", IMPORTS)[1]["data"][0]["counters"] == said["counters"]
        seen.append((said["status"], said["counters"]["succeeded"]))
        client.time += 1.5
    assert seen == [("Pending", 0), ("Running", 2), ("Running", 3), ("Terminated", 4)]


def test_the_same_data_is_taken_once_until_its_report_is_deleted(client: Client) -> None:
    data = device(f"attach;ida@example.com;{PBX};1010;;")
    reqid = run(client, data)["reqId"]
    assert client.ask("POST", IMPORTS, data)[0] == 409
    assert client.ask("DELETE", f"{IMPORTS}/{reqid}/details") == (204, None)
    assert client.ask("GET", f"{IMPORTS}/{reqid}/details")[0] == 404
    assert run(client, data)["counters"]["warnings"] == 1


@pytest.mark.parametrize(("is_part", "status"), [(True, 200), (False, 409)])
def test_whether_comments_make_other_data_is_an_assumption(client: Client, *, is_part: bool, status: int) -> None:
    client.world.assumptions = replace(client.world.assumptions, comments_identify=is_part)
    run(client, device("detach;alan@example.com;;;;"))
    assert client.ask("POST", IMPORTS, device("detach;alan@example.com;;;;", "% again"))[0] == status


def test_whether_the_check_looks_up_is_an_assumption(client: Client) -> None:
    data = device(f"attach;nobody@example.com;{PBX};1010;;")
    assert client.ask("POST", f"{IMPORTS}/check", data)[0] == 200
    client.world.assumptions = replace(client.world.assumptions, check_looks_up=True)
    assert client.ask("POST", f"{IMPORTS}/check", data)[0] == 400


def test_two_systems_with_one_pbx_id_are_no_place(client: Client) -> None:
    tenant = client.world.tenant
    tenant.add_system([next(iter(tenant.companies.values()))], PBX, "Second")
    assert run(client, device(f"attach;ida@example.com;{PBX};1010;;"))["counters"]["failed"] == 1


def test_members_take_licences_until_there_are_none(client: Client) -> None:
    rows = "".join(f"create;new{index}@example.com\n" for index in range(9)) + "delete;alan@example.com\n"
    report = run(client, b"__action__;loginEmail\n" + rows.encode())
    assert report["counters"] == {"succeeded": 9, "failed": 1, "warnings": 0, "total": 10}
    assert "No default licence" in report["report"][8]["error"]["msg"]
    assert report["profiles"][0]["assignedBefore"] == 19


def test_sync_takes_blank_cells_into_account_and_upsert_does_not(client: Client) -> None:
    header = "__action__;loginEmail;pbxId;pbxShortNumber\n"
    rows = "sync;alan@example.com;;\nupsert;barbara@example.com;;\n"
    assert run(client, (header + rows).encode(), f"{IMPORTS}/synchronize")["counters"]["succeeded"] == 2
    assert (client.holder("1000"), client.holder("1001")) == (None, "barbara@example.com")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("upsert;ida@example.com;7777;", 2002),
        ("upsert;ida@example.com;2000;", 2003),
        ("upsert;alan@example.com;2001;", 2004),
        ("upsert;ida@example.com;;33199001077", 2013),
        ("upsert;ida@example.com;2001;33199002000", 2015),
        ("detach;jean@example.com;;", 2018),
        ("detach;jean@example.com;2001;", 2019),
    ],
)
def test_rows_of_the_cloud_pbx_fail_with_their_codes(client: Client, row: str, code: int) -> None:
    """Cells are padded with blanks, as in ALE's sample."""
    cloud = client.world.tenant.systems_by_pbx(CLOUD_PBX)[0]
    held = client.world.tenant.find_number(cloud, "2000")
    assert held is not None
    held.user_id, held.number = client.member("jean"), "+33199002000"
    data = f"__action__ ;loginEmail ;shortNumber; ddiE164Number \n{row.replace(';', ' ; ')}\n".encode()
    assert run(client, data, f"{IMPORTS}/rainbowvoice")["report"][0]["error"]["code"] == code
