"""The backend: a PBX as a profile describes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from linecard.api import (
    Alert,
    Context,
    Finding,
    find_ready_file,
    label_file,
    list_ready_names,
    load_model,
)
from linecard.api.backend import Can, Caveat, Change, Entry, Forecast, Result, Scope, make_side_by_side
from linecard_http.change_maker import ChangeMaker
from linecard_http.errors import ProfileError, RestError
from linecard_http.finisher import Finisher
from linecard_http.list_pages import ListPages
from linecard_http.options import HttpOptions
from linecard_http.pbx_reader import PbxReader
from linecard_http.profile import Profile
from linecard_http.rest_client import RestClient
from linecard_http.table_reader import TableReader, TableView

ONE = Scope(extensions=frozenset({"1"}))


def build(options: HttpOptions, context: Context) -> HttpBackend:
    return HttpBackend(options, load_profile(options, context), context)


def load_profile(options: HttpOptions, context: Context) -> Profile:
    """Raises `ConfigError` with all that is wrong with its file, `ProfileError` with what does not fit the options."""
    folder = context.site.folder
    file = find_ready_file("backends", options.profile, folder)
    if file is None:
        known = ", ".join(list_ready_names("backends", folder))
        remedy = f"Name one of {known}, or write backends/NAME.yaml in the site's folder: docs/http.md."
        raise ProfileError(f"There is no profile {options.profile}.", remedy=remedy)
    profile = load_model(file, label_file(file, folder), Profile)
    lacking = [f"secrets.{name}: {about}" for name, about in profile.secrets.items() if name not in options.secrets]
    lacking += [
        f"settings.{name}: {rule.about}"
        for name, rule in profile.settings.items()
        if rule.default is None and name not in options.settings
    ]
    unknown = sorted(
        options.secrets.keys() - profile.secrets.keys() | options.settings.keys() - profile.settings.keys()
    )
    if lacking or unknown:
        needs = f"needs {'; '.join(lacking)}" if lacking else f"knows no {', '.join(unknown)}"
        raise ProfileError(f"The profile {options.profile} {needs}.", remedy="Correct the options of this PBX.")
    return profile


class HttpBackend:
    """One PBX behind a REST API. Nothing is sent before it is first used.

    It may be used from any thread, but two calls of `apply` must not overlap.
    """

    def __init__(self, options: HttpOptions, profile: Profile, context: Context) -> None:
        self._context, self._profile = context, profile
        self._workers = min(options.workers, profile.workers)
        self.can: frozenset[Can] = profile.can
        self._client = RestClient(options, profile, context)
        self._tables = TableReader(self._client, ListPages(self._client))
        self._reader = PbxReader(self._tables, self._client.settings, context.now, context.log)
        self._maker = ChangeMaker(self._client, self._reader, settle=options.settle)
        self._finisher = Finisher(self._client, context)

    def fetch(self, scope: Scope) -> Iterator[Entry]:
        """Each extension of the scope, by its names or from the lists, whichever takes fewer requests."""
        yield from self._reader.list_entries(scope)

    def members(self, scope: Scope) -> Iterator[str]:
        """Logins that exist: all, or those named."""
        yield from self._reader.list_members(scope)

    def apply(self, changes: Iterable[Change]) -> Iterator[Result]:
        """Make the changes, each step sent once, and then what the PBX wants after all of them."""
        self._maker.begin()
        try:
            if self._workers == 1:
                for change in changes:
                    yield self._make(change)
            else:
                yield from make_side_by_side(changes, self._make, self._workers)
        except GeneratorExit:
            self._finish_quietly()
            raise
        except BaseException:
            self._finish_quietly()
            raise
        self._finisher.finish()

    def _make(self, change: Change) -> Result:
        self._finisher.owe()
        return self._maker.make_change(change)

    def _finish_quietly(self) -> None:
        """Something else is told already: that a reload is owed stays on the disk."""
        try:
            self._finisher.finish()
        except RestError as error:
            self._context.log("the PBX has not taken up the changes", level="warning", reason=str(error))

    def precheck(self, changes: Sequence[Change]) -> Iterator[Caveat]:
        """What the profile has to say of changes: what they cannot keep."""
        if not self._profile.caveats or not changes:
            return
        scope = Scope(extensions=frozenset(change.extension for change in changes))
        by_name, whole = self._reader.estimate_by_name(scope), self._reader.estimate_whole()
        is_whole = by_name is None or (whole is not None and whole < by_name)
        view = TableView(self._tables, self._client.settings, is_whole=is_whole)
        for change in changes:
            yield from self._maker.make_caveats(change, view)

    def forecast(self, changes: Iterable[Change]) -> Forecast:
        """How long the pace makes the changes take at least: each is looked at, made and read back."""
        each = 2 * (self._reader.estimate_by_name(ONE) or self._reader.estimate_whole() or 1) + 1
        return Forecast(self._client.estimate_wait(each * sum(1 for _ in changes)))

    def examine(self) -> Iterator[Alert]:
        """Whether the PBX answers, and has taken up all changes."""
        self._reader.estimate_whole()
        if self._finisher.is_owed:
            yield Alert(
                "reload",
                f"{self._profile.name} has not been told to take up the last changes.",
                "Reload it in its administration; the next import does it, too.",
            )

    def probe(self) -> Iterator[Finding]:
        """The way to the PBX, and what reading it costs. Changes nothing."""
        try:
            whole = self._reader.estimate_whole()
            one = self._reader.estimate_by_name(ONE)
        except RestError as error:
            yield Finding("requests", ok=False, message=str(error), remedy=error.remedy)
            return
        lists = f"all extensions take {whole} requests" if whole is not None else "there is no list of extensions"
        names = f"one by its name takes {one}" if one is not None else "none can be asked for by its name"
        yield Finding("requests", ok=True, message=f"{self._profile.name} answers; {lists}, {names}")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
