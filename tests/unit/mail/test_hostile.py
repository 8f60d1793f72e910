"""Text from sheets, file names, descriptions, sites and PBXs is text in a mail, whatever it says."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8, default
from html import unescape

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from linecard.api import is_printable, sanitize
from linecard.api.sink import SinkError
from linecard.testing import Trouble
from linecard_mail.message import parse_address
from linecard_mail.template_renderer import make_breakable
from unit.mail.letters import attached, body, letter, mail
from unit.mail.lint import Lint
from unit.reports.page import Page
from unit.reports.sites import Site
from unit.reports.test_hostile import Words, file_name, nasty, squeezed, told

HEADS = {
    *("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "List-Id", "Auto-Submitted"),
    *("Precedence", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type", "Content-Language"),
}
evil = st.one_of(
    nasty,
    st.sampled_from(
        [
            *("\r\nBcc: eve@evil.example", "\nX-Evil: 1\n\n<b>", "\r", "\u2028Bcc: x", "\x85Bcc: x", "\x0bBcc: x"),
            *("=?utf-8?q?=0d=0aBcc:_eve@evil.example?=", "=?utf-8?b?DQpCY2M6IHg=?=", "a\x00b"[:1], "(comment) <x@y>"),
            *("é" * 200, "山" * 90, "a" * 900, "\ufeff", "\u200f\u202b", "=\r\n=", "--==", ".\r\n.", "\r\n.\r\n"),
            *("=1+1", "+SUM(A1)", "-1", "@x", "\t=1", "\uff1d1", "|cmd", "%comment"),
        ]
    ),
)
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
"""Each example is a run of its own: to make a failing one smaller would take minutes."""
LANES = st.sampled_from(["en", "fr", "de"])


@pytest.fixture(scope="module")
def talk() -> Words:
    return Words()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, talk: Words) -> Iterator[Site]:
    made = Site(
        tmp_path_factory.mktemp("hostile"), trouble=Trouble(refuses=talk), name="<i>Nord</i>\r\nBcc: x \u202e & Süd"
    )
    yield made
    made.close()


@settings(max_examples=20, deadline=None, phases=QUICK, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(evil, min_size=5, max_size=5), evil, evil, evil, LANES)
def test_nothing_that_is_said_becomes_a_head_or_an_element(
    site: Site, talk: Words, cells: list[str], name: str, description: str, words: str, language: str
) -> None:
    """As a mail program reads it back: the heads are ours, the HTML has our elements, and what was said is text."""
    talk.said = words or "no"
    cells = [f"x+{cell}" for cell in cells]
    run = told(site, cells, file_name(name), f"d{description}")
    sent = mail(site, run, language).as_bytes()
    assert all(len(line) <= 998 for line in sent.split(b"\r\n"))
    assert b"\n" not in sent.replace(b"\r\n", b"")
    assert b"\r" not in sent.replace(b"\r\n", b"")
    sent.decode("ascii")
    found = message_from_bytes(sent, policy=default)
    assert found.defects == []
    assert set(found.keys()) == HEADS
    assert all(len(found.get_all(head)) == 1 for head in found)
    assert found["Subject"].isprintable() or " " in found["Subject"]
    assert found["To"] == "anna@example.org"
    html = body(found, "html")
    page = Page(html)
    assert page.oddities == page.open == []
    assert Lint(html).problems == []
    for text in (page.words, body(found, "plain")):
        assert is_printable(text.replace("\n", "")), text
        for said in (cells[0], words):
            assert squeezed(said)[:100] in squeezed(text)


@settings(max_examples=12, deadline=None, phases=QUICK, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(evil, min_size=5, max_size=5), LANES)
def test_no_cell_of_an_attached_file_is_a_formula(site: Site, cells: list[str], language: str) -> None:
    """In the words of any language."""
    run = told(site, cells, "sheet.csv", "")
    for file in attached(site, letter(site, run, language)).attached:
        text = file.content.decode("utf-8-sig")
        for row in csv.reader(io.StringIO(text, newline="")):
            for cell in row:
                start = cell.lstrip("\t\r\n \0")[:1]
                plain_number = cell[:1] == "+" and cell[1:].isdigit()
                assert start not in ("=", "+", "-", "@", "|", "\uff1d", "\uff0b", "\uff0d", "\uff20") or plain_number, (
                    cell
                )


@settings(max_examples=60, deadline=None)
@given(evil, st.sampled_from(["", "@example.org", "anna@example.org", ",anna@example.org"]))
def test_an_address_is_one_address_or_none(text: str, end: str) -> None:
    """No head and no second reader comes from it."""
    try:
        found, _ = parse_address(text + end)
    except SinkError:
        return
    made = EmailMessage(policy=SMTPUTF8)
    made["To"] = found
    (read,) = message_from_bytes(made.as_bytes(), policy=default).items()
    assert read == ("To", found.addr_spec)
    assert str(found).count("@") == 1
    assert found.addr_spec.isprintable()
    assert not any(c in found.addr_spec for c in ' ,;:<>()"\\')


@given(evil | st.text(st.sampled_from("ab@-< "), max_size=80))
def test_long_words_may_be_broken_by_a_screen_and_are_whole_when_copied(text: str) -> None:
    """Nothing is in them but places for a break, and no piece is longer than a telephone has room for."""
    found = str(make_breakable(text))
    assert unescape(found.replace("<wbr>", "")) == sanitize(text)
    assert all(len(unescape(piece)) <= 14 for piece in re.split(r"<wbr>|[\s-]", found))
