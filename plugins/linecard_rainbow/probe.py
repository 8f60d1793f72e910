"""Asking the tenant: the way to it step by step, and once what ALE's descriptions leave open.

What is tried, is tried on an extension and a member that the administrator named for it, and put back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from linecard.api import Finding
from linecard_rainbow.assumptions import TenantAnswers
from linecard_rainbow.bulk_import import MassProvisioning
from linecard_rainbow.errors import RainbowError, RefusedError
from linecard_rainbow.options import Probe, RainbowOptions
from linecard_rainbow.reader import TenantReader
from linecard_rainbow.tenant import Held, Tenant
from linecard_rainbow.wire import PhoneNumber

NAME_ONE = (
    "Name under `probe` an extension that nobody holds and nobody needs, and a member who holds none, such as a test "
    "account; then run `linecard doctor` again. It links the two, frees the extension and remembers what worked."
)


class TenantProbe:
    """The steps of one look at a tenant."""

    def __init__(
        self,
        options: RainbowOptions,
        tenant: Tenant,
        reader: TenantReader,
        answers: TenantAnswers,
        provisioning: MassProvisioning,
    ) -> None:
        self._options, self._tenant = options, tenant
        self._reader, self._answers, self._provisioning = reader, answers, provisioning

    def steps(self) -> Iterator[Finding]:
        """Up to the first that fails; what is open is tried last."""
        host = self._options.host
        for check, look in (
            ("systems", self._name_systems),
            ("phone numbers", self._count_numbers),
            ("members", self._count_members),
        ):
            try:
                found = look()
            except RainbowError as error:
                yield Finding(check, ok=False, message=str(error), remedy=error.remedy)
                return
            yield Finding(check, ok=True, message=f"{host}: {found}")
        yield from self._ask_what_is_open()

    def _name_systems(self) -> str:
        return ", ".join(f"{system.name} ({system.pbx_id})" for system in self._tenant.systems())

    def _count_numbers(self) -> str:
        return f"{self._tenant.count_numbers()} extensions"

    def _count_members(self) -> str:
        return f"{self._tenant.count_users()} members"

    # -- what ALE's descriptions leave open --------------------------------------------------------------------------

    def _ask_what_is_open(self) -> Iterator[Finding]:
        answers, probe = self._answers, self._options.probe
        if answers.detach is None and probe is None:
            message = "it is not known how this tenant frees an extension, so that nothing can be detached"
            yield Finding("detach", ok=False, message=message, remedy=NAME_ONE)
            return
        if answers.detach is None and probe is not None:
            try:
                self._try_on(probe)
            except RainbowError as error:
                yield Finding("detach", ok=False, message=str(error), remedy=error.remedy)
                return
        ways = {"change": "a change with userId null", "sheet": "mass provisioning's detach"}
        yield Finding("detach", ok=True, message=f"an extension is freed by {ways[answers.detach or 'change']}")
        several = {
            None: "not known, so linecard gives nobody a second one",
            "added": "added",
            "replaces": "not allowed",
        }
        message = f"{several[answers.second_extension]}; a public number is removed by a {answers.number_removal} one"
        yield Finding("second extension", ok=True, message=message)

    def _try_on(self, probe: Probe) -> None:
        """Link, free and look; raises `RainbowError` if neither way frees the extension."""
        held, user_id = self._find_vacant(probe, probe.extension), self._find_idle(probe)
        self._link(held, user_id, probe)
        if self._is_freed(held, lambda: self._tenant.change_number(held, {"userId": None})):
            self._answers.learn(detach="change")
        elif self._is_freed(held, lambda: self._provisioning.detach(probe.member)):
            self._answers.learn(detach="sheet")
        else:
            raise RainbowError(
                f"Rainbow frees {probe.extension} neither by a change with userId null nor by mass provisioning.",
                remedy=f"Unlink {probe.member} from it in Rainbow's administration; ask ALE what this tenant allows.",
            )
        if held.number.number:
            self._try_number(held, held.number.number)
        if probe.second is not None:
            self._try_second(held, self._find_vacant(probe, probe.second), user_id, probe)

    def _find_vacant(self, probe: Probe, extension: str) -> Held:
        """Also one that the member of the probe has left from a probe that was cut off."""
        found = self._tenant.numbers_named(extension)
        if len(found) != 1:
            raise RainbowError(f"The PBX has no extension {extension}.", remedy=NAME_ONE)
        holder = found[0].number.user_id
        if holder is not None and holder != self._reader.find_id(probe.member.lower()):
            raise RainbowError(f"Extension {extension} is held by somebody.", remedy=NAME_ONE)
        return found[0]

    def _find_idle(self, probe: Probe) -> str:
        user_id = self._reader.find_id(probe.member.lower())
        if user_id is None:
            raise RainbowError(f"The company has no member {probe.member}.", remedy=NAME_ONE)
        named = {probe.extension, probe.second}
        for other in self._tenant.numbers_held_by(user_id):
            if other.number.short_number not in named:
                raise RainbowError(f"{probe.member} holds extension {other.number.short_number}.", remedy=NAME_ONE)
        return user_id

    def _link(self, held: Held, user_id: str, probe: Probe) -> None:
        self._tenant.change_number(held, {"userId": user_id})
        if self._read(held).user_id != user_id:
            name = held.number.short_number
            raise RainbowError(f"Rainbow did not link {name} to {probe.member}.", remedy=NAME_ONE)

    def _try_number(self, held: Held, was: str) -> None:
        """Which of the two takes the public number away; it is put back."""
        tried: str | None
        for answer, tried in (("blank", ""), ("unset", None)):
            body = {"number": tried}
            if self._is_so(held, partial(self._tenant.change_number, held, body), lambda number: not number.numbers):
                self._tenant.change_number(held, {"number": was})
                self._answers.learn(number=answer)
                return

    def _try_second(self, first: Held, second: Held, user_id: str, probe: Probe) -> None:
        """Whether a member who is given another extension keeps the one before."""
        self._link(first, user_id, probe)
        self._link(second, user_id, probe)
        self._answers.learn(second_extension="added" if self._read(first).user_id == user_id else "replaces")
        if self._answers.detach == "sheet":
            self._provisioning.detach(probe.member)
        else:
            for held in (first, second):
                self._tenant.change_number(held, {"userId": None})

    def _is_freed(self, held: Held, free: Callable[[], Any]) -> bool:
        return self._is_so(held, free, lambda number: number.user_id is None)

    def _is_so(self, held: Held, attempt: Callable[[], Any], wanted: Callable[[PhoneNumber], bool]) -> bool:
        try:
            attempt()
        except RefusedError:
            return False
        return wanted(self._read(held))

    def _read(self, held: Held) -> PhoneNumber:
        found = self._tenant.look_up_number(held)
        if found is None:
            raise RainbowError(f"Extension {held.number.short_number} is gone.", remedy=NAME_ONE)
        return found
