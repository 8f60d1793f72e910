"""A leaver's phones on a running Asterisk: whatever let them in or made them ring before, nothing does after `done`.

The administrator's endpoints stand there in every way that Asterisk knows; where there are tables, Asterisk also keeps
what it read of them.
"""

from __future__ import annotations

import hashlib

import pytest
import sqlalchemy as sa

from integration.asterisk import places, schema
from integration.asterisk.office import Office
from integration.asterisk.office import office as made
from integration.asterisk.postgres import PASSWORD
from integration.asterisk.sip import Phone

OLD = "at-the-desk"
LEAVE = {
    "detach": "detach,{member},{extension},",
    "force_attach": "force_attach,new{extension}@example.org,{extension},",
}


class Desks:
    """Rows that the administrator writes for the phones of an office."""

    def __init__(self, office: Office, kind: str) -> None:
        self.office = office
        options = office.site.settings["pbxs"]["hq"]["options"]
        self._engine = places.engine_of(options["url"], PASSWORD)
        self.metadata = sa.MetaData()
        (schema.small if kind == "sqlite" else schema.alembic)(self.metadata)

    def put(self, table: str, **row: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.insert(self.metadata.tables[table]), [row])

    def endpoint(self, name: str, aors: str, auth: str) -> None:
        self.put("ps_endpoints", id=name, aors=aors, auth=auth, context="internal", allow="alaw", disallow="all")

    def auth(self, name: str, username: str, **credential: str) -> None:
        given = credential or {"auth_type": "userpass", "password": OLD}
        self.put("ps_auths", id=name, username=username, **given)

    def aor(self, name: str, **more: object) -> None:
        self.put("ps_aors", id=name, max_contacts=5, qualify_frequency=0, **more)

    def row(self, table: str, name: str) -> dict:
        found = self.metadata.tables[table]
        with self._engine.connect() as connection:
            return dict(connection.execute(sa.select(found).where(found.c.id == name)).mappings().one())

    # -- desks -----------------------------------------------------------------------------------------------------

    def digest(self, extension: str) -> list[Phone]:
        """Its secret stands there as a digest alone."""
        ha1 = hashlib.md5(f"{extension}:asterisk:{OLD}".encode(), usedforsecurity=False).hexdigest()
        self.endpoint(extension, extension, extension)
        self.auth(extension, extension, auth_type="digest", password_digest=f"MD5:{ha1}", realm="asterisk")
        self.aor(extension)
        return [self.registered(extension)]

    def two_secrets(self, extension: str) -> list[Phone]:
        """Its endpoint lists two of them."""
        self.endpoint(extension, extension, f"{extension}, {extension}-b")
        self.auth(extension, extension, auth_type="userpass", password="of another phone", realm="asterisk")
        self.auth(f"{extension}-b", extension, auth_type="userpass", password=OLD, realm="asterisk")
        self.aor(extension)
        return [self.registered(extension)]

    def other_address(self, extension: str) -> list[Phone]:
        """Neither its secret, nor its user name, nor its address of record is called as the extension is."""
        self.endpoint(extension, f"desk-{extension}", f"secret-{extension}")
        self.auth(f"secret-{extension}", f"user-{extension}")
        self.aor(f"desk-{extension}")
        return [self.registered(extension, to=f"desk-{extension}", login=f"user-{extension}")]

    def fixed(self, extension: str) -> list[Phone]:
        """It never registers: Asterisk knows where it is."""
        phone = self.office.phone(extension, OLD)
        self.endpoint(extension, extension, extension)
        self.auth(extension, extension)
        self.aor(extension, contact=f"sip:{extension}@127.0.0.1:{phone.port}")
        return [phone]

    def second_device(self, extension: str) -> list[Phone]:
        """Another endpoint, with a secret of its own, registers in the same address of record."""
        self.plain(extension)
        self.endpoint(f"{extension}-mobile", extension, f"{extension}-mobile")
        self.auth(f"{extension}-mobile", f"{extension}-mobile")
        return [self.registered(extension), self.registered(f"{extension}-mobile", to=extension)]

    def second_address(self, extension: str) -> list[Phone]:
        """The extension rings by the address of record of another endpoint as well."""
        self.endpoint(extension, f"{extension},{extension}-home", extension)
        self.auth(extension, extension)
        self.aor(extension)
        self.endpoint(f"{extension}-home", f"{extension}-home", f"{extension}-home")
        self.auth(f"{extension}-home", f"{extension}-home")
        self.aor(f"{extension}-home")
        return [self.registered(extension), self.registered(f"{extension}-home")]

    def plain(self, extension: str) -> None:
        self.endpoint(extension, extension, extension)
        self.auth(extension, extension)
        self.aor(extension)

    def registered(self, user: str, to: str = "", login: str = "") -> Phone:
        phone = self.office.phone(user, OLD)
        phone.login = login or user
        assert phone.register(to=to) == 200
        return phone


ALONE = ("digest", "two_secrets", "other_address", "fixed")
SEVERAL = ("second_device", "second_address")


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def desks(request, tmp_path_factory):
    with made(tmp_path_factory.mktemp(request.param), request.param, caching=True) as office:
        yield Desks(office, request.param)


def ring(caller: Phone, called: str, phones: list[Phone]) -> None:
    """A call that reaches one of these phones after the other; the caller gives up, and so do all."""
    call = caller.call(called)
    for phone in phones:
        phone.is_rung()
    assert caller.cancel(call) == 487
    for phone in phones:
        phone.is_given_up()


@pytest.mark.parametrize("action", LEAVE)
def test_no_phone_of_a_leaver_is_let_in_or_rings(desks, action):
    """Not by its secret, its contact or a second device; the next holder's secret works, and that phone alone rings."""
    office, site = desks.office, desks.office.site
    site.settings["pbxs"]["hq"]["options"]["second_devices"] = "silence"
    site.write()
    caller, *extensions = office.extensions(1 + len(ALONE) + len(SEVERAL))
    cases = dict(zip(extensions, (*ALONE, *SEVERAL), strict=True))
    phones = {extension: getattr(desks, case)(extension) for extension, case in cases.items()}
    numbers = {extension: f"+49309018{extension}" for extension in extensions}
    rows = [f"attach,old{extension}@example.org,{extension},{numbers[extension]}" for extension in extensions]
    site.sheet(f"attach,caller{caller}@example.org,{caller},", *rows)
    ada = office.registered(caller)
    for extension in extensions:
        ring(ada, numbers[extension], phones[extension])
    site.sheet(*(LEAVE[action].format(member=f"old{e}@example.org", extension=e) for e in extensions))
    for extension, case in cases.items():
        to = f"desk-{extension}" if case == "other_address" else extension
        assert [p.register(to="" if p.user.endswith("-home") else to) for p in phones[extension]] == [401] * len(
            phones[extension]
        ), case
        for called in (extension, numbers[extension]):
            assert ada.answered(ada.call(called)) == 480, case
    if action == "detach":
        site.sheet(*(f"attach,new{extension}@example.org,{extension}," for extension in extensions))
    for extension, case in cases.items():
        to = f"desk-{extension}" if case == "other_address" else extension
        theirs = office.phone(extension)
        assert theirs.register(to=to) == 200, case
        ring(ada, numbers[extension], [theirs])
        assert all(phone.is_silent() for phone in phones[extension]), case


@pytest.mark.parametrize("action", LEAVE)
def test_an_extension_that_other_endpoints_ring_with_stays_with_its_holder(desks, action):
    """Unless linecard may silence them: they are named, in the report and by the doctor, and all goes on as it was."""
    office, site = desks.office, desks.office.site
    site.settings["pbxs"]["hq"]["options"]["second_devices"] = "refuse"
    site.write()
    first, second = office.extensions(2)
    phones = [*desks.second_device(first), *desks.second_address(second)]
    site.sheet(f"attach,old{first}@example.org,{first},", f"attach,old{second}@example.org,{second},")
    rows = [LEAVE[action].format(member=f"old{e}@example.org", extension=e) for e in (first, second)]
    said = site.sheet(*rows, code=1)
    told = site.run("doctor", code=1)
    for extension, device in ((first, f"{first}-mobile"), (second, f"{second}-home")):
        words = f"the endpoint {device} rings with {extension}, and would keep ringing"
        assert words in said
        assert words in " ".join(told.split())
    assert {member for _, member, _ in site.members()} >= {f"old{first}@example.org", f"old{second}@example.org"}
    assert [phone.register(to=first if phone.user.startswith(first) else "") for phone in phones] == [200] * 4


@pytest.mark.parametrize("action", LEAVE)
def test_other_endpoints_that_ring_with_an_extension_wait_for_a_person(desks, action):
    """They are named while all goes on as it was, and are silent with the others once the plan is approved. One that
    came after that was not seen, and is asked about again."""
    office, site = desks.office, desks.office.site
    site.settings["pbxs"]["hq"]["options"]["second_devices"] = "hold"
    site.write()
    caller, first, second = office.extensions(3)
    phones = [*desks.second_device(first), *desks.second_address(second)]
    old = [f"attach,old{extension}@example.org,{extension}," for extension in (first, second)]
    site.sheet(f"attach,caller{caller}@example.org,{caller},", *old)
    ada = office.registered(caller)
    rows = [LEAVE[action].format(member=f"old{e}@example.org", extension=e) for e in (first, second)]
    said = " ".join(site.sheet(*rows, code=3).split())
    named = [f"the endpoint {first}-mobile rings with {first}", f"the endpoint {second}-home rings with {second}"]
    for extension, words in zip((first, second), named, strict=True):
        assert (
            f"Held: On hq, a person must approve the change of {extension}: {words}, and will be silenced with it."
            in said
        )
        assert words in " ".join(site.run("doctor", code=1).split())
    ring(ada, first, phones[:2])
    run, checksum = site.waiting()
    desks.endpoint(f"{second}-car", second, f"{second}-car")
    desks.auth(f"{second}-car", f"{second}-car")
    phones.append(desks.registered(f"{second}-car", to=second))
    site.run("approve", str(run), checksum)
    site.run("resume", code=3)
    ring(ada, first, phones[:2])
    run, checksum = site.waiting()
    site.run("resume", "--approve", checksum)
    to = {"home": "", "car": second}
    assert [p.register(to=to.get(p.user.rpartition("-")[2], p.user[:4])) for p in phones] == [401] * 5
    for extension in (first, second):
        assert ada.answered(ada.call(extension)) == 480


@pytest.mark.parametrize("action", LEAVE)
def test_phones_that_are_told_of_a_leavers_messages_are_listed(desks, action):
    """Beside the row with which the extension changes hands; its own address of record is not one of them."""
    office, site = desks.office, desks.office.site
    extension, other = office.extensions(2)
    desks.endpoint(extension, extension, extension)
    desks.auth(extension, extension)
    desks.aor(extension, mailboxes=f"{extension}@default, {other}@default")
    desks.aor(f"lobby-{extension}", mailboxes=f"{other}@default,{extension}@default")
    site.sheet(f"attach,old{extension}@example.org,{extension},")
    said = site.sheet(LEAVE[action].format(member=f"old{extension}@example.org", extension=extension))
    told = (
        f"hq reports about {extension}: the address of record lobby-{extension} is notified of messages in its mailbox"
    )
    assert f"{told} {extension}@default." in said
    assert said.count("is notified of messages") == 1


def test_a_secret_or_device_of_asterisks_own_files_keeps_the_extension_with_its_holder(desks):
    """linecard cannot change what stands in pjsip.conf, so it says so, and the phone goes on."""
    office, site = desks.office, desks.office.site
    secret, device = office.extensions(2)
    desks.endpoint(secret, secret, f"{secret},desk-{secret}")
    desks.auth(secret, secret)
    desks.aor(secret)
    desks.plain(device)
    with (office.exchange.folder / "etc" / "pjsip.conf").open("a") as file:
        file.write(f"[desk-{secret}]\ntype = auth\nusername = {secret}\npassword = {OLD}\n")
        file.write(f"[{device}-soft]\ntype = endpoint\ncontext = internal\nallow = alaw\naors = {device}\n")
        file.write(f"auth = {device}-soft\n[{device}-soft]\ntype = auth\nusername = {device}-soft\npassword = {OLD}\n")
    office.exchange.command("module reload res_pjsip.so")
    site.sheet(f"attach,old{secret}@example.org,{secret},", f"attach,old{device}@example.org,{device},")
    said = site.sheet(f"detach,old{secret}@example.org,,", f"detach,old{device}@example.org,,", code=1)
    assert f"endpoint {secret} has a secret that could not be replaced: desk-{secret} is not in the table" in said
    assert f"the endpoint {device}-soft rings with {device}" in said
    for extension in (secret, device):
        desks.registered(extension)


@pytest.mark.parametrize("kind", ["endpoint", "aor"])
def test_the_doctor_names_a_setting_with_which_no_queue_and_no_lamp_knows_an_extension(desks, kind):
    """In the file in which it stands."""
    file = desks.office.exchange.folder / "etc" / "sorcery.conf"
    good = file.read_text()
    words = f"sorcery.conf has allow_unqualified_fetch=no for {kind}: no queue rings"
    try:
        file.write_text(good.replace(f"realtime,ps_{kind}s", f"realtime,ps_{kind}s,allow_unqualified_fetch=no"))
        assert words in " ".join(desks.office.site.run("doctor", code=1).split())
    finally:
        file.write_text(good)


def test_without_a_database_a_device_of_the_administrators_own_files_keeps_the_extension_too(tmp_path):
    """It is named, whether the extension is to go or to change hands."""
    with made(tmp_path, "files") as office:
        (extension,) = office.extensions(1)
        office.site.sheet(f"attach,ada@example.org,{extension},")
        desk = office.registered(extension)
        with (office.exchange.folder / "etc" / "pjsip.conf").open("a") as file:
            file.write(f"[{extension}-soft]\ntype = endpoint\ncontext = internal\nallow = alaw\naors = {extension}\n")
        office.exchange.command("module reload res_pjsip.so")
        for row in LEAVE.values():
            said = office.site.sheet(row.format(member="ada@example.org", extension=extension), code=1)
            assert f"the endpoint {extension}-soft rings with {extension}" in said
        assert desk.register() == 200
