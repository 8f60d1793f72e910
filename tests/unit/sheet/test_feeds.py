"""Feeds that are written in their own way: lines to skip, second headers, positions, quotes, column maps."""

from __future__ import annotations

from pathlib import Path

import pytest

from linecard.config import columns
from linecard.model.sheet import Action
from unit.sheet.reading import file, read

MAPS = sorted((Path(__file__).parents[3] / "config" / "columns").glob("*.yaml"))


def test_a_title_a_second_header_own_names_and_own_words():
    """The lines passed over may hold anything, such as a quote that is never closed; all lines are counted."""
    reading = file(
        "feed.txt",
        skip_lines=2,
        second_header=True,
        columns={"Action": ("Status",), "LoginEmail": ("Work E-Mail",), "Extension": ("Ext",)},
        actions={"active": Action.ATTACH, "terminated": Action.DETACH},
    )
    assert reading.valid == [
        (5, "attach", "ada@example.com", "hq", "1234", ""),
        (6, "detach", "zoé@example.com", "", "", ""),
    ]
    assert reading.errors == [(7, "Action", "bad_action")]


def test_lines_to_skip_are_counted_from_the_first_line_of_the_file():
    """Blank lines and comments among them count too."""
    text = "\n% x\nAction,LoginEmail,Number\nAction,LoginEmail,Extension\nattach,ada@example.com,1234\n"
    assert [row[4] for row in read(text, skip_lines=3).valid] == ["1234"]
    assert read(text, skip_lines=2).rows[0].line == 4


def test_positions_take_the_place_of_a_header():
    """A cell that is passed over, and the delimiter that gives as many cells as there are positions."""
    reading = file("positions.txt", positions=("LoginEmail", None, "Action", "Extension"))
    assert reading.valid == [
        (1, "attach", "ada@example.com", "hq", "1234", ""),
        (2, "detach", "zoé@example.com", "", "", ""),
    ]


def test_positions_with_more_commas_in_the_text_than_delimiters():
    """Even with as many of them: an action stands where one should be only when it is split rightly."""
    for name in ("Lovelace, A, K", "Lovelace, A, K, B, C"):
        reading = read(f"attach;ada@example.com;1234;{name}\n", positions=("Action", "Email", "Extension", None))
        assert [row[2:5] for row in reading.valid] == [("ada@example.com", "hq", "1234")]


def test_the_first_row_of_a_feed_without_a_header_is_read_like_the_others():
    """Comments before it, padding after its quotes, a sep line, lines to skip."""
    row = '"attach" ;"ada@example.com" ;"1234" \n'
    reading = read(f"junk\nsep=;\n% c\n{row}{row}", positions=("Action", "LoginEmail", "Extension"), skip_lines=1)
    assert [found[:2] for found in reading.valid] == [(4, "attach"), (5, "attach")]


def test_single_quotes():
    """An apostrophe twice inside; double quotes are ordinary characters."""
    reading = file("single-quotes.csv", quote="'")
    assert [row[:3] for row in reading.valid] == [(2, "attach", "ada@example.com"), (3, "attach", "zoé@example.com")]


def test_backslashes_before_quotes_and_delimiters():
    reading = file("backslash.csv", backslash=True)
    assert [row[:3] for row in reading.valid] == [(2, "attach", "ada@example.com"), (3, "attach", "zoé@example.com")]
    fault = read('Action,LoginEmail\nattach,"ada@example.com\n', backslash=True).fault
    assert fault.remedy == 'Close it, or write " inside a cell after a backslash.'


@pytest.mark.parametrize("path", MAPS, ids=lambda path: path.stem)
def test_every_ready_map_reads_a_file_with_its_headers(path):
    """The map's first name for each column, its words for the actions, and linecard's own words beside them."""
    found, _ = columns.read(path, path.name)
    assert found is not None
    names = {"Action": "Action", "Extension": "Extension"} | {c: n[0] for c, n in found.columns.items()}
    cells = {"Action": "", "LoginEmail": "ada@example.com", "Extension": "1234", "PbxId": "hq"}
    for word, action in {**found.actions, "force_attach": Action.FORCE_ATTACH}.items():
        row = ";".join({**cells, "Action": word}.get(column, "") for column in names)
        reading = read(f"{';'.join(names.values())}\n{row}\n", columns=found.columns, actions=found.actions)
        assert reading.warnings == []
        assert [r[1:3] for r in reading.valid] == [(action, "ada@example.com")]


def test_a_mapped_column_is_known_by_its_own_names_only():
    """`Email` may be the private address in a feed whose logins stand under another name."""
    text = "Action,Email,Work Mail,Extension\nattach,private@example.com,ada@example.com,1234\n"
    reading = read(text, columns={"LoginEmail": ("Work Mail",)})
    assert [row[2] for row in reading.valid] == ["ada@example.com"]
    assert reading.warnings == [(1, "Email", "unknown_column")]
