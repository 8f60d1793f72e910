"""Plugins of one file each that belong to a site: taken only from where nobody else can put one."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from linecard.errors import PluginError
from linecard.infrastructure.access import find_remedy
from linecard.infrastructure.accounts import account_name

FOLDER = "plugins"
"""The folder beside linecard.yaml that they lie in."""
PACKAGE = "linecard_site_plugins"
"""Their modules are named as if they lay in a package of this name."""
MOST = 1 << 20
"""Bytes of a plugin at most."""


@dataclass(frozen=True, slots=True)
class SitePlugin:
    """A file `NAME.py`; it is served under this name, as an installed plugin is under that of its entry point."""

    name: str
    path: Path

    @property
    def value(self) -> str:
        """What it is called in messages."""
        return str(self.path)

    @property
    def module(self) -> str:
        return f"{PACKAGE}.{self.name}"

    def read_text(self) -> str:
        """Its text. Raises `PluginError` where another account may change it, or it cannot be read."""
        try:
            for place in self._way():
                _refuse_open_place(place, place.stat())
            with self.path.open("rb") as file:
                _refuse_open_place(self.path, os.fstat(file.fileno()))  # of the file that is read, whatever comes after
                text = file.read(MOST + 1)
        except OSError as error:
            raise PluginError(
                f"The plugin {self.path} cannot be read: {error.strerror}.", remedy=find_remedy(error, self.path)
            ) from error
        if len(text) > MOST:
            raise PluginError(f"The plugin {self.path} has more than {MOST} bytes.", remedy="Make a package of it.")
        try:
            return text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise PluginError(f"The plugin {self.path} is not UTF-8: {error}.", remedy="Save it as UTF-8.") from error

    def load(self) -> ModuleType:
        """Its module, run anew. Raises `PluginError`, and whatever its code raises."""
        code = compile(self.read_text(), self.path, "exec", dont_inherit=True)
        module = ModuleType(self.module)
        module.__file__ = str(self.path)
        sys.modules[self.module] = module  # models of pydantic look there for the names in their annotations
        try:
            exec(code, module.__dict__)  # noqa: S102 - nobody but root and this account could write it
        except BaseException:
            del sys.modules[self.module]
            raise
        return module

    def _way(self) -> Iterator[Path]:
        """The file and all folders that lead to it, by its name and by where symbolic links take it."""
        for path in dict.fromkeys((self.path.absolute(), self.path.resolve())):
            yield from path.parents
            yield path


def list_site_plugins(folder: Path) -> list[SitePlugin]:
    """The files in the folder that may be plugins, by name. Those that begin with _ or . are not."""
    try:
        files = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise PluginError(f"{folder} cannot be read: {error.strerror}.", remedy=find_remedy(error, folder)) from error
    return [SitePlugin(file.stem, file) for file in files if file.suffix == ".py" and file.name[0] not in "._"]


def _refuse_open_place(path: Path, found: os.stat_result) -> None:
    """Raise `PluginError` for what others than root and this account own or may write to."""
    me = os.geteuid()
    if found.st_uid not in (0, me):
        raise PluginError(
            f"{path} belongs to {account_name(found.st_uid)}, who could put any code there.",
            remedy=f"chown {account_name(me)} {path}",
        )
    # In a folder with the sticky bit, such as /tmp, nobody may replace what belongs to another.
    is_sticky = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not is_sticky:
        raise PluginError(
            f"Others may write to {path} (mode {stat.S_IMODE(found.st_mode):04o}) and put any code there.",
            remedy=f"chmod go-w {path}",
        )
