"""The dashboard and the alert rules in config/monitoring are about metrics that linecard exports, and Prometheus takes
them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from integration.daemon.site import CONFIG, eventually, rows
from integration.debian import unpacked

FOLDER = Path(__file__).parents[3] / "config" / "monitoring"
RULES, RULE_TESTS = FOLDER / "linecard-alerts.yml", FOLDER / "linecard-alerts.test.yml"
DASHBOARD = json.loads((FOLDER / "linecard-dashboard.json").read_text(encoding="utf-8"))
METRIC = re.compile(r"\blinecard_\w+")
VARIABLES = {"$__rate_interval": "5m", "$job": ".*", "$inbox": ".*"}


@pytest.fixture(scope="module")
def promtool() -> Path:
    """Prometheus' own checker."""
    return unpacked("prometheus", "prometheus") / "usr/bin/promtool"


def dashboard_queries() -> Iterator[str]:
    """What the panels ask for, with Grafana's variables filled in."""
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            query = target["expr"]
            for name, value in VARIABLES.items():
                query = query.replace(name, value)
            yield query


def alert_rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return group["rules"]


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=FOLDER, capture_output=True, text=True, check=False, timeout=120)


def test_every_metric_in_them_is_one_that_linecard_exports_and_the_dashboard_has_them_all(site):
    """As a daemon writes them after a run."""
    site.configure(CONFIG + "metrics: {textfile: linecard.prom}\n")
    figures = site.folder / "linecard.prom"
    with site.served():
        site.drop("hr", "a.csv", rows("ada 1000"))
        eventually(lambda: figures.exists() and "linecard_runs_total{" in figures.read_text(), "a run is counted")
        eventually(lambda: "linecard_look_age_seconds{" in figures.read_text(), "an inbox was scanned")
        text = figures.read_text()
    exported = set(re.findall(r"^(linecard_\w+)(?:{| )", text, re.MULTILINE)) - set(
        re.findall(r"^linecard_\w+_created", text, re.MULTILINE)
    )
    shown = set(METRIC.findall("\n".join(dashboard_queries())))
    watched = set(METRIC.findall("\n".join(rule["expr"] for rule in alert_rules())))
    assert watched <= exported
    assert shown == exported
    labels = set(re.findall(r"(\w+)=\"", text))
    used = set(re.findall(r"(\w+)=~?\"", "\n".join([*dashboard_queries(), *(rule["expr"] for rule in alert_rules())])))
    assert used - {"job"} <= labels


def test_prometheus_takes_the_rules_and_each_alert_fires_when_it_should(promtool):
    """By its own checker, and by the unit tests that lie beside the rules."""
    checked = run(promtool, "check", "rules", "--lint=all", "--lint-fatal", RULES)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = run(promtool, "test", "rules", RULE_TESTS)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    named = {
        case["alertname"]
        for test in yaml.safe_load(RULE_TESTS.read_text())["tests"]
        for case in test["alert_rule_test"]
    }
    assert named == {rule["alert"] for rule in alert_rules()}


def test_prometheus_understands_what_the_dashboard_asks(promtool, tmp_path):
    recorded = [{"record": f"panel:{n}", "expr": query} for n, query in enumerate(dashboard_queries())]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}))
    checked = run(promtool, "check", "rules", file)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(recorded)} rules found" in checked.stdout


def test_the_panels_of_the_dashboard_do_not_overlap_and_each_says_what_it_shows():
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not taken & cells
        assert at["x"] + at["w"] <= 24
        taken |= cells
        assert panel["description"]
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
