"""The first of many: what a page has room for, and how many there are."""

from __future__ import annotations

import pytest

from linecard.rules.excerpt import Excerpt


@pytest.mark.parametrize(
    ("found", "most", "shown", "count", "hidden"),
    [("", 2, "", 0, 0), ("ab", 2, "ab", 2, 0), ("abc", 2, "ab", 3, 1), ("abcde", 2, "ab", 5, 3), ("ab", 0, "", 2, 2)],
)
def test_the_first_are_shown_and_the_others_counted(found, most, shown, count, hidden):
    excerpt = Excerpt(iter(found), most)
    assert ("".join(excerpt), excerpt.count, excerpt.hidden) == (shown, count, hidden)
    assert "".join(excerpt) == shown, "it can be gone through again"
