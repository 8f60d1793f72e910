"""What `test_samba.py` runs in a network of its own: Active Directory, as Samba has it."""

from __future__ import annotations

import os
from itertools import count

import pytest

from integration.ldap import library, samba
from linecard.api.backend import Change, ChangeStatus, Entry, Holding, Scope
from linecard.testing import make_context
from linecard.testing.contract import BackendContract
from linecard_ldap.backend import build
from linecard_ldap.kept_numbers import Kept, KeptNumbers
from linecard_ldap.options import LdapOptions

ADA, BOB = "ada@example.org", "bob@example.org"
numbers = count()


@pytest.fixture(scope="module")
def directory():
    library.add_to_path()
    import ldap

    with samba.controller() as authority:
        connection = ldap.initialize("ldaps://127.0.0.1")
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(authority))
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        connection.simple_bind_s(samba.ADMIN, samba.PASSWORD)
        yield authority, connection
        connection.unbind_ext()


def new_people(connection, people):
    """A new organizational unit with these people, each a mail and further values; its DN."""
    base = f"OU=p{os.getpid()}n{next(numbers)},{samba.SUFFIX}"
    connection.add_s(base, [("objectClass", [b"organizationalUnit"])])
    for mail, values in people:
        name = f"u{os.getpid()}n{next(numbers)}"
        known = {"objectClass": [b"user"], "sAMAccountName": [name.encode()], "mail": [mail.encode()]} | values
        connection.add_s(f"CN={name},{base}", [(key, value) for key, value in known.items() if value])
    return base


def open_backend(authority, base, folder):
    (folder / "password").parent.mkdir(parents=True, exist_ok=True)
    (folder / "password").touch(mode=0o600)
    (folder / "password").write_text(samba.PASSWORD)
    known = {
        "url": "ldaps://127.0.0.1",
        "ca_file": str(authority),
        "bind": samba.ADMIN,
        "password": "file:password",
        "base": base,
        "filter": "(objectClass=user)",
        "extension": "ipPhone",
        "number": "telephoneNumber",
        "further_numbers": "otherTelephone",
    }
    return build(LdapOptions.model_validate(known), make_context(folder, "directory"))


class TestSamba(BackendContract):
    many = 60
    examples = 3

    @pytest.fixture
    def new_pbx(self, tmp_path, directory):
        authority, connection = directory

        def new_pbx(entries=(), members=()):
            entries = list(entries)
            people = {member: {} for member in members}
            for entry in entries:
                if entry.member is not None:
                    first, further = entry.numbers[:1], entry.numbers[1:]
                    people[entry.member] = {
                        "ipPhone": [entry.extension.encode()],
                        "telephoneNumber": [number.encode() for number in first],
                        "otherTelephone": [number.encode() for number in further],
                    }
            folder = tmp_path / str(next(numbers))
            base = new_people(connection, people.items())
            KeptNumbers(folder / "state" / "directory").write(
                Kept(entry.extension, None, entry.numbers) for entry in entries if entry.member is None
            )
            return lambda: open_backend(authority, base, folder)

        return new_pbx


def test_numbers_are_found_however_they_are_spaced(directory, tmp_path):
    """Active Directory compares them as text."""
    authority, connection = directory
    held = {"ipPhone": [b"1000"], "telephoneNumber": [b"+33 1 99-00 00 01"]}
    backend = open_backend(authority, new_people(connection, [(ADA, held), (BOB, {})]), tmp_path)
    entry = Entry("1000", ADA, ("+33199000001",))
    assert list(backend.fetch(Scope(numbers=frozenset(entry.numbers)))) == [entry]
    (result,) = backend.apply([Change(1, "hq", "1001", Holding(None), Holding(BOB, entry.numbers))])
    assert result.status is ChangeStatus.FAILED
    assert "is on extension 1000" in result.words
    assert [*backend.examine()] == []
    backend.close()
