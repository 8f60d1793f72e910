"""The counts of a report are the rows it lists, in every format."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linecard.api.backend import Entry
from linecard.api.report import Outcome
from linecard.model.run import Run
from unit.reports.scenes import PEOPLE, SCENES
from unit.reports.sites import Site, lines, sheet


def tables(site: Site, run: Run) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Rows by outcome as the report, the CSV table and the JSON document list them."""
    rows = csv.DictReader(io.StringIO(site.rendered(run, "csv").removeprefix("\ufeff")))
    document = json.loads(site.rendered(run, "json"))
    return (
        Counter(str(line.outcome) for line in lines(site, run)),
        Counter(row["Outcome"] for row in rows),
        Counter(row["outcome"] for row in document["rows"]),
    )


@pytest.mark.parametrize("scene", SCENES)
def test_counts_add_up_to_the_rows_and_equal_the_rows_listed(scene: str, tmp_path: Path) -> None:
    """Whatever became of the run, and also where its rows still wait."""
    site, run = SCENES[scene](tmp_path)
    try:
        report = site.service.report(run)
        counts = {outcome: n for outcome, n in report.counts.items() if n}
        assert [dict(listed) for listed in tables(site, run)] == [counts] * 3
        assert sum(counts.values()) == report.total == report.count()
        document = json.loads(site.rendered(run, "json"))
        assert set(document["counts"]) == set(Outcome)
        assert sum(document["counts"].values()) == document["total"] == len(document["rows"])
        for outcome in Outcome:
            assert report.count(outcome) == counts.get(outcome, 0)
    finally:
        site.close()


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Any:
    site = Site(tmp_path_factory.mktemp("busy"), PEOPLE)
    yield site
    site.close()


cells = st.tuples(
    st.sampled_from(["attach", "force_attach", "detach", "atach", ""]),
    st.sampled_from(["ada@example.org", "alan@example.org", "new@example.org", "nobody", ""]),
    st.sampled_from(["", "hq", "paris"]),
    st.sampled_from(["1000", "1001", "1300", "9999", ""]),
    st.sampled_from(["", "+33199001000", "+33199001300", "12"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(cells, max_size=12))
def test_no_row_is_left_out_or_counted_twice(busy: Site, rows: list[tuple[str, ...]]) -> None:
    """Of any sheet: one line of the report for each row that is not blank, with its own line number."""
    run = busy.imported(sheet(*map(",".join, rows)))
    report = busy.service.report(run)
    written = [n for n, row in enumerate(rows, 2) if any(row)]
    assert [line.line for line in report.lines()] == written
    assert sum(report.counts.values()) == report.total == len(written)
    assert all(listed == Counter({o: n for o, n in report.counts.items() if n}) for listed in tables(busy, run))


class TestTheDocument:
    """The JSON report has the shape that is promised, and times and names are what they are."""

    ROW = ("line", "action", "member", "pbx", "extension", "number", "outcome", "code", "message", "before", "after")

    def test_a_run_has_id_state_counts_and_rows(self, make: Callable[..., Site]) -> None:
        """An empty cell is null; before and after are what the extension was and is."""
        site = make((Entry("1000", "ada@example.org", ("+33199001000",)),))
        run = site.imported(sheet("force_attach,new@example.org,,1000,", "atach,,,,"), description="why")
        said = json.loads(site.rendered(run, "json"))
        assert (said["id"], said["state"], said["inbox"], said["file"]) == (1, "partial", "hr", "sheet.csv")
        assert said["description"] == "why"
        done, wrong = said["rows"]
        assert {key: done[key] for key in self.ROW} == {
            "line": 2,
            "action": "force_attach",
            "member": "new@example.org",
            "pbx": "hq",
            "extension": "1000",
            "number": None,
            "outcome": "done",
            "code": "took_over",
            "message": "new@example.org has 1000 now; ada@example.org has lost it.",
            "before": {"member": "ada@example.org", "number": "+33199001000", "numbers": ["+33199001000"]},
            "after": {"member": "new@example.org", "number": "+33199001000", "numbers": ["+33199001000"]},
        }
        assert done["warnings"] == []
        assert (wrong["member"], wrong["before"], wrong["code"]) == (None, None, "bad_action")
        assert [event["state"] for event in said["events"]] == [
            *("received", "planned", "approved", "applying", "partial")
        ]
        assert {event["who"] for event in said["events"]} == {"anna"}

    def test_what_hides_in_a_terminal_is_escaped_and_still_the_same_text(self, make: Callable[..., Site]) -> None:
        """Control and bidi characters are written as JSON escapes; letters of every script stay readable."""
        site = make()
        run = site.imported(
            sheet("attach,n@example.org,,1000,"), description="\x9b31m \u202eabc\u2069 \U000e0041 Ünï 名"
        )
        text = site.rendered(run, "json")
        assert all(c.isprintable() or c == "\n" for c in text)
        assert "Ünï 名" in text
        assert json.loads(text)["description"] == "\x9b31m \u202eabc\u2069 \U000e0041 Ünï 名"
