"""What may stand below `options:` of an Asterisk, and what may not."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from linecard_asterisk import convert
from linecard_asterisk.options import AsteriskOptions

AMI = {"user": "linecard", "password": "env:AMI"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"url": "postgresql://linecard:s3cret@db/asterisk"}, "name where it lies with `password`"),
        ({"url": "oracle://db/asterisk"}, "expected sqlite, postgresql, mariadb or mysql"),
        ({"url": "asterisk.db"}, "expected an address such as"),
        ({"url": "sqlite:///x", "password": "s3cret"}, "a reference to the secret"),
        ({"url": "sqlite:///x", "on_release": "remove", "create": False}, "needs `create: true`"),
        ({"url": "sqlite:///x", "calls": "wait"}, "need `ami`"),
        ({"url": "sqlite:///x", "tables": {"contacts": None}}, "`tables.contacts: null` needs `ami`"),
        ({"url": "sqlite:///x", "tables": {"auths": "a; DROP TABLE b"}}, "the name of a table or a column"),
        ({"url": "sqlite:///x", "template": {"endpoint": {"a b": 1}}}, "the name of a table or a column"),
        ({"url": "sqlite:///x", "template": {"auth": {"password_digest": "MD5:s3cret"}}}, "a secret: each extension"),
        ({"url": "sqlite:///x", "on_release_voicemail": "empty"}, "needs `voicemail_spool`"),
        ({"url": "sqlite:///x", "mode": "files", "ami": AMI}, "`mode: files` needs `files`"),
        (
            {"url": "postgresql://db/x", "mode": "files", "ami": AMI, "files": {"endpoints": "x.conf"}},
            "needs a `url` of SQLite",
        ),
        ({"url": "sqlite:///x", "colour": "red"}, "Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(options, words):
    """Before anything is opened; a secret in it is not repeated."""
    with pytest.raises(ValidationError) as raised:
        AsteriskOptions(**options)
    message = "; ".join(error["msg"] for error in raised.value.errors())
    assert words in message
    assert "s3cret" not in message


def test_little_is_needed():
    """The rest is as a fresh Asterisk has it."""
    options = AsteriskOptions(url="postgresql://asterisk@127.0.0.1/asterisk")
    assert options.adoptable == {"internal"}
    assert options.tables.endpoints == "ps_endpoints"


@pytest.mark.parametrize(
    "callerid",
    [
        '"{member}" <{extension}>',
        "{member}<{extension}>",
        "<{extension}>",
        '"{member}, hq" <+4930901{extension}>',
        "hq <+4930901820>",
    ],
)
def test_a_caller_id_with_a_number_at_its_end_is_taken(callerid):
    """With a name before it or not, and with the site's own digits."""
    assert AsteriskOptions(url="sqlite:///x", callerid=callerid).callerid == callerid


@pytest.mark.parametrize(
    "callerid",
    [
        "",
        "{member}",
        '"{member}"',
        "{extension}",
        "{member} {extension}",
        '"{extension}" <{member}>',
        "<>",
        "<{extension}",
        "<{extension}> {member}",
        '"{member} <{extension}>',
        "<{numbre}>",
    ],
)
def test_a_caller_id_without_one_is_refused(callerid):
    """Asterisk would show colleagues neither name nor number of it."""
    with pytest.raises(ValidationError, match="expected a number in angle brackets at its end"):
        AsteriskOptions(url="sqlite:///x", callerid=callerid)


@pytest.mark.parametrize(
    ("text", "written"),
    [("plain", "plain"), ("a;b", "a^3Bb"), ("a^b", "a^5Eb"), ("^3B", "^5E3B"), (";^;", "^3B^5E^3B")],
)
def test_what_the_drivers_stumble_over_is_encoded(text, written):
    """`^` first, so that what is written is read as it was meant."""
    assert convert.encode(text) == written
    assert written.replace("^3B", ";").replace("^5E", "^") == text


@pytest.mark.parametrize(
    ("member", "most", "shown"),
    [
        ("ada@example.org", None, '"ada@example.org" <1000>'),
        (None, None, '"1000" <1000>'),
        ('a"b@example.org', None, '"a\'b@example.org" <1000>'),
        ("ada@example.org", 20, '"ada@example" <1000>'),
        ("ada@example.org", 5, '"" <1000>'),
    ],
)
def test_a_caller_id_shows_who_calls(member, most, shown):
    """A quote cannot end it, and it fits."""
    assert convert.format_callerid('"{member}" <{extension}>', "1000", member, most) == shown


@pytest.mark.parametrize(
    ("name", "may"),
    [("1000", True), ("0100", True), ("*99#", True), ("trunk-berlin", False), ("", False), ("1" * 33, False)],
)
def test_only_digits_stars_and_hashes_are_extensions(name, may):
    """Everything else is something else of the administrator's."""
    assert convert.is_extension(name) is may
