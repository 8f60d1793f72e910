"""The file that Asterisk includes, made anew of linecard's own tables, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from linecard.api import write_whole
from linecard.api.backend import BackendError
from linecard_asterisk.ami import ManagerActions
from linecard_asterisk.convert import format_setting
from linecard_asterisk.database import Tables
from linecard_asterisk.options import Files, Template

HEAD = "; Written by linecard. What is changed here is lost with the next change it makes.\n"


class IncludeFile:
    """The file of one PBX. `template` has what linecard's own tables do not."""

    def __init__(self, files: Files, folder: Path, template: Template) -> None:
        self._files, self._folder, self._template = files, folder, template

    def read_names(self) -> set[str]:
        """What the file has now, as linecard wrote it last. Raises `BackendError`."""
        try:
            text = (self._folder / self._files.endpoints).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return set()
        except OSError as error:
            raise _file_error(error, self._folder / self._files.endpoints) from error
        return {line[1:-1] for line in text.splitlines() if line.startswith("[")}

    def render(self, connection: sa.Connection, tables: Tables) -> None:
        """Write it for what the tables hold now; durable when this returns. Raises `BackendError`."""
        self._write(self._files.endpoints, self._render_endpoints(connection, tables))

    def activate(self, asterisk: ManagerActions, connection: sa.Connection, tables: Tables) -> None:
        """Let Asterisk go by what the tables hold now."""
        asterisk.reload()
        rows = connection.execute(sa.select(tables.numbers.c.e164, tables.numbers.c.extension)).all()
        asterisk.set_routes(self._files.numbers, dict(map(tuple, rows)))

    def _render_endpoints(self, connection: sa.Connection, tables: Tables) -> Iterator[str]:
        sorts = (
            ("endpoint", tables.endpoints, self._template.endpoint),
            ("auth", tables.auths, self._template.auth),
            ("aor", tables.aors, self._template.aor),
        )
        for sort, table, template in sorts:
            for row in connection.execute(sa.select(table).order_by(table.c.id)).mappings():
                own = {name: value for name, value in row.items() if name != "id" and value is not None}
                yield from _render_section(str(row["id"]), {"type": sort, **template, **own})

    def _write(self, path: Path, lines: Iterable[str]) -> None:
        target = self._folder / path
        try:
            # Secrets stand in it: nobody but linecard and the group of the folder, which is Asterisk's.
            with write_whole(target, text=True, mode=0o640) as out:
                out.write(HEAD)
                out.writelines(lines)
        except OSError as error:
            raise _file_error(error, target) from error


def _file_error(error: OSError, target: Path) -> BackendError:
    remedy = "Give the user linecard runs as the right to read and write in the folder of `files`."
    return BackendError(f"{error.filename or target}: {error.strerror}.", remedy=remedy)


def _render_section(name: str, values: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n[{name}]\n"
    for key, value in values.items():
        yield f"{key}={_escape_value(format_setting(value))}\n"


def _escape_value(value: object) -> str:
    """A value as Asterisk reads it back: a bare `;` would begin a comment."""
    return str(value).replace(";", "\\;")
