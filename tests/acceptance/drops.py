"""Files that lie in inboxes when the daemon's work is killed, and what was promised of each of them."""

from __future__ import annotations

import gc
import itertools
import os
import random
import shutil
from collections import Counter
from pathlib import Path

from acceptance.crashes import HEADER, Site

_PBX = "  {0}: {{backend: directory, options: {{path: pbx/{0}.sqlite3}}, extensions: {1}}}\n"
_ALL = (
    "limits: {detach: {share: null}, move: {share: null}, force: {share: null}, number: {share: null}}, "
    "settle: 0s, names: ['*.csv']"
)
CONFIG = (
    "region: FR\nreserve: 1\npbxs:\n"
    + "".join(itertools.starmap(_PBX.format, [("hq", "1000-4999"), ("lab", "1000-4999"), ("shed", "20-99")]))
    + "inboxes:\n"
    + f"  hr: {{path: inbox/hr, pbxs: [hq], {_ALL}}}\n"
    + f"  both: {{path: inbox/both, pbxs: [hq, lab], {_ALL}}}\n"
    + f"  marked: {{path: inbox/marked, pbxs: [shed], marker: .done, sheet: {{max_bytes: 400}}, {_ALL}}}\n"
    + f"  same: {{path: inbox/same, pbxs: [shed], {_ALL}}}\n"
)

BEFORE = {
    "hr/before.csv": "attach,ada@x.org,,1000,+33199001000\nattach,bob@x.org,,1001,\nattach,cyd@x.org,,1002,\n",
    "both/before.csv": "attach,ivy@x.org,hq,2000,+33199002000\nattach,joe@x.org,lab,2000,+33199002000\n",
    "same/again.csv": "attach,ned@x.org,,20,\n",
}
"""What was dropped and done before anybody dies."""

DROPPED = {
    "hr/1.csv": "attach,dan@x.org,,1010,+33199001010\nforce_attach,ada@x.org,,1001,\ndetach,cyd@x.org,,,\n",
    "hr/2.csv": "attach,dan@x.org,,1011,\nattach,eve@x.org,,1001,\nattach,nobody,,1012,\nattach,fay@x.org,,9999,\n",
    "hr/3.csv": None,  # no sheet at all
    "both/4.csv": "detach,ivy@x.org,,,\ndetach,joe@x.org,,,\nattach,ivy@x.org,lab,2000,\nattach,joe@x.org,hq,2000,\n"
    "attach,kim@x.org,hq,2001,\nattach,kim@x.org,lab,2001,\n",
    "marked/5.csv": "attach,lou@x.org,,21,\n",
    "marked/6.csv": "".join(f"attach,max{i}@x.org,,{30 + i},\n" for i in range(20)),  # larger than is taken
    "marked/unfinished.csv": "attach,zoe@x.org,,99,\n",  # its marker never comes
    "same/again.csv": BEFORE["same/again.csv"],
}
"""Clean, faulty and no sheet, for one PBX and for two, with markers, too large, and the same file again."""

MARKERS = ("marked/5.csv.done", "marked/6.done")
LEFT = {"marked/unfinished.csv"}
PASS = "pass"
"""A pass over the inboxes without its command, under a clock that needs no waiting."""


def text_of(rows: str | None) -> str:
    return "this is,no sheet\nat,all\n" if rows is None else HEADER + rows


class DropSite(Site):
    """A site with four inboxes and three PBXs."""

    @classmethod
    def with_drops(cls, folder: Path, plugins: Path) -> DropSite:
        """A site that did its work until now, with files in its inboxes."""
        site = cls(folder, plugins)
        for name in ("pbx", *(f"inbox/{inbox}" for inbox in ("hr", "both", "marked", "same"))):
            (folder / name).mkdir(parents=True)
        (folder / "linecard.yaml").write_text(CONFIG)
        site._drop(BEFORE)
        assert site.do("once") == 0, site.log.read_text()
        site._drop(DROPPED)
        for marker in MARKERS:
            (folder / "inbox" / marker).touch()
        return site

    def _drop(self, files: dict[str, str | None]) -> None:
        for at, (name, rows) in enumerate(files.items()):
            path = self.folder / "inbox" / name
            path.write_text(text_of(rows))
            os.utime(path, (1_790_000_000 + at, 1_790_000_000 + at))

    def copy(self, folder: Path) -> DropSite:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        copied = DropSite(folder, self._plugins)
        copied.log.write_text("")
        return copied

    def command(self, *words: str) -> int:
        return _passed(self.folder / "linecard.yaml", int(words[1])) if words[0] == PASS else super().command(*words)

    def warm(self) -> None:
        """Run a pass once in this process, so that its children have all modules and caches."""
        assert self.command("once") in (0, 1)
        assert self.command(PASS, "0") == 0
        gc.collect()
        gc.freeze()

    def ended(self) -> None:
        """The last pass, which nobody disturbs."""
        assert self.do("once") in (0, 1), self.log.read_text()

    # -- what is seen ----------------------------------------------------------------------------------------------

    def kept(self) -> list[tuple[str, str, bytes]]:
        """Each run's inbox, file name and the bytes of it in the archive."""
        found = self.ask("state/linecard.db", "SELECT inbox, name, path FROM drop_file ORDER BY inbox, name, id")
        return [(inbox, name, (self.folder / "archive" / path).read_bytes()) for inbox, name, path in found]

    def said(self) -> list[tuple]:
        """What became of each file, and of each of its rows."""
        names = "SELECT run.id, drop_file.inbox, name, state, counts FROM run JOIN drop_file ON drop_id = drop_file.id"
        found = self.ask("state/linecard.db", f"{names} ORDER BY drop_file.inbox, name, run.id")
        faults = "SELECT line, code FROM sheet_fault JOIN run ON run.id = run_id AND run.attempt = sheet_fault.attempt"
        return [
            (*what, self.rows(run), self.ask("state/linecard.db", f"{faults} WHERE run.id = {run} ORDER BY line, code"))
            for run, *what in found
        ]

    def left(self, folder: str) -> set[str]:
        root = self.folder / folder
        return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}

    def check_drops(self, holds: dict, operations: dict[str, int], said: list[tuple]) -> None:
        """Everything promised: as if nobody had died."""
        log = self.log.read_text()
        assert "Traceback" not in log, log
        assert self.holds() == holds, log
        assert {pbx: len(done) for pbx, done in self.operations().items()} == operations, log
        assert self.said() == said, log
        dropped = [item for item in (*BEFORE.items(), *DROPPED.items()) if item[0] not in LEFT]
        wanted = Counter((*name.split("/"), text_of(rows).encode()[:401]) for name, rows in dropped)
        cut = Counter((inbox, name, kept[:401]) for inbox, name, kept in self.kept())
        assert cut == wanted, "each file has one run, and is kept byte for byte as far as it was taken"
        self._check_events()
        self._check_reports()
        self.check_nothing_is_left(LEFT)

    def check_nothing_is_left(self, unfinished: set[str]) -> None:
        """No claim is open, no file lies between two places, and no piece of one anywhere."""
        assert self.ask("state/linecard.db", "SELECT count(*) FROM claim WHERE settled IS NULL") == [(0,)]
        assert self.ask("state/linecard.db", "SELECT count(*) FROM claim") == [(len(self.runs),)]
        assert self.left("state/work") == set()
        assert self.left("inbox") == unfinished
        assert [name for name in self.left(".") if name.endswith(".part")] == []
        known = {path for (path,) in self.ask("state/linecard.db", "SELECT path FROM drop_file")}
        assert self.left("archive") == known

    def check_quarantine(self) -> None:
        """The file that was too large is there whole, with the reason."""
        (file, reason) = sorted(self.left("quarantine"))
        assert file.endswith("__6.csv")
        assert reason == f"{file}.reason"
        assert (self.folder / "quarantine" / file).read_text() == text_of(DROPPED["marked/6.csv"])


def _passed(file: Path, seed: int) -> int:
    """The engine's steps in any order, as the daemon's threads may come to them, until nothing is left to be done."""
    from linecard.runtime.engine import Engine
    from linecard.runtime.health import Health
    from linecard.runtime.lock import site_lock
    from linecard.runtime.log import configure
    from linecard.runtime.service import Service

    configure("text", "info")
    chance, clock = random.Random(seed), [0.0]
    with Service.load(file, who="linecard") as service, site_lock(service.config.state):
        health = Health(service.now)
        service.sweep()
        engine = Engine(service, health, monotonic=lambda: clock[0])
        engine.start()

        def look(name: str) -> None:
            clock[0] += 0.2
            engine.scan(name)

        def work() -> None:
            run_id = engine.next_run()
            if run_id is not None:
                engine.work_on(run_id)

        inboxes = list(service.config.inboxes)
        steps = [
            *((look, name) for name in inboxes for _ in range(3)),
            *((engine.settle_files, name) for name in inboxes for _ in range(2)),
            *((work,) for _ in range(20)),
            *((engine.file_reports,) for _ in range(3)),
            *((engine.poll,), (engine.clean_up,)),
        ]
        chance.shuffle(steps)
        for step, *given in steps:
            step(*given)
        engine.close()
        assert health.alerts == [], health.alerts
    return 0
