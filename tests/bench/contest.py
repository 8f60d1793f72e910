"""The measurements for one number of rows: linecard as people call it, and the plain script, on the same sheets."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

import agree
import measure
import sheets
from measure import Figure

LINECARD = Path(sys.executable).with_name("linecard")
PLAIN = Path(__file__).with_name("plain.py")


@dataclass
class Result:
    """What was measured, by name, and whether both came to the same."""

    rows: int
    figures: dict[str, Figure] = field(default_factory=dict)
    bad_rows: int = 0
    directory: int = 0
    disagreements: list[str] = field(default_factory=list)


class Contest:
    """Runs everything for `rows` rows in a folder of its own; `tries` is how often each is measured."""

    def __init__(self, cache: Path, rows: int, tries: int) -> None:
        self._work = cache / f"work-{rows}"
        self._tries = tries
        self._joiners, self._leavers = sheets.joiners(cache, rows), sheets.leavers(cache, rows)
        self._result = Result(rows)
        self._out = self._work / "output.txt"

    def run(self) -> Result:
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir(parents=True)
        self._checks()
        self._imports()
        if not self._result.disagreements:
            shutil.rmtree(self._work)
        return self._result

    # -- what is measured ------------------------------------------------------------------------------------------

    def _checks(self) -> None:
        site, bad, checked = self._site("check"), self._work / "bad.txt", self._work / "checked.json"
        self._race(
            plain_check=lambda: self._plain("check", self._joiners, bad),
            check=lambda: self._linecard(site, "check", self._joiners, "--json", expect=1, output=checked),
        )
        found, wanted = agree.bad_lines(checked), agree.plain_bad_lines(bad)
        self._result.bad_rows = len(wanted)
        if found != wanted:
            self._disagree(f"bad lines: {len(found)} and {len(wanted)}, such as {sorted(found ^ wanted)[:5]}")
        self._race(plan=lambda: self._linecard(site, "plan", self._joiners, "--json", expect=1))

    def _imports(self) -> None:
        """Each try has a site and a plain directory of its own, filled, filled again and emptied."""
        sites = [self._site(f"site-{n}") for n in range(self._tries)]
        plain = [self._work / f"plain-{n}.sqlite3" for n in range(self._tries)]
        self._race(
            plain_import=self._by_plain(self._joiners, plain),
            **{"import": self._by_linecard(self._joiners, sites, expect=1)},
        )
        self._compare(sites, plain)
        self._race(
            plain_import_again=self._by_plain(self._joiners, plain),
            import_again=self._by_linecard(self._joiners, sites, expect=1),
        )
        self._compare(sites, plain)
        self._race(
            plain_detach_all=self._by_plain(self._leavers, plain),
            detach_all=self._by_linecard(self._leavers, sites, expect=0),
        )
        self._compare(sites, plain)

    # -- how -------------------------------------------------------------------------------------------------------

    def _race(self, **runners: measure.Measured) -> None:
        self._result.figures |= measure.race(self._tries, **runners)

    def _site(self, name: str) -> Path:
        """A new site with the bench's extensions and without limits; its configuration file."""
        site = self._work / name
        measure.run([LINECARD, "init", site, "--region", "FR"], self._out)
        file = site / "linecard.yaml"
        extensions = f"extensions: {sheets.FIRST_EXTENSION}-{sheets.LAST_EXTENSION}"
        text = file.read_text(encoding="utf-8").replace("extensions: 1000-4999", extensions)
        file.write_text(text + "    limits: {detach: {share: null}}\n", encoding="utf-8")
        return file

    def _linecard(
        self, site: Path, command: str, file: Path, *words: str, expect: int, output: Path | None = None
    ) -> Figure:
        line = [LINECARD, "--config", site, command, file, *words]
        return measure.run(line, output or self._out, expect=expect)

    def _by_linecard(self, file: Path, sites: list[Path], *, expect: int) -> measure.Measured:
        """An import into the next of these sites each time it is called."""
        left = iter(sites)
        return lambda: self._linecard(next(left), "import", file, "--yes", expect=expect)

    def _by_plain(self, file: Path, directories: list[Path]) -> measure.Measured:
        left = iter(directories)
        return lambda: self._plain("import", file, self._work / "bad.txt", next(left))

    def _plain(self, *words: str | Path) -> Figure:
        return measure.run([sys.executable, PLAIN, *words], self._out)

    def _compare(self, sites: list[Path], plain: list[Path]) -> None:
        self._result.directory = agree.size(plain[0])
        for site, other in zip(sites, plain, strict=True):
            found = agree.difference(site.parent / "state" / "hq.pbx.sqlite3", other)
            if found:
                self._disagree(found)

    def _disagree(self, words: str) -> None:
        self._result.disagreements.append(words)
