"""A Number column that slipped by one row changes everybody's number: it is held by the limits that come by default."""

from __future__ import annotations

import pytest

from acceptance.cli.shapes import Planned

PEOPLE = 60


def number(i: int) -> str:
    return f"+331990010{i % PEOPLE:02}"


@pytest.fixture
def company(site):
    """Sixty people with an extension and a number each, among members who have none."""
    said = site.import_(*(f"attach,m{i}@x.org,,{1000 + i},{number(i)}" for i in range(PEOPLE)))
    assert said.code == 0
    return site


def test_a_slipped_number_column_waits_for_a_person(company):
    """No extension changes hands: only the limit on numbers sees it."""
    slipped = company.sheet(*(f"force_attach,m{i}@x.org,,{1000 + i},{number(i + 1)}" for i in range(PEOPLE)))
    planned = Planned.model_validate(company.run("plan", slipped, "--json").json)
    assert [(hold.kind, hold.count) for hold in planned.holds] == [("number", PEOPLE)]
    before = company.holds()
    assert company.run("import", slipped, "--yes").code == 3
    assert company.holds() == before
    (text,) = (path for path in company.reports() if path.name.startswith("000002"))
    assert "Numbers changed or taken away" in text.read_text(encoding="utf-8")


def test_one_person_who_gets_another_number_does_not_wait(company):
    said = company.run("import", company.sheet("attach,m1@x.org,,1001,+33199002001"), "--yes")
    assert said.code == 0
    assert company.holds()["1001"][1] == "+33199002001"
