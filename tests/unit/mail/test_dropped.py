"""Nothing that Outlook, Gmail or Yahoo drops carries meaning: what is left says all that the mail says."""

from __future__ import annotations

import re
from html import unescape

import pytest

from linecard.model.run import Run
from unit.mail.dropped import PROGRAMS, shown
from unit.mail.letters import LANGUAGES, body, mail
from unit.mail.notes import notice
from unit.reports.scenes import SCENES
from unit.reports.sites import Site

Runs = dict[str, tuple[Site, Run]]


def words(html: str) -> list[str]:
    inside = re.sub(r"(?s)<head>.*?</head>", "", html)
    return unescape(re.sub(r"<[^>]*>", " ", inside.replace("<wbr>", ""))).split()


@pytest.fixture(scope="module")
def mails(runs: Runs) -> list[str]:
    """The HTML of each kind of mail in each language."""
    found = [mail(*runs[name], language) for name in SCENES for language in LANGUAGES]
    found += [notice(name, language) for name in ("digest", "quiet", "alert") for language in LANGUAGES]
    return [body(one, "html") for one in found]


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_is_left_has_all_words_and_links_and_the_whole_bar(program: str, mails: list[str]) -> None:
    """And what is used at all has been looked up: a property or an attribute that has not is refused."""
    for whole in mails:
        left = shown(whole, PROGRAMS[program])
        assert words(left) == words(whole)
        assert re.findall(r'href="([^"]*)"', left) == re.findall(r'href="([^"]*)"', whole)
        bars = [re.findall(r'<td width="(\d+)%" height="10" bgcolor="(#\w{6})"', text) for text in (left, whole)]
        assert bars[0] == bars[1]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("harm", ["<p style='display:flex'>x</p>", "<td nowrap>x</td>", "<p hidden>x</p>"])
def test_what_nobody_has_looked_up_is_refused(program: str, harm: str) -> None:
    with pytest.raises(LookupError):
        shown(f"<html><body>{harm}</body></html>", PROGRAMS[program])


def test_what_is_dropped_is_gone() -> None:
    """The test would prove nothing if it were still there."""
    text = (
        "<html lang=fr><head><title>t</title><style>p { color: red }</style></head><body style='padding:0'>"
        "<div role=main lang=fr><p class=ink style='padding:4px;color:#111111;max-width:9px'>x</p></div></body></html>"
    )
    outlook, gmail, yahoo, none = (shown(text, program) for program in PROGRAMS.values())
    assert '<p style="color:#111111">' in outlook
    assert '<p style="padding:4px;color:#111111;max-width:9px">' in gmail
    assert "<p>" in none
    assert ['role="main"' in found for found in (outlook, gmail, yahoo, none)] == [True, True, False, False]
    for found in (outlook, gmail, yahoo, none):
        assert "<style" not in found
        assert "class" not in found
