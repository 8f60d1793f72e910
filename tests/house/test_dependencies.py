"""Every dependency has its reason, every reason its dependency; and the layers are told as they are held."""

from __future__ import annotations

import re
import tomllib

from house.markdown import blocks, rows, section, words
from house.places import ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME: list[str] = PROJECT["project"]["dependencies"]
DEVELOPMENT: list[str] = PROJECT["dependency-groups"]["dev"]
DOCUMENTS: list[str] = PROJECT["dependency-groups"]["docs"]


def distributions(requirements: list[str]) -> list[str]:
    """The names in a list of requirements."""
    return sorted(re.split(r"[^A-Za-z0-9_.-]", requirement)[0] for requirement in requirements)


def reasons(heading: str) -> dict[str, str]:
    return {words(cells[0])[0]: cells[1] for cells in rows(section(CONTRIBUTING, heading))}


def test_every_runtime_dependency_has_its_reason() -> None:
    assert sorted(reasons("Runtime")) == distributions(RUNTIME)


def test_every_development_dependency_has_its_reason() -> None:
    assert sorted(reasons("Development")) == distributions(DEVELOPMENT)


def test_what_renders_the_documents_has_its_reason_and_is_not_installed_by_users() -> None:
    assert sorted(reasons("Site")) == distributions(DOCUMENTS)
    extras = PROJECT["project"]["optional-dependencies"].values()
    assert not {*distributions(DOCUMENTS)} & {*distributions([*RUNTIME, *(each for extra in extras for each in extra)])}


def test_a_reason_is_a_sentence() -> None:
    for reason in (*reasons("Runtime").values(), *reasons("Development").values(), *reasons("Site").values()):
        assert len(reason) > 20
        assert reason.endswith(".")


def test_the_lock_has_every_dependency_with_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = dict(re.findall(r"(?m)^([a-z0-9._-]+)==\S+[^\n]*\\\n +--hash=(sha256):", lock))
    assert {name.lower() for name in distributions([*RUNTIME, *DEVELOPMENT, *DOCUMENTS])} <= set(locked)


def test_the_layers_are_told_as_import_linter_holds_them() -> None:
    (contract,) = (c for c in PROJECT["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    held = " > ".join(layer.replace("linecard.", "") for layer in contract["layers"])
    assert f"{held}\n" in blocks(section(CONTRIBUTING, "Layout"), "text")
