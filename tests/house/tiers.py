"""What linecard's own backends have proven, as the contract suite recorded it, and the table in docs/reference.md.

`make tiers` runs the suite over those whose record is not of their code.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from house.places import ROOT
from linecard.testing.tiers import TierProof, read_proof

SUITES = {
    "asterisk": ("test_asterisk.py",),
    "directory": ("test_directory.py",),
    "exec": ("test_exec.py", "test_exec_bugs.py"),
    "http": ("test_http.py",),
    "ldap": ("test_ldap.py",),
    "rainbow": ("test_rainbow.py",),
}
"""The test modules of each backend, in tests/contract."""


def place(kind: str) -> Path:
    """The package of a backend."""
    return ROOT / "plugins" / f"linecard_{kind}"


def proof(kind: str) -> TierProof:
    return read_proof(place(kind), kind)


def table() -> str:
    """Each backend with its tier and what is missing for the next one."""
    lines = ["| Backend | Tier | Missing for the next one |", "|---|---|---|"]
    for kind in sorted(SUITES):
        found = proof(kind)
        few = "; ".join(found.missing[:2])
        more = f"; {len(found.missing) - 2} more" if len(found.missing) > 2 else ""
        lacks = f"{found.next_tier}: {few}{more}" if found.next_tier is not None else ""
        lines.append(f"| `{kind}` | {found.tier or 'none'} | {lacks} |")
    return "\n".join(lines) + "\n"


def record(kind: str) -> None:
    """Run the suite over one backend; ends the program where it fails."""
    modules = [str(ROOT / "tests/contract" / name) for name in SUITES[kind]]
    settings = ("-p", "linecard.testing.recorder", "--record", f"{kind}={place(kind)}")
    subprocess.run([sys.executable, "-m", "pytest", "-q", *settings, *modules], cwd=ROOT, check=True)


def main(kinds: list[str]) -> None:
    for kind in kinds or SUITES:
        if kinds or proof(kind).tier is None:
            record(kind)
    for kind in SUITES:
        print(kind, proof(kind).tier or "none")


if __name__ == "__main__":
    assert set(sys.argv[1:]) <= SUITES.keys(), f"these have suites: {', '.join(SUITES)}"
    main(sys.argv[1:])
