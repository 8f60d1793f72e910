"""YAML itself: mistakes are told with their place, and nothing in a file can hurt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linecard.errors import ConfigError
from linecard.infrastructure import yaml_text
from linecard.infrastructure.yaml_text import YamlDocument
from unit.config.sites import SMALL, Site


def read(text: str) -> YamlDocument:
    return yaml_text.parse_yaml(text, "x.yaml")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0", 0),
        ("1234", 1234),
        ("-5", -5),
        ("1.5", 1.5),
        ("-0.25", -0.25),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("FALSE", False),
        ("", None),
        ("~", None),
        ("null", None),
        ("0123", "0123"),
        ("+33612345678", "+33612345678"),
        ("-007", "-007"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2026-11-23", "2026-11-23"),
        ("1.2.3", "1.2.3"),
        ("01.5", "01.5"),
        (".", "."),
        ("-", "-"),
        (".inf", ".inf"),
        ("yes", "yes"),
        ("no", "no"),
        ("off", "off"),
        ("Y", "Y"),
        ("=", "="),
        ("9" * 30, "9" * 30),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
    ],
)
def test_a_plain_word_means_what_it_says(written: str, value: object) -> None:
    if written == "-":
        written = "'-'"  # alone it would begin a list
    found = read(f"key: {written}\n").data["key"]
    assert found == value
    assert type(found) is type(value)


@given(st.from_regex(r"[0-9+#*-]{1,20}", fullmatch=True))
def test_no_extension_or_number_is_changed_on_the_way(written: str) -> None:
    """Whatever digits and signs are written without quotes, the text of the value is what was written."""
    if written.strip("-") == "" or written.startswith(("*", "#")):
        written = f"'{written}'"
    assert str(read(f"key: {written}\n").data["key"]) == written.strip("'")


def test_keys_are_always_text() -> None:
    document = read("{1: a, true: b, null: c, 0123: d}")
    assert document.data == {"1": "a", "true": "b", "null": "c", "0123": "d"}


def test_every_key_and_value_knows_its_place() -> None:
    document = read("a:\n  - b\n  - c: d\n")
    assert document.values[("a", 1, "c")] == (3, 8)
    assert document.keys[("a", 1, "c")] == (3, 5)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: [1", 1, "expected ',' or ']'"),
        ("a:\n\t- x\n", 2, "cannot start any token"),
        ("a: *nobody\n", 1, "undefined alias 'nobody'"),
        ("a: b: c\n", 1, "mapping values are not allowed here"),
        ("a: 1\n--- \nb: 2\n", 2, "another document"),
        ("a: \x01\n", 1, "U+0001"),
        ('a: "\\q"\n', 1, "unknown escape"),
    ],
)
def test_a_mistake_in_the_yaml_is_told_alone_with_its_place(site: Site, text: str, line: int, said: str) -> None:
    problems = site.problems(text)
    assert len(problems) == 1
    assert problems[0].startswith(f"linecard.yaml:{line}:")
    assert said in problems[0]


def test_bytes_that_are_no_utf_8_are_told_with_their_place(site: Site) -> None:
    assert site.problems(b"region: FR\nsite: caf\xe9\n") == (
        "linecard.yaml:2:10: found byte 0xe9, expected UTF-8 text",
    )


def test_a_tag_is_refused_and_nothing_is_made_of_it(site: Site) -> None:
    problems = site.problems(SMALL.replace("region: FR", "region: !!python/object/apply:os.getcwd []\nsite: !x y"))
    assert any("2:7 site: found 'y' with the tag !x, expected a value without a tag" in p for p in problems)


def test_a_list_as_a_key_is_refused(site: Site) -> None:
    problems = site.problems(SMALL + "? [a, b]\n: c\n")
    assert problems == ("linecard.yaml:6:3: found a list or keys in place of a key, expected text",)


def test_an_alias_bomb_stays_small(site: Site) -> None:
    """Ten lines of YAML that would unfold to a thousand million values."""
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    assert "aliases that unfold to too many values" in site.problems("\n".join(lines))[0]


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: *a}", "a: " + "[" * 5000, "a: " + "{b: " * 5000])
def test_what_has_no_end_is_refused(site: Site, text: str) -> None:
    assert "too" in site.problems(text)[0]


def test_a_file_with_too_many_values_is_refused(site: Site) -> None:
    assert "too many values" in site.problems("".join(f"k{n}: 1\n" for n in range(yaml_text.MOST_NODES)))[0]


def test_a_huge_file_is_refused_before_it_is_read(site: Site) -> None:
    with pytest.raises(ConfigError, match="larger than 1 MB"):
        site.load("#" * 1_000_001)
