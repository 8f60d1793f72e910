"""Simulated PBXs that hold what a test wants, and backends on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from linecard.api import Context
from linecard.api.backend import Entry
from linecard.testing import make_context
from linecard_http.backend import HttpBackend, load_profile
from linecard_http.options import HttpOptions
from linecard_http.profile import Profile
from pbxs.freepbx import FreePbx
from pbxs.service import ServedPbx, SimulatedPbx
from pbxs.threecx import ThreeCX
from pbxs.wazo import TENANT, Wazo
from pbxs.yeastar import Yeastar

PROFILES = Path(__file__).parents[3] / "config" / "backends"
"""Those of the tree: what is installed may be older."""
SECRET = "a secret of the PBX"


_PROFILES: dict[str, Profile] = {}


class HttpSite(AbstractContextManager["HttpSite"]):
    """A site in a folder, with a PBX of the kind `http`; its backends are closed in the end."""

    def __init__(
        self, folder: Path, served: ServedPbx, name: str, *, profile: Profile | None = None, **options: Any
    ) -> None:
        """`profile`, if it is not the tree's profile of this name."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.served, self.pbx = folder, served, served.pbx
        (folder / "backends").symlink_to(PROFILES)
        file = folder / "secret"
        file.touch(mode=0o600)
        file.write_text(SECRET)
        fast = {"settle": 0.3, "workers": 1, "timeout": 10}
        self._profile = profile
        self._opened: list[HttpBackend] = []
        self._options = {"profile": name, "url": served.url, **fast, **options}

    def make_options(self, **more: Any) -> HttpOptions:
        return HttpOptions.model_validate({**self._options, **more})

    def open(self, context: Context | None = None, **more: Any) -> HttpBackend:
        """A backend on it, as another process would have one; `more` are options."""
        options, context = self.make_options(**more), context or make_context(self.folder, "hq")
        if self._profile is None and options.profile not in _PROFILES:  # to read one takes longer than some tests
            _PROFILES[options.profile] = load_profile(options, context)
        self._opened.append(HttpBackend(options, self._profile or _PROFILES[options.profile], context))
        return self._opened[-1]

    def __exit__(self, *_: object) -> None:
        while self._opened:
            self._opened.pop().close()


def fill_wazo(entries: Iterable[Entry], members: Iterable[str]) -> Wazo:
    pbx = Wazo("linecard", SECRET)
    for login in members:
        pbx.add_user(login)
    for extension, member, numbers in entries:
        pbx.add_line(extension, pbx.add_user(member) if member is not None else None)
        for number in numbers:
            pbx.add_number(number[1:], {"type": "extension", "exten": extension, "context": "default"})
    return pbx


WAZO = {
    "name": "wazo",
    "settings": {"username": "linecard", "tenant": TENANT},
    "secrets": {"password": "file:secret"},
}


def fill_3cx(entries: Iterable[Entry], members: Iterable[str]) -> ThreeCX:
    pbx = ThreeCX("linecard", SECRET)
    for extension, member, numbers in entries:
        pbx.add_user(extension, member or "")
        for number in numbers:
            pbx.add_rule(number, extension)
    return pbx


THREECX = {
    "name": "3cx",
    "settings": {"client": "linecard", "trunk": "10000"},
    "secrets": {"client": "file:secret"},
}


def fill_freepbx(entries: Iterable[Entry], members: Iterable[str]) -> FreePbx:
    pbx = FreePbx("linecard", SECRET)
    for extension, member, numbers in entries:
        pbx.add_extension(extension, member)
        for number in numbers:
            pbx.add_route(number[1:], f"from-did-direct,{extension},1")
    return pbx


FREEPBX = {"name": "freepbx", "settings": {"client": "linecard"}, "secrets": {"client": "file:secret"}}


def fill_yeastar(entries: Iterable[Entry], members: Iterable[str]) -> Yeastar:
    pbx = Yeastar("linecard", SECRET)
    for extension, member, numbers in entries:
        pbx.add_extension(extension, member or "")
        for number in numbers:
            pbx.add_route([number[1:]], extension)
    return pbx


YEASTAR = {
    "name": "yeastar",
    "settings": {"client": "linecard", "trunk": 27},
    "secrets": {"client": "file:secret"},
}

MAKES: dict[str, tuple[Callable[[Iterable[Entry], Iterable[str]], SimulatedPbx], dict[str, Any]]] = {
    "wazo": (fill_wazo, WAZO),
    "3cx": (fill_3cx, THREECX),
    "freepbx": (fill_freepbx, FREEPBX),
    "yeastar": (fill_yeastar, YEASTAR),
}
"""By profile: what fills a simulator, and the options that lead to it."""
