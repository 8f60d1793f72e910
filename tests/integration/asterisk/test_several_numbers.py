"""Extensions to which others have led several numbers, on a running Asterisk: none of them is lost."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from integration.asterisk import places
from integration.asterisk.office import Office
from integration.asterisk.office import office as made


@pytest.fixture(scope="module", params=["sqlite", "dialplan"])
def office(request, tmp_path_factory):
    with made(tmp_path_factory.mktemp("several"), request.param) as office:
        yield office


def lead(office: Office, extension: str, *numbers: str) -> None:
    """The administrator leads numbers to an extension, past linecard."""
    options = office.site.settings["pbxs"]["hq"]["options"]
    metadata = sa.MetaData()
    with places.engine_of(options["url"]).begin() as connection:
        table = sa.Table("extensions" if "dialplan" in options else "dids", metadata, autoload_with=connection)
        rows = [{"e164": number, "extension": extension} for number in numbers]
        if "dialplan" in options:
            way = {"context": "from-did", "priority": 1, "app": "Goto", "appdata": f"internal,{extension},1"}
            rows = [{"exten": number} | way for number in numbers]
        connection.execute(sa.insert(table), rows)


def numbers_of(office: Office, extension: str) -> list[str]:
    (entry,) = json.loads(office.site.run("members", "--extension", extension, "--json"))
    return entry["numbers"]


def rings_at(caller, phone, *numbers: str) -> None:
    """Each of the numbers reaches this phone."""
    for number in numbers:
        call = caller.call(number)
        answered = phone.rings()
        assert caller.answered(call) == 200
        assert caller.hang_up(call) == 200
        phone.is_hung_up(answered)


def second_number(office: Office, word: str) -> None:
    office.site.settings["pbxs"]["hq"]["second_number"] = word
    office.site.write()


def test_every_number_of_an_extension_goes_on_ringing_whatever_the_rows_say(office):
    """Shown, refused as several, added, kept by the next holder; one is taken, the others stay."""
    near, extension, other = office.extensions(3)
    three = [f"+4930{extension}{n}" for n in (11, 22, 33)]
    fourth, shown = f"+4930{extension}44", f"{extension}"
    office.site.sheet(f"attach,far@example.org,{near},", f"attach,ada@example.org,{extension},")
    lead(office, extension, *three)
    caller, ada = office.registered(near), office.registered(extension)
    assert numbers_of(office, shown) == three
    rings_at(caller, ada, *three)

    second_number(office, "replace")
    said = office.site.sheet(f"attach,ada@example.org,{extension},{fourth}", code=1)
    assert f"{extension} already has {' and '.join(three)}; {fourth} is not added and replaces nothing." in said
    office.site.sheet(*(f"attach,ada@example.org,{extension},{number}" for number in three))
    assert numbers_of(office, shown) == three

    second_number(office, "add")
    office.site.sheet(f"attach,ada@example.org,{extension},{fourth}")
    assert numbers_of(office, shown) == [*three, fourth]
    rings_at(caller, ada, *three, fourth)

    office.site.sheet(f"force_attach,bob@example.org,{extension},", f"force_attach,eve@example.org,{other},{three[1]}")
    bob, eve = office.registered(extension), office.registered(other)
    assert numbers_of(office, shown) == [three[0], three[2], fourth]
    assert ada.register() == 401
    rings_at(caller, bob, three[0], three[2], fourth)
    rings_at(caller, eve, three[1])

    office.site.sheet("detach,bob@example.org,,")
    assert numbers_of(office, shown) == [three[0], three[2], fourth]
