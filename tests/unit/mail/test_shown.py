"""What mail programs make of the HTML: nothing that Outlook or Gmail drops carries meaning."""

from __future__ import annotations

import re
from html import unescape

import pytest

from linecard.model.run import Run
from unit.mail.letters import LANGUAGES, body, mail
from unit.mail.lint import Lint, contrast, styles
from unit.reports.scenes import SCENES
from unit.reports.sites import Site

Runs = dict[str, tuple[Site, Run]]


@pytest.mark.parametrize("name", SCENES)
def test_every_mail_keeps_the_rules(name: str, runs: Runs) -> None:
    """No script, no outside resource, no layout that Word does not know, colours as attributes, in every language."""
    for language in LANGUAGES:
        html = body(mail(*runs[name], language), "html")
        assert Lint(html).problems == []
        assert f'<html lang="{language}">' in html


@pytest.mark.parametrize(
    "harm",
    [
        "<img src='https://evil.example/x.png'>",
        "<script>x</script>",
        "<p style='position:absolute'>x</p>",
        "<p style='display:flex'>x</p>",
        "<p style='background-color:#fff url(x)'>x</p>",
        "<a href='javascript:x'>x</a>",
        "<table><tr><td>x</td></tr></table>",
        "<b onclick='x'>x</b>",
        "<style>@import 'x';</style>",
        "<style>.ink { color: #000!important }</style>",
        "<p style='font-size:1.2rem'>x</p>",
        "<p style='font-weight:500'>x</p>",
        "<p style='margin:0 auto'>x</p>",
        "<p style='margin-top:-4px'>x</p>",
        "<span style='margin:4px'>x</span>",
        "<p style='padding:4px'>x</p>",
        "<p style='width:90px'>x</p>",
        "<p style='border-bottom:1px solid #000000'>x</p>",
        "<p style='color:rgb(0 0 0)'>x</p>",
        "<p>",
        "x" * 100_001,
    ],
)
def test_the_rules_see_what_breaks_them(harm: str) -> None:
    assert Lint(f"<html><body>{harm}</body></html>").problems


@pytest.mark.parametrize("name", ["everything", "held", "rejected", "clean"])
def test_the_first_screen_says_whether_it_worked_and_what_to_do(name: str, runs: Runs) -> None:
    """Result, what to do and by when stand before anything else, in HTML as in text."""
    site, run = runs[name]
    said = site.service.report(run).headline
    found = mail(site, run)
    for form in ("plain", "html"):
        text = re.sub(r"<[^>]*>", " ", re.sub(r"(?s)<head>.*</head>", "", body(found, form)))
        first = " ".join(unescape(text).split())[:700]
        assert first.startswith(said.title)
        assert said.remedy in first
        assert ("Please reply by 3 December 2026" in first) == (name != "clean")


def test_the_style_sheet_carries_nothing_but_the_dark(runs: Runs) -> None:
    """Gmail drops it, and nothing is lost."""
    html = body(mail(*runs["everything"]), "html")
    (sheet,) = re.findall(r"(?s)<style>(.*?)</style>", html)
    assert sheet.count("@media") == sheet.count("prefers-color-scheme: dark") == 1
    classes = set(re.findall(r'class="([^"]*)"', html))
    known = set(re.findall(r"\.([a-z]+)", sheet))
    assert {name for found in classes for name in found.split()} <= known


def test_every_colour_of_text_can_be_read_in_the_light_and_in_the_dark(runs: Runs) -> None:
    """On paper and on ground, by its contrast."""
    html = body(mail(*runs["everything"]), "html")
    inked = {styles(found).get("color", "") for found in re.findall(r'style="([^"]*)"', html)} - {""}
    assert len(inked) >= 4
    for colour in inked:
        for ground in ("#ffffff", "#f3f5f8"):
            assert contrast(colour, ground) >= 4.5, (colour, ground)
    (sheet,) = re.findall(r"(?s)<style>(.*?)</style>", html)
    dark = re.findall(r"[ {]color: (#[0-9a-f]{6})", sheet)
    assert len(dark) == 4
    for colour in dark:
        for ground in ("#19212c", "#10161e"):
            assert contrast(colour, ground) >= 4.5, (colour, ground)


def test_the_bar_says_nothing_that_words_do_not_say(runs: Runs) -> None:
    """Its shares add up; the counts stand beneath it."""
    html = body(mail(*runs["everything"]), "html")
    shares = [int(share) for share in re.findall(r'<td width="(\d+)%" height="10"', html)]
    assert sum(shares) == 100
    assert len(shares) == 5
    assert "7 done, 2 unchanged, 7 invalid, 3 refused, 2 failed" in html


def test_a_takeover_names_who_lost_what(runs: Runs) -> None:
    html = body(mail(*runs["everything"]), "html").replace("<wbr>", "")
    (row,) = re.findall(r"(?s)<tr><td[^>]*>1005</td>.*?</tr>", html)
    assert re.sub(r"<[^>]*>", " ", row).split() == ["1005", "hedy@example.org", "→", "jules@example.org"]
