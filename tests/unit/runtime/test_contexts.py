"""What plugins share through their contexts: one rate budget for one account."""

from __future__ import annotations

import pytest

from linecard import config
from linecard.registry import Registry
from linecard.runtime.contexts import RATE_BUDGETS, Contexts
from linecard.runtime.service import utc_now

SITE = """
site: Test
region: FR
pbxs:
  one: {backend: directory, options: {path: one.db}}
  other: {backend: directory, options: {path: other.db}}
inboxes:
  hr: {path: in, default_pbx: one}
"""


@pytest.fixture
def contexts(tmp_path):
    file = tmp_path / "linecard.yaml"
    file.write_text(SITE)

    def new() -> Contexts:
        return Contexts(config.load(file, Registry()), utc_now)

    return new


def test_pbxs_of_one_account_share_a_budget(contexts):
    mine = contexts()
    budgets = [mine.pbx(name).rate_budget("rainbow admin@example.com", 1, 3600) for name in ("one", "other")]
    assert budgets[0].take(0)
    assert not budgets[1].take(1)
    assert mine.pbx("one").rate_budget("rainbow boss@example.com", 1, 3600).take(0)


def test_another_linecard_of_the_site_shares_it(contexts):
    here, there = (contexts().pbx("one").rate_budget("account", 1, 3600) for _ in range(2))
    there.hold(50)
    assert 49 < here.wait_for(1) <= 50
    assert here.wait_for(1) > 49


def test_the_name_of_the_account_is_written_nowhere(contexts, tmp_path):
    contexts().pbx("one").rate_budget("rainbow admin@example.com", 1, 3600).take(0)
    [file] = (tmp_path / "state" / RATE_BUDGETS).iterdir()
    assert "admin" not in file.name
    assert b"admin" not in file.read_bytes()
