"""Secrets: the configuration says where one lies, never what it is."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linecard.errors import ConfigError

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

MOST = 65_536
HOW = (
    "a reference to the secret, not the secret itself: env:NAME (an environment variable), "
    "file:secrets/NAME (a file that only linecard may read) or credential:NAME (systemd LoadCredential=)"
)
_FORM = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:[^\0\n]+|credential:(?!\.{1,2}\Z)[A-Za-z0-9_.@:-]+")


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret lies: `env:NAME`, `file:PATH` (relative to the site's folder) or `credential:NAME`.

    A field of a plugin's options may have this type. The value is read by `reveal` when it is needed and kept
    nowhere; what prints or logs this object shows the reference alone. Raises ValueError for anything else,
    a plain text secret above all, without repeating it.
    """

    reference: str

    def __post_init__(self) -> None:
        if not isinstance(self.reference, str) or not _FORM.fullmatch(self.reference):
            raise ValueError(f"expected {HOW}")

    def reveal(self, folder: Path, environ: Mapping[str, str]) -> str:
        """The value, without a newline at its end. Raises `ConfigError` naming what is missing.

        `folder` is the site's folder, `environ` the environment, of which `credential:` needs
        CREDENTIALS_DIRECTORY.
        """
        kind, _, name = self.reference.partition(":")
        if kind == "env":
            value = environ.get(name, "")
            if not value:
                raise ConfigError(
                    f"The environment variable {name} is not set or empty.",
                    remedy=f"Set {name} in linecard's environment.",
                )
            return value
        if kind == "file":
            return _content(folder / name, private=True)
        where = environ.get("CREDENTIALS_DIRECTORY", "")
        if not where:
            raise ConfigError(
                f"There is no credential {name}: CREDENTIALS_DIRECTORY is not set.",
                remedy=f"Run linecard as a systemd service with LoadCredential={name}:/path/of/the/secret.",
            )
        # Who may read it is systemd's affair; its access list shows as a group bit that means nothing here.
        return _content(Path(where) / name, private=False)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            _validate, serialization=core_schema.plain_serializer_function_ser_schema(lambda s: s.reference)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "pattern": "^(env|file|credential):.+$", "description": f"Write {HOW}."}


def _validate(value: Any) -> Secret:
    from pydantic_core import PydanticCustomError

    if isinstance(value, Secret):
        return value
    try:
        return Secret(value)
    except ValueError:
        # Problems of this type are told without what was found.
        raise PydanticCustomError("secret", "{sentence}", {"sentence": HOW}) from None


def _content(path: Path, *, private: bool) -> str:
    """The text of a file that holds a secret; with `private`, only if nobody but its owner may read it."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise ConfigError(f"The secret {path} is not a file.", remedy="Name the file that holds it.")
        if private and mode & 0o077:
            raise ConfigError(
                f"The secret {path} can be read by others (mode {stat.S_IMODE(mode):04o}).",
                remedy=f"chmod 600 {path}",
            )
        with path.open("rb") as file:
            content = file.read(MOST + 1)
    except OSError as error:
        raise ConfigError(
            f"The secret {path} cannot be read: {error.strerror}.",
            remedy="Write it there, readable by linecard alone.",
        ) from error
    return _text(path, content)


def _text(path: Path, content: bytes) -> str:
    if len(content) > MOST:
        raise ConfigError(f"The secret {path} is larger than {MOST} bytes.", remedy="Check that it is the right file.")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise ConfigError(f"The secret {path} is not UTF-8 text.", remedy="Save it as UTF-8.") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise ConfigError(f"The secret {path} is empty.", remedy="Write the secret into it.")
    return text
