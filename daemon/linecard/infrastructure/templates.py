"""Templates in a sandbox: a site's own stand before those that a package brings."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files
from importlib.util import cache_from_source
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

from linecard import __version__
from linecard.rules.sanitize import sanitize

if TYPE_CHECKING:
    from types import CodeType

    from jinja2 import BytecodeCache, Environment
    from jinja2.bccache import Bucket
    from jinja2.sandbox import SandboxedEnvironment


def make_sandbox(**options: Any) -> SandboxedEnvironment:
    """An environment of Jinja2 in the sandbox that all templates of linecard run in; options are Jinja2's own.

    What a template names and nobody gives is an error.
    """
    from jinja2 import StrictUndefined

    return _sandbox()(**{"undefined": StrictUndefined, **options})


BUILT_IN = "linecard"
"""Under `linecard/report.html.j2` a site's template of the same name finds the one that it takes the place of."""


_REMEMBERED = 1000
"""Attributes of which is known whether a template may read them."""


class Templates:
    """The templates of a package. Jinja is loaded by the first use, and a source is compiled once.

    Every page of HTML escapes what is put into it; `harmless` and the given filters are there for all text.
    """

    def __init__(self, package: str, filters: Mapping[str, Callable[[Any], object]]) -> None:
        self._package, self._filters = package, filters
        self._environments: dict[Path | None, Environment] = {}
        self._compiled: BytecodeCache | None = None

    def environment(self, folder: Path | None) -> Environment:
        """Where templates of this folder come first."""
        if folder not in self._environments:
            self._environments[folder] = self._build(folder)
        return self._environments[folder]

    def _build(self, folder: Path | None) -> Environment:
        from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined

        brought = PackageLoader(self._package)
        own = [FileSystemLoader(folder)] if folder is not None else []
        self._compiled = self._compiled or _compiled_templates()(self._package)
        environment = _sandbox()(
            loader=ChoiceLoader([*own, brought, PrefixLoader({BUILT_IN: brought})]),
            autoescape=lambda name: name is None or not name.endswith(".txt.j2"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            cache_size=400 if folder is None else 0,  # a file that was added or taken away counts at once
            bytecode_cache=self._compiled,
        )
        environment.filters.update({"harmless": sanitize, **self._filters})
        return environment


@cache
def _sandbox() -> type[SandboxedEnvironment]:
    from jinja2.sandbox import SandboxedEnvironment

    class Sandbox(SandboxedEnvironment):
        """Remembers what it found of an attribute: a long report asks for the same dozen in each of its rows."""

        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self._is_safe: dict[tuple[type, str], bool] = {}

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            """What jinja answers: by the type of the object and the attribute's name, so that one answer is for all."""
            asked = type(obj), attr
            known = self._is_safe.get(asked)
            if known is None:
                if len(self._is_safe) >= _REMEMBERED:
                    self._is_safe.clear()
                known = self._is_safe[asked] = super().is_safe_attribute(obj, attr, value)
            return known

    return Sandbox


@cache
def _compiled_templates() -> Callable[[str], BytecodeCache]:
    import jinja2

    class CompiledTemplates(jinja2.BytecodeCache):
        """What the last source of each template was compiled to: to compile those of a report or a mail takes longer
        than the rest of it. Those of the package itself are kept beside its compiled modules, where Python keeps such
        files; where it may not, each process compiles them once."""

        def __init__(self, package: str) -> None:
            self._package = Path(str(files(package)))
            self._known: dict[str, tuple[str, CodeType]] = {}
            self._brought: set[str] = set()
            kept = Path(cache_from_source(str(self._package / "templates" / "compiled.py"))).parent
            self._files = jinja2.FileSystemBytecodeCache(str(kept), f"{__version__}-{jinja2.__version__}-%s.jinja")

        def get_cache_key(self, name: str, filename: str | None = None) -> str:
            key = super().get_cache_key(name, filename)
            if filename is not None and Path(filename).is_relative_to(self._package):
                self._brought.add(key)
            return key

        def load_bytecode(self, bucket: Bucket) -> None:
            checksum, code = self._known.get(bucket.key, ("", None))
            if checksum == bucket.checksum:
                bucket.code = code
            elif bucket.key in self._brought:
                with suppress(OSError, EOFError, ValueError, UnpicklingError):  # cut short, as after a power failure
                    self._files.load_bytecode(bucket)
                self._remember(bucket)

        def dump_bytecode(self, bucket: Bucket) -> None:
            self._remember(bucket)
            if bucket.key in self._brought and not sys.dont_write_bytecode:
                with suppress(OSError):  # no room, or not ours to write to: the next process compiles it again
                    Path(self._files.directory).mkdir(parents=True, exist_ok=True)
                    self._files.dump_bytecode(bucket)

        def _remember(self, bucket: Bucket) -> None:
            if bucket.code is not None:
                self._known[bucket.key] = bucket.checksum, bucket.code

    return CompiledTemplates


def locate_error(error: Exception, folder: Path | None) -> tuple[str, int] | None:
    """File and line of what is wrong in a template; None where no template of the folder was at work."""
    from jinja2 import TemplateSyntaxError

    if isinstance(error, TemplateSyntaxError):
        return error.filename or error.name or "", error.lineno
    found = None
    for frame in traceback.extract_tb(error.__traceback__):  # jinja puts the lines of templates into it
        if folder is not None and Path(frame.filename).is_relative_to(folder):
            found = (frame.filename, frame.lineno or 0)
    return found
