"""On a running Asterisk: who is attached can telephone, who is detached cannot, and the number rings who holds it."""

from __future__ import annotations

import pytest

from integration.asterisk.office import office as made
from integration.daemon.site import eventually


@pytest.fixture(scope="module", params=["sqlite", "dialplan", "postgresql", "mariadb", "files"])
def office(request, tmp_path_factory):
    with made(tmp_path_factory.mktemp(request.param), request.param) as office:
        yield office


def test_who_is_attached_can_register(office):
    """With the secret that was made for the extension, and with no other."""
    (extension,) = office.extensions(1)
    office.site.sheet(f"attach,ada@example.org,{extension},")
    phone = office.phone(extension)
    assert phone.register() == 200
    assert office.phone(extension, "a-guess").register() == 401


def test_a_sheet_that_is_dropped_into_the_inbox_makes_a_phone_work(office):
    """Nobody types anything."""
    (extension,) = office.extensions(1)
    office.site.drop(f"attach,ada@example.org,{extension},")
    office.registered(extension)


def test_a_secret_can_be_read_once(office):
    """And stands in nothing that the import prints, reports or remembers."""
    (extension,) = office.extensions(1)
    said = office.site.sheet(f"attach,ada@example.org,{extension},")
    secret = office.site.secret(extension)
    assert len(secret) == 24
    assert office.site.run("secret", "hq", extension, code=1) == ""
    written = [path for path in office.site.folder.rglob("*") if path.is_file() and path.suffix != ".csv"]
    assert written
    assert [path.name for path in written if secret.encode() in path.read_bytes()] == []
    assert secret not in said


def test_a_number_rings_the_phone_of_its_extension(office):
    """A call from inside to the public number, answered and ended."""
    caller, callee = office.extensions(2)
    number = f"+49309018{callee}"
    office.site.sheet(f"attach,ada@example.org,{caller},", f"attach,bob@example.org,{callee},{number}")
    ada, bob = office.registered(caller), office.registered(callee)
    call = ada.call(number)
    answered = bob.rings()
    assert ada.answered(call) == 200
    assert ada.hang_up(call) == 200
    bob.is_hung_up(answered)


def test_force_attach_moves_an_extension_from_phone_to_phone(office):
    """The former holder is refused and rings no more; the number rings the new holder."""
    caller, extension = office.extensions(2)
    number = f"+49309018{extension}"
    office.site.sheet(f"attach,ada@example.org,{caller},", f"attach,bob@example.org,{extension},{number}")
    ada, bob = office.registered(caller), office.registered(extension)
    office.site.sheet(f"force_attach,eve@example.org,{extension},")
    assert bob.register() == 401
    eve = office.registered(extension)
    call = ada.call(number)
    eve.rings()
    assert ada.answered(call) == 200
    ada.hang_up(call)
    assert bob.is_silent()
    assert (extension, "eve@example.org", number) in office.site.members()


def test_who_is_detached_is_refused_and_rings_no_more(office):
    """Although the phone was registered: its contact is gone. The number stays with the extension."""
    caller, extension = office.extensions(2)
    number = f"+49309018{extension}"
    office.site.sheet(f"attach,ada@example.org,{caller},", f"attach,bob@example.org,{extension},{number}")
    ada, bob = office.registered(caller), office.registered(extension)
    office.site.sheet("detach,bob@example.org,,")
    assert bob.register() == 401
    call = ada.call(number)
    assert ada.answered(call) == 480
    assert bob.is_silent()
    assert (extension, None, number) in office.site.members()


def test_whoever_comes_next_is_not_answered_by_the_phone_of_who_was_there(office):
    """A freed extension attached to another: only the phone with the new secret rings."""
    caller, extension = office.extensions(2)
    office.site.sheet(f"attach,ada@example.org,{caller},", f"attach,bob@example.org,{extension},")
    ada, bob = office.registered(caller), office.registered(extension)
    office.site.sheet("detach,bob@example.org,,")
    office.site.sheet(f"attach,eve@example.org,{extension},")
    assert ada.answered(ada.call(extension)) == 480
    eve = office.registered(extension)
    call = ada.call(extension)
    eve.rings()
    assert ada.answered(call) == 200
    ada.hang_up(call)
    assert bob.is_silent()


def test_a_call_in_progress_survives_the_detach_of_both(office):
    """It goes on until one of them hangs up."""
    caller, callee = office.extensions(2)
    office.site.sheet(f"attach,ada@example.org,{caller},", f"attach,bob@example.org,{callee},")
    ada, bob = office.registered(caller), office.registered(callee)
    call = ada.call(callee)
    answered = bob.rings()
    assert ada.answered(call) == 200
    office.site.sheet("detach,ada@example.org,,", "detach,bob@example.org,,")
    assert (ada.register(), bob.register()) == (401, 401)
    assert ada.hang_up(call) == 200
    bob.is_hung_up(answered)


def test_an_extension_that_came_while_asterisk_runs_rings_in_a_queue_and_lights_a_lamp(office):
    """Directly, too; the queue has `ringinuse=no`, and the lamp shows who is free and who is in a call."""
    caller, callee = office.extensions(2)
    asterisk = office.exchange
    office.site.sheet(f"attach,ada@example.org,{caller},", f"attach,bob@example.org,{callee},")
    ada, bob = office.registered(caller), office.registered(callee)
    lamp = f"dialplan eval function EXTENSION_STATE({callee}@internal)"
    assert "NOT_INUSE" in asterisk.command(lamp)
    asterisk.command(f"queue add member PJSIP/{callee} to desk")
    for called in (callee, "desk"):
        call = ada.call(called)
        answered = bob.rings()
        assert ada.answered(call) == 200
        eventually(lambda: "Result: INUSE" in asterisk.command(lamp), "the lamp is lit a moment after the answer")
        ada.hang_up(call)
        bob.is_hung_up(answered)
    asterisk.command(f"queue remove member PJSIP/{callee} from desk")


def test_what_still_leads_to_a_freed_extension_is_listed_by_the_detach_and_by_the_doctor(office):
    """Each with what takes it away, but for a lamp of the leaver's phone: it goes on until it expires."""
    caller, callee, other = office.extensions(3)
    asterisk = office.exchange
    office.site.sheet(f"attach,ada@example.org,{caller},", f"attach,bob@example.org,{callee},")
    bob = office.registered(callee)
    assert bob.subscribe(caller) == 200
    asterisk.command(f"queue add member PJSIP/{callee} to desk")
    asterisk.command(f"queue add member Local/{callee}@internal/n to desk")
    asterisk.command(f"database put CFIM {callee} +49301234567")
    asterisk.command(f"database put CFB {other} {callee}")
    said = " ".join(office.site.sheet("detach,bob@example.org,,").split())
    told = " ".join(office.site.run("doctor", code=1).split())
    kept = "Asterisk's own database still has"
    lamp = f"a phone that logged in with it subscribed to {caller}, and is notified until the subscription expires"
    found = {
        f"{kept} Queue/PersistentMembers/desk for it": [
            f"queue remove member PJSIP/{callee} from desk",
            f"queue remove member Local/{callee}@internal/n from desk",
        ],
        f"{kept} CFIM/{callee} for it": [f"database del CFIM {callee}"],
        f"Asterisk's own database forwards {other} to it (CFB/{other})": [f"database del CFB {other}"],
        lamp: ["`pjsip show subscriptions inbound` says when"],
    }
    for words, remedies in found.items():
        assert f"hq reports about {callee}: {words}." in said
        assert f"nobody holds {callee}, but {words}" in told
        for remedy in remedies:
            assert remedy in said
            assert remedy in told
            if words != lamp:
                asterisk.command(remedy)
    assert bob.subscribe(caller, expires=0) == 401, "nobody lets it in any more, also not to end that"
    left = " ".join(office.site.run("doctor", code=1).split())
    assert left.count("nobody holds") == 1
    assert lamp in left
    office.site.sheet(f"attach,eve@example.org,{callee},")
    assert "nobody holds" not in office.site.run("doctor")


def test_the_doctor_finds_it_well(office):
    """Tables, columns, indexes and the manager interface."""
    assert "FAIL" not in office.site.run("doctor", code=0)
