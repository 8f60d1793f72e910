"""The profile that docs/http.md writes for a PBX that nobody has heard of does what the page says."""

from __future__ import annotations

import pytest

from integration.http.documents import read_example
from integration.http.pbxs_under_test import HttpSite
from linecard.api.backend import Change, ChangeStatus, Entry, Holding, Scope
from pbxs.acme import Acme
from pbxs.service import ServedPbx


def make_extension(n):
    return {"ext": f"{100 + n}", "mail": f"m{n}@example.com", "dids": [f"33199000{n:03d}"], "ring": n}


@pytest.fixture
def site(tmp_path):
    pbx = Acme(
        [
            {"ext": f"{100 + n}", "mail": f"m{n}@example.com", "dids": [f"33199000{n:03d}"], "ring": n}
            for n in range(120)
        ]
    )
    profile = read_example(tmp_path)
    with ServedPbx(pbx) as served:
        options = {"secrets": {"key": "file:secret"}, "workers": 4}
        with HttpSite(tmp_path / "site", served, "acme", profile=profile, **options) as made:
            yield made


def test_it_reads_pages_and_names(site):
    everything = list(site.open().fetch(Scope.everything()))
    assert everything[5] == Entry("105", "m5@example.com", ("+33199000005",))
    assert len(everything) == 120
    assert [each.query["page"] for each in site.pbx.asked] == ["1", "2", "3"]
    site.pbx.asked.clear()
    assert list(site.open().fetch(Scope(extensions=frozenset({"105", "999"})))) == [everything[5]]


def test_it_writes_back_what_it_does_not_know(site):
    changes = [
        Change(1, "hq", "105", Holding("m5@example.com", ("+33199000005",)), Holding(None, ("+33199000005",))),
        Change(2, "hq", "106", Holding("m6@example.com", ("+33199000006",)), Holding("new@example.com", ())),
        Change(3, "hq", "107", Holding("m6@example.com", ()), Holding(None, ())),
    ]
    results = list(site.open().apply(changes))
    assert [each.status for each in results] == [ChangeStatus.DONE, ChangeStatus.DONE, ChangeStatus.STALE]
    assert site.pbx.extensions["105"] == {"ext": "105", "mail": None, "dids": ["33199000005"], "ring": 5}
    assert site.pbx.extensions["106"] == {"ext": "106", "mail": "new@example.com", "dids": [], "ring": 6}
