"""What must fit together between the parts of a configuration.

These checks look at the data as written, not at the models, so that they speak even when another part is
wrong; a value of the wrong kind is passed over here, because the models complain of it.
"""

from __future__ import annotations

import os.path
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from linecard.infrastructure.problems import Loc, Problem, nearest, quote
from linecard.infrastructure.yaml_text import YamlDocument
from linecard.model.sheet import Column
from linecard.rules.cells import fold_word


def cross_check(document: YamlDocument, folder: Path) -> list[Problem]:
    """All that does not fit together."""
    root = _mapping(document.data)
    site = _Site(document, root, _mapping(root.get("pbxs")), _mapping(root.get("inboxes")), folder)
    checks: tuple[Callable[[_Site], Iterator[Problem]], ...] = (
        _destinations,
        _followers,
        _defaults,
        _spellings,
        _regions,
        _folders,
        _headerless,
        _sinks,
        _processors,
    )
    return [problem for check in checks for problem in check(site)]


@dataclass(frozen=True, slots=True)
class _Site:
    document: YamlDocument
    root: dict[str, Any]
    pbxs: dict[str, Any]
    inboxes: dict[str, Any]
    folder: Path

    def pbxs_of(self, inbox: dict[str, Any]) -> list[str]:
        named = [text for _, text in _texts(inbox.get("pbxs"))]
        return list(dict.fromkeys(named)) or [name for name in self.pbxs if name not in self.leader_of]

    @property
    def leader_of(self) -> dict[str, str]:
        """Each PBX that follows another, with that one."""
        named = ((text, name) for name, pbx in self.pbxs.items() for _, text in _texts(_mapping(pbx).get("followers")))
        return dict(named)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _texts(value: Any) -> list[tuple[Loc, str]]:
    """Each text of a list (or the one that stands for a list), with its place in it."""
    if isinstance(value, list):
        return [((at,), text) for at, item in enumerate(value) if (text := _text(item)) is not None]
    text = _text(value)
    return [] if text is None else [((), text)]


def _destinations(site: _Site) -> Iterator[Problem]:
    """PBXs of an inbox that there are not, or twice."""
    for name, inbox in site.inboxes.items():
        seen: set[str] = set()
        for at, pbx in _texts(_mapping(inbox).get("pbxs")):
            loc = ("inboxes", name, "pbxs", *at)
            if site.pbxs and pbx not in site.pbxs:
                yield _no_pbx(site, loc, pbx, list(site.pbxs))
            elif pbx in site.leader_of:
                expected = f"a PBX that rows may change; {pbx} follows {site.leader_of[pbx]}"
                yield site.document.problem(loc, quote(pbx), expected)
            elif pbx in seen:
                yield site.document.problem(loc, quote(pbx), "each PBX once")
            seen.add(pbx)


def _followers(site: _Site) -> Iterator[Problem]:
    """Followers that there are not, or that follow two PBXs, themselves or one another."""
    leader: dict[str, str] = {}
    for name, pbx in site.pbxs.items():
        for at, follower in _texts(_mapping(pbx).get("followers")):
            loc = ("pbxs", name, "followers", *at)
            if follower not in site.pbxs:
                yield _no_pbx(site, loc, follower, list(site.pbxs))
            elif follower == name or _texts(_mapping(site.pbxs[follower]).get("followers")):
                yield site.document.problem(loc, quote(follower), "a PBX without followers of its own, and another one")
            elif follower in leader:
                yield site.document.problem(
                    loc, quote(follower), f"a PBX that does not follow {leader[follower]} already"
                )
            leader.setdefault(follower, name)


def _defaults(site: _Site) -> Iterator[Problem]:
    """A default PBX that is none of the inbox's."""
    for name, inbox in site.inboxes.items():
        default = _text(_mapping(inbox).get("default_pbx"))
        known = [pbx for pbx in site.pbxs_of(_mapping(inbox)) if pbx in site.pbxs]
        if default is not None and known and default not in known:
            yield _no_pbx(site, ("inboxes", name, "default_pbx"), default, known)


def _no_pbx(site: _Site, loc: Loc, found: str, known: list[str]) -> Problem:
    whose = "a PBX of this site" if len(known) == len(site.pbxs) else "a PBX of this inbox"
    return site.document.problem(loc, quote(found), f"{whose}: {', '.join(known)}{nearest(found, known)}")


def _spellings(site: _Site) -> Iterator[Problem]:
    """Two PBXs that a sheet could not tell apart; sheets are read without regard to case."""
    owner: dict[str, str] = {}
    for name in site.pbxs:
        if name.casefold() in owner:
            expected = f"a name that differs from {owner[name.casefold()]} in more than case"
            yield site.document.problem(("pbxs", name), quote(name), expected, at_key=True)
        owner.setdefault(name.casefold(), name)
    for name, pbx in site.pbxs.items():
        for at, alias in _texts(_mapping(pbx).get("aliases")):
            first = owner.setdefault(alias.casefold(), name)
            if first != name:
                loc = ("pbxs", name, "aliases", *at)
                yield site.document.problem(loc, quote(alias), f"a spelling that does not already mean the PBX {first}")


def _regions(site: _Site) -> Iterator[Problem]:
    """PBXs without a country, on which no number could be read."""
    if site.root.get("region") is None:
        for name, pbx in site.pbxs.items():
            if isinstance(pbx, dict) and pbx.get("region") is None:
                expected = "the two letters of a country (ISO 3166), such as FR, here or for the whole site"
                yield site.document.missing_key(("pbxs", name, "region"), expected)


_CLEARED = frozenset({"archive", "reports", "quarantine"})
"""Folders in which old files are removed, with all that is below them."""


def _folders(site: _Site) -> Iterator[Problem]:
    """Inboxes that share a folder: what one use writes there, the other would take for a new file, or clear away."""
    owner = {
        os.path.normpath(site.folder / (_text(site.root.get(use)) or use)): use
        for use in ("state", "archive", "reports", "quarantine")
    }
    for name, inbox in site.inboxes.items():
        path = _text(_mapping(inbox).get("path"))
        if path is None or _mapping(inbox).get("kind", "local") != "local":
            continue  # a folder of another machine
        folder = os.path.normpath(site.folder / path)
        around = next(
            (use for kept, use in owner.items() if use in _CLEARED and Path(kept) in Path(folder).parents), ""
        )
        first = around or owner.setdefault(folder, f"inboxes.{name}")
        if first != f"inboxes.{name}":
            yield site.document.problem(
                ("inboxes", name, "path"),
                quote(path),
                f"a folder of its own; {first} has {'the one around it' if around else 'this one'}",
            )
    yield from _replies(site, owner)


def _replies(site: _Site, owner: dict[str, str]) -> Iterator[Problem]:
    """Replies where files arrive would be taken for new files, each of which would have a reply."""
    uses = {("", path): use for path, use in owner.items()}
    paths = {
        name: path for name, inbox in site.inboxes.items() if (path := _text(_mapping(inbox).get("path"))) is not None
    }
    for name, path in paths.items():
        uses.setdefault(_place(site, site.inboxes[name], path), f"inboxes.{name}")
    for name, path in paths.items():
        inbox = site.inboxes[name]
        reply = _text(inbox.get("reply"))
        first = None if reply is None else uses.get(_place(site, inbox, path, reply))
        if reply is not None and first is not None:
            expected = f"a folder of its own; {first} has this one"
            yield site.document.problem(("inboxes", name, "reply"), quote(reply), expected)


def _place(site: _Site, inbox: dict[str, Any], *path: str) -> tuple[str, str]:
    """A folder by the machine, empty for this one, and its path there."""
    if inbox.get("kind", "local") == "local":
        return "", os.path.normpath(Path(site.folder, *path))
    options = _mapping(inbox.get("options"))
    return f"{options.get('host')}:{options.get('port', 22)}", os.path.normpath(PurePosixPath(*path))


def _headerless(site: _Site) -> Iterator[Problem]:
    """Settings that make no sense for files without a header."""
    for name, inbox in site.inboxes.items():
        loc: Loc = ("inboxes", name, "sheet")
        sheet = _mapping(_mapping(inbox).get("sheet"))
        names = [fold_word(text) for _, text in _texts(sheet.get("positions"))]
        if not names:
            continue
        for other in ("columns", "second_header"):
            if sheet.get(other):
                expected = "no such setting beside positions: they are for files without a header"
                yield site.document.problem((*loc, other), quote(sheet[other]), expected, at_key=True)
        alone = len(site.pbxs_of(_mapping(inbox))) == 1
        if not alone and _mapping(inbox).get("default_pbx") is None and fold_word(Column.PBX) not in names:
            expected = f"a column {Column.PBX} among them, or a default_pbx of the inbox"
            yield site.document.problem((*loc, "positions"), "a list without it", expected)


def _sinks(site: _Site) -> Iterator[Problem]:
    """Readers who are told by a sink that there is not."""
    known = list(_mapping(site.root.get("sinks")))
    lists: list[tuple[Loc, Any]] = [
        (("inboxes", name, "tell"), _mapping(inbox).get("tell")) for name, inbox in site.inboxes.items()
    ]
    for loc, entries in (*lists, (("alerts",), site.root.get("alerts"))):
        for at, entry in enumerate(entries if isinstance(entries, list) else ()):
            sink = _text(_mapping(entry).get("sink"))
            if sink is not None and sink not in known:
                expected = f"a name listed under sinks: {', '.join(known) or 'there is none'}{nearest(sink, known)}"
                yield site.document.problem((*loc, at, "sink"), quote(sink), expected)


def _processors(site: _Site) -> Iterator[Problem]:
    """Processors of an inbox that there are not, or twice."""
    known = list(_mapping(site.root.get("processors")))
    for name, inbox in site.inboxes.items():
        seen: set[str] = set()
        for at, processor in _texts(_mapping(inbox).get("processors")):
            loc = ("inboxes", name, "processors", *at)
            if processor not in known:
                expected = f"a name under processors: {', '.join(known) or 'there is none'}{nearest(processor, known)}"
                yield site.document.problem(loc, quote(processor), expected)
            elif processor in seen:
                yield site.document.problem(loc, quote(processor), "each processor once")
            seen.add(processor)
