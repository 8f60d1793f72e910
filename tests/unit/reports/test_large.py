"""A report of very many rows is written row by row, in the memory of a small one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from linecard.api.backend import Entry
from unit.reports.sites import HEAD, Site

MEASURE = """
import json, resource, sys
from pathlib import Path
from linecard.pipeline.report import RunReport
from linecard.registry import Registry
from linecard.store.store import Store

store = Store.open(Path(sys.argv[1]), lambda: None)
renderers = Registry().renderers()
for run in (1, 2):
    for name in sorted(renderers):
        with open(f"{sys.argv[2]}/{run}.{name}", "w", encoding="utf-8", newline="") as out:
            renderers[name].render(RunReport(store, store.get_run(run), site="x", timezone="UTC"), out)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
store.close()
"""
FEW, MANY = 4_000, 100_000 if os.environ.get("LINECARD_TORTURE") else 20_000


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """In any format; and every row is in the formats that promise every row."""
    site = Site(tmp_path / "site", [Entry("1000", "ada@example.org", ())])
    for count in (FEW, MANY):
        refused = "".join(f"attach,new{n}@example.org,hq,1000,\n" for n in range(count))
        site.plan(f"{HEAD}\n{refused}")
    site.close()
    out = tmp_path / "out"
    out.mkdir()
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, tmp_path / "site" / "state", out], capture_output=True, check=True
    )
    small, large = map(int, measured.stdout.split())
    assert large - small < 8_000, f"{small} kB for {FEW:,} rows, {large} kB for {MANY:,}"
    for name in ("csv", "retry"):
        with (out / f"2.{name}").open(encoding="utf-8") as file:
            assert sum(1 for _ in file) == MANY + 1
    with (out / "2.json").open(encoding="utf-8") as file:
        assert sum(line.startswith('  {"line": ') for line in file) == MANY
    page = (out / "2.html").read_text(encoding="utf-8")
    assert f"{MANY - 2000:,} more are in <a" in page
    assert len(page) < 2_000_000
