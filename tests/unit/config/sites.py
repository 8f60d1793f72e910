"""A site's folder to write configurations into, and the options of two kinds of PBX."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from linecard.api import Secret
from linecard.config import Config, load
from linecard.errors import ConfigError, PluginError
from linecard_mail.options import MailOptions
from linecard_packing.options import GzipOptions, PgpOptions, ZipOptions
from linecard_processors.require_domain import RequireDomainOptions


class Book(BaseModel):
    """Like the directory plugin's options."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path
    create_members: bool = True
    create_extensions: bool = True


class Wire(BaseModel):
    """Options with a secret and a nested part."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(description="The address of the PBX.")
    port: int = Field(default=5038, ge=1, le=65535)
    secret: Secret | None = None
    password: str = Field(default="long enough", min_length=8)


SMALL = """\
region: FR
pbxs:
  hq: {backend: directory, options: {path: hq.sqlite3}}
inboxes:
  hr: {path: inbox/hr}
"""


def small(site: str = "", pbx: str = "", inbox: str = "", sheet: str = "") -> str:
    """The smallest configuration with more said in one part: site on line 2, PBX on 4, inbox on 6."""
    return (
        f"region: FR\n{site}\npbxs:\n  hq: {{backend: directory, options: {{path: hq.sqlite3}}, {pbx}}}\n"
        f"inboxes:\n  hr: {{path: inbox/hr, sheet: {{{sheet}}}, {inbox}}}\n"
    )


KINDS: dict[str, type[BaseModel]] = {"directory": Book, "wire": Wire}


def options_of(backend: str) -> type[BaseModel]:
    if backend not in KINDS:
        raise PluginError(f"There is no plugin {backend}.", remedy="Install it.")
    return KINDS[backend]


class Folder(BaseModel):
    """Like the options of a folder of this machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hard_links: bool = False
    watch: bool = True


class Seal(BaseModel):
    """Like the options of a wrapping."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signers: tuple[str, ...] = ()


class Plugins:
    """Two kinds of PBX, one of inbox, one of sink and one of wrapping."""

    backend_options = staticmethod(options_of)

    @staticmethod
    def opener_options(kind: str) -> type[BaseModel]:
        known = {"seal": Seal, "pgp": PgpOptions, "gzip": GzipOptions, "zip": ZipOptions}
        return _only(kind if kind in known else "seal", known.get(kind, Seal), kind)

    @staticmethod
    def inbox_options(kind: str) -> type[BaseModel]:
        return _only("local", Folder, kind)

    @staticmethod
    def processor_options(kind: str) -> type[BaseModel]:
        return _only("require_domain", RequireDomainOptions, kind)

    @staticmethod
    def sink_options(kind: str) -> type[BaseModel]:
        return _only("mail", MailOptions, kind)


def _only(name: str, model: type[BaseModel], kind: str) -> type[BaseModel]:
    if kind != name:
        raise PluginError(f"There is no plugin {kind}.", remedy="Install it.")
    return model


PLUGINS = Plugins()


@dataclass(frozen=True)
class Site:
    """A folder with a linecard.yaml."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "linecard.yaml"

    def load(self, text: str | bytes) -> Config:
        self.file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(self.file, PLUGINS)

    def problems(self, text: str | bytes) -> tuple[str, ...]:
        """The problems of a configuration that must have some."""
        with pytest.raises(ConfigError) as caught:
            self.load(text)
        assert caught.value.problems
        return caught.value.problems

    def map(self, name: str, text: str) -> None:
        """Put a column map of the site's own beside the configuration."""
        (self.folder / "columns").mkdir(exist_ok=True)
        (self.folder / "columns" / f"{name}.yaml").write_text(text, encoding="utf-8")
