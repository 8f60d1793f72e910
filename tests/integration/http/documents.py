"""The profile that docs/http.md writes for a PBX that nobody has heard of."""

from __future__ import annotations

import re
from pathlib import Path

from linecard.api import load_model
from linecard_http.profile import Profile

PAGE = Path(__file__).parents[3] / "docs" / "http.md"


def read_example(folder: Path) -> Profile:
    """As it stands on the page; `folder` gets the file."""
    (found,) = re.findall(r"(?s)```yaml\n(name: Acme\n.*?)```", PAGE.read_text(encoding="utf-8"))
    file = folder / "acme.yaml"
    file.write_text(found, encoding="utf-8")
    return load_model(file, file.name, Profile)
