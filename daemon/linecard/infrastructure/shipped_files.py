"""Files that come with linecard beside its code, and those of the same kinds that a site has of its own."""

from __future__ import annotations

import re
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path

from linecard.errors import ConfigError
from linecard.infrastructure.access import find_remedy

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def find_shipped() -> Path:
    """The folder of the files that come with linecard: example, schema, columns/ and backends/.

    Raises `ConfigError`.
    """
    installed = Path("share", "linecard", "config")
    package = Path(__file__).parents[2]
    candidates = (
        Path(sys.prefix) / installed,
        Path(sysconfig.get_path("data")) / installed,
        Path(sysconfig.get_path("data", sysconfig.get_preferred_scheme("user"))) / installed,
        package / installed,  # pip install --target
        package.parent / "config",  # a source checkout
    )
    for folder in candidates:
        with suppress(PermissionError):  # such as in another user's home
            if (folder / "columns").is_dir():
                return folder
    raise ConfigError("The files that come with linecard are not there.", remedy="Install linecard again.")


def find_ready_file(kind: str, name: str, folder: Path) -> Path | None:
    """The file `NAME.yaml` of a kind, such as `columns`: that of the site in this folder, else one that came with
    linecard. Raises `ConfigError` where it may not be read."""
    if not _NAME.fullmatch(name):
        return None
    files = (place / f"{name}.yaml" for place in _folders(kind, folder))
    try:
        return next((file for file in files if file.is_file()), None)
    except PermissionError as error:
        raise ConfigError(f"{error.filename} cannot be read: {error.strerror}.", remedy=find_remedy(error)) from error


def list_ready_names(kind: str, folder: Path) -> list[str]:
    """The names of all files of a kind, by the alphabet."""
    return sorted({file.stem for place in _folders(kind, folder) for file in place.glob("*.yaml")})


def label_file(file: Path, folder: Path) -> str:
    """How messages call such a file."""
    return str(file.relative_to(folder)) if file.is_relative_to(folder) else str(file)


def _folders(kind: str, folder: Path) -> list[Path]:
    try:
        return [folder / kind, find_shipped() / kind]
    except ConfigError:
        return [folder / kind]
