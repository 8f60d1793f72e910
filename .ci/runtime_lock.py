"""Write what a built wheel needs to run, with hashes, beside it: `runtime_lock.py WHEEL`.

`linecard-VERSION.lock` is the part of requirements.lock that the wheel needs, and the wheel itself; beside it lies one
for each extra, such as `linecard-VERSION-postgresql.lock`. With `pip install --require-hashes` in
that folder, nothing is installed but what was tested.
"""

from __future__ import annotations

import hashlib
import re
import sys
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FOR_TESTS = frozenset({"testing"})
"""Extras that are no part of an installation."""


def main() -> None:
    wheel = Path(sys.argv[1])
    facts = read_metadata(wheel)
    for extra in ("", *sorted(set(facts.get_all("Provides-Extra", [])) - FOR_TESTS)):
        ending = f"-{extra}" if extra else ""
        wheel.with_name(f"linecard-{facts['Version']}{ending}.lock").write_text(lock_text(wheel, facts, extra))


def read_metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return BytesParser().parsebytes(archive.read(name))


def lock_text(wheel: Path, facts: Message, extra: str) -> str:
    """The locked versions that the wheel needs, on every platform that the lock knows, and the wheel."""
    lock = _read_lock(ROOT / "requirements.lock")
    found: dict[str, str] = {}
    todo = [(text, extra) for text in facts.get_all("Requires-Dist", [])]
    seen = set()
    while todo:
        text, of_extra = todo.pop()
        need = Requirement(text)
        name = canonicalize_name(need.name)
        if name not in lock or (text, of_extra) in seen or not _is_wanted(need, of_extra):
            continue
        seen.add((text, of_extra))
        found[name] = lock[name]
        todo += [(each, wanted) for wanted in ("", *need.extras) for each in _requires(name)]
    found |= _compiled(extra)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    # By its path, not by its name: a package of that name in an index is somebody else's.
    own = f"./{wheel.name}{f'[{extra}]' if extra else ''} --hash=sha256:{digest}\n"
    return "".join(found[name] for name in sorted(found)) + own


def _read_lock(file: Path) -> dict[str, str]:
    """The lines of each package, by its name."""
    blocks = re.findall(r"^[A-Za-z0-9._-]+==(?:.*\\\n)*.*\n", file.read_text(), re.MULTILINE)
    return {canonicalize_name(block.split("==")[0]): block for block in blocks}


def _compiled(extra: str) -> dict[str, str]:
    """What an extra needs that has to be compiled: it has a lock of its own, for it is not installed in `.venv`."""
    file = ROOT / f"requirements-{extra}.lock"
    return _read_lock(file) if extra and file.exists() else {}


def _is_wanted(need: Requirement, extra: str) -> bool:
    """Whether it is needed at all, with this extra; on which platforms is said by the lock."""
    return need.marker is None or "extra" not in str(need.marker) or need.marker.evaluate({"extra": extra})


def _requires(name: str) -> Iterator[str]:
    try:
        yield from metadata.requires(name) or ()
    except metadata.PackageNotFoundError:  # not for this platform: the lock says for which
        return


if __name__ == "__main__":
    main()
