"""`make bench`, the backend `http`: changes against a simulated PBX that counts requests.

    PYTHONPATH=tests .venv/bin/python -m bench.rest [--changes 10000] [--requests 900] [--seconds 3] [--delay 0]

PBX and linecard are processes of their own. The PBX is that of docs/http.md; each answer takes it 5 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from integration.http.documents import read_example
from linecard.api.backend import Change, ChangeStatus, Holding
from linecard.infrastructure.rate_budget import FileRateBudget
from linecard.rules.token_bucket import plan_rate
from linecard.testing import make_context
from linecard_http.backend import HttpBackend
from linecard_http.options import HttpOptions
from linecard_http.profile import Profile
from pbxs.acme import KEY, Acme
from pbxs.service import ServedPbx

LATENCY = 0.005
SHARE = 0.95
FLAT = 20_000_000
"""Bytes that four times as many changes may take more."""
WORKERS = 8


def serve(count: int, requests: int, seconds: float, delay: float) -> None:
    """The PBX, until standard input ends; then what it counted."""
    pbx = Acme([{"ext": f"{100_000 + n}", "mail": None, "dids": [], "ring": 20} for n in range(count)])
    pbx.latency, pbx.most, pbx.keeps_log = LATENCY, (requests, seconds - delay), False
    with ServedPbx(pbx) as served:
        print(served.url, flush=True)
        sys.stdin.read()
    held = sum(each["mail"] is not None for each in pbx.extensions.values())
    took = pbx.came[-1] - pbx.came[0]
    share = (len(pbx.came) - 1) / took / (requests / seconds)
    print(json.dumps({"requests": len(pbx.came), "too_many": pbx.too_many, "share": share, "took": took, "held": held}))


def make_changes(count: int) -> Iterator[Change]:
    for n in range(count):
        after = Holding(f"m{n}@example.org", (f"+33199{n:06d}",))
        yield Change(n + 1, "hq", f"{100_000 + n}", Holding(None), after)


def change_all(url: str, count: int, requests: int, seconds: float, folder: Path) -> None:
    """linecard's side."""
    (folder / "key").touch(mode=0o600)
    (folder / "key").write_text(KEY)
    rate = plan_rate(requests, seconds)
    budget = FileRateBudget(folder / "rate", rate, clock=time.monotonic, sleep=time.sleep, boot=b"0" * 16)
    options = HttpOptions.model_validate(
        {"profile": "acme", "url": url, "secrets": {"key": "file:key"}, "workers": WORKERS}
    )
    context = make_context(folder, "hq", rate_budget=lambda *_: budget)
    profile: Profile = read_example(folder)
    backend = HttpBackend(options, profile, context)
    done = sum(result.status is ChangeStatus.DONE for result in backend.apply(make_changes(count)))
    backend.close()
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"done": done, "peak": used.ru_maxrss * 1024, "cpu": used.ru_utime + used.ru_stime}))


def measure(count: int, requests: int, seconds: float, delay: float) -> dict[str, Any]:
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    words = [sys.executable, "-m", "bench.rest", "--changes", str(count)]
    words += ["--requests", str(requests), "--seconds", str(seconds), "--delay", str(delay)]
    with (
        tempfile.TemporaryDirectory(prefix="linecard-bench-") as folder,
        subprocess.Popen(
            [*words, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ
        ) as server,
    ):
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        client = subprocess.run(
            [*words, "--url", url, "--folder", folder], capture_output=True, text=True, check=False, env=environ
        )
        said, _ = server.communicate("")
    if client.returncode:
        raise SystemExit(client.stderr)
    facts: dict[str, Any] = json.loads(client.stdout) | json.loads(said)
    if not facts["done"] == facts["held"] == count:
        raise SystemExit(f"not everybody is attached: {facts}")
    return facts


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--changes", type=int, default=10_000)
    words.add_argument("--requests", type=int, default=900)
    words.add_argument("--seconds", type=float, default=3.0, help="in which so many requests are allowed")
    words.add_argument(
        "--delay", type=float, default=0.0, help="seconds for which a busy machine may keep a request back (default: 0)"
    )
    words.add_argument("--json", type=Path)
    words.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    words.add_argument("--url", help=argparse.SUPPRESS)
    words.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.serve or given.url:
        sides = {True: lambda: serve(given.changes, given.requests, given.seconds, given.delay)}
        sides[False] = lambda: change_all(given.url, given.changes, given.requests, given.seconds, given.folder)
        sides[given.serve]()
        return 0
    few, many = (
        measure(count, given.requests, given.seconds, given.delay) for count in (given.changes // 4, given.changes)
    )
    if given.json:
        given.json.write_text(json.dumps({"few": few, "many": many}))
    print(
        f"{given.changes:,} changes at {given.requests} requests in {given.seconds:g} s: {many['took']:.0f} s, "
        f"{many['requests']:,} requests, {many['share']:.1%} of the budget, {many['too_many']} too many, "
        f"{many['peak'] / 1e6:.0f} MB ({few['peak'] / 1e6:.0f} MB for a quarter), {many['cpu']:.0f} s of processor"
    )
    judged = {
        f"{SHARE:.0%} of the budget are used": many["share"] >= SHARE,
        "no request is too many": few["too_many"] + many["too_many"] == 0,
        f"four times as many changes take {FLAT / 1e6:.0f} MB more at most": many["peak"] - few["peak"] <= FLAT,
    }
    for aim, is_met in judged.items():
        print(f"  {'met    ' if is_met else 'NOT MET'}  {aim}")
    return 0 if all(judged.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
