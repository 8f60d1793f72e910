"""The documents as a searchable site in `dist/site`: `make site`.

The site is the source tree in small: documents and the files that they link to, at their own places, so that each link
is the same in the repository and on the site.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from house.markdown import links
from house.places import ROOT, documents

WORK = ROOT / ".cache" / "site"


def copy_documents(to: Path) -> None:
    """Every document, and every file that one of them links to."""
    files = set(documents())
    for document in documents():
        for link in links(document.read_text(encoding="utf-8")):
            target = (document.parent / link.partition("#")[0]).resolve()
            if target.is_file() and target.is_relative_to(ROOT):
                files.add(target)
    for file in files:
        copy = to / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def build(work: Path) -> subprocess.CompletedProcess[str]:
    """The site, in `work/site`. A link that leads nowhere ends it with another code than 0."""
    copy_documents(work / "tree")
    shutil.copyfile(ROOT / "zensical.toml", work / "zensical.toml")
    return run_zensical(work)


def run_zensical(work: Path) -> subprocess.CompletedProcess[str]:
    """Strictly: a warning fails."""
    zensical = Path(sys.executable).with_name("zensical")
    return subprocess.run(
        [zensical, "build", "--strict"],
        cwd=work,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def main() -> int:
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    ended = build(WORK)
    if ended.returncode:
        print(ended.stdout)
        return ended.returncode
    site = ROOT / "dist" / "site"
    shutil.rmtree(site, ignore_errors=True)
    shutil.move(WORK / "site", site)
    print(f"{site}/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
