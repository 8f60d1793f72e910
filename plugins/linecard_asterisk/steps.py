"""Which changes can be made, and what each extension comes to: decided on what was read, before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from linecard.api.backend import Change, ChangeStatus, Holding, Result
from linecard_asterisk import rotation
from linecard_asterisk.accounts import Account
from linecard_asterisk.convert import is_extension
from linecard_asterisk.options import AsteriskOptions
from linecard_asterisk.reader import Endpoint, Link, Snapshot
from linecard_asterisk.rotation import Surroundings


class ExtensionStep(NamedTuple):
    """One extension on its way from what it was when the group began to what it is when it ends."""

    extension: str
    before: Holding
    after: Holding
    endpoint: Endpoint | None
    link: Link | None
    holder_changes: bool
    create: bool
    remove: bool
    fresh: bool
    """Whether a secret is made anew: for a new holder, or because nobody is to know it."""
    existed: bool
    """Whether a phone may be registered: also that of an endpoint which somebody took away since."""
    devices: tuple[Account, ...] = ()
    """The other endpoints whose phones ring with it, where its secret is made anew."""

    @property
    def leaver(self) -> str | None:
        """Who loses the extension."""
        return self.before.member if self.holder_changes else None


class StepBuilder:
    """Plays changes on what was `seen`, in order.

    `refused` has, by extension, why its holder cannot lose it now, `registered` the extensions which nobody holds and
    with which a phone is registered all the same, `named` the second devices that a plan has named.
    """

    def __init__(
        self,
        seen: Snapshot,
        known: Surroundings,
        options: AsteriskOptions,
        refused: Mapping[str, str],
        registered: Collection[str],
        named: Mapping[str, Collection[str]],
    ) -> None:
        self._named = {extension: frozenset(names) for extension, names in named.items()}
        self._seen, self._known, self._options = seen, known, options
        self._refused, self._registered = refused, registered
        self._now: dict[str, Holding] = {}
        self._was: dict[str, Holding] = {}
        self._rings = dict(seen.rings)

    def add(self, change: Change) -> Result:
        """What becomes of this change, if those before it are made."""
        extension, after = change.extension, change.after
        now = self._now.get(extension)
        if now is None:
            now = self._was[extension] = self._seen.find_holding(extension)
        if now != change.before:
            rings = f", with number {' and '.join(now.numbers)}," if now.numbers else ""
            held = f"is held by {now.member or 'nobody'}{rings}"
            return Result(change, ChangeStatus.STALE, f"{extension} {held} now")
        if now == after:
            return Result(change, ChangeStatus.DONE)
        if words := self._find_refusal(change):
            return Result(change, ChangeStatus.FAILED, words)
        self._now[extension] = after
        if now.numbers != after.numbers:
            for number in now.numbers:
                self._rings.pop(number, None)
            self._rings.update(dict.fromkeys(after.numbers, extension))
        return Result(change, ChangeStatus.DONE)

    def list_steps(self) -> list[ExtensionStep]:
        """What the changes that can be made come to, extension by extension."""
        return [
            self._make_step(extension, before, after)
            for extension, after in self._now.items()
            if (before := self._was[extension]) != after
        ]

    def _make_step(self, extension: str, before: Holding, after: Holding) -> ExtensionStep:
        endpoint, link = self._seen.endpoints.get(extension), self._seen.links.get(extension)
        leaves = before.member is not None and after.member is None
        fresh = is_secret_renewed(self._options, (before.member, after.member), endpoint, link)
        return ExtensionStep(
            extension,
            before,
            after,
            endpoint,
            link,
            holder_changes=before.member != after.member,
            create=endpoint is None and after.member is not None,
            remove=leaves and self._options.on_release == "remove" and link is not None and link.made,
            fresh=fresh,
            existed=endpoint is not None or link is not None or extension in self._registered,
            devices=rotation.find_devices(extension, endpoint, self._known) if fresh else (),
        )

    def _find_refusal(self, change: Change) -> str:
        """Why a change cannot be made; empty if it can."""
        extension, (member, numbers) = change.extension, change.after
        endpoint, link = self._seen.endpoints.get(extension), self._seen.links.get(extension)
        if not is_extension(extension):
            return f"{extension!r} is not an extension"
        if member is not None and not _is_login(member):
            return f"{member!r} is not a login"
        if endpoint is None:
            if not self._options.create and (member is not None or link is None):
                return f"there is no endpoint {extension}"
        elif link is None and endpoint.context not in self._options.adoptable:
            return f"endpoint {extension} is not linecard's: its context is {endpoint.context}"
        for number in numbers:
            bearer = self._rings.get(number, extension)
            if bearer != extension:
                return f"{number} is on extension {bearer}"
        if change.before.member == member:
            return ""
        if extension in self._refused:
            return self._refused[extension]
        before = self._seen.find_holding(extension).member
        if not is_secret_renewed(self._options, (before, member), endpoint, link):
            return ""
        return rotation.find_refusal(extension, endpoint, self._known, silence=self._may_silence(extension, endpoint))

    def _may_silence(self, extension: str, endpoint: Endpoint | None) -> bool:
        """Whether the devices that ring with it may be shut out; of those that wait for a person, the ones of which the
        plan told."""
        if self._options.second_devices != "hold":
            return self._options.silences
        others = {account.name for account in rotation.find_devices(extension, endpoint, self._known)}
        return others <= self._named.get(extension, frozenset())


def is_secret_renewed(
    options: AsteriskOptions, holders: tuple[str | None, str | None], endpoint: Endpoint | None, link: Link | None
) -> bool:
    """Whether the secret of an extension is made anew when it goes from one holder to the other."""
    before, after = holders
    if before == after:
        return False
    taken = before is None and endpoint is not None and link is None
    return not taken or options.is_renewed_when_adopted


def _is_login(member: str) -> bool:
    """A login that cannot be mistaken for anything else in a file or a header."""
    return member != "" and member.isprintable() and " " not in member and member == member.lower()
