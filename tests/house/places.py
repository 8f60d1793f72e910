"""Where things lie in the source tree, and which of them are documents."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = (ROOT / "daemon", ROOT / "plugins", ROOT / "reports")
"""The source roots: folders of packages, never packages themselves."""

REFERENCE = ROOT / "docs" / "reference.md"


def documents() -> list[Path]:
    """Every document of the project."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def modules() -> list[Path]:
    """Every module that is shipped."""
    return sorted(path for root in SOURCES for path in root.rglob("*.py"))


def name(path: Path) -> str:
    """A path as it is shown when a test fails."""
    return str(path.relative_to(ROOT))
