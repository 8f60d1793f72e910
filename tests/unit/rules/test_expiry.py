"""The words about a key that expires change at 60, 30 and 7 days and on the day itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from linecard.rules.expiry import expiry

AT = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(days=60, seconds=1), ""),
        (timedelta(days=60), "expires on 2027-03-01, in less than 60 days"),
        (timedelta(days=30, seconds=1), "expires on 2027-03-01, in less than 60 days"),
        (timedelta(days=30), "expires on 2027-03-01, in less than 30 days"),
        (timedelta(days=7), "expires on 2027-03-01, in less than 7 days"),
        (timedelta(seconds=1), "expires on 2027-03-01, in less than 7 days"),
        (timedelta(0), "expired on 2027-03-01"),
        (timedelta(days=-400), "expired on 2027-03-01"),
    ],
)
def test_how_early_it_is_said(before, words):
    assert expiry(AT, AT - before) == words


def test_a_key_without_an_end_is_never_told_of():
    assert expiry(None, AT) == ""
