"""Calls of a holder who loses an extension, on a running Asterisk: waited for, or ended."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from integration.asterisk.exchange import AMI_SECRET
from integration.asterisk.office import Office
from integration.asterisk.office import office as made
from integration.asterisk.site import HEADER
from integration.daemon.site import LINECARD, eventually


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with made(tmp_path_factory.mktemp("calls"), "sqlite") as office:
        yield office


def policy(office: Office, calls: str, patience: float = 60) -> None:
    office.site.settings["pbxs"]["hq"]["options"] |= {"calls": calls, "patience": patience}
    office.site.write()


def in_a_call(office: Office):
    """Two who talk: telephones, their sides of the call, and the extension of the one who was called."""
    caller, callee = office.extensions(2)
    office.site.sheet(f"attach,ada@example.org,{caller},", f"attach,bob@example.org,{callee},")
    ada, bob = office.registered(caller), office.registered(callee)
    call = ada.call(callee)
    answered = bob.rings()
    assert ada.answered(call) == 200
    return ada, bob, call, answered, callee


@contextmanager
def importing(office: Office, *rows: str) -> Iterator[subprocess.Popen[str]]:
    """An import in a process of its own, which may take as long as a call."""
    sheet = office.site.folder / "waiting.csv"
    sheet.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    words = [*LINECARD, "--config", str(office.site.folder / "linecard.yaml"), "import", str(sheet), "--yes"]
    environ = os.environ | {"AMI_SECRET": AMI_SECRET}
    process = subprocess.Popen(words, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def busy(office: Office) -> str:
    return office.exchange.command("core show channels count")


def test_hangup_ends_the_call_of_a_leaver(office):
    """Both sides are told, and the leaver's phone is refused from then on."""
    policy(office, "hangup")
    ada, bob, call, answered, callee = in_a_call(office)
    office.site.sheet("detach,bob@example.org,,")
    bob.is_hung_up(answered)
    ada.is_hung_up(call)
    assert bob.register() == 401
    assert callee not in [extension for extension, *_ in office.site.members()]
    assert "0 active calls" in busy(office)


def test_hangup_leaves_the_calls_of_others_alone(office):
    """Somebody else loses an extension while these two talk."""
    policy(office, "hangup")
    ada, bob, call, answered, _ = in_a_call(office)
    (other,) = office.extensions(1)
    office.site.sheet(f"attach,eve@example.org,{other},")
    office.site.sheet("detach,eve@example.org,,")
    assert "1 active call" in busy(office)
    assert ada.hang_up(call) == 200
    bob.is_hung_up(answered)


def test_wait_lets_the_call_come_to_its_end_first(office):
    """Until then the holder keeps the extension, phone and all."""
    policy(office, "wait")
    ada, bob, call, answered, callee = in_a_call(office)
    with importing(office, f"force_attach,eve@example.org,{callee},") as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(3)
        assert bob.register() == 200
        assert (callee, "bob@example.org", None) in office.site.members()
        assert ada.hang_up(call) == 200
        bob.is_hung_up(answered)
        assert process.wait(30) == 0
    assert bob.register() == 401
    assert (callee, "eve@example.org", None) in office.site.members()


def test_a_call_that_lasts_longer_than_the_patience_keeps_the_extension(office):
    """The row fails and says why; the next sheet does it."""
    policy(office, "wait", patience=1)
    ada, bob, call, answered, callee = in_a_call(office)
    said = office.site.sheet("detach,bob@example.org,,", code=1)
    assert f"{callee} is still in a call" in said
    assert bob.register() == 200
    assert ada.hang_up(call) == 200
    bob.is_hung_up(answered)
    eventually(lambda: "0 active calls" in busy(office), "the end of the call")
    office.site.sheet("detach,bob@example.org,,")
    assert bob.register() == 401
