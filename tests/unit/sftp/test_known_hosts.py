"""Which host keys are trusted, as OpenSSH reads its file."""

from __future__ import annotations

import base64
import hmac

import pytest

from linecard_sftp.hostkeys import HostKey, parse_pins, strip_keys

WHERE = "[sftp.example.com]:2222"
KEY, OTHER = HostKey("ssh-ed25519", b"one"), HostKey("ssh-ed25519", b"other")


def hashed(name: str) -> str:
    salt = b"0123456789abcdefghij"
    parts = (base64.b64encode(part).decode() for part in (salt, hmac.digest(salt, name.encode(), "sha1")))
    return f"|1|{'|'.join(parts)}"


@pytest.mark.parametrize(
    "names",
    [
        WHERE,
        "[SFTP.example.com]:2222",
        f"elsewhere,{WHERE}",
        "[*.example.com]:2222",
        "[sftp.example.co?]:*",
        hashed(WHERE),
    ],
)
def test_lines_that_mean_this_server(names):
    assert parse_pins([KEY.format_line(names)], WHERE).is_trusted(KEY)


@pytest.mark.parametrize(
    "names",
    [
        "sftp.example.com",
        "[sftp.example.com]:22",
        "[sftpxexample.com]:2222",
        f"{WHERE},!{WHERE}",
        f"![*.com]:2222,{WHERE}",
        hashed("elsewhere"),
        "|1|damaged",
    ],
)
def test_lines_that_mean_another(names):
    assert not parse_pins([KEY.format_line(names)], WHERE).is_trusted(KEY)


@pytest.mark.parametrize(
    "line", ["", "# comment", WHERE, f"{WHERE} ssh-ed25519", f"{WHERE} ssh-ed25519 ???", f"# {KEY.format_line(WHERE)}"]
)
def test_what_is_no_entry_trusts_nobody(line):
    assert parse_pins([line], WHERE).keys == ()


def test_another_key_is_not_trusted():
    assert not parse_pins([KEY.format_line(WHERE)], WHERE).is_trusted(OTHER)


def test_one_of_several_keys_is_enough():
    assert parse_pins([KEY.format_line(WHERE), OTHER.format_line(WHERE)], WHERE).is_trusted(OTHER)


def test_a_revoked_key_is_not_trusted_whatever_else_is_said_of_it():
    lines = [KEY.format_line(WHERE), f"@revoked {KEY.format_line('*')}"]
    assert not parse_pins(lines, WHERE).is_trusted(KEY)
    assert not parse_pins(lines, WHERE, [KEY.fingerprint]).is_trusted(KEY)


def test_an_authority_is_no_key_of_the_server():
    assert not parse_pins([f"@cert-authority {KEY.format_line(WHERE)}"], WHERE).is_trusted(KEY)


def test_a_fingerprint_is_that_of_openssh_with_or_without_its_padding():
    assert KEY.fingerprint == "SHA256:dpLDrTVAu4A8Ags67mbNiIcSMjTqDG5xQ8Ct1z/0Me0"
    for end in ("", "="):
        assert parse_pins([], WHERE, [KEY.fingerprint + end]).is_trusted(KEY)


def test_types_that_are_known_are_asked_for_first():
    """A server is shown by its preferred type else, which may be one that nobody has written down."""
    assert parse_pins([HostKey("ssh-rsa", b"r").format_line(WHERE)], WHERE).types[0] == "ssh-rsa"


class TestReplacing:
    """A new key takes the place of the old one of its type, and of nothing else."""

    def test_the_line_of_the_old_one_goes(self):
        assert strip_keys(KEY.format_line(WHERE), WHERE, {"ssh-ed25519"}) == ""
        assert strip_keys(KEY.format_line(hashed(WHERE)), WHERE, {"ssh-ed25519"}) == ""

    def test_other_servers_of_the_same_line_stay(self):
        assert strip_keys(KEY.format_line(f"{WHERE},other"), WHERE, {"ssh-ed25519"}) == KEY.format_line("other")

    @pytest.mark.parametrize(
        "line", [KEY.format_line("other"), "# a comment", f"@revoked {KEY.format_line(WHERE)}", ""]
    )
    def test_other_lines_stay_as_they_are(self, line):
        assert strip_keys(line, WHERE, {"ssh-ed25519"}) == line

    def test_keys_of_other_types_stay(self):
        assert strip_keys(KEY.format_line(WHERE), WHERE, {"ssh-rsa"}) == KEY.format_line(WHERE)
