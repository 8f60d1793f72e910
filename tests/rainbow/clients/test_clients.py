"""ALE's own clients against the simulator: where they disagree with it, they are right.

The commands of rainbow-cli and the methods of rainbow-node-sdk for members, PBXs, phone numbers and mass provisioning
are run as they are published, and judged by what they print.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rainbow.clients.shell import Shell
from rainbow.examples import ADMINISTRATOR, CLOUD_PBX, NEIGHBOUR, PASSWORD, PBX, small_company
from rainbow.faults import Fault
from rainbow.provisioning_csv import template
from rainbow.server import Simulator
from rainbow.tenant import PhoneNumber, System
from rainbow.world import World

pytestmark = pytest.mark.timeout(900)
"""The clients are installed once into the cache, by whoever comes first."""

DONE = "✓ Command successfully completed"
FAILED = "x Can't execute the command"
TORTURE = bool(os.environ.get("LINECARD_TORTURE"))
FEW = {"template_useranddevice", "systems", "page", "file", "email", "user", "api"}
"""Of the commands that only read, those that are always run; all of them in `make torture`. Each starts node anew."""
NOTHING = {"undefined": True}
"""An argument of the SDK that is left out."""
MODES = ("user", "device", "useranddevice", "rainbowvoice") if TORTURE else ("useranddevice",)
DEVICES = "__action__;loginEmail;pbxId;pbxShortNumber;number\n"
GOOD = f"""\
{DEVICES}\
attach;grace@example.com;{PBX};1020;+33199001077
% a comment; with a separator
attach;hedy@example.com;{PBX};1000;
force_attach;ida@example.com;{PBX};1001;
detach;claude@example.com;;;
"""


def in_world(world: World) -> System:
    return world.tenant.systems_by_pbx(PBX)[0]


def number_in(world: World, short: str) -> PhoneNumber:
    found = world.tenant.find_number(in_world(world), short)
    assert found is not None
    return found


def holder(world: World, short: str) -> str | None:
    held_by = number_in(world, short).user_id
    return None if held_by is None else world.tenant.members[held_by].login_email


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with Simulator(small_company(World()), tmp_path_factory.mktemp("certificate")) as running:
        yield running


@pytest.fixture(scope="module")
def shell(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Logged in as the administrator."""
    home = tmp_path_factory.mktemp("homes") / "home"
    home.mkdir()
    made = Shell(simulator, home)
    said = made.log_in()
    assert f"Signed in as '{ADMINISTRATOR}'" in said, said
    return made


def reads(world: World) -> dict[str, tuple[Sequence[str], Sequence[str]]]:
    """Commands that change nothing, by a name: their words, and what has to be in the output."""
    system, number, alan = in_world(world), number_in(world, "1000"), world.tenant.find_member("alan@example.com")
    assert alan is not None
    templates: dict[str, tuple[Sequence[str], Sequence[str]]] = {
        f"template_{mode}": (("masspro", "template", "out.csv", "-t", mode), ("Successfully saved to 'out.csv'",))
        for mode in MODES
    }
    commands: dict[str, tuple[Sequence[str], Sequence[str]]] = templates | {
        "whoami": (("whoami",), (f'"{ADMINISTRATOR}"', '["user","admin"]', DONE)),
        "systems": (("systems",), (system.id, PBX, CLOUD_PBX, "✓ 2 systems found")),
        "system": (("system", system.id), (f'"{PBX}"', '"Headquarters"', DONE)),
        "phones": (("phones", system.id), ("1024", "Displaying Page 1 on 3")),
        "page": (("phones", system.id, "--page", "3", "--limit", "25"), ("1059", "Displaying Page 3 on 3")),
        "json": (("phones", system.id, "--limit", "1000", "--json"), (f'"userId":"{alan.id}"',)),
        "file": (("phones", system.id, "--file", "out.csv"), ("saved 25 information to 'out.csv'",)),
        "phone": (("phone", number.id, system.id), ("shortNumber", '"1000"', "+33199001000", DONE)),
        "users": (("users",), ("alan@example.com", "✓ 13 users found")),
        "email": (("users", "--email", "ALAN@example.com", "--json"), ('"phoneNumbers":[{"phoneNumberId"',)),
        "user": (("user", alan.id), ('"alan@example.com"', DONE)),
        "device_template": (("masspro", "template", "device"), ("Successfully saved to",)),
        "imports": (("masspro", "status", "company"), ("✓ 0 import(s) found",)),
        "platform": (("status", "platform"), ("Platform status  OK",)),
        "api": (("status", "api"), ("Rainbow Mass-provisioning API", "1.170.1")),
    }
    return commands if TORTURE else {name: commands[name] for name in FEW}


def test_commands_that_read_find_what_they_look_for(shell: Shell, simulator: Simulator) -> None:
    """Templates are saved byte for byte; a page says how many there are; a filter by e-mail goes without case."""
    wanted = reads(simulator.world)
    said = shell.run_together({name: words for name, (words, _) in wanted.items()})
    lacking = {name: said[name] for name, (_, parts) in wanted.items() if not all(part in said[name] for part in parts)}
    assert lacking == {}
    for mode in MODES:
        assert shell.file(f"template_{mode}", "out.csv").read_text() == template(mode)
    assert shell.file("file", "out.csv").read_text().count("\n") == 26
    assert simulator.world.figures()["statuses"].keys() == {"200", "404"}, "`/urls` and `/settings/apis` may be missing"


def test_mass_provisioning_goes_its_whole_way(shell: Shell, simulator: Simulator, tmp_path: Path) -> None:
    """Checked, imported, followed by its hash and by its company, imported again in vain, its report deleted."""
    world, file = simulator.world, tmp_path / "devices.csv"
    file.write_text(GOOD)
    said = shell.run("masspro", "check", str(file))
    assert re.search(r"attach\s+2\b.*force_attach\s+1\b.*detach\s+1\b", said, re.DOTALL), said
    assert holder(world, "1020") is None
    said = shell.run("masspro", "import", str(file))
    (reqid,) = re.findall(r'"([0-9a-f]{64})"', said)
    assert '"Pending"' in said
    both = shell.run_together(
        {
            "status": ("masspro", "status", reqid),
            "company": ("masspro", "status", "company", next(iter(world.tenant.companies))),
            "again": ("masspro", "import", str(file)),
        }
    )
    assert re.search(r'status\s+"Terminated"', both["status"]), both["status"]
    assert "succeeded: 3" in both["status"]
    assert re.search(rf"{reqid}\s+Terminated\s+3\s+1\s+0\s", both["company"]), "`rbw` has failed and warnings swapped"
    assert FAILED in both["again"]
    assert "The same data has been imported" in both["again"]
    assert [holder(world, short) for short in ("1020", "1000", "1001", "1002")] == [
        "grace@example.com",
        "alan@example.com",
        "ida@example.com",
        None,
    ]
    assert DONE in shell.run("masspro", "delete", "status", reqid, typed="y\n")
    assert world.provisioning.imports == {}


def test_what_goes_wrong_is_what_the_client_says(shell: Shell, simulator: Simulator, tmp_path: Path) -> None:
    """It ends with 0 in each case. Only GET is sent again: of what is lost on the way the user sees nothing."""
    world, system = simulator.world, in_world(simulator.world)
    bad = tmp_path / "bad.csv"
    bad.write_text(f"{DEVICES}fly;ida@example.com;{PBX};1020;\n")
    neighbour = shell.copy("home-neighbour")
    assert "Signed in as" in neighbour.log_in(NEIGHBOUR, PASSWORD)
    for text, token in world.accounts.tokens.items():
        if world.tenant.members[token.member_id].login_email == NEIGHBOUR:
            world.accounts.tokens[text].expires = 0
    numbers = [number_in(world, str(short)) for short in range(1030, 1036)]
    faults = {
        "page_of_html": Fault("html", path=numbers[0].id, times=0),
        "bad_gateway": Fault("html", status=502, path=numbers[1].id, times=0),
        "unavailable": Fault("status", status=503, path=numbers[2].id, times=0),
        "too_many": Fault("too_many", seconds=1, path=numbers[3].id),
        "lost": Fault("lose_request", path=numbers[4].id),
        "garbled": Fault("garbled", path=numbers[5].id),
    }
    for fault in faults.values():
        world.faults.add(fault)
    commands: dict[str, Sequence[str]] = {
        name: ("phone", number.id, system.id) for name, number in zip(faults, numbers, strict=True)
    }
    said = shell.run_together(commands | {"check": ("masspro", "check", str(bad))})
    said["expired"] = neighbour.run("systems")
    wrong = {
        "page_of_html": "Bad content, please check your host/-1",
        "bad_gateway": "Bad Gateway: undefined",
        "unavailable": "Service Unavailable",
        "check": "- line 2: Unknown action fly",
        "expired": "jwt expired",
    }
    assert [name for name, text in wrong.items() if FAILED not in said[name] or text not in said[name]] == [], said
    assert [name for name in ("too_many", "lost", "garbled") if DONE not in said[name]] == [], said
    asked = Counter(request.target.rpartition("/")[2] for request in world.requests if request.method == "GET")
    assert all(asked[number.id] > 1 for number in numbers[3:]), asked


def test_one_wrong_password_is_three_logins(shell: Shell, simulator: Simulator) -> None:
    """Two mistakes lock an account that five failures lock; what is printed is that the password was wrong."""
    once = shell.copy("home-wrong")
    before = simulator.world.accounts.failed
    assert "error code : 401500" in once.log_in("lotte@example.com", "wrong")
    assert simulator.world.accounts.failed - before == 3
    assert "error code : 401500" in once.log_in("lotte@example.com", "wrong again")
    assert simulator.world.accounts.locks["lotte@example.com"].locked_until > 0


def test_the_sdk_reads_and_writes_phone_numbers(shell: Shell, simulator: Simulator) -> None:
    """A filter finds what begins so; a PUT goes out with what is true alone, so that the SDK can clear nothing."""
    world = simulator.world
    system, number, member = in_world(world).id, number_in(world, "1040"), world.tenant.find_member("jean@example.com")
    assert member is not None
    listed, one, linked, cleared = (
        each["result"]
        for each in shell.call_sdk(
            ["getAllSystemPhoneNumbers", system, "104", *[NOTHING] * 7, "full", 5, 0],
            ["getASystemPhoneNumber", system, number.id],
            ["updateASystemPhoneNumber", system, number.id, True, member.id],
            ["updateASystemPhoneNumber", system, number.id, False, None],
        )
    )
    assert [each["shortNumber"] for each in listed] == ["1040", "1041", "1042", "1043", "1044"]
    assert (one["id"], one["userId"]) == (number.id, None)
    assert (linked["userId"], linked["isMonitored"]) == (member.id, True)
    assert (cleared["userId"], cleared["isMonitored"]) == (member.id, True)
    puts = [json.loads(request.body) for request in world.requests if request.method == "PUT"]
    assert puts == [{"isMonitored": True, "userId": member.id}, {}]


def test_the_sdk_provisions(shell: Shell, simulator: Simulator) -> None:
    """Its checks and imports of each family, and the deletion of reports; `reqId` is the hash of what it sent.

    It cannot read a report or a template: both fail before anything is sent (`findings/rainbow_sdk.sh`).
    """
    world = simulator.world
    company = next(iter(world.tenant.companies))
    voice = "__action__ ;loginEmail ;shortNumber; ddiE164Number \nupsert ;lotte@example.com ; 2001 ; 33199002001 \n"
    sync = f"__action__;loginEmail;pbxId;pbxShortNumber\nsync;ken@example.com;{PBX};1050\n"
    device = f"{DEVICES}attach;jean@example.com;{PBX};1051;\n"
    reqids = [hashlib.sha256(text.encode()).hexdigest() for text in (device, sync, voice)]
    said = shell.call_sdk(
        ["checkCSVdata", GOOD, company],
        ["checkCSVforSynchronization", sync, company],
        ["importCSVData", device, company, "by the SDK"],
        ["synchronizeUsersAndDeviceswithCSV", sync, company],
        ["importRainbowVoiceUsersWithCSVdata", company, NOTHING, True, False, NOTHING, "%", voice],
        *(["deleteAnImportStatusReport", reqid] for reqid in reqids),
        ["getAnImportStatusReport", reqids[0]],
        ["getCSVTemplate", company, "device"],
        ["updateASystemPhoneNumber", in_world(world).id, "nothing", True],
    )
    checks, begun, deleted, unsent, (refused,) = said[:2], said[2:5], said[5:8], said[8:10], said[10:]
    assert checks[0]["result"]["data"]["actions"] == {"attach": 2, "force_attach": 1, "detach": 1}
    actions = checks[1]["result"].get("data", checks[1]["result"])["actions"]
    assert actions == {"upsert": 0, "sync": 1, "delete": 0, "detach": 0}
    answers = [each["result"].get("data", each["result"]) for each in begun]
    assert [answer["reqId"] for answer in answers] == reqids
    assert [answer["mode"] for answer in answers] == ["device", "useranddevice", "rainbowvoice"]
    assert all("error" not in each for each in deleted)
    assert world.provisioning.imports == {}
    assert [each["error"]["code"] for each in unsent] == ["ERR_GOT_REQUEST_ERROR"] * 2
    assert refused["error"]["error"]["errorDetailsCode"] == 404000
    targets = [request.target for request in world.requests if request.method == "POST"]
    assert sum("comment=%25" in target for target in targets) == 5
