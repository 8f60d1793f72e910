"""Text for people: nothing in it steers, hides or turns around; every letter and every no-break space stays."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linecard.rules.sanitize import is_printable, sanitize, sanitize_json, sanitize_line, shorten, spell_out

TEXT = st.text(
    st.sampled_from("aé山\xa0\u202f\u2007 \n\r\x85\u2028\u2029\x1b\x9b\u202e\u2066\u200b\ufeff") | st.characters()
)
NO_BREAK = "\u00a0\u202f\u2007"


def is_seen(character: str) -> bool:
    """By Unicode's own tables: no control, format, unassigned or private character, no line or other separator."""
    kind = unicodedata.category(character)
    return character == " " or character in NO_BREAK or kind[0] not in "CZ"


@given(TEXT)
def test_what_can_be_seen_stays_and_nothing_else(text):
    assert sanitize(text) == "".join(c if is_seen(c) else "\ufffd" for c in text)
    assert is_printable(text) == all(map(is_seen, text))
    assert is_printable(sanitize(text))


@given(st.dictionaries(TEXT, TEXT))
def test_json_says_the_same_without_what_cannot_be_seen(facts):
    text = json.dumps(facts, ensure_ascii=False)
    assert json.loads(sanitize_json(text)) == facts
    assert is_printable(sanitize_json(text))
    assert sanitize_json(text + "\n", keep="\n").endswith("\n")


@given(TEXT)
def test_a_line_is_one_line(text):
    """It begins and ends with something, and has no gap that would push the rest out of sight."""
    line = sanitize_line(text)
    assert is_printable(line)
    assert line == line.strip(" ")
    assert "  " not in line
    assert sanitize_line(line) == line
    assert [c for c in line if c in NO_BREAK] == [c for c in text if c in NO_BREAK]


@pytest.mark.parametrize(
    ("text", "line"),
    [("X a X", "X a X"), ("\xa0a\xa0", "\xa0a\xa0"), (" a\n\tb ", "a b"), ("\n", ""), ("a\u2028b", "a b")],
)
def test_only_blanks_and_what_would_end_the_line_go_from_its_ends(text, line):
    assert sanitize_line(text) == line


@given(TEXT, st.integers(1, 40))
def test_a_cut_value_has_its_length(text, most):
    assert len(shorten(text, most)) <= most
    assert shorten(text, len(text) + 1) == sanitize(text)


@pytest.mark.parametrize(
    ("value", "short"),
    [
        ("abcd", "abcd"),
        ("abcde", "abc…"),
        ("abcdefgh", "abc…"),
        ("abc\n", "abc\ufffd"),
        ("ab\ncd", "ab\ufffd…"),
        ("", ""),
    ],
)
def test_what_is_cut_ends_with_an_ellipsis(value, short):
    assert shorten(value, 4) == short


@given(st.binary())
def test_a_raw_name_is_spelt_out(name):
    assert is_printable(spell_out(name))


@pytest.mark.parametrize(
    ("name", "spelt"),
    [
        (b"a\nb\xff.csv", r"a\nb\xff.csv"),
        ("Arrivées\xa0: mars.csv".encode(), "Arrivées\xa0: mars.csv"),
        ("gnp\u202e.csv".encode(), r"gnp\u202e.csv"),
    ],
)
def test_raw_names(name, spelt):
    assert spell_out(name) == spelt


@pytest.mark.parametrize("text", ["Arrivées\u00a0: mars", "1\u202f234", "1\u2007234"])
@pytest.mark.parametrize("show", [sanitize, sanitize_line, sanitize_json, shorten])
def test_french_stays_french(text, show):
    assert show(text) == text
