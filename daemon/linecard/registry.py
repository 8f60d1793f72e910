"""Plugins: found by their entry points, imported only when the configuration names them."""

from __future__ import annotations

import ast
import re
import threading
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from importlib import metadata
from importlib.abc import InspectLoader
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy
from pydantic import BaseModel

from linecard import hookspecs
from linecard.api import API_VERSION
from linecard.errors import LinecardError, PluginError
from linecard.infrastructure.plugin_faults import GROUP
from linecard.infrastructure.site_plugins import SitePlugin, list_site_plugins
from linecard.ports.context import Context
from linecard.ports.kind import BackendKind, InboxKind, KeyringKind, Kind, OpenerKind, ProcessorKind, SinkKind
from linecard.ports.renderer import IndexRenderer, Renderer

if TYPE_CHECKING:
    from linecard.testing.tiers import TierProof

HOOKS = (
    "linecard_backends",
    "linecard_inboxes",
    "linecard_openers",
    "linecard_keyrings",
    "linecard_processors",
    "linecard_sinks",
    "linecard_renderers",
)
K = TypeVar("K", BackendKind[Any], InboxKind[Any], OpenerKind[Any], KeyringKind[Any], ProcessorKind[Any], SinkKind[Any])
Built = TypeVar("Built")
Source = metadata.EntryPoint | SitePlugin
"""Where a plugin comes from: a distribution that is installed, or a file of the site."""
OWN = "linecard"
"""The distribution whose plugins nobody takes the place of."""
OTHER_VERSION = "Install the version of the plugin that was made for this linecard."
REPORTS = "reports"
"""The entry point of the report formats that linecard itself brings."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plugin as `linecard plugins` lists it; `problem` says why it cannot be used.

    One of the site has the path of its file as its `distribution`, and no version.
    """

    name: str
    distribution: str
    version: str
    backends: tuple[BackendKind[Any], ...] = ()
    inboxes: tuple[InboxKind[Any], ...] = ()
    openers: tuple[OpenerKind[Any], ...] = ()
    keyrings: tuple[KeyringKind[Any], ...] = ()
    processors: tuple[ProcessorKind[Any], ...] = ()
    sinks: tuple[SinkKind[Any], ...] = ()
    renderers: tuple[Renderer, ...] = ()
    problem: str = ""
    proofs: Mapping[str, TierProof] = field(default_factory=dict)
    """What each backend has proven, by kind."""


def describe_version_problem(written_for: object, version: str = API_VERSION) -> str:
    """Why a plugin that says this as its `LINECARD_API` does not fit a version of `linecard.api`; empty if it does."""
    if written_for is None:
        return f'it does not say for which version of linecard.api it was written (LINECARD_API = "{version}").'
    if not isinstance(written_for, str) or not re.fullmatch(r"[0-9]{1,6}\.[0-9]{1,6}", written_for):
        return f'its LINECARD_API is {written_for!r}, not a version such as "{version}".'
    (major, minor), (our_major, our_minor) = (tuple(map(int, each.split("."))) for each in (written_for, version))
    if major == our_major and minor <= our_minor:
        return ""
    return f"it was written for version {written_for} of linecard.api, and this linecard has {version}."


def build(kind: Kind[Any, Built], options: BaseModel, context: Context) -> Built:
    """What a plugin makes of its options. Whatever goes wrong there is a `PluginError` with its name, or an error of
    linecard's own that the plugin raised."""
    try:
        return kind.build(options, context)
    except LinecardError:
        raise
    except Exception as error:  # a bug of the plugin, and none of linecard
        place = traceback.extract_tb(error.__traceback__)[-1]
        raise PluginError(
            f"The plugin of the kind {kind.name} failed on {context.name}: {type(error).__name__}: {error} "
            f"({place.filename}, line {place.lineno}).",
            remedy="Check its options; if they are right, report this to the author of the plugin.",
        ) from error


def find_version(entry: Source) -> str | None:
    """What a plugin gives as its `LINECARD_API`, read from its source; None where that cannot be told so."""
    try:
        body = ast.parse(_read_source(entry)).body
    except Exception:  # noqa: BLE001 - whatever is wrong with the source is told when it is imported
        return None
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name("LINECARD_API")], value=ast.Constant(str(version))):
                return version
            case ast.AnnAssign(target=ast.Name("LINECARD_API"), value=ast.Constant(str(version))):
                return version
    return None


def _read_source(entry: Source) -> str:
    if isinstance(entry, SitePlugin):
        return entry.read_text()
    spec, name = None, ""
    for part in entry.module.split("."):  # one by one: util.find_spec would import what a module lies in
        spec = PathFinder.find_spec(f"{name}.{part}", spec.submodule_search_locations) if spec else find_spec(part)
        name = f"{name}.{part}".lstrip(".")
    source = spec.loader.get_source(entry.module) if spec and isinstance(spec.loader, InspectLoader) else None
    return source or ""


class Registry:
    """The plugins of this installation, and those in a folder of the site. Several threads may ask at once."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._trouble: PluginError | None = None
        self._loading = threading.RLock()
        self._manager = pluggy.PluginManager("linecard")
        self._manager.add_hookspecs(hookspecs)

    @cached_property
    def _found(self) -> dict[str, list[Source]]:
        """Whatever there is of each name; more than one only where it is not clear which is meant."""
        found: dict[str, list[Source]] = {}
        for entry in metadata.entry_points(group=GROUP):
            found.setdefault(entry.name, []).append(entry)
        try:
            for file in list_site_plugins(self._folder) if self._folder is not None else ():
                found.setdefault(file.name, []).append(file)
        except PluginError as error:
            self._trouble = error
        return found

    @cached_property
    def _entries(self) -> dict[str, Source]:
        """The plugin of each name: linecard's own comes before any other."""
        return {name: min(entries, key=lambda entry: not _is_own(entry)) for name, entries in self._found.items()}

    def _load(self, name: str) -> object:
        with self._loading:
            return self._register(name)

    def _register(self, name: str) -> object:
        plugin = self._manager.get_plugin(name)
        if plugin is not None:
            return plugin
        entry = self._entries.get(name)
        if entry is None and self._trouble is not None:
            raise self._trouble  # it may be there, where nobody can look
        if entry is None:
            known = ", ".join(sorted(self._entries)) or "none"
            close = get_close_matches(name, self._entries, n=1)
            meant = f"Did you mean {close[0]}? If not, install it" if close else "Install it"
            raise PluginError(f"There is no plugin {name}.", remedy=f"{meant}; installed are: {known}.")
        if len(same := self._found[name]) > 1 and not _is_own(entry):
            places = " and ".join(map(_describe_place, same))
            raise PluginError(f"There are {len(same)} plugins named {name}: {places}.", remedy="Remove all but one.")
        # Read, not imported: a plugin for another version of linecard.api may fail to import only for that.
        if stated := find_version(entry):
            _refuse_version(entry, stated)
        plugin = _import_plugin(entry)
        _refuse_version(entry, getattr(plugin, "LINECARD_API", None))
        try:
            self._manager.register(plugin, name)
            self._manager.check_pending()
        except Exception as error:  # whatever a plugin's code raises is said with its name
            if self._manager.get_plugin(name) is plugin:  # what is wrong with it is not wrong with the next one
                self._manager.unregister(plugin, name)
            raise _describe_hooks(entry, plugin, error) from error
        return plugin

    # What the plugin of a name serves under this name. Each raises `PluginError`.

    def backend_kind(self, name: str) -> BackendKind[Any]:
        return self._find_kind(name, "linecard_backends", BackendKind, "serves no PBX of the kind")

    def inbox_kind(self, name: str) -> InboxKind[Any]:
        return self._find_kind(name, "linecard_inboxes", InboxKind, "serves no inbox of the kind")

    def opener_kind(self, name: str) -> OpenerKind[Any]:
        return self._find_kind(name, "linecard_openers", OpenerKind, "opens no container")

    def keyring_kind(self, name: str) -> KeyringKind[Any]:
        return self._find_kind(name, "linecard_keyrings", KeyringKind, "keeps no keys of the kind")

    def processor_kind(self, name: str) -> ProcessorKind[Any]:
        return self._find_kind(name, "linecard_processors", ProcessorKind, "serves no processor of the kind")

    def sink_kind(self, name: str) -> SinkKind[Any]:
        return self._find_kind(name, "linecard_sinks", SinkKind, "serves no sink of the kind")

    def _find_kind(self, name: str, hook: str, shape: type[K], lacks: str) -> K:
        for kind in self._call_hook(name, hook):
            if isinstance(kind, shape) and kind.name == name:
                return kind
        raise PluginError(f"The plugin {name} {lacks} {name}.")

    def opener_options(self, name: str) -> type[BaseModel]:
        return self.opener_kind(name).options

    def processor_options(self, name: str) -> type[BaseModel]:
        return self.processor_kind(name).options

    def sink_options(self, name: str) -> type[BaseModel]:
        return self.sink_kind(name).options

    def backend_options(self, name: str) -> type[BaseModel]:
        return self.backend_kind(name).options

    def inbox_options(self, name: str) -> type[BaseModel]:
        return self.inbox_kind(name).options

    def renderers(self) -> dict[str, Renderer]:
        """The report formats by name."""
        return {renderer.name: renderer for renderer in self._call_hook(REPORTS, "linecard_renderers")}

    def renderer(self, name: str) -> Renderer | None:
        """The report format of this name: linecard's own, or that of the plugin of this name; None if there is none."""
        own = self.renderers()
        others = () if name in own or name not in self._entries else self._call_hook(name, "linecard_renderers")
        return own.get(name) or next((renderer for renderer in others if renderer.name == name), None)

    def index(self) -> IndexRenderer | None:
        """What writes the pages that list filed reports."""
        return next(iter(self._call_hook(REPORTS, "linecard_indexes")), None)

    def _call_hook(self, name: str, hook: str) -> list:  # type: ignore[type-arg]
        plugin = self._load(name)
        others = [other for other in self._manager.get_plugins() if other is not plugin]
        caller = self._manager.subset_hook_caller(hook, others)
        try:
            return [item for answer in caller() for item in answer]
        except LinecardError:
            raise
        except Exception as error:  # whatever a plugin's code raises is said with its name
            raise _cannot_load(self._entries[name], error) from error

    def list_plugins(self) -> Iterator[Plugin]:
        """Every plugin, imported; what is wrong with one is in its place in the list, and stops no other."""
        from linecard.testing.tiers import read_proof

        for name, entry in sorted(self._entries.items()):
            try:
                offers: list[Any] = [tuple(self._call_hook(name, hook)) for hook in HOOKS]
                plugin = Plugin(name, *_find_place(entry), *offers)
                place = _find_code(entry)
                proofs = {kind.name: read_proof(place, kind.name) for kind in plugin.backends if place is not None}
                yield replace(plugin, problem=self._find_missing_hooks(name), proofs=proofs)
            except PluginError as error:
                yield Plugin(name, *_find_place(entry), problem=f"{error} {error.remedy}".rstrip())
            for other in self._found[name]:
                if other is not entry and _is_own(entry):
                    problem = f"linecard itself has a plugin {name}, which is used. Give yours another name."
                    yield Plugin(name, *_find_place(other), problem=problem)
        if self._trouble is not None:
            yield Plugin("plugins", str(self._folder), "", problem=f"{self._trouble} {self._trouble.remedy}".rstrip())

    def _find_missing_hooks(self, name: str) -> str:
        """What to say of a loaded plugin without a single hook; empty for one that has some."""
        if self._manager.get_hookcallers(self._manager.get_plugin(name)):
            return ""
        return f"The plugin {name} offers nothing: no function of it is a hook (@hookimpl, such as linecard_backends)."


def _refuse_version(entry: Source, written_for: object) -> None:
    if problem := describe_version_problem(written_for):
        own = isinstance(entry, SitePlugin) and written_for is None  # nobody else has another version of it
        remedy = f"Add the line to {entry.value}." if own else OTHER_VERSION
        raise PluginError(f"The plugin {entry.name} ({entry.value}) cannot be used: {problem}", remedy=remedy)


def _is_own(entry: Source) -> bool:
    return isinstance(entry, metadata.EntryPoint) and entry.dist is not None and entry.dist.name == OWN


def _find_place(entry: Source) -> tuple[str, str]:
    """The distribution and its version; the file, where it is one of the site."""
    if isinstance(entry, SitePlugin):
        return str(entry.path), ""
    return (entry.dist.name, entry.dist.version) if entry.dist is not None else ("?", "?")


def _find_code(entry: Source) -> Path | None:
    """The package or module that an imported plugin lies in; None where it lies in no file."""
    if isinstance(entry, SitePlugin):
        return entry.path
    spec = find_spec(entry.module)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent if spec.submodule_search_locations else Path(spec.origin)


def _describe_place(entry: Source) -> str:
    return " ".join(_find_place(entry)).rstrip()


def _describe_hooks(entry: Source, plugin: object, error: Exception) -> PluginError:
    """What is wrong with the hooks of a plugin, in one line where its author misspelt one."""
    if isinstance(error, pluggy.PluginValidationError):
        for name in vars(plugin):
            close = get_close_matches(name, HOOKS, n=1) if name.startswith("linecard_") and name not in HOOKS else ()
            if close and getattr(getattr(plugin, name), "linecard_impl", None):
                return PluginError(
                    f"The plugin {entry.name} ({entry.value}) cannot be used: there is no hook {name}.",
                    remedy=f"Did you mean {close[0]}? docs/reference.md has all hooks.",
                )
    return _cannot_load(entry, error)


def _import_plugin(entry: Source) -> object:
    try:
        return entry.load()
    except LinecardError:
        raise
    except (Exception, SystemExit) as error:  # whatever a plugin's code raises is said with its name
        if isinstance(error, ImportError) and (error.name or "").startswith("linecard.api"):
            raise PluginError(
                f"The plugin {entry.name} ({entry.value}) was written for another version of linecard.api than "
                f"{API_VERSION}: {error}.",
                remedy=OTHER_VERSION,
            ) from error
        raise _cannot_load(entry, error) from error


def _cannot_load(entry: Source, error: BaseException) -> PluginError:
    return PluginError(
        f"The plugin {entry.name} ({entry.value}) cannot be loaded: {type(error).__name__}: {error}",
        remedy="Install it again, or ask its author.",
    )
