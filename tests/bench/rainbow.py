"""`make bench`, Rainbow: an import against the simulated tenant, and the same by a plain loop over ALE's own SDK.

    PYTHONPATH=tests .venv/bin/python -m bench.rainbow [--rows 2000] [--seconds 3] [--tries 3] [--json FILE]

What is measured and how is in docs/bench.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import measure
from bench.served_tenant import Seen, ServedTenant, start_tenant
from integration.npm import find_node
from rainbow.clients.shell import find_modules
from rainbow.examples import ADMINISTRATOR, APPLICATION, PASSWORD, PBX, SECRET

LINECARD, SDK, SDK_CHANGE, SDK_READ = "linecard", "ALE's SDK", "a change of the SDK", "a read of the SDK"
PROGRAM = Path(sys.executable).with_name("linecard")
SDK_CALLS = Path(__file__).parents[1] / "rainbow" / "clients" / "sdk_calls.js"
LATENCY = 0.02
"""Seconds that the tenant takes for an answer at least."""
UNLIMITED = 1_000_000
SHARE = 0.95
FLAT = 40_000_000
"""Bytes that an import of five times as many rows may take more."""
LEFT_OUT = {"undefined": True}
"""An argument of the SDK that is left out."""
WORKERS = 8


@dataclass(frozen=True)
class Pace:
    """So many requests in so many seconds: what the tenant allows, and what linecard is told that it does.

    The tenant looks at a window that is shorter by `delay`: for so long a busy machine may keep a request back.
    """

    requests: int
    seconds: float
    delay: float = 0.0


@dataclass(frozen=True)
class Work:
    """What the tenant saw of one client that attached everybody.

    `seconds` are those from the first request to the last and `share` is what was used of the budget in that time;
    `changing` and `changing_share` are the same from the first change to the last. `client_cpu` and `tenant_cpu` are
    seconds of processor time for each second, `peak` is in bytes.
    """

    seconds: float
    share: float
    changing: float
    changing_share: float
    requests: int
    changes: int
    too_many: int
    client_cpu: float
    tenant_cpu: float
    peak: int


def write_site(folder: Path, tenant: ServedTenant, pace: Pace, **options: object) -> None:
    folder.mkdir(parents=True)
    for name, secret in (("password", PASSWORD), ("app", SECRET)):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(secret)
    known = {
        "systems": [PBX],
        "host": tenant.host,
        "ca_file": str(tenant.certificate),
        "login": ADMINISTRATOR,
        "password": "file:password",
        "app_id": APPLICATION,
        "app_secret": "file:app",
        "assume": {"detach": "change", "number": "blank", "second_extension": "added"},
        "rate": {"requests": pace.requests, "seconds": pace.seconds},
        "workers": WORKERS,
    }
    pbx = {"backend": "rainbow", "extensions": ["10000-99999"], "options": known | options}
    inbox = {"path": "inbox", "default_pbx": "hq"}
    site = {"region": "FR", "pbxs": {"hq": pbx}, "inboxes": {"hr": inbox}}
    (folder / "linecard.yaml").write_text(json.dumps(site))


def write_sheet(folder: Path, tenant: ServedTenant) -> Path:
    sheet = folder / "joiners.csv"
    rows = (f"attach,{each.login},{each.extension},{each.number}\n" for each in tenant.attaches)
    sheet.write_text("Action,LoginEmail,Extension,Number\n" + "".join(rows))
    return sheet


def import_sheet(folder: Path, tenant: ServedTenant, pace: Pace, expect: int = 0, **options: object) -> measure.Figure:
    """A whole `linecard import`, from the file to the report."""
    write_site(folder, tenant, pace, **options)
    sheet = write_sheet(folder, tenant)
    command: list[str | Path] = [PROGRAM, "--config", folder / "linecard.yaml", "import", sheet, "--yes"]
    return measure.run(command, folder / "said", expect=expect)


def call_sdk(
    folder: Path, tenant: ServedTenant, calls: list[list[object]], refused: float | None = None
) -> measure.Figure:
    """A loop that waits for each call before it makes the next. It is ended when it was `refused` for so many
    seconds."""
    folder.mkdir(parents=True)
    (folder / "calls").write_text(json.dumps(calls))
    credentials = [ADMINISTRATOR, PASSWORD, APPLICATION, SECRET]
    words: list[str | Path] = [find_node() / "node", SDK_CALLS, f"{tenant.host}/rb", *credentials, "-"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "NODE_EXTRA_CA_CERTS": str(tenant.certificate)}
    with (folder / "calls").open() as given, (folder / "said").open("w") as said:
        began = time.perf_counter()
        child = subprocess.Popen(
            words, cwd=find_modules(), env=environment, stdin=given, stdout=said, stderr=subprocess.STDOUT
        )
        if refused is not None:
            tenant.wait_for_refusal()
            time.sleep(refused)
            child.kill()
        _, status, used = os.wait4(child.pid, 0)
        figure = measure.Figure(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)
    child.returncode = os.waitstatus_to_exitcode(status)
    if refused is None and child.returncode:
        raise SystemExit(f"ALE's SDK ended with {child.returncode}: {(folder / 'said').read_text()[-1000:]}")
    return figure


def plan_updates(tenant: ServedTenant) -> list[list[object]]:
    """The same attaches as calls of the SDK, whose ids somebody has looked up before."""
    return [
        ["updateASystemPhoneNumber", tenant.system, each.number_id, LEFT_OUT, each.user_id, LEFT_OUT, each.number]
        for each in tenant.attaches
    ]


def judge(tenant: ServedTenant, pace: Pace, figure: measure.Figure, tenant_cpu: float) -> Work:
    """Ends the bench unless everybody has what the rows say."""
    wanted = {each.extension: (each.login, each.number) for each in tenant.attaches}
    if tenant.list_holders() != wanted:
        raise SystemExit("not everybody is attached")
    seen = tenant.list_requests()
    changes = [request.at for request in seen if request.method == "PUT" and request.status == 200]
    meanwhile = sum(changes[0] <= request.at <= changes[-1] for request in seen)
    seconds, changing, rate = seen[-1].at - seen[0].at, changes[-1] - changes[0], pace.requests / pace.seconds
    return Work(
        seconds=seconds,
        share=(len(seen) - 1) / seconds / rate,
        changing=changing,
        changing_share=(meanwhile - 1) / changing / rate,
        requests=len(seen),
        changes=len(changes),
        too_many=sum(request.status == 429 for request in seen),
        client_cpu=figure.cpu / figure.seconds,
        tenant_cpu=tenant_cpu / figure.seconds,
        peak=figure.peak,
    )


class Bench:
    """Work for fresh tenants, each with a certificate of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def attach_all(self, who: str, rows: int, pace: Pace, *, limited: bool = True) -> Work:
        with self._start(rows) as (tenant, folder):
            window = pace.seconds - pace.delay
            tenant.set_pace(requests=pace.requests if limited else 0, seconds=window, latency=LATENCY)
            before = tenant.count_cpu()
            if who == LINECARD:
                figure = import_sheet(folder, tenant, pace)
            else:
                figure = call_sdk(folder, tenant, plan_updates(tenant))
            return judge(tenant, pace, figure, tenant.count_cpu() - before)

    def shut_out(self, who: str, retry_after: int, periods: int) -> list[int]:
        """Requests in each Retry-After of a 429 that lasts, the first of them from the first 429 on.

        linecard meets it in the midst of its changes, with all its workers at it; the SDK with a single call.
        """
        rows = 40 * WORKERS
        with self._start(rows) as (tenant, folder):
            tenant.set_pace(requests=0, seconds=1, latency=LATENCY)
            lasting = {"kind": "too_many", "path": "/admin/", "times": 0, "seconds": retry_after}
            if who == LINECARD:
                tenant.add_fault(**lasting, skip=rows)
                import_sheet(folder, tenant, Pace(UNLIMITED, 1), expect=1, patience=periods * retry_after)
            else:
                tenant.add_fault(**lasting)
                number = tenant.attaches[0].number_id
                look: list[object] = ["getASystemPhoneNumber", tenant.system, number]
                call = look if who == SDK_READ else plan_updates(tenant)[0]
                call_sdk(folder, tenant, [call], refused=periods * retry_after)
            return count_by_period(tenant.list_requests(), retry_after)

    @contextmanager
    def _start(self, rows: int) -> Iterator[tuple[ServedTenant, Path]]:
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        with start_tenant(folder / "tenant", rows) as tenant:
            yield tenant, folder / "client"


def count_by_period(seen: list[Seen], retry_after: int) -> list[int]:
    refused = [request.at for request in seen if request.status == 429]
    counts = Counter(int((at - refused[0]) / retry_after) for at in refused)
    return [counts[period] for period in range(max(counts) + 1)]


def find_median(tries: list[Work]) -> Work:
    return sorted(tries, key=lambda work: work.seconds)[len(tries) // 2]


@dataclass(frozen=True)
class Figures:
    """Those of one run of the bench; `few` and `many` are imports without a limit."""

    ours: Work
    theirs: Work
    few: Work
    many: Work
    refused: dict[str, list[int]]
    """Who met a 429 that lasts, and its requests in each Retry-After."""

    def describe(self) -> Iterator[str]:
        for who, work in ((LINECARD, self.ours), (SDK, self.theirs)):
            yield f"{who:<14} {work.seconds:7.2f} s  {work.seconds / self.ours.seconds:.2f} times as long as linecard"
            each = work.requests / work.changes
            yield f"  requests     {work.requests:,}: {each:.2f} a change, {work.too_many} too many"
            yield f"  the budget   {work.share:.1%} used, {work.changing_share:.1%} from the first change to the last"
            yield f"  processor    {work.client_cpu:.2f} of a core, the simulator {work.tenant_cpu:.2f}"
        few, many = self.few, self.many
        yield f"memory         {few.peak / 1e6:.0f} MB; for {many.changes:,} rows {many.peak / 1e6:.0f} MB"
        for who, counts in self.refused.items():
            yield f"a lasting 429, requests in each Retry-After: {' '.join(map(str, counts))}  ({who})"

    def judge(self) -> Iterator[tuple[str, bool]]:
        """Each aim, and whether it is met."""
        ours = self.ours
        yield f"{SHARE:.0%} of the budget are used from the first request to the last", ours.share >= SHARE
        yield f"{SHARE:.0%} of the budget are used from the first change to the last", ours.changing_share >= SHARE
        yield "no request is too many", ours.too_many == 0
        yield "no slower than a loop over ALE's SDK", ours.seconds <= self.theirs.seconds
        yield f"five times as many rows take {FLAT / 1e6:.0f} MB more at most", self.many.peak - self.few.peak <= FLAT
        yield "one request for each Retry-After", max(self.refused[LINECARD][1:], default=0) <= 1


def measure_all(folder: Path, rows: int, pace: Pace, tries: int, periods: int) -> Figures:
    bench = Bench(folder)
    tried = [[bench.attach_all(who, rows, pace) for who in (LINECARD, SDK)] for _ in range(tries)]
    ours, theirs = (find_median(list(each)) for each in zip(*tried, strict=True))
    unlimited = Pace(UNLIMITED, 60)
    few, many = (bench.attach_all(LINECARD, n, unlimited, limited=False) for n in (rows, 5 * rows))
    with ThreadPoolExecutor() as pool:  # they mostly wait
        shut = {who: pool.submit(bench.shut_out, who, 1, periods) for who in (LINECARD, SDK_CHANGE, SDK_READ)}
        return Figures(ours, theirs, few, many, {who: counts.result() for who, counts in shut.items()})


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rows", type=int, default=2000)
    words.add_argument("--requests", type=int, default=600)
    words.add_argument("--seconds", type=float, default=3.0, help="in which so many requests are allowed")
    words.add_argument(
        "--delay", type=float, default=0.0, help="seconds for which a busy machine may keep a request back (default: 0)"
    )
    words.add_argument("--tries", type=int, default=3)
    words.add_argument("--periods", type=int, default=6, help="of Retry-After that a 429 lasts")
    words.add_argument("--json", type=Path)
    given = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="linecard-bench-") as name:
        pace = Pace(given.requests, given.seconds, given.delay)
        figures = measure_all(Path(name), given.rows, pace, given.tries, given.periods)
    if given.json:
        given.json.write_text(json.dumps(asdict(figures), indent=1))
    print(f"{given.rows:,} attaches, {given.requests} requests in {given.seconds:g} s, {1000 * LATENCY:.0f} ms each")
    for line in figures.describe():
        print(f"  {line}")
    judged = list(figures.judge())
    for aim, held in judged:
        print(f"  {'met    ' if held else 'NOT MET'}  {aim}")
    return 0 if all(held for _, held in judged) else 1


if __name__ == "__main__":
    sys.exit(main())
