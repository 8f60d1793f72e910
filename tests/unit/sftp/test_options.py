"""The options of an inbox on a server: what goes together, and what this paramiko speaks."""

from __future__ import annotations

import paramiko
import pytest
from pydantic import ValidationError

from linecard_sftp import connector
from linecard_sftp.hostkeys import FAMILIES
from linecard_sftp.options import OLD, SftpOptions

WHERE = {"host": "sftp.example.com", "user": "linecard"}


def options(**more):
    return SftpOptions.model_validate(WHERE | more)


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "sftp example"},
        {"host": "-oProxyCommand=x"},
        {"port": 0},
        {"user": ""},
        {"password": "plain text"},
        {"fingerprint": "MD5:00:11"},
        {"fingerprint": "SHA256:short"},
        {"algorithms": ["ssh-rsa"]},
        {"after": "remove"},
        {"after": "archive "},
        {"after": "leave"},
        {"claim": ""},
        {"claim": "."},
        {"claim": "../"},
        {"after": "archive .."},
        {"rate": 10},
        {"timeouts": {"read": 0}},
        {"nonsense": 1},
    ],
    ids=str,
)
def test_what_is_refused(wrong):
    with pytest.raises(ValidationError):
        options(**wrong)


@pytest.mark.parametrize("host", ["sftp.example.com", "192.0.2.1", "2001:db8::1", "::1", "fe80::1%eth0", "a_b"])
def test_hosts(host):
    assert options(host=host).host == host


@pytest.mark.parametrize(
    ("given", "deletes", "archive"),
    [
        ({}, True, None),
        ({"after": "delete"}, True, None),
        ({"after": "archive done here"}, False, "done here"),
        ({"claim": None}, False, None),
        ({"claim": None, "after": "leave"}, False, None),
        ({"claim": None, "after": "delete"}, True, None),
        ({"claim": None, "after": "archive done"}, False, "done"),
    ],
)
def test_what_becomes_of_a_file(given, deletes, archive):
    found = options(**given)
    assert (found.deletes, found.archive) == (deletes, archive)


def test_one_fingerprint_may_stand_for_a_list():
    one = "SHA256:" + 43 * "a"
    assert options(fingerprint=one).fingerprint == options(fingerprint=[one]).fingerprint == (one,)


def test_every_algorithm_is_one_that_paramiko_speaks():
    """What is named in the settings must be known to the version that is installed."""
    allowed = paramiko.Transport.__new__(paramiko.Transport)
    ciphers, macs = allowed._cipher_info, allowed._mac_info
    assert set(connector.CIPHERS) | {name for name in OLD if not name.startswith("hmac")} == set(ciphers)
    assert set(connector.MACS) | {name for name in OLD if name.startswith("hmac")} == set(macs)
    assert {way for ways in FAMILIES.values() for way in ways} <= set(allowed._preferred_keys)
